"""The table of reliability at the end of a run of tests, of the parts that ran in short form: nothing is run twice.

A test that ran a part hands its figures in; they lie in a folder that all of pytest-xdist's processes write to, and the
one that reports makes the table of them. A part that many tests run in pieces (a broken store each, a clock each) is
put together of what each of them said.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import uuid
from pathlib import Path
from typing import Any

import pytest

FOLDER = "LANE_RELIABILITY_FIGURES"  # in the environment, which the workers get from who starts them
WIDEST = 100, 24  # of figures and of what was measured: what is longer stands out


class Table:
    """What `pytest_configure` makes. The folder is its maker's, who removes it."""

    def __init__(self) -> None:
        self.is_mine = FOLDER not in os.environ
        if self.is_mine:
            os.environ[FOLDER] = tempfile.mkdtemp(prefix="lanekit-figures-")
        self.folder = Path(os.environ[FOLDER])

    def close(self) -> None:
        if self.is_mine:
            shutil.rmtree(self.folder, ignore_errors=True)
            os.environ.pop(FOLDER, None)

    def lines(self) -> list[str]:
        """Figure, measured and aim in columns; none where no part ran."""
        from reliability_rows import ORDER, rows_of  # a conftest that is used elsewhere has no scripts

        found = together(self.folder)
        rows = [row for name in sorted(found, key=ORDER.index) for row in rows_of(name, found[name])]
        wide = [min(most, max((len(row[column]) for row in rows), default=0)) for column, most in enumerate(WIDEST)]
        return [f"{what:{wide[0]}}  {measured:{wide[1]}}  {aim}" for what, measured, aim in rows]


def hand_in(part: str, figures: dict[str, Any]) -> None:
    """What a test measured of a part of `scripts/bench reliability`, or of a piece of it."""
    if folder := os.environ.get(FOLDER):
        draft = Path(folder) / f".{uuid.uuid4().hex}"
        draft.write_text(json.dumps(figures, ensure_ascii=False), encoding="utf-8")
        draft.rename(draft.with_name(f"{part}.{draft.name[1:]}.json"))


def together(folder: Path) -> dict[str, dict[str, Any]]:
    """The figures of each part, of all that was handed in."""
    found: dict[str, dict[str, Any]] = {}
    for path in sorted(folder.glob("*.json")):
        part = path.name.partition(".")[0]
        found[part] = _merged(found.get(part, {}), json.loads(path.read_text(encoding="utf-8")))
    return found


def _merged(one: Any, other: Any) -> Any:
    if isinstance(one, dict) and isinstance(other, dict):
        return {key: _merged(one[key], other[key]) if key in one and key in other else {**one, **other}[key]
                for key in {**one, **other}}  # fmt: skip
    return one + other if isinstance(one, list) and isinstance(other, list) else other


def write(reporter: pytest.TerminalReporter, table: Table) -> None:
    """In the terminal's summary, by who made the folder; the aims are the long form's."""
    if table.is_mine and (lines := table.lines()):
        reporter.write_sep("=", "reliability, short form: figure, measured, aim of the long form")
        for line in lines:
            reporter.write_line(line)
