"""Every journal that somebody edited is found, and the first bad row is named."""

from __future__ import annotations

import pytest

from runtime.journal import walk
from tests.reliability.mutants import MUTATIONS, figures, hunt
from tests.reliability_table import hand_in


def test_every_mutant_is_found_and_its_row_named() -> None:
    result = hunt(len(MUTATIONS) * 16, seed=1)
    hand_in("edited", figures(result))
    assert result.missed == []
    assert result.found == result.named == result.mutants
    assert set(result.codes) == set(walk.FAULTS), "a fault that no mutant shows"


@pytest.mark.long
def test_10_000_mutants() -> None:
    result = hunt(10_000, seed=2)
    assert result.missed == [] and result.named == 10_000


class AnyHash(bytes):
    """Equal to all: what a walk is that does not look at hashes."""

    def __ne__(self, other: object) -> bool:
        return False


def test_a_walk_that_does_not_look_at_hashes_or_at_records_misses_some(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(walk, "next_hash", lambda before, body: AnyHash(32))
    assert any("chained_anew" in missed for missed in hunt(len(MUTATIONS) * 8, seed=1).missed)
    monkeypatch.undo()

    def lax(self: walk.Walk, at: int, *record: object) -> None:
        self.sequence, self._record_row = self.sequence + 1, at

    monkeypatch.setattr(walk.Walk, "_record", lax)
    assert any("record_edited" in missed for missed in hunt(len(MUTATIONS) * 2, seed=1).missed)
