"""What to do about a payment whose end is not known: every answer, at every time, asked or cancelling."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.terminal.payment import GIVE_UP_AFTER_S, NOT_FOUND_COUNTS_AFTER_S, Next, decide

ANSWERS = ["", "SUCCESS", "USERPAYING", "PAYERROR", "NOTFOUND", "REVOKED", "TIMEOUT", "NOHARDWARE", "FAILURE"]


@given(st.sampled_from(ANSWERS), st.floats(0, 1000), st.booleans())
def test_a_sale_is_completed_by_success_alone_and_never_while_cancelling(answer: str, s: float, cancels: bool) -> None:
    decision = decide(answer, s, cancels)
    assert (decision.next is Next.APPROVE) == (answer == "SUCCESS" and not cancels)


@given(st.sampled_from(ANSWERS), st.floats(0, 1000), st.booleans())
def test_only_the_provider_ends_a_payment_unpaid(answer: str, s: float, cancels: bool) -> None:
    if decide(answer, s, cancels).next is Next.FAIL:
        assert answer in ("PAYERROR", "REVOKED") or (answer == "NOTFOUND" and cancels and s >= NOT_FOUND_COUNTS_AFTER_S)


@pytest.mark.parametrize("trouble", ["TIMEOUT", "NOHARDWARE", ""])
def test_trouble_is_asked_again_for_ever(trouble: str) -> None:
    assert decide(trouble, 100_000, False).next is Next.QUERY
    assert decide(trouble, 100_000, True).next is Next.CANCEL


def test_a_customer_who_never_confirms_is_given_up() -> None:
    assert decide("USERPAYING", GIVE_UP_AFTER_S - 1, False).next is Next.QUERY
    assert decide("USERPAYING", GIVE_UP_AFTER_S, False).next is Next.CANCEL


def test_success_while_cancelling_is_cancelled_until_it_is_revoked() -> None:
    assert decide("SUCCESS", 5, True).next is Next.CANCEL
    assert decide("REVOKED", 5, True).next is Next.FAIL


def test_not_found_counts_only_once_the_request_had_time_to_arrive() -> None:
    assert decide("NOTFOUND", 1, True).next is Next.CANCEL
    assert decide("NOTFOUND", NOT_FOUND_COUNTS_AFTER_S, True).next is Next.FAIL
