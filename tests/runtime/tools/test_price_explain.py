"""`lane price --explain`: two keys more, and the receipt as it is without."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from engine.compiler import compile_book

ITEMS = "sku,name,unit,price,category,brand,tags,barcodes\nmilk,纯牛奶,each,650,10,,,\nbread,吐司,each,880,10,,,\n"
PROMOTIONS = [
    {
        "id": "A",
        "name": "两件八折",
        "type": "set",
        "buy": [{"items": {"skus": ["milk"]}, "qty": 2}],
        "reward": {"percent": 20},
    },
    {"id": "B", "name": "满25减3", "type": "threshold", "tiers": [{"amount": 2500, "off": 300}]},
    {"id": "C", "name": "会员价", "type": "price", "items": {"skus": ["milk"]}, "price": 600, "who": {"member": True}},
]
FILES = {
    "book.json": b'{"format": 1, "currency": "CNY", "exponent": 2}',
    "items.csv": ITEMS.encode(),
    "promotions.json": json.dumps(PROMOTIONS).encode(),
}
BASKETS = (
    b'{"id": "1", "at": "2026-11-22T18:30:00", "lines": [{"code": "milk", "qty": 1}, {"code": "bread", "qty": 1}]}\n'
    b'{"id": "2", "at": "2026-11-22T18:30:00", "lines": [{"code": "nothing", "qty": 1}]}\n'
)


def lane(*words: str) -> list[str]:
    ended = subprocess.run(
        [sys.executable, "-m", "runtime.cli", *words], input=BASKETS, capture_output=True, timeout=60, check=True
    )
    return ended.stdout.decode("utf-8").splitlines()


def test_two_keys_more(tmp_path: Path) -> None:
    path = tmp_path / "s.lane"
    path.write_bytes(compile_book(FILES).data)
    plain = lane("price", "--snapshot", str(path))
    first, second = lane("price", "--snapshot", str(path), "--explain")
    assert second == plain[1]  # an error stays an error
    told = json.loads(first)
    assert told.pop("explain") == [
        {"promotion": "A", "name": "两件八折", "reason": "short_by_units", "text": "两件八折: 1 more needed.",
         "units": 1, "entries": [[0, 1]]},
        {"promotion": "B", "name": "满25减3", "reason": "short_by_amount", "text": "满25减3: 9.70 more needed.",
         "amount_minor": 970},
        {"promotion": "C", "name": "会员价", "reason": "members_only", "text": "会员价 is for members only."},
    ]  # fmt: skip
    assert told.pop("hints") == [
        {"promotion": "B", "name": "满25减3", "hint": "add_amount", "text": "9.70 more for 满25减3: 3.00 less",
         "gain_minor": 300, "cost_minor": 970},
        {"promotion": "A", "name": "两件八折", "hint": "add_units", "text": "1 more 纯牛奶: 2.60 less",
         "gain_minor": 260, "cost_minor": 650, "units": 1, "entry": 0, "sku": "milk", "item": "纯牛奶"},
    ]  # fmt: skip
    assert json.dumps(told, ensure_ascii=False) == plain[0]
    assert first.encode() == lane("price", "--snapshot", str(path), "--explain")[0].encode()


def test_the_help_has_an_example() -> None:
    text = "\n".join(lane("price", "--help"))
    assert "lane price --snapshot demo.snapshot --explain" in text
