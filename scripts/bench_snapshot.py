"""scripts/bench snapshot: how small and quick a snapshot is, and what one day's change of it costs.

    scripts/bench snapshot              a seeded book of 140,000 items, 180,000 barcodes, 2,000 promotions
    scripts/bench snapshot --quick      a tenth of it
    scripts/bench snapshot --write      also puts the table into docs/benchmarks.md

Each figure is measured in a process of its own. The change is 1 % of the prices, 50 items new and 50 gone; where a real
chain's data is at hand, also its step from one day to the next.
"""

from __future__ import annotations

import argparse
import csv
import gc
import io
import json
import os
import random
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench_sale import machine

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs" / "benchmarks.md"
BEGIN, END = "<!-- bench snapshot -->", "<!-- end of bench snapshot -->"
AT = "2026-11-22T18:30:00"
COLUMNS = ("sku", "name", "unit", "price", "category", "brand", "tags", "barcodes")
MAKERS = "蒙牛 伊利 光明 农夫 康师傅 统一 海天 李锦记 金龙鱼 福临门 三只松鼠 良品 洽洽 双汇 雨润 思念"
THINGS = (
    "纯牛奶 酸奶 矿泉水 绿茶 方便面 酱油 香醋 大豆油 大米 坚果 瓜子 火腿肠 水饺 汤圆 饼干 面包 洗衣液 纸巾 牙膏 香皂"
)
TASTES = "原味 草莓味 香草味 麻辣味 红烧味 低糖 无糖 有机 经典 家庭装"
PACKS = "250ml 500ml 1L 1.5L 5L 80g 120g 400g 500g 1kg 2.5kg 5kg 12包 24瓶"


def make_items(items: int, barcodes: int, seed: int) -> list[list[str]]:
    """Rows as COLUMNS has them; barcodes are GTIN-13, a few items have several."""
    rng = random.Random(f"items {seed}")
    makers, things, tastes, packs = (text.split() for text in (MAKERS, THINGS, TASTES, PACKS))
    skus = rng.sample(range(10**7, 10**8), items)
    codes = rng.sample(range(10**9), barcodes)
    spare = codes[items:]
    rows: list[list[str]] = []
    for number, sku in enumerate(skus):
        mine = [codes[number], *(spare.pop() for _ in range(min(len(spare), rng.choice((0, 0, 0, 0, 1, 2)))))]
        category = f"{rng.randrange(10, 40)}/{rng.randrange(1000, 1040)}/{rng.randrange(10**5, 10**5 + 4)}"
        name = f"{rng.choice(makers)}{rng.choice(things)}{rng.choice(tastes)}{rng.choice(packs)}"
        tags = rng.choice(("", "", "", "no_discount", "member", "fresh;local"))
        unit = "kg" if rng.random() < 0.03 else "each"
        brand = f"{rng.choice(makers)}{rng.randrange(100)}"
        price = str(rng.randrange(100, 20_000))
        rows.append([str(sku), name, unit, price, category, brand, tags, ";".join(_gtin(code) for code in mine)])
    while spare:
        row = rows[rng.randrange(items)]
        row[7] += ";" + _gtin(spare.pop())
    return rows


def _gtin(number: int) -> str:
    digits = f"690{number:09d}"
    total = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(digits))
    return digits + str(-total % 10)


def make_promotions(rows: list[list[str]], count: int, seed: int) -> list[dict[str, Any]]:
    """Half prices, half sets, over lists of skus, categories and brands."""
    rng = random.Random(f"promotions {seed}")
    found: list[dict[str, Any]] = []
    for number in range(count):
        if number % 10 == 9:
            items: dict[str, Any] = {"categories": [rng.choice(rows)[4].rpartition("/")[0]]}
        elif number % 10 == 8:
            items = {"brands": [rng.choice(rows)[5]]}
        else:
            items = {"skus": [row[0] for row in rng.sample(rows, 20)]}
        one: dict[str, Any] = {"id": f"P{number * 7:06d}", "name": f"活动{number}"}
        if number % 2:
            one |= {"type": "price", "items": items, "percent": rng.choice((5, 10, 20, 30))}
        else:
            one |= {"type": "set", "buy": [{"items": items, "qty": rng.choice((2, 3))}], "reward": {"percent": 20}}
        found.append(one)
    return found


def changed(rows: list[list[str]], seed: int) -> list[list[str]]:
    """The next day: 1 % of the prices, 50 new, 50 gone."""
    rng = random.Random(f"changes {seed}")
    after = [list(row) for row in rows]
    for row in rng.sample(after, len(after) // 100):
        row[3] = str(rng.randrange(100, 20_000))
    gone = set(rng.sample(range(len(after)), 50))
    after = [row for number, row in enumerate(after) if number not in gone]
    known = {row[0] for row in rows}
    for row in make_items(60, 60, seed + 1):
        if row[0] not in known and len(after) < len(rows):
            after.append(row)
    return after


def write_book(folder: Path, rows: list[list[str]], promotions: list[dict[str, Any]]) -> None:
    folder.mkdir()
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([COLUMNS, *rows])
    (folder / "items.csv").write_text(out.getvalue(), encoding="utf-8")
    (folder / "promotions.json").write_text(json.dumps(promotions, ensure_ascii=False), encoding="utf-8")
    (folder / "book.json").write_text('{"format": 1, "currency": "CNY", "exponent": 2}', encoding="utf-8")


# --- one figure, one process ------------------------------------------------------------------------------------


def work_compile(book: Path, out: Path) -> dict[str, float]:
    from runtime.cli import main

    began = time.perf_counter()
    if main(["compile", "--lenient", str(book), "-o", str(out)]):
        raise SystemExit("it does not compile")
    used = resource.getrusage(resource.RUSAGE_SELF)
    return {"s": time.perf_counter() - began, "cpu_s": used.ru_utime + used.ru_stime, "peak_mb": peak_mb()}


def work_price(path: Path, codes: Path, verify: bool) -> dict[str, float]:
    from engine.basket import read_basket
    from engine.pricing import price
    from engine.snapshot import Snapshot

    known = codes.read_text().split()
    rng = random.Random(3)

    def basket() -> Any:
        return read_basket({"id": "b", "at": AT, "lines": [{"code": rng.choice(known), "qty": 1} for _ in range(30)]})

    first = basket()
    gc.collect()
    before = memory_mb()
    began = time.perf_counter()
    snapshot = Snapshot.open(path, verify=verify)
    price(snapshot, first)
    figures = {"first_ms": (time.perf_counter() - began) * 1000}
    opened = memory_mb()
    for _ in range(1_000):
        price(snapshot, basket())
    gc.collect()
    after = memory_mb()
    figures |= {"grown_mb": after[0] - opened[0], "all_mb": after[0] - before[0], "own_mb": after[1] - before[1]}
    chosen = [rng.choice(known) for _ in range(10_000)]
    figures["lookup_us"] = each_us(lambda code: snapshot.price_facts(snapshot.find_number(code)), chosen)
    figures["item_us"] = each_us(snapshot.find, chosen)
    return figures


def each_us(ask: Callable[[str], object], codes: list[str]) -> float:
    """Microseconds for one, the best of five runs: the others are the machine's other work."""
    runs = []
    for _ in range(5):
        began = time.perf_counter()
        for code in codes:
            ask(code)
        runs.append((time.perf_counter() - began) / len(codes) * 1e6)
    return min(runs)


def memory_mb() -> tuple[float, float]:
    """This process's PSS, and the part of it that is no file's."""
    found = dict(re.findall(r"(\w+): +(\d+) kB", Path("/proc/self/smaps_rollup").read_text()))
    return int(found["Pss"]) * 1024 / 1e6, int(found["Pss_Anon"]) * 1024 / 1e6


def peak_mb() -> float:
    """The most that this process has had in memory (what getrusage says would begin with its parent's)."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    return int(found[1]) * 1024 / 1e6 if found else 0.0


def work_diff(old: Path, new: Path, out: Path, method: str) -> dict[str, float]:
    from runtime.delta import make_delta

    before, after = old.read_bytes(), new.read_bytes()
    began = time.perf_counter()
    delta = make_delta(before, after, method=method)
    took = time.perf_counter() - began
    out.write_bytes(delta)
    return {"s": took, "bytes": len(delta), "share": len(delta) / len(after)}


def work_patch(old: Path, delta: Path, out: Path) -> dict[str, float]:
    from runtime.cli import main

    began = time.perf_counter()
    if main(["patch", str(old), str(delta), "-o", str(out)]):
        raise SystemExit("it cannot be applied")
    took = time.perf_counter() - began
    return {"s": took, "peak_mb": peak_mb()}


WORKERS: dict[str, Callable[..., dict[str, float]]] = {
    "compile": lambda book, out: work_compile(Path(book), Path(out)),
    "price": lambda path, codes, verify: work_price(Path(path), Path(codes), verify == "1"),
    "diff": lambda old, new, out, method: work_diff(Path(old), Path(new), Path(out), method),
    "patch": lambda old, delta, out: work_patch(Path(old), Path(delta), Path(out)),
}


def apart(name: str, *words: object) -> dict[str, float]:
    """One figure in its own process: its last line is JSON."""
    done = subprocess.run(
        [sys.executable, __file__, "--worker", name, *map(str, words)],
        stdout=subprocess.PIPE, text=True, check=True, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    figures: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return figures


def best(key: str, runs: list[dict[str, float]]) -> float:
    return min(run[key] for run in runs)


# --- the table --------------------------------------------------------------------------------------------------


def measure(work: Path, items: int, barcodes: int, promotions: int) -> list[tuple[str, str, str]]:
    rows = make_items(items, barcodes, 1)
    rules = make_promotions(rows, promotions, 1)
    write_book(work / "old", rows, rules)
    write_book(work / "new", changed(rows, 1), rules)
    codes = work / "codes"
    codes.write_text("\n".join(code for row in rows if row[2] == "each" for code in (row[0], *row[7].split(";"))))
    old, new = work / "old.snapshot", work / "new.snapshot"
    both = [apart("compile", work / "old", old), apart("compile", work / "new", new)]
    compiled = min(both, key=lambda run: run["s"])
    hashed = [apart("price", old, codes, 1) for _ in range(3)]
    plain = [apart("price", old, codes, 0) for _ in range(3)]
    size = old.stat().st_size
    table = [
        ("file", f"{size / 1e6:.1f} MB", "16 MB"),
        ("open and price the first basket", f"{best('first_ms', plain):.1f} ms", "25 ms"),
        ("the same, every byte hashed first", f"{best('first_ms', hashed):.0f} ms", "150 ms"),
        (
            "memory (PSS) grown by 1,000 baskets of 30 lines, mapped pages of the file included",
            f"{best('grown_mb', hashed):.1f} MB after opening, {best('all_mb', hashed):.1f} MB with it, "
            f"of which {best('own_mb', hashed):.1f} MB are not the file's",
            "12 MB",
        ),
        ("one lookup by code, with what pricing needs", f"{best('lookup_us', hashed):.1f} us", "15 us"),
        ("the same, the whole item", f"{best('item_us', hashed):.1f} us", "report"),
        (
            "compile the book",
            f"{compiled['s']:.1f} s ({compiled['cpu_s']:.1f} s of CPU), {compiled['peak_mb']:.0f} MB",
            "15 s, 600 MB",
        ),
    ]
    table += measure_delta(work, old, new, "1 % of prices, 50 new, 50 gone", ("zstd", "bsdiff"), "1 %, 0.5 s")
    return table


def measure_delta(
    work: Path, old: Path, new: Path, what: str, methods: tuple[str, ...], bar: str
) -> list[tuple[str, str, str]]:
    found = []
    for method in methods:
        delta = work / f"{new.name}.{method}"
        made = apart("diff", old, new, delta, method)
        applied = [apart("patch", old, delta, work / "patched") for _ in range(3)]
        said = (
            f"{made['bytes'] / 1e3:.1f} kB, {made['share']:.2%} of {new.stat().st_size / 1e6:.1f} MB; "
            f"made in {made['s']:.1f} s, applied in {best('s', applied):.2f} s, "
            f"at most {best('peak_mb', applied):.0f} MB in all"
        )
        found.append((f"delta, {method}: {what}", said, bar))
    return found


def measure_chain(work: Path) -> list[tuple[str, str, str]]:
    named = os.environ.get("LANE_DATA")
    chain = (Path(named) if named else ROOT.parent / "shared" / "data") / "chain-a"
    if not chain.is_dir():
        return []
    days = [work / f"{day}.snapshot" for day in ("2026-08-21", "2026-08-22")]
    for day in days:
        apart("compile", chain / day.stem, day)
    return measure_delta(work, days[0], days[1], "a real chain's next day", ("zstd", "bsdiff"), "report")


def main() -> int:
    if sys.argv[1:2] == ["--worker"]:
        print(json.dumps(WORKERS[sys.argv[2]](*sys.argv[3:])))
        return 0
    parser = argparse.ArgumentParser(
        prog="scripts/bench snapshot", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="a tenth of the book")
    parser.add_argument("--write", action="store_true", help="put the table into docs/benchmarks.md")
    arguments = parser.parse_args()
    part = 10 if arguments.quick else 1
    items, barcodes, promotions = 140_000 // part, 180_000 // part, 2_000 // part
    with tempfile.TemporaryDirectory(prefix="lk") as name:
        table = measure(Path(name), items, barcodes, promotions) + measure_chain(Path(name))
    lines = ["| figure | measured | bar |", "|---|---|---|", *(f"| {a} | {b} | {c} |" for a, b, c in table)]
    text = f"{machine()}; {items:,} items, {barcodes:,} barcodes, {promotions:,} promotions.\n\n" + "\n".join(lines)
    print(text)
    if arguments.write:
        page = DOCS.read_text(encoding="utf-8")
        page = re.sub(f"{BEGIN}.*?{END}", lambda _: f"{BEGIN}\n{text}\n{END}", page, flags=re.DOTALL)
        DOCS.write_text(page, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
