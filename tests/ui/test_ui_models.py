"""The view model: what is shown in every state, in both languages."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
import ui_views
from hypothesis import given
from hypothesis import strategies as st

from runtime.terminal.sentences import network_sentence
from runtime.wire.messages import Notice, Sentence, View, ViewDiscount, ViewLine, ViewNetwork, ViewTender
from ui.buttons import quick_amounts
from ui.local import Local, say, seen
from ui.models import Screen, masked, screen
from ui.money import amount_text, entered_minor, grouped_text, money_text, note_text, weight_text
from ui.texts import Texts, fill, own

LOCALE = Path(__file__).resolve().parents[2] / "config" / "locale"
ZH, EN = Texts(LOCALE, "zh"), Texts(LOCALE, "en")
UP = Local(connected=True, page_rows=20)


def shown(view: View | None, local: Local = UP, texts: Texts = EN) -> Screen:
    return screen(view, replace(local, language=texts.language), texts)


def test_money() -> None:
    assert amount_text(-1234, 2) == "-12.34" and amount_text(5, 2) == "0.05" and amount_text(1234, 0) == "1234"
    assert money_text(1234, "CNY", 2) == "¥12.34" and money_text(-5, "CNY", 2) == "-¥0.05"
    assert money_text(1234, "JPY", 0) == "JPY 1,234" and money_text(1234, "BHD", 3) == "BHD 1.234"
    assert money_text(1234567, "CNY", 2) == "¥12,345.67" and money_text(-100000, "CNY", 2) == "-¥1,000.00"
    assert grouped_text(-99999999, 2) == "-999,999.99" and grouped_text(1234, 0) == "1,234"
    assert note_text(10000, "CNY", 2) == "¥100" and note_text(1250, "CNY", 2) == "¥12.50"
    assert note_text(500, "JPY", 0) == "JPY 500"
    assert weight_text(1234) == "1.234 kg" and weight_text(5) == "0.005 kg"
    assert entered_minor("50", 2) == 5000 and entered_minor("50.5", 2) == 5050 and entered_minor(".05", 2) == 5
    assert [entered_minor(x, 2) for x in ("", ".", "1.234", "1.2.3", "1e3", "-1", "1234567890", "５")] == [None] * 8


@given(st.integers(0, 10**11 - 1), st.integers(0, 4))
def test_what_is_shown_can_be_typed(amount_minor: int, exponent: int) -> None:
    text = amount_text(amount_minor, exponent)
    whole = text.partition(".")[0]
    assert entered_minor(text, exponent) == (amount_minor if len(whole) <= 9 else None)


def test_before_the_first_view() -> None:
    now = shown(None, Local())
    assert now.banner.text == "Connecting" and now.banner.severity == "bad"
    assert now.troubles[0].text == "Connecting to the terminal's service." and not now.healthy
    assert not now.buttons and now.tools


def test_a_lost_connection_keeps_the_basket() -> None:
    now = shown(ui_views.basket(), Local(page_rows=20))
    assert len(now.rows) == 7 and now.banner.text == "Connecting" and not now.healthy and not now.buttons


def test_lines() -> None:
    now = shown(ui_views.basket())
    water, apples, milk, _, sausage, pork, _ = now.rows
    assert (water.amount, water.unit_price, water.discount, water.net) == ("6", "2.00", "-2.00", "10.00")
    assert (apples.amount, apples.unit_price, apples.discount, apples.net) == ("1.234 kg", "12.80/kg", "", "15.80")
    assert milk.note == "周末牛奶特价" and pork.net == "31.01"
    assert sausage.voided and sausage.note == "Voided" and not sausage.discount
    assert [s.amount for s in now.savings] == ["-2.00", "-2.00"]  # the other two stand at their lines
    assert now.member == "Member 138****5678" and now.operator == "Cashier 王芳" and now.workstation == "Till 03"
    assert now.main.value == "¥112.21" and [f.value for f in now.figures] == ["12", "¥129.27", "¥17.06"]


def test_states_in_chinese() -> None:
    states = ui_views.states()
    words = {name: shown(view, texts=ZH).banner.text for name, view in states.items()}
    assert words == {
        "ringing": "录入商品",
        "hint": "录入商品",
        "hint-alone": "录入商品",
        "weighing": "称重 · 海南香蕉 ¥6.98/kg",
        "tendering": "收款",
        "closed": "已结账 · 找零 ¥87.79",
        "trouble": "录入商品",
        "idle": "空闲",
    }
    closed = shown(states["closed"], texts=ZH)
    assert (closed.main.label, closed.main.value) == ("找零", "¥87.79")
    assert ("实收现金", "¥200.00") in [(f.label, f.value) for f in closed.figures]
    tendering = shown(states["tendering"], texts=ZH)
    assert (tendering.main.label, tendering.main.value) == ("应收", "¥112.21")
    assert shown(states["weighing"], texts=ZH).banner.hint == "重量不稳定。请勿触碰秤上的商品。"


def test_paid_is_understood_either_way() -> None:
    """Whether `paid_minor` is what was handed over or what it paid of the total, received is what was handed over."""
    for paid in (ui_views.TOTAL, 20000):
        view = replace(ui_views.states()["closed"], paid_minor=paid)
        assert "¥200.00" in [f.value for f in shown(view).figures]


def test_paying_in_parts_shows_what_is_due() -> None:
    view = ui_views.basket(state="tendering", paid_minor=10000, tenders=(ViewTender("code", 10000),))
    now = shown(view)
    assert now.main.value == "¥12.21" and now.quick_cash[0].action == "cash:2000"


def test_a_part_that_is_paid_leaves_the_rest_to_be_seen() -> None:
    """What is still due is the huge one; the total and each tender stand small; cash and code are equals."""
    view = ui_views.basket(
        state="tendering", paid_minor=7000, due_minor=4221, cash_due_minor=4221,
        tenders=(ViewTender("cash", 5000), ViewTender("code", 2000)),
    )  # fmt: skip
    now = shown(view, texts=ZH)
    assert (now.main.label, now.main.value) == ("还应收", "¥42.21")
    assert [(f.label, f.value) for f in now.figures] == [
        ("应收", "¥112.21"), ("实收现金", "¥50.00"), ("扫码实收", "¥20.00"),
    ]  # fmt: skip
    assert now.banner.text == "已付一部分 · 还应收 ¥42.21"
    part = shown(replace(view, part_minor=1000, cash_due_minor=1000), texts=ZH)
    assert (part.main.label, part.main.value) == ("本次收", "¥10.00") and part.banner.text == "部分付款：¥10.00"
    assert (part.figures[0].label, part.figures[0].value) == ("还应收", "¥42.21")
    five = shown(replace(view, tenders=(ViewTender("cash", 1000),) * 5 + (ViewTender("code", 2000),)))
    assert [f.value for f in five.figures] == ["¥112.21", "¥50.00", "¥20.00"]


def test_cash_and_code_are_two_equal_buttons() -> None:
    tendering = ui_views.states()["tendering"]
    two = {b.action: (b.primary, b.wide or b.primary) for b in shown(tendering).buttons if b.action != "cancel"}
    assert two == {"pay": (True, True), "code_pay": (True, True)}
    typed = {b.action: b.primary for b in shown(tendering, replace(UP, entry="100")).buttons if b.wide or b.primary}
    assert typed == {"pay": True, "code_pay": False}


def test_since_when_sales_wait_and_that_head_office_is_late() -> None:
    view = ui_views.states()["trouble"]
    for since, words in (
        ("2026-11-22T18:30:01", "Sales to send: 12 ·"),
        ("2026-11-22T09:00:00", "Sales to send: 12 since 09:00 ·"),
        ("2026-11-20T21:59:00", "Sales to send: 12 since 11-20 21:59 ·"),
        ("", "Sales to send: 12 ·"),
    ):
        assert shown(replace(view, network=replace(view.network, since=since))).unsent.startswith(words)
    late = ViewNetwork(True, 0, network_sentence("HQ_LATE", count=42))
    now = shown(replace(ui_views.states()["ringing"], network=late))
    assert [(one.text, one.severity) for one in now.troubles] == [
        ("Head office does not have 42 sales yet; the gateway keeps them.", "info")
    ]


def test_trouble_in_words() -> None:
    now = shown(ui_views.states()["trouble"], texts=ZH)
    assert [t.text for t in now.troubles] == ["小票打印机缺纸。", "电子秤没有应答。", "连不上门店服务器。"]
    assert now.troubles[0].remedy == "请换上新纸卷，小票会重新打印。"
    assert now.health == "2 台设备异常 · 网络断开" and now.unsent == "12 笔待上传，17:05 起 · 2 张小票待打"
    assert now.message is not None and now.message.severity == "bad" and now.message.word == "注意"
    assert now.message.headline == "注意：没有条码为 6901234567892 的商品。"
    assert now.message.text == "没有条码为 6901234567892 的商品。" and now.message.remedy


def test_a_warning_is_no_trouble() -> None:
    devices = (
        ui_views.device("printer", "POSPrinter", True, "EPTR_REC_NEAREMPTY", "{device}: the paper is nearly out."),
    )
    now = shown(ui_views.view(devices=devices))
    assert (
        now.healthy and [t.severity for t in now.troubles] == ["info"] and now.health == "Devices ready · Network ready"
    )


def test_two_devices_of_a_kind_are_told_apart() -> None:
    devices = (ui_views.device("left", "Scanner", False), ui_views.device("right", "Scanner"))
    assert shown(ui_views.view(devices=devices)).troubles[0].text == "Scanner left is ready."


@pytest.mark.parametrize("language", ["zh", "en"])
def test_buttons_are_what_is_possible(language: str) -> None:
    texts = ZH if language == "zh" else EN
    actions = {name: [b.action for b in shown(view, texts=texts).buttons] for name, view in ui_views.states().items()}
    ringing = ["pay", "quantity", "set_quantity", "void_line", "member"]
    assert actions == {
        "ringing": ringing,
        "hint": ringing,
        "hint-alone": ringing,
        "weighing": ["weigh", "cancel"],
        "tendering": ["pay", "code_pay", "cancel"],
        "closed": ["pay", "quantity", "member", "x_report", "paid_out"],
        "trouble": [*ringing, "reprint"],
        "idle": ["quantity", "member", "x_report", "paid_out"],
    }
    for view in ui_views.states().values():
        assert all(b.key and b.label for b in shown(view, texts=texts).buttons)


def test_chinese_has_no_english_left() -> None:
    """No English word in what the front end itself says (goods and names come from the daemon)."""
    for view in ui_views.states().values():
        now = shown(view, replace(UP, help_open=True), ZH)
        assert now.panel is not None
        own_texts = [now.banner.hint, now.health, now.panel.title, now.entry_label, now.main.label]
        own_texts += [f.label for f in now.figures] + [b.label for b in now.buttons + now.pad] + list(now.heads)
        own_texts += [x for one in now.panel.choices for x in (one.label, one.note, one.detail)]
        for text in own_texts:
            assert not re.search(r"[A-Za-z]{2,}", re.sub(r"Enter|Esc|English|Ctrl", "", text)), text


def test_notices_step_back_when_the_sale_moves_on() -> None:
    before = ui_views.basket()
    bad = replace(before, notice=ui_views.UNKNOWN, rev=10)
    local = seen(seen(UP, None, before), before, bad)
    assert (message := shown(bad, local).message) and message.fresh and shown(bad, local).beep == "bad:20"
    after = replace(bad, rev=11, total_minor=1)
    local = seen(local, bad, after)
    assert (message := shown(after, local).message) and not message.fresh
    again = replace(after, notice=replace(ui_views.UNKNOWN, serial=21), rev=12)
    now = shown(again, seen(local, after, again))
    assert now.message is not None and now.message.fresh and now.beep == "bad:21"


def test_a_note_of_our_own_yields_to_a_newer_notice() -> None:
    before = ui_views.basket()
    local = say(seen(UP, None, before), own("UI_NOT_NOW"))
    assert (message := shown(before, local).message) and message.severity == "bad"
    assert shown(before, local).beep.startswith("bad:")
    after = replace(before, notice=Notice(9, "good", Sentence("item_added", "{name}", "", {"name": "苹果"})))
    assert (message := shown(after, seen(local, before, after)).message) and message.text == "苹果"


def test_an_unknown_sentence_is_shown_as_it_is() -> None:
    notice = Notice(1, "bad", Sentence("new", "{what} {missing} happened {x!r}.", "", {"what": "It", "x": 3}))
    message = shown(ui_views.view(notice=notice), texts=ZH).message
    assert message is not None and message.text == "It {missing} happened 3."
    assert fill("{a} {b}", {"a": "{b}", "b": 1}) == "{b} 1"  # filled once, never twice


def test_long_baskets_are_paged() -> None:
    now = shown(ui_views.many(30), replace(UP, page_rows=8))
    assert [r.line for r in now.rows] == list(range(23, 31)) and now.position == "Lines 23 to 30 of 30"
    now = shown(ui_views.many(30), replace(UP, page_rows=8, scroll=3))
    assert now.rows[0].line == 4


def test_a_new_line_ends_choosing() -> None:
    local = replace(UP, selected=3, scroll=0)
    assert seen(local, ui_views.many(10), ui_views.many(11)).selected is None
    assert seen(local, ui_views.many(10), replace(ui_views.many(10), rev=99)).selected == 3


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize(
    ("state", "code", "pending"),
    [
        ("closed", "paid", None),
        ("weighing", "weigh_now", None),
        ("paying", "payment_asked", None),
        ("paying", "payment_waits", None),
        ("ringing", "back_to_ringing", None),
        ("idle", "quantity_set", 3),
    ],
)
def test_nothing_is_said_twice(state: str, code: str, pending: int | None, language: str) -> None:
    """What the banner says is no message too; it beeps all the same."""
    texts = ZH if language == "zh" else EN
    base = ui_views.states()["tendering" if state == "paying" else state]
    view = replace(base, state=state, pending_qty=pending, notice=Notice(5, "good", Sentence(code, "Said.")))
    now = shown(view, texts=texts)
    assert now.message is None and now.beep == "good:5"
    other = replace(view, notice=Notice(6, "bad", Sentence("payment_unknown", "Not known.")))
    assert shown(other, texts=texts).message is not None


def test_a_device_that_complains_is_said_once() -> None:
    trouble = ui_views.states()["trouble"]
    view = replace(trouble, notice=Notice(9, "bad", trouble.devices[1].sentence))
    local = seen(UP, None, view)
    now = shown(view, local)
    assert now.message is not None and now.message.text == "Receipt printer: the paper has run out."
    assert now.message.text not in [one.text for one in now.troubles] and not now.healthy
    later = replace(view, total_minor=1, rev=99)
    now = shown(later, seen(local, view, later))
    assert now.message is None and "Receipt printer: the paper has run out." in [one.text for one in now.troubles]


def test_what_was_rung_has_its_price() -> None:
    bag = shown(ui_views.basket())
    assert bag.message is not None and bag.message.text == "环保购物袋（大）　¥0.50"
    three = replace(ui_views.LINES[-1], qty=3, net_minor=150)
    now = shown(ui_views.basket(lines=(*ui_views.LINES[:-1], three)))
    assert now.message is not None and now.message.text == "环保购物袋（大） × 3　¥1.50"
    gone = shown(ui_views.basket(lines=(*ui_views.LINES[:-1], replace(three, voided=True))))
    assert gone.message is not None and gone.message.text == "环保购物袋（大）"


def test_weighing_says_what_is_wrong_in_more_than_words() -> None:
    weighing = ui_views.states()["weighing"]
    assert weighing.weighing is not None
    heavy = replace(weighing.weighing, sentence=Sentence("ESCAL_OVERWEIGHT", "The scale is overloaded."))
    assert shown(weighing).banner.severity == "info"
    assert shown(replace(weighing, weighing=heavy)).banner.severity == "bad"
    assert shown(replace(weighing, lines=())).empty == "" and shown(ui_views.view()).empty


def test_many_discounts_add_up() -> None:
    """The last place is the sum of those that have none."""
    discounts = tuple(ViewDiscount(f"p{n}", f"Offer {n}", 1, 100000 * n) for n in range(1, 8))
    now = shown(ui_views.basket(discounts=discounts))
    assert [s.name for s in now.savings] == ["Offer 1", "Offer 2", "Offer 3", "4 more discounts"]
    assert [s.amount for s in now.savings] == ["-1,000.00", "-2,000.00", "-3,000.00", "-22,000.00"]
    assert len(shown(ui_views.basket(discounts=discounts[:4])).savings) == 4


def test_paid_by_code_shows_no_change() -> None:
    closed = replace(ui_views.states()["closed"], paid_minor=ui_views.TOTAL, change_minor=0)
    now = shown(replace(closed, tenders=(ViewTender("code", ui_views.TOTAL),)))
    assert (now.main.label, now.main.value) == ("Paid by code", "¥112.21")
    assert "Change due" not in [f.label for f in now.figures]
    assert shown(closed).main.label == "Change due"  # cash, exact: 0.00 is an answer


def labels(view: View, **local: object) -> dict[str, str]:
    now = shown(view, replace(UP, **local))  # type: ignore[arg-type]  # fields of Local
    return {button.action: button.label for button in now.buttons}


def test_buttons_say_what_they_would_do() -> None:
    states = ui_views.states()
    tendering = states["tendering"]
    assert labels(tendering)["pay"] == "Exact cash" and labels(tendering, entry="100")["pay"] == "Take cash"
    assert labels(tendering, entry="134567890123456700")["pay"] == "Pay by this code"
    assert labels(tendering)["cancel"] == "Back to goods" and labels(states["weighing"])["cancel"] == "Cancel weighing"
    assert labels(replace(tendering, state="paying"))["cancel"] == "Cancel payment"
    assert labels(states["ringing"], selected=3)["cancel"] == "Unmark line"
    assert labels(replace(states["idle"], pending_qty=3))["cancel"] == "Drop quantity"
    assert "cancel" not in labels(states["idle"], entry="12")  # the keypad has Clear
    assert shown(replace(tendering, state="paying")).entry_label == ""


def test_quick_cash_fits_its_buttons() -> None:
    big = replace(ui_views.states()["tendering"], total_minor=68995633)
    now = shown(big)
    assert [b.label for b in now.quick_cash] == ["¥689,960", "¥690,000"]


def test_the_exact_sum_is_offered_once() -> None:
    """By its big button and key; the quick sums are sums of notes, in both languages the same."""
    for texts in (ZH, EN):
        for due in (ui_views.TOTAL, 10000, 350):
            now = shown(replace(ui_views.states()["tendering"], total_minor=due), texts=texts)
            labels = [button.label for button in (*now.quick_cash, *now.buttons)]
            assert sum(texts("Exact cash") in label for label in labels) == 1 and len(set(labels)) == len(labels)
            assert all(re.fullmatch(r"¥\d+", button.label) for button in now.quick_cash)


def test_masking() -> None:
    assert masked("13812345678") == "138****5678" and masked("1234567") == "1234567"


def test_quick_cash() -> None:
    assert quick_amounts(11221, 2) == (12000, 15000, 20000)
    assert quick_amounts(350, 2) == (1000, 2000, 5000, 10000)
    assert quick_amounts(2680, 2) == (3000, 4000, 5000, 10000)
    assert quick_amounts(8990, 2) == (9000, 10000)
    assert quick_amounts(10000, 2) == quick_amounts(0, 2) == quick_amounts(-500, 2) == ()
    assert quick_amounts(712, 0) == (1000, 2000, 5000, 10000)  # of yen


@given(st.integers(-(10**12), 10**12), st.integers(0, 4))
def test_quick_cash_is_what_a_customer_hands_over(due: int, exponent: int) -> None:
    """More than what is due, each once, least first, and without its last note it were too little."""
    amounts = quick_amounts(due, exponent)
    assert list(amounts) == sorted(set(amounts)) and len(amounts) <= 4
    unit = 10**exponent if exponent else 100
    for amount in amounts:
        notes = [note * unit for note in (10, 20, 50, 100) if amount % (note * unit) == 0]
        assert amount > due > 0 and notes and amount - max(notes) < due


LINE = st.builds(
    ViewLine, line=st.integers(1, 200), sku=st.text(max_size=5), name=st.text(max_size=80),
    unit=st.sampled_from(["each", "kg"]), qty=st.integers(0, 9999), weight_g=st.integers(0, 10**6),
    regular_minor=st.integers(-(10**12), 10**12), current_minor=st.integers(), net_minor=st.integers(),
    discount_minor=st.integers(), price_promotion=st.text(max_size=30), voided=st.booleans(),
)  # fmt: skip


@given(
    st.lists(LINE, max_size=40), st.sampled_from(["idle", "ringing", "weighing", "tendering", "paying", "closed"]),
    st.integers(), st.integers(), st.integers(0, 4), st.text(max_size=20),
)  # fmt: skip
def test_any_view_can_be_shown(
    lines: list[ViewLine], state: str, total: int, paid: int, exponent: int, at: str
) -> None:
    view = ui_views.view(lines=tuple(lines), state=state, total_minor=total, paid_minor=paid, exponent=exponent, at=at)
    for texts in (ZH, EN):
        shown(view, texts=texts)
