"""Label templates: which are refused, what a label's fields say, and what its weight is at today's price."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.labels import (
    Label,
    LabelFault,
    LabelTemplate,
    TemplateError,
    checked_together,
    label_template,
    label_weight,
    price_of_weight,
    read_label,
    weight_of_amount,
)

GOOD: dict[str, Any] = {"prefixes": ["26"], "length": 18, "layout": "FFPPPPPAAAAAWWWWWC"}


def read(code: str, **changes: Any) -> Label | LabelFault:
    template = label_template("one", **{**GOOD, "length": len(code), **changes})
    assert template.fits(code)
    return read_label(code, template)


@pytest.mark.parametrize(
    ("code", "changes", "plu", "amount", "weight"),
    [
        ("261720201181025901", {}, "17202", 1181, 2590),
        ("261720202590011813", {"layout": "FFPPPPPWWWWWAAAAAC"}, "17202", 1181, 2590),  # the other order
        ("2123456011810", {"prefixes": ["2"], "layout": "FPPPPPPAAAAAC", "check": "none"}, "123456", 1181, None),
        ("2012345012345", {"prefixes": ["20"], "layout": "FFPPPPPWWWWWX", "check": "none"}, "12345", None, 1234),
        ("2117202001181", {"prefixes": ["21"], "layout": "FFPPPPPAAAAAC", "amount_decimals": 1}, "17202", 1180, None),
        ("2117202000115", {"prefixes": ["21"], "layout": "FFPPPPPAAAAAC", "amount_decimals": 0}, "17202", 1100, None),
        ("2117202001259", {"prefixes": ["21"], "layout": "FFPPPPPWWWWWC", "weight_decimals": 2}, "17202", None, 1250),
        ("2512340011810259", {"prefixes": ["25"], "layout": "FFPPPPAAAAAAWWWW", "check": "none"}, "1234", 1181, 259),
    ],
)
def test_fields(code: str, changes: dict[str, Any], plu: str, amount: int | None, weight: int | None) -> None:
    label = read(code, **changes)
    assert isinstance(label, Label)
    assert (label.plu, label.amount_minor, label.weight_g) == (plu, amount, weight)


def test_both_weightings() -> None:
    assert isinstance(read("261000101308026152"), Label)
    assert isinstance(read("261000101308026154", check="ean-left"), Label)
    wrong = read("261000101308026154")
    assert isinstance(wrong, LabelFault)
    assert (wrong.code, wrong.args["should"]) == ("label_check_digit", "2")
    assert isinstance(read("261000101308026159", check="none"), Label)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"length": 17}, "18 digits, and length is 17"),
        ({"layout": "FFPPPPPAAAAAWWWWC"}, "17 digits, and length is 18"),
        ({"layout": "FFPPPPPAAAAAWWWWWZ"}, "'Z'"),
        ({"layout": "FFPPPAPAAAAAWWWWWC"}, "more than one piece"),
        ({"layout": "FFPPPPPPPPPPPPPPPC"}, "neither an amount"),
        ({"layout": "FFAAAAAAAWWWWWWWWC"}, "no PLU"),
        ({"layout": "PPPPPFFAAAAAWWWWWC"}, "does not begin"),
        ({"layout": "FFPPPPPCAAAAAWWWWW"}, "not at the end"),
        ({"layout": "FFPPPPPAAAAAWWWWCC"}, "more than 1 C"),
        ({"layout": "FFPPPPPAAAAAAAAAAC"}, "more than 8 A"),
        ({"layout": "FFPPPPPAAAAAWWWWWX"}, "needs a C"),
        ({"prefixes": []}, "no prefix"),
        ({"prefixes": ["2"]}, "1 digits"),
        ({"prefixes": ["2a"]}, "not digits"),
        ({"prefixes": ["２６"]}, "not digits"),
        ({"prefixes": ["26", "26"]}, "twice"),
        ({"check": "mod11"}, "mod11"),
        ({"amount_decimals": 3}, "0 to 2"),
        ({"amount_decimals": 1, "exponent": 0}, "0 to 0"),
        ({"weight_decimals": 4}, "0 to 3"),
        ({"weight_decimals": 1}, "more than 999 kg"),
        ({"plu_prefix": "x"}, "plu_prefix"),
        ({"layout": "FPA", "length": 3}, "8 to 32"),
    ],
)
def test_templates_that_are_refused(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(TemplateError) as caught:
        label_template("one", **{**GOOD, **changes})
    assert any(said in fault for _, fault in caught.value.faults)
    assert "one" in str(caught.value)


def test_all_faults_of_a_template_together() -> None:
    with pytest.raises(TemplateError) as caught:
        label_template("one", prefixes=["x"], length=9, layout="FPPA", check="?", amount_decimals=9)
    assert len(caught.value.faults) >= 4


@pytest.mark.parametrize(("first", "second"), [(["26"], ["26"]), (["26"], ["2"]), (["2"], ["25", "27"])])
def test_ambiguous_templates_are_refused(first: list[str], second: list[str]) -> None:
    def template(name: str, prefixes: list[str]) -> LabelTemplate:
        layout = ("F" * len(prefixes[0])).ljust(7, "P") + "AAAAAWWWWWC"
        return label_template(name, prefixes=prefixes, length=18, layout=layout)

    with pytest.raises(TemplateError, match="ambiguous"):
        checked_together([template("a", first), template("b", second)])
    assert len(checked_together([template("a", ["26"]), template("b", ["27"])])) == 2


def test_one_prefix_at_two_lengths_is_not_ambiguous() -> None:
    short = label_template("short", prefixes=["26"], length=13, layout="FFPPPPPAAAAAC")
    assert len(checked_together([short, label_template("long", **GOOD)])) == 2


def test_a_name_used_twice_and_too_many() -> None:
    one = label_template("a", prefixes=["21"], length=13, layout="FFPPPPPAAAAAC")
    two = label_template("a", prefixes=["22"], length=13, layout="FFPPPPPAAAAAC")
    with pytest.raises(TemplateError, match="used twice"):
        checked_together([one, two])
    many = [
        label_template(str(i), prefixes=[f"{i:02}"], length=13, layout="FFPPPPPAAAAAC", check="none") for i in range(60)
    ]
    with pytest.raises(TemplateError, match="more than 50"):
        checked_together(many)


@pytest.mark.parametrize(
    ("price", "grams", "amount"),
    [(144, 1580, 228), (456, 2590, 1181), (109, 2550, 278), (118, 4178, 493)],  # weigh lines of real receipts
)
def test_real_weigh_lines(price: int, grams: int, amount: int) -> None:
    assert price_of_weight(price, grams) == amount
    again = weight_of_amount(price, amount)
    assert again is not None
    assert price_of_weight(price, again) == amount


def test_amounts_that_no_gram_costs() -> None:
    assert weight_of_amount(5990, 1190) is None  # 198 g cost 11.86, 199 g 11.92
    assert weight_of_amount(5990, 1192) == 199
    assert weight_of_amount(0, 100) is None
    assert weight_of_amount(2_000, 1) is None  # half a gram would cost it, and a whole one costs 2
    assert weight_of_amount(400, 1) == 2  # 2 and 3 g both: the quotient is 2.5, the lighter counts


@given(st.integers(1, 50_000), st.integers(1, 40_000))
def test_what_a_scale_printed_is_always_found(price: int, grams: int) -> None:
    amount = price_of_weight(price, grams)
    found = weight_of_amount(price, amount)
    if amount == 0:
        assert found is None or price_of_weight(price, found) == 0
        return
    assert found is not None
    assert price_of_weight(price, found) == amount


@given(st.integers(1, 3_000), st.integers(1, 3_000))
def test_the_nearest_gram_by_trying_them_all(price: int, amount: int) -> None:
    middle = amount * 1000 // price
    tried = [g for g in range(max(1, middle - 600), middle + 600) if price_of_weight(price, g) == amount]
    best = min(tried, key=lambda g: (abs(g * price - amount * 1000), g), default=None)
    assert weight_of_amount(price, amount) == best


def test_never_more_than_the_label_says() -> None:
    template = label_template("one", **GOOD)
    label = Label("17202", 1181, 2590, template)
    assert label_weight(label, 456) == 2590
    assert label_weight(label, 400) == 2590
    assert label_weight(label, 457) is None
    assert label_weight(Label("1", None, 2590, template), 99_999) == 2590
    assert label_weight(Label("1", 99_999, None, template), 1) is None  # a hundred tonnes: the price is another


def dearest_over_its_label() -> int:
    """By how much any of many labels costs more at the till than it says, at worst."""
    template = label_template("one", **GOOD)
    worst = 0
    for price in range(1, 9_000, 97):
        for amount in range(1, 6_000, 131):
            for weight_g in (None, 5, 999, 2590):
                sold_g = label_weight(Label("1", amount, weight_g, template), price)
                if sold_g is not None:
                    worst = max(worst, (price * sold_g * 2 + 1000) // 2000 - amount)
    return worst


def test_the_customer_never_pays_more_than_the_label(monkeypatch: pytest.MonkeyPatch) -> None:
    assert dearest_over_its_label() == 0
    monkeypatch.setattr("engine.labels.price_of_weight", lambda price, grams: price * grams // 1000)  # rounds down
    assert dearest_over_its_label() == 1


def test_how_a_plu_becomes_a_sku() -> None:
    prefixed = label_template("one", **GOOD, plu_prefix="1")
    assert Label("17202", 1, 1, prefixed).skus() == ("117202", "17202")
    assert Label("00100", 1, 1, label_template("one", **GOOD)).skus() == ("00100", "100")
    assert Label("00000", 1, 1, label_template("one", **GOOD)).skus() == ("00000",)
