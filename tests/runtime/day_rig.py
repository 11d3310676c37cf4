"""A till with users for the tests of the working day: their PINs and roles, signing on, what papers and rows say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from till_rig import MILK, Rig

from drivers.api import Columns, Document, Text
from runtime.day.users import User, hash_pin
from runtime.terminal.day_rules import DayRules
from runtime.terminal.users_file import UsersFile, write_users

PINS = {"1001": "274931", "1002": "274932", "2001": "806153", "9001": "915263"}
ROLES = {"1001": "cashier", "1002": "cashier", "2001": "supervisor", "9001": "manager"}


def rules(folder: Path, **changes: Any) -> DayRules:
    path = folder / "users.toml"
    write_users(path, [User(i, f"user {i}", ROLES[i], hash_pin(pin, bytes(16), log2n=4)) for i, pin in PINS.items()])
    return DayRules(users=UsersFile(path), **changes)


async def sign_on(rig: Rig, user: str = "1001") -> None:
    await rig.must_ask("sign_on", user=user, pin=PINS[user])


def by(user: str) -> dict[str, Any]:
    return {"approver": user, "pin": PINS[user]}


def sell(rig: Rig, *codes: str, given: int = 10_000) -> None:
    for code in codes or (MILK,):
        rig.scan(code)
    rig.must("subtotal")
    rig.must("cash", amount_minor=given)


def words(document: Document) -> str:
    out = []
    for element in document:
        if isinstance(element, Text):
            out.append(element.text)
        elif isinstance(element, Columns):
            out.append("|".join(text for text, _width, _align in element.cells))
    return "\n".join(out)


def rows(rig: Rig) -> list[tuple[str, str]]:
    return [(row.type, str(row.event)) for row in rig.journal.rows(1, 10_000)]
