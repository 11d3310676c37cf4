"""When a terminal's certificate is renewed, and by whom; all without a network."""

from __future__ import annotations

import asyncio
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.terminal import trust
from runtime.terminal.trust import OWN, Renewal, is_due, own_validity, renew_in_a_child
from tests.runtime.trust.chains import NOW, new_chain, now_ms

DAY_MS = 86_400_000


@given(st.integers(0, 1 << 41), st.integers(1, 4000), st.floats(0, 1))
def test_a_third_has_passed_and_not_much_more(first_ms: int, days: int, jitter: float) -> None:
    last_ms = first_ms + days * DAY_MS
    third_ms = days * DAY_MS // 3
    assert not is_due(first_ms, last_ms, first_ms + third_ms - 1, jitter)
    assert is_due(first_ms, last_ms, first_ms + third_ms + days * DAY_MS // 30 + 1, jitter)
    assert is_due(first_ms, last_ms, last_ms + 1000 * DAY_MS, jitter)


def test_it_is_renewed_when_due_and_the_time_is_known(tmp_path: Path) -> None:
    chain = new_chain(tmp_path / "chain")
    own = chain.till(by=chain.store("S001"), now=NOW - timedelta(days=20), days=50).own
    assert own is not None
    asked: list[int] = []

    async def renew(now: int) -> bool:
        asked.append(now)
        return False

    def look(now: int | None) -> bool:
        return asyncio.run(Renewal(tmp_path, lambda: now, lambda: 0.0, renew).look())

    assert own_validity(tmp_path) is None
    assert look(now_ms()) and not asked  # not enrolled: nothing to renew
    (tmp_path / OWN).write_bytes(own.read_bytes())
    assert look(None) and not asked  # 1970: nobody knows
    assert look(now_ms() - 15 * DAY_MS) and not asked
    now = now_ms()
    assert not look(now) and asked == [now]
    (tmp_path / OWN).write_bytes(b"garbage")
    assert look(now) and asked == [now]


@pytest.mark.parametrize("interpreter", [sys.executable, ""])
def test_a_child_or_a_thread_that_cannot_renew_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, interpreter: str
) -> None:
    monkeypatch.setattr(trust.sys, "executable", interpreter)  # type: ignore[attr-defined]  # the module imports sys
    assert asyncio.run(renew_in_a_child(tmp_path / "none.toml", now_ms())) is False
