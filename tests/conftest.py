"""What all tests share: the --long flag, and where the shared data lies."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import reliability_table
from tests.postgres import Postgres, binaries

ROOT = Path(__file__).resolve().parent.parent
TABLE = pytest.StashKey[reliability_table.Table]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--long", action="store_true", help="run the tests that take minutes too")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--long"):
        return
    skip = pytest.mark.skip(reason="long: run with --long")
    for item in items:
        if "long" in item.keywords:
            item.add_marker(skip)


def pytest_configure(config: pytest.Config) -> None:
    config.stash[TABLE] = reliability_table.Table()


def pytest_unconfigure(config: pytest.Config) -> None:
    config.stash[TABLE].close()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """The table of reliability of the parts that ran; then what was skipped and why, a line a reason: pytest's own -rs
    has a line for each place in the code."""
    reliability_table.write(terminalreporter, config.stash[TABLE])
    reports = terminalreporter.stats.get("skipped", [])
    reasons = Counter(str(report.longrepr[2]).removeprefix("Skipped: ") for report in reports)
    if reasons:
        terminalreporter.write_sep("=", "skipped, and why")
        for reason, count in reasons.most_common():
            terminalreporter.write_line(f"{count:5}  {reason}")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real chains' books and baskets: `$LANE_DATA`, else ../shared/data beside the checkout."""
    named = os.environ.get("LANE_DATA")
    for place in [Path(named)] if named else [ROOT.parent / "shared" / "data"]:
        if place.is_dir():
            return place
    pytest.skip("the shared data is neither at $LANE_DATA nor at ../shared/data")


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL of our own, one for all tests that ask."""
    if binaries() is None:
        pytest.skip("PostgreSQL is not installed")
    with Postgres() as server:
        yield server
