"""Every module in a house's `console` folder adds its pages and lists to the two sites; being there is enough."""

import pkgutil
from importlib import import_module

HOUSES = ("portal", "investors", "issuance", "indices")
NOT_PAGES = {"discovery", "issuer_urls", "compliance_urls"}


def load() -> None:
    """Import them all; a second call does nothing, as Python imports a module once."""
    for house in HOUSES:
        package = import_module(f"{house}.console")
        for module in pkgutil.iter_modules(package.__path__):
            if module.name not in NOT_PAGES:
                import_module(f"{package.__name__}.{module.name}")
