"""All that a screen shows, from the state of the checkout and its price. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from runtime.devices.ports import DeviceStatus
from runtime.sale.state import Checkout, Sale, SaleLine, Suspended
from runtime.sale.sums import Sum, regular_price
from runtime.terminal.names import masked
from runtime.terminal.paper import discounts
from runtime.terminal.sentences import sentence
from runtime.wire.beat import OtherTicket
from runtime.wire.messages import (
    DeskName,
    Notice,
    SaleState,
    Sentence,
    ShiftName,
    View,
    ViewAdjustment,
    ViewBag,
    ViewDevice,
    ViewDiscount,
    ViewFound,
    ViewLine,
    ViewLookup,
    ViewNetwork,
    ViewReport,
    ViewReturn,
    ViewSuspended,
    ViewTender,
    ViewWeighing,
)

# Troubles that still let the device work: said, but not as a fault.
WORKING = frozenset({"OK", "EPTR_REC_NEAREMPTY"})
_STATE_NAMES: dict[str, SaleState] = {
    "idle": "idle",
    "ringing": "ringing",
    "weighing": "weighing",
    "tendering": "tendering",
    "paying": "paying",
    "closed": "closed",
}

_DESK_NAMES: dict[str, DeskName] = {"free": "free", "off": "off", "on": "on", "locked": "locked"}
_SHIFT_NAMES: dict[str, ShiftName] = {"none": "none", "needed": "needed", "open": "open", "counting": "counting"}


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a view needs besides the sale."""

    rev: int
    store: str
    workstation: str
    operator: str
    at: str
    currency: str
    exponent: int
    devices: tuple[DeviceStatus, ...]
    network: ViewNetwork
    weighing: Sentence | None
    notice: Notice | None
    hint: Sentence | None = None
    looking_up: bool = False
    lookup: ViewLookup | None = None
    bags: tuple[ViewBag, ...] = ()
    cash_rounding_minor: int = 0
    open_return: ViewReturn | None = None
    report: ViewReport | None = None
    found: ViewFound | None = None
    prices: Sentence | None = None  # why new prices are not taken
    others: tuple[ViewSuspended, ...] = ()  # tickets of other tills
    recalling: str = ""
    disk: str = ""  # a key of the journal's sentences, where the disk wants a person


def view_of(
    checkout: Checkout,
    receipt: dict[str, Any] | None,
    comes_to: Sum | None,
    around: Surroundings,
    promotion_name: Callable[[str], str],
) -> View:
    """`receipt` is the price of the live lines, None where they cannot be priced: then regular prices are shown."""
    sale = checkout.sale
    priced = dict(zip((line.line for line in sale.basket_lines), receipt["lines"], strict=True)) if receipt else {}
    for one in comes_to.apart if comes_to is not None else ():
        priced[one.line] = {"current": one.gross_minor, "net": one.gross_minor, "discount": 0}
    put_on, rows = _put_on(comes_to)
    lines = tuple(_line(line, priced.get(line.line), put_on.get(line.line, 0), promotion_name) for line in sale.lines)
    if receipt is None or comes_to is None:
        gross = total = sum(line.net_minor for line in lines if not line.voided)
    else:
        gross, total = receipt["gross"] + sum(one.gross_minor for one in comes_to.apart), comes_to.total_minor
    return View(
        rev=around.rev,
        store=around.store,
        workstation=around.workstation,
        operator=around.operator,
        at=around.at,
        currency=around.currency,
        exponent=around.exponent,
        state=_STATE_NAMES[str(sale.state)],
        lines=lines,
        discounts=tuple(
            ViewDiscount(promotion, promotion_name(promotion), times, amount)
            for promotion, times, amount in (discounts(receipt) if receipt else ())
        ),
        gross_minor=gross,
        discount_minor=gross - total,
        total_minor=total,
        paid_minor=sum(tender.given_minor for tender in sale.tenders),
        change_minor=sale.change_minor,
        devices=(*_devices(around.devices), *_disk(around.disk), *_prices(around.prices)),
        network=around.network,
        pending_qty=sale.pending_qty,
        member=masked(sale.member),
        weighing=_weighing(sale, around.weighing),
        tenders=tuple(ViewTender("cash" if t.kind == "cash" else "code", t.given_minor) for t in sale.tenders),
        last_number=checkout.last_sequence,
        receipts_waiting=len(checkout.prints),
        notice=around.notice,
        hint=around.hint,
        suspended=(*(_suspended(ticket) for ticket in checkout.suspended), *around.others),
        recalling=around.recalling,
        looking_up=around.looking_up,
        lookup=around.lookup,
        bags=around.bags,
        due_minor=sale.due_minor,
        cash_due_minor=sale.due_minor + around.cash_rounding_minor if sale.part_minor is None else sale.part_minor,
        part_minor=sale.part_minor,
        rounding_minor=sale.rounding_minor,
        adjustments=rows,
        open_return=around.open_return,
        returned_lines=tuple(line.line for line in sale.lines if line.returned is not None),
        age_question=sale.age_open,
        desk=_DESK_NAMES[str(checkout.desk.state)],
        operator_name=checkout.desk.name,
        role=checkout.desk.role,
        training=checkout.desk.training,
        shift=_SHIFT_NAMES[str(checkout.shift.state)],
        shift_number=checkout.shift.number,
        business_day=checkout.day.date,
        report=around.report,
        found=around.found,
    )


def view_others(others: Iterable[OtherTicket]) -> tuple[ViewSuspended, ...]:
    """Tickets that other tills have."""
    return tuple(
        ViewSuspended(
            one.ticket.number,
            one.ticket.at,
            one.ticket.items,
            one.ticket.total_minor,
            one.ticket.name,
            one.terminal,
            not one.ticket.may_leave,
        )
        for one in others
    )


def _suspended(ticket: Suspended) -> ViewSuspended:
    return ViewSuspended(ticket.number, ticket.at, ticket.items, ticket.total_minor, ticket.name)


def _put_on(comes_to: Sum | None) -> tuple[dict[int, int], tuple[ViewAdjustment, ...]]:
    """What is put on each line, and the rows to show: those of the ticket as one, on line 0."""
    if comes_to is None or not comes_to.adjustments:
        return {}, ()
    put_on: dict[int, int] = {}
    shown: dict[tuple[int, str], ViewAdjustment] = {}
    for row in comes_to.adjustments:
        put_on[row.line] = put_on.get(row.line, 0) + row.amount_minor
        key = (0 if row.kind.startswith("ticket_") else row.line, row.kind)
        amount = row.amount_minor + (shown[key].amount_minor if key in shown else 0)
        shown[key] = ViewAdjustment(key[0], row.kind, row.value, amount, row.reason, row.approver)
    return put_on, tuple(shown.values())


def _line(
    line: SaleLine, priced: dict[str, Any] | None, put_on_minor: int, promotion_name: Callable[[str], str]
) -> ViewLine:
    if priced is None:
        gross = regular_price(line)
        priced = {"regular": line.regular_minor, "current": gross, "net": gross, "discount": 0, "price_promotion": None}
    return ViewLine(
        line=line.line,
        sku=line.sku,
        name=line.name,
        unit="kg" if line.unit == "kg" else "each",
        qty=line.qty or 1,
        weight_g=line.weight_g,
        regular_minor=priced.get("regular", line.regular_minor),
        current_minor=priced["current"],
        net_minor=priced["net"] + put_on_minor,
        discount_minor=priced["discount"] - put_on_minor,
        price_promotion=promotion_name(priced["price_promotion"]) if priced.get("price_promotion") else "",
        voided=line.voided,
    )


def _devices(statuses: Iterable[DeviceStatus]) -> Iterable[ViewDevice]:
    for status in statuses:
        yield ViewDevice(
            status.name, status.device_class, status.code in WORKING, sentence(status.code, device=status.name)
        )


def _disk(code: str) -> Iterable[ViewDevice]:
    """Shown among the devices while it is not well."""
    if code:
        yield ViewDevice("disk", "Disk", False, sentence(code))


def _prices(says: Sentence | None) -> Iterable[ViewDevice]:
    """Likewise, while new prices are not taken."""
    if says is not None:
        yield ViewDevice("prices", "Prices", False, says)


def _weighing(sale: Sale, says: Sentence | None) -> ViewWeighing | None:
    if sale.weighing is None:
        return None
    waiting = sale.weighing
    return ViewWeighing(
        waiting.sku, waiting.name, waiting.regular_minor, says or sentence("weigh_now", name=waiting.name)
    )
