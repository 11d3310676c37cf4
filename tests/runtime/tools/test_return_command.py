"""`lane price --return` as a process: what it writes, what it refuses, and that it goes on."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.compiler import compile_book
from engine.snapshot import Snapshot
from runtime.share import config_dir
from runtime.tools import refunding
from runtime.tools.price_baskets import answer_line

ITEMS = """\
sku,name,unit,price,category,brand,tags,barcodes
milk,纯牛奶,each,650,10/1001,,,6901234567892
apple,苹果,kg,1298,40,,,
"""
THREE = {
    "id": "三", "type": "set", "buy": [{"items": {"skus": ["milk"]}, "qty": 3}],
    "reward": {"percent": 100, "of": "cheapest", "count": 1},
}  # fmt: skip
BOOK = {"format": 1, "currency": "CNY", "exponent": 2}
LINES = [{"code": "6901234567892", "qty": 3}, {"code": "apple", "milli": 500}]
BASKET = {"id": "甲", "at": "2026-11-22T18:30", "lines": LINES}
KEYS = [
    *("id", "rule", "total", "refunded", "refund", "remaining", "lines"),
    *("coupons_free", "coupons_taken", "kept_lines", "kept"),
]


def compiled(**keys: str) -> bytes:
    return compile_book(
        {
            "book.json": json.dumps({**BOOK, **keys}).encode(),
            "items.csv": ITEMS.encode(),
            "promotions.json": json.dumps([THREE]).encode(),
        }
    ).data


def lane(snapshot: Path, lines: list[Any], *words: str, seed: str = "0") -> list[Any]:
    """The answers of a process of its own."""
    stdin = b"".join((line if isinstance(line, bytes) else json.dumps(line).encode()) + b"\n" for line in lines)
    command = [sys.executable, "-m", "runtime.cli", "price", "--snapshot", str(snapshot), *words]
    env = {**os.environ, "PYTHONHASHSEED": seed}
    done = subprocess.run(command, input=stdin, capture_output=True, timeout=60, env=env)
    assert (done.returncode, done.stderr) == (0, b"")
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture
def snapshot(tmp_path: Path) -> Path:
    path = tmp_path / "s"
    path.write_bytes(compiled())
    return path


def test_a_sale_comes_back_in_three_visits(snapshot: Path) -> None:
    """Each answer is handed back as it was written, and the receipt as `lane price` wrote it."""
    (receipt,) = lane(snapshot, [BASKET])
    returned: list[Any] = []
    for back in ([{"line": 0, "qty": 1}], [{"code": "milk", "qty": 1}, {"line": 1}], [{"line": 0}]):
        (answer,) = lane(
            snapshot, [{"basket": BASKET, "receipt": receipt, "returned": returned, "return": back}], "--return"
        )
        assert list(answer) == KEYS and answer["id"] == "甲" and answer["rule"] == "priced"
        returned.append(answer)
    assert [one["refund"] for one in returned] == [0, 650 + 649, 650]
    assert [one["refunded"] for one in returned] == [0, 0, 1299]
    assert [one["remaining"] for one in returned] == [1949, 650, 0]
    assert [line["refund"] for line in returned[1]["lines"]] == [521, 778]
    assert returned[1]["lines"][1] == {"line": 1, "sku": "apple", "milli": 500, "refund": 778}
    assert returned[0]["kept_lines"] == [0, 1] and returned[0]["kept"]["total"] == 1949
    assert returned[2]["kept"]["lines"] == [] and returned[2]["kept"]["total"] == 0


def test_the_book_says_how(tmp_path: Path) -> None:
    path = tmp_path / "s"
    path.write_bytes(compiled(returns="allocated"))
    back = [{"line": 0, "qty": 1}]
    first, second = lane(
        path, [{"basket": BASKET, "return": back}, {"basket": BASKET, "returned": [back], "return": back}], "--return"
    )
    assert (first["refund"], second["refund"], second["rule"]) == (433, 434, "allocated")


def test_errors_and_the_run_goes_on(snapshot: Path) -> None:
    good = {"basket": BASKET, "return": [{"line": 1}]}
    (receipt,) = lane(snapshot, [BASKET])
    wrong: list[tuple[Any, str, int | None]] = [
        (b"not json", "bad_basket", None),
        ({**good, "return": []}, "return_nothing", None),
        ({**good, "return": [{"line": 2}]}, "return_no_line", 2),
        ({**good, "return": [{"line": 0, "qty": 4}]}, "return_too_much", 0),
        ({**good, "return": [{"line": 1, "milli": 100}]}, "return_weight", 1),
        ({**good, "return": [{"code": "water", "qty": 1}]}, "return_not_bought", None),
        ({**good, "return": [{"line": 0, "qty": "1"}]}, "bad_return", None),
        ({**good, "receipt": {**receipt, "total": receipt["total"] + 1}}, "receipt_mismatch", None),
        ({**good, "basket": {**BASKET, "lines": [{"code": "gone", "qty": 1}]}}, "unknown_item", 0),
        (BASKET, "bad_return", None),
    ]
    answers = lane(snapshot, [one for said, _, _ in wrong for one in (said, good)], "--return")
    assert [(one["error"]["code"], one["error"]["line"]) for one in answers[::2]] == [one[1:] for one in wrong]
    assert all(list(one) == ["id", "error"] and one["error"]["message"] for one in answers[::2])
    assert [one["id"] for one in answers[::2]] == [None, *["甲"] * 9]
    assert all(one == answers[1] and one["refund"] == 649 for one in answers[1::2])


def test_every_process_writes_the_same(snapshot: Path) -> None:
    lines = [{"basket": BASKET, "return": [{"line": 0, "qty": 2}, {"line": 1}]}]
    one, other = (lane(snapshot, lines, "--return", "--nodes", "50", seed=seed) for seed in ("1", "2"))
    assert json.dumps(one) == json.dumps(other)


def test_the_example_of_the_help() -> None:
    """`lane price --help` shows a line; it is priced with the demo store's book."""
    command = [sys.executable, "-m", "runtime.cli", "price", "--help"]
    text = subprocess.run(command, capture_output=True, timeout=60, check=True).stdout.decode()
    assert "--return" in text
    example = text[text.index("echo '") + 6 :]
    raw = example[: example.index("'")].replace("\n", "").encode()
    book = config_dir() / "demo" / "book"
    demo = Snapshot(compile_book({path.name: path.read_bytes() for path in book.iterdir()}).data)
    answer = answer_line(demo, raw, answer=refunding.answer)
    assert answer["refund"] > 0 and answer["kept"]["lines"][0]["qty"] == 2


SNAPSHOT = Snapshot(compiled())
GOOD = json.dumps(
    {"basket": {**BASKET, "id": "b"}, "returned": [[{"line": 0, "qty": 1}]], "return": [{"line": 1}]}
).encode()


@settings(max_examples=400, deadline=None)
@given(st.binary(max_size=60), st.integers(0, len(GOOD)), st.integers(0, 5))
def test_no_line_ends_the_run(put: bytes, at: int, cut: int) -> None:
    for raw in (put, GOOD[:at] + put + GOOD[at + cut :]):
        answer = answer_line(SNAPSHOT, raw, answer=refunding.answer)
        assert list(answer) == KEYS or set(answer["error"]) == {"code", "message", "line"}
        json.dumps(answer, ensure_ascii=False).encode()
