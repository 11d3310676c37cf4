"""The whole way, with real processes: a real chain's baskets go in through the scanner's and the scale's ptys; what is
printed, journalled and kept at the gateway is what `lane price` says, once, also when the gateway dies in the middle.

300 baskets; 3,000 with --long.
"""

from __future__ import annotations

import json
import re
import signal
from pathlib import Path
from typing import Any

import pytest
from peers import gateway_records, journal_records
from rig import Store

TOTAL = re.compile(r"TOTAL\D*?([\d.]+)\s*$", re.MULTILINE)
NUMBER = re.compile(r"No\. (\d{6})")
FAST, LONG = 300, 3000


def ring(store: Store, basket: dict[str, Any]) -> None:
    """One customer, as a cashier would: quantities keyed, goods scanned, produce put on the scale."""
    screen = store.front_end
    screen.must("clock", at=basket["at"])
    if "member" in basket:
        screen.must("member", id=basket["member"]["id"])
    for number, line in enumerate(basket["lines"], start=1):
        if "milli" in line:
            store.control("scale", weight_g=line["milli"], stable=True)
        elif line["qty"] > 1:
            screen.must("quantity", qty=line["qty"])
        store.scan(line["code"])
        screen.wait(lambda view, n=number: len(view.lines) == n and view.state == "ringing")
    screen.must("subtotal")
    screen.must("cash", amount_minor=screen.wait(lambda view: view.state == "tendering").total_minor)
    screen.wait(lambda view: view.state == "closed")


def amounts(receipt: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in receipt.items() if key != "id"}


@pytest.fixture
def count(request: pytest.FixtureRequest) -> int:
    return LONG if request.config.getoption("--long") else FAST


def test_printed_journalled_and_kept_is_what_lane_price_says(tmp_path: Path, shared_data: Path, count: int) -> None:
    chain = shared_data / "chain-a"
    lines = (chain / "baskets.ndjson").read_text(encoding="utf-8").splitlines()[:count]
    baskets = [json.loads(line) for line in lines]
    store = Store(tmp_path, book=chain / "2026-08-21", rehearse=baskets[0]["at"], language="en")
    slips: list[dict[str, Any]] = []
    with store:
        expected = store.price(baskets)
        assert not [e for e in expected if "error" in e]
        for done, basket in enumerate(baskets):
            if done == count // 3:
                store.gateway.kill(signal.SIGKILL)
            if done == count // 2:
                store.gateway.start()
            ring(store, basket)
            if done % 20 == 19:
                slips += store.slips()
        store.front_end.wait(lambda view: view.receipts_waiting == 0 and view.network.unsent == 0, 120)
        slips += store.slips()
        at_gateway = gateway_records(store)
        store.terminal.kill(signal.SIGTERM)
        journalled = journal_records(store)

    assert [record["SequenceNumber"] for record in journalled] == list(range(1, count + 1))
    assert at_gateway == journalled
    again = store.price([record["basket"] for record in journalled])
    for record, said, wanted in zip(journalled, again, expected, strict=True):
        assert record["receipt"] == said
        assert amounts(record["receipt"]) == amounts(wanted)

    assert len(slips) == count
    for sequence, (slip, wanted) in enumerate(zip(slips, expected, strict=True), start=1):
        assert "COPY" not in slip["text"]
        number, total = NUMBER.search(slip["text"]), TOTAL.search(slip["text"])
        assert number and int(number[1]) == sequence
        assert total and int(total[1].replace(".", "")) == wanted["total"]
