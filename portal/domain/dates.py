"""Days in sentences: one form, whoever reads them and in whatever language the page is."""

from datetime import date


def told_day(day: date) -> str:
    """14 Aug 2029; of an instant, the day that it names itself."""
    return f"{day.day} {day:%b} {day.year}"
