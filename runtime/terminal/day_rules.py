"""What the settings say of the working day, checked, as the till asks for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from runtime.day.permissions import PERMISSIONS, Permission
from runtime.terminal.users_file import UsersFile


@dataclass(frozen=True, slots=True)
class DayRules:
    """Without any: nobody signs on, everything is allowed."""

    users: UsersFile | None = None
    permissions: Mapping[str, Permission] = field(default_factory=lambda: PERMISSIONS)
