"""The story's time: it only goes forward, because the books do."""

from datetime import UTC, date, datetime, time, timedelta

from django.utils import timezone


class Clock:
    """Hands out instants: each is later than the one before, none lies in the future."""

    def __init__(self, start: datetime) -> None:
        self._now = start

    def __call__(self) -> datetime:
        """The next instant, a few seconds on."""
        self._now = min(self._now + timedelta(seconds=5), timezone.now())
        return self._now

    @property
    def today(self) -> date:
        return self._now.date()

    def go_to(self, day: date, hour: int = 9) -> datetime:
        """Move on to that hour of that day, if it is still to come in the story and not in the future."""
        wanted = datetime.combine(day, time(hour), UTC)
        self._now = min(max(self._now, wanted), timezone.now())
        return self._now

    def days(self, count: int, hour: int = 9) -> datetime:
        """Move on by so many days."""
        return self.go_to(self.today + timedelta(days=count), hour)
