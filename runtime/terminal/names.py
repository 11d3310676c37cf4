"""Text of others as people may be shown it: names of goods without tricks, numbers of persons without the person.

A book's names are any text. A control character in one can move a screen's line, a direction mark can turn a receipt's
amounts round, and a name as long as a page makes a basket that no message holds. Pure.
"""

from __future__ import annotations

import re
import unicodedata

from runtime.service.scrub import luhn

MAX_NAME_BYTES = 240  # UTF-8: 80 Han, more than any label prints; 1,000 of them still fit a record and a View
MAX_PROMOTION_BYTES = 160
MAX_MEMBER = 64  # characters

_MOBILE = re.compile(r"(?:\+?86)?(1[3-9]\d)\d{4}(\d{4})", re.ASCII)  # of mainland China
_LONGEST_PLAIN = 14  # digits: a longer number may be a bank's or a wallet's
_SHORT_CARDS = {(13, "4"), (14, "3")}  # digits, the first: Visa's oldest, Diners Club
_SEALED = re.compile(r"(?:1[3-9]\d)?\*{4}.{1,4}~[a-z2-7]{26}", re.ASCII)


def goods_text(name: str, sku: str) -> str:
    """An item's name in one plain line; its sku where nothing is left of it."""
    return _plain(name, MAX_NAME_BYTES) or sku


def promotion_text(name: str) -> str:
    return _plain(name, MAX_PROMOTION_BYTES)


def is_member_number(text: str) -> bool:
    return 1 <= len(text) <= MAX_MEMBER and text.isprintable()


def masked(number: str) -> str:
    """The number of a person as a screen may show it: a telephone or a card by its ends only; of a sealed one
    (runtime.terminal.members) what is before its seal."""
    if _SEALED.fullmatch(number):
        return number.partition("~")[0]
    return private_form(number) if is_private(number) else number


def mobile_of(number: str) -> str:
    """The eleven digits of a mobile number, however it is written; empty where it is none."""
    mobile = _MOBILE.fullmatch(_bare(number))
    return mobile[0][-11:] if mobile else ""


def is_private(number: str) -> bool:
    """Whether it is the number of a mobile telephone, or may be that of a card, a bank account or a wallet."""
    bare = _bare(number)
    return bool(_MOBILE.fullmatch(bare)) or sum(map(str.isdigit, bare)) > _LONGEST_PLAIN or _is_card(bare)


def private_form(number: str) -> str:
    """The ends of such a number."""
    mobile = mobile_of(number)
    return f"{mobile[:3]}****{mobile[-4:]}" if mobile else "****" + _bare(number)[-4:]


def _bare(number: str) -> str:
    return re.sub(r"[\s()-]", "", number)


def _is_card(digits: str) -> bool:
    """A short card's number, by how it begins and Luhn's check (ISO/IEC 7812-1). One in ten article numbers of 13
    digits passes the check, too."""
    if not (digits.isascii() and digits.isdigit() and (len(digits), digits[0]) in _SHORT_CARDS):
        return False
    return luhn(digits)


def _plain(text: str, max_bytes: int) -> str:
    kept = "".join(_shown(character) for character in text[: 4 * max_bytes])
    line = " ".join(kept.split())
    data = line.encode("utf-8", "replace")
    if len(data) <= max_bytes:
        return line
    return data[: max_bytes - 3].decode("utf-8", "ignore").rstrip() + "…"


def _shown(character: str) -> str:
    if character.isprintable():
        return character
    return "" if unicodedata.category(character) == "Cf" else " "
