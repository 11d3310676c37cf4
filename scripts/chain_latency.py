"""From a sale that is closed to the same sale at head office, all links up; and what a sale takes of the wire.

A real terminal daemon with simulated devices, its gateway and head office on PostgreSQL, over TLS. Closed: the last key
(cash) is on its way to the daemon, so journal, printing and both seams are in it. At head office: its reader is told
that the sale was committed, asked every 2 ms; what that takes too long by is in the figure.
"""

from __future__ import annotations

import asyncio
import http.client
import json
import time
from pathlib import Path
from typing import Any

from chain_ingest import POSTGRES, hq_settings, lane_process
from chain_keys import Office, new_office
from chain_sales import EPOCH, Forms, rung_up
from chain_tills import Held
from fault_proxy import FaultProxy
from rig import Store, free_port

from runtime.forward.forwarder import Forwarder
from runtime.link.http_link import HttpLink
from tests.postgres import Postgres

ITEM = "010001"  # of the demo's book
ASK_EVERY_S = 0.002


def seen_at_head_office(quick: bool, folder: Path) -> dict[str, Any]:
    with Postgres(*POSTGRES, place=str(folder)) as postgres:
        store = Store(folder, language="en")
        store.make_private()
        store.lane("ca", "hq", str(folder / "safe"), "-o", str(folder / "hq-trust"))
        hq_port, page_port = free_port(), free_port()
        hq_settings(folder / "hq.toml", hq_port, postgres.new_database(), Office(folder), f"page_port = {page_port}")
        text = store.gateway_file.read_text()
        store.gateway_file.write_text(f'{text}\n[hq]\nurl = "https://127.0.0.1:{hq_port}"\n')
        hq = lane_process("hq", folder).start(60)
        try:
            with store:
                store.enrol()
                store.front_end.wait(lambda view: view.network.ok, 60)
                took_s = [_sell(store, page_port, n) for n in range(1, (20 if quick else 300) + 1)]
        finally:
            hq.kill()
    took_s.sort()
    return {
        "sales": len(took_s), "p50_s": took_s[len(took_s) // 2], "p99_s": took_s[len(took_s) * 99 // 100],
        "max_s": took_s[-1],
    }  # fmt: skip


def _sell(store: Store, page_port: int, number: int) -> float:
    front = store.front_end
    for n in range(1, 7):
        store.scan(ITEM)
        front.wait(lambda view, n=n: sum(line.qty for line in view.lines) == n and view.state == "ringing")
    front.must("subtotal")
    total = front.wait(lambda view: view.state == "tendering").total_minor
    began_s = time.monotonic()
    front.must("cash", amount_minor=total)
    connection = http.client.HTTPConnection("127.0.0.1", page_port, timeout=10)
    while True:
        connection.request("GET", "/v1/stores")
        if sum(json.loads(connection.getresponse().read()).values()) >= number:
            break
        if time.monotonic() - began_s > 60:
            raise RuntimeError(f"sale {number} did not come to head office")
        time.sleep(ASK_EVERY_S)
    took_s = time.monotonic() - began_s
    connection.close()
    front.wait(lambda view: view.receipts_waiting == 0, 60)
    return took_s


def bytes_on_the_wire(quick: bool, folder: Path) -> dict[str, Any]:
    """Counted between terminal and gateway and between gateway and head office, TLS and its records included: sales one
    by one as they are closed, then an hour's at once."""
    return asyncio.run(_count(folder, 20 if quick else 200))


async def _count(folder: Path, sales: int) -> dict[str, Any]:
    office = new_office(folder / "keys")
    keys = office.store("S001", ["01"])
    forms = await asyncio.to_thread(lambda: Forms(rung_up()))
    hq_port, gateway_port = free_port(), free_port()
    (folder / "hq.toml").write_text(f'[hq]\nport = {hq_port}\n[tls]\nfolder = "{office.hq}"\n')
    async with FaultProxy(hq_port) as upper, FaultProxy(gateway_port) as lower:
        (folder / "gateway.toml").write_text(
            f'[gateway]\nstore = "S001"\nport = {gateway_port}\ndatabase = "gateway.db"\n'
            f'[tls]\nfolder = "{keys.folder}"\n'
            f'[hq]\nurl = "https://127.0.0.1:{upper.port}"\n[snapshots]\npoll_ms = 3_600_000\n'
        )
        parts = [lane_process(what, folder) for what in ("hq", "gateway")]
        held = Held([])
        made = forms.records("S001", "01", EPOCH, 1, 2 * sales)
        found: dict[str, Any] = {"sales": sales, "record_b": sum(len(one.body) for one in made) / len(made)}
        try:
            for part in parts:
                await asyncio.to_thread(part.start, 60)
            link = HttpLink(f"https://127.0.0.1:{lower.port}", tls=keys.tls("01"))
            forwarder = Forwarder(held, link, "S001", "01", lambda: 0.5, lambda: None)
            task = asyncio.ensure_future(forwarder.run())
            await asyncio.sleep(3)  # handshakes and the first questions are over
            for name, batches in (("one", [[one] for one in made[:sales]]), ("many", [made[sales:]])):
                before = [(proxy.up, proxy.down) for proxy in (lower, upper)]
                for batch in batches:
                    up = upper.down
                    held.add(batch)
                    forwarder.poke()
                    async with asyncio.timeout(60):
                        while held.stored < held.last_sequence or upper.down == up:
                            await asyncio.sleep(0.002)
                await asyncio.sleep(1)
                for seam, proxy, (up0, down0) in zip(("lower", "upper"), (lower, upper), before, strict=True):
                    found[f"{name}_{seam}"] = (proxy.up - up0 + proxy.down - down0) / sales
            task.cancel()
            await link.close()
        finally:
            for part in parts:
                part.kill()
    return found
