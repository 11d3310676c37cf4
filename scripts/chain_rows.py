"""The rows of scripts/bench chain's table: figure, measured, bar, and whether it was met. Pure."""

from __future__ import annotations

from typing import Any

Row = tuple[str, str, str, str]
SHARE = 0.6  # of the bare strawman
GATEWAY_AIM, HQ_AIM = 10_000, 20_000  # sales/s
GATEWAY_P99_MS = 100
DRAINED_S = 300
SEEN_S, PRICE_S = 1.0, 5.0
SEEDS, SALES, VARIANTS = 1_000, 500_000, 4


def rows_of(part: str, f: dict[str, Any]) -> list[Row]:
    """What one part has to say."""
    return _ROWS[part](f)


def _verdict(met: bool) -> str:
    return "met" if met else "missed"


def _simulated(f: dict[str, Any]) -> list[Row]:
    enough = f["seeds"] >= SEEDS and f["records"] >= SALES
    return [
        (
            "sales through the simulated chain; seeds", f"{f['records']:,}; {f['seeds']:,}",
            f"{SALES:,}; {SEEDS:,}", _verdict(enough),
        ),
        ("- seeds in which one was lost or doubled", str(f["failed"]), "0", _verdict(not f["failed"])),
        (
            "- broken variants caught, each by a test in CI", str(f["variants"]), f"{VARIANTS} of {VARIANTS}",
            _verdict(f["variants"] >= VARIANTS),
        ),
    ]  # fmt: skip


def _ingest(what: str, aim: int, p99_ms: int | None, f: dict[str, Any]) -> list[Row]:
    ours, straw = f["ours"], f["straw"]
    runs = f"median of {f['runs']} runs of {f['sales']:,} sales"
    return [
        (f"{what}, sales a second ({runs}; all 2xx)", f"{ours['sales_s']:,.0f}", f"aim {aim:,}",
         _verdict(ours["sales_s"] >= aim)),
        ("- answered, median / p99", f"{ours['p50_ms']:.0f} / {ours['p99_ms']:.0f} ms",
         f"aim p99 {p99_ms} ms" if p99_ms else "report", _verdict(ours["p99_ms"] <= p99_ms) if p99_ms else ""),
        ("- the bare strawman in the same runs: sales a second, p99",
         f"{straw['sales_s']:,.0f}, {straw['p99_ms']:.0f} ms", "report", ""),
        ("- ours as a share of it", f"{f['share']:.0%}", f"{SHARE:.0%}", _verdict(f["share"] >= SHARE)),
        ("- CPU a sale: ours, strawman, load generator",
         f"{ours['cpu_us']:.0f}, {straw['cpu_us']:.0f}, {ours['load_us']:.0f} µs", "report", ""),
    ]  # fmt: skip


def _come_back(f: dict[str, Any]) -> list[Row]:
    exact = not (f["lost"] or f["doubled"] or f["other"])
    return [
        (
            f"{f['terminals']:,} terminals come back with {f['sales']:,} sales, through {f['gateways']} gateways in"
            f" {f['processes']} processes: drained",
            f"{f['drained_s']:.0f} s", f"{DRAINED_S} s", _verdict(f["drained_s"] <= DRAINED_S),
        ),
        ("- lost, doubled, others at head office, by hash", f"{f['lost']}, {f['doubled']}, {f['other']}", "0, 0, 0",
         _verdict(exact)),
        ("- until every terminal knew that all of its own is settled", f"{f['settled_s']:.0f} s", "report", ""),
        ("- CPU a sale, of terminals, gateways, head office and PostgreSQL", f"{f['cpu_us']:.0f} µs", "report", ""),
        ("bytes a sale on the gateway's disk, its log of at most 16 MB included", f"{f['gateway_disk_b']:,.0f}",
         "report", ""),
        ("bytes a sale at head office: tables, indexes; WAL written",
         f"{f['hq_table_b']:,.0f}, {f['hq_index_b']:,.0f}; {f['hq_wal_b']:,.0f}", "report", ""),
    ]  # fmt: skip


def _latency(f: dict[str, Any]) -> list[Row]:
    found = f"{1000 * f['p50_s']:.0f} / {1000 * f['p99_s']:.0f} ms"
    return [(f"sale closed to seen at head office, median / p99 of {f['sales']}", found, "p99 1 s",
             _verdict(f["p99_s"] <= SEEN_S))]  # fmt: skip


def _price(found: dict[str, Any]) -> list[Row]:
    rows = []
    for f in found.values():
        what = f"new prices to all {f['terminals']} terminals of a store, {f['items']:,} items: first / last"
        said = f"{f['first_s']:.1f} / {f['last_s']:.1f} s"
        rows.append((what, said, f"{PRICE_S:g} s", _verdict(f["last_s"] <= PRICE_S)))
    return rows


def _wire(f: dict[str, Any]) -> list[Row]:
    def seams(name: str) -> str:
        return f"{f[f'{name}_lower']:,.0f}, {f[f'{name}_upper']:,.0f}"

    return [
        (f"bytes a sale (of {f['record_b']:,.0f}) on the wire, one by one: to the gateway, to head office",
         seams("one"), "report", ""),
        (f"- {f['sales']} at once", seams("many"), "report", ""),
    ]  # fmt: skip


_ROWS = {
    "simulated": _simulated,
    "gateway": lambda f: _ingest("gateway, batches of 10, synced, TLS", GATEWAY_AIM, GATEWAY_P99_MS, f),
    "head-office": lambda f: _ingest("head office, PostgreSQL, batches of 50, TLS", HQ_AIM, None, f),
    "come-back": _come_back,
    "latency": _latency,
    "price": _price,
    "wire": _wire,
}
