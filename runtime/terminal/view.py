"""All that a screen shows, from the state of the checkout and its price. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from runtime.devices.ports import DeviceStatus
from runtime.sale.state import Checkout, Sale, SaleLine
from runtime.terminal.names import masked
from runtime.terminal.paper import discounts
from runtime.terminal.sentences import sentence
from runtime.wire.messages import (
    Notice,
    SaleState,
    Sentence,
    View,
    ViewDevice,
    ViewDiscount,
    ViewLine,
    ViewNetwork,
    ViewTender,
    ViewWeighing,
)

# Troubles that still let the device work: said, but not as a fault.
_WORKING = frozenset({"OK", "EPTR_REC_NEAREMPTY"})
_STATE_NAMES: dict[str, SaleState] = {
    "idle": "idle",
    "ringing": "ringing",
    "weighing": "weighing",
    "tendering": "tendering",
    "paying": "paying",
    "closed": "closed",
}


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
    disk: str = ""  # a key of the journal's sentences, where the disk wants a person


def view_of(
    checkout: Checkout,
    receipt: dict[str, Any] | None,
    around: Surroundings,
    promotion_name: Callable[[str], str],
) -> View:
    """`receipt` is the price of the live lines, None where they cannot be priced: then regular prices are shown."""
    sale = checkout.sale
    priced = dict(zip((line.line for line in sale.live_lines), receipt["lines"], strict=True)) if receipt else {}
    lines = tuple(_line(line, priced.get(line.line), promotion_name) for line in sale.lines)
    gross = receipt["gross"] if receipt else sum(line.net_minor for line in lines if not line.voided)
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
        discount_minor=receipt["discount"] if receipt else 0,
        total_minor=receipt["total"] if receipt else gross,
        paid_minor=sum(tender.given_minor for tender in sale.tenders),
        change_minor=sale.change_minor,
        devices=(*_devices(around.devices), *_disk(around.disk)),
        network=around.network,
        pending_qty=sale.pending_qty,
        member=masked(sale.member),
        weighing=_weighing(sale, around.weighing),
        tenders=tuple(ViewTender("cash" if t.kind == "cash" else "code", t.given_minor) for t in sale.tenders),
        last_number=checkout.last_sequence,
        receipts_waiting=len(checkout.prints),
        notice=around.notice,
    )


def _line(line: SaleLine, priced: dict[str, Any] | None, promotion_name: Callable[[str], str]) -> ViewLine:
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
        regular_minor=priced["regular"],
        current_minor=priced["current"],
        net_minor=priced["net"],
        discount_minor=priced["discount"],
        price_promotion=promotion_name(priced["price_promotion"]) if priced["price_promotion"] else "",
        voided=line.voided,
    )


def regular_price(line: SaleLine) -> int:
    """What a line costs without any promotion, minor units, half up."""
    if line.unit == "kg":
        return (line.regular_minor * line.weight_g + 500) // 1000
    return line.regular_minor * line.qty


def _devices(statuses: Iterable[DeviceStatus]) -> Iterable[ViewDevice]:
    for status in statuses:
        yield ViewDevice(
            status.name, status.device_class, status.code in _WORKING, sentence(status.code, device=status.name)
        )


def _disk(code: str) -> Iterable[ViewDevice]:
    """Shown among the devices while it is not well."""
    if code:
        yield ViewDevice("disk", "Disk", False, sentence(code))


def _weighing(sale: Sale, says: Sentence | None) -> ViewWeighing | None:
    if sale.weighing is None:
        return None
    waiting = sale.weighing
    return ViewWeighing(
        waiting.sku, waiting.name, waiting.regular_minor, says or sentence("weigh_now", name=waiting.name)
    )
