"""sd_notify on real sockets."""

from __future__ import annotations

from pathlib import Path

import pytest

from runtime.service.notify import MAX_STATUS, Notifier
from tests.runtime.service.manager import Manager


@pytest.mark.parametrize("abstract", [False, True])
def test_what_is_said_arrives_at_a_path_and_at_an_abstract_name(tmp_path: Path, abstract: bool) -> None:
    manager = Manager(None if abstract else tmp_path / "notify")
    assert manager.name.startswith("@") == abstract
    notifier = Notifier({"NOTIFY_SOCKET": manager.name})
    notifier.ready("sale 1\nREADY=0")
    assert manager.heard(1) == ["READY=1", "STATUS=sale 1 READY=0"]  # one line stays one line
    notifier.status("x" * 500)
    assert manager.heard(1) == ["STATUS=" + "x" * MAX_STATUS]
    notifier.status("x" * 500)  # said already
    notifier.alive()
    assert manager.heard(1) == ["WATCHDOG=1"]
    notifier.stopping()
    assert manager.heard(1) == ["STOPPING=1"]
    manager.close()


def test_without_a_manager_nothing_is_said_and_one_that_went_away_is_no_matter(tmp_path: Path) -> None:
    assert not Notifier({}).listens
    Notifier({}).ready()
    gone = Notifier({"NOTIFY_SOCKET": str(tmp_path / "gone")})
    gone.ready()
    gone.alive()


@pytest.mark.parametrize(
    ("environ", "seconds"),
    [
        ({"WATCHDOG_USEC": "20000000"}, 20.0),
        ({"WATCHDOG_USEC": "20000000", "WATCHDOG_PID": "7"}, 20.0),
        ({"WATCHDOG_USEC": "20000000", "WATCHDOG_PID": "8"}, 0.0),
        ({"WATCHDOG_USEC": "-1"}, 0.0),
        ({"WATCHDOG_USEC": "often"}, 0.0),
        ({}, 0.0),
    ],
)
def test_the_watchdog_is_ours_or_none(environ: dict[str, str], seconds: float) -> None:
    assert Notifier({"NOTIFY_SOCKET": "@x", **environ}, pid=7).watchdog_s == seconds
    assert Notifier(environ, pid=7).watchdog_s == 0.0
