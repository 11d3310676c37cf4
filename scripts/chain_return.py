"""1,600 terminals that were cut off for an hour come back at once: through 100 logical gateways, each with its own
database, port and way up, in 10 processes, to `lane hq` on PostgreSQL. Everything on this machine, over TLS.

It is drained when head office has committed the last sale; exact when the hashes there are the hashes of what was made.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil
from chain_ingest import POSTGRES, hq_settings, lane_process
from chain_keys import Office, new_office
from rig import ROOT, Process, free_port, free_ports, wait_for

from tests.postgres import Postgres

TILL_PROCESSES = 4


@dataclass(frozen=True)
class Size:
    gateways: int
    gateway_processes: int
    tills_a_gateway: int
    sales: int  # of a terminal

    @property
    def all(self) -> int:
        return self.gateways * self.tills_a_gateway * self.sales


WHOLE = Size(100, 10, 16, 238)  # 380,800
FIFTIETH = Size(10, 2, 4, 190)  # 7,600


def come_back(quick: bool, folder: Path) -> dict[str, Any]:
    size = FIFTIETH if quick else WHOLE
    office = new_office(folder / "keys")
    hq_port, page_port = free_port(), free_port()
    with ExitStack() as closing:
        postgres = closing.enter_context(Postgres(*POSTGRES, place=str(folder)))
        dsn = postgres.new_database()
        hq_settings(folder / "hq.toml", hq_port, dsn, office, f"page_port = {page_port}")
        hq = lane_process("hq", folder).start(60)
        closing.callback(hq.kill)
        stores = _gateways(size, folder, office, hq_port, closing)
        tills = _tills(size, folder, stores, closing)
        wal = postgres.psql("SELECT pg_current_wal_lsn()")
        used = _cpu_s() + postgres.cpu_s()
        began_s = time.monotonic()
        for till in tills:
            assert till.stdin is not None
            till.stdin.write("go\n")
            till.stdin.flush()
        database = urlsplit(dsn).path[1:]
        wait_for("all of it at head office", lambda: _count(postgres, database) >= size.all, 3_600, 0.25)
        drained_s = time.monotonic() - began_s
        cpu_s = _cpu_s() + postgres.cpu_s() - used
        for till in tills:
            assert till.stdout is not None
            said = [till.stdout.readline().strip() for _ in range(2)]
            if said != ["stored", "settled"]:
                raise RuntimeError(f"terminals ended with {said}")
        settled_s = time.monotonic() - began_s
        made = b"".join(path.read_bytes() for path in sorted(folder.glob("*.hashes")))
        wanted = {made[at : at + 32].hex() for at in range(0, len(made), 32)}
        rows = postgres.psql("SELECT encode(hash, 'hex') FROM record_key", database).split()
        wal_b = float(postgres.psql(f"SELECT pg_current_wal_lsn() - '{wal}'::pg_lsn"))
        sizes = postgres.psql(
            "SELECT sum(pg_table_size(oid)), sum(pg_indexes_size(oid)) FROM pg_class WHERE relkind = 'r'"
            " AND relnamespace = 'public'::regnamespace",
            database,
        )
        table_b, index_b = map(int, sizes.split("|"))
    disk_b = sum(path.stat().st_size for path in folder.glob("gateway-*.db*"))
    return {
        "sales": size.all, "terminals": size.gateways * size.tills_a_gateway, "gateways": size.gateways,
        "processes": size.gateway_processes, "drained_s": drained_s, "settled_s": settled_s,
        "lost": len(wanted - set(rows)), "doubled": len(rows) - len(set(rows)), "other": len(set(rows) - wanted),
        "cpu_us": 1e6 * cpu_s / size.all, "gateway_disk_b": disk_b / size.all, "hq_table_b": table_b / size.all,
        "hq_index_b": index_b / size.all, "hq_wal_b": wal_b / size.all,
    }  # fmt: skip


def _gateways(size: Size, folder: Path, office: Office, hq_port: int, closing: ExitStack) -> list[dict[str, Any]]:
    stores: list[dict[str, Any]] = []
    ports = free_ports(size.gateways)
    for n in range(1, size.gateways + 1):
        store, port = f"{n:04d}", ports[n - 1]
        terminals = [f"{t:02d}" for t in range(1, size.tills_a_gateway + 1)]
        keys = office.store(store, terminals)
        (folder / f"{store}.toml").write_text(
            f'[gateway]\nstore = "{store}"\nport = {port}\ndatabase = "gateway-{store}.db"\n'
            f'[tls]\nfolder = "{keys.folder}"\n[hq]\nurl = "https://127.0.0.1:{hq_port}"\ntimeout_ms = 60_000\n'
        )
        stores.append({"store": store, "port": port, "folder": str(keys.folder), "terminals": terminals})
    each = size.gateways // size.gateway_processes
    started = []
    for at in range(0, size.gateways, each):
        files = [str(folder / f"{one['store']}.toml") for one in stores[at : at + each]]
        words = [sys.executable, str(ROOT / "scripts" / "chain_gateways.py"), *files]
        started.append(Process(f"gateways-{at}", words, folder).start(120))
        closing.callback(started[-1].kill)
    return stores


def _tills(size: Size, folder: Path, stores: list[dict[str, Any]], closing: ExitStack) -> list[subprocess.Popen[str]]:
    tills = []
    for n in range(TILL_PROCESSES):
        spec = {"hashes": str(folder / f"{n}.hashes"), "sales": size.sales, "stores": stores[n::TILL_PROCESSES]}
        (folder / f"tills-{n}.json").write_text(json.dumps(spec))
        words = [sys.executable, str(ROOT / "scripts" / "chain_tills.py"), str(folder / f"tills-{n}.json")]
        till = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        closing.callback(till.kill)
        tills.append(till)
    for till in tills:
        assert till.stdout is not None
        if till.stdout.readline().strip() != "ready":
            raise RuntimeError("a process of terminals did not come up")
    return tills


def _count(postgres: Postgres, database: str) -> int:
    return int(postgres.psql("SELECT coalesce(sum(records), 0)::bigint FROM line", database))


def _cpu_s() -> float:
    """Of every process that this one started but PostgreSQL's, which counts its own."""
    used = 0.0
    for one in psutil.Process().children():
        times = one.cpu_times()
        used += 0.0 if one.name() == "postgres" else times.user + times.system
    return used
