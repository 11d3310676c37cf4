"""Mischief, on real processes: each gets a clear sentence on the screen, nothing is lost, and the next sale goes on."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from peers import gateway_records
from rig import LANE, Store, wait_for

from runtime.wire.messages import View

MILK = "6901234567892"
WRONG_DIGIT = "6901234567890"


@pytest.fixture(scope="module")
def shared_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with Store(tmp_path_factory.mktemp("e2e")) as store:
        wait_ready(store)
        yield store


@pytest.fixture
def store(shared_store: Store) -> Iterator[Store]:
    yield shared_store
    shared_store.control("scale", silent=False)
    shared_store.control("scale", weight_g=0, stable=True)
    shared_store.control("printer", paper="ok")
    shared_store.control("printer", drawer="ok")
    clear(shared_store)
    shared_store.slips()


def wait_ready(store: Store) -> None:
    store.front_end.wait(lambda view: all(device.ok for device in view.devices), 20)


def clear(store: Store) -> None:
    """Void what is left, pay what stands: the next test begins with nothing rung."""
    front = store.front_end
    for _ in range(4):
        if front.wait(lambda view: True).state in ("weighing", "tendering", "closed"):
            front.ask("cancel")
    for line in front.wait(lambda view: True).lines:
        if not line.voided:
            front.ask("void_line", line=line.line)
    front.wait(lambda view: view.state == "idle")


def said(view: View, code: str) -> bool:
    return view.notice is not None and view.notice.sentence.code == code


def good_scan(store: Store) -> View:
    """A scan that sells; gives the View that has it."""
    now = store.front_end.wait(lambda view: True)
    before = 0 if now.state == "closed" else len(now.lines)
    store.scan(MILK)
    return store.front_end.wait(lambda view: len(view.lines) == before + 1 and view.state == "ringing")


def pay(store: Store) -> None:
    front = store.front_end
    front.must("subtotal")
    front.must("cash", amount_minor=front.wait(lambda view: view.state == "tendering").total_minor)
    front.wait(lambda view: view.state == "closed")


@pytest.mark.parametrize(
    ("code", "why"),
    [("6999999999997", "unknown_item"), (WRONG_DIGIT, "check_digit"), ("134567890123456789", "payment_code")],
)
def test_a_code_that_sells_nothing_is_refused_with_its_reason(store: Store, code: str, why: str) -> None:
    good_scan(store)
    store.scan(code)
    view = store.front_end.wait(lambda view: view.notice is not None and view.notice.severity == "bad")
    assert view.notice is not None and why in view.notice.sentence.code
    assert view.notice.sentence.remedy
    assert len(view.lines) == 1
    assert len(good_scan(store).lines) == 2


def test_bytes_that_are_no_code_are_refused(store: Store) -> None:
    store.control("scanner", raw=(b"\x01\x02\xff\x00" + b"\r").hex())
    view = store.front_end.wait(lambda view: view.notice is not None and view.notice.severity == "bad")
    assert not view.lines
    assert len(good_scan(store).lines) == 1


@pytest.mark.parametrize("qty", [0, -1, 100_000, 10**18])
def test_a_quantity_that_cannot_be_is_refused(store: Store, qty: int) -> None:
    answer = store.front_end.ask("quantity", qty=qty)
    assert not answer.ok and answer.sentence is not None and answer.sentence.code == "bad_quantity"
    good_scan(store)
    answer = store.front_end.ask("set_quantity", line=1, qty=qty)
    assert not answer.ok
    assert store.front_end.wait(lambda view: True).lines[0].qty == 1


@pytest.mark.parametrize(
    ("scale", "why"),
    [
        ({"weight_g": 500, "stable": False}, "ESCAL_UNSTABLE"),
        ({"overload": True}, "ESCAL_OVERWEIGHT"),
        ({"negative": True}, "ESCAL_UNDER_ZERO"),
        ({"weight_g": 0, "stable": True}, "ESCAL_ZERO"),
        ({"silent": True}, "TIMEOUT"),
    ],
)
def test_a_weight_that_is_none_is_said_and_waited_for(store: Store, scale: dict[str, Any], why: str) -> None:
    store.control("scale", **scale)
    store.scan("117202")
    view = store.front_end.wait(
        lambda view: view.weighing is not None and view.weighing.sentence.code == why, within_s=15
    )
    assert view.weighing is not None and view.weighing.sentence.remedy
    assert not view.lines
    store.control("scale", silent=False)
    store.control("scale", weight_g=1236, stable=True)
    view = store.front_end.wait(lambda view: view.state == "ringing", 20)
    assert view.lines[0].weight_g == 1236


def test_paper_out_in_the_middle_is_printed_again_marked_as_a_copy(store: Store) -> None:
    store.slips()
    for _ in range(6):
        good_scan(store)
    store.control("printer", paper_out_after_lines=8)
    pay(store)
    view = store.front_end.wait(
        lambda view: any(d.sentence.code == "EPTR_REC_EMPTY" for d in view.devices) and view.receipts_waiting == 1
    )
    assert next(d for d in view.devices if not d.ok).sentence.remedy
    good_scan(store)  # the next customer does not wait for the paper
    store.control("printer", paper="ok")
    store.front_end.wait(lambda view: view.receipts_waiting == 0, 20)
    text = "\n".join(slip["text"] for slip in store.slips())
    number = f"{view.last_number:06d}"
    assert text.count("重印") == 1 or text.count("副本") == 1, text
    assert text.count(f"-{number}") <= 2


def test_a_drawer_that_does_not_open_is_said(store: Store) -> None:
    store.control("printer", drawer="close")  # the sale before has opened it
    store.control("printer", drawer="stuck")
    good_scan(store)
    pay(store)
    view = store.front_end.wait(lambda view: said(view, "DRAWER_NOT_OPENED"), 10)
    assert view.notice is not None and view.notice.sentence.remedy
    assert view.state == "closed"


def test_a_killed_daemon_comes_back_with_the_same_basket(store: Store) -> None:
    good_scan(store)
    store.front_end.must("quantity", qty=7)
    before = good_scan(store)
    store.terminal.kill(signal.SIGKILL)
    store.terminal.start()
    after = store.front_end.wait(lambda view: len(view.lines) == 2)
    assert (after.lines, after.total_minor, after.state) == (before.lines, before.total_minor, before.state)
    wait_ready(store)


def test_a_gateway_that_refuses_is_said_and_the_sale_goes_on(tmp_path: Path) -> None:
    store = Store(tmp_path)
    right = store.gateway_file.read_text(encoding="utf-8")
    store.gateway_file.write_text(right.replace('store = "S001"', 'store = "S999"'), encoding="utf-8")
    assert store.gateway_file.read_text(encoding="utf-8") != right
    with store:
        wait_ready(store)
        good_scan(store)
        pay(store)
        view = store.front_end.wait(lambda view: not view.network.ok and view.network.unsent == 1)
        assert view.network.sentence.remedy
        good_scan(store)
        pay(store)
        store.gateway.kill()
        store.gateway_file.write_text(right, encoding="utf-8")
        for left in store.run.glob("gateway*.db*"):  # what it keeps says whose it is: sales, and what tills share
            left.unlink()
        store.gateway.start()
        store.front_end.wait(lambda view: view.network.unsent == 0 and view.network.ok, 60)
        assert [record["SequenceNumber"] for record in gateway_records(store)] == [1, 2]


def test_a_full_disk_is_said_and_loses_nothing(tmp_path: Path) -> None:
    store = Store(tmp_path)
    flag = tmp_path / "full"
    wrapper = [sys.executable, str(Path(__file__).parent / "full_disk.py"), str(flag)]
    store.terminal.words[: len(LANE)] = wrapper
    with store:
        wait_ready(store)
        good_scan(store)
        flag.touch()
        store.scan(MILK)
        view = store.front_end.wait(lambda view: said(view, "DISK_FULL"))
        assert view.notice is not None and view.notice.sentence.remedy
        assert len(view.lines) == 1
        answer = store.front_end.ask("subtotal")
        assert not answer.ok and answer.sentence is not None and answer.sentence.code == "DISK_FULL"
        flag.unlink()
        assert len(good_scan(store).lines) == 2
        pay(store)
        wait_for("the record", lambda: len(gateway_records(store)) == 1, 20)
        assert len(gateway_records(store)[0]["receipt"]["lines"]) == 2
