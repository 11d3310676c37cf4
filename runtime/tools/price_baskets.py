"""`lane price --snapshot FILE [--nodes N] [--explain]`: price baskets, one JSON object a line, from standard input.

For each line one JSON object is written, in order: the receipt, or `{"id", "error": {"code", "message", "line"}}`,
and the run goes on. Exit status: 0 when all input was answered, 2 when the snapshot cannot be used or the answers
cannot be written.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from typing import Any

from engine.basket import read_basket
from engine.errors import BasketError, SnapshotError
from engine.pricing import price
from engine.snapshot import Snapshot
from engine.strictjson import doubts, is_text, read_json
from engine.values import DEFAULT_NODES
from runtime.tools import explaining, refunding
from runtime.tools.refusal import output_lost, refuse

MAX_LINE_BYTES = 4_000_000
Answer = Callable[[Snapshot, object, int], dict[str, Any]]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--snapshot", metavar="FILE", required=True, help="a snapshot that lane compile wrote")
    parser.add_argument("--nodes", metavar="N", type=_nodes, default=DEFAULT_NODES, help="search nodes for one basket")
    way = parser.add_mutually_exclusive_group()
    explaining.add_arguments(parser, way)
    refunding.add_arguments(parser, way)


def _nodes(text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise argparse.ArgumentTypeError(f"a whole number from 0 on, not {text!r}")
    return int(text)


def run(arguments: argparse.Namespace) -> int:
    try:
        snapshot = Snapshot.open(arguments.snapshot)
    except SnapshotError as e:
        return refuse(f"{e} {e.remedy}")
    answer_one = refunding.answer if arguments.returning else explaining.answer if arguments.explain else _priced
    try:
        for raw in iter(sys.stdin.buffer.readline, b""):
            if raw.strip():
                answer = json.dumps(answer_line(snapshot, raw, arguments.nodes, answer_one), ensure_ascii=False)
                sys.stdout.buffer.write(answer.encode("utf-8") + b"\n")
                sys.stdout.buffer.flush()
    except SnapshotError as e:  # records are read when they are first used
        return refuse(f"{e} {e.remedy}")
    except OSError as e:
        return output_lost(e)
    return 0


def _priced(snapshot: Snapshot, plain: object, nodes: int) -> dict[str, Any]:
    return price(snapshot, read_basket(plain), nodes).to_json()


def answer_line(snapshot: Snapshot, raw: bytes, nodes: int = DEFAULT_NODES, answer: Answer = _priced) -> dict[str, Any]:
    """The receipt or the error of one basket, as plain values."""
    try:
        return answer(snapshot, _plain(raw), nodes)
    except BasketError as e:
        return {"id": _id(raw), "error": {"code": e.code, "message": e.message, "line": e.line}}


def _plain(raw: bytes) -> Any:
    if len(raw) > MAX_LINE_BYTES:
        raise BasketError("bad_basket", {"reason": f"it is longer than {MAX_LINE_BYTES} bytes"})
    faults: list[Any] = []
    value = read_json(raw, "basket", faults)
    if faults:
        raise BasketError("bad_basket", {"reason": faults[0].text})
    twice = [doubt for doubt in doubts(value) if "twice" in doubt or "deep" in doubt]
    if twice:
        raise BasketError("bad_basket", {"reason": twice[0]})
    return value


def _id(raw: bytes) -> str | None:
    """The basket's id, where it can be read."""
    value = read_json(raw, "basket", []) if len(raw) <= MAX_LINE_BYTES else None
    if isinstance(value, dict) and "id" not in value:
        value = value.get("basket")  # of a return
    name = value.get("id") if isinstance(value, dict) else None
    return str(name) if isinstance(name, str) and is_text(name) else None
