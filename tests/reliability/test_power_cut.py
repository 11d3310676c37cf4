"""The power goes after every operation of a till's work: nothing that was acknowledged is lost, whatever lands."""

from __future__ import annotations

import random

import pytest

from tests.reliability import powercut
from tests.reliability.cuts import Cutter
from tests.reliability.memory_disk import SECTOR
from tests.reliability.selling import Till
from tests.reliability_table import hand_in

pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


def test_no_legal_state_of_the_disk_loses_an_acknowledged_sale() -> None:
    recording, found = powercut.run(sales=40, an_op=4, every=2, processes=2)
    hand_in("power-cut", powercut.figures(recording, found))
    assert found.lost == found.broken == 0, found.firsts
    assert len(found.keys) > 3_000 and recording.truth.pruned > 0
    assert set(found.kinds) >= {"landed", "but one", "one alone", "one torn", "one damaged", "mixed and damaged"}


@pytest.mark.long
def test_100_000_states_of_300_sales() -> None:
    _, found = powercut.run(sales=300, an_op=6, processes=2)
    assert found.lost == found.broken == 0, found.firsts
    assert len(found.keys) >= 100_000


@pytest.mark.parametrize("name", [name for name in powercut.VARIANTS if name not in powercut.SOUND])
def test_a_store_that_is_broken_by_one_line_is_caught(name: str) -> None:
    recording, found = powercut.run(sales=10, an_op=3, every=2, name=name)
    hand_in("broken-stores", {name: powercut.figures(recording, found)})
    assert found.lost > 0, found.verdicts


def test_a_rollback_journal_with_its_folder_synced_is_sound() -> None:
    """The harness does not call everything broken."""
    _, found = powercut.run(sales=8, an_op=2, every=4, name="delete-extra")
    assert found.lost == found.broken == 0, found.firsts


def test_states_are_those_that_the_model_allows_and_counted_once() -> None:
    """By hand: 1024 durable bytes, two sectors written over, one name made."""
    cutter = Cutter()
    old, new = b"o" * SECTOR, b"n" * SECTOR
    for op in (("name", "f", 0), ("write", 0, 0, old + old), ("sync", 0), ("folder",)):
        cutter.do(op)
    for op in (("write", 0, 0, new + new), ("name", "g", 1), ("write", 1, 0, b"x")):
        cutter.do(op)
    states = list(cutter.states(random.Random(1), 400))
    assert len({state.key for state in states}) == len(states)
    assert len({tuple((n, bytes(c)) for n, c in sorted(s.files.items())) for s in states}) == len(states)
    assert {len(state.files) for state in states} == {1, 2}
    for state in states:
        assert len(state.files["f"]) == 2 * SECTOR
        for at in (0, SECTOR):
            piece = bytes(state.files["f"][at : at + SECTOR])
            torn = new[: SECTOR // 2] + old[SECTOR // 2 :]
            assert piece in (old, new, torn) or (b"o" not in piece[:4] and b"n" not in piece[:4])
    cutter.do(("sync", 0))
    cutter.do(("folder",))
    for state in cutter.states(random.Random(2), 50):
        assert bytes(state.files["f"]) == new + new
    after = {state.key for state in cutter.states(random.Random(3), 50)}
    assert after & {state.key for state in states}, "the same content has the same key, however it came about"


def test_what_was_done_is_not_done_again(tmp_path_factory: pytest.TempPathFactory) -> None:
    file = tmp_path_factory.mktemp("cuts") / "done.jsonl"
    _, first = powercut.run(sales=3, an_op=2, resume=file)
    lines = file.read_text(encoding="utf-8")
    _, again = powercut.run(sales=3, an_op=2, resume=file)
    assert file.read_text(encoding="utf-8") == lines
    assert (again.keys, again.verdicts) == (first.keys, first.verdicts)


def test_the_watchdogs_beats_lose_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Commits that leave nothing behind, between the sales' own."""
    sell = Till.sell

    def with_beats(till: Till, lines: int) -> None:
        assert till.journal is not None
        till.journal.beat()
        sell(till, lines)
        till.journal.beat()

    monkeypatch.setattr(Till, "sell", with_beats)
    _, found = powercut.run(sales=10, an_op=3, every=2)
    assert found.lost == found.broken == 0, found.firsts
    assert len(found.keys) > 500
