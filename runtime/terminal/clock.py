"""The terminal's clock, handed in: what the time is, and how far it can be trusted. Order never comes from it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    @property
    def quality(self) -> str:
        """`system`, or `rehearsal` where a person said what time it is. Kept on every row."""
        ...

    def now(self) -> datetime:
        """Local time without a zone."""
        ...


def local_text(when: datetime) -> str:
    """`YYYY-MM-DDTHH:MM:SS`, as rows, baskets and records have it."""
    return when.replace(microsecond=0).isoformat()


def rehearsal_time(text: str) -> datetime:
    """A local time of the years 1970 to 2999, as ISO 8601 writes it, without a zone. Raises ValueError."""
    when = datetime.fromisoformat(text)
    if when.tzinfo is not None or not 1970 <= when.year <= 2999:
        raise ValueError(f"{text!r} is no local time of the years 1970 to 2999")
    return when


class SystemClock:
    quality = "system"

    def now(self) -> datetime:
        return datetime.now()


class RehearsalClock:
    """Begins at a given time and runs on with `monotonic_s`; can be set again. For rehearsals and tests of a day that
    is not today, with the prices of that day."""

    quality = "rehearsal"

    def __init__(self, at: datetime, monotonic_s: Callable[[], float]) -> None:
        self._monotonic_s = monotonic_s
        self.set(at)

    def set(self, at: datetime) -> None:
        self._at = at
        self._since_s = self._monotonic_s()

    def now(self) -> datetime:
        return self._at + timedelta(seconds=self._monotonic_s() - self._since_s)
