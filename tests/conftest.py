"""What all tests share: the --long flag, and where the shared data lies."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--long", action="store_true", help="run the tests that take minutes too")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--long"):
        return
    skip = pytest.mark.skip(reason="long: run with --long")
    for item in items:
        if "long" in item.keywords:
            item.add_marker(skip)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real chains' books and baskets: `$LANE_DATA`, else ../shared/data beside the checkout."""
    named = os.environ.get("LANE_DATA")
    for place in [Path(named)] if named else [ROOT.parent / "shared" / "data"]:
        if place.is_dir():
            return place
    pytest.skip("the shared data is neither at $LANE_DATA nor at ../shared/data")
