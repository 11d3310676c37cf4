"""A daemon that hangs is ended and comes back; a device that fails takes nothing else with it: the short form."""

from __future__ import annotations

from pathlib import Path

import pytest
from rig import Store

from tests.reliability import supervision
from tests.reliability.kills import BACK_WITHIN_S
from tests.reliability_table import hand_in

WATCHDOG_S, GUARD_S = 1.0, 0.5


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Path:
    store = Store(tmp_path_factory.mktemp("book"))
    store.compile()
    return store.snapshot


def test_a_daemon_that_hangs_is_ended_and_loses_nothing() -> None:
    hung = supervision.hang(2, WATCHDOG_S, seed=7)
    hand_in("supervision", {"hangs": supervision.hang_figures(hung, WATCHDOG_S)})
    assert hung.wrong == [] and hung.kills == 2 and hung.unnoticed == 0 and hung.sales > 0
    assert min(hung.silent_s) > 0 and min(hung.back_s) < BACK_WITHIN_S


def test_a_device_that_fails_takes_nothing_else_with_it() -> None:
    found = supervision.fail(1, GUARD_S)
    hand_in("supervision", {"devices": supervision.device_figures(found)})
    for name, beside in found.items():
        assert (beside.lost, beside.sales, beside.faults) == (0, 1, 1), name
        assert beside.scans > 5, name


@pytest.mark.parametrize("variant", supervision.BLIND)
def test_a_watchdog_that_is_fed_otherwise_is_seen_to_be_blind(variant: str, snapshot: Path) -> None:
    unnoticed = supervision.goes_unnoticed(variant, snapshot)
    hand_in("supervision", {"blind": {variant: int(unnoticed)}})
    assert unnoticed


def test_the_real_one_is_not(snapshot: Path) -> None:
    """Idle, as those above."""
    assert not supervision.goes_unnoticed("real", snapshot)


@pytest.mark.long
def test_by_the_units_own_watchdog() -> None:
    hung = supervision.hang(10, 20.0, seed=1)
    assert hung.wrong == [] and max(hung.silent_s) < 21
