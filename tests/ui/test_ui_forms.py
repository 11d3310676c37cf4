"""Forms, panels and the desk: what is typed where, what goes out, and that a scan is never typed into a field."""

from __future__ import annotations

from dataclasses import replace

import pytest
import ui_scenes
from hypothesis import given, settings
from hypothesis import strategies as st
from test_ui_session import Till

from runtime.wire.messages import COMMANDS, OPTIONAL, Answer, Notice, Sentence, View
from ui import session as session_module
from ui.forms import FORMS, REASONS, Field, finished, meant, opened
from ui.keys import HOT_KEYS
from ui.local import typing
from ui.overlay import cover_of
from ui.possible import VALID

SCENES = ui_scenes.shown()
BASKET, IDLE = SCENES["age"].view, SCENES["find"].view
RINGING = replace(BASKET, age_question=0, notice=None)
SAMPLES = {"money": "12.5", "percent": "10", "number": "3", "ticket": "4", "text": "abc", "pin": "1234",
           "date": "20010531", "reason": "x"}  # fmt: skip


def sent(till: Till) -> list[tuple[str, dict[str, object]]]:
    return [(one.name, dict(one.args)) for one in till.sent]


@pytest.mark.parametrize("name", FORMS)
def test_every_form_makes_a_command_of_the_wire(name: str) -> None:
    """With every field filled, and with the optional ones left empty: known arguments of the right types."""
    spec = FORMS[name]
    line = {"line": 3} if name in ("price_override", "discount_line", "return_line") else {}
    for full in (True, False):
        kept = [one for one in spec.fields if full or not one.optional or one.name == "percent"]
        values = ["" if one not in kept or (one.name, full) == ("percent", True) else SAMPLES[one.kind]
                  for one in spec.fields]  # fmt: skip
        form = replace(opened(name, *values, args=line), command="void_ticket" if name == "approval" else "")
        made = finished(form, BASKET)
        assert not isinstance(made, Sentence)
        command, args = made
        must, may = COMMANDS[command][0], OPTIONAL.get(command, {})
        assert must.keys() <= args.keys()
        assert {k: type(v) for k, v in args.items()}.items() <= {**may, **must}.items()


def test_every_operation_of_the_wire_can_be_reached() -> None:
    """By key: a command that no key or form makes would be out of a cashier's reach."""
    made = set(FORMS) | {"scan", "cash", "next", "cancel", "quantity", "set_quantity", "void_line", "member", "weigh",
                         "subtotal", "reprint", "bag", "price_lookup", "suspend", "repeat", "age_ok", "age_no",
                         "sign_off", "lock", "training_begin", "training_end", "shift_count", "x_report", "day_end",
                         "refund", "refund_code", "return_close"}  # fmt: skip
    assert set(COMMANDS) - made == {"clock"}
    assert {action for actions in VALID.values() for action in actions} <= {hot.action for hot in HOT_KEYS}


def test_price_by_hand() -> None:
    till = Till(RINGING)
    till.keys("Up", "Up", *"9.9", "/", "2", "Enter")
    want = {"line": 6, "price_minor": 990, "reason": "Damaged"}
    assert sent(till) == [("price_override", want)] and till.session.local.form is None


def test_a_discount_is_a_percentage_or_an_amount() -> None:
    till = Till(RINGING)
    till.keys("Ctrl+F2", *"10", "Enter", "5", "Enter", *"staff", "Enter")
    assert not till.sent and till.code() == "UI_ONE_OF_TWO"
    till.session.act("field:0")
    till.keys("Backspace", "Backspace", "Enter", "Enter", "Enter")
    assert sent(till) == [("discount_line", {"line": 7, "amount_minor": 500, "reason": "staff"})]
    till = Till(RINGING)
    till.keys(*"15", "Ctrl+F3", "Enter", "1", "Enter")
    assert sent(till) == [("discount_ticket", {"percent": 15, "reason": "Complaint"})]
    till = Till(RINGING)
    till.keys("0", "Ctrl+F3", "Enter", "1", "Enter")
    assert sent(till) == [("discount_ticket", {"reason": "Complaint"})]  # takes it back


def test_a_field_says_what_is_wrong() -> None:
    till = Till(IDLE)
    till.keys("Ctrl+F6", "Enter")
    assert till.code() == "UI_EMPTY_FIELD"
    till.keys(*"1.234", "Enter")
    assert till.code() == "UI_BAD_AMOUNT" and till.session.local.form is not None and not till.sent
    till.keys("Esc", *"50", "Enter", "Down", "Enter")
    assert sent(till) == [("paid_out", {"amount_minor": 5000, "reason": "Delivery paid"})]


def test_back_is_one_step() -> None:
    till = Till(IDLE)
    till.keys("Ctrl+F6", "5", "Esc")
    assert till.session.local.form is not None and typing(till.session.local) == ""
    till.keys("Esc")
    assert till.session.local.form is None and not till.sent


def test_another_operation_does_not_forget_a_form() -> None:
    till = Till(RINGING)
    till.keys("/", "9", "+")
    assert not till.sent and till.code() == "UI_FORM_OPEN" and till.session.local.form is not None


@pytest.mark.parametrize("key", ["/", "Ctrl+F2", "Ctrl+Delete", "F5", "Ctrl+N", "Ctrl+R", "F1", "Ctrl+F12"])
def test_a_scan_is_never_typed_into_a_field(key: str) -> None:
    """Whatever is open: the scan goes to the daemon, and what was typed before it stays."""
    till = Till(RINGING)
    till.keys(key, "7")
    till.now += 1
    till.keys(*"6901234567892", "Enter", pace=0.005)
    assert sent(till) == [("scan", {"code": "6901234567892"})]
    assert typing(till.session.local) == "7" and cover_of(till.session.view, till.session.local)


def test_a_scan_while_a_pin_is_asked_for() -> None:
    till = Till(SCENES["off"].view)
    till.keys(*"1001", "Enter", "1", "2")
    till.now += 1
    till.keys(*"6901234567892", "Enter", pace=0.005)
    assert till.names() == ["scan"] and typing(till.session.local) == "12"
    assert "6901234567892" not in repr(till.session.screen())


def test_broken_variant_types_a_scan_into_the_field(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session_module, "BURST", 999)
    till = Till(RINGING)
    till.keys("/", *"6901234567892", "Enter", pace=0.005)
    assert "scan" not in till.names()


def test_a_slash_in_a_code_is_no_hot_key() -> None:
    till = Till(RINGING)
    till.keys(*"id.gs1.org/01/06901234567892", "Enter", pace=0.005)
    assert sent(till) == [("scan", {"code": "id.gs1.org/01/06901234567892"})] and till.session.local.form is None


def test_a_form_closes_when_its_sale_is_gone() -> None:
    till = Till(RINGING)
    till.keys("/", "9")
    till.session.arrive(replace(RINGING, rev=20, lines=RINGING.lines[:5]))  # the line was voided at another screen
    assert till.session.local.form is None
    till = Till(RINGING)
    till.keys("Ctrl+F3")
    till.session.arrive(replace(RINGING, rev=20, total_minor=1))  # somebody scans: it stays
    assert till.session.local.form is not None
    till.session.arrive(replace(RINGING, rev=21, state="closed"))
    assert till.session.local.form is None


def approval_asked(till: Till) -> None:
    till.keys("Ctrl+Delete", "1", "Enter")
    till.session.arrive(Answer(till.sent[-1].id, False, ui_scenes.NEEDED))


def test_approval() -> None:
    """The same command once more, with who approves it; a wrong PIN is asked for again, and kept nowhere."""
    till = Till(RINGING)
    approval_asked(till)
    title = till.session.screen().panel
    assert title is not None and title.title == "Approval: Void sale" and "Supervisor" in title.hint
    till.keys(*"2001", "Enter", *"4711")
    shown = till.session.screen()
    assert shown.entry == "●●●●" and "4711" not in repr(shown)
    till.keys("Enter")
    want = {"reason": "Customer left", "approver": "2001", "pin": "4711"}
    assert sent(till)[-1] == ("void_ticket", want)
    assert "4711" not in repr(till.session.local) and "4711" not in repr(
        till.session._waiting and till.session._waiting.command
    )
    till.session.arrive(Answer(till.sent[-1].id, False, Sentence("wrong_pin", "Wrong.")))
    form = till.session.local.form
    assert form is not None and form.values == ("2001", "") and till.code() == "wrong_pin"
    till.keys(*"4712", "Enter")
    assert sent(till)[-1] == ("void_ticket", want | {"pin": "4712"})
    till.session.arrive(Answer(till.sent[-1].id, True))
    assert till.session.local.form is None


def test_approval_can_be_left_and_scanned_through() -> None:
    till = Till(RINGING)
    approval_asked(till)
    till.now += 1
    till.keys(*"6901234567892", "Enter", pace=0.005)
    assert till.names()[-1] == "scan"
    till.session.arrive(Answer(till.sent[-1].id, True))
    till.session.arrive(replace(RINGING, rev=30))
    till.keys("Esc")
    assert till.session.local.form is None


def test_a_refused_form_is_kept() -> None:
    till = Till(IDLE)
    till.keys(*"50", "Ctrl+F6", "1", "Enter")
    till.session.arrive(Answer(till.sent[-1].id, False, Sentence("sale_open", "A sale is open.")))
    form = till.session.local.form
    assert form is not None and form.values == ("50.00", "1")


def test_the_desk_asks_by_itself() -> None:
    till = Till(SCENES["off"].view)
    till.keys(*"1001", "Enter", *"1234", "Enter")
    assert sent(till) == [("sign_on", {"user": "1001", "pin": "1234"})]
    till = Till(SCENES["locked"].view)
    till.keys(*"1234", "Enter")
    assert sent(till) == [("unlock", {"user": "1001", "pin": "1234"})]
    till = Till(SCENES["locked"].view)
    till.keys("Esc", "Esc", "+", "Delete")
    assert not till.sent
    till.keys("Ctrl+L")
    assert till.session.local.form is not None


def test_counting_blind() -> None:
    till = Till(IDLE)
    till.keys("Ctrl+F9")
    assert sent(till) == [("shift_count", {})]
    till.session.arrive(Answer(1, True))
    till.session.arrive(replace(SCENES["counting"].view, rev=2))
    till.keys(*"1203.5", "Enter", "Enter")
    assert sent(till)[-1] == ("shift_close", {"cash_minor": 120350})
    till = Till(SCENES["counting"].view)
    till.keys("Esc")
    assert sent(till) == [("cancel", {})]  # back to selling


def test_recalling() -> None:
    till = Till(SCENES["suspended"].view)
    till.keys("F7", "Down", "Down", "Enter")
    assert sent(till) == [("recall", {"number": 4})]
    till = Till(SCENES["suspended"].view)
    till.keys("F7", "5", "Enter")
    assert sent(till) == [("recall", {"number": 5})]
    elsewhere = replace(SCENES["suspended"].view, suspended=ui_scenes.ELSEWHERE)
    for keys, args in (
        (("4", "Enter"), {"number": 4}),  # this till's own goes first
        (("7", "Enter"), {"number": 7, "terminal": "05"}),
        (("Down", "Down", "Down", "Enter"), {"number": 4, "terminal": "02"}),
    ):
        till = Till(elsewhere)
        till.keys("F7", *keys)
        assert sent(till) == [("recall", args)]
    till = Till(replace(elsewhere, suspended=ui_scenes.ELSEWHERE[3:]))
    till.keys("F7")
    assert sent(till) == []  # one that is at another till is never taken by one key
    one = replace(SCENES["suspended"].view, suspended=ui_scenes.SUSPENDED[:1])
    till = Till(one)
    till.keys("F7")
    assert sent(till) == [("recall", {"number": 3})]
    till = Till(RINGING)
    till.keys("F7")
    assert till.names() == ["suspend"]


def test_returns() -> None:
    shown = SCENES["return"].view
    till = Till(shown)
    till.keys("Down", "Enter", "2", "Enter", "1", "Enter")
    assert sent(till) == [("return_line", {"line": 1, "qty": 2, "reason": "Quality"})]
    till = Till(shown)
    till.session.act("choose:all")
    till.keys("1", "Enter")
    assert sent(till) == [("return_all", {"reason": "Quality"})]
    till = Till(shown)
    till.keys("Esc")
    assert sent(till) == [("return_close", {})]
    till = Till(SCENES["refund"].view)
    assert till.session.screen().banner.text == "Give ¥65.70 back" and not till.session.screen().quick_cash
    till.keys("+")
    assert sent(till) == [("refund", {})]


def test_searching_the_journal() -> None:
    till = Till(SCENES["found"].view)
    till.keys("Down", "Down", "Enter")
    assert sent(till) == [("reprint_number", {"number": 1039})]
    till = Till(SCENES["found"].view)
    till.keys("PageDown")
    assert sent(till) == [("journal_search", {"text": "苹果", "before": 980})]
    till = Till(SCENES["found"].view)
    till.keys(*"690", "Enter")  # typing is not the panel's
    assert sent(till) == [("scan", {"code": "690"})]


def test_age() -> None:
    for keys, want in ((["Home"], ("age_ok", {})), ([*"20010531", "Home"], ("age_ok", {"born": "2001-05-31"})),
                       (["End"], ("age_no", {}))):  # fmt: skip
        till = Till(BASKET)
        till.keys(*keys)
        assert sent(till) == [want]
    till = Till(BASKET)
    till.keys(*"2001", "Home")
    assert not till.sent and till.code() == "UI_BAD_DATE"
    till = Till(RINGING)
    till.keys("Home")
    assert not till.sent


def test_an_open_question_of_age_is_asked_once_and_takes_no_money() -> None:
    till = Till(BASKET)
    now = till.session.screen()
    assert now.ask is not None and now.ask.text == "高粱白酒 500ml · Is the customer 18 or older?"
    assert "20010531, then Home" in now.ask.hint and now.message is None
    assert not [b for b in now.buttons if b.action == "pay" or b.primary]
    assert now.banner.hint == "Scan on; payment comes after the answer below."
    scanned = Notice(40, "good", Sentence("item_added", "{name}", "", {"name": "苹果"}))
    till.session.arrive(replace(BASKET, rev=40, notice=scanned))  # scanning goes on: the question keeps its name
    now = till.session.screen()
    assert now.ask is not None and "高粱白酒" in now.ask.text and now.message is not None
    till.session.arrive(replace(BASKET, rev=41, notice=scanned, age_question=0))
    now = till.session.screen()
    assert now.ask is None and "pay" in [b.action for b in now.buttons] and till.session.local.age_name == ""


def test_a_sale_that_waits_is_seen_between_sales() -> None:
    """Its count in the header, a button with its key, and a list that says what each one was."""
    for state in ("idle", "closed"):
        till = Till(replace(SCENES["suspended"].view, state=state))
        now = till.session.screen()
        assert "On hold here: 3" in now.unsent
        assert ("Recall (3)", "F7") in [(b.label, b.key) for b in now.bar if b is not None]
    till.keys("F7", "Down", "Down")
    panel = till.session.screen().panel
    assert panel is not None and panel.fields[0].value == "4" and "type its number" in panel.hint
    assert [(c.label, c.detail) for c in panel.choices][:2] == [
        ("No. 3 · 海南香蕉 and 3 more", "18:12 · ¥86.30"), ("No. 4 · 牧野纯牛奶 250ml×12", "18:25 · ¥19.90"),
    ]  # fmt: skip


def test_the_working_day_has_buttons_between_sales() -> None:
    now = Till(IDLE).session.screen()
    assert {"x_report", "paid_out"} <= {b.action for b in now.buttons}
    assert [b.label for b in now.bar if b is not None and b.action in ("shift", "return_receipt")] == [
        "Close shift",
        "Return",
    ]
    now = Till(SCENES["shift-needed"].view).session.screen()
    assert [b.label for b in (*now.buttons, *now.bar) if b is not None and b.action == "shift"] == ["Open a shift"]
    assert now.banner.hint == "Ctrl+F9 opens one; then goods can be sold."
    form = Till(SCENES["shift-needed"].view)
    form.keys("Ctrl+F9")
    assert form.session.screen().banner.hint == "Count the change in the drawer, type it and press Enter."
    assert "return_receipt" not in {b.action for b in (*now.buttons, *now.bar) if b is not None}


def test_a_form_puts_an_old_good_word_away() -> None:
    till = Till(replace(RINGING, notice=Notice(8, "good", Sentence("item_added", "Rung.", ""))))
    assert till.session.screen().message is not None
    till.keys("Ctrl+Delete")
    assert till.session.screen().message is None
    news = Notice(9, "good", Sentence("item_added", "Rung again.", ""))
    till.session.arrive(replace(RINGING, rev=40, notice=news))
    message = till.session.screen().message
    assert message is not None and message.text == "Rung again."


def test_an_approval_names_what_is_approved() -> None:
    till = Till(RINGING)
    till.keys("Up", *"44.9", "/", "3", "Enter")
    said = Sentence("approval_needed", "", "", {"operation": "price_override", "role": "supervisor"})
    till.session.arrive(Answer(till.sent[-1].id, False, said))
    panel = till.session.screen().panel
    assert panel is not None and panel.title == "Approval: New price"
    assert panel.lead == "环保购物袋（大） · ¥0.50 → ¥44.90 · Close to its date"
    till.keys(*"2001", "Enter", *"4711")
    assert "4711" not in repr(till.session.screen())
    till = Till(RINGING)
    approval_asked(till)
    panel = till.session.screen().panel
    assert panel is not None and panel.lead == "¥112.21 · Customer left"


def test_a_return_has_an_end_and_takes_a_quantity_first() -> None:
    shown = SCENES["return"].view
    till = Till(shown)
    now = till.session.screen()
    assert now.banner.text == "Return · receipt 1031" and now.entry_label == "How many come back, or a code"
    assert [(b.action, b.label, b.primary) for b in now.buttons] == [("cancel", "Finish", True)]
    assert now.panel is not None and [c.detail for c in now.panel.choices] == ["≈6.66", "15.80", "49.90", "—"]
    till.keys("Down", "2", "Enter")
    form = till.session.local.form
    assert form is not None and form.values[0] == "2" and not till.session.local.entry
    panel = till.session.screen().panel
    till.keys("1", "Enter")
    assert sent(till) == [("return_line", {"line": 1, "qty": 2, "reason": "Quality"})] and panel is not None
    till = Till(shown)
    till.keys("2", *"01", "Enter")  # none is chosen: a code
    assert sent(till) == [("scan", {"code": "201"})]
    till = Till(SCENES["returning"].view)
    finish = next(b for b in till.session.screen().buttons if b.label == "Finish")
    till.session.act(finish.action)
    assert till.names() == ["subtotal"]


def test_a_report_counts_in_units_and_says_what_it_leaves_out() -> None:
    panel = Till(SCENES["report"].view).session.screen().panel
    assert panel is not None and "shown after the count" in panel.hint
    rows = {choice.label: choice.detail for choice in panel.choices}
    assert rows["Given up"] == "2 times" and rows["Float"] == "500.00"


def test_practice_is_in_the_banner_too() -> None:
    assert Till(SCENES["training"].view).session.screen().banner.text == "Practice · Ringing"


def test_menu_runs_what_is_found() -> None:
    till = Till(RINGING)
    till.keys("F1", *"gj", "Enter")
    assert not till.sent  # English only here: no Chinese catalogue
    till = Till(RINGING)
    till.keys("F1", *"repeat", "Enter")
    assert till.names() == ["repeat"] and not till.session.local.help_open
    till = Till(RINGING)
    till.keys("F1", "Enter")
    assert not till.sent and till.session.local.help_open


def test_goods_that_are_rung_put_a_report_away() -> None:
    for name in ("report", "found"):
        till = Till(SCENES[name].view)
        assert till.session.screen().panel is not None
        till.session.arrive(replace(SCENES[name].view, state="ringing", rev=50))
        assert till.session.screen().panel is None
    till = Till(SCENES["return"].view)
    till.session.arrive(replace(SCENES["return"].view, state="tendering", rev=50))
    assert till.session.screen().panel is None  # paying is not hidden


def test_a_finger_chooses_a_reason_and_a_field() -> None:
    till = Till(IDLE)
    till.session.act("no_sale")
    till.session.act("choose:1")
    assert sent(till) == [("no_sale", {"reason": "Check the drawer"})]
    till = Till(IDLE)
    till.session.act("paid_in")
    till.session.act("field:1")
    till.session.act("choose:0")  # the amount is missing: there it goes
    form = till.session.local.form
    assert not till.sent and form is not None and form.active == 0 and form.values[1] == "More change"


def test_approval_comes_on_top_of_the_list() -> None:
    till = Till(RINGING)
    till.keys("Ctrl+Delete", "1", "Enter", "F1")
    till.session.arrive(Answer(till.sent[-1].id, False, ui_scenes.NEEDED))
    till.keys(*"2001", "Enter", *"47")
    assert till.session.screen().entry == "●●"


def test_the_list_is_paged() -> None:
    till = Till(RINGING)
    till.session.fits(8, 6, 2)
    till.keys("F1", "PageDown")
    panel = till.session.screen().panel
    assert panel is not None and panel.first == 12
    till.keys("PageDown", "PageDown", "PageDown", "Up")
    assert till.session.local.pick == 42 and till.session.local.first == 36
    till.keys("Esc", "Ctrl+F3")
    assert till.session.local.first == 0


def test_what_fields_mean() -> None:
    assert meant("date", "2001-05-31", IDLE) == meant("date", "20010531", IDLE) == "2001-05-31"
    assert meant("percent", "101", IDLE) is None and meant("number", "1.5", IDLE) is None
    assert all(1 <= len(texts) <= 9 for texts in REASONS.values())
    assert {name for name, spec in FORMS.items() if any(f.kind == "reason" for f in spec.fields)} == set(REASONS)
    assert isinstance(FORMS["part"].fields[0], Field)


KEYS = [key for hot in HOT_KEYS for key in hot.keys] + [*"0123456789.", "a"]


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(KEYS), max_size=25), st.sampled_from(sorted(SCENES)))
def test_any_keys_in_any_scene(keys: list[str], name: str) -> None:
    """Known commands with right arguments, a screen that can be shown, and never an exception."""
    view: View = SCENES[name].view
    till = Till(view)
    for key in keys:
        till.keys(key)
        for one in till.sent:
            must, may = COMMANDS[one.name][0], OPTIONAL.get(one.name, {})
            assert must.keys() <= one.args.keys()
            assert {k: type(v) for k, v in one.args.items()}.items() <= {**may, **must}.items()
        if till.sent:
            till.session.arrive(Answer(till.sent[-1].id, True))
            till.session.arrive(replace(view, rev=view.rev + len(till.sent)))
        till.session.screen()
