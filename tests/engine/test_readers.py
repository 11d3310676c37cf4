"""The targets of scripts/fuzz, for a moment each: all that scripts/fuzz --list names."""

from __future__ import annotations

from pathlib import Path

import pytest
from fuzz_readers import BEGIN, DOCS, END, NAMES, blind, put, row
from fuzz_targets import TARGETS, mutated
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import SnapshotError


def test_every_target_takes_its_seeds_and_has_a_name() -> None:
    assert set(NAMES) == set(TARGETS)
    for target, seeds in TARGETS.values():
        for seed in (*seeds(), b""):
            target(seed)


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=200, deadline=None)
@given(data=st.data())
def test_mutated_and_random_bytes(name: str, data: st.DataObject) -> None:
    target, seeds = TARGETS[name]
    rng = data.draw(st.randoms(use_true_random=False))
    known = seeds()
    target(mutated(rng.choice(known), rng.randrange, rng.choice(known)))
    target(data.draw(st.binary(max_size=60)))


def test_a_fault_in_a_reader_is_found(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    """The broken variant: hashes are not looked at."""
    monkeypatch.setattr("engine.snapshot.verify_bytes", lambda data, header: None)
    monkeypatch.setattr("fuzz_readers.OUT", tmp_path)
    with pytest.raises((AssertionError, SnapshotError)):
        blind("snapshot", 20)


def test_every_target_is_on_the_page() -> None:
    table = DOCS.read_text(encoding="utf-8").partition("## Readers of outside bytes")[2].partition(BEGIN)[0]
    assert all(f"`{name}`" in table for name in NAMES)


def test_results_take_the_place_of_the_last_ones(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        f"before\n{BEGIN}\n| `code` | 1 | none | 5 s | then |\n| `delta` | 2 | none | 5 s | then |\n{END}\nafter\n"
    )
    monkeypatch.setattr("fuzz_readers.DOCS", page)
    said = "stat::number_of_executed_units: 1234567\n"
    put({"code": row("code", said, 0, 300, "now"), "frame": row("frame", "crashed", 77, 300, "now")})
    lines = page.read_text().splitlines()
    assert lines[4:7] == [
        "| `delta` | 2 | none | 5 s | then |",
        "| `code` | 1,234,567 | none | 300 s | now |",
        "| `frame` | not said | one, see the log | 300 s | now |",
    ]
    assert lines[0] == "before" and lines[-1] == "after"
