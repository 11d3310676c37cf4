"""Wrong clocks under the real daemon."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from tests.reliability.clocks import TILLS, row
from tests.reliability_table import hand_in


@pytest.mark.parametrize("name", list(TILLS))
def test_a_till_with_a_wrong_clock_sells_in_order_and_says_so(name: str, tmp_path: Path) -> None:
    what, sales, qualities = TILLS[name]
    seen = what(tmp_path)
    hand_in("clock", {"rows": [row(name, seen)]})
    assert seen.faults == [] and seen.sales == sales
    assert seen.qualities == qualities
    assert seen.backwards == 0
    assert [one.seq for one in seen.rows] == list(range(1, len(seen.rows) + 1))
    for one in seen.rows:
        assert abs((datetime.fromisoformat(one.at) - datetime.now()).total_seconds()) < 3700
