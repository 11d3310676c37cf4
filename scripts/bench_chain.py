"""scripts/bench chain: what the way from a terminal over its gateway to head office holds, beside bare strawmen.

    scripts/bench chain --quick                  every part, small: a few minutes
    scripts/bench chain --write                  the whole figures, into docs/benchmarks.md: half an hour
    scripts/bench chain --only gateway           one part; --keep FOLDER keeps each part's figures and uses those there

The table says of every row when and at which commit it was measured. Figures of `--quick` are never written.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
import tempfile
from collections.abc import Callable
from contextlib import nullcontext
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

from bench_sale import machine
from quarter_core import ahead
from rig import ROOT, commit_name

sys.path.insert(0, str(ROOT))

import chain_ingest
import chain_latency
import chain_prices
import chain_return
import chain_simulated
from chain_rows import rows_of

DOCS = ROOT / "docs" / "benchmarks.md"
BEGIN, END = "<!-- bench chain -->", "<!-- end of bench chain -->"
HEAD = ("| figure | measured | bar | | when, commit |", "|---|---|---|---|---|")
Part = Callable[[bool, Path], dict[str, Any]]


def simulated(quick: bool, folder: Path) -> dict[str, Any]:
    seeds = chain_simulated.QUICK if quick else chain_simulated.LONG
    return chain_simulated.simulated(seeds, None if quick else folder.parent / "simulated.jsonl")


PARTS: dict[str, Part] = {
    "simulated": simulated,
    "gateway": chain_ingest.gateway,
    "head-office": chain_ingest.head_office,
    "come-back": chain_return.come_back,
    "latency": chain_latency.seen_at_head_office,
    "price": chain_prices.new_price,
    "wire": chain_latency.bytes_on_the_wire,
}


def measured(name: str, quick: bool, keep: Path) -> dict[str, Any]:
    """A part's figures with date and commit: from the folder, or measured now and put there."""
    kept = keep / f"{name}.{'quick' if quick else 'whole'}.json"
    if not kept.exists():
        print(f"{name} ...", file=sys.stderr, flush=True)
        load = os.getloadavg()[0]
        before_others = ahead if name != "simulated" else partial(nullcontext, False)  # seeds are counted, not time
        with before_others() as first, tempfile.TemporaryDirectory(prefix="lk-", dir=keep) as folder:
            Path(folder).chmod(0o755)  # PostgreSQL runs as somebody else
            figures = PARTS[name](quick, Path(folder))
        said = {
            "date": date.today().isoformat(),
            "commit": commit_name(),
            "load": round(load, 1),
            "first": first,
            "figures": figures,
        }
        kept.write_text(json.dumps(said, indent=1), encoding="utf-8")
    found: dict[str, Any] = json.loads(kept.read_text(encoding="utf-8"))
    return found


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="scripts/bench chain", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="a fiftieth, to see that everything runs")
    parser.add_argument("--write", action="store_true", help="put the table into docs/benchmarks.md")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="keep each part's figures here, and use those here")
    parser.add_argument("--only", action="append", choices=list(PARTS), metavar="PART", help=" ".join(PARTS))
    given = parser.parse_args()
    if given.quick and given.write:
        parser.error("figures of --quick are not written")
    lines = []
    with tempfile.TemporaryDirectory(prefix="lk") as name:
        keep = given.keep or Path(name)
        keep.mkdir(parents=True, exist_ok=True)
        keep.chmod(0o755)
        for part in given.only or list(PARTS):
            said = measured(part, given.quick, keep)
            before = ", before which the kernel put it" if said.get("first") else ""
            when = f"{said['date']}, {said['commit']}, load {said['load']}{before}"
            for what, found, bar, verdict in rows_of(part, said["figures"]):
                lines.append(f"| {what} | {found} | {bar} | {verdict} | {when} |")
    text = "\n".join((f"{machine()}.", "", *HEAD, *lines))
    print(text)
    if given.write:
        page = DOCS.read_text(encoding="utf-8")
        page = re.sub(f"{BEGIN}.*?{END}", lambda _: f"{BEGIN}\n{text}\n{END}", page, flags=re.DOTALL)
        DOCS.write_text(page, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
