"""The pure machine of the working day, beside the sale's: desk, shift and business day.

The table says what is legal (runtime.day.table), the handlers here say what it does. The sale's machine hands its day
events here and asks `gate` before it takes one of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from runtime.day import events as d
from runtime.day.permissions import ROLES
from runtime.day.state import Desk, DeskState, Failed
from runtime.day.table import DESK, GATE, SALE, No
from runtime.day.users import MAX_ID, MAX_USER_NAME, MAX_USERS
from runtime.sale.effects import Effect
from runtime.sale.refusals import Refused

if TYPE_CHECKING:
    from runtime.sale.state import Checkout

Step = tuple["Checkout", tuple[Effect, ...]]
MAX_REASON = 100
MAX_DETAIL = 200
MAX_FAILED_TIMES = 1_000


def step(checkout: Checkout, event: d.DayEvent) -> Step:
    """The state after an event of the day, and the effects in order. Raises Refused; nothing has changed then."""
    kind = type(event)
    for cell in (SALE[checkout.sale.state, kind], DESK[checkout.desk.state, kind]):
        if isinstance(cell, No):
            raise Refused(cell.code, name=checkout.desk.name) if cell.code == "signed_on" else Refused(cell.code)
    return HANDLERS[kind](checkout, event)


def gate(checkout: Checkout, by_person: bool) -> None:
    """Whether the desk lets an event of the sale pass; what a device says always passes. Raises Refused."""
    if by_person and (code := GATE[checkout.desk.state]):
        raise Refused(code)


# -- the desk --------------------------------------------------------------------------------------------------------


def _desk(checkout: Checkout, **changes: Any) -> Step:
    return replace(checkout, desk=replace(checkout.desk, **changes)), ()


def _user(text: str) -> None:
    if not 1 <= len(text) <= MAX_ID:
        raise Refused("bad_user")


def _text(text: str, limit: int = MAX_REASON) -> None:
    if len(text) > limit or not text.isprintable():
        raise Refused("bad_reason", limit=limit)


def set_rules(checkout: Checkout, event: d.RulesSet) -> Step:
    """Where users are new, somebody must sign on; where they are no more, nobody is signed on."""
    free = checkout.desk.state is DeskState.FREE
    if event.users == free:
        state = DeskState.OFF if event.users else DeskState.FREE
        return replace(checkout, desk=Desk(state=state, failed=checkout.desk.failed)), ()
    return checkout, ()


def sign_on(checkout: Checkout, event: d.SignedOn) -> Step:
    _user(event.user)
    if not 1 <= len(event.name) <= MAX_USER_NAME or event.role not in ROLES:
        raise Refused("bad_user")
    failed = _forgiven(checkout.desk, event.user)
    return _desk(
        checkout, state=DeskState.ON, user=event.user, name=event.name, role=event.role, training=False, failed=failed
    )


def sign_off(checkout: Checkout, event: d.SignedOff) -> Step:
    return replace(checkout, desk=Desk(state=DeskState.OFF, failed=checkout.desk.failed)), ()


def lock(checkout: Checkout, event: d.Locked) -> Step:
    return _desk(checkout, state=DeskState.LOCKED)


def unlock(checkout: Checkout, event: d.Unlocked) -> Step:
    _user(event.user)
    return _desk(checkout, state=DeskState.ON, failed=_forgiven(checkout.desk, event.user))


def approve(checkout: Checkout, event: d.Approved) -> Step:
    _user(event.approver)
    _text(event.operation)
    _text(event.reason)
    _text(event.detail, MAX_DETAIL)
    return _desk(checkout, failed=_forgiven(checkout.desk, event.approver))


def refuse(checkout: Checkout, event: d.ApprovalRefused) -> Step:
    """A wrong PIN is counted; a right one of somebody who may not approve is not."""
    _user(event.approver)
    _text(event.operation)
    _text(event.why)
    if event.why != "wrong_pin":
        return _desk(checkout, failed=_forgiven(checkout.desk, event.approver))
    times = min(checkout.desk.failed_times(event.approver) + 1, MAX_FAILED_TIMES)
    others = _forgiven(checkout.desk, event.approver)
    return _desk(checkout, failed=(*others, Failed(event.approver, times))[-MAX_USERS:])


def _forgiven(desk: Desk, user: str) -> tuple[Failed, ...]:
    return tuple(each for each in desk.failed if each.user != user)


HANDLERS: dict[type[d.DayEvent], Callable[[Checkout, Any], Step]] = {
    d.RulesSet: set_rules,
    d.SignedOn: sign_on,
    d.SignedOff: sign_off,
    d.Locked: lock,
    d.Unlocked: unlock,
    d.Approved: approve,
    d.ApprovalRefused: refuse,
}
