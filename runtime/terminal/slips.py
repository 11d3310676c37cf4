"""The slip of a ticket that was put aside, with the code that recalls it. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivers.api import Barcode, Columns, Cut, Document, Feed, Text
from runtime.sale.record import Identity
from runtime.sale.state import Suspended
from runtime.terminal.money import amount_text
from runtime.terminal.paper_codes import suspended_code

if TYPE_CHECKING:
    from runtime.terminal.printing import ReceiptTexts


def suspended_slip(ticket: Suspended, who: Identity, exponent: int, texts: ReceiptTexts) -> Document:
    _ = texts.translate
    total = amount_text(ticket.total_minor, exponent)
    return (
        Text(_("Suspended") + f" {ticket.number}", "centre", bold=True, width=2, height=2),
        Text(ticket.at.replace("T", " "), "centre"),
        Columns(((_("Items") + f" {ticket.items}", 0, "left"), (total, 11, "right"))),
        Text(ticket.name),
        Barcode(suspended_code(ticket.number, who)),
        Feed(3),
        Cut(),
    )
