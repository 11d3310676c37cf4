"""The real daemon on a disk that fills: the reserve first, payment codes next, cash to the last; and back again."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from rig import LANE, Store, wait_for

from runtime.journal.live import LiveJournal
from runtime.tools.journal_verify import verify_all
from runtime.wire.messages import View
from tests.reliability.kills import MILK


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store(tmp_path, language="en")
    wrapped = [sys.executable, str(Path(__file__).parent / "filling_disk.py"), str(tmp_path / "flag")]
    store.terminal.words[: len(LANE)] = wrapped
    store.terminal._env["PYTHONPATH"] = str(Path(__file__).parents[2])
    with store:
        yield store


def disk(view: View) -> str:
    return next((device.sentence.code for device in view.devices if device.name == "disk"), "")


def put(folder: Path, text: str) -> None:
    (folder / "flag.new").write_text(text)
    (folder / "flag.new").replace(folder / "flag")


def test_the_reserve_then_cash_alone_then_nothing_and_back(store: Store, tmp_path: Path) -> None:
    front = store.front_end
    journal = store.folder / store.settings["terminal"]["journal"]
    reserve = journal.with_name(f"{journal.name}-reserve")
    wait_for("the reserve", reserve.exists)
    front.wait(lambda view: all(device.ok for device in view.devices), 20)
    front.must("scan", code=MILK)
    put(tmp_path, "full")
    front.must("scan", code=MILK)  # goes in: the reserve was given up for it
    view = front.wait(lambda view: disk(view) == "DISK_LOW")
    assert len(view.lines) == 2 and not reserve.exists()
    put(tmp_path, "last")
    front.must("subtotal")
    answer = front.ask("scan", code="134567890123456789")
    assert not answer.ok and answer.sentence is not None and answer.sentence.code == "DISK_LAST"
    assert answer.sentence.remedy.startswith("Take cash")
    front.must("cash", amount_minor=100_000)  # to the last
    front.wait(lambda view: view.receipts_waiting == 0, 20)
    put(tmp_path, "over")
    answer = front.ask("scan", code=MILK)
    assert not answer.ok and answer.sentence is not None and answer.sentence.code == "DISK_FULL"
    (tmp_path / "flag").unlink()
    front.wait(lambda view: disk(view) == "", 20)
    wait_for("a new reserve", reserve.exists)
    front.must("scan", code=MILK)
    live = LiveJournal(journal)
    verdict = verify_all(live, None, [], None)[0]
    live.close()
    assert verdict.faults == [] and verdict.walk.sequence == 1
