"""What the settings say of the working day, checked, as the till asks for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from runtime.day.permissions import PERMISSIONS, Permission
from runtime.terminal.users_file import UsersFile


@dataclass(frozen=True, slots=True)
class DayRules:
    """Without any: nobody signs on, everything is allowed, no shift is asked for, the day is the calendar's."""

    users: UsersFile | None = None
    permissions: Mapping[str, Permission] = field(default_factory=lambda: PERMISSIONS)
    shift_required: bool = False
    shift_blind: bool = True  # no paper or screen says what should be in the drawer before it is counted
    day_ends: timedelta | None = None  # since midnight; None: the calendar's days, and a Z report by hand only
