"""GTINs: check digits and the spellings of one number, after the GS1 General Specifications (section 7.9 and 3.3).

EAN-13, EAN-8 and UPC-A are one number in frames of 13, 8 and 12 digits; a scanner may send the same label in any of
them, and a spreadsheet may have eaten the leading zeros of the book's. So a code has several spellings, all equal.
"""

from __future__ import annotations

GTIN_LENGTHS = (8, 12, 13, 14)
_SHORTEST = 8  # a spelling with fewer digits is an in-store number of its own, not a GTIN that lost its zeros


def is_digits(text: str) -> bool:
    """ASCII digits alone, at least one: `str.isdigit` takes the digits of every script."""
    return text.isascii() and text.isdigit()


def check_digit(digits: str) -> int:
    """The digit that belongs behind `digits`: weights 3, 1, 3... from the right (EAN-13, EAN-8, UPC-A, GTIN-14)."""
    total = sum(int(digit) * (1 if i % 2 else 3) for i, digit in enumerate(reversed(digits)))
    return -total % 10


def check_digit_from_left(digits: str) -> int:
    """The same with weights 1, 3, 1... from the left.

    Before an even number of digits it is `check_digit`; before the 17 of a long weigh label it is another, and scales
    of both kinds exist.
    """
    total = sum(int(digit) * (3 if i % 2 else 1) for i, digit in enumerate(digits))
    return -total % 10


def is_gtin(code: str) -> bool:
    """Digits of a GTIN's length with the right check digit."""
    return is_digits(code) and len(code) in GTIN_LENGTHS and check_digit(code[:-1]) == int(code[-1])


def gtin14(code: str) -> str:
    """The normal form, 14 digits. `code` is digits of a GTIN's length; raises ValueError for anything else."""
    if not is_digits(code) or len(code) not in GTIN_LENGTHS:
        raise ValueError(f"not a GTIN: {code!r}")
    return code.zfill(14)


def spellings(code: str) -> tuple[str, ...]:
    """The other ways to write the number `code`, likeliest first; none for what has no GTIN's length.

    Leading zeros come and go; a leading digit above zero (a GTIN-14's packaging indicator) never does.
    """
    if not is_digits(code) or len(code) not in GTIN_LENGTHS:
        return ()
    bare = code.lstrip("0")
    found = [bare.zfill(length) for length in (13, 12, 14) if length >= len(bare)]
    found += [bare.zfill(length) for length in range(11, _SHORTEST - 1, -1) if length >= len(bare)]
    return tuple(spelling for spelling in found if spelling != code)
