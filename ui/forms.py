"""Forms: what an operation needs to be told, as a small machine. Pure; values in, values out.

A form is open or it is not; one field of it is active. Typing goes to the active field, Enter to the next one and at
the end out as a command. Nothing else is held up: a scan rings goods while a form is open (ui.session tells a wedge
scanner from typing; other scanners speak to the daemon), and the form stays as it is. A form whose operation is not
possible any more is closed (ui.local.seen). What a field may hold is the daemon's to judge; refused here is only what
no argument can be made of.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from runtime.wire.messages import Sentence, View
from ui.keys import MAX_ENTRY
from ui.money import amount_text, entered_minor, money_text
from ui.texts import mark, own

Kind = Literal["money", "percent", "number", "text", "pin", "date", "reason", "ticket"]
Args = dict[str, str | int | None]
MAX_NUMBER_DIGITS = 9
_DATE = re.compile(r"(\d{4})[-./]?(\d{2})[-./]?(\d{2})")


@dataclass(frozen=True, slots=True)
class Field:
    name: str  # the command's argument
    label: str
    kind: Kind
    optional: bool = False


@dataclass(frozen=True, slots=True)
class FormSpec:
    """What is asked for, and of which command. The form's own fixed arguments (`line`) are beside the fields."""

    title: str
    fields: tuple[Field, ...]
    command: str = ""  # empty: the form's own name
    hint: str = ""


REASON = Field("reason", mark("Reason"), "reason")
AMOUNT = Field("amount_minor", mark("Amount"), "money")
PERCENT = Field("percent", mark("Percent off"), "percent", optional=True)
OFF = Field("amount_minor", mark("or amount off"), "money", optional=True)
USER = Field("user", mark("Number"), "text")
PIN = Field("pin", mark("PIN"), "pin")
ONE_OF_TWO = mark("Percent or amount, not both. Percent 0 takes the discount back.")

FORMS: dict[str, FormSpec] = {
    "price_override": FormSpec(
        mark("New price: {name}"), (Field("price_minor", mark("Price for one, or a kg"), "money"), REASON)
    ),
    "discount_line": FormSpec(mark("Discount: {name}"), (PERCENT, OFF, REASON), hint=ONE_OF_TWO),
    "discount_ticket": FormSpec(mark("Discount on the whole sale"), (PERCENT, OFF, REASON), hint=ONE_OF_TWO),
    "void_ticket": FormSpec(mark("Give up the whole sale"), (REASON,)),
    "recall": FormSpec(
        mark("Take a sale up again"),
        (Field("number", mark("Ticket"), "ticket"),),
        hint=mark("Touch it, choose it with the arrows, or type its number."),
    ),
    "paid_in": FormSpec(mark("Put money into the drawer"), (AMOUNT, REASON)),
    "paid_out": FormSpec(mark("Take money out of the drawer"), (AMOUNT, REASON)),
    "drop": FormSpec(mark("Take money to the safe"), (AMOUNT, REASON)),
    "no_sale": FormSpec(mark("Open the drawer without a sale"), (REASON,)),
    "part": FormSpec(mark("Part payment"), (AMOUNT,), hint=mark("Then take cash for it, or scan the payment code.")),
    "shift_open": FormSpec(mark("Open a shift"), (Field("float_minor", mark("Change in the drawer"), "money"),)),
    "shift_close": FormSpec(
        mark("Count the drawer"),
        (
            Field("cash_minor", mark("Cash counted"), "money"),
            Field("code_minor", mark("Paid by code, if counted"), "money", optional=True),
        ),
        hint=mark("What should be there is shown once the count is in."),
    ),
    "sign_on": FormSpec(mark("Sign on"), (USER, PIN)),
    "unlock": FormSpec(mark("Locked: unlock the till"), (USER, PIN)),
    "approval": FormSpec(
        mark("Approval: {operation}"),
        (Field("approver", mark("Number"), "text"), PIN),
        hint=mark("{role} or above must agree. Scanning goes on."),
    ),
    "reprint_number": FormSpec(
        mark("Print a receipt again"), (Field("number", mark("Receipt number; empty: the last"), "number", True),)
    ),
    "journal_search": FormSpec(
        mark("Find sales"),
        (Field("text", mark("Look for"), "text", True),),
        hint=mark("A number, a day (2026-11-22), goods, an amount or a name; empty: the newest."),
    ),
    "return_receipt": FormSpec(
        mark("Take goods back with their receipt"),
        (Field("code", mark("Receipt number or code"), "text"),),
        hint=mark("Or scan the code on the receipt."),
    ),
    "return_line": FormSpec(
        mark("Take back: {name}"),
        (Field("qty", mark("How many; empty: all that is left"), "number", True), REASON),
        hint=mark("Left of it: {left}. Empty takes all of it back."),
    ),
    "return_all": FormSpec(mark("Take back all that is left"), (REASON,)),
    "return_item": FormSpec(
        mark("Take goods back without a receipt"),
        (
            Field("code", mark("Code of the goods"), "text"),
            Field("qty", mark("How many"), "number", True),
            Field("price_minor", mark("Price for one, if lower than now"), "money", True),
            REASON,
        ),
    ),
}

# What a reason is chosen from where the settings name none.
REASONS: dict[str, tuple[str, ...]] = {
    "price_override": (mark("Shelf label differs"), mark("Damaged"), mark("Close to its date"), mark("Price match")),
    "discount_line": (mark("Damaged"), mark("Close to its date"), mark("Complaint"), mark("Staff")),
    "discount_ticket": (mark("Complaint"), mark("Staff"), mark("Regular customer")),
    "void_ticket": (mark("Customer left"), mark("Cannot pay"), mark("Rung by mistake")),
    "paid_in": (mark("More change"), mark("Advance paid back")),
    "paid_out": (mark("Delivery paid"), mark("Petty cash"), mark("Refund in goodwill")),
    "drop": (mark("Too much cash"), mark("Shift change")),
    "no_sale": (mark("Change a note"), mark("Check the drawer"), mark("Forgotten change")),
    "return_line": (mark("Quality"), mark("Wrong goods"), mark("Changed mind")),
    "return_all": (mark("Quality"), mark("Wrong goods"), mark("Changed mind")),
    "return_item": (mark("Quality"), mark("Wrong goods"), mark("Changed mind")),
}
MAX_REASONS = 9


@dataclass(frozen=True, slots=True)
class Form:
    name: str  # of FORMS
    values: tuple[str, ...]
    active: int = 0
    pick: int | None = None  # of the active field's options
    args: tuple[tuple[str, str | int], ...] = ()  # that stand already: `line`, or those of what is to be approved
    says: tuple[tuple[str, str], ...] = ()  # what fills the title's {names}
    command: str = ""  # of an approval: what is to be sent again

    @property
    def spec(self) -> FormSpec:
        return FORMS[self.name]

    @property
    def field(self) -> Field:
        return self.spec.fields[self.active]

    @property
    def value(self) -> str:
        return self.values[self.active]


@dataclass(frozen=True, slots=True)
class Option:
    """Something that the active field may be. `key`: what is typed for it."""

    key: str
    label: str
    value: str
    detail: str = ""
    more: int = 0  # goods besides the one that it is named after
    where: str = ""  # the till that it is at, where that is another one


def opened(form: str, /, *values: str, args: Mapping[str, str | int] | None = None, **says: str) -> Form:
    """A form with its first fields filled; the first empty one is active."""
    fields = FORMS[form].fields
    filled = (*values, *([""] * (len(fields) - len(values))))
    active = next((i for i, value in enumerate(filled) if not value), 0)
    return Form(form, filled, active, args=tuple((args or {}).items()), says=tuple(says.items()))


def retyped(form: Form, text: str) -> Form:
    """With this text in the active field."""
    values = (*form.values[: form.active], text, *form.values[form.active + 1 :])
    return replace(form, values=values, pick=None)


def is_full(form: Form, more: str) -> bool:
    return len(form.value) + len(more) > MAX_ENTRY


def to_field(form: Form, number: int) -> Form:
    return replace(form, active=min(max(0, number), len(form.values) - 1), pick=None)


def moved(form: Form, step: int, options: tuple[Option, ...]) -> Form:
    """The next option of a field that has some, else the next field."""
    if not options:
        return to_field(form, form.active + step)
    if form.pick is None:
        return replace(retyped(form, ""), pick=0 if step > 0 else len(options) - 1)
    at = form.pick + step
    return to_field(form, form.active + step) if not 0 <= at < len(options) else replace(form, pick=at)


def forgotten(form: Form) -> Form:
    """Without its secret, and ready to be typed again."""
    secret = next((i for i, one in enumerate(form.spec.fields) if one.kind == "pin"), None)
    if secret is None:
        return to_field(form, 0)
    return retyped(replace(form, active=secret), "")


def chosen(form: Form, options: tuple[Option, ...]) -> str:
    """What the active field comes to: the picked option, the one whose key was typed, or what was typed."""
    if form.pick is not None and form.pick < len(options):
        return options[form.pick].value
    return next((one.value for one in options if one.key == form.value), form.value)


def entered(form: Form, options: tuple[Option, ...], view: View) -> Form | Sentence | tuple[str, Args]:
    """Enter: the form at its next field, what is wrong with this one, or the finished command."""
    form = retyped(form, chosen(form, options))
    wrong = fault(form.field, form.value, view)
    if wrong is not None:
        return wrong
    if form.active + 1 < len(form.values):
        return to_field(form, form.active + 1)
    for number, (one, value) in enumerate(zip(form.spec.fields, form.values, strict=True)):
        if number != form.active and fault(one, value, view) is not None:
            return to_field(form, number)
    return finished(form, view)


def finished(form: Form, view: View) -> Sentence | tuple[str, Args]:
    """The command of a form whose fields are all right."""
    args: Args = dict(form.args)
    for one, value in zip(form.spec.fields, form.values, strict=True):
        if value.strip():
            args[one.name] = meant(one.kind, value, view)
        elif one.name in ("text", "reason"):
            args[one.name] = ""
    if form.name == "recall":
        terminal = form.value.strip().rpartition("/")[0]
        args |= {"terminal": terminal} if terminal else {}
    if form.name == "reprint_number":
        args.setdefault("number", 0)
    if form.name.startswith("discount_"):
        if "percent" in args and "amount_minor" in args:
            return own("UI_ONE_OF_TWO")
        if "percent" not in args and "amount_minor" not in args:
            return own("UI_EMPTY_FIELD")
        if args.get("percent") == 0:
            del args["percent"]
    return form.command or form.spec.command or form.name, args


def fault(one: Field, value: str, view: View) -> Sentence | None:
    """Why no argument can be made of it."""
    value = value.strip()
    if not value:
        return None if one.optional else own("UI_EMPTY_FIELD")
    if meant(one.kind, value, view) is not None:
        return None
    if one.kind == "money":
        return own("UI_BAD_AMOUNT", typed=value)
    if one.kind == "percent":
        return own("UI_BAD_PERCENT", typed=value)
    return own("UI_BAD_DATE", typed=value) if one.kind == "date" else own("UI_BAD_NUMBER", typed=value)


def meant(kind: Kind, value: str, view: View) -> str | int | None:
    """The argument; None where there is none."""
    value = value.strip()
    if kind == "money":
        return entered_minor(value, view.exponent)
    if kind == "ticket":
        value = value.rpartition("/")[2]
    if kind in ("percent", "number", "ticket"):
        number = int(value) if value.isascii() and value.isdecimal() and len(value) <= MAX_NUMBER_DIGITS else None
        return None if number is not None and kind == "percent" and number > 100 else number
    return birth_date(value) if kind == "date" else value


def birth_date(text: str) -> str | None:
    """`20010531` or `2001-05-31` as `2001-05-31`; whether there is such a day is the daemon's to say."""
    match = _DATE.fullmatch(text)
    return f"{match[1]}-{match[2]}-{match[3]}" if match else None


def described(command: str, args: Mapping[str, str | int | None], view: View) -> str:
    """What a command would be done to, for the person who is asked to agree: the line, the amount, the reason; of a new
    price the regular one too."""
    lines = [line for line in view.lines if line.line == args.get("line") and view.open_return is None]
    said = [line.name for line in lines]
    if view.open_return is not None:
        said += [line.name for line in view.open_return.lines if line.line == args.get("line")]
    if command in ("void_ticket", "discount_ticket"):
        said.append(money_text(view.total_minor, view.currency, view.exponent))
    said += [f"-{args['percent']}%"] if args.get("percent") else []
    said += [f"×{args['qty']}"] if args.get("qty") else []
    for name in ("price_minor", "amount_minor", "float_minor", "cash_minor"):
        amount_minor = args.get(name)
        if isinstance(amount_minor, int):
            text = money_text(amount_minor, view.currency, view.exponent)
            if lines and name == "price_minor":
                old = money_text(lines[0].regular_minor, view.currency, view.exponent)
                text = f"{old} → {text}" + ("/kg" if lines[0].unit == "kg" else "")
            said.append(text)
    said += [str(args[name]) for name in ("code", "reason") if args.get(name)]
    return " · ".join(said)


def filled_amount(typed: str, view: View) -> str:
    """What was typed before the key, as a form's first value; empty where it is no amount."""
    amount_minor = entered_minor(typed, view.exponent) if typed else None
    return amount_text(amount_minor, view.exponent) if amount_minor is not None else ""
