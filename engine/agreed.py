"""A receipt that was kept, held against what its basket comes to now.

Receipts are compared within one version of the engine, line by line. Another version may have spread an equal total
otherwise: then the total must be equal, and the nets are those that the customer has on paper.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.errors import ReturnError
from engine.values import ENGINE, Receipt


def agreed_nets(said: Mapping[str, Any], sold: Receipt) -> list[int]:
    """The net of each line of `said` (plain values), `sold` being what the basket comes to.

    Raises ReturnError: `receipt_mismatch` where it is not of this basket and book, `bad_return` where it is none.
    """
    lines = said.get("lines")
    total = said.get("total")
    if type(total) is not int or not isinstance(lines, list | tuple):
        raise ReturnError("bad_return", {"reason": "the receipt has no total or no lines"})
    if said.get("id", sold.id) != sold.id:
        raise _mismatch("it is of another sale")
    if total != sold.total:
        raise _mismatch(f"it comes to {total}, the basket to {sold.total}")
    if len(lines) != len(sold.lines):
        raise _mismatch(f"it has {len(lines)} lines, the basket {len(sold.lines)}")
    nets: list[int] = []
    for place, (one, line) in enumerate(zip(lines, sold.lines, strict=True)):
        if not isinstance(one, Mapping) or type(one.get("net")) is not int:
            raise ReturnError("bad_return", {"reason": "a line of the receipt has no net"}, place)
        if (one.get("sku"), one.get("qty", 0), one.get("milli", 0)) != (line.sku, line.qty, line.milli):
            raise _mismatch("a line is of other goods", place)
        if not 0 <= one["net"] <= line.gross or (said.get("engine") == ENGINE and one["net"] != line.net):
            raise _mismatch(f"a line comes to {one['net']}, the basket's to {line.net}", place)
        nets.append(one["net"])
    if sum(nets) != total:
        raise _mismatch("its lines do not sum to its total")
    return nets


def _mismatch(reason: str, line: int | None = None) -> ReturnError:
    return ReturnError("receipt_mismatch", {"reason": reason}, line)
