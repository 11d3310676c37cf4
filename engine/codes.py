"""From what was scanned or keyed to the item that it sells, or to the reason why not: one entry point, `read_code`.

The book's word goes first. A code that the book has is that item, whatever its check digit: real chains sell goods
under wrong ones. Then come the other spellings of the same GTIN, then the shop's weigh labels; only what is left over
is looked at to say why it is refused. Payment codes are not told here by their prefix, because a payment code of 18
digits may begin like a weigh label: the state of the sale decides which of the two is read.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from engine.errors import SENTENCES as ENGINE_SENTENCES
from engine.gtin import GTIN_LENGTHS, check_digit, is_digits, spellings
from engine.labels import Label, LabelFault, LabelTemplate, label_weight, read_label
from engine.values import Item

MAX_CODE = 64  # characters
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
}


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
    """What a code sells. `weight_g` is known for a weigh label only; a kg item without one goes on the scale."""

    item: Item
    code: str  # as read, without the spaces around it
    label: Label | None = None
    weight_g: int | None = None


def read_code(text: str, find: Callable[[str], Item | None], templates: Sequence[LabelTemplate]) -> CodeReading:
    """The item of a scanned or keyed code, and the weight where a weigh label says it.

    `find` gives the item of a barcode or sku exactly as the book has it; it is handed 1 to 64 printable characters.
    Raises CodeError and nothing else, whatever the text.
    """
    if len(text) > 4 * MAX_CODE:  # before it is copied
        raise CodeError("code_too_long", count=len(text))
    code = text.strip()
    if not code:
        raise CodeError("code_empty")
    if len(code) > MAX_CODE:
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
