"""The terminal's clock, handed in: what the time is, and how far it can be trusted. Order never comes from it.

A till may wake in 1970, or its clock may jump. It sells all the same: `judge` says what time to write and what that is
worth, from what the machine's clock says, how long the process has run, the last time that is known to have been (the
last row, the day of this version), and the last time that the gateway signed. The machine's clock itself is never set.

- `synchronised`: the gateway's signed time within a day, or the machine's clock while its kernel says that it is kept.
- `unsynchronised`: nothing speaks against the machine's clock, and nothing for it; or the signed time is older.
- `suspect`: the machine's clock is behind what is known to have been, or has jumped; time goes on from what is known.
- `rehearsal`: a person said what time it is.
"""

from __future__ import annotations

import ctypes
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Literal, Protocol

Quality = Literal["synchronised", "unsynchronised", "suspect"]

EARLIEST_UTC_MS = 1_767_225_600_000  # 2026: this version did not exist before
SLACK_MS = 60_000  # a clock may be put back so far without a word
JUMP_MS = 600_000  # more than this beside the time that has passed is a jump
SIGNED_FOR_MS = 24 * 3_600_000  # a quartz loses seconds a day
_TIME_ERROR = 5  # adjtimex(2): the clock is not synchronised
_TIMEX_BYTES = 512  # more than its structure has anywhere; zeros ask and set nothing


class Clock(Protocol):
    @property
    def quality(self) -> str:
        """Of the time that `now` gave last. Kept on every row."""
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


@dataclass(frozen=True, slots=True)
class Reading:
    """A time in UTC, and the moment of the process (monotonic) at which it was so. Milliseconds."""

    utc_ms: int
    monotonic_ms: int

    def at(self, monotonic_ms: int) -> int:
        return self.utc_ms + monotonic_ms - self.monotonic_ms


def judge(
    system: Reading, synchronised: bool, known: Reading, last: Reading | None, signed: Reading | None
) -> tuple[int, Quality]:
    """The time to write, in UTC, and what it is worth. Pure.

    `system` is the machine's clock now, `synchronised` what its kernel says of it; `known` a time that is known to have
    been, `last` the last time of this process that was not suspect, `signed` the gateway's last word.
    """
    now_ms = system.monotonic_ms
    if signed is not None:
        fresh = now_ms - signed.monotonic_ms <= SIGNED_FOR_MS
        return signed.at(now_ms), "synchronised" if fresh else "unsynchronised"
    if synchronised and system.utc_ms >= EARLIEST_UTC_MS:
        return system.utc_ms, "synchronised"
    floor_ms = max(known.at(now_ms), EARLIEST_UTC_MS, last.at(now_ms) if last is not None else 0)
    if system.utc_ms < floor_ms - SLACK_MS:
        return floor_ms, "suspect"
    if last is not None and abs(system.utc_ms - last.at(now_ms)) > JUMP_MS:
        return last.at(now_ms), "suspect"
    return system.utc_ms, "unsynchronised"


def system_utc_ms() -> int:
    return time.time_ns() // 1_000_000


def kernel_is_synchronised() -> bool:
    """What the kernel says of its clock (adjtimex(2), without changing it); False where it cannot be asked."""
    try:
        state = int(_adjtimex()(ctypes.create_string_buffer(_TIMEX_BYTES)))
    except (OSError, AttributeError, TypeError):
        return False
    return 0 <= state < _TIME_ERROR


@cache
def _adjtimex() -> Any:
    return ctypes.CDLL(None).adjtimex


class TillClock:
    """`judge` over the machine's clock. `known_utc_ms`: a time that is known to have been (the last row's)."""

    def __init__(
        self,
        known_utc_ms: int,
        *,
        utc_ms: Callable[[], int] = system_utc_ms,
        monotonic_ms: Callable[[], int] = lambda: time.monotonic_ns() // 1_000_000,
        synchronised: Callable[[], bool] = kernel_is_synchronised,
    ) -> None:
        self._utc_ms, self._monotonic_ms, self._synchronised = utc_ms, monotonic_ms, synchronised
        self._known = Reading(known_utc_ms, monotonic_ms())
        self._last: Reading | None = None
        self._signed: Reading | None = None
        self.quality: str = "unsynchronised"
        self.now()

    def now(self) -> datetime:
        monotonic_ms = self._monotonic_ms()
        system = Reading(self._utc_ms(), monotonic_ms)
        utc_ms, self.quality = judge(system, self._synchronised(), self._known, self._last, self._signed)
        if self.quality != "suspect":
            self._last = Reading(utc_ms, monotonic_ms)
        return datetime.fromtimestamp(utc_ms / 1000)

    def monotonic_ms(self) -> int:
        return self._monotonic_ms()

    def take_signed(self, utc_ms: int, monotonic_ms: int) -> bool:
        """The gateway's time at a moment of this process. False, and not taken, where no gateway can mean it."""
        if utc_ms < EARLIEST_UTC_MS:
            return False
        self._signed = Reading(utc_ms, monotonic_ms)
        return True


def utc_ms_of_local(text: str) -> int:
    """The UTC of a row's local time; 0 where it is none."""
    try:
        return int(datetime.fromisoformat(text).timestamp() * 1000)
    except (ValueError, OverflowError, OSError):
        return 0


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
