"""The targets of scripts/fuzz, for a moment each: all that scripts/fuzz --list names."""

from __future__ import annotations

import pytest
from fuzz_readers import NAMES, blind
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
