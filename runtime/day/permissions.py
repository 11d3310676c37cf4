"""Who may do what: one table of operations, each with what everybody may do alone and who must approve the rest.

    PERMISSIONS[operation] = Permission(role, up_to_minor, what it is)

Whoever is signed on may do it alone for amounts up to `up_to_minor` (NEVER: for none, also not for 0); past it, it
takes `role` or a higher one: the operator's own, or another person's with a PIN. An operation without an amount asks
with amount 0. `[permission.OPERATION]` of the settings overrides a line of the table. On a terminal without users
everything is allowed: there is nobody who could approve.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

ROLES = ("cashier", "supervisor", "manager")  # each may do all that those before it may
NEVER = -1
ALWAYS = 10**12  # more than any amount


@dataclass(frozen=True, slots=True)
class Permission:
    role: str  # one of ROLES: who may do it whatever the amount
    up_to_minor: int  # what everybody may do alone, in minor units; NEVER or ALWAYS too
    what: str  # for documents


# operation -> (what it is, what is asked as its amount: what the store stands to lose, in minor units)
OPERATIONS: dict[str, tuple[str, str]] = {
    # the sale
    "void_line": ("take a line out", "the line's amount"),
    "void_ticket": ("give up a whole sale", "the sale's amount"),
    "suspend": ("put a sale aside", "the sale's amount"),
    "recall": ("take a sale up again", "0"),
    "price_override": ("change a price by hand", "what is taken off"),
    "discount_line": ("discount a line by hand", "what is taken off"),
    "discount_ticket": ("discount a sale by hand", "what is taken off"),
    "return_with_receipt": ("take goods back with their receipt", "what is given back"),
    "return_without_receipt": ("take goods back without a receipt", "what is given back"),
    # the day
    "unlock_other": ("unlock for another person", "0"),
    "training": ("begin or end training", "0"),
    "shift_open": ("open a shift", "the float"),
    "shift_close": ("close a shift", "0"),
    "paid_in": ("put money into the drawer", "the amount"),
    "paid_out": ("pay money out of the drawer", "the amount"),
    "drop": ("take money to the safe", "the amount"),
    "no_sale": ("open the drawer without a sale", "0"),
    "x_report": ("see the shift's figures", "0"),
    "day_end": ("end the business day", "0"),
    "reprint": ("print a receipt again", "0"),
    "journal_search": ("search the journal", "0"),
}


def _all(role: str, up_to_minor: int, *operations: str) -> dict[str, Permission]:
    return {name: Permission(role, up_to_minor, OPERATIONS[name][0]) for name in operations}


PERMISSIONS: dict[str, Permission] = {
    **_all("cashier", ALWAYS, "suspend", "recall", "shift_open", "shift_close", "paid_in", "drop", "reprint"),
    **_all("cashier", ALWAYS, "journal_search"),
    **_all("supervisor", 50_000, "void_line", "return_with_receipt"),
    **_all("supervisor", 10_000, "void_ticket", "paid_out"),
    **_all("supervisor", 1_000, "price_override", "discount_line", "discount_ticket"),
    **_all("supervisor", 0, "no_sale"),
    **_all("supervisor", NEVER, "return_without_receipt", "unlock_other", "training", "x_report"),
    **_all("supervisor", NEVER, "day_end"),
}


def is_at_least(role: str, wanted: str) -> bool:
    """Whether a role is the wanted one or a higher one; an unknown role is none."""
    return role in ROLES and wanted in ROLES and ROLES.index(role) >= ROLES.index(wanted)


def may(role: str, permission: Permission, amount_minor: int) -> bool:
    """Whether somebody of this role may do it alone. Somebody without a role may do nothing."""
    if role not in ROLES:
        return False
    return is_at_least(role, permission.role) or abs(amount_minor) <= permission.up_to_minor


def with_changes(changes: Mapping[str, tuple[str, int]]) -> dict[str, Permission]:
    """The table with what the settings say otherwise: operation -> (role, up_to_minor)."""
    changed = {name: Permission(role, up_to, PERMISSIONS[name].what) for name, (role, up_to) in changes.items()}
    return {**PERMISSIONS, **changed}
