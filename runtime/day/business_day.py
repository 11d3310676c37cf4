"""Which business day it is, and whether the clock may end one. Pure.

A business day ends at a time of day. In the first half of the day that is the night after it (`03:00`: what is sold at
02:59 is yesterday's); in the second half it is the evening of it (`22:00`: what is sold at 22:01 is tomorrow's).

A day that ends too early cannot be mended, one that ends late can be ended by hand. So a clock ends a day only where
its quality is known, where it did not jump lately, and where it is not further ahead than shops are closed.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

NOT_BELIEVED = "suspect"  # the quality of a time that cannot be; a till that no one synchronises still ends its day
MOST_DAYS_AHEAD = 31
JUMP = timedelta(minutes=2)
DISTRUST_S = 600.0  # after a jump: whoever set it wrong has so long to set it right


def read_ends(text: str) -> timedelta:
    """`HH:MM` as the time since midnight. Raises ValueError."""
    if len(text) != 5 or text[2] != ":" or not (text[:2] + text[3:]).isdigit() or not text.isascii():
        raise ValueError(f"{text!r} is not a time of day, HH:MM")
    hours, minutes = int(text[:2]), int(text[3:])
    if hours > 23 or minutes > 59:
        raise ValueError(f"{text!r} is not a time of day, 00:00 to 23:59")
    return timedelta(hours=hours, minutes=minutes)


def business_date(now: datetime, ends: timedelta) -> date:
    """The BusinessDayDate of what is sold now."""
    shift = ends if ends < timedelta(hours=12) else ends - timedelta(hours=24)
    return (now - shift).date()


def first_date(now: datetime, ends: timedelta, last: str) -> str:
    """The date of a day that begins now: never before the day that was ended last."""
    return max(business_date(now, ends).isoformat(), last)


def may_turn(date_of_day: str, now: datetime, ends: timedelta, quality: str, steady: bool) -> bool:
    """Whether the clock may end the day of this date. `steady`: it did not jump lately."""
    today, begun = business_date(now, ends), date.fromisoformat(date_of_day)
    if quality == NOT_BELIEVED or not (steady or quality == "rehearsal"):
        return False
    return begun < today <= begun + timedelta(days=MOST_DAYS_AHEAD)


class SteadyWatch:
    """Whether the wall clock goes as the steady one does. It is looked at now and then; a jump forward is distrusted
    for DISTRUST_S. What was before the first look nobody knows, and is taken as well."""

    def __init__(self) -> None:
        self._wall: datetime | None = None
        self._steady_s = 0.0
        self._distrusted_until_s = float("-inf")

    def look(self, wall: datetime, steady_s: float) -> bool:
        if self._wall is not None and wall - self._wall > timedelta(seconds=steady_s - self._steady_s) + JUMP:
            self._distrusted_until_s = steady_s + DISTRUST_S
        self._wall, self._steady_s = wall, steady_s
        return steady_s >= self._distrusted_until_s
