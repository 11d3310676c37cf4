"""`scripts/bench reliability`: parts that are kept are not done again, and what is not right is said."""

from __future__ import annotations

import json
from pathlib import Path

import bench_reliability
import pytest


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
    assert bench(monkeypatch, *words) == 0
    assert capsys.readouterr().out == first


def test_a_lost_sale_is_said_with_status_1(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    figures = {"sales": 1, "operations": 2, "states": 3, "lost": 1, "broken": 0}
    (tmp_path / "power-cut.short.json").write_text(json.dumps({"commit": "x", "figures": figures}))
    assert bench(monkeypatch, "--only", "power-cut", "--keep", str(tmp_path)) == 1
    assert "NOT AS IT MUST BE: power-cut" in capsys.readouterr().err
    blind = {"wal-normal": {"states": 5, "lost": 0, "broken": 0}}
    (tmp_path / "broken-stores.short.json").write_text(json.dumps({"commit": "x", "figures": blind}))
    assert bench(monkeypatch, "--only", "broken-stores", "--keep", str(tmp_path)) == 1
    assert "the harness is blind" in capsys.readouterr().err
