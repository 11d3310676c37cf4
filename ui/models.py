"""The view model: everything that the screen shows, as text and flags, made from a View and the Local state. Pure.

The painter (ui/screens) has no rule of its own left. Nothing is said by colour alone: a severity has a shape and a
word, a voided line has a word and a stroke, a chosen line has a mark.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from runtime.wire.messages import View, ViewDevice
from ui.actions import is_refund
from ui.banner import Banner, Severity, banner_of
from ui.basket import HEADS, Figure, Row, Saving, empty_of, figures_of, rows_of, rung_text, savings_of
from ui.buttons import Button, bar_of, button_of, buttons_of, pad_key, quick_cash_of
from ui.local import Local, basis
from ui.money import sign_of
from ui.overlay import cover_of
from ui.panels import DOT, Panel, panel_of
from ui.possible import valid
from ui.texts import Texts, mark, own
from ui.theme import ThemeName

CLASS_WORDS: dict[str, str] = {
    "Scanner": mark("Scanner"),
    "POSPrinter": mark("Receipt printer"),
    "Scale": mark("Scale"),
    "LineDisplay": mark("Customer display"),
    "ElectronicValueRW": mark("Code payment terminal"),
    "CashDrawer": mark("Cash drawer"),
    "Disk": mark("Disk"),
}
# What the banner says already: a notice of these codes in that state only beeps.
SAID_BY_BANNER: dict[str, tuple[str, ...]] = {
    "ringing": ("back_to_ringing",),
    "weighing": ("weigh_now",),
    "paying": ("payment_asked", "payment_waits"),
    "closed": ("paid",),
}
HINT_SUMS = ("gain", "amount")  # come without their currency
HINT_NAME = 32  # columns of a name in a hint, which is one line
SEVERITY_WORDS: dict[Severity, str] = {"good": mark("Done"), "info": mark("Note"), "bad": mark("Attention")}


@dataclass(frozen=True, slots=True)
class Trouble:
    """A device or the network, when it is not well. `info`: it works still (paper nearly out)."""

    text: str
    remedy: str
    severity: Severity = "bad"


@dataclass(frozen=True, slots=True)
class Message:
    word: str  # of its severity
    headline: str  # the text, after the word where it must be heeded
    severity: Severity
    text: str
    remedy: str
    fresh: bool  # prominent; an older one steps back once the sale has moved on


@dataclass(frozen=True, slots=True)
class Ask:
    """A question that must be answered before money is taken. Never modal: it stands below the basket."""

    text: str
    hint: str
    answers: tuple[Button, ...]


@dataclass(frozen=True, slots=True)
class Screen:
    language: str
    theme: ThemeName
    training: str  # the mark that nothing counts; empty: it does
    store: str
    workstation: str
    operator: str
    time: str
    health: str  # devices and network in a few words
    healthy: bool
    unsent: str
    troubles: tuple[Trouble, ...]
    more_troubles: str  # for those that have no room: "{count}" stands in it
    banner: Banner
    heads: tuple[str, ...]  # of the list's columns
    rows: tuple[Row, ...]  # those that fit, from the first shown
    line_count: int  # of all, shown or not
    page_rows: int  # those that fit
    position: str  # which lines of how many; empty when all are shown
    empty: str  # what stands where the lines would
    savings: tuple[Saving, ...]
    main: Figure  # the huge one
    figures: tuple[Figure, ...]
    member: str
    entry: str
    entry_label: str
    message: Message | None
    beep: str  # changes when a sound is due: `good:7`, `bad:note3`; empty for a silent one
    buttons: tuple[Button, ...]
    quick_cash: tuple[Button, ...]
    pad: tuple[Button, Button, Button]  # of the keypad: erase, clear, enter
    tools: tuple[Button, ...]  # the list of operations and the language: always there
    bar: tuple[Button | None, ...]  # the commonest operations, each in its place
    ask: Ask | None
    panel: Panel | None


def screen(view: View | None, local: Local, t: Texts) -> Screen:
    """All that is on the screen now. Without a View yet it says that it connects, and offers what needs none."""
    names = _device_names(view, t)
    troubles = _troubles(view, local, t, names)
    message, beep = _message(view, local, t, names)
    healthy = not any(trouble.severity == "bad" for trouble in troubles)
    if message is not None and any(_same(trouble, message) for trouble in troubles):  # said once, where it is loudest
        troubles = tuple(one for one in troubles if not (message.fresh and _same(one, message)))
        message = message if message.fresh else None
    message = _with_hint(message, view, local, t)
    rows, position = rows_of(view, local, t)
    main, figures = figures_of(view, t)
    return Screen(
        language=local.language,
        theme=local.theme,
        training=t("Training: nothing counts") if view is not None and view.training else "",
        store=view.store if view else "",
        workstation=t("Till {number}", number=view.workstation) if view else "",
        operator=_operator(view, t),
        time=_time(view, local),
        health=_health(view, local, t),
        healthy=healthy,
        unsent=_unsent(view, t),
        troubles=troubles,
        more_troubles=t("{count} more"),
        banner=banner_of(view, local, t),
        heads=tuple(t(head) for head in HEADS),
        rows=rows,
        line_count=len(view.lines) if view else 0,
        page_rows=local.page_rows,
        position=position,
        empty=empty_of(view, local, t),
        savings=savings_of(view, t),
        main=main,
        figures=figures,
        member=t("Member {number}", number=masked(view.member)) if view and view.member else "",
        entry=_entry(view, local),
        entry_label=_entry_label(view, local, t),
        message=message,
        beep=beep,
        buttons=buttons_of(view, local, t),
        quick_cash=quick_cash_of(view, local, t),
        pad=(pad_key("erase", t("Erase")), pad_key("clear", t("Clear")), button_of("enter", local, t)),
        tools=(
            button_of("help", local, t),
            Button("language", "English" if local.language == "zh" else "中文", local.settings.keys.first("language")),
        ),
        bar=bar_of(view, local, t),
        ask=_ask(view, local, t),
        panel=panel_of(view, local, t),
    )


def _operator(view: View | None, t: Texts) -> str:
    if view is None or not view.operator or view.desk == "off":
        return ""
    return t("Cashier {name}", name=view.operator_name or view.operator)


def _ask(view: View | None, local: Local, t: Texts) -> Ask | None:
    if view is None or not view.age_question or not local.connected or "age_ok" not in valid(view, local):
        return None
    answers = (
        button_of("age_ok", local, t, t("{years} or older", years=view.age_question), primary=True),
        button_of("age_no", local, t),
    )
    asks = t("Is the customer {years} or older?", years=view.age_question)
    about = f"{_shortened(local.age_name)} · {asks}" if local.age_name else asks
    keys = local.settings.keys.names()
    return Ask(
        about, t("If in doubt look at the papers, or type the birth date 20010531, then {age_ok}.", **keys), answers
    )


def masked(text: str) -> str:
    """A member's number or phone as it may be shown: `138****1234`."""
    return text if len(text) < 8 else f"{text[:3]}****{text[-4:]}"


def _time(view: View | None, local: Local) -> str:
    at = local.clock or (view.at if view else "")
    return at[:16].replace("T", " ")


# --- how things are ---------------------------------------------------------------------------------------------


def _device_names(view: View | None, t: Texts) -> dict[str, str]:
    """Devices by what they are; by their own name too where there are two of a kind."""
    if view is None:
        return {}
    kinds = [d.device_class for d in view.devices]
    names = {}
    for device in view.devices:
        word = t(CLASS_WORDS.get(device.device_class, device.device_class))
        names[device.name] = word if kinds.count(device.device_class) == 1 else f"{word} {device.name}"
    return names


def _sick(view: View) -> tuple[ViewDevice, ...]:
    return tuple(device for device in view.devices if not device.ok)


def _troubles(view: View | None, local: Local, t: Texts, names: dict[str, str]) -> tuple[Trouble, ...]:
    if view is None or not local.connected:
        return (Trouble(*t.sentence(own("UI_CONNECTING"))),)
    troubles = [Trouble(*t.sentence(device.sentence, names)) for device in _sick(view)]
    warned = [d for d in view.devices if d.ok and d.sentence.code not in ("OK", "")]
    notes = [Trouble(*t.sentence(device.sentence, names), severity="info") for device in warned]
    if not view.network.ok:
        text, remedy = t.sentence(view.network.sentence, names)
        troubles.append(Trouble(text, remedy or t("Sell on: sales are kept here and sent later.")))
    elif view.network.sentence.code == "HQ_LATE":
        notes.append(Trouble(*t.sentence(view.network.sentence, names), severity="info"))
    return tuple(troubles + notes)


def _health(view: View | None, local: Local, t: Texts) -> str:
    if view is None or not local.connected:
        return t("Connecting")
    sick = len(_sick(view))
    devices = t("Devices: {count} with trouble", count=sick) if sick else t("Devices ready")
    network = t("Network ready") if view.network.ok else t("Network down")
    return f"{devices} · {network}"


def _unsent(view: View | None, t: Texts) -> str:
    if view is None:
        return ""
    parts = []
    since = view.network.since
    if view.network.unsent and since and since[:16] < view.at[:16]:  # not the one of this very minute
        at = since[11:16] if since[:10] == view.at[:10] else since[5:16].replace("T", " ")
        parts.append(t("Sales to send: {count} since {at}", count=view.network.unsent, at=at))
    elif view.network.unsent:
        parts.append(t("Sales to send: {count}", count=view.network.unsent))
    if view.receipts_waiting:
        parts.append(t("To print: {count}", count=view.receipts_waiting))
    here = sum(not one.terminal for one in view.suspended)
    if here:
        parts.append(t("On hold here: {count}", count=here))
    if view.recalling:
        parts.append(t("Till {terminal} is asked", terminal=view.recalling))
    return " · ".join(parts)


def _same(trouble: Trouble, message: Message) -> bool:
    return (trouble.text, trouble.remedy) == (message.text, message.remedy)


def _said_by_banner(view: View) -> bool:
    code = view.notice.sentence.code if view.notice else ""
    if code == "age_asked":
        return bool(view.age_question)  # the question stands below the basket
    if code == "quantity_set":
        return view.pending_qty is not None
    return code in SAID_BY_BANNER.get(view.state, ())


def _message(view: View | None, local: Local, t: Texts, names: dict[str, str]) -> tuple[Message | None, str]:
    """The message, and the beep that is due."""
    if local.note is not None:
        note = local.note
        severity: Severity = "bad" if note.severity == "bad" else "info"
        text, remedy = t.sentence(note.sentence, names)
        beep = f"bad:note{note.serial}" if severity == "bad" else ""
        return _said(severity, text, remedy, True, t), beep
    if view is None or view.notice is None:
        return None, ""
    notice = view.notice
    text, remedy = t.sentence(notice.sentence, names)
    fresh = local.notice_seen != notice.serial or local.notice_basis == basis(view)
    beep = "" if notice.severity == "info" else f"{notice.severity}:{notice.serial}"
    if _said_by_banner(view) or (notice.serial == local.hushed and notice.severity == "good"):
        return None, beep
    if notice.sentence.code in ("item_added", "weighed"):
        text = rung_text(view, text, str(notice.sentence.args.get("name", "")))
    return _said(notice.severity, text, remedy, fresh, t), beep


def _said(severity: Severity, text: str, remedy: str, fresh: bool, t: Texts) -> Message:
    word = t(SEVERITY_WORDS[severity])
    loud = severity == "bad" and fresh
    return Message(word, t("{word}: {what}", word=word, what=text) if loud else text, severity, text, remedy, fresh)


def _with_hint(message: Message | None, view: View | None, local: Local, t: Texts) -> Message | None:
    """What little more would bring a discount stands below what was rung, or alone; not under a warning."""
    if view is None or view.hint is None or view.state != "ringing" or not local.connected:
        return message
    short = {name: _shortened(str(value)) for name, value in view.hint.args.items()}
    sums = {name: sign_of(view.currency) + short[name] for name in HINT_SUMS if short.get(name)}
    hint, _ = t.sentence(replace(view.hint, args={**short, **sums}))
    if message is None:
        return _said("info", hint, "", False, t)
    if message.severity == "bad" or message.remedy:
        return message
    return replace(message, remedy=hint)


def _shortened(name: str) -> str:
    """A name of at most HINT_NAME columns, a Han character counting two: what is saved stands after it."""
    columns = 0
    for place, character in enumerate(name):
        columns += 2 if character >= "\u1100" else 1
        if columns > HINT_NAME:
            return name[:place].rstrip() + "…"
    return name


def _entry(view: View | None, local: Local) -> str:
    """What is being typed; a PIN never as itself."""
    if cover_of(view, local) == "help":
        return local.filter
    if local.form is None:
        return local.entry
    return DOT * len(local.form.value) if local.form.field.kind == "pin" else local.form.value


def _entry_label(view: View | None, local: Local, t: Texts) -> str:
    if cover_of(view, local) == "help":
        return t("Search the functions")
    if local.form is not None:
        return t(local.form.field.label)
    if view is not None and view.state == "tendering":
        return "" if is_refund(view) else t("Cash given, or payment code")
    if view is not None and view.state in ("weighing", "paying"):
        return ""  # nothing that is typed would be taken
    if cover_of(view, local) == "return":
        return t("How many come back, or a code")
    return t("Code or number")
