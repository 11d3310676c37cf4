"""A small book of prices for simulated terminals: goods by the piece and by weight, two promotions."""

from __future__ import annotations

import json
from functools import lru_cache

from engine.compiler import compile_book
from engine.snapshot import Snapshot

EACH = {"1001": 350, "1002": 1290, "1003": 99, "1004": 5000, "1005": 2580, "1006": 680}
BY_WEIGHT = {"2001": 798, "2002": 4560}


def barcode(sku: str) -> str:
    """A valid EAN-13 for a sku of four digits."""
    digits = f"69000000{sku}"
    total = sum(int(d) * (3 if i % 2 else 1) for i, d in enumerate(digits))
    return f"{digits}{-total % 10}"


CODES = tuple(barcode(sku) for sku in (*EACH, *BY_WEIGHT))


@lru_cache(maxsize=1)
def snapshot() -> Snapshot:
    """The compiled book, in memory; one for all terminals of a process."""
    lines = ["sku,name,unit,price,category,brand,tags,barcodes"]
    for unit, goods in (("each", EACH), ("kg", BY_WEIGHT)):
        lines += [f"{sku},商品{sku},{unit},{price},10,,,{barcode(sku)}" for sku, price in goods.items()]
    promotions = [
        {"id": "P1", "name": "特价", "type": "price", "items": {"skus": ["1003"]}, "price": 79},
        {
            "id": "P2",
            "name": "第二件半价",
            "type": "set",
            "buy": [{"items": {"skus": ["1001", "1006"]}, "qty": 2}],
            "reward": {"percent": 50, "of": "cheapest", "count": 1},
        },
    ]
    book = {"format": 1, "currency": "CNY", "exponent": 2, "name": "模拟店", "categories": {"10": "全部"}}
    files = {"book.json": book, "promotions.json": promotions}
    data = {name: json.dumps(value, ensure_ascii=False).encode() for name, value in files.items()}
    return Snapshot(compile_book({**data, "items.csv": "\n".join(lines).encode() + b"\n"}).data)
