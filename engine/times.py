"""Local times and birthdays: `YYYY-MM-DDTHH:MM[:SS]` without a zone, `HH:MM`, `MM-DD`.

A time is kept as seconds since the beginning of the year 1 in its own zone (`stamp_s`), an hour as seconds of the
day.
"""

from __future__ import annotations

import datetime
import re
from functools import lru_cache

_STAMP = re.compile(r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d)(?::(\d\d))?", re.ASCII)
_HOUR = re.compile(r"(\d\d):(\d\d)(?::(\d\d))?", re.ASCII)
_BIRTHDAY = re.compile(r"(\d\d)-(\d\d)", re.ASCII)
DAY_S = 86_400


@lru_cache(maxsize=64)  # a sale keeps the time of its first scan
def stamp_s(text: str) -> int:
    """Seconds since 0001-01-01T00:00 of a local time. Raises ValueError where it cannot be read."""
    found = _STAMP.fullmatch(text)
    if found is None:
        raise ValueError("a time is written YYYY-MM-DDTHH:MM or YYYY-MM-DDTHH:MM:SS, without a zone")
    year, month, day, hour, minute = (int(found.group(i)) for i in range(1, 6))
    second = int(found.group(6) or 0)
    when = datetime.datetime(year, month, day, hour, minute, second)
    return (when.toordinal() - 1) * DAY_S + hour * 3600 + minute * 60 + second


def hour_s(text: str) -> int:
    """Seconds of the day. Raises ValueError where it cannot be read."""
    found = _HOUR.fullmatch(text)
    if found is None:
        raise ValueError("an hour is written HH:MM")
    hour, minute, second = int(found.group(1)), int(found.group(2)), int(found.group(3) or 0)
    if hour > 23 or minute > 59 or second > 59:
        raise ValueError("an hour lies between 00:00 and 23:59 (midnight is 00:00, also at the end)")
    return hour * 3600 + minute * 60 + second


def birthday(text: str) -> tuple[int, int]:
    """Month and day of `MM-DD`; 02-29 is one. Raises ValueError where it cannot be read."""
    found = _BIRTHDAY.fullmatch(text)
    if found is None:
        raise ValueError("a birthday is written MM-DD")
    month, day = int(found.group(1)), int(found.group(2))
    datetime.date(2000, month, day)
    return month, day


def month_day(at_s: int) -> tuple[int, int, bool]:
    """Month, day, and whether the year is a leap year."""
    day = datetime.date.fromordinal(at_s // DAY_S + 1)
    leap = day.year % 4 == 0 and (day.year % 100 != 0 or day.year % 400 == 0)
    return day.month, day.day, leap


def weekday(at_s: int) -> int:
    """1 for Monday to 7 for Sunday."""
    return (at_s // DAY_S) % 7 + 1
