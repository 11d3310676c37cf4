"""What a log may not hold, and what it must still hold."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.service.scrub import luhn, scrub

CARD = "6222021234567890128"  # UnionPay's length; passes Luhn's check


def with_check_digit(digits: str) -> str:
    return next(digits + check for check in "0123456789" if luhn(digits + check))


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("card 4111111111111111 read", "card ****1111 read"),
        ("4111 1111 1111 1111", "****1111"),
        ("4111-1111-1111-1111.", "****1111."),
        (";4111111111111111=29121010000012300000?", ";****1111=****0000?"),
        (CARD, "****0128"),
        ("b'6222021234567890128\\r'", "b'****0128\\r'"),
        ("row 12 4111111111111111 7", "row 12 ****1111 7"),  # among other numbers
        ("9" * 40, "****9999"),  # a card's number may be in it
        ("13812345678", "138****5678"),
        ("+86 138-1234-5678", "+138****5678"),
        ("8613812345678", "138****5678"),
        ("tel:13812345678,19912345678", "tel:138****5678,199****5678"),
        ("４１１１１１１１１１１１１１１１", "****１１１１"),  # full width
        ("6901234567892", "****7892"),  # goods whose code might be a card's: one in ten
        # what stays
        ("2026-11-22 18:30:00,123 INFO lane: row 1234567890", "2026-11-22 18:30:00,123 INFO lane: row 1234567890"),
        ("4111111111111112", "4111111111111112"),  # fails the check: no card's
        ("6902083898601", "6902083898601"),  # nine of ten goods' codes
        ("12812345678", "12812345678"),  # no mobile number begins so
        ("sale 12 of 2026-11-22", "sale 12 of 2026-11-22"),
        ("a\x1b[2Jb\u202ec\nd", "a?[2Jb?c\nd"),
    ],
)
def test_what_is_left_of_a_text(text: str, left: str) -> None:
    assert scrub(text) == left


@given(
    digits=st.from_regex(r"[1-9][0-9]{11,17}", fullmatch=True),
    before=st.from_regex(r"([A-Za-z:=]|row 7 )?", fullmatch=True),
    after=st.sampled_from(["", " ", "=2912", "\\r'", "?", " 5"]),
    group=st.sampled_from([0, 3, 4, 5]),
    sign=st.sampled_from([" ", "-"]),
)
def test_no_card_gets_through(digits: str, before: str, after: str, group: int, sign: str) -> None:
    card = with_check_digit(digits)
    written = sign.join(card[i : i + group] for i in range(0, len(card), group)) if group else card
    left = scrub(before + written + after)
    assert card not in re.sub(r"[ -]", "", left)


@given(st.text(max_size=300))
def test_any_text_is_taken_and_twice_is_once(text: str) -> None:
    once = scrub(text)
    assert scrub(once) == once
