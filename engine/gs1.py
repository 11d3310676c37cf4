"""GS1 element strings and GS1 Digital Link URIs: which goods, which lot, until when, how heavy.

After the GS1 General Specifications (sections 3 and 7.8) and GS1 Digital Link: URI Syntax. An element string is read
as a scanner gives it: FNC1 is GS (0x1D), with or without an AIM identifier (`]d2` DataMatrix, `]Q3` QR, `]e0` DataBar,
`]C1` GS1-128) before it; the form with brackets that people read is read too. Elements that a till has no use for are
skipped by their length. Nothing is guessed: a value that does not fit its format refuses the whole code.

A year has two digits: of the years that end in them, the one nearest to the sale (50 back, 49 on). Day 00 is the last
of its month. Pure: the sale's date is handed in.
"""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date
from urllib.parse import unquote_to_bytes

from engine.gtin import GTIN_LENGTHS, check_digit, is_digits

MAX_GS1 = 512  # characters
MAX_ELEMENTS = 40
MAX_GRAMS = 999_999
MAX_AMOUNT = 999_999_999  # minor units
GS = "\x1d"

# ISO 4217 numbers, of the currencies that books are known to have
CURRENCY_NUMBERS = {"CNY": "156", "HKD": "344", "ILS": "376", "MOP": "446", "TWD": "901", "USD": "840", "EUR": "978"}

# code -> (what is the matter, what to do about it)
GS1_SENTENCES: dict[str, tuple[str, str]] = {
    "gs1_too_long": ("A code of {count} characters is too long for goods.", "Scan the barcode of the goods."),
    "gs1_structure": (
        "The code is damaged or not made after GS1's rules: {value} does not fit its element {ai}.",
        "Scan it again, or scan another barcode of the same goods.",
    ),
    "gs1_unknown_element": (
        "The code has an element that GS1 does not know, at {value}.",
        "Scan it again, or scan another barcode of the same goods.",
    ),
    "gs1_check_digit": (
        "The GTIN {gtin} in the code has a wrong check digit: {found}, should be {should}.",
        "Scan it again, or scan another barcode of the same goods.",
    ),
    "gs1_date": (
        "The code says a date that there is not: {value} in its element {ai}.",
        "Scan another barcode of the same goods, and look at the date on the pack.",
    ),
    "gs1_twice": (
        "The code says its element {ai} twice, and differently.",
        "Scan another barcode of the same goods.",
    ),
    "gs1_no_gtin": (
        "The code names no goods: it has no GTIN.",
        "It is the label of a case, a coupon or a place. Scan the barcode of the goods.",
    ),
    "gs1_link": (
        "The code is a web address that names no goods.",
        "Scan the barcode of the goods.",
    ),
}

_AIM = re.compile(r"\][A-Za-z][0-9A-Za-z]")
_AIM_GS1 = ("]d2", "]Q3", "]e0", "]C1", "]J1")  # ISO/IEC 15424
_BRACKET = re.compile(r"\((\d{2,4})\)")
_CSET_82 = re.compile(r"[!\"%&'()*+,\-./0-9:;<=>?A-Z_a-z]+")

_AI_DIGITS: dict[str, int] = {  # how many digits an application identifier has, by its first two
    **dict.fromkeys((f"{two:02}" for two in (*range(4), *range(10, 14), *range(15, 18), *range(20, 23))), 2),
    **dict.fromkeys((str(two) for two in (30, 37, *range(90, 100))), 2),
    **dict.fromkeys((str(two) for two in (*range(23, 26), *range(40, 43), 71)), 3),
    **dict.fromkeys((str(two) for two in (*range(31, 37), 39, 43, 70, 72, *range(80, 83))), 4),
}
_FIXED: dict[str, int] = {  # values of a length that is known beforehand: no FNC1 ends them
    "00": 18,
    **dict.fromkeys(("01", "02", "03"), 14),
    **dict.fromkeys(("11", "12", "13", "15", "16", "17"), 6),
    "20": 2,
    **dict.fromkeys(("31", "32", "33", "34", "35", "36"), 6),
    "41": 13,
}
_LONGEST = 90
_TEXT_20 = ("10", "21", "22")
_MARKED_DATES = ("11", "12", "13", "15", "16", "17")
_ALIASES = {"gtin": "01", "lot": "10", "ser": "21", "cpv": "22"}  # of early Digital Links
# One pound is 453.59237 g exactly.
_POUND_G = (45_359_237, 100_000)


class Gs1Error(Exception):
    """A GS1 code that sells nothing: `code` is a key of GS1_SENTENCES, `args_by_name` fills its {names}."""

    def __init__(self, code: str, /, **args: str | int) -> None:
        super().__init__(code, args)
        self.code = code
        self.args_by_name = args

    def __str__(self) -> str:
        text, remedy = GS1_SENTENCES[self.code]
        return f"{text} {remedy}".format(**self.args_by_name)


@dataclass(frozen=True, slots=True)
class Gs1:
    """What a code says of one trade item. Empty text and None: it does not say."""

    gtin: str  # 14 digits, with the right check digit
    lot: str = ""
    serial: str = ""
    produced: date | None = None
    best_before: date | None = None
    sell_by: date | None = None
    expiry: date | None = None
    weight_g: int | None = None  # net, 0 to 999,999
    amount_minor: int | None = None  # what is to be paid for this piece
    amount_currency: str = ""  # ISO 4217 number where the code says it (AI 393n)
    count: int | None = None  # pieces in a variable-measure item (AI 30), at least 1
    contained: int | None = None  # trade items in a case (AI 37), at least 1


def is_gs1(text: str) -> bool:
    """Whether the text says by itself that it is a GS1 code: by an AIM identifier, FNC1, brackets or a web address.

    A code without any of these may be one too: scanners are often set to send neither.
    """
    if text.startswith(_AIM_GS1) or GS in text:
        return True
    bare = _AIM.sub("", text, count=1) if text.startswith("]") else text
    return _is_link(bare) or _BRACKET.match(bare) is not None


def read_gs1(text: str, *, on: date | None = None, exponent: int = 2) -> Gs1:
    """What an element string or a Digital Link says.

    `on` is the date that two-digit years are near to; without it they are of this century. `exponent` is the
    currency's. Raises Gs1Error and nothing else, whatever the text.
    """
    if len(text) > MAX_GS1:
        raise Gs1Error("gs1_too_long", count=len(text))
    code = text.strip(" ")
    if _AIM.match(code):
        code = code[3:]
    if _is_link(code):
        elements = _link_elements(code)
    elif _BRACKET.match(code):
        elements = _bracket_elements(code)
    else:
        elements = _string_elements(code)
    found: dict[str, str] = {}
    for ai, value in elements:
        _check(ai, value)
        if found.setdefault(ai, value) != value:
            raise Gs1Error("gs1_twice", ai=ai)
    if "01" not in found:
        raise Gs1Error("gs1_no_gtin")
    return _meaning(found, on, exponent)


def _is_link(text: str) -> bool:
    return text[:8].lower().startswith(("http://", "https://"))


def _string_elements(code: str) -> list[tuple[str, str]]:
    """The elements of a string: those of a fixed length follow each other, any other ends at FNC1 or at the end."""
    out: list[tuple[str, str]] = []
    at = 0
    while at < len(code):
        if code[at] == GS:
            at += 1
            continue
        ai = _ai_at(code, at)
        at += len(ai)
        length = _FIXED.get(ai[:2])
        if length is None:
            stop = code.find(GS, at)
            stop = len(code) if stop < 0 else stop
        else:
            stop = at + length
        out.append((ai, code[at:stop]))
        at = stop
        if len(out) > MAX_ELEMENTS:
            raise Gs1Error("gs1_too_long", count=len(code))
    return out


def _ai_at(code: str, at: int) -> str:
    digits = _AI_DIGITS.get(code[at : at + 2], 0)
    ai = code[at : at + digits]
    if not digits or len(ai) < digits or not is_digits(ai):
        raise Gs1Error("gs1_unknown_element", value=_shown(code[at : at + 4]))
    return ai


def _bracket_elements(code: str) -> list[tuple[str, str]]:
    """`(01)...(10)...`: brackets that hold no application identifier belong to the value before them."""
    out: list[tuple[str, str]] = []
    for piece in _BRACKET.finditer(code):
        if _AI_DIGITS.get(piece[1][:2], 0) == len(piece[1]):
            if out:
                out[-1] = (out[-1][0], code[int(out[-1][1]) : piece.start()].rstrip(" " + GS))
            out.append((piece[1], str(piece.end())))
        elif not out:
            raise Gs1Error("gs1_unknown_element", value=_shown(piece[0]))
    if len(out) > MAX_ELEMENTS:
        raise Gs1Error("gs1_too_long", count=len(code))
    out[-1] = (out[-1][0], code[int(out[-1][1]) :].rstrip(" " + GS))
    return out


def _link_elements(code: str) -> list[tuple[str, str]]:
    """The key `/01/GTIN` and its qualifiers in pairs to the end of the path, and what the query adds under digits."""
    address, _, query = code.partition("#")[0].partition("?")
    parts = address.rstrip("/").split("/")[3:]
    out: list[tuple[str, str]] = []
    for start in range(len(parts) - 2, -1, -2):
        if _alias(parts[start]) == "01" and is_digits(parts[start + 1]) and len(parts[start + 1]) in GTIN_LENGTHS:
            out.append(("01", parts[start + 1].zfill(14)))
            out += [(_alias(parts[i]), _decoded(parts[i + 1])) for i in range(start + 2, len(parts) - 1, 2)]
            break
    if not out:
        raise Gs1Error("gs1_link")
    for pair in re.split("[&;]", query):
        name, equals, value = pair.partition("=")
        if equals and is_digits(name):
            out.append((name, _decoded(value)))
    for ai, value in out:
        if _AI_DIGITS.get(ai[:2], 0) != len(ai) or not is_digits(ai):
            raise Gs1Error("gs1_unknown_element", value=_shown(f"{ai}={value}"))
    if len(out) > MAX_ELEMENTS:
        raise Gs1Error("gs1_too_long", count=len(code))
    return out


def _alias(part: str) -> str:
    return _ALIASES.get(part.lower(), part)


def _decoded(part: str) -> str:
    try:
        return unquote_to_bytes(part).decode("ascii")
    except UnicodeError as e:
        raise Gs1Error("gs1_structure", ai="?", value=_shown(part)) from e


def _check(ai: str, value: str) -> None:
    """Refuses a value that does not have its element's format."""
    fixed = _FIXED.get(ai[:2])
    if fixed is not None:
        good = is_digits(value) and len(value) == fixed
    elif ai in ("30", "37"):
        good = is_digits(value) and len(value) <= 8 and int(value) > 0
    elif ai[:3] in ("390", "392"):
        good = is_digits(value) and len(value) <= 15
    elif ai[:3] in ("391", "393"):
        good = is_digits(value) and 4 <= len(value) <= 18
    elif ai == "7003":
        good = is_digits(value) and len(value) == 10
    else:
        good = _CSET_82.fullmatch(value) is not None and len(value) <= (20 if ai in _TEXT_20 else _LONGEST)
    if not good:
        raise Gs1Error("gs1_structure", ai=ai, value=_shown(value))
    if ai == "01":
        should = check_digit(value[:-1])
        if should != int(value[-1]):
            raise Gs1Error("gs1_check_digit", gtin=value, found=value[-1], should=str(should))


def _meaning(found: dict[str, str], on: date | None, exponent: int) -> Gs1:
    dates = {ai: _date(ai, found[ai], on) for ai in _MARKED_DATES if ai in found}
    expiry = dates.get("17")
    if expiry is None and "7003" in found:
        expiry = _date("7003", found["7003"][:6], on)
    amount, currency = _amount(found, exponent)
    return Gs1(
        gtin=found["01"],
        lot=found.get("10", ""),
        serial=found.get("21", ""),
        produced=dates.get("11"),
        best_before=dates.get("15"),
        sell_by=dates.get("16"),
        expiry=expiry,
        weight_g=_weight(found),
        amount_minor=amount,
        amount_currency=currency,
        count=int(found["30"]) if "30" in found else None,
        contained=int(found["37"]) if "37" in found else None,
    )


def _date(ai: str, value: str, on: date | None) -> date:
    """YYMMDD. The century is the one that brings the year nearest to `on`."""
    year, month, day = int(value[:2]), int(value[2:4]), int(value[4:6])
    if on is None:
        year += 2000
    else:
        year += on.year - on.year % 100
        if year - on.year >= 51:
            year -= 100
        elif year - on.year <= -50:
            year += 100
    if not 1 <= month <= 12 or not 1 <= year <= 9999 or day > (last := monthrange(year, month)[1]):
        raise Gs1Error("gs1_date", ai=ai, value=value)
    return date(year, month, day or last)


def _weight(found: dict[str, str]) -> int | None:
    """Net weight in grams, rounded half up: of AI 310n (kilograms), else 320n (pounds)."""
    for family, times, parts in (("310", 1000, 1), ("320", *_POUND_G)):
        of = sorted(ai for ai in found if ai[:3] == family)
        if len(of) > 1:
            raise Gs1Error("gs1_twice", ai=f"{family}n")
        if of:
            below = parts * 10 ** int(of[0][3])
            grams = (2 * int(found[of[0]]) * times + below) // (2 * below)
            if grams > MAX_GRAMS:
                raise Gs1Error("gs1_structure", ai=of[0], value=found[of[0]])
            return int(grams)
    return None


def _amount(found: dict[str, str], exponent: int) -> tuple[int | None, str]:
    """Minor units of AI 392n, else 393n with its currency; an amount finer than a minor unit is refused."""
    of = sorted(ai for ai in found if ai[:3] in ("392", "393"))
    if not of:
        return None, ""
    if len(of) > 1:
        raise Gs1Error("gs1_twice", ai="39nn")
    value = found[of[0]]
    currency, digits = (value[:3], value[3:]) if of[0][:3] == "393" else ("", value)
    minor, rest = divmod(int(digits) * 10**exponent, 10 ** int(of[0][3]))
    if rest or minor > MAX_AMOUNT:
        raise Gs1Error("gs1_structure", ai=of[0], value=_shown(value))
    return minor, currency


def _shown(value: str) -> str:
    """A value as a sentence may show it: short, and printable."""
    clean = "".join(character if character.isprintable() else "�" for character in value)
    return clean if len(clean) <= 20 else clean[:19] + "…"
