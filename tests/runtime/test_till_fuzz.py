"""Anything that a front end may send: the till answers, and its state stays the fold of its journal.

A broken variant (a state before its row) is caught by the same check.
"""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from till_rig import FREE, MILK, PAY_CODE, PUMPKIN, Rig

from drivers.api import ScaleReading
from runtime.wire.frames import FrameReader, encode
from runtime.wire.messages import COMMANDS, OPTIONAL, Answer, Command

numbers = st.one_of(st.integers(-3, 12), st.integers(-(1 << 63), (1 << 64) - 1), st.sampled_from([300, 10_000]))
codes = st.sampled_from([MILK, FREE, PUMPKIN, PAY_CODE, "6901234567892", "", " ", "9" * 70])
texts = st.one_of(codes, st.text(max_size=90), st.sampled_from(["2026-11-22T18:00:00", "13800138000"]))
wild = st.builds(
    lambda name, args: (name, args),
    st.one_of(st.sampled_from(sorted(COMMANDS)), st.text(max_size=60)),
    st.dictionaries(
        st.one_of(st.sampled_from(["code", "qty", "line", "id", "amount_minor", "at"]), st.text(max_size=9)),
        st.one_of(numbers, texts, st.none()),
        max_size=3,
    ),
)


def _plausible(name: str) -> st.SearchStrategy[tuple[str, dict[str, Any]]]:
    kinds = {str: texts, int: numbers}
    more = {key: kinds[kind] for key, kind in OPTIONAL.get(name, {}).items()}
    args = st.fixed_dictionaries({key: kinds[kind] for key, kind in COMMANDS[name][0].items()}, optional=more)
    return args.map(lambda given: (name, given))


plausible = st.sampled_from(sorted(COMMANDS)).flatmap(_plausible)
useful = st.sampled_from(
    [
        ("scan", {"code": MILK}),
        ("scan", {"code": PUMPKIN}),
        ("subtotal", {}),
        ("cash", {"amount_minor": 10_000}),
        ("scan", {"code": PAY_CODE}),
        ("cancel", {}),
        ("void_line", {"line": 1}),
        ("!killed", {}),
    ]
)
scanned = texts.map(lambda text: ("!scan", {"code": text}))


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.one_of(useful, plausible, wild, scanned), max_size=25),
    st.sampled_from(["SUCCESS", "PAYERROR", "OFFLINE"]),
)
def test_no_command_upsets_it(commands: list[tuple[str, dict[str, Any]]], pays: str) -> None:
    async def work(folder: Path) -> None:
        rig = Rig(folder)
        rig.devices.provider["pay"] = [pays]
        rig.devices.on_scale = ScaleReading("OK", 500)
        try:
            for number, (name, args) in enumerate(commands):
                if name == "!scan":
                    rig.scan(args["code"])
                    continue
                if name == "!killed":
                    before = rig.till.checkout
                    await rig.again()
                    assert rig.till.checkout == before
                    continue
                (message,) = FrameReader().feed(encode(Command(number, name, args)))
                assert isinstance(message, Command)
                rows = rig.journal.last_seq
                answer = rig.till.command(message)
                assert isinstance(answer, Answer) and answer.id == number
                (said,) = FrameReader().feed(encode(answer))
                assert said == answer
                if answer.sentence is not None:
                    answer.sentence.text.format(**answer.sentence.args)
                    answer.sentence.remedy.format(**answer.sentence.args)
                assert rig.journal.last_seq - rows <= 1 and (answer.ok or rig.journal.last_seq == rows)
                list(FrameReader().feed(encode(rig.view)))
                await asyncio.sleep(0)
            await rig.till.stop()
            assert rig.journal.recover() == rig.till.checkout
            assert rig.journal.verify() is None
        finally:
            await rig.close()

    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(work(Path(folder)))


def test_a_task_that_dies_ends_the_daemon(tmp_path: Path) -> None:
    async def main() -> None:
        rig = Rig(tmp_path)
        died = ValueError("a fault of ours")

        async def dies() -> None:
            raise died

        rig.till.spawn(dies())
        await rig.until(lambda: rig.fatal == [died])
        rig.fatal.clear()
        await rig.close()

    asyncio.run(main())


def test_a_till_that_shows_before_it_writes_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    from runtime.journal.store import Journal

    def forgets(self: Journal, *_: Any, **__: Any) -> int:
        return self.last_seq  # says that it is on disk

    monkeypatch.setattr(Journal, "append", forgets)
    with pytest.raises(AssertionError):
        test_no_command_upsets_it.hypothesis.inner_test([("scan", {"code": MILK})], "SUCCESS")  # type: ignore[attr-defined]  # hypothesis adds it
