"""Django finds this when it looks for admin modules: the consoles' pages of this house register themselves."""

from indices.console import backtests, pages, prices

__all__ = ["backtests", "pages", "prices"]
