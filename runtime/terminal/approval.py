"""Whose PIN it is, and who may let an operation pass. Offline; the answer to every PIN is a row.

A PIN is hashed in a thread (`answered`), one at a time, and then the command it came with is done on the loop like any
other: no scan waits for it. The PIN itself is in no row, log, view or answer, and is let go when the command is done.
After some wrong PINs of one user the next must wait, longer each time; the count is folded from the rows, so a restart
forgives nothing.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from runtime.day import events as dev
from runtime.day.machine import gate
from runtime.day.permissions import is_at_least, may
from runtime.day.state import UNKNOWN, DeskState
from runtime.day.users import NOBODY, User, is_pin, wait_s
from runtime.terminal.day_rules import DayRules
from runtime.terminal.money import amount_text
from runtime.terminal.refusal import NotTaken
from runtime.terminal.sentences import sentence
from runtime.wire.messages import Answer, Command, Sentence

if TYPE_CHECKING:
    from runtime.terminal.till import Till


def carries_pin(command: Command) -> bool:
    pin = command.args.get("pin")
    return isinstance(pin, str) and bool(pin) and bool(_named(command))


def _named(command: Command) -> str:
    """Whose PIN it is said to be."""
    for key in ("approver", "user"):
        name = command.args.get(key)
        if isinstance(name, str) and name:
            return name
    return ""


@dataclass(frozen=True, slots=True)
class _Checked:
    """What came of one PIN. `user` is None where it is not theirs; `wait_s` where it was not looked at."""

    named: str
    user: User | None
    wait_s: int = 0


class Approval:
    def __init__(self, till: Till, rules: DayRules) -> None:
        self._till = till
        self._rules = rules
        self._one = asyncio.Lock()
        self._failed_at_s: dict[str, float] = {}
        self._began_s = 0.0
        self._checked: _Checked | None = None

    def start(self) -> None:
        """Waits begin anew with the daemon."""
        self._began_s = _now_s()
        if self._rules.users is not None:
            from runtime.terminal.memory import give_back_large_blocks  # only where there are users

            give_back_large_blocks()

    # --- a PIN --------------------------------------------------------------------------------------------------

    async def answered(self, command: Command) -> Answer:
        """The command's answer, with its PIN checked first."""
        async with self._one:  # tries are counted one after the other, and memory is for one hash
            self._checked = await self._check(_named(command), str(command.args["pin"]))
            try:
                return self._till.command(command)
            finally:
                self._checked = None

    async def _check(self, named: str, pin: str) -> _Checked:
        users = self._rules.users
        if users is None:
            return _Checked(named, None)
        user = (await asyncio.to_thread(users.look)).get(named)
        left_s = self._left_s(named if user else UNKNOWN)
        if left_s > 0:
            return _Checked(named, user, left_s)
        right = await asyncio.to_thread(is_pin, pin, user.pin if user else NOBODY)
        return _Checked(named, user if right else None)

    def _left_s(self, user: str) -> int:
        """How long until this user's next PIN is looked at; by the steady clock, which no cashier can set."""
        waits_s = wait_s(self._till.checkout.desk.failed_times(user))
        since_s = self._failed_at_s.get(user, self._began_s)
        left_s = since_s + waits_s - _now_s()
        return int(left_s) + 1 if waits_s and left_s > 0 else 0

    def _proven(self, operation: str, named: str) -> User:
        """The user whose PIN came with this command. Raises NotTaken; a wrong PIN is a row then."""
        checked = self._checked
        if checked is None or checked.named != named:
            raise NotTaken("wrong_pin")
        if checked.wait_s:
            raise NotTaken("pin_waits", seconds=checked.wait_s)
        if checked.user is None:
            users = self._rules.users
            known = named if users is not None and named in users.known() else UNKNOWN
            self._till.accept(dev.ApprovalRefused(operation, known, "wrong_pin"))
            self._failed_at_s[known] = _now_s()
            raise NotTaken("wrong_pin")
        return checked.user

    # --- what PINs are for --------------------------------------------------------------------------------------

    def sign_on(self, named: str) -> Sentence:
        user = self._proven("sign_on", named)
        self._till.accept(dev.SignedOn(user.id, user.name, user.role))
        return sentence("signed_on_now", name=user.name)

    def unlock(self, named: str) -> None:
        """By who is signed on, or by one who may unlock for others."""
        till = self._till
        user = self._proven("unlock", named)
        if user.id != till.checkout.desk.user:
            self._senior(user, "unlock_other", 0)
        till.accept(dev.Unlocked(user.id))

    def approved(self, operation: str, amount_minor: int, approver: str, reason: str = "") -> str:
        till = self._till
        permission = self._rules.permissions[operation]
        desk = till.checkout.desk
        if desk.state is DeskState.FREE:
            return ""
        gate(till.checkout, by_person=True, begins=False)
        if may(desk.role, permission, amount_minor):
            return desk.user
        if not approver:
            raise NotTaken("approval_needed", operation=operation, role=permission.role)
        user = self._proven(operation, approver)
        self._senior(user, operation, amount_minor)
        detail = amount_text(amount_minor, till.snapshot.exponent) if amount_minor else ""
        till.accept(dev.Approved(operation, user.id, reason, detail))
        return user.id

    def _senior(self, user: User, operation: str, amount_minor: int) -> None:
        permission = self._rules.permissions[operation]
        if not is_at_least(user.role, permission.role):
            self._till.accept(dev.ApprovalRefused(operation, user.id, "role"))
            raise NotTaken("approval_role", name=user.name, operation=operation, role=permission.role)


def _now_s() -> float:
    return asyncio.get_running_loop().time()
