"""The values that go into the engine and come out: item, basket, receipt.

Money is an integer of minor units, weights are grams (`milli`), times are local without a zone. Contract: the book,
basket and receipt of docs/promotions.md.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

ENGINE = 3  # the version of the search: receipts are compared within one version
DEFAULT_NODES = 20_000  # search nodes a basket may cost


@dataclass(frozen=True, slots=True)
class Item:
    sku: str
    name: str
    unit: str  # "each" or "kg"
    price: int  # regular, minor units for one or for a kg
    category: str
    brand: str
    tags: tuple[str, ...]
    extra: dict[str, str]  # the book's further columns, as text


@dataclass(frozen=True, slots=True)
class Member:
    id: str
    level: str = ""
    tags: tuple[str, ...] = ()
    birthday: str = ""  # MM-DD, empty where unknown


@dataclass(frozen=True, slots=True)
class BasketLine:
    """`qty` of an `each` item, or `milli` grams of a `kg` item; the other is 0."""

    code: str
    qty: int = 0
    milli: int = 0


@dataclass(frozen=True, slots=True)
class Basket:
    id: str
    at: str  # YYYY-MM-DDTHH:MM[:SS]
    lines: tuple[BasketLine, ...]
    store: str = ""
    groups: tuple[str, ...] = ()
    channel: str = ""
    member: Member | None = None
    coupons: tuple[str, ...] = ()
    tender: str = ""
    used: dict[str, dict[str, int]] = field(default_factory=dict)


# Not frozen, though nobody changes one: a receipt has one for each line, and a frozen one costs five times as much.
@dataclass(slots=True)
class ReceiptLine:
    sku: str
    qty: int  # 0 for a kg line
    milli: int  # 0 for an each line
    regular: int  # for one or for a kg
    gross: int  # the line at regular prices
    current: int  # the line after step 1
    discount: int  # gross - net
    net: int
    price_promotion: str | None


@dataclass(slots=True)
class Application:
    promotion: str
    times: int
    units: tuple[tuple[int, int], ...]  # (line, count), lines from 0
    gifts: tuple[tuple[int, int], ...]
    discount: int


@dataclass(frozen=True, slots=True)
class Receipt:
    id: str
    engine: int
    gross: int
    discount: int
    total: int
    optimal: bool
    bound: int
    coupons: dict[str, int]
    lines: tuple[ReceiptLine, ...]
    applications: tuple[Application, ...]

    def to_json(self) -> dict[str, Any]:
        """The receipt as `lane price` writes it and a record keeps it: plain values only."""
        return {
            "id": self.id,
            "engine": self.engine,
            "gross": self.gross,
            "discount": self.discount,
            "total": self.total,
            "optimal": self.optimal,
            "bound": self.bound,
            "coupons": dict(self.coupons),
            "lines": [_line_json(line) for line in self.lines],
            "applications": [
                {
                    "promotion": a.promotion,
                    "times": a.times,
                    "units": [list(u) for u in a.units],
                    "gifts": [list(g) for g in a.gifts],
                    "discount": a.discount,
                }
                for a in self.applications
            ],
        }


def _line_json(line: ReceiptLine) -> dict[str, Any]:
    amount = {"milli": line.milli} if line.milli else {"qty": line.qty}
    return {
        "sku": line.sku,
        **amount,
        "regular": line.regular,
        "gross": line.gross,
        "current": line.current,
        "discount": line.discount,
        "net": line.net,
        "price_promotion": line.price_promotion,
    }
