"""The engine's benchmark: equal work is equal, a missing peer is said, and the page keeps what is around the table."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from pathlib import Path

import bench_engine
import pytest
from bench_engine import PLAIN, Job, Result, answer, show, table, thresholds_compile
from bench_peers import PEERS, exact, greedy, missing
from bench_workload import KINDS, Work, basket_lines, book_files, make_work, without_thresholds
from build_wheel import UNCOMPILED, hot_modules

from engine.basket import read_basket
from engine.compiler import compile_book
from engine.pricing import price
from engine.snapshot import Snapshot


@pytest.fixture(scope="module")
def work() -> Work:
    return without_thresholds(make_work(800, 90, 12, 25))


@pytest.fixture(scope="module")
def ours(work: Work) -> list[int]:
    snapshot = Snapshot(compile_book(book_files(work)).data)
    receipts = [price(snapshot, read_basket(json.loads(line))) for line in basket_lines(work)]
    assert all(receipt.optimal for receipt in receipts)
    return [receipt.discount for receipt in receipts]


def test_the_same_work_every_time() -> None:
    random.seed(5)
    assert make_work(300, 30, 5, 4) == make_work(300, 30, 5, 4)
    work = make_work(300, 30, 5, 4)
    assert [promo.kind for promo in work.promos].count(KINDS[2]) == 10
    assert all(len({sku for sku, _ in basket}) == 5 for basket in work.baskets)


def test_the_solver_finds_what_we_find(work: Work, ours: list[int]) -> None:
    if missing("milp"):
        pytest.skip(f"scipy is {missing('milp')}")
    evaluate = exact(work)
    assert [evaluate(basket) for basket in work.baskets] == ours


def test_the_strawman_finds_no_more(work: Work, ours: list[int]) -> None:
    evaluate = greedy(work)
    found = [evaluate(basket) for basket in work.baskets]
    assert all(mine <= best for mine, best in zip(found, ours, strict=True)) and sum(found) > 0


@pytest.mark.parametrize("name", [name for name, peer in PEERS.items() if not peer.discount])
def test_peers_that_match_find_promotions(name: str, work: Work) -> None:
    if missing(name):
        pytest.skip(missing(name))
    evaluate = PEERS[name].make(work)
    assert sum(evaluate(basket) for basket in work.baskets) > 0


def test_a_cell_is_a_process_that_gives_plain_values(tmp_path: Path, work: Work) -> None:
    (tmp_path / "s.lane").write_bytes(compile_book(book_files(work)).data)
    (tmp_path / "b.ndjson").write_text("\n".join(basket_lines(work)))
    job = Job(PLAIN, "x", tmp_path / "s.lane", tmp_path / "b.ndjson")
    result = bench_engine.run(job, 0.05, None)
    assert (result.skipped, result.proved) == ("", len(result.answers or []))
    assert 0 < result.median_s <= result.p99_s
    assert bench_engine.run(Job(PLAIN, "x", tmp_path / "no", tmp_path / "no"), 0.05, None).skipped


def test_a_peer_that_is_not_installed_is_skipped_with_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    peer = PEERS["milp"]._replace(needs=("no_such_module",))
    monkeypatch.setitem(PEERS, "milp", peer)
    result = bench_engine.run(Job("milp", "x", cell=(3, 1, False)), 0.05, None)
    assert "no_such_module" in result.skipped


def test_the_table_tells_equal_work_from_unequal() -> None:
    mine = Result(Job(PLAIN, "x"), count=200, median_s=0.001, p99_s=0.002, answers=[100, 200], proved=2)
    same = Result(Job("milp", "x"), count=20, median_s=0.01, p99_s=0.02, answers=[100])
    less = Result(Job("strawman", "x"), count=200, median_s=0.0001, p99_s=0.001, answers=[100, 50])
    lost = Result(Job("zen table", "x"), skipped="not installed")
    text = table([mine, same, less, lost])
    assert "| x | lanekit | 1.00 ms | 2.00 ms | 1 | 150 off; 100.0% proved |" in text
    assert "max 20.00 ms | 10 | 100 off; as ours in 1 of 1 |" in text
    assert "as ours in 1 of 2 (50.00% of ours)" in text and "not installed" in text
    assert answer(mine, mine).count("as ours") == 0
    assert [show(value) for value in (2.0, 0.02, 0.00002)] == ["2.00 s", "20.00 ms", "20 µs"]


def test_whether_thresholds_are_in_the_run_is_found_out() -> None:
    assert thresholds_compile() in (True, False)


def test_what_is_compiled_is_what_pricing_imports() -> None:
    names = hot_modules()
    assert {"engine.pricing", "engine.search", "engine.units", "engine.snapshot"} <= set(names)
    assert not UNCOMPILED & set(names) and "engine.compiler" not in names


@pytest.mark.long
def test_the_compiled_engine_gives_the_same_receipts(tmp_path: Path) -> None:
    script = Path(bench_engine.__file__).parent / "build_wheel.py"
    words = [sys.executable, str(script), "--check", "-o", str(tmp_path)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=900)
    if "no C compiler" in done.stderr:
        pytest.skip(done.stderr.strip())
    assert done.returncode == 0, done.stdout + done.stderr
    assert "the same bytes" in done.stdout and "DIFFERENT" not in done.stdout
    assert not list(bench_engine.ROOT.glob("engine/*.so"))
