"""The sale's other keys at the real daemon, over its real socket, with the simulated devices.

What is put aside and what comes back outlives kill -9; a receipt is taken back by the code on its own paper."""

from __future__ import annotations

import re
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from rig import Store, wait_for

from runtime.journal.store import Journal
from runtime.sale.record import read_record
from runtime.terminal.machine import machine_id

WATER, CRISPS, ODEN_6, ODEN_13, CIGARETTES = "010001", "100001", "70001", "70002", "200002"
CODE = re.compile(r"S001-01-\d{6}-[0-9a-f]{4}")


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with Store(tmp_path_factory.mktemp("counter"), language="en", rehearse="2026-11-22T10:00:00") as store:
        store.front_end.wait(lambda view: all(device.ok for device in view.devices), 20)
        yield store


def ring(store: Store, *codes: str) -> None:
    for code in codes:
        store.front_end.must("scan", code=code)


def pay(store: Store, given_minor: int = 100_000) -> int:
    front = store.front_end
    front.must("subtotal")
    front.must("cash", amount_minor=given_minor)
    return front.wait(lambda view: view.state == "closed" and view.receipts_waiting == 0, 20).last_number


def subtotal_once_asked(store: Store) -> None:
    """After a start the till asks the gateway again what came back of the receipt: until then it says to wait."""

    def accepted() -> bool:
        answer = store.front_end.ask("subtotal")
        assert answer.ok or (answer.sentence is not None and answer.sentence.code == "receipt_waits"), answer
        return answer.ok

    wait_for("the gateway to say what came back of the receipt", accepted, 20, every_s=0.1)


def again(store: Store) -> None:
    store.terminal.kill(signal.SIGKILL)
    store.terminal.start()
    store.front_end.wait(lambda view: all(device.ok for device in view.devices), 20)


def test_repeat_look_up_bag_and_a_ticket_that_is_put_aside(store: Store) -> None:
    front = store.front_end
    ring(store, WATER)
    front.must("repeat")
    front.must("price_lookup", code=CRISPS)
    assert front.wait(lambda view: view.lookup is not None).lookup.sku == CRISPS  # type: ignore[union-attr]  # just seen
    front.must("bag", number=3)
    view = front.wait(lambda view: len(view.lines) == 3)
    assert [line.sku for line in view.lines] == [WATER, WATER, "90003"] and len(view.bags) == 3
    front.must("suspend")
    again(store)
    front = store.front_end
    (waiting,) = front.wait(lambda view: view.suspended).suspended
    ring(store, CRISPS)
    front.must("void_ticket", reason="walked away")
    front.must("recall", number=waiting.number)
    back = front.wait(lambda view: len(view.lines) == 3)
    assert back.lines == view.lines and back.total_minor == waiting.total_minor
    pay(store)


def test_ages_and_oden(store: Store) -> None:
    front = store.front_end
    ring(store, CIGARETTES)
    assert front.wait(lambda view: view.age_question).age_question == 18
    ring(store, ODEN_6, ODEN_6, ODEN_13)  # the question eats no scan
    front.must("subtotal")
    assert not front.ask("cash", amount_minor=100_000).ok
    front.must("age_no")
    number = pay(store)
    record = record_of(store, number)
    assert record["stock"] == [{"ItemID": "70000", "unit": "g", "Quantity": 420}]


def test_a_receipt_is_taken_back_by_the_code_on_its_paper(store: Store) -> None:
    front = store.front_end
    ring(store, WATER, CRISPS)
    number = pay(store)
    (code,) = CODE.findall(store.slips()[-1]["text"])
    assert f"{number:06d}" in code
    store.scan(code)
    shown = front.wait(lambda view: view.open_return).open_return
    assert shown is not None and shown.number == number
    front.must("return_line", line=1, reason="leaks")
    again(store)
    front = store.front_end
    ring(store, CRISPS)  # an exchange
    view = front.wait(lambda view: len(view.lines) == 2)
    assert view.returned_lines == (1,) and sum(line.net_minor for line in view.lines) == view.total_minor
    subtotal_once_asked(store)
    front.must("cash", amount_minor=100_000)
    store.front_end.wait(lambda view: view.state == "closed" and view.receipts_waiting == 0, 20)
    store.scan(code)
    shown = front.wait(lambda view: view.open_return).open_return
    assert shown is not None and [line.left for line in shown.lines] == [0, 1]
    front.must("return_all")
    front.must("subtotal")
    front.must("refund")
    front.wait(lambda view: view.state == "closed" and view.receipts_waiting == 0, 20)
    assert "Given back in cash" in store.slips()[-1]["text"]
    front.wait(lambda view: view.network.unsent == 0, 30)  # the gateway takes every record


def record_of(store: Store, number: int) -> dict[str, object]:
    """Out of the journal: the daemon is stopped for it, and started again."""
    store.terminal.kill(signal.SIGTERM)
    machine = f"{machine_id()} S001 01"
    journal = Journal.open(Path(store.run) / "journal.db", machine=machine, random_epoch=lambda: 1)
    packed = journal.record(number)
    journal.close()
    store.terminal.start()
    assert packed is not None
    return read_record(packed.body)
