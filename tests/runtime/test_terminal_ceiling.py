"""Near the memory that its unit may use the daemon gives back, then ends between two sales, and never elsewhere."""

from __future__ import annotations

import asyncio
import logging

import pytest

from runtime.terminal import ceiling as room
from runtime.terminal.ceiling import MemoryCeiling, mind

MB = 1 << 20
CEILING = 100 * MB


def ended_at(
    monkeypatch: pytest.MonkeyPatch,
    used_mb: list[int],
    *,
    between: list[bool] | None = None,
    not_before: int = 0,
    supervised: bool = True,
) -> tuple[int, int]:
    """The look at which it ended (0: it did not) over these readings, and how often memory was given back. Each look
    near the ceiling reads twice, before and after giving back: the second reading is `used_mb` again."""
    monkeypatch.setattr(room, "LOOK_S", 0.001)
    monkeypatch.setattr(room, "NOT_BEFORE_S", not_before)
    looks, freed, ended = 0, 0, 0

    def used() -> int:
        return used_mb[looks - 1] * MB

    def free() -> None:
        nonlocal freed
        freed += 1

    def end(error: BaseException) -> None:
        nonlocal ended
        assert isinstance(error, MemoryCeiling)
        ended = looks

    async def sleep(_seconds: float) -> None:
        nonlocal looks
        looks += 1
        if looks > len(used_mb):
            raise asyncio.CancelledError

    monkeypatch.setattr(asyncio, "sleep", sleep)

    async def main() -> None:
        try:
            await mind(
                CEILING,
                lambda: between[looks - 1] if between else True,
                end if supervised else None,
                used=used,
                free=free,
            )
        except asyncio.CancelledError:
            pass

    asyncio.run(main())
    return ended, freed


@pytest.mark.parametrize(
    ("used_mb", "more", "wanted"),
    [
        ([50, 79], {}, (0, 0)),
        ([80, 89, 79], {}, (0, 2)),  # near: given back, and told once
        ([50, 90, 90], {}, (2, 1)),
        ([95, 95, 95], {"between": [False, False, True]}, (3, 3)),  # never in the middle of a sale
        ([95, 95], {"not_before": 600}, (0, 2)),  # not a till that only starts
        ([95, 95], {"supervised": False}, (0, 2)),  # nobody would start it again
    ],
)
def test_when_it_ends(monkeypatch: pytest.MonkeyPatch, used_mb: list[int], more: dict, wanted: tuple[int, int]) -> None:  # type: ignore[type-arg]
    assert ended_at(monkeypatch, used_mb, **more) == wanted


def test_it_is_told_once(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    ended_at(monkeypatch, [85, 85, 85, 50, 85], supervised=False)
    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO", "WARNING"]


def test_without_a_ceiling_nothing_is_looked_at() -> None:
    asyncio.run(asyncio.wait_for(mind(0, lambda: True, None), 1))
