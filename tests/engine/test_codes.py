"""What a code sells, or why it sells nothing: published vectors, every refusal, and any text whatever."""

from __future__ import annotations

import string
from collections.abc import Callable
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import codes as codes_module
from engine.codes import CODE_SENTENCES, MAX_CODE, CodeError, CodeReading, read_code, shown
from engine.gs1 import Gs1
from engine.gtin import check_digit, check_digit_from_left, gtin14, is_gtin, spellings
from engine.labels import LabelTemplate, checked_together, label_template
from engine.values import Item

TEMPLATES = checked_together(
    [
        label_template("amount", prefixes=["21"], length=13, layout="FFPPPPPAAAAAC"),
        label_template("weight", prefixes=["22"], length=13, layout="FFPPPPPWWWWWC", check="none"),
        label_template("long", prefixes=["26"], length=18, layout="FFPPPPPAAAAAWWWWWC", plu_prefix="1"),
        label_template("left", prefixes=["27"], length=18, layout="FFPPPPPAAAAAWWWWWC", check="ean-left"),
    ]
)


def item(sku: str, unit: str = "each", price: int = 500) -> Item:
    return Item(sku, f"goods {sku}", unit, price, "", "", (), {})


def book(*items: Item, **codes: Item) -> Callable[[str], Item | None]:
    found = {one.sku: one for one in items} | codes
    return found.get


PUMPKIN = item("117202", "kg", 456)
BOOK = book(
    item("6901234567892"),
    item("8"),
    item("A-17"),
    item("6901234567890"),  # sold under a wrong check digit: the book's word goes first
    item("036000291452"),  # UPC-A
    item("10900000406"),  # a UPC-A whose zero a spreadsheet ate
    item("96385074"),  # EAN-8
    PUMPKIN,
    item("17202", "kg", 456),
    item("10001", "kg", 500),
    item("500", "kg", 290),
)


def reason(text: str, templates: tuple[LabelTemplate, ...] = TEMPLATES) -> CodeError:
    with pytest.raises(CodeError) as caught:
        read_code(text, BOOK, templates)
    assert str(caught.value)  # the sentence has all of its arguments
    return caught.value


@pytest.mark.parametrize(
    ("data", "digit"),
    [
        ("690123456789", 2),
        ("211720201181", 4),  # 2117202011814: PLU 17202, 11.81 yuan
        ("211000100500", 8),
        ("211720200493", 9),
        ("200000102310", 5),  # published as 2000001023109: wrong
        ("200000303500", 7),  # published as ...3
        ("200000100838", 6),  # published as ...9
        ("200000101936", 8),  # published as ...9
        ("9638507", 4),  # EAN-8
        ("03600029145", 2),  # UPC-A
        ("1061414100000", 2),  # GTIN-14
    ],
)
def test_check_digit(data: str, digit: int) -> None:
    assert check_digit(data) == digit
    assert is_gtin(f"{data}{digit}")
    assert not is_gtin(f"{data}{(digit + 1) % 10}")


def test_the_two_weightings_of_seventeen_digits() -> None:
    assert check_digit("26172020118102590") == check_digit_from_left("26172020118102590") == 1
    assert check_digit("26100010130802615") == 2
    assert check_digit_from_left("26100010130802615") == 4
    assert check_digit("690123456789") == check_digit_from_left("690123456789")  # before an even number: one rule


@pytest.mark.parametrize(
    ("text", "sku"),
    [
        ("6901234567892", "6901234567892"),
        ("  6901234567892 ", "6901234567892"),
        ("6901234567890", "6901234567890"),
        ("8", "8"),
        ("A-17", "A-17"),
        ("036000291452", "036000291452"),
        ("0036000291452", "036000291452"),  # the same label from a scanner set to EAN-13
        ("00036000291452", "036000291452"),
        ("0010900000406", "10900000406"),
        ("010900000406", "10900000406"),
        ("96385074", "96385074"),
        ("0000096385074", "96385074"),
    ],
)
def test_the_book_goes_first(text: str, sku: str) -> None:
    reading = read_code(text, BOOK, TEMPLATES)
    assert reading == CodeReading(reading.item, text.strip())
    assert reading.item.sku == sku


def test_a_book_with_the_long_spelling_is_found_by_the_short_one() -> None:
    find = book(item("0036000291452"))
    assert read_code("036000291452", find, ()).item.sku == "0036000291452"


def test_the_book_goes_before_a_weigh_label() -> None:
    find = book(item("2117202011814"), item("17202", "kg", 456))
    assert read_code("2117202011814", find, TEMPLATES).item.sku == "2117202011814"


def test_another_number_is_no_spelling() -> None:
    assert "6901234567892" not in spellings("16901234567899")  # a carton's indicator digit is not a leading zero
    assert spellings("00100") == ()
    assert gtin14("96385074") == "00000096385074"
    with pytest.raises(ValueError, match="not a GTIN"):
        gtin14("12345")


@pytest.mark.parametrize(
    ("text", "sku", "weight_g", "amount"),
    [
        ("2117202011814", "17202", 2590, 1181),  # 4.56 yuan a kg
        ("2210001012345", "10001", 1234, None),  # the check digit is not looked at
        ("2200500012340", "500", 1234, None),  # PLU 00500, sku 500
        ("261720201181025901", "117202", 2590, 1181),  # the template's prefix: PLU 17202, sku 117202
        ("271000101308026151", "10001", 2615, 1308),  # weighted from the left
    ],
)
def test_weigh_labels(text: str, sku: str, weight_g: int, amount: int | None) -> None:
    reading = read_code(text, BOOK, TEMPLATES)
    assert (reading.item.sku, reading.weight_g) == (sku, weight_g)
    assert reading.label is not None
    assert reading.label.amount_minor == amount


@pytest.mark.parametrize(
    ("text", "code", "args"),
    [
        ("", "code_empty", {}),
        ("   ", "code_empty", {}),
        ("9" * 65, "code_too_long", {"count": 65}),
        ("x" * 100_000, "code_too_long", {"count": 100_000}),
        ("9" * 15, "code_too_long", {"count": 15}),
        ("69012345\x0067892", "code_characters", {"character": "U+0000"}),
        ("690\ud800", "code_characters", {"character": "U+D800"}),
        ("６９０１", "code_characters", {"character": "６"}),
        ("ABC 1{code}", "code_not_digits", {"code": "ABC 1{code}"}),
        ("6901234567893", "check_digit", {"code": "6901234567893", "found": "3", "should": "2"}),
        ("036000291453", "check_digit", {"code": "036000291453", "found": "3", "should": "2"}),
        ("96385075", "check_digit", {"code": "96385075", "found": "5", "should": "4"}),
        ("6901234567908", "unknown_item", {"code": "6901234567908"}),
        ("4711", "unknown_item", {"code": "4711"}),
        ("2000001023109", "no_label_template", {"code": "2000001023109", "prefix": "20"}),
        ("2117202011815", "label_check_digit", {"code": "2117202011815", "found": "5", "should": "4"}),
        ("2117202000009", "label_amount_zero", {"code": "2117202000009"}),
        ("2217202000000", "label_weight_zero", {"code": "2217202000000"}),
        ("2199999005009", "label_unknown_plu", {"plu": "99999"}),
        ("134567890123456789", "maybe_payment_code", {"code": "****6789"}),  # WeChat
        ("6222021234567890", "maybe_payment_code", {"code": "****7890"}),
        ("281234567890123456789012", "maybe_payment_code", {"code": "****9012"}),
        ("271000101308026152", "label_check_digit", {"code": "****6152", "found": "2", "should": "1"}),
        ("13812345678", "unknown_item", {"code": "138****5678"}),  # a member's telephone
    ],
)
def test_refusals(text: str, code: str, args: dict[str, str | int]) -> None:
    error = reason(text)
    assert (error.code, error.args_by_name) == (code, args)


def test_a_label_of_the_wrong_goods_or_price() -> None:
    find = book(item("17202", "each"))
    with pytest.raises(CodeError, match="sold by the piece"):
        read_code("2117202011814", find, TEMPLATES)
    dearer = book(item("117202", "kg", 5990))
    with pytest.raises(CodeError) as caught:
        read_code("261720201181025901", dearer, TEMPLATES)
    assert caught.value.code == "label_price_changed"
    cheaper = book(item("117202", "kg", 455))
    assert read_code("261720201181025901", cheaper, TEMPLATES).weight_g == 2590


def test_without_templates_every_label_has_its_reason() -> None:
    assert reason("2117202011814", ()).code == "no_label_template"
    assert reason("261720201181025901", ()).code == "maybe_payment_code"


def test_no_card_number_is_shown() -> None:
    for text in ("6222 0212 3456 7890 123", "6222021234567890123", "card 6222021234567890"):
        assert "2345" not in str(reason(text))
    assert shown("X" * 60) == "X" * 31 + "…"


def test_every_sentence_is_used_and_has_its_remedy() -> None:
    assert all(text and remedy for text, remedy in CODE_SENTENCES.values())


codes = st.one_of(
    st.text(max_size=80),
    st.text(string.digits, max_size=MAX_CODE + 5),
    st.from_regex(r"2[1267][0-9]{11}", fullmatch=True),
    st.from_regex(r"2[67][0-9]{16}", fullmatch=True),
    st.from_regex(r"\s*0{0,6}[0-9]{8,13}\s*", fullmatch=True),
    st.binary(max_size=40).map(lambda data: data.decode("latin-1")),
    st.binary(max_size=40).map(lambda data: data.decode("utf-8", "surrogateescape")),
)


def any_kg(code: str) -> Item | None:
    code.encode()  # what `find` is handed can always be encoded
    assert 1 <= len(code) <= MAX_CODE
    assert code.isprintable()
    return item(code, "kg", 456) if len(code) <= 6 else None


@settings(max_examples=600, deadline=None)
@given(codes)
def test_any_text_is_a_reading_or_a_code_error(text: str) -> None:
    for find in (BOOK, any_kg):
        try:
            reading = read_code(text, find, TEMPLATES)
        except CodeError as error:
            said = CODE_SENTENCES[error.code]
            for part in said:
                part.format(**error.args_by_name)
        else:
            assert reading.code == text.strip()
            assert (reading.weight_g is None) == (reading.label is None)
            assert reading.weight_g is None or reading.weight_g > 0


@settings(max_examples=300, deadline=None)
@given(st.integers(0, 10**12 - 1), st.integers(0, 12), st.integers(0, 9))
def test_one_wrong_digit_is_always_noticed(number: int, place: int, digit: int) -> None:
    data = f"{number:012}"
    code = data + str(check_digit(data))
    wrong = code[:place] + str(digit) + code[place + 1 :]
    assert is_gtin(wrong) == (wrong == code)


# GS1 element strings and Digital Links

GS = "\x1d"
TODAY = date(2026, 11, 22)
WATER14 = "06901234567892"
GS1_BOOK = book(
    item("6901234567892"),
    item("96901234500007", "kg", 456),
    item("96901234500014"),
    item(f"01{WATER14}10OWN"),  # a shop's own code that looks like an element string
)


def gs1(text: str, on: date | None = TODAY, **more: str | int) -> CodeReading:
    return read_code(text, GS1_BOOK, TEMPLATES, on=on, **more)  # type: ignore[arg-type]  # names of str and int


def gs1_reason(text: str, on: date | None = TODAY, **more: str | int) -> CodeError:
    with pytest.raises(CodeError) as caught:
        gs1(text, on, **more)
    assert str(caught.value)
    return caught.value


@pytest.mark.parametrize(
    "text",
    [
        f"01{WATER14}17261130",
        f"01{WATER14}",  # 16 digits, as many as a payment code
        f"]d201{WATER14}1726113010LOT",
        f"1726113001{WATER14}",
        f"10LOT{GS}01{WATER14}",
        f"(01){WATER14}(17)261130",
        f"https://id.gs1.org/01/{WATER14}?17=261130",
        f"01{WATER14}10{'L' * 20}{GS}21{'S' * 20}{GS}91{'X' * 40}",  # longer than other codes may be
    ],
)
def test_goods_by_the_gtin_of_a_gs1_code(text: str) -> None:
    reading = gs1(text)
    assert (reading.item.sku, reading.code, reading.qty, reading.weight_g) == ("6901234567892", WATER14, 1, None)
    assert reading.gs1 is not None and reading.gs1.gtin == WATER14


def test_the_books_own_code_goes_before_an_element_string() -> None:
    assert gs1(f"01{WATER14}10OWN").gs1 is None


def test_a_weigh_label_goes_before_an_element_string() -> None:
    """AI 22, 21 and 26 begin like weigh labels; a label of the shop's own template is one."""
    assert read_code("2117202011814", BOOK, TEMPLATES).label is not None


@pytest.mark.parametrize(
    ("elements", "weight_g"),
    [("3103001234", 1234), ("3102000123", 1230), ("3103001000" + "3922456", 1000), ("3922456", 1000), ("", None)],
)
def test_the_weight_of_a_kg_item(elements: str, weight_g: int | None) -> None:
    reading = gs1(f"0196901234500007{elements}")
    assert (reading.item.sku, reading.weight_g) == ("96901234500007", weight_g)


def test_a_label_never_costs_more_than_it_says() -> None:
    assert gs1(f"0196901234500007{'3103001000'}3922500").weight_g == 1000  # 4.56 today, 5.00 on the label
    assert gs1_reason(f"0196901234500007{'3103001000'}3922400").code == "label_price_changed"


def test_an_amount_in_another_currency_is_refused() -> None:
    assert gs1("0196901234500007" + "3932156456", currency="CNY").weight_g == 1000
    error = gs1_reason("0196901234500007" + "3932344456", currency="CNY")
    assert (error.code, error.args_by_name["currency"]) == ("gs1_other_currency", "344")
    assert gs1("0196901234500007" + "3932344456").weight_g is None  # which currency is ours is not said: weigh it
    assert gs1("0196901234500007" + "3932344456", currency="XXX").weight_g is None


def test_a_weight_of_nothing_is_refused() -> None:
    assert gs1_reason("0196901234500007" + "3103000000").code == "gs1_weight_zero"
    assert gs1_reason("0196901234500007" + "3922000").code == "gs1_amount_zero"


def test_pieces_count_for_goods_of_variable_measure_only() -> None:
    assert gs1("0196901234500014" + "306").qty == 6
    assert gs1(f"01{WATER14}306").qty == 1


@pytest.mark.parametrize(
    ("ai", "code"), [("17", "expired"), ("7003", "expired"), ("15", "past_best_before"), ("16", "past_sell_by")]
)
def test_goods_past_their_date(ai: str, code: str) -> None:
    clock = "0000" if ai == "7003" else ""
    text = f"]d201{WATER14}{ai}261121{clock}"
    error = gs1_reason(text)
    assert (error.code, error.args_by_name["date"]) == (code, "2026-11-21")
    assert "2026-11-21" in str(error) and "goods" in str(error)
    assert gs1(text, on=date(2026, 11, 21)).qty == 1  # the last day is good
    assert gs1(text, on=None).qty == 1  # without a date none is looked at
    assert gs1(f"]d201{WATER14}{ai}261100{clock}").qty == 1  # to the end of November


def test_expired_says_more_than_past_best_before() -> None:
    assert gs1_reason(f"01{WATER14}1526110117261101").code == "expired"


def test_a_broken_clockless_variant_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """The broken variant: a reader that says no date sells everything."""
    monkeypatch.setattr(codes_module, "read_gs1", lambda text, **_: Gs1(WATER14))
    assert gs1(f"01{WATER14}17261121").qty == 1


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (f"]d201{WATER14[:-1]}3", "gs1_check_digit"),
        (f"01{WATER14[:-1]}317A", "gs1_check_digit"),
        (f"01{WATER14[:-1]}3", "maybe_payment_code"),  # 16 digits that no GTIN explains
        ("0106912345678902", "maybe_payment_code"),  # a right GTIN that the book has not
        ("]d20106912345678902", "unknown_item"),
        ("010691234567890210A", "unknown_item"),
        ("(02)06901234567892(37)12", "gs1_no_gtin"),
        ("https://u.wechat.com/abc", "gs1_link"),
        (f"01{WATER14}1726113x", "gs1_structure"),
        (f"]C1{GS}", "gs1_no_gtin"),
        (f"01{WATER14}10{'L' * 600}", "gs1_too_long"),
        ("0" * 1025, "code_too_long"),
    ],
)
def test_gs1_codes_that_sell_nothing(text: str, code: str) -> None:
    assert gs1_reason(text).code == code


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            ["01", WATER14, "0196901234500007", "17261121", "3103", GS, "]d2", "(01)", "https://a/01/", "/"]
        )
        | st.text("0123456789A", max_size=6),
        max_size=8,
    ).map("".join)
)
def test_any_gs1_like_text_sells_or_is_refused(text: str) -> None:
    try:
        reading = gs1(text)
    except CodeError as error:
        assert error.code in CODE_SENTENCES and str(error)
    else:
        assert reading.qty >= 1 and (reading.weight_g is None or reading.weight_g >= 1)
