"""The same book and baskets give the same bytes: in two runs, in two processes, whatever the hash seed.

Real processes of `lane compile` and `lane price`, over a dense book with every kind of promotion.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from make_dense_book import dense_files

ROOT = Path(__file__).resolve().parent.parent.parent
SEEDS = ("0", "1", "77", "random")
LANE = "import sys; from runtime.cli import main; sys.exit(main())"
# The broken variant: lines in the order of a set of texts, which the hash seed decides.
BROKEN = f"""
from dataclasses import replace
import runtime.tools.price_baskets as tool
right = tool.price
tool.price = lambda s, b, n: right(s, replace(b, lines=tuple(sorted(b.lines, key=lambda one: hash(one.code)))), n)
{LANE}
"""


def lane(program: str, seed: str, *words: str, given: bytes = b"") -> bytes:
    env = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", program, *words], input=given, capture_output=True, env=env, cwd=ROOT)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


@pytest.fixture(scope="module")
def made() -> dict[str, bytes]:
    return dense_files(600, 500, 9, baskets=40)


@pytest.fixture(scope="module")
def snapshot(made: dict[str, bytes], tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("book")
    for name, data in made.items():
        (folder / name).write_bytes(data)
    written = []
    for seed in SEEDS:
        lane(LANE, seed, "compile", str(folder), "-o", str(folder / f"{seed}.lane"))
        written.append((folder / f"{seed}.lane").read_bytes())
    assert len(set(written)) == 1
    return folder / "0.lane"


@pytest.mark.parametrize("nodes", ["600", "50", "0"])
def test_any_process_and_any_hash_seed_gives_the_same_bytes(nodes: str, snapshot: Path, made: dict[str, bytes]) -> None:
    words = ("price", "--snapshot", str(snapshot), "--nodes", nodes)
    baskets = made["baskets.ndjson"]
    first = lane(LANE, SEEDS[0], *words, given=baskets)
    assert first.count(b"\n") == 40 and b'"error"' not in first and b'"optimal": false' in first
    for seed in SEEDS:
        assert lane(LANE, seed, *words, given=baskets) == first
    # each basket in a process that has priced the others in another order
    turned = lane(LANE, "5", *words, given=b"\n".join(reversed(baskets.splitlines())))
    assert turned.splitlines() == list(reversed(first.splitlines()))


def test_what_depends_on_the_hash_seed_is_found(snapshot: Path, made: dict[str, bytes]) -> None:
    words = ("price", "--snapshot", str(snapshot), "--nodes", "0")
    given = b"\n".join(made["baskets.ndjson"].splitlines()[:10])
    assert len({lane(BROKEN, seed, *words, given=given) for seed in SEEDS}) > 1


@pytest.mark.long
def test_at_the_default_limit_too(snapshot: Path, made: dict[str, bytes]) -> None:
    words = ("price", "--snapshot", str(snapshot))
    assert len({lane(LANE, seed, *words, given=made["baskets.ndjson"]) for seed in SEEDS}) == 1
