"""The sale that goods come back to: what is left of it, what that costs, and what is due for the rest.

The sums that `engine.returns` refunds by; its two rules are explained there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, Literal

from engine.agreed import agreed_nets
from engine.errors import ReturnError
from engine.pricing import price
from engine.return_request import BY_CODE, ReturnLine
from engine.snapshot import Snapshot
from engine.values import ENGINE, Basket, BasketLine, Receipt, ReceiptLine

ReturnRule = Literal["priced", "allocated"]
Units = tuple[int, ...]  # what is left of each line: pieces; of a weighed line 1 or 0


@dataclass(frozen=True, slots=True)
class RefundLine:
    line: int
    sku: str
    qty: int  # 0 for a weighed line
    milli: int  # 0 for a line of pieces
    refund: int


def net_share(net: int, back: int, of: int) -> int:
    """What `back` of the `of` pieces of a line with this net give back in all, rounded half up."""
    return (2 * net * back + of) // (2 * of)


def spread_by(amount: int, weights: Sequence[int]) -> list[int]:
    """`amount` in proportion to weights, of which one is above 0: by largest remainder, equal ones in order."""
    whole = sum(weights)
    parts = [amount * weight // whole for weight in weights]
    order = sorted(range(len(weights)), key=lambda place: (-(amount * weights[place] % whole), place))
    for place in order[: amount - sum(parts)]:
        parts[place] += 1
    return parts


class Sale:
    """The sale that goods come back to, with the prices of what is kept of it, each worked out once."""

    def __init__(
        self, snapshot: Snapshot, basket: Basket, receipt: Mapping[str, Any] | None, nodes: int, rule: ReturnRule
    ) -> None:
        """Raises BasketError, and ReturnError where `receipt` does not fit."""
        self._snapshot = snapshot
        self._basket = basket
        self._nodes = nodes
        self.rule = rule
        sold = price(snapshot, basket, nodes)
        if receipt is not None:
            nets = agreed_nets(receipt, sold)
            lines = [
                replace(line, net=net, discount=line.gross - net) for line, net in zip(sold.lines, nets, strict=True)
            ]
            sold = replace(sold, lines=tuple(lines))
        self.sold = sold
        self.total = sold.total
        self.units: Units = tuple(1 if line.milli else line.qty for line in sold.lines)
        self._kept: dict[Units, Receipt] = {self.units: sold}

    def due(self, left: Units) -> int:
        """What the customer has a right to have had back when so much is left. With `priced` below 0 where that costs
        more than all did."""
        if self.rule == "allocated":
            return sum(self._shares(left))
        return self.total - self.kept(left).total

    def kept(self, left: Units) -> Receipt:
        """The receipt of what is left."""
        found = self._kept.get(left)
        if found is None:
            found = self._kept[left] = self._reduced(left) if self.rule == "allocated" else self._priced(left)
        return found

    def without(self, left: Units, back: Sequence[ReturnLine]) -> Units:
        """What is left after `back`: first what is named by line, then what is named by code. Raises ReturnError."""
        if not back:
            raise ReturnError("return_nothing", {})
        rest = list(left)
        for one in back:
            if one.line != BY_CODE:
                self._take_line(rest, one)
        for one in back:
            if one.line == BY_CODE:
                self._take_code(rest, one)
        return tuple(rest)

    def spread(self, before: Units, after: Units, amount: int) -> tuple[RefundLine, ...]:
        """What each line that comes back gives of the refund."""
        places = [line for line in range(len(before)) if before[line] > after[line]]
        counts = [before[line] - after[line] for line in places]
        had, have = self._shares(before), self._shares(after)
        lines = [self.sold.lines[line] for line in places]
        weights = [have[line] - had[line] for line in places]
        if not any(weights):
            weights = [line.gross // (line.qty or 1) * count for line, count in zip(lines, counts, strict=True)]
        if not any(weights):
            weights = counts
        return tuple(
            RefundLine(place, line.sku, 0 if line.milli else count, line.milli, part)
            for place, line, count, part in zip(places, lines, counts, spread_by(amount, weights), strict=True)
        )

    def _shares(self, left: Units) -> list[int]:
        return [
            net_share(line.net, of - count, of)
            for line, of, count in zip(self.sold.lines, self.units, left, strict=True)
        ]

    def _priced(self, left: Units) -> Receipt:
        lines = [
            BasketLine(line.code, line.qty and count, line.milli)
            for line, count in zip(self._basket.lines, left, strict=True)
            if count
        ]
        return price(self._snapshot, replace(self._basket, lines=tuple(lines)), self._nodes)

    def _reduced(self, left: Units) -> Receipt:
        sold, lines = self.sold, []
        for line, share, of, count in zip(sold.lines, self._shares(left), self.units, left, strict=True):
            if count:
                gross, net = line.gross // of * count, line.net - share
                lines.append(
                    ReceiptLine(
                        sku=line.sku,
                        qty=0 if line.milli else count,
                        milli=line.milli,
                        regular=line.regular,
                        gross=gross,
                        current=line.current // of * count,
                        discount=gross - net,
                        net=net,
                        price_promotion=line.price_promotion,
                    )
                )
        total = sum(line.net for line in lines)
        gross = sum(line.gross for line in lines)
        return Receipt(
            id=sold.id,
            engine=ENGINE,
            gross=gross,
            discount=gross - total,
            total=total,
            optimal=sold.optimal or total == 0,
            bound=min(sold.bound, total),
            coupons=sold.coupons if lines else {},
            lines=tuple(lines),
            applications=(),
        )

    def _take_line(self, rest: list[int], one: ReturnLine) -> None:
        if not 0 <= one.line < len(rest):
            raise ReturnError("return_no_line", {"line": one.line}, one.line)
        line = self.sold.lines[one.line]
        if one.milli and one.milli != line.milli:
            raise self._not_whole(one.line) if line.milli else _by_piece(one.line)
        wanted = one.qty or (1 if one.milli else max(1, rest[one.line]))
        if wanted > rest[one.line]:
            raise _too_much(line.sku, rest[one.line], wanted, one.line)
        rest[one.line] -= wanted

    def _take_code(self, rest: list[int], one: ReturnLine) -> None:
        item = self._snapshot.find(one.code)
        places = [place for place, line in enumerate(self.sold.lines) if item is not None and line.sku == item.sku]
        if item is None or not places:
            raise ReturnError("return_not_bought", {"code": one.code})
        if (item.unit == "kg") != bool(one.milli):
            raise _by_piece(places[0]) if one.milli else self._not_whole(places[0])
        if one.milli:
            same = [place for place in places if self.sold.lines[place].milli == one.milli]
            if not same:
                raise self._not_whole(places[0])
            places = same
        places.sort(key=lambda place: (-Fraction(self.sold.lines[place].net, self.units[place]), place))
        wanted = one.qty or 1
        left = sum(rest[place] for place in places)
        if wanted > left:
            raise _too_much(item.sku, left, wanted, places[0])
        for place in places:
            part = min(wanted, rest[place])
            rest[place] -= part
            wanted -= part

    def _not_whole(self, line: int) -> ReturnError:
        sold = self.sold.lines[line]
        return ReturnError("return_weight", {"sku": sold.sku, "weight_g": sold.milli}, line)


def _by_piece(line: int) -> ReturnError:
    return ReturnError("bad_return", {"reason": "goods that were sold by the piece come back by the piece"}, line)


def _too_much(sku: str, left: int, wanted: int, line: int) -> ReturnError:
    return ReturnError("return_too_much", {"sku": sku, "left": left, "wanted": wanted}, line)
