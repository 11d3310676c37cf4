"""What the gateway and a closed journal have, for tests, benchmarks and the demo: read, never written."""

from __future__ import annotations

import json
import urllib.request
from typing import Any

from rig import Store

from runtime.journal.store import Journal
from runtime.sale.record import read_record
from runtime.terminal.machine import machine_id
from runtime.wire.pack import unpack

PAGE = 50
MAX_ANSWER = 64 << 20


def _get(store: Store, path: str) -> bytes:
    with urllib.request.urlopen(f"http://127.0.0.1:{store.gateway_port}{path}", timeout=10) as answer:
        body: bytes = answer.read()
        return body


def gateway_status(store: Store) -> dict[str, Any]:
    status: dict[str, Any] = json.loads(_get(store, "/v1/status"))
    return status


def gateway_records(store: Store) -> list[dict[str, Any]]:
    """Every record of the rig's terminal, in order of sequence, as the gateway gives them."""
    terminals = gateway_status(store)["terminals"]
    records: list[dict[str, Any]] = []
    for terminal in terminals:
        after = 0
        while True:
            query = f"terminal={terminal['terminal']}&epoch={terminal['epoch']}&after={after}&limit={PAGE}"
            page = unpack(_get(store, f"/v1/records?{query}"), MAX_ANSWER)
            if not page:
                break
            records += [read_record(one["body"]) for one in page]
            after = page[-1]["sequence"]
    return records


def journal_records(store: Store) -> list[dict[str, Any]]:
    """Every record of the rig's journal, which must not be open elsewhere."""
    journal = open_journal(store)
    try:
        records: list[dict[str, Any]] = []
        while page := journal.records(len(records), PAGE):
            records += [read_record(packed.body) for packed in page]
        return records
    finally:
        journal.close()


def open_journal(store: Store) -> Journal:
    terminal = store.settings["terminal"]
    machine = f"{machine_id()} {terminal['store']} {terminal['workstation']}"
    return Journal.open(store.folder / terminal["journal"], machine=machine, random_epoch=lambda: 1)
