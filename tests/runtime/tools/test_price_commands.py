"""`lane compile` and `lane price` as processes: what they write, where, and how they end."""

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
from runtime.tools.price_baskets import answer_line

ITEMS = "sku,name,unit,price,category,brand,tags,barcodes\nmilk,纯牛奶,each,650,10/1001,,,6901234567892\n"
SET = {"id": "套", "type": "set", "buy": [{"items": {"all": True}, "qty": 2}], "reward": {"price": 1001}}
FILES = {
    "book.json": b'{"format": 1, "currency": "CNY", "exponent": 2}',
    "items.csv": ITEMS.encode(),
    "promotions.json": json.dumps([SET]).encode(),
}


def lane(*words: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([sys.executable, "-m", "runtime.cli", *words], input=stdin, capture_output=True, timeout=60)


@pytest.fixture
def book(tmp_path: Path) -> Path:
    folder = tmp_path / "book"
    folder.mkdir()
    for name, data in FILES.items():
        (folder / name).write_bytes(data)
    return folder


def test_compile_and_price(book: Path, tmp_path: Path) -> None:
    out = tmp_path / "s"
    done = lane("compile", str(book), "-o", str(out))
    assert done.returncode == 0 and b"1 items" in done.stdout
    assert [path.name for path in tmp_path.iterdir()] == ["book", "s"] or len(list(tmp_path.iterdir())) == 2
    lines: list[bytes] = [
        json.dumps({"id": "甲", "at": "2026-11-22T18:30", "lines": [{"code": "6901234567892", "qty": 3}]}).encode(),
        b"not json",
        b'{"id": "b", "at": "2026-11-22T18:30", "lines": [{"code": "milk", "qty": 1}, {"code": "none", "qty": 1}]}',
        b'{"id": "c", "at": "2026-11-22T18:30", "lines": [{"code": "milk", "qty": 0}]}',
        b'{"id": "d", "at": "2026-11-22T18:30", "lines": []}',
    ]
    done = lane("price", "--snapshot", str(out), stdin=b"\n".join(lines))
    assert (done.returncode, done.stderr) == (0, b"")
    assert "甲".encode() in done.stdout
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert list(answers[0]) == [
        *("id", "engine", "gross", "discount", "total", "optimal", "bound", "coupons", "lines", "applications")
    ]
    assert list(answers[0]["lines"][0]) == [
        *("sku", "qty", "regular", "gross", "current", "discount", "net", "price_promotion")
    ]
    assert answers[0]["total"] == 1651
    assert answers[0]["applications"] == [
        {"promotion": "套", "times": 1, "units": [[0, 2]], "gifts": [], "discount": 299}
    ]
    errors = [(answer["id"], answer["error"]["code"], answer["error"]["line"]) for answer in answers[1:4]]
    assert errors == [(None, "bad_basket", None), ("b", "unknown_item", 1), ("c", "bad_quantity", 0)]
    assert answers[4]["total"] == 0 and answers[4]["lines"] == []


def test_answers_come_line_by_line(book: Path, tmp_path: Path) -> None:
    out = tmp_path / "s"
    assert lane("compile", str(book), "-o", str(out)).returncode == 0
    command = [sys.executable, "-m", "runtime.cli", "price", "--snapshot", str(out), "--nodes", "50"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None and process.stdout is not None
        for name in ("1", "2"):
            basket = {"id": name, "at": "2026-11-22T18:30", "lines": [{"code": "milk", "qty": 2}]}
            process.stdin.write(json.dumps(basket).encode() + b"\n")
            process.stdin.flush()
            assert json.loads(process.stdout.readline())["id"] == name
        process.stdin.close()
        assert process.wait(20) == 0


def test_a_book_with_faults_leaves_the_old_snapshot(book: Path, tmp_path: Path) -> None:
    out = tmp_path / "s"
    out.write_bytes(b"old")
    (book / "items.csv").write_text(ITEMS + "x,x,box,-1,,,,\n")
    (book / "promotions.json").write_text(json.dumps([SET, SET]))
    done = lane("compile", str(book), "-o", str(out))
    assert done.returncode == 2 and done.stdout == b""
    assert [line.split(": ")[0] for line in done.stderr.decode().splitlines()[:3]] == [
        *("items.csv:3", "items.csv:3", "promotions.json")
    ]
    assert out.read_bytes() == b"old"


def test_what_cannot_be_read_or_written(book: Path, tmp_path: Path) -> None:
    for words in (
        ("compile", str(tmp_path / "none"), "-o", str(tmp_path / "s")),
        ("compile", str(book), "-o", str(tmp_path / "none" / "s")),
        ("price", "--snapshot", str(tmp_path / "none")),
        ("price", "--snapshot", str(book / "items.csv")),
    ):
        done = lane(*words)
        assert done.returncode == 2
        assert done.stderr and b"Traceback" not in done.stderr


def test_unknown_skus_with_lenient(book: Path, tmp_path: Path) -> None:
    gone = {**SET, "buy": [{"items": {"skus": ["milk", "gone"]}, "qty": 2}]}
    (book / "promotions.json").write_text(json.dumps([gone]))
    assert lane("compile", str(book), "-o", str(tmp_path / "s")).returncode == 2
    done = lane("compile", str(book), "-o", str(tmp_path / "s"), "--lenient")
    assert done.returncode == 0 and done.stderr.startswith(b"warning: promotions.json: promotion ")


SNAPSHOT = Snapshot(compile_book(FILES).data)
GOOD = b'{"id": "b", "at": "2026-11-22T18:30", "lines": [{"code": "milk", "qty": 1}]}'


@pytest.mark.parametrize(
    "more",
    [
        '"id": 1.5',
        '"store": 1.5',
        '"tender": 1e2',
        '"coupons": [1.5]',
        '"member": {"level": 1.5}',
        '"member": {"tags": [1.5]}',
        '"lines": [{"code": 1.5, "qty": 1}]',
    ],
)
def test_a_number_is_no_text(more: str) -> None:
    """A number with a point is kept as it is written, which must not make it a code or a coupon."""
    key = more.split(":")[0]
    rest = [part for part in ('"at": "2026-11-22T18:30"', '"lines": []') if not part.startswith(key)]
    answer = answer_line(SNAPSHOT, ("{" + ", ".join([*rest, more]) + "}").encode())
    assert answer["id"] is None and answer["error"]["code"] == "bad_basket"


@settings(max_examples=500, deadline=None)
@given(st.binary(max_size=60), st.integers(0, len(GOOD)), st.integers(0, 5))
def test_no_line_ends_the_run(put: bytes, at: int, cut: int) -> None:
    for raw in (put, GOOD[:at] + put + GOOD[at + cut :]):
        answer: dict[str, Any] = answer_line(SNAPSHOT, raw)
        assert "total" in answer or set(answer["error"]) == {"code", "message", "line"}
        json.dumps(answer, ensure_ascii=False).encode()


def test_standard_output_that_takes_no_more(book: Path, tmp_path: Path) -> None:
    """A full disk is a sentence; a reader that leaves is no fault."""
    out = tmp_path / "s"
    assert lane("compile", str(book), "-o", str(out)).returncode == 0
    long = {"id": "b", "at": "2026-11-22T18:30", "lines": [{"code": "milk", "qty": 1}] * 200}  # past what is buffered
    commands: list[tuple[list[str], bytes]] = [
        (["compile", str(book), "-o", str(out)], b""),
        (["settings", "--markdown"], b""),
        (["price", "--snapshot", str(out)], GOOD + b"\n" + json.dumps(long).encode()),
    ]
    for words, stdin in commands:
        command = [sys.executable, "-m", "runtime.cli", *words]
        with Path("/dev/full").open("wb") as full:
            done = subprocess.run(command, input=stdin, stdout=full, stderr=subprocess.PIPE, timeout=60)
        assert done.returncode == 2, words
        assert done.stderr.count(b"\n") == 1 and b"No space left on device. Make room" in done.stderr, done.stderr
        reading, writing = os.pipe()
        os.close(reading)
        done = subprocess.run(command, input=stdin, stdout=writing, stderr=subprocess.PIPE, timeout=60)
        os.close(writing)
        assert (done.returncode, done.stderr) == (0, b""), words


def test_nodes_that_are_no_number(book: Path, tmp_path: Path) -> None:
    assert lane("compile", str(book), "-o", str(tmp_path / "s")).returncode == 0
    for nodes in ("-5", "1.5", "x", "", "٣"):
        done = lane("price", "--snapshot", str(tmp_path / "s"), f"--nodes={nodes}", stdin=GOOD)
        assert done.returncode == 2 and b"a whole number from 0 on" in done.stderr and not done.stdout
