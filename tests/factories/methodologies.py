"""Rules for tests, as plain data."""

from typing import Any

SYMBOLS = ("AAA", "BBB", "CCC", "DDD", "EEE")


def document(**changes: Any) -> dict[str, Any]:
    """A weekly index of the three largest of five tokens, by capitalisation, capped at half."""
    made: dict[str, Any] = {
        "theme": "Test",
        "universe": {"symbols": list(SYMBOLS)},
        "selection": {"top": 3},
        "weighting": {"method": "cap", "cap_ppm": 500_000},
        "schedule": {"every": "week", "weekday": 6, "lag_days": 1},
        "fees": {"trading_bps": 20},
        "trading": {"minimum_minor": "100"},
    }
    return made | changes
