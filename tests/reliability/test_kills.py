"""kill -9 of the real daemon under load, and of the real screen: the short form."""

from __future__ import annotations

import pytest

from tests.reliability import kills
from tests.reliability_table import hand_in


def test_the_daemon_killed_under_load_loses_and_doubles_nothing() -> None:
    killed = kills.kill_daemon(5, seed=7)
    hand_in("killed-daemon", kills.figures(killed))
    assert killed.wrong == [] and killed.kills == 5 and killed.sales > 0
    assert min(killed.back_s) < kills.BACK_WITHIN_S


@pytest.mark.long
def test_300_kills_of_the_daemon() -> None:
    killed = kills.kill_daemon(300, seed=1)
    assert killed.wrong == [] and kills.percentile(killed.back_s, 0.5) < kills.BACK_WITHIN_S


@pytest.mark.display
def test_the_screen_killed_shows_the_basket_again() -> None:
    killed = kills.kill_front_end(1, seed=7)
    hand_in("killed-screen", kills.figures(killed))
    assert killed.wrong == [] and killed.kills == 1


@pytest.mark.long
@pytest.mark.display
def test_50_kills_of_the_screen() -> None:
    killed = kills.kill_front_end(50, seed=1)
    assert killed.wrong == [] and kills.percentile(killed.back_s, 0.5) < kills.BACK_WITHIN_S
