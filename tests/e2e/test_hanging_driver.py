"""A driver that never returns, in the real daemon: the sale goes on, by its other devices and keys."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from rig import LANE, ROOT, Store, wait_for

MILK = "6901234567892"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    one = Store(tmp_path, env={"PYTHONPATH": str(ROOT)})
    one.terminal.words[: len(LANE)] = [sys.executable, str(Path(__file__).parent / "hanging_driver.py")]
    with one:
        yield one


def codes(store: Store) -> dict[str, str]:
    view = store.front_end.view
    assert view is not None
    return {device.name: device.sentence.code for device in view.devices}


def test_the_sale_goes_on_beside_it(store: Store) -> None:
    front = store.front_end
    wait_for("all devices", lambda: set(codes(store).values()) == {"OK"}, 20)
    pid = store.terminal.pid
    store.scan(MILK)
    front.wait(lambda view: len(view.lines) == 1)
    history: list[str] = []
    front.on_view = lambda view: history.extend(d.sentence.code for d in view.devices if d.name == "scanner")
    store.scan("HANG")  # the scanner's codec spins from here on
    front.must("scan", code=MILK)  # a key, answered as soon as the codec was interrupted
    front.wait(lambda view: len(view.lines) == 2)
    wait_for("it is begun again", lambda: "FAILURE" in history and history[-1] == "OK")
    store.scan(MILK)
    front.wait(lambda view: len(view.lines) == 3)
    front.must("subtotal")
    front.must("cash", amount_minor=100_000)
    front.wait(lambda view: view.last_number == 1 and not view.receipts_waiting)
    assert store.terminal.alive() and store.terminal.pid == pid
    log = store.terminal.log.read_text(encoding="utf-8")
    assert "device scanner: it did not return within 0.5 s" in log
    for name in ("printer", "scale", "display", "payment"):
        assert f"device {name}: its task failed" not in log
