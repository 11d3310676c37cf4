"""The simulated chain (tests/sim/chain.py) over many seeds, two at a time, summed up. What a seed gave is kept as a
line of JSON, so that a run that was stopped goes on where it was.
"""

from __future__ import annotations

import json
import logging
import multiprocessing
import re
import sys
from pathlib import Path
from typing import Any

from rig import ROOT

sys.path.insert(0, str(ROOT))

QUICK, LONG = 4, 1_000  # seeds


def one(seed: int) -> dict[str, Any]:
    """What became of this seed. Whatever breaks an invariant, a lost or doubled sale above all, is a failure."""
    from tests.sim.chain import run

    logging.disable(logging.CRITICAL)  # what is refused is half of what is simulated
    try:
        counts = run(seed).counts
    except AssertionError as error:
        return {"seed": seed, "records": 0, "failed": str(error)[:300]}
    return {"seed": seed, "records": counts["records"], "failed": ""}


def simulated(seeds: int, kept: Path | None = None) -> dict[str, Any]:
    """Seeds 0 to `seeds` - 1. `kept`: a file of lines that is gone on with."""
    done: dict[int, dict[str, Any]] = {}
    if kept is not None and kept.exists():
        done = {row["seed"]: row for row in map(json.loads, kept.read_text(encoding="utf-8").splitlines())}
    left = [seed for seed in range(seeds) if seed not in done]
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        for row in pool.imap_unordered(one, left):
            done[row["seed"]] = row
            if kept is not None:
                with kept.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(row) + "\n")
    rows = [done[seed] for seed in range(seeds)]
    failed = [row for row in rows if row["failed"]]
    return {
        "seeds": seeds, "records": sum(row["records"] for row in rows), "failed": len(failed), "firsts": failed[:5],
        "variants": len(re.findall(r"^def test_a_\w+_is_caught\(", _tests(), re.MULTILINE)),
    }  # fmt: skip


def _tests() -> str:
    """The broken variants are tests, which CI runs: each is caught there, or main is red."""
    return (ROOT / "tests" / "sim" / "test_chain.py").read_text(encoding="utf-8")
