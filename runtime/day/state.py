"""The state of the working day on one terminal: who is at the desk, the shift at the drawer, the business day. Values.

A part of the fold over the journal's rows (runtime.day.machine), beside the sale. Every field has a default: an older
journal, which knows none of this, is a terminal where nobody signs on and no shift is opened.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class DeskState(str, Enum):
    FREE = "free"  # nobody signs on here: the terminal has no users
    OFF = "off"  # somebody must sign on
    ON = "on"
    LOCKED = "locked"  # signed on and away

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True, slots=True)
class Failed:
    """PINs that were wrong, one after the other. `user` is UNKNOWN for everyone who is not in the users file."""

    user: str
    times: int


UNKNOWN = "?"


@dataclass(frozen=True, slots=True)
class Desk:
    state: DeskState = DeskState.FREE
    user: str = ""  # who is signed on
    name: str = ""
    role: str = ""
    training: bool = False
    failed: tuple[Failed, ...] = ()

    def failed_times(self, user: str) -> int:
        return next((each.times for each in self.failed if each.user == user), 0)


AT_REST = Desk()
