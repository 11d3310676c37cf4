"""`lane price --return`: what a customer gets back. The rule is engine.returns', the form engine.return_request's."""

from __future__ import annotations

import argparse
from typing import Any

from engine.return_request import read_return_request
from engine.returns import refund
from engine.snapshot import Snapshot

EPILOG = """\
With --return a line is a sale, and what comes back of it:
  {"basket": the sale's basket, "receipt": its receipt (optional), "returned": earlier returns, "return": [...]}
An entry of "return" has "line" (of the basket, from 0) or "code", and "qty", or "milli" for weighed goods; a line
alone is all that is left of it. An earlier return is a list of such entries, or what this command answered then.
  echo '{"basket": {"id": "1", "at": "2026-11-22T18:30:00", "lines": [{"code": "6901234567892", "qty": 3}]},
    "return": [{"line": 0, "qty": 1}]}' | tr -d '\\n' | lane price --snapshot demo.snapshot --return
The answer: {"id", "rule", "total", "refunded", "refund", "remaining", "lines", ..., "kept": the receipt of what is
kept}, or {"id", "error": {"code", "message", "line"}}. The rule is the book's key "returns": docs/promotions.md.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--return", dest="returning", action="store_true", help="refunds: see the example below")
    parser.epilog = "\n".join([parser.epilog, EPILOG]) if parser.epilog else EPILOG


def answer(snapshot: Snapshot, plain: object, nodes: int) -> dict[str, Any]:
    """The refund of one return, as plain values. Raises BasketError, of which ReturnError is one."""
    asked = read_return_request(plain)
    return refund(snapshot, asked.basket, asked.back, asked.earlier, asked.receipt, nodes).to_json()
