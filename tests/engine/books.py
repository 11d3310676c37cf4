"""Small books for the engine's tests."""

from __future__ import annotations

import json
from typing import Any

from engine.basket import read_basket
from engine.compiler import compile_book
from engine.pricing import price
from engine.snapshot import Snapshot
from engine.values import DEFAULT_NODES

HEADER = "sku,name,unit,price,category,brand,tags,barcodes"
BOOK = {"format": 1, "currency": "CNY", "exponent": 2}
ITEMS = """\
milk,纯牛奶,each,650,10/1001,mengniu,dairy,6901234567892
bread,bread,each,880,10/1002,,,
cola,cola,each,350,20/2001,cola,,
water,water,each,200,20/2002,,,
apple,apple,kg,1298,40/4001,,,2000001
cigs,cigs,each,2500,50,,no_discount,
"""


def files(promotions: list[Any], items: str = ITEMS, header: str = HEADER) -> dict[str, bytes]:
    return {
        "book.json": json.dumps(BOOK).encode(),
        "items.csv": f"{header}\n{items}".encode(),
        "promotions.json": json.dumps(promotions).encode(),
    }


def snapshot(promotions: list[Any], items: str = ITEMS, header: str = HEADER) -> Snapshot:
    return Snapshot(compile_book(files(promotions, items, header)).data)


def receipt(promotions: list[Any], lines: list[Any], nodes: int = DEFAULT_NODES, **basket: Any) -> dict[str, Any]:
    plain = {"id": "b", "at": "2026-11-22T18:30:00", "lines": lines, **basket}
    return price(snapshot(promotions), read_basket(plain), nodes).to_json()
