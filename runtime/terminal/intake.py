"""From what was scanned or keyed to what happened: questions answered from the snapshot before anything is written.

Pure. The sale's state decides how a code is read: while ringing it is goods, while tendering a payment code, never told
by its prefix (an 18-digit weigh label and an 18-digit payment code begin alike).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import date

from engine.codes import CodeError, read_code, shown
from engine.labels import LabelTemplate
from engine.values import Item
from runtime.sale.events import ItemAdded, PaymentAsked, WeightWanted
from runtime.sale.state import Sale, State
from runtime.terminal.goods import check_saleable, facts_of
from runtime.terminal.names import goods_text
from runtime.terminal.refusal import NotTaken

PAYMENT_CODE_LENGTHS = range(16, 65)


def read_goods(
    code: str,
    entry: str,
    sale: Sale,
    find: Callable[[str], Item | None],
    templates: Sequence[LabelTemplate],
    at: str,
    snapshot: str,
    exponent: int = 2,
    currency: str = "",
    bags: Collection[str] = (),
) -> ItemAdded | WeightWanted:
    """What a code sells. `entry` is "scanned" or "keyed". Raises NotTaken with the code's own reason.

    Goods past the date that their code says are refused by the date the sale began on.
    """
    fresh = sale.state in (State.IDLE, State.CLOSED)
    began_at, priced_with = (at, snapshot) if fresh or not sale.began_at else (sale.began_at, sale.snapshot)
    try:
        on = date.fromisoformat(began_at[:10])
        reading = read_code(code, find, templates, on=on, exponent=exponent, currency=currency)
    except CodeError as error:
        raise NotTaken(error.code, **error.args_by_name) from error
    item = reading.item
    check_saleable(item)
    facts = facts_of(item, bags)
    if reading.gs1 is not None:
        code = reading.code
    name = goods_text(item.name, item.sku)
    if item.unit == "each":
        qty = (sale.pending_qty or 1) * reading.qty
        return ItemAdded(code, item.sku, name, item.unit, item.price, qty, 0, entry, began_at, priced_with, facts)
    if reading.weight_g is None:
        return WeightWanted(code, item.sku, name, item.price, entry, began_at, priced_with, facts)
    grams, entry = reading.weight_g, "label"
    return ItemAdded(code, item.sku, name, item.unit, item.price, 0, grams, entry, began_at, priced_with, facts)


def read_payment_code(code: str, sale: Sale, trade_no: str) -> PaymentAsked:
    """A payment of all that is due, or of the part that is set. Raises NotTaken. Of the code only its last four
    characters are kept."""
    code = code.strip()
    if len(code) not in PAYMENT_CODE_LENGTHS or not (code.isascii() and code.isalnum()):
        raise NotTaken("not_a_payment_code", code=shown(code[:256]))
    return PaymentAsked(trade_no, code[-4:], sale.due_minor if sale.part_minor is None else sale.part_minor)
