"""Django finds this when it looks for admin modules: the consoles' pages of this house register themselves."""

from indices.console import pages

__all__ = ["pages"]
