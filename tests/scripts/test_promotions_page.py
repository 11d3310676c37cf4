"""docs/promotions.md: what it shows is what the engine does, and what the reference says that it should."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import replace
from typing import Any

import promotions_page
import pytest
from promotion_examples import AT, EXAMPLES, ITEMS, Example
from promotions_page import PAGE, basket_of, lines_of, page, refunds_of, request_of, snapshot_of
from reference.oracle import reference_price
from return_examples import RETURNS, ReturnExample

from engine.basket import read_basket
from engine.pricing import price

ROWS = [
    {**row, "price": int(row["price"]), "tags": [row["tags"]] if row["tags"] else [], "barcodes": []}
    for row in csv.DictReader(io.StringIO(ITEMS))
]
TOTAL = re.compile(r"\| \*\*total\*\* \| \| [\d.]+ \| \*\*(\d+)\.(\d\d)\*\* \| saved (\d+)\.(\d\d) \|")


def sections() -> list[tuple[str, str]]:
    parts = re.split(r"^## ", PAGE.read_text("utf-8"), flags=re.MULTILINE)
    kinds = [(part.partition("\n")[0], part) for part in parts if "```json" in part]
    return [(title, part) for title, part in kinds if not title.endswith(" Returns")]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.title)
def test_every_example_costs_what_the_contract_says(example: Example) -> None:
    """By the brute-force reference, of the kinds too that the engine has not yet."""
    answer = reference_price({}, ROWS, example.promotions, {"id": "e", **basket_of(example)})
    assert answer["totals"] == [example.total]


def test_the_page_is_of_this_engine() -> None:
    assert PAGE.read_text("utf-8") == page(), "docs/promotions.md is stale: run scripts/promotions_page.py"


def test_the_page_has_every_kind_that_compiles() -> None:
    shown = [title for title, _ in sections()]
    assert shown == [one.title for one in EXAMPLES if snapshot_of(one.promotions) is not None]


@pytest.mark.parametrize(("title", "text"), sections(), ids=lambda value: value if len(value) < 60 else "")
def test_the_blocks_on_the_page_give_the_receipt_on_the_page(title: str, text: str) -> None:
    blocks: list[Any] = [json.loads(block) for block in re.findall(r"```json\n(.*?)```", text, re.DOTALL)]
    promotions, basket = blocks
    snapshot = snapshot_of(promotions)
    assert snapshot is not None
    receipt = price(snapshot, read_basket(basket))
    said = TOTAL.search(text)
    assert said is not None
    assert (receipt.total, receipt.discount) == (int(said[1] + said[2]), int(said[3] + said[4]))
    assert receipt.optimal


def test_a_wrong_total_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = Example("x", "x", EXAMPLES[0].promotions, EXAMPLES[0].lines, EXAMPLES[0].total + 1)
    monkeypatch.setattr(promotions_page, "EXAMPLES", (wrong,))
    with pytest.raises(SystemExit, match="engine says"):
        page()


@pytest.mark.parametrize("example", RETURNS, ids=lambda example: example.title)
def test_every_return_gives_what_the_contract_says(example: ReturnExample) -> None:
    """`priced`: what was paid so far, less what the reference says that the rest costs."""

    def cost(lines: list[dict[str, Any]]) -> int:
        totals: list[int] = reference_price({}, ROWS, example.promotions, {"id": "e", "at": AT, "lines": lines})[
            "totals"
        ]
        return totals[0]

    left = lines_of(example.lines)
    paid = total = cost(left)
    for back, said in zip(example.visits, example.priced, strict=True):
        for one in back:
            line = left[one["line"]] if "line" in one else next(line for line in left if line["code"] == one["code"])
            line["qty"] = line.get("qty", 1) - one.get("qty", line.get("qty", 1))
        assert said == max(0, paid - cost([line for line in left if line.get("qty", 1)]))
        paid -= said
    assert paid == 0 and sum(example.allocated) == total


@pytest.mark.parametrize("example", RETURNS, ids=lambda example: example.title)
def test_the_page_shows_every_return(example: ReturnExample) -> None:
    for rule, said in (("priced", example.priced), ("allocated", example.allocated)):
        assert [one.refund for one in refunds_of(example, rule)] == said
    _, _, text = PAGE.read_text("utf-8").partition(f"### {example.title}\n")
    blocks = [json.loads(block) for block in re.findall(r"```json\n(.*?)```", text, re.DOTALL)[:2]]
    assert blocks == [example.promotions, request_of(example, example.visits[0])]


def test_a_wrong_refund_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(promotions_page, "RETURNS", (replace(RETURNS[0], priced=[1, 349, 350]),))
    with pytest.raises(SystemExit, match="engine gives"):
        page()
