"""`lane price --explain`: what the receipt does not say: `explain`, why a promotion was not applied, and `hints`, what
little more would bring a discount. Both are keys beside those of the receipt, which stays as it is."""

from __future__ import annotations

import argparse
from typing import Any

from engine.basket import read_basket
from engine.explain import explain
from engine.hints import hints
from engine.pricing import price
from engine.snapshot import Snapshot

EXAMPLE = """\
Why was it not applied, and what is missing (keys "explain" and "hints" of each receipt):
  echo '{"at":"2026-11-22T18:30:00","lines":[{"code":"6901234567892","qty":1}]}' \\
    | lane price --snapshot demo.snapshot --explain
"""


def add_arguments(parser: argparse.ArgumentParser, way: argparse._MutuallyExclusiveGroup) -> None:
    way.add_argument(
        "--explain", action="store_true", help="also say why promotions were not applied, and what little is missing"
    )
    parser.epilog = "\n".join(part for part in (parser.epilog, EXAMPLE) if part)


def answer(snapshot: Snapshot, plain: object, nodes: int) -> dict[str, Any]:
    """The receipt with its two further keys, as plain values. Raises BasketError."""
    basket = read_basket(plain)
    receipt = price(snapshot, basket, nodes)
    return {
        **receipt.to_json(),
        "explain": [reason.to_json() for reason in explain(snapshot, basket, receipt)],
        "hints": [hint.to_json(snapshot.exponent) for hint in hints(snapshot, basket, receipt)],
    }
