"""Anything that a front end may ask of a till with users, shifts and days: it answers, its state is the fold of its
rows, training leaves no trace but rows, and no PIN is anywhere."""

from __future__ import annotations

import asyncio
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from till_rig import MILK, PAY_CODE, Rig

from runtime.day.users import User, hash_pin
from runtime.sale.machine import fold
from runtime.terminal.day_rules import DayRules
from runtime.terminal.users_file import UsersFile, write_users
from runtime.wire.frames import FrameReader, encode
from runtime.wire.messages import COMMANDS, OPTIONAL, Answer, Command

PINS = {"1": "274931", "2": "806153"}
_HASHES = {
    i: User(i, f"u{i}", {"1": "cashier", "2": "manager"}[i], hash_pin(p, bytes(16), log2n=2)) for i, p in PINS.items()
}
_DAY = [name for name in COMMANDS if list(COMMANDS).index(name) >= list(COMMANDS).index("sign_on")]
_values = {
    str: st.one_of(
        st.sampled_from(["1", "2", "3", "274931", "806153", "000111", "", "找零", MILK]), st.text(max_size=120)
    ),
    int: st.one_of(st.integers(-2, 900), st.integers(-(1 << 63), (1 << 64) - 1)),
}


def _command(name: str) -> st.SearchStrategy[tuple[str, dict[str, Any]]]:
    more = {key: _values[kind] for key, kind in OPTIONAL.get(name, {}).items()}
    args = st.fixed_dictionaries({key: _values[kind] for key, kind in COMMANDS[name][0].items()}, optional=more)
    return args.map(lambda given: (name, given))


useful = st.sampled_from(
    [
        ("sign_on", {"user": "1", "pin": PINS["1"]}),
        ("sign_on", {"user": "2", "pin": PINS["2"]}),
        ("sign_off", {}),
        ("unlock", {"user": "2", "pin": PINS["2"]}),
        ("shift_open", {"float_minor": 500}),
        ("shift_count", {}),
        ("shift_close", {"cash_minor": 500}),
        ("paid_out", {"amount_minor": 20_000, "reason": "x", "approver": "2", "pin": PINS["2"]}),
        ("training_begin", {"approver": "2", "pin": PINS["2"]}),
        ("training_end", {}),
        ("scan", {"code": MILK}),
        ("subtotal", {}),
        ("cash", {"amount_minor": 10_000}),
        ("scan", {"code": PAY_CODE}),
        ("day_end", {"approver": "2", "pin": PINS["2"]}),
        ("!killed", {}),
    ]
)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.one_of(useful, useful, st.sampled_from(_DAY).flatmap(_command)), max_size=30))
def test_no_command_upsets_the_day(commands: list[tuple[str, dict[str, Any]]]) -> None:
    async def work(folder: Path) -> None:
        write_users(folder / "users.toml", _HASHES.values())
        rules = DayRules(
            UsersFile(folder / "users.toml"), shift_required=True, day_ends=timedelta(hours=18, seconds=30)
        )
        rig = Rig(folder, day=rules)
        try:
            for number, (name, args) in enumerate(commands):
                before = rig.till.checkout
                if name == "!killed":
                    await rig.again()
                    assert (rig.till.checkout.shift, rig.till.checkout.desk) == (before.shift, before.desk)
                    continue
                (message,) = FrameReader().feed(encode(Command(number, name, args)))
                assert isinstance(message, Command)
                found = rig.till.handle(message)
                answer = found if isinstance(found, Answer) else await found
                assert answer.id == number
                if answer.sentence is not None:
                    answer.sentence.text.format(**answer.sentence.args)
                    answer.sentence.remedy.format(**answer.sentence.args)
                list(FrameReader().feed(encode(rig.view)))
                if before.desk.training and rig.till.checkout.desk.training:
                    assert rig.till.checkout.last_sequence == before.last_sequence or _a_day_turned(rig)
                    assert rig.till.checkout.shift == before.shift
            rows = rig.journal.rows(1, 10_000)
            assert fold([row.read_event() for row in rows]) == rig.till.checkout == rig.journal.recover()
            assert rig.journal.verify() is None and len(rig.records()) == rig.till.checkout.last_sequence
            for row in rows:
                if row.type in ("ApprovalRefused", "Approved", "SignedOn", "Unlocked"):
                    assert not any(pin in str(row.event) for pin in PINS.values())
        finally:
            await rig.close()

    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(work(Path(folder)))


def _a_day_turned(rig: Rig) -> bool:
    return any(record.get("ControlType") == "BusinessEOD" for record in rig.records()[-1:])
