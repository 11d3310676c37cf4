"""What happens to the desk, the shift and the day. Rows of the journal beside the sale's (runtime.sale.events).

A PIN is in none of them. `at` is local time, for people; nothing is ordered by it.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RulesSet:
    """What the settings ask for from here on; written where they are not what the rows before say."""

    users: bool  # somebody must sign on


@dataclass(frozen=True, slots=True)
class SignedOn:
    user: str
    name: str
    role: str


@dataclass(frozen=True, slots=True)
class SignedOff:
    pass


@dataclass(frozen=True, slots=True)
class Locked:
    pass


@dataclass(frozen=True, slots=True)
class Unlocked:
    """`user` is who came: the one that is signed on, or one who may unlock for others."""

    user: str


@dataclass(frozen=True, slots=True)
class Approved:
    """Somebody else's PIN let an operation pass; the operation's own row follows."""

    operation: str
    approver: str
    reason: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class ApprovalRefused:
    """`why` is `wrong_pin` or `role`. Who is in no users file is UNKNOWN: what was keyed may have been a PIN."""

    operation: str
    approver: str
    why: str


DayEvent = RulesSet | SignedOn | SignedOff | Locked | Unlocked | Approved | ApprovalRefused
