"""A sale as the engine's basket, and as the plain basket that its record keeps. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from engine.values import Basket, BasketLine, Member
from runtime.sale.state import Sale


@dataclass(frozen=True, slots=True)
class Place:
    """Where this terminal sells: what promotions may ask for."""

    store: str
    groups: tuple[str, ...] = ()
    channel: str = ""


def basket_of(sale: Sale, place: Place, basket_id: str) -> Basket:
    """The lines that the engine prices, by sku, in the order they were rung; priced as at the time of the first."""
    return Basket(
        id=basket_id,
        at=sale.began_at,
        lines=tuple(BasketLine(line.sku, line.qty, line.weight_g) for line in sale.basket_lines),
        store=place.store,
        groups=place.groups,
        channel=place.channel,
        member=Member(sale.member) if sale.member else None,
    )


def plain_basket(basket: Basket) -> dict[str, Any]:
    """The basket as `lane price` reads it: pricing it again gives the record's receipt."""
    plain: dict[str, Any] = {"id": basket.id, "at": basket.at, "store": basket.store}
    if basket.groups:
        plain["groups"] = list(basket.groups)
    if basket.channel:
        plain["channel"] = basket.channel
    if basket.member:
        plain["member"] = {"id": basket.member.id}
    plain["lines"] = [
        {"code": line.code, "milli": line.milli} if line.milli else {"code": line.code, "qty": line.qty}
        for line in basket.lines
    ]
    return plain
