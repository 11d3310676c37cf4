"""GS1 element strings and Digital Links: vectors, formats, dates, against biip, and any text whatever."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from engine import gs1 as gs1_module
from engine.gs1 import GS1_SENTENCES, Gs1, Gs1Error, is_gs1, read_gs1
from engine.gtin import check_digit

GS = "\x1d"
GTIN = "06901234567892"
ON = date(2026, 11, 22)
ALL = Gs1(GTIN, lot="AB-12", serial="", expiry=date(2026, 11, 30), weight_g=1234)


def reason(text: str, on: date | None = ON, exponent: int = 2) -> Gs1Error:
    with pytest.raises(Gs1Error) as caught:
        read_gs1(text, on=on, exponent=exponent)
    assert str(caught.value)  # the sentence has all of its arguments
    return caught.value


@pytest.mark.parametrize(
    "text",
    [
        f"01{GTIN}310300123417261130" + "10AB-12",
        f"]d201{GTIN}310300123417261130" + "10AB-12",
        f"]Q301{GTIN}17261130" + f"10AB-12{GS}3103001234",
        f"]e001{GTIN}10AB-12{GS}3103001234{GS}17261130{GS}",  # FNC1 after a fixed length is allowed
        f"]C1{GS}10AB-12{GS}01{GTIN}172611303103001234",
        f"{GS}17261100" + f"01{GTIN}310300123410AB-12",  # day 00: the last of the month
        f"(01){GTIN}(3103)001234(17)261130(10)AB-12",
        f" (01){GTIN} (3103)001234 (17)261130 (10)AB-12 ",
        f"https://id.gs1.org/01/{GTIN}/10/AB-12?17=261130&3103=001234",
        f"HTTPS://SHOP.EXAMPLE/a/b/01/{GTIN}/10/AB%2D12?3103=001234&17=261130&linkType=all#x",
        "http://example.com/gtin/6901234567892/lot/AB-12/?x=1;17=261130;3103=001234",
        f"]Q1https://example.com/01/{GTIN}/10/AB-12?17=261130&3103=001234",
    ],
)
def test_one_item_in_every_form(text: str) -> None:
    assert read_gs1(text, on=ON) == ALL


@pytest.mark.parametrize(
    ("elements", "field", "value"),
    [
        ("3100000002", "weight_g", 2000),
        ("3101000015", "weight_g", 1500),
        ("3102000150", "weight_g", 1500),
        ("3104012345", "weight_g", 1235),  # 1.2345 kg: half up
        ("3105999999", "weight_g", 10000),  # 9.99999 kg
        ("3200000001", "weight_g", 454),  # a pound
        ("3203001000", "weight_g", 454),
        ("3103000000", "weight_g", 0),
        ("39222346", "amount_minor", 2346),
        ("3921235", "amount_minor", 2350),
        ("392023", "amount_minor", 2300),
        ("3923023460", "amount_minor", 2346),
        ("39321562346", "amount_minor", 2346),
        ("39321562346", "amount_currency", "156"),
        ("306", "count", 6),
        ("3712", "contained", 12),
        ("21X/9", "serial", "X/9"),
        ("15261231", "best_before", date(2026, 12, 31)),
        ("16261201", "sell_by", date(2026, 12, 1)),
        ("13260101" + "11260102", "produced", date(2026, 1, 2)),
        ("70032612011200", "expiry", date(2026, 12, 1)),
        ("17280200", "expiry", date(2028, 2, 29)),
        ("17760101", "expiry", date(2076, 1, 1)),
        ("17770101", "expiry", date(1977, 1, 1)),
        ("4106901234567892" + "91anything", "lot", ""),
        ("39221", "amount_minor", 1),
    ],
)
def test_elements(elements: str, field: str, value: object) -> None:
    assert getattr(read_gs1(f"01{GTIN}{elements}", on=ON), field) == value


def test_the_exponent_is_the_currencys() -> None:
    assert read_gs1(f"01{GTIN}3920500", on=ON, exponent=0).amount_minor == 500
    assert read_gs1(f"01{GTIN}39231500", on=ON, exponent=3).amount_minor == 1500
    assert reason(f"01{GTIN}39231505").code == "gs1_structure"  # 1.505 yuan


def test_without_a_date_the_century_is_this_one() -> None:
    assert read_gs1(f"01{GTIN}17990101").expiry == date(2099, 1, 1)
    assert read_gs1(f"01{GTIN}17990101", on=ON).expiry == date(1999, 1, 1)
    assert read_gs1(f"01{GTIN}17010101", on=date(2096, 5, 5)).expiry == date(2101, 1, 1)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "gs1_no_gtin"),
        (GS, "gs1_no_gtin"),
        ("]d2", "gs1_no_gtin"),
        (f"02{GTIN}3712", "gs1_no_gtin"),  # a case
        ("0106901234567893", "gs1_check_digit"),
        ("010690123456789", "gs1_structure"),
        ("01069012345678AB", "gs1_structure"),
        (f"01{GTIN}17261301", "gs1_date"),
        (f"01{GTIN}17260231", "gs1_date"),
        (f"01{GTIN}11260229", "gs1_date"),  # 2026 is no leap year
        (f"01{GTIN}1726113", "gs1_structure"),
        (f"01{GTIN}10", "gs1_structure"),
        (f"01{GTIN}10{'A' * 21}", "gs1_structure"),
        (f"01{GTIN}10A B", "gs1_structure"),
        (f"01{GTIN}10批号", "gs1_structure"),
        (f"01{GTIN}30{GS}17261130", "gs1_structure"),
        (f"01{GTIN}300", "gs1_structure"),
        (f"01{GTIN}30１", "gs1_structure"),
        (f"01{GTIN}3100001000", "gs1_structure"),  # a ton
        (f"01{GTIN}393215", "gs1_structure"),
        (f"01{GTIN}10A{GS}10B", "gs1_twice"),
        (f"01{GTIN}31030012343102000123", "gs1_twice"),
        (f"01{GTIN}3922100{GS}39321562", "gs1_twice"),
        (f"01{GTIN}3922100{GS}3932156200", "gs1_twice"),
        (f"01{GTIN}05123", "gs1_unknown_element"),
        (f"01{GTIN}3", "gs1_unknown_element"),
        (f"01{GTIN}31A3001234", "gs1_unknown_element"),
        ("(99)", "gs1_structure"),
        ("(05)123", "gs1_unknown_element"),
        ("https://example.com", "gs1_link"),
        ("https://example.com/01", "gs1_link"),
        (f"https://example.com/01/{GTIN}/10", "gs1_link"),  # half a pair at the end: the key is in no pair
        ("https://example.com/01/0690123456789", "gs1_check_digit"),
        (f"https://example.com/01/{GTIN}/10/%E6%89%B9", "gs1_structure"),
        (f"https://example.com/01/{GTIN}?17=261301", "gs1_date"),
        (f"https://example.com/01/{GTIN}?5=1", "gs1_unknown_element"),
        (f"https://u.wechat.com/{'A' * 600}", "gs1_too_long"),
        (f"01{GTIN}" + f"99A{GS}" * 60, "gs1_too_long"),
    ],
)
def test_refusals(text: str, code: str) -> None:
    assert reason(text).code == code


def test_the_same_element_twice_alike_is_once() -> None:
    assert read_gs1(f"01{GTIN}10A{GS}01{GTIN}10A", on=ON).lot == "A"


def test_brackets_that_hold_no_element_belong_to_the_lot() -> None:
    assert read_gs1(f"(01){GTIN}(10)A(05)B(21)7", on=ON).lot == "A(05)B"


def test_what_says_that_it_is_a_gs1_code() -> None:
    assert is_gs1("]C1anything") and is_gs1(f"a{GS}b") and is_gs1("(01)1") and is_gs1("]Q1HTTP://x")
    assert not is_gs1("6901234567892") and not is_gs1("]E06901234567892") and not is_gs1("]Q1abc") and not is_gs1("")


@given(st.integers(0, 99), st.integers(1, 12), st.dates(date(1950, 1, 1), date(2150, 1, 1)))
def test_a_year_is_the_nearest(two: int, month: int, on: date) -> None:
    found = read_gs1(f"01{GTIN}17{two:02}{month:02}00", on=on).expiry
    assert found is not None and found.year % 100 == two and -50 < on.year - found.year + 0.5 < 51
    assert (found.month, (found.replace(day=28).toordinal() + 4 - found.toordinal()) > 0) == (month, True)


_PIECES = st.one_of(
    st.sampled_from(
        ["01", "02", "10", "17", "15", "21", "3103", "3922", "3932156", "30", "37", "410", "8008", "(", ")"]
    ),
    st.sampled_from([GTIN, GS, "]d2", "https://", "/01/", "/10/", "?", "&17=", "=", "%", "%41", "%ff", "(01)", "(17)"]),
    st.text("0123456789", max_size=15),
    st.text(max_size=4),
)


@settings(max_examples=400, deadline=None)
@given(st.lists(_PIECES, max_size=12).map("".join), st.none() | st.dates(), st.integers(0, 4))
@example("(01)", None, 0)
@example("https:///01/06901234567892/10/\ud800", None, 2)
def test_any_text_is_read_or_refused(text: str, on: date | None, exponent: int) -> None:
    is_gs1(text)
    try:
        found = read_gs1(text, on=on, exponent=exponent)
    except Gs1Error as error:
        assert error.code in GS1_SENTENCES and str(error)
        assert str(error).isprintable()
    else:
        assert check_digit(found.gtin[:13]) == int(found.gtin[13])


@st.composite
def messages(draw: st.DrawFn) -> str:
    """A right element string, its elements in any order, FNC1 where it must be and sometimes where it may."""
    body = draw(st.text("0123456789", min_size=13, max_size=13))
    elements = [f"01{body}{check_digit(body)}"]
    cset = "".join(sorted("!\"%&'()*+,-./0123456789:;<=>?ABCXYZ_abcxyz"))
    if draw(st.booleans()):
        elements.append(f"10{draw(st.text(cset, min_size=1, max_size=20))}")
    if draw(st.booleans()):
        elements.append(f"21{draw(st.text(cset, min_size=1, max_size=20))}")
    for ai in draw(st.lists(st.sampled_from(["11", "15", "17"]), unique=True)):
        elements.append(f"{ai}{draw(st.dates(date(2000, 1, 1), date(2049, 12, 31))):%y%m%d}")
    if draw(st.booleans()):
        elements.append(f"310{draw(st.integers(0, 3))}{draw(st.integers(0, 999)):06}")
    if draw(st.booleans()):
        # Three digits or more: of a shorter value than its decimals biip 5.2 makes ten times too much.
        elements.append(f"392{draw(st.integers(0, 2))}{draw(st.integers(100, 99_999))}")
    if draw(st.booleans()):
        elements.append(f"30{draw(st.integers(1, 9999))}")
    order = draw(st.permutations(elements))
    out = draw(st.sampled_from(["", "]d2", "]Q3", "]e0", "]C1"]))
    for place, element in enumerate(order):
        out += element
        variable = element[:2] in ("10", "21", "39", "30")
        if (variable and place < len(order) - 1) or (variable and draw(st.booleans())):
            out += GS
    return out


@settings(max_examples=150, deadline=None)
@given(messages())
def test_as_biip_reads_it(text: str) -> None:
    """An independent reader: the library biip (its dates have the century of the day that it runs on, till 2049)."""
    biip = pytest.importorskip("biip", reason="biip is not installed")
    theirs = biip.parse(text)
    assume(theirs.gs1_message is not None)
    found = {element.ai.ai: element for element in theirs.gs1_message.element_strings}
    ours = read_gs1(text, on=date.today())
    assert ours.gtin == found["01"].value
    assert ours.lot == (found["10"].value if "10" in found else "")
    assert ours.serial == (found["21"].value if "21" in found else "")
    for ai, when in (("11", ours.produced), ("15", ours.best_before), ("17", ours.expiry)):
        assert when == (found[ai].date if ai in found else None)
    for ai, element in found.items():
        if ai.startswith("310"):
            assert ours.weight_g == element.decimal * 1000
        if ai.startswith("392"):
            assert ours.amount_minor == element.decimal * 100
        if ai == "30":
            assert ours.count == int(element.value)


def test_a_reader_without_fixed_lengths_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """The broken variant: where a date runs to the next FNC1, the vectors fail."""
    monkeypatch.delitem(gs1_module._FIXED, "17")
    assert read_gs1(f"01{GTIN}17261130" + "10AB-12", on=ON).lot != "AB-12"
