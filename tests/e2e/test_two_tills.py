"""Two real tills and a real gateway: put aside on one, recalled on the other, with everything killed on the way."""

from __future__ import annotations

import json
import os
import signal
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from rig import LANE, FrontEnd, Process, Store, wait_for

from runtime.wire.messages import View

MILK, WATER = "6901234567892", "6901234567908"


def plain(text: str) -> str:
    """Without devices, and with beats as often as they may be."""
    text = text[: text.index("# The devices are simulated")]
    return text.replace("[receipt]", "beat_ms = 200\nbackoff_high_ms = 500\n\n[receipt]", 1)


class TwoTills(Store):
    """The second till shares book and gateway with the first."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, settings=plain)
        text = self.terminal_file.read_text(encoding="utf-8")
        for old, new in (
            ('workstation = "01"', 'workstation = "02"'),
            ("terminal.sock", "second.sock"),
            ("journal.db", "second.db"),
        ):
            assert old in text
            text = text.replace(old, new)
        self.second_file = folder / "second.toml"
        self.second_file.write_text(text, encoding="utf-8")
        self.second = Process("second", [*LANE, "terminal", "--config", str(self.second_file)], self.run)

    def fronts(self) -> tuple[FrontEnd, FrontEnd]:
        return FrontEnd(self.socket), FrontEnd(self.run / "second.sock")

    def status(self) -> dict[str, Any]:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.gateway_port}/v1/status", timeout=5) as answer:
            return dict(json.load(answer))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[TwoTills]:
    made = TwoTills(tmp_path)
    made.compile()
    for part in (made.gateway, made.terminal, made.second):
        part.start()
    yield made
    made.second.kill(signal.SIGTERM)
    made.stop()


def seen(view: View) -> list[tuple[str, int]]:
    return [(ticket.terminal, ticket.number) for ticket in view.suspended]


def test_put_aside_here_recalled_there_with_every_process_killed_on_the_way(store: TwoTills) -> None:
    one, two = store.fronts()
    one.must("scan", code=MILK)
    one.must("scan", code=MILK)
    one.must("suspend")
    two.wait(lambda view: seen(view) == [("01", 1)])

    # the owner dies as it is asked; the claimant waits and may go on
    store.terminal.kill(signal.SIGKILL)
    assert two.must("recall", number=1, terminal="01").sentence is not None
    assert two.wait(lambda view: view.recalling == "01").state == "idle"
    store.terminal.start()
    # the gateway dies with the ticket on its way, and the claimant with it
    store.gateway.kill(signal.SIGKILL)
    store.second.kill(signal.SIGKILL)
    store.gateway.start()
    store.second.start()
    one, two = store.fronts()
    came = two.wait(lambda view: len(view.lines) == 2 or ("", 1) in seen(view), within_s=20)
    if not came.lines:  # nobody waited for it any more after the restart: it is in the list
        two.must("recall", number=1)
    assert len(two.wait(lambda view: len(view.lines) == 2).lines) == 2
    one.wait(lambda view: not view.suspended)
    assert not one.ask("recall", number=1).ok

    two.must("subtotal")
    two.must("cash", amount_minor=two.wait(lambda view: view.state == "tendering").cash_due_minor)
    wait_for("the sale at the gateway", lambda: store.status()["sales"] == 1)
    (sold,) = store.status()["terminals"]
    assert sold["terminal"] == "02"


def test_a_till_sells_on_at_its_pace_while_the_gateway_is_away_and_a_beat_costs_little(store: TwoTills) -> None:
    one, _ = store.fronts()
    wait_for("a beat", lambda: "answers beats" in store.terminal.tail(50))
    assert store.terminal.process is not None
    pid = store.terminal.process.pid
    before_s, began_s = cpu_s(pid), time.monotonic()
    time.sleep(2.0)
    spent = (cpu_s(pid) - before_s) / (time.monotonic() - began_s)
    print(f"\n5 beats a second: {spent:.1%} of one processor, {spent / 5 * 1_000:.2f} ms a beat")
    store.gateway.kill(signal.SIGKILL)
    for _ in range(3):
        one.must("scan", code=MILK)
        assert one.must("suspend").ok
        one.must("recall", number=one.wait(lambda view: view.suspended != ()).suspended[0].number)
        one.must("void_ticket")


def cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
