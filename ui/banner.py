"""The banner: in a few words what the sale is doing, and what to do next. Pure, a part of ui.models."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from runtime.wire.messages import View
from ui.actions import is_refund
from ui.basket import still_due_minor
from ui.local import Local
from ui.money import money_text
from ui.texts import Texts, mark

Severity = Literal["good", "info", "bad"]

STATE_WORDS: dict[str, tuple[str, str]] = {  # state -> (banner, hint below it)
    "idle": (mark("Ready"), mark("Scan goods, or type a code and press {enter}.")),
    "ringing": (mark("Ringing"), mark("Scan on; {pay} ends and takes payment.")),
    "weighing": (mark("Weighing"), mark("Put it on the scale; it is taken when steady. {cancel} leaves it.")),
    "tendering": (
        mark("Payment"),
        mark("Type the cash and press {enter}, {pay} for exact cash, or scan the payment code."),
    ),
    "paying": (mark("Paying by code"), mark("Ask the customer to look at the phone. {cancel} cancels.")),
    "closed": (mark("Paid"), mark("Scan on for the next sale.")),
}
SCALE_AT_FAULT = ("ESCAL_OVERWEIGHT", "ESCAL_UNDER_ZERO")  # somebody has to do something before it can be weighed


@dataclass(frozen=True, slots=True)
class Banner:
    text: str
    hint: str
    severity: Severity
    solid: bool = False  # somebody has to do something, or it is over: seen from afar


def banner_of(view: View | None, local: Local, t: Texts) -> Banner:
    """In training its word stands before everything."""
    banner = _banner_of(view, local, t)
    if view is None or not view.training or not local.connected:
        return banner
    return replace(banner, text=f"{t('Practice')} · {banner.text}")


def _banner_of(view: View | None, local: Local, t: Texts) -> Banner:
    if view is None or not local.connected:
        return Banner(t("Connecting"), t("The basket comes back by itself."), "bad", solid=True)
    keys = local.settings.keys.names()
    if (desk := _desk_banner(view, local, t, keys)) is not None:
        return desk
    text, hint = STATE_WORDS[view.state]
    severity: Severity = "good" if view.state in ("closed", "idle") else "info"
    if view.lookup is not None or view.looking_up:
        return _lookup_banner(view, t, keys)
    if view.state == "weighing" and view.weighing is not None:
        said, remedy = t.sentence(view.weighing.sentence)
        price = money_text(view.weighing.regular_minor, view.currency, view.exponent)
        if view.weighing.sentence.code in SCALE_AT_FAULT:
            severity = "bad"
        title = f"{t(text)} · {view.weighing.name} {price}/kg"
        return Banner(title, t.joined(said, remedy) or t(hint, **keys), severity, solid=True)
    if view.pending_qty is not None and view.state in ("idle", "ringing"):
        return Banner(
            t("{qty} of the next item", qty=view.pending_qty),
            t("Scan it; {cancel} drops the quantity.", **keys),
            severity,
        )
    if view.state == "closed" and view.change_minor > 0:
        change = money_text(view.change_minor, view.currency, view.exponent)
        return Banner(t("Paid · give {change} change", change=change), t(hint, **keys), severity, solid=True)
    if view.state == "closed" and view.total_minor < 0:
        given = money_text(-view.total_minor, view.currency, view.exponent)
        return Banner(t("Given back: {given}", given=given), t(hint, **keys), severity, solid=True)
    if view.open_return is not None and view.state in ("idle", "ringing", "closed"):
        owed = view.state == "ringing" and view.total_minor < 0
        says = t("Choose more, or {pay} gives the money back.", **keys) if owed else t("Choose what comes back.")
        return Banner(t("Return · receipt {number}", number=view.open_return.number), says, "info")
    if is_refund(view):
        back = money_text(view.paid_minor - view.total_minor, view.currency, view.exponent)
        return Banner(t("Give {back} back", back=back), t("{pay} gives it back in cash.", **keys), severity)
    if view.part_minor is not None and view.state == "tendering":
        part = money_text(view.part_minor, view.currency, view.exponent)
        return Banner(
            t("Payment of a part: {part}", part=part),
            t("Take cash for it with {pay}, or scan the payment code.", **keys),
            severity,
        )
    if view.paid_minor and view.state == "tendering":
        due = money_text(still_due_minor(view), view.currency, view.exponent)
        return Banner(
            t("Part paid · {due} still due", due=due),
            t("Scan the payment code, type cash and press {enter}, or {pay} for the rest in cash.", **keys),
            severity,
        )
    if view.state == "ringing" and view.age_question:
        hint = mark("Scan on; payment comes after the answer below.")
    return Banner(t(text), t(hint, **keys), severity, solid=view.state in ("closed", "paying", "weighing"))


def _desk_banner(view: View, local: Local, t: Texts, keys: dict[str, str | int]) -> Banner | None:
    """Who is there, and the drawer, come before the sale."""
    if view.desk == "off":
        return Banner(t("Nobody is signed on"), t("Type your number and PIN."), "info")
    if view.desk == "locked":
        who = view.operator_name or view.operator
        return Banner(
            t("Locked by {name}", name=who), t("What was rung stays. Type number and PIN."), "info", solid=True
        )
    if view.shift == "counting":
        return Banner(
            t("Counting the drawer"), t("Type what was counted; {cancel} goes back to selling.", **keys), "info"
        )
    if view.shift == "needed" and view.state == "idle" and not view.training:
        hint = mark("{shift} opens one; then goods can be sold.")
        if local.form is not None and local.form.name == "shift_open":
            hint = mark("Count the change in the drawer, type it and press {enter}.")
        return Banner(t("No shift is open"), t(hint, **keys), "info")
    return None


def _lookup_banner(view: View, t: Texts, keys: dict[str, str | int]) -> Banner:
    found = view.lookup
    if found is None:
        return Banner(
            t("Price check"), t("Scan goods: they are not rung. {cancel} ends it.", **keys), "info", solid=True
        )
    price = money_text(found.net_minor, view.currency, view.exponent)
    regular = money_text(found.regular_minor, view.currency, view.exponent)
    unit = "/kg" if found.unit == "kg" else ""
    said = [t("Not rung.")]
    if found.net_minor != found.regular_minor:
        said.append(t("Regular price {price}", price=f"{regular}{unit}"))
    said += found.promotions
    return Banner(f"{price}{unit} · {found.name}", "  ".join(said), "info", solid=True)
