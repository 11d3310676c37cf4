"""`scripts/bench reliability`: parts that are kept are not done again, and what is not right is said."""

from __future__ import annotations

import json
import re
from pathlib import Path

import bench_reliability
import pytest
from reliability_rows import BLIND, DEVICES, ORDER, kind_of

from tests.reliability_table import Table, hand_in, together


def bench(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    monkeypatch.setattr("sys.argv", ["bench", *words])
    return bench_reliability.main()


def test_a_table_of_the_parts_that_were_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--only", "wear", "--only", "commits", "--keep", str(tmp_path)]
    assert bench(monkeypatch, *words) == 0
    first = capsys.readouterr().out
    assert "| a sale of 6 lines: commits, syncs, KiB written; syncs a commit | 10, 10." in first
    assert sorted(one.name for one in tmp_path.iterdir()) == ["commits.short.json", "wear.short.json"]
    hand_in("commits", json.loads((tmp_path / "commits.short.json").read_text(encoding="utf-8"))["figures"])
    assert bench(monkeypatch, *words) == 0
    assert capsys.readouterr().out == first


def test_a_lost_sale_is_said_with_status_1(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    figures = {"sales": 1, "operations": 2, "states": 3, "lost": 1, "broken": 0}
    (tmp_path / "power-cut.short.json").write_text(json.dumps({"date": "d", "commit": "x", "figures": figures}))
    assert bench(monkeypatch, "--only", "power-cut", "--keep", str(tmp_path)) == 1
    assert "NOT AS IT MUST BE: power-cut" in capsys.readouterr().err
    blind = {"wal-normal": {"states": 5, "lost": 0, "broken": 0}}
    (tmp_path / "broken-stores.short.json").write_text(json.dumps({"date": "d", "commit": "x", "figures": blind}))
    assert bench(monkeypatch, "--only", "broken-stores", "--keep", str(tmp_path)) == 1
    assert "the harness is blind" in capsys.readouterr().err


BACK = {"back_p50_s": 1, "back_p99_s": 1, "back_max_s": 1}
ROWS = {
    "power-cut": {"sales": 300, "operations": 9, "states": 1, "lost": 0, "broken": 0},
    "broken-stores": {name: {"lost": 1, "states": 2} for name in bench_reliability.BROKEN},
    "failing-disk": {"codes": {"DISK_FULL": 1, "IO_FAILED": 2}, "points": 3, "lost": 0, "broken": 0, "gone_on": 1},
    "edited": {"found": 1, "mutants": 1, "named": 1},
    "killed-daemon": {"kills": 1, "sales": 1, "lost": 0, "doubled": 0, "copies": 0, **BACK},
    "killed-screen": {"kills": 1, "lost": 0, **BACK},
    "wear": {str(lines): {"commits": 1, "syncs": 1, "kib": 1, "syncs_a_commit": 1} for lines in (6, 30)},
    "commits": {"p50_ms": 1, "p99_ms": 1},
    "supervision": {
        "hangs": {"kills": 1, "sales": 1, "lost": 0, "doubled": 0, "copies": 0, "watchdog_s": 20, "silent_p50_s": 1,
                  "silent_max_s": 1, **BACK},
        "blind": dict.fromkeys(BLIND, 1),
        "devices": {name: {"faults": 1, "scans": 1, "lost": 0, "sales": 1, "wait_max_s": 1, "back_max_s": 1}
                    for name in DEVICES},
    },
    "private-numbers": {
        "files": 1, "mb": 1, "sales": 1, "numbers": 1, "leaks": 0,
        "with_leak": dict.fromkeys(bench_reliability.LEAKS, 1),
    },
}  # fmt: skip


def test_every_figure_has_its_row_on_the_page() -> None:
    """The clocks' rows are what their harness says: by their beginnings."""
    assert {*ROWS, "clock"} == set(bench_reliability.PARTS) == set(ORDER)
    page = bench_reliability.DOCS.read_text(encoding="utf-8")
    table = page.partition(bench_reliability.BEGIN)[2].partition(bench_reliability.END)[0].splitlines()
    kinds = [kind_of(line) for line in table if line.startswith("| ")]
    for part, figures in ROWS.items():
        for line in bench_reliability.lines_of(part, {"date": "d", "commit": "x", "figures": figures}):
            assert kind_of(line) in kinds, line
    assert sum(kind.startswith((" a till that wakes", " a clock that jumps")) for kind in kinds) == 3


@pytest.mark.parametrize(("part", "figures"), [
    ("supervision", {"hangs": {"wrong": ["a hang that nobody noticed"]}}),
    ("supervision", {"devices": {"raises": {"lost": 1, "sales": 1, "faults": 1}}}),
    ("supervision", {"devices": {"raises": {"lost": 0, "sales": 0, "faults": 1}}}),
    ("supervision", {"blind": {"timer": 0}}),
])  # fmt: skip
def test_what_is_not_as_it_must_be_is_said(part: str, figures: dict[str, object]) -> None:
    assert bench_reliability.bad({part: figures})


def test_the_table_of_a_run_of_tests(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put together of pieces, in the order of the page; nothing where nothing ran."""
    monkeypatch.setenv("LANE_RELIABILITY_FIGURES", str(tmp_path))
    table = Table()
    assert table.lines() == [] and not table.is_mine
    hand_in("commits", {"p50_ms": 0.5, "p99_ms": 2.25})
    hand_in("private-numbers", {"with_leak": {"answers": 2}})
    hand_in("broken-stores", {"psow": {"lost": 1, "states": 3}})
    hand_in("broken-stores", {"wal-off": {"lost": 2, "states": 4}})
    for name in ("a till", "a clock"):
        hand_in("clock", {"rows": [[name, "x", "y"]]})
    assert together(tmp_path)["broken-stores"].keys() == {"psow", "wal-off"}
    lines = table.lines()
    assert [line.split("  ")[0].split(":")[0] for line in lines][:2] == [
        "- the same with psow=1",
        "- the same with WAL, synchronous=OFF",
    ]
    assert {line.split()[1] for line in lines[2:4]} == {"till", "clock"}
    assert re.split(" {2,}", lines[4])[1:] == ["0.50 / 2.25 ms", "p99 1 ms, report"] and len(lines) == 6
    table.close()
    assert tmp_path.exists()


def test_a_part_takes_the_place_of_its_last_rows() -> None:
    old = ["| a 5 | 1 |", "| kill -9 of the screen | 2 |", "| - lost 7 | 0 |", "| b | 3 |", "| - lost 9 | 0 |"]
    new = ["| kill -9 of the screen | 50 |", "| - lost 8 | 1 |"]
    assert bench_reliability.merged(old, new) == [old[0], *new, *old[3:]]
    assert bench_reliability.merged(old, ["| c 1 | 1 |"]) == [*old, "| c 1 | 1 |"]
