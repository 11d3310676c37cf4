"""From what was scanned or keyed to the item that it sells, or to the reason why not: one entry point, `read_code`.

The book's word goes first. A code that the book has is that item, whatever its check digit: real chains sell goods
under wrong ones. Then come the other spellings of the same GTIN, the shop's weigh labels, and GS1 element strings and
Digital Links; only what is left over is looked at to say why it is refused. Goods past a date that their own code says
are refused. Payment codes are not told here by their prefix, because a payment code of 18
digits may begin like a weigh label: the state of the sale decides which of the two is read.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from engine.errors import SENTENCES as ENGINE_SENTENCES
from engine.gs1 import CURRENCY_NUMBERS, GS1_SENTENCES, MAX_GS1, Gs1, Gs1Error, is_gs1, read_gs1
from engine.gtin import GTIN_LENGTHS, check_digit, is_digits, spellings
from engine.labels import Label, LabelFault, LabelTemplate, label_weight, read_label, sold_weight
from engine.values import Item

MAX_CODE = 64  # characters, of a code that is no GS1 element string or Digital Link
PAYMENT_LENGTHS = range(16, 25)
MAX_GTIN = 14
_SHOWN = 32  # characters of a code that a sentence shows

# code -> (what is the matter, what to do about it). The fault is the code's or the book's, never the cashier's.
CODE_SENTENCES: dict[str, tuple[str, str]] = {
    "code_empty": ("There is no code.", "Scan or key a code."),
    "code_too_long": (
        "A code of {count} characters is longer than any barcode of goods.",
        "Scan the barcode of the goods.",
    ),
    "code_characters": (
        "The code holds a character that no barcode has ({character}).",
        "Scan it again; check the scanner's keyboard and suffix settings.",
    ),
    "code_not_digits": (
        "{code} is not in the price book and is no barcode of goods: it is not digits alone.",
        "Scan the barcode of the goods, or key its number.",
    ),
    "check_digit": (
        "{code} was misread or mistyped: its last digit is {found} and should be {should}.",
        "Scan it again, or key it again.",
    ),
    "unknown_item": ENGINE_SENTENCES["unknown_item"],
    "no_label_template": (
        "{code} is an in-store label of a kind that this terminal does not know.",
        "Have the goods weighed again; the label templates in the settings must name its prefix {prefix}.",
    ),
    "label_check_digit": (
        "The label {code} was misread: its last digit is {found} and should be {should}.",
        "Scan it again, or have the goods weighed again. A payment code is scanned after the subtotal.",
    ),
    "label_amount_zero": ("The label {code} says an amount of 0.", "Have the goods weighed again."),
    "label_weight_zero": ("The label {code} says a weight of 0.", "Have the goods weighed again."),
    "label_unknown_plu": (
        "The label's item {plu} is not in the price book.",
        "Have the goods weighed again under another number. A payment code is scanned after the subtotal.",
    ),
    "label_not_weighed": (
        "{name} is sold by the piece, and its label is one for weighed goods.",
        "Key the item's number, or have the label made again.",
    ),
    "label_price_changed": (
        "The price of {name} has changed since the label was printed.",
        "Have the goods weighed again.",
    ),
    "maybe_payment_code": (
        "{code} is no barcode of goods; it may be a payment code.",
        "Press subtotal first, then scan the payment code.",
    ),
    "expired": (
        "{name} may be used until {date} only; it must not be sold.",
        "Take it out of the sale and off the shelf, and fetch a fresh one.",
    ),
    "past_best_before": (
        "{name} was best before {date}; it must not be sold.",
        "Take it out of the sale and off the shelf, and fetch a fresh one.",
    ),
    "past_sell_by": (
        "{name} was to be sold by {date}; it must not be sold.",
        "Take it out of the sale and off the shelf, and fetch a fresh one.",
    ),
    "gs1_weight_zero": ("The code of {name} says a weight of 0.", "Have the goods weighed again."),
    "gs1_amount_zero": ("The code of {name} says an amount of 0.", "Have the goods weighed again."),
    "gs1_other_currency": (
        "The price on the label of {name} is in another currency ({currency}).",
        "Have the goods weighed again.",
    ),
    **GS1_SENTENCES,
}

INDICATOR_VARIABLE = "9"  # the first digit of a GTIN-14 of goods whose measure varies


class CodeError(Exception):
    """A code that sells nothing: `code` is a key of CODE_SENTENCES, `args_by_name` fills its {names}."""

    def __init__(self, code: str, /, **args: str | int) -> None:
        super().__init__(code, args)
        self.code = code
        self.args_by_name = args

    def __str__(self) -> str:
        text, remedy = CODE_SENTENCES[self.code]
        return f"{text} {remedy}".format(**self.args_by_name)


@dataclass(frozen=True, slots=True)
class CodeReading:
    """What a code sells. `weight_g` is known where the code says it; a kg item without one goes on the scale."""

    item: Item
    code: str  # as read, without the spaces around it; of a GS1 element string or Digital Link the GTIN, 14 digits
    label: Label | None = None
    weight_g: int | None = None
    gs1: Gs1 | None = None
    qty: int = 1  # pieces of an `each` item: more than one where the code itself says so


def read_code(
    text: str,
    find: Callable[[str], Item | None],
    templates: Sequence[LabelTemplate],
    *,
    on: date | None = None,
    exponent: int = 2,
    currency: str = "",
) -> CodeReading:
    """The item of a scanned or keyed code, and the weight where a weigh label or a GS1 code says it.

    `find` gives the item of a barcode or sku exactly as the book has it; it is handed 1 to 64 printable characters.
    `on` is the sale's date: goods whose code says an earlier last date are refused; without it no date is looked at.
    `exponent` and `currency` (ISO 4217, "CNY") are the book's: a code that names another currency is refused, and
    where `currency` is not given or has no number here, an amount with a currency is not used. Raises CodeError and
    nothing else, whatever the text.
    """
    if len(text) > 2 * MAX_GS1:  # before it is copied
        raise CodeError("code_too_long", count=len(text))
    code = text.strip(" \t\r\n\f\v") if is_gs1(text) else text.strip()
    if not code:
        raise CodeError("code_empty")
    if is_gs1(code) and not _in_book(code, find):
        return _read_gs1(code, find, on, exponent, currency)
    if len(code) > MAX_CODE:
        bare = _bare_gs1(code, find, on, exponent, currency)
        if bare is not None:
            return bare
        raise CodeError("code_too_long", count=len(code))
    for character in code:
        if not character.isprintable():
            raise CodeError("code_characters", character=f"U+{ord(character):04X}")
    for spelling in (code, *spellings(code)):
        item = find(spelling)
        if item is not None:
            return CodeReading(item, code)
    for template in templates:
        if template.fits(code):
            return _read_label(code, template, find)
    bare = _bare_gs1(code, find, on, exponent, currency)
    if bare is not None:
        return bare
    raise _why_not(code)


def shown(code: str) -> str:
    """The code as a sentence may show it: of what may be a card, a payment code or a telephone, its end only."""
    digits = sum(character.isdigit() for character in code)
    if digits > MAX_GTIN:
        return "****" + code[-4:]
    if len(code) == 11 and is_digits(code) and code[0] == "1" and code[1] >= "3":
        return f"{code[:3]}****{code[-4:]}"
    return code if len(code) <= _SHOWN else code[: _SHOWN - 1] + "…"


def _read_label(code: str, template: LabelTemplate, find: Callable[[str], Item | None]) -> CodeReading:
    label = read_label(code, template)
    if isinstance(label, LabelFault):
        raise CodeError(label.code, **{**label.args, "code": shown(code)})
    item = next((item for item in map(find, label.skus()) if item is not None), None)
    if item is None:
        raise CodeError("label_unknown_plu", plu=label.plu)
    if item.unit != "kg":
        raise CodeError("label_not_weighed", name=item.name)
    weight_g = label_weight(label, item.price)
    if weight_g is None:
        raise CodeError("label_price_changed", name=item.name)
    return CodeReading(item, code, label, weight_g)


def _in_book(code: str, find: Callable[[str], Item | None]) -> bool:
    """Whether the book itself has the code: a shop may sell under a code of its own that looks like another kind."""
    return len(code) <= MAX_CODE and code.isprintable() and find(code) is not None


def _read_gs1(
    code: str, find: Callable[[str], Item | None], on: date | None, exponent: int, currency: str
) -> CodeReading:
    try:
        gs1 = read_gs1(code, on=on, exponent=exponent)
    except Gs1Error as error:
        raise CodeError(error.code, **error.args_by_name) from error
    item = _item_of(gs1, find)
    if item is None:
        raise CodeError("unknown_item", code=gs1.gtin)
    return _gs1_goods(gs1, item, on, currency)


def _bare_gs1(
    code: str, find: Callable[[str], Item | None], on: date | None, exponent: int, currency: str
) -> CodeReading | None:
    """The goods of an element string that nothing marks as one; None where it is none, or none of goods in the book.

    Only a whole one counts: digits alone may be a payment code as well, and then the sentence about those is better.
    """
    if not code.isascii() or not code[:2].isdigit():
        return None
    try:
        gs1 = read_gs1(code, on=on, exponent=exponent)
    except Gs1Error as error:
        if code.startswith("01") and not is_digits(code) and error.code != "gs1_unknown_element":
            raise CodeError(error.code, **error.args_by_name) from error
        return None
    item = _item_of(gs1, find)
    if item is None:
        if is_digits(code) and len(code) in PAYMENT_LENGTHS:
            return None
        raise CodeError("unknown_item", code=gs1.gtin)
    return _gs1_goods(gs1, item, on, currency)


def _item_of(gs1: Gs1, find: Callable[[str], Item | None]) -> Item | None:
    return next((item for item in map(find, (gs1.gtin, *spellings(gs1.gtin))) if item is not None), None)


def _gs1_goods(gs1: Gs1, item: Item, on: date | None, currency: str) -> CodeReading:
    """The goods with the weight or the pieces that the code says. The last day itself is still good."""
    for last, why in (
        (gs1.expiry, "expired"),
        (gs1.best_before, "past_best_before"),
        (gs1.sell_by, "past_sell_by"),
    ):
        if on is not None and last is not None and last < on:
            raise CodeError(why, name=item.name, date=last.isoformat())
    if item.unit != "kg":
        count = gs1.count if gs1.gtin.startswith(INDICATOR_VARIABLE) else None
        return CodeReading(item, gs1.gtin, gs1=gs1, qty=count or 1)
    if gs1.weight_g == 0:
        raise CodeError("gs1_weight_zero", name=item.name)
    amount = gs1.amount_minor
    if amount == 0:
        raise CodeError("gs1_amount_zero", name=item.name)
    if amount is not None and gs1.amount_currency:
        number = CURRENCY_NUMBERS.get(currency)
        if number is None:
            amount = None
        elif number != gs1.amount_currency:
            raise CodeError("gs1_other_currency", name=item.name, currency=gs1.amount_currency)
    if amount is None and gs1.weight_g is None:
        return CodeReading(item, gs1.gtin, gs1=gs1)
    weight_g = sold_weight(amount, gs1.weight_g, item.price)
    if not weight_g:
        raise CodeError("label_price_changed", name=item.name)
    return CodeReading(item, gs1.gtin, weight_g=weight_g, gs1=gs1)


def _why_not(code: str) -> CodeError:
    """The reason why a code that the book and the templates do not have sells nothing."""
    if not code.isascii():
        strange = next(character for character in code if not character.isascii())
        return CodeError("code_characters", character=strange)
    if not code.isdigit():
        return CodeError("code_not_digits", code=shown(code))
    if len(code) in PAYMENT_LENGTHS:
        return CodeError("maybe_payment_code", code=shown(code))
    if len(code) > MAX_GTIN:
        return CodeError("code_too_long", count=len(code))
    if len(code) == 13 and code[0] == "2":
        return CodeError("no_label_template", code=code, prefix=code[:2])
    if len(code) in GTIN_LENGTHS:
        should = check_digit(code[:-1])
        if should != int(code[-1]):
            return CodeError("check_digit", code=code, found=code[-1], should=str(should))
    return CodeError("unknown_item", code=shown(code))
