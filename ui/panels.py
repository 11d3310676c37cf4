"""What a panel over the basket shows, as text and flags. Pure, a part of ui.models."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from runtime.wire.messages import View, ViewRecord, ViewReturnLine
from ui.buttons import Button
from ui.forms import FORMS, REASONS, Form, Option
from ui.keys import BY_ACTION, HOT_KEYS
from ui.local import Local, Words
from ui.money import SIGNS, grouped_text, money_text, weight_text
from ui.overlay import Cover, cover_of, listed, options_of
from ui.possible import valid
from ui.texts import Texts, mark

DOT = "●"
BLIND = "The drawer is not counted yet"  # the row of a report that stands where the tenders would
# An operation that needs approval, by the daemon's name, where it is not the action's.
OPERATION_WORDS: dict[str, str] = {
    "return_with_receipt": mark("Return with receipt"),
    "return_without_receipt": mark("Return without receipt"),
    "unlock_other": mark("Unlock for another person"),
    "training": mark("Training"),
    "shift_open": mark("Open a shift"),
    "shift_close": mark("Count and close the shift"),
    "suspend": mark("Hold"),
    "recall": mark("Take a sale up again"),
    "reprint": mark("Receipt copy"),
}
ROLE_WORDS: dict[str, str] = {
    "cashier": mark("Cashier"),
    "supervisor": mark("Supervisor"),
    "manager": mark("Manager"),
}
KIND_WORDS: dict[str, str] = {
    "RetailTransaction": mark("Sale"),
    "TillOpen": mark("Shift opened"),
    "TillSettle": mark("Shift closed"),
    "PaidIn": mark("Paid in"),
    "PaidOut": mark("Paid out"),
    "TenderPickup": mark("To the safe"),
    "NoSale": mark("Drawer opened"),
    "BusinessEOD": mark("Day end"),
}


@dataclass(frozen=True, slots=True)
class FieldShown:
    label: str
    value: str  # a PIN as dots, an amount with its currency
    active: bool
    optional: bool


@dataclass(frozen=True, slots=True)
class Choice:
    """A row that may be touched; `action` empty: it only says something."""

    action: str
    key: str
    label: str
    note: str  # below the label
    detail: str  # at the right
    chosen: bool = False
    possible: bool = True
    strong: bool = False


@dataclass(frozen=True, slots=True)
class Panel:
    cover: Cover
    title: str
    hint: str
    fields: tuple[FieldShown, ...] = ()
    choices: tuple[Choice, ...] = ()  # from the first shown
    first: int = 0
    count: int = 0  # of all choices
    columns: int = 1
    search: str | None = None  # what the list is searched for
    button: Button | None = None  # of the panel's own, at its foot
    empty: str = ""
    lead: str = ""  # below the title: what it is about


def words_of(texts: Mapping[str, Texts], language: str) -> Words:
    """What operations are found by, in every language of the screen, and what reasons are chosen from."""
    t = texts[language]
    return Words(
        operations={h.action: tuple(text for one in texts.values() for text in (one(h.label), one(h.help)))
                    for h in HOT_KEYS},
        reasons={name: tuple(t(text) for text in reasons) for name, reasons in REASONS.items()},
    )  # fmt: skip


def panel_of(view: View | None, local: Local, t: Texts) -> Panel | None:
    cover = cover_of(view, local)
    if cover == "help":
        return _help(view, local, t)
    if view is None or not cover:
        return None
    if cover == "form" and local.form is not None:
        return _form(view, local, local.form, t)
    if cover == "report":
        return _report(view, local, t)
    return _found(view, local, t) if cover == "found" else _return(view, local, t)


def _help(view: View | None, local: Local, t: Texts) -> Panel:
    now = valid(view, local)
    actions = listed(view, local)
    keys = local.settings.keys
    choices = tuple(
        Choice(
            f"choose:{action}",
            " / ".join(keys.of_action[action]),
            t(BY_ACTION[action].label),
            (t(BY_ACTION[action].help) if local.filter else "") if action in now else t("not now"),
            "",
            number == local.pick,
            action in now,
        )
        for number, action in enumerate(actions)
    )
    picked = actions[local.pick] if local.pick is not None and local.pick < len(actions) else ""
    how = t("Type to search: a word, or its key. {cancel} closes this; scanning goes on.", **keys.names())
    return Panel(
        "help",
        t("Functions"),
        t(BY_ACTION[picked].help) if picked else how,
        choices=choices[local.first :],
        first=local.first,
        count=len(choices),
        columns=1 if local.filter else 2,
        search=local.filter,
        empty=t("No function is like {typed}.", typed=local.filter) if local.filter else "",
    )


def _says(form: Form, t: Texts) -> dict[str, str | int]:
    said: dict[str, str | int] = dict(form.says)
    if form.name == "approval":
        operation = str(said.get("operation", ""))
        word = OPERATION_WORDS.get(operation) or (BY_ACTION[operation].label if operation in BY_ACTION else operation)
        said["operation"] = t(word)
        said["role"] = t(ROLE_WORDS.get(str(said.get("role", "")), str(said.get("role", ""))))
    return said


def form_title(form: Form, t: Texts) -> str:
    return t(FORMS[form.name].title, **_says(form, t))


def _form(view: View, local: Local, form: Form, t: Texts) -> Panel:
    options = options_of(form, view, local)
    fields = []
    for number, (one, value) in enumerate(zip(form.spec.fields, form.values, strict=True)):
        active = number == form.active
        shown = DOT * len(value) if one.kind == "pin" else value
        if active and form.pick is not None and form.pick < len(options):
            picked = options[form.pick]
            shown = picked.key if one.kind == "ticket" else picked.value
        if one.kind == "money" and shown:
            shown = f"{SIGNS.get(view.currency, f'{view.currency} ')}{shown}"
        fields.append(FieldShown(t(one.label), shown, active, one.optional))
    choices = tuple(
        Choice(f"choose:{n}", one.key, one.label, "", one.detail, n == form.pick)
        if form.field.kind != "ticket"
        else Choice(f"choose:{n}", "", _ticket(one, t), _till(one, t), one.detail, n == form.pick)
        for n, one in enumerate(options)
    )
    return Panel(
        "form",
        form_title(form, t),
        _form_hint(form, t),
        tuple(fields),
        choices[local.first :],
        local.first,
        len(choices),
        columns=1 if form.field.kind == "ticket" else 2,
        lead=dict(form.says).get("what", ""),
    )


def _ticket(one: Option, t: Texts) -> str:
    number = one.value.rpartition("/")[2]
    if one.more > 0:
        return t("No. {number} · {name} and {more} more", number=number, name=one.label, more=one.more)
    return t("No. {number} · {name}", number=number, name=one.label)


def _till(one: Option, t: Texts) -> str:
    """Where it is; empty for this till's own."""
    return t("At till {terminal}", terminal=one.where) if one.where else ""


def _form_hint(form: Form, t: Texts) -> str:
    """What the active field wants, or what its value comes to."""
    if form.field.kind == "percent" and form.value.isdecimal() and len(form.value) <= 3 and int(form.value) <= 100:
        left = 100 - int(form.value)
        tenths = f"{left // 10}.{left % 10}" if left % 10 else str(left // 10)
        return t("{percent}% off: {tenths} tenths are paid", percent=int(form.value), tenths=tenths)
    if form.field.kind == "reason":
        return t("Touch a reason or type its number; or type your own.")
    return t(form.spec.hint, **_says(form, t))


def _report(view: View, local: Local, t: Texts) -> Panel | None:
    report = view.report
    if report is None:
        return None
    choices = []
    for row in report.rows:
        parts = [row.text] if row.text else []
        if row.count is not None:
            parts.append(t("{count} times", count=row.count))
        if row.amount_minor is not None:
            parts.append(grouped_text(row.amount_minor, view.exponent))
        choices.append(Choice("", "", t(row.label), "", "   ".join(parts), strong=row.strong))
    hint = report.at.replace("T", " ")
    if any(row.label == BLIND for row in report.rows):
        hint += " · " + t("The sums of cash and codes are shown after the count.")
    return Panel(
        "report", t(report.title), hint, choices=tuple(choices[local.first :]),
        first=local.first, count=len(choices),
    )  # fmt: skip


def _record_note(record: ViewRecord, t: Texts) -> str:
    parts = [record.at.replace("T", " ")[5:16], record.operator, record.name]
    if record.lines > 1:
        parts.append(t("{count} lines", count=record.lines))
    return "  ".join(one for one in parts if one)


def _found(view: View, local: Local, t: Texts) -> Panel | None:
    found = view.found
    if found is None:
        return None
    keys = local.settings.keys
    choices = tuple(
        Choice(
            f"choose:{n}",
            str(one.number),
            t(KIND_WORDS.get(one.kind, one.kind)),
            _record_note(one, t),
            grouped_text(one.amount_minor, view.exponent),
            n == local.pick,
        )
        for n, one in enumerate(found.records)
    )
    more = t("{page_down}: search on", **keys.names()) if found.before else ""
    hint = t.joined(t("Choose one to print it again."), more)
    return Panel(
        "found",
        t("Found: {text}", text=found.text) if found.text else t("The newest records"),
        hint,
        choices=choices[local.first :],
        first=local.first,
        count=len(choices),
        empty="" if choices else t("Nothing was found."),
    )


def left_text(line: ViewReturnLine, exponent: int) -> str:
    """What is left of a line in money: exact for all of it, about for a part (the promotions are worked out anew)."""
    if line.left >= line.sold:
        return grouped_text(line.net_minor, exponent)
    if line.left <= 0:
        return "—"
    return f"≈{grouped_text(line.net_minor * line.left // line.sold, exponent)}"


def _return(view: View, local: Local, t: Texts) -> Panel | None:
    receipt = view.open_return
    if receipt is None:
        return None

    def amount(value: int, unit: str) -> str:
        return weight_text(value) if unit == "kg" else str(value)

    choices = tuple(
        Choice(
            f"choose:{n}",
            str(one.line),
            one.name,
            t("sold {sold}, {left} left", sold=amount(one.sold, one.unit), left=amount(one.left, one.unit)),
            left_text(one, view.exponent),
            n == local.pick,
            one.left > 0,
        )
        for n, one in enumerate(receipt.lines)
    )
    paid = money_text(receipt.paid_minor, view.currency, view.exponent)
    given = money_text(receipt.given_minor, view.currency, view.exponent)
    hint = t("Paid {paid}, given back {given}. Type the quantity first, else all that is left.", paid=paid, given=given)
    return Panel(
        "return",
        t("Return of receipt {number} of {at}", number=receipt.number, at=receipt.at.replace("T", " ")[:16]),
        hint,
        choices=choices[local.first :],
        first=local.first,
        count=len(choices),
        button=Button("choose:all", t("Take back all that is left"), ""),
    )
