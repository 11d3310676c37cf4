"""Which business day it is, and that no clock ends one too early."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.day.business_day import (
    DISTRUST_S,
    MOST_DAYS_AHEAD,
    SteadyWatch,
    business_date,
    first_date,
    may_turn,
    read_ends,
)

AT_3, AT_22, AT_0 = read_ends("03:00"), read_ends("22:00"), read_ends("00:00")


@pytest.mark.parametrize(
    ("at", "ends", "day"),
    [
        ("2026-11-22T02:59:59", AT_3, "2026-11-21"),
        ("2026-11-22T03:00:00", AT_3, "2026-11-22"),
        ("2026-11-22T23:59:59", AT_3, "2026-11-22"),
        ("2026-11-22T21:59:59", AT_22, "2026-11-22"),
        ("2026-11-22T22:00:00", AT_22, "2026-11-23"),
        ("2026-11-22T23:59:59", AT_0, "2026-11-22"),
        ("2026-11-23T00:00:00", AT_0, "2026-11-23"),
    ],
)
def test_business_dates(at: str, ends: timedelta, day: str) -> None:
    assert business_date(datetime.fromisoformat(at), ends).isoformat() == day


@pytest.mark.parametrize("text", ["", "3:00", "24:00", "12:60", "ab:cd", "12-30", "１２:00", " 3:00"])
def test_times_that_are_none(text: str) -> None:
    with pytest.raises(ValueError, match="time of day"):
        read_ends(text)


@given(
    st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1)),
    st.timedeltas(timedelta(), timedelta(hours=23, minutes=59)),
)
def test_a_business_day_has_24_hours(now: datetime, ends: timedelta) -> None:
    assert business_date(now + timedelta(hours=24), ends) == business_date(now, ends) + timedelta(days=1)
    assert abs(business_date(now, ends) - now.date()) <= timedelta(days=1)


def test_the_clock_ends_a_day_only_where_it_is_trusted() -> None:
    after = datetime(2026, 11, 23, 3, 0, 1)
    assert may_turn("2026-11-22", after, AT_3, "system", steady=True)
    assert not may_turn("2026-11-22", after - timedelta(seconds=2), AT_3, "system", steady=True)
    assert not may_turn("2026-11-22", after, AT_3, "suspect", steady=True)
    assert not may_turn("2026-11-22", after, AT_3, "system", steady=False)
    assert may_turn("2026-11-22", after, AT_3, "rehearsal", steady=False)
    assert not may_turn("2026-11-22", datetime(1970, 1, 1), AT_3, "system", steady=True)
    assert may_turn("2026-11-22", after + timedelta(days=MOST_DAYS_AHEAD - 1), AT_3, "system", steady=True)
    assert not may_turn("2026-11-22", after + timedelta(days=MOST_DAYS_AHEAD), AT_3, "system", steady=True)


def test_a_day_never_begins_before_the_last_one() -> None:
    assert first_date(datetime(1970, 1, 1, 12), AT_3, "2026-11-22") == "2026-11-22"
    assert first_date(datetime(2026, 11, 23, 12), AT_3, "2026-11-22") == "2026-11-23"
    assert date.fromisoformat(first_date(datetime(1970, 1, 1, 12), AT_3, "")) == date(1970, 1, 1)


def test_a_jump_is_distrusted_for_a_while() -> None:
    watch, noon = SteadyWatch(), datetime(2026, 11, 22, 12)
    assert watch.look(noon, 0.0)
    assert watch.look(noon + timedelta(seconds=15), 15.0)
    assert not watch.look(noon + timedelta(hours=15), 30.0)  # it was set
    assert not watch.look(noon + timedelta(hours=15, seconds=15), 45.0)
    assert watch.look(noon + timedelta(hours=15, seconds=DISTRUST_S), 30.0 + DISTRUST_S)
    assert watch.look(noon, 31.0 + DISTRUST_S)  # back: it ends no day by itself
    assert not watch.look(noon + timedelta(hours=1), 32.0 + DISTRUST_S)
