"""The real daemon, killed with SIGKILL at every step of a sale, with every way in which the provider answers.

After every kill it is started again and the sale is brought to its end. Then money, records and paper must agree: a
trade that the provider took is in exactly one record, a record's receipt is on paper, and twice only with the mark.
"""

from __future__ import annotations

import re
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from peers import gateway_records
from rig import RigError, Store, wait_for

from runtime.wire.frames import encode
from runtime.wire.messages import Command

MILK = "6901234567892"
PUMPKIN = "117202"
NUMBER = re.compile(r"No\. (\d{6})")
PAPER: list[dict[str, Any]] = []  # of the module's one store, from its first sale


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with Store(tmp_path_factory.mktemp("killed"), language="en") as store:
        wait_ready(store)
        yield store


def wait_ready(store: Store) -> None:
    store.front_end.wait(lambda view: all(device.ok for device in view.devices), 20)


def kill(store: Store) -> None:
    store.terminal.kill(signal.SIGKILL)
    store.terminal.start()


def throw(store: Store, name: str, **args: str | int | None) -> None:
    """A command whose answer nobody lives to see."""
    store.front_end._socket.sendall(encode(Command(1 << 20, name, args)))


def state(store: Store) -> str:
    return store.front_end.wait(lambda view: True).state


def finish(store: Store) -> None:
    """Bring whatever there is to a paid end, as a cashier would who sees the screen for the first time."""
    front = store.front_end
    for _ in range(20):
        view = front.wait(lambda view: True)
        if view.state == "weighing":
            store.control("scale", weight_g=0, stable=True)
            front.wait(lambda view: view.state != "weighing" or view.weighing.sentence.code == "ESCAL_ZERO", 15)
            store.control("scale", weight_g=700, stable=True)
            front.wait(lambda view: view.state == "ringing", 15)
            store.control("scale", weight_g=0, stable=True)
        elif view.state == "idle":
            ring(store)
        elif view.state == "ringing":
            front.must("subtotal")
        elif view.state == "tendering":
            front.must("cash", amount_minor=view.total_minor)
        elif view.state == "paying":
            front.wait(lambda view: view.state != "paying", 60)
        else:
            front.must("next")
            return
    raise RigError(f"no end of it: {front.view}")


def ring(store: Store) -> None:
    front = store.front_end
    front.wait(lambda view: next(d.ok for d in view.devices if d.device_class == "Scanner"), 15)
    store.scan(MILK)
    front.wait(lambda view: view.state == "ringing")


def tender(store: Store) -> None:
    ring(store)
    store.front_end.must("subtotal")


def payable(store: Store) -> None:
    tender(store)
    store.front_end.wait(lambda view: next(d.ok for d in view.devices if d.device_class == "ElectronicValueRW"), 15)


_codes = iter(range(10**6))


def pay_code(ending: str) -> str:
    return f"13{next(_codes):014d}{ending}"


def check(store: Store, sales: int) -> None:
    front = store.front_end
    front.wait(lambda view: view.receipts_waiting == 0 and view.network.unsent == 0, 30)
    wait_for("the gateway", lambda: len(gateway_records(store)) >= sales)
    records = gateway_records(store)
    numbers = [record["SequenceNumber"] for record in records]
    assert numbers == list(range(1, len(records) + 1)) and len(records) == sales
    sold = Counter(t["TradeNo"] for record in records for t in record["tenders"] if t["TenderType"] == "Code")
    taken = Counter(t["trade_no"] for t in store.control("payment", trades=True)["trades"] if t["state"] == "SUCCESS")
    assert sold == taken
    first, any_of = Counter[int](), set()
    PAPER.extend(store.slips())
    for slip in PAPER:
        found = NUMBER.search(slip["text"])
        if found:
            any_of.add(int(found[1]))
            first[int(found[1])] += "COPY" not in slip["text"]
    assert any_of >= set(numbers)
    assert max(first.values()) <= 1


def test_killed_at_every_step_it_loses_and_doubles_nothing(store: Store) -> None:
    front = lambda: store.front_end  # noqa: E731  a new connection after each kill

    def scanning() -> None:
        throw(store, "scan", code=MILK)

    def a_quantity() -> None:
        front().must("quantity", qty=3)

    def weighing() -> None:
        store.control("scale", weight_g=0, stable=True)
        front().must("scan", code=PUMPKIN)
        front().wait(lambda view: view.state == "weighing")

    def weighed() -> None:
        store.control("scale", weight_g=1236, stable=True)
        front().must("scan", code=PUMPKIN)
        front().wait(lambda view: view.state == "ringing", 15)

    def tendering() -> None:
        tender(store)

    def cash() -> None:
        tender(store)
        throw(store, "cash", amount_minor=100_000)

    def printing() -> None:
        store.control("printer", lines_per_second=20)
        tender(store)
        front().wait(lambda view: next(d.ok for d in view.devices if d.device_class == "POSPrinter"), 15)
        front().must("cash", amount_minor=100_000)
        time.sleep(0.1)

    def closed() -> None:
        store.control("printer", lines_per_second=0)
        tender(store)
        front().must("cash", amount_minor=100_000)
        front().wait(lambda view: view.receipts_waiting == 0, 15)

    steps: list[Callable[[], None]] = [scanning, a_quantity, weighing, weighed, tendering, cash, printing, closed]
    sales = 0
    for step in steps:
        before = front().wait(lambda view: True).last_number
        step()
        kill(store)
        if step is a_quantity:
            assert front().wait(lambda view: True).pending_qty == 3
        if step is weighed:
            assert front().wait(lambda view: True).lines[-1].weight_g == 1236
            store.control("scale", weight_g=0, stable=True)
        if step is closed:
            assert front().wait(lambda view: True).receipts_waiting == 0
        finish(store)
        after = front().wait(lambda view: True).last_number
        assert after - before == 1, step.__name__
        sales = after
    check(store, sales)


LONG = pytest.mark.long


@pytest.mark.parametrize(
    ("ending", "ends"),
    [
        ("00", "closed"),
        ("92", "tendering"),
        ("93", "tendering"),
        ("94", "closed"),
        pytest.param("91", "closed", marks=LONG),
        pytest.param("95", "tendering", marks=LONG),
    ],
)
def test_killed_while_the_customer_pays(store: Store, ending: str, ends: str) -> None:
    payable(store)
    store.front_end.must("scan", code=pay_code(ending))
    time.sleep(0.15)
    kill(store)
    if ending == "92":
        assert state(store) == "paying"
        store.front_end.must("cancel")
    store.front_end.wait(lambda view: view.state == ends, 90)
    finish(store)
    check(store, store.front_end.wait(lambda view: True).last_number)


@pytest.mark.long
@pytest.mark.parametrize("ending", ["00", "91", "92", "93", "94", "95"])
def test_killed_as_the_payment_is_asked_for(store: Store, ending: str) -> None:
    """The row may or may not be on disk, the request may or may not have gone out."""
    for wait_s in (0.0, 0.005):
        payable(store)
        throw(store, "scan", code=pay_code(ending))
        time.sleep(wait_s)
        kill(store)
        store.front_end.wait(lambda view: view.state in ("closed", "tendering"), 90)
        finish(store)
    check(store, store.front_end.wait(lambda view: True).last_number)


@pytest.mark.long
def test_a_payment_that_never_arrived_ends_unpaid_and_is_certain(store: Store) -> None:
    payable(store)
    store.front_end.must("scan", code=pay_code("95"))
    store.front_end.wait(lambda view: view.state == "tendering", 90)
    finish(store)
    check(store, store.front_end.wait(lambda view: True).last_number)


def test_told_to_stop_while_it_prints_and_while_it_is_paid(store: Store) -> None:
    """SIGTERM is a tidy end: status 0, at once, and nothing is lost."""
    store.control("printer", lines_per_second=10)
    tender(store)
    store.front_end.wait(lambda view: next(d.ok for d in view.devices if d.device_class == "POSPrinter"), 15)
    store.front_end.must("cash", amount_minor=100_000)
    payable(store)
    store.front_end.must("scan", code=pay_code("92"))
    store.terminal.kill(signal.SIGTERM)
    assert store.terminal.process is not None and store.terminal.process.returncode == 0
    store.control("printer", lines_per_second=0)
    store.terminal.start()
    assert state(store) == "paying"
    store.front_end.must("cancel")
    finish(store)
    check(store, store.front_end.wait(lambda view: True).last_number)
