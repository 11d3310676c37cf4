"""In-store weigh labels, read by templates. A template is data; nothing about a label is known here but its layout.

A layout has one letter a digit: F the fixed prefix, P the PLU, A the amount, W the weight, C the check digit, X a digit
that is not read. What is common: 13 digits `FFPPPPPAAAAAC` (prefix, PLU, amount), the same with W, and 18 digits
`FFPPPPPAAAAAWWWWWC`. Prefixes 20 to 29 are left to the shop by the GS1 General Specifications (section 1.4).

Templates that could read the same code differently are refused: a label must never mean two things.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from engine.gtin import check_digit, check_digit_from_left, is_digits

MAX_WEIGHT_G = 999_999
MAX_TEMPLATES = 50
MIN_LENGTH, MAX_LENGTH = 8, 32
MAX_PLU, MAX_VALUE = 13, 8  # digits of a PLU, of an amount or weight

Check = Literal["ean", "ean-left", "none"]
CHECKS: dict[str, Callable[[str], int] | None] = {"ean": check_digit, "ean-left": check_digit_from_left, "none": None}

_LETTERS = {
    "F": "prefix",
    "P": "PLU",
    "A": "amount",
    "W": "weight",
    "C": "check digit",
    "X": "unread digit",
}


class TemplateError(ValueError):
    """Templates that cannot be used; `faults` has (template name, what is wrong with it), all of them."""

    def __init__(self, faults: Sequence[tuple[str, str]]) -> None:
        super().__init__("; ".join(f"{name}: {fault}" for name, fault in faults))
        self.faults = tuple(faults)


@dataclass(frozen=True, slots=True)
class LabelTemplate:
    """One label format. Make it with `label_template`, which checks it."""

    name: str
    prefixes: tuple[str, ...]
    layout: str
    amount_decimals: int = 2
    weight_decimals: int = 3  # of a kilogram
    check: Check = "ean"
    plu_prefix: str = ""  # the item's sku is this and the PLU
    amount_factor: int = 1  # minor units in one of the label's last amount digit

    def fits(self, code: str) -> bool:
        """Whether `code` has the length and prefix of this template."""
        return len(code) == len(self.layout) and is_digits(code) and code.startswith(self.prefixes)

    def field(self, letter: str, code: str) -> str:
        """The digits of `code` under `letter`; empty where the layout has none."""
        start = self.layout.find(letter)
        return "" if start < 0 else code[start : start + self.layout.count(letter)]


@dataclass(frozen=True, slots=True)
class Label:
    """What a label says. At least one of amount and weight is there, and both are above 0."""

    plu: str
    amount_minor: int | None
    weight_g: int | None
    template: LabelTemplate

    def skus(self) -> tuple[str, ...]:
        """The codes under which the book may have its item, the template's own rule first."""
        plain = self.plu.lstrip("0")
        prefixed = (self.template.plu_prefix + self.plu,) if self.template.plu_prefix else ()
        return tuple(dict.fromkeys((*prefixed, self.plu, *((plain,) if plain else ()))))


@dataclass(frozen=True, slots=True)
class LabelFault:
    """Why a label that fits a template is refused: a code of `engine.codes.CODE_SENTENCES` and its arguments."""

    code: str
    args: dict[str, str | int]


def label_template(
    name: str,
    *,
    prefixes: Sequence[str],
    length: int,
    layout: str,
    amount_decimals: int = 2,
    weight_decimals: int = 3,
    check: str = "ean",
    plu_prefix: str = "",
    exponent: int = 2,
) -> LabelTemplate:
    """A checked template. `exponent` is the currency's (2: fen). Raises TemplateError with every fault."""
    faults = [*_layout_faults(layout, length), *_prefix_faults(prefixes, layout)]
    if check not in CHECKS:
        faults.append(f"check {check!r} is none of {', '.join(CHECKS)}")
    elif check != "none" and "C" not in layout:
        faults.append(f"check {check!r} needs a C at the end of the layout")
    if not 0 <= amount_decimals <= exponent:
        faults.append(f"amount_decimals {amount_decimals} is not from 0 to {exponent}")
    if not 0 <= weight_decimals <= 3:
        faults.append(f"weight_decimals {weight_decimals} is not from 0 to 3")
    elif 10 ** (layout.count("W") + 3 - weight_decimals) > MAX_WEIGHT_G + 1:
        faults.append(f"the weight could be more than {MAX_WEIGHT_G // 1000} kg: fewer W or more weight_decimals")
    if plu_prefix and (not is_digits(plu_prefix) or len(plu_prefix) > 8):
        faults.append(f"plu_prefix {plu_prefix!r} is not 1 to 8 digits")
    if faults:
        raise TemplateError([(name, fault) for fault in faults])
    return LabelTemplate(
        name,
        tuple(prefixes),
        layout,
        amount_decimals,
        weight_decimals,
        "ean" if check == "ean" else "ean-left" if check == "ean-left" else "none",
        plu_prefix,
        10 ** (exponent - amount_decimals),
    )


def checked_together(templates: Iterable[LabelTemplate]) -> tuple[LabelTemplate, ...]:
    """The templates as one set. Raises TemplateError where a name is used twice or a code could fit two of them."""
    kept: list[LabelTemplate] = []
    faults: list[tuple[str, str]] = []
    for template in templates:
        if len(kept) == MAX_TEMPLATES:
            faults.append((template.name, f"more than {MAX_TEMPLATES} templates"))
            break
        for other in kept:
            if other.name == template.name:
                faults.append((template.name, "the name is used twice"))
            if len(other.layout) != len(template.layout):
                continue
            for one in template.prefixes:
                for two in other.prefixes:
                    if one.startswith(two) or two.startswith(one):
                        faults.append((template.name, f"ambiguous: its prefix {one} meets {two} of {other.name}"))
        kept.append(template)
    if faults:
        raise TemplateError(faults)
    return tuple(kept)


def read_label(code: str, template: LabelTemplate) -> Label | LabelFault:
    """What the label says. `code` must fit the template (`LabelTemplate.fits`)."""
    digit_of = CHECKS[template.check]
    if digit_of is not None:
        should = digit_of(code[:-1])
        if should != int(code[-1]):
            return LabelFault("label_check_digit", {"code": code, "found": code[-1], "should": str(should)})
    amount = template.field("A", code)
    weight = template.field("W", code)
    amount_minor = int(amount) * template.amount_factor if amount else None
    weight_g = int(weight) * 10 ** (3 - template.weight_decimals) if weight else None
    if amount_minor == 0:
        return LabelFault("label_amount_zero", {"code": code})
    if weight_g == 0:
        return LabelFault("label_weight_zero", {"code": code})
    return Label(template.field("P", code), amount_minor, weight_g, template)


def price_of_weight(price_minor: int, weight_g: int) -> int:
    """What `weight_g` grams cost at `price_minor` for a kilogram, rounded half up (promotions.md, Numbers)."""
    return (price_minor * weight_g + 500) // 1000


def weight_of_amount(price_minor: int, amount_minor: int) -> int | None:
    """The grams that cost exactly `amount_minor` at `price_minor` for a kg; of several the nearest to the quotient.

    None where no whole gram does: the label was printed at another price.
    """
    if price_minor <= 0:
        return None
    below = amount_minor * 1000 // price_minor
    # The quotient itself costs the amount, and what costs it is an interval: only its two neighbours can be nearest.
    found = [g for g in (below, below + 1) if g > 0 and price_of_weight(price_minor, g) == amount_minor]
    if not found:
        return None
    return min(found, key=lambda grams: (abs(grams * price_minor - amount_minor * 1000), grams))


def label_weight(label: Label, price_minor: int) -> int | None:
    """The grams to sell of the label's item at today's price for a kg; None where the price no longer fits it."""
    return sold_weight(label.amount_minor, label.weight_g, price_minor)


def sold_weight(amount_minor: int | None, weight_g: int | None, price_minor: int) -> int | None:
    """The grams to sell where a label says an amount, a weight or both, at today's price for a kg.

    The customer never pays more than the label says: with a weight on it, today's price of that weight may be lower
    than the label's amount but not higher; without one, the weight is what costs the amount exactly. None where
    neither holds.
    """
    if amount_minor is None:
        return weight_g
    if weight_g is None:
        found_g = weight_of_amount(price_minor, amount_minor)
        return found_g if found_g is not None and found_g <= MAX_WEIGHT_G else None
    return weight_g if price_of_weight(price_minor, weight_g) <= amount_minor else None


def _layout_faults(layout: str, length: int) -> list[str]:
    faults: list[str] = []
    strange = sorted(set(layout) - set(_LETTERS))
    if strange:
        faults.append(f"layout {layout!r} has {strange[0]!r}; it may have {', '.join(_LETTERS)}")
    if len(layout) != length:
        faults.append(f"the fields of layout {layout!r} are {len(layout)} digits, and length is {length}")
    if not MIN_LENGTH <= length <= MAX_LENGTH:
        faults.append(f"length {length} is not from {MIN_LENGTH} to {MAX_LENGTH}")
    for letter, what in _LETTERS.items():
        count = layout.count(letter)
        if letter != "X" and letter * count not in layout:
            faults.append(f"the {what} ({letter}) of layout {layout!r} is in more than one piece")
    for letter, limit in (("P", MAX_PLU), ("A", MAX_VALUE), ("W", MAX_VALUE), ("C", 1)):
        if layout.count(letter) > limit:
            faults.append(f"layout {layout!r} has more than {limit} {letter}")
    if not layout.startswith("F"):
        faults.append(f"layout {layout!r} does not begin with its prefix (F)")
    if "P" not in layout:
        faults.append(f"layout {layout!r} has no PLU (P)")
    if "A" not in layout and "W" not in layout:
        faults.append(f"layout {layout!r} has neither an amount (A) nor a weight (W)")
    if "C" in layout and not layout.endswith("C"):
        faults.append(f"the check digit (C) of layout {layout!r} is not at the end")
    return faults


def _prefix_faults(prefixes: Sequence[str], layout: str) -> list[str]:
    if not prefixes:
        return ["it has no prefix"]
    faults = []
    for i, prefix in enumerate(prefixes):
        if not is_digits(prefix):
            faults.append(f"prefix {prefix!r} is not digits")
        elif len(prefix) != layout.count("F"):
            faults.append(f"prefix {prefix} has {len(prefix)} digits, and layout {layout!r} has {layout.count('F')} F")
        if prefix in prefixes[:i]:
            faults.append(f"prefix {prefix} is listed twice")
    return faults
