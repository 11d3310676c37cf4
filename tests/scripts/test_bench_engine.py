"""The engine's benchmark: equal work is equal, a missing peer is said, and the page keeps what is around the table."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import bench_engine
import bench_strawmen
import pytest
from bench_cells import COMPILED, PLAIN, SCAN, Job, Result, run
from bench_peers import PEERS, exact, greedy, greedy_by_value, missing
from bench_tables import AIM, answer, bars, growth, same_answers, show, summary, table
from bench_workload import KINDS, Work, basket_lines, book_files, grown, make_work, touching, without_thresholds
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


@pytest.mark.parametrize("made", [greedy, greedy_by_value])
def test_the_strawman_finds_no_more(made: Any, work: Work, ours: list[int]) -> None:
    evaluate = made(work)
    found = [evaluate(basket) for basket in work.baskets]
    assert all(mine <= best for mine, best in zip(found, ours, strict=True)) and sum(found) > 0


@pytest.mark.parametrize("name", bench_strawmen.NAMES)
def test_the_strawmen_that_came_before_find_no_more(
    name: str, work: Work, ours: list[int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if name.endswith("mypyc"):
        pytest.skip("compiled by mypyc: takes too long here, scripts/bench engine does it")
    if missing(name):
        pytest.skip(missing(name))
    monkeypatch.setenv(bench_strawmen.BUILD, str(tmp_path))
    evaluate = PEERS[name].make(work)
    found = [evaluate(basket) for basket in work.baskets]
    assert all(mine <= best for mine, best in zip(found, ours, strict=True)) and sum(found) > 0


def test_promotions_that_touch_no_basket_change_nothing(work: Work, ours: list[int]) -> None:
    more = grown(work, 300)
    assert len(more.promos) == 300 == len({promo.id for promo in more.promos})
    assert more.baskets == work.baskets and touching(more) == touching(work) > 1
    assert {promo.kind for promo in more.promos} == set(KINDS)
    snapshot = Snapshot(compile_book(book_files(more)).data)
    assert [price(snapshot, read_basket(json.loads(line))).discount for line in basket_lines(more)] == ours


@pytest.mark.parametrize("name", [name for name, peer in PEERS.items() if not peer.discount])
def test_peers_that_match_find_promotions(name: str, work: Work) -> None:
    if missing(name):
        pytest.skip(missing(name))
    evaluate = PEERS[name].make(work)
    assert sum(evaluate(basket) for basket in work.baskets) > 0


@pytest.mark.parametrize(("who", "paced_s"), [(PLAIN, 0.0), (SCAN, 0.0), (SCAN, 0.001)])
def test_a_cell_is_a_process_that_gives_plain_values(
    who: str, paced_s: float, tmp_path: Path, work: Work, ours: list[int]
) -> None:
    (tmp_path / "s.lane").write_bytes(compile_book(book_files(work)).data)
    (tmp_path / "b.ndjson").write_text("\n".join(basket_lines(work)))
    result = run(Job(who, "x", tmp_path / "s.lane", tmp_path / "b.ndjson", paced_s=paced_s), 0.05, 10.0)
    assert (result.skipped, result.proved, result.of) == ("", len(ours), len(ours))
    assert result.answers == ours and len(result.times_s) == len(ours) and result.bounds == []
    assert 0 < result.median_s <= result.p99_s


def test_a_cell_that_fails_says_so(tmp_path: Path) -> None:
    assert run(Job(PLAIN, "x", tmp_path / "no", tmp_path / "no"), 0.05, 5.0).skipped
    wrong = run(Job(COMPILED, "x", tmp_path / "no", tmp_path / "no"), 0.05, 5.0, bench_engine.ROOT)
    assert "the engine here is" in wrong.skipped


def test_a_slow_peer_answers_what_it_can() -> None:
    result = run(Job("strawman", "x", cell=(30, 5, True), items=400), 0.0, 0.0)
    assert result.skipped == "" and (len(result.answers), result.of) == (1, 200)
    assert "1 of 200 baskets, for time" in answer(result, None)


def test_a_peer_that_is_not_installed_is_skipped_with_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    peer = PEERS["milp"]._replace(needs=("no_such_module",))
    monkeypatch.setitem(PEERS, "milp", peer)
    result = run(Job("milp", "x", cell=(3, 1, False)), 0.05, 5.0)
    assert "no_such_module" in result.skipped
    monkeypatch.setenv("LANE_BENCH", "/nowhere")
    assert "straw.py is neither" in missing("straw")


def _result(who: str, what: str, median_s: float, answers: list[int], proved: int = -1, **more: Any) -> Result:
    given = {"count": 200, "median_s": median_s, "p99_s": 2 * median_s, "answers": answers, "of": len(answers)}
    return Result(Job(who, what), proved=proved, times_s=[median_s] * len(answers), **{**given, **more})


def test_the_table_tells_equal_work_from_unequal() -> None:
    mine = _result(PLAIN, "x", 0.001, [100, 200], 2)
    same = _result("milp", "x", 0.01, [100], count=20)
    less = _result("strawman", "x", 0.0001, [100, 50])
    lost = Result(Job("zen table", "x"), skipped="not installed")
    text = table([mine, same, less, lost])
    assert "| x | lanekit | 1.00 ms | 2.00 ms | 1 | 150 off; 100 % proved |" in text
    assert "max 20.00 ms | 10 | 100 off; as ours in 1 of 1 |" in text
    assert "as ours in 1 of 2 (50.00% of ours)" in text and "not installed" in text
    assert answer(mine, mine).count("as ours") == 0
    assert [show(value) for value in (2.0, 0.02, 0.00002)] == ["2.00 s", "20.00 ms", "20 µs"]


def test_the_bars_are_met_or_missed_by_what_was_measured() -> None:
    chain = "chain-a: 9 items, 9 promotions"
    results = [
        _result(PLAIN, AIM, 0.0009, [100] * 100, 98, bounds=[0.01, 0.03]),
        _result(COMPILED, AIM, 0.0008, [100] * 100, 98),
        _result(SCAN, AIM, 0.0003, [100] * 100, 98),
        _result("milp", AIM, 0.009, [100] * 49 + [99]),
        _result(PLAIN, chain, 0.0001, [1] * 2_000, 1_999, bounds=[0.5]),
        _result(PLAIN, "dense", 0.0001, [1] * 100, 99, bounds=[0.5]),
    ]
    found = {what: (measured, verdict) for what, _, measured, verdict in bars(results)}
    assert found["lanekit: exact receipt, median"] == ("900 µs", "met")
    assert found["lanekit: exact receipt, p99"] == ("1.80 ms", "met")
    assert found["lanekit: one more scan, median"][1] == "met"
    assert found["lanekit, compiled: exact receipt, p99"][1] == "missed"
    assert found["lanekit, compiled: one more scan, median"] == ("not in this run", "not measured")
    against = found["lanekit: against milp, on the baskets that both priced"]
    assert against == ("10.0 times; the same discount in 49 of 50, else 99.00% to 100.00% of ours", "met")
    assert found["lanekit, compiled: against milp, on the baskets that both priced"][1] == "missed"
    assert found["lanekit: chain-a, proved at the default limit"][1] == "missed"
    assert found["lanekit: chain-a, proved at the default limit"][0].startswith("99.9 % (1999 of 2000)")
    said = ("98.0 % (98 of 100); the others' bound is 2.00% of the total, at most 3.00%", "missed")
    assert found[f"{AIM}: proved at the default limit"] == said
    assert found["dense: proved at the default limit"][1] == "met"
    assert summary(results).count("\n") == len(bars(results)) + 1
    assert all(verdict == "not measured" for *_, verdict in bars([]))


def test_other_answers_of_the_compiled_engine_are_said() -> None:
    mine, other = _result(PLAIN, "x", 0.001, [1, 2], 2), _result(COMPILED, "x", 0.001, [1, 3], 2)
    assert same_answers([mine, _result(COMPILED, "x", 0.001, [1, 2], 2)]) == []
    assert len(same_answers([mine, other])) == 1
    text = growth([mine, other])
    assert "| x | 1.00 ms, 2.00 ms | 1.00 ms, 2.00 ms |" in text


def test_what_is_too_slow_is_not_tried_on_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bench = bench_engine.Bench(None, 0.1, 1.0, tmp_path, "django-oscar")
    slow = _result("milp", "x", 9.0, [1])
    monkeypatch.setattr(bench_engine, "run", lambda job, *_: slow)
    cells = [("milp", 50, 5), ("milp", 50, 30), ("strawman", 500, 5), ("django-oscar", 500, 5)]
    jobs = [Job(who, "x", cell=(count, lines, True)) for who, count, lines in cells]
    skipped = [result.skipped for result in bench.run(jobs)]
    assert skipped[0] == "" and skipped[1].startswith("not tried") and skipped[2] == ""
    assert "quick" in skipped[3]


def test_the_whole_run_with_few_goods(tmp_path: Path) -> None:
    words = ["--items", "3000", "--budget", "0.001", "--limit", "1", "--quick", "--only", "lanekit,strawman"]
    words = [sys.executable, str(bench_engine.ROOT / "scripts" / "bench_engine.py"), *words]
    done = subprocess.run(words, capture_output=True, text=True, timeout=200, env={**os.environ, "LANE_DATA": "/no"})
    assert done.returncode == 0, done.stderr
    for part in ("exact receipt, median", "strawman", "dense Chinese book", "touch a basket", "one more scan"):
        assert part in done.stdout
    assert "**" not in done.stdout
    assert "1/4  50 promotions, 5 lines; lanekit" in done.stderr


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
