"""Each reason by an example, and what it says worked out by hand. The books' goods are those of books.py."""

from __future__ import annotations

from typing import Any

import pytest
from books import snapshot

from engine.basket import read_basket
from engine.explain import REASONS, SENTENCES, Reason, explain
from engine.pricing import price

Data = dict[str, Any]
MEMBER = {"id": "M", "level": "gold", "tags": ["staff"], "birthday": "01-02"}


def reasons(promotions: list[Data], lines: list[Data], **basket: Any) -> dict[str, Reason]:
    book = snapshot([{"name": f"name {one['id']}", **one} for one in promotions])
    wanted = read_basket({"id": "b", "at": "2026-11-22T18:30:00", "lines": lines, **basket})
    return {one.promotion: one for one in explain(book, wanted, price(book, wanted))}


def the_one(promotion: Data, lines: list[Data], **basket: Any) -> Reason:
    (reason,) = reasons([{"id": "P", **promotion}], lines, **basket).values()
    return reason


def qty(code: str, count: int) -> Data:
    return {"code": code, "qty": count}


def price_of(sku: str, price: int, **more: Any) -> Data:
    return {"type": "price", "items": {"skus": [sku]}, "price": price, **more}


def of(sku: str, count: int, reward: Data, **more: Any) -> Data:
    return {"type": "set", "buy": [{"items": {"skus": [sku]}, "qty": count}], "reward": reward, **more}


MILK = [qty("milk", 1)]


@pytest.mark.parametrize(
    ("code", "promotion", "lines", "basket"),
    [
        ("not_now", price_of("milk", 1, when={"weekdays": [1]}), MILK, {}),
        ("not_here", price_of("milk", 1, where={"stores": ["s"]}), MILK, {"store": "t"}),
        ("members_only", price_of("milk", 1, who={"member": True}), MILK, {}),
        ("members_only", price_of("milk", 1, limit={"member_day": 1}), MILK, {}),
        ("wrong_level", price_of("milk", 1, who={"levels": ["tin"]}), MILK, {"member": MEMBER}),
        ("wrong_tags", price_of("milk", 1, who={"tags": ["vip"]}), MILK, {"member": MEMBER}),
        ("not_birthday", price_of("milk", 1, who={"birthday": "day"}), MILK, {"member": MEMBER}),
        ("other_tender", {"type": "tender", "tenders": ["w"], "off": 1}, MILK, {"tender": "v"}),
        ("coupon_missing", price_of("milk", 1, coupon="C"), MILK, {"coupons": ["D"]}),
        ("limit_used_up", price_of("milk", 1, limit={"total": 3}), MILK, {"used": {"P": {"total": 3}}}),
        ("gives_nothing", price_of("milk", 700), MILK, {}),
        ("gives_nothing", price_of("milk", 650, max_times=1), MILK, {}),
        ("gives_nothing", of("milk", 1, {"price": 650}), MILK, {}),
        ("gives_nothing", of("milk", 1, {"percent": 0.01}), MILK, {}),
        (
            "gives_nothing",
            {"type": "threshold", "gift": {"amount": 1, "items": {"skus": ["milk"]}, "count": 1, "price": 700}},
            MILK,
            {},
        ),
        ("excluded", {"type": "tender", "tenders": ["w"], "off": 1, "amount": 900}, [*MILK, qty("cigs", 1)],
         {"tender": "w"}),
    ],
)  # fmt: skip
def test_a_reason(code: str, promotion: Data, lines: list[Data], basket: Data) -> None:
    assert the_one(promotion, lines, **basket).code == code


def test_every_reason_has_its_sentence_and_says_nothing_else() -> None:
    assert set(REASONS) <= set(SENTENCES)
    assert the_one(price_of("milk", 1, when={"weekdays": []}), MILK).to_json() == {
        "promotion": "P",
        "name": "name P",
        "reason": "not_now",
        "text": "name P is not valid at this time.",
    }


def test_the_first_reason_counts() -> None:
    promotion = price_of("milk", 1, when={"weekdays": []}, where={"stores": []}, who={"member": True}, coupon="C")
    for code, key in [("not_now", "when"), ("not_here", "where"), ("members_only", "who"), ("coupon_missing", "")]:
        assert the_one(promotion, MILK).code == code
        promotion.pop(key, None)


def test_what_does_not_concern_the_basket_is_not_named() -> None:
    assert reasons([{"id": "P", **price_of("bread", 1)}], MILK) == {}
    assert reasons([{"id": "P", **price_of("cigs", 1)}], [qty("cigs", 1)]) == {}
    assert reasons([{"id": "P", "type": "tender", "tenders": ["w"], "off": 1}], [qty("cigs", 1)]) == {}


def test_a_shelf_price_that_another_beats() -> None:
    found = reasons([{"id": "A", **price_of("milk", 500)}, {"id": "B", **price_of("milk", 480)}], MILK)
    assert found["A"].numbers == {"other": "B", "by_minor": 20}
    assert found["A"].text == "The shelf price by name B is lower by 0.20 than by name A."
    found = reasons([{"id": "A", **price_of("milk", 500)}, {"id": "B", **price_of("milk", 500)}], MILK)
    assert (found["B"].code, found["B"].numbers) == ("beaten", {"other": "A", "by_minor": 0})
    assert found["B"].text == "The shelf price by name A is as good as by name B."


def test_so_many_units_are_missing_and_for_which_entry() -> None:
    reason = the_one(of("milk", 3, {"off": 100}), MILK)
    assert (reason.code, reason.numbers) == ("short_by_units", {"units": 2, "entries": [[0, 2]]})
    assert reason.text == "name P: 2 more needed."
    buy = [{"items": {"categories": ["10"]}, "qty": 2}, {"items": {"skus": ["milk"]}, "qty": 1}]
    reason = the_one({"type": "set", "buy": buy, "reward": {"off": 1}}, [qty("milk", 1), qty("bread", 1)])
    assert reason.numbers["units"] == 1
    tier = {
        "type": "tier",
        "items": {"skus": ["milk"]},
        "tiers": [{"qty": 2, "percent": 10}, {"qty": 3, "percent": 20}],
    }
    assert the_one(tier, MILK).numbers == {"units": 1, "entries": [[0, 1]]}
    gift = {"amount": 1, "items": {"skus": ["cola"]}, "count": 1, "price": 0}
    assert the_one({"type": "threshold", "gift": gift}, MILK).numbers == {"units": 1, "entries": [[1, 1]]}


def test_so_much_is_missing() -> None:
    reason = the_one({"type": "threshold", "tiers": [{"amount": 970, "off": 100}]}, MILK)
    assert (reason.code, reason.numbers) == ("short_by_amount", {"amount_minor": 320})
    assert reason.text == "name P: 3.20 more needed."
    reason = the_one({"type": "tender", "tenders": ["w"], "off": 1, "amount": 651}, MILK, tender="w")
    assert (reason.code, reason.numbers) == ("short_by_amount", {"amount_minor": 1})


def test_a_gift_is_not_in_the_base_that_it_needs() -> None:
    gift = {"amount": 1_000, "items": {"skus": ["milk", "cola"]}, "count": 1, "price": 0}
    threshold = {"type": "threshold", "gift": gift}
    reason = the_one(threshold, [qty("milk", 1), qty("cola", 1)])  # 10.00, and 6.50 where the cola is the gift
    assert (reason.code, reason.numbers) == ("short_by_amount", {"amount_minor": 350})
    aside = {**threshold, "items": {"skus": ["milk"]}}
    reason = the_one(aside, [qty("milk", 1), qty("cola", 1)])
    assert (reason.code, reason.numbers) == ("short_by_amount", {"amount_minor": 350})
    reason = the_one({**aside, "items": {"skus": ["cola"]}}, [qty("milk", 1), qty("cola", 1)])
    assert (reason.code, reason.numbers) == ("short_by_amount", {"amount_minor": 650})
    half = {"id": "A", **of("milk", 2, {"percent": 50})}  # has taken both: without one of them the base is 3.25
    book = [half, {"id": "P", **threshold}]
    assert reasons(book, [qty("milk", 2)])["P"].numbers == {"amount_minor": 675}
    book = [half, {"id": "P", **threshold, "except_discounted": True}]
    assert reasons(book, [qty("milk", 2)])["P"].numbers == {"amount_minor": 1_000}


def test_goods_reduced_already_leave_too_little() -> None:
    shelf = {"id": "A", **price_of("milk", 600)}
    pair = {"id": "P", **of("milk", 2, {"off": 100}, except_discounted=True)}
    reason = reasons([shelf, pair], [qty("milk", 2)])["P"]
    assert (reason.code, reason.numbers["units"]) == ("excluded", 2)
    over = {"id": "P", "type": "threshold", "tiers": [{"amount": 600, "off": 1}], "except_discounted": True}
    assert reasons([shelf, over], [qty("milk", 2)])["P"].code == "excluded"


def test_lost_to_a_better_one_and_by_how_much() -> None:
    found = reasons([{"id": "A", **of("milk", 2, {"off": 190})}, {"id": "B", **of("milk", 2, {"off": 300})}],
                    [qty("milk", 2)])  # fmt: skip
    assert (found["A"].code, found["A"].numbers) == ("lost_to", {"other": "B", "by_minor": 110})
    assert found["A"].text == "name B saves 1.10 more than name A would."
    found = reasons([{"id": "A", **of("milk", 2, {"off": 300})}, {"id": "B", **of("milk", 2, {"off": 300})}],
                    [qty("milk", 2)])  # fmt: skip
    assert [one.numbers["by_minor"] for one in found.values()] == [0]
    assert "is as good as" in next(iter(found.values())).text


def test_of_a_group_and_of_a_coupon() -> None:
    pair = [
        {"id": "A", **of("milk", 2, {"off": 190}, group="g")},
        {"id": "B", **of("bread", 1, {"off": 300}, group="g")},
    ]
    reason = reasons(pair, [qty("milk", 2), qty("bread", 1)])["A"]
    assert (reason.code, reason.numbers) == ("group_taken", {"other": "B", "by_minor": 110})
    pair = [
        {"id": "A", **of("milk", 2, {"off": 190}, coupon="C")},
        {"id": "B", **of("bread", 1, {"off": 300}, coupon="C")},
    ]
    reason = reasons(pair, [qty("milk", 2), qty("bread", 1)], coupons=["C"])["A"]
    assert (reason.code, reason.numbers) == ("coupon_taken", {"other": "B", "by_minor": 110})


def test_tender_promotions_among_themselves() -> None:
    pay = {"type": "tender", "tenders": ["w"]}
    found = reasons([{"id": "A", **pay, "off": 30}, {"id": "B", **pay, "percent": 10}], MILK, tender="w")
    assert (found["A"].code, found["A"].numbers) == ("lost_to", {"other": "B", "by_minor": 35})
    grouped = [{"id": "A", **pay, "off": 30, "group": "g"}, {"id": "B", **of("milk", 1, {"off": 10}, group="g")}]
    assert reasons(grouped, MILK, tender="w")["A"].numbers == {"other": "B"}


def test_a_threshold_that_step_2_put_out_of_reach() -> None:
    pair = [
        {"id": "A", "type": "threshold", "tiers": [{"amount": 1300, "off": 50}]},
        {"id": "B", **of("milk", 2, {"off": 60})},
    ]
    reason = reasons(pair, [qty("milk", 2)])["A"]
    assert (reason.code, reason.numbers) == ("lost_to", {"other": "B", "by_minor": 10})


def test_past_the_pricings_it_says_at_most_or_nothing() -> None:
    books = snapshot([{"id": name, **of("milk", 2, {"percent": 10 + ord(name) % 7})} for name in "ABCDEFGH"])
    wanted = read_basket({"id": "b", "at": "2026-11-22T18:30:00", "lines": [qty("milk", 6)]})
    receipt = price(books, wanted)
    full = {one.promotion: one.numbers for one in explain(books, wanted, receipt)}
    for pricings in (0, 1, 3):
        for one in explain(books, wanted, receipt, pricings=pricings):
            assert one.code == "lost_to"
            if "by_minor" in one.numbers:
                assert one.numbers["by_minor"] >= full[one.promotion]["by_minor"]
                assert "at_most" in one.numbers or one.numbers == full[one.promotion]


def test_hostile_names_are_only_names() -> None:
    book = snapshot([{"id": '"@1.00@"', "name": "{other} {x}", **of("milk", 2, {"percent": 12.34})},
                     {"id": "~0", "name": "%s\n", **of("milk", 2, {"percent": 20})}])  # fmt: skip
    wanted = read_basket({"id": "b", "at": "2026-11-22T18:30:00", "lines": [qty("milk", 2)]})
    (reason,) = explain(book, wanted, price(book, wanted))
    assert reason.numbers == {"other": "~0", "by_minor": 100}  # 260 and 160.42
    assert "{other} {x}" in reason.text


@pytest.mark.parametrize(("lines", "count"), [(1, 9_000), (300, 1), (70, 3)])
def test_of_a_huge_basket_less_is_told_and_soon(lines: int, count: int) -> None:
    rows = "".join(f"s{number:03},n,each,{100 + number},1,,,\n" for number in range(lines))
    buy = [{"items": {"all": True}, "qty": 2}]
    book = snapshot(
        [
            {"id": name, "name": name, "type": "set", "buy": buy, "reward": {"percent": percent}}
            for name, percent in (("A", 12.5), ("B", 33.33))
        ],
        rows,
    )
    goods = [qty(f"s{number:03}", count) for number in range(lines)]
    wanted = read_basket({"id": "b", "at": "2026-11-22T18:30:00", "lines": goods})
    (reason,) = explain(book, wanted, price(book, wanted), nodes=200)
    assert (reason.promotion, reason.code, reason.numbers["other"]) == ("A", "lost_to", "B")
