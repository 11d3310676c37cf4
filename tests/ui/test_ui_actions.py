"""From keys to commands, in every state of the sale."""

from __future__ import annotations

from dataclasses import replace

import pytest
import ui_views
from hypothesis import given
from hypothesis import strategies as st

from runtime.wire.messages import COMMANDS, OPTIONAL, View
from ui.actions import press
from ui.keys import HOT_KEYS
from ui.local import Local
from ui.possible import VALID, valid

UP = Local(connected=True)
STATES: dict[str, View] = {
    **{state: ui_views.basket(state=state) for state in ("ringing", "weighing", "tendering", "paying", "closed")},
    "idle": ui_views.view(),
}


def commands(state: str, action: str, entry: str = "", **changes: object) -> list[tuple[str, dict[str, object]]]:
    view = replace(STATES[state], **changes)  # type: ignore[arg-type]  # fields of View
    return [(name, dict(args)) for name, args in press(view, replace(UP, entry=entry), action)[1]]


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("entry", ["", "5", "12.5", "6901234567892", "134567890123456789", "abc"])
def test_every_action_in_every_state(state: str, entry: str) -> None:
    """Whatever is pressed: known commands with right arguments, or a note, and never an exception."""
    for hot in HOT_KEYS:
        local, made = press(STATES[state], replace(UP, entry=entry), hot.action)
        assert isinstance(local, Local)
        for name, args in made:
            must, may = COMMANDS[name][0], OPTIONAL.get(name, {})
            assert must.keys() <= args.keys()
            assert {k: type(v) for k, v in args.items()}.items() <= {**may, **must}.items()
        allowed = hot.action in valid(STATES[state], replace(UP, entry=entry))
        if not allowed and hot.action not in ("cancel", "enter"):
            assert not made and local.note is not None, hot.action


def test_selling() -> None:
    assert commands("idle", "enter", "690") == [("scan", {"code": "690"})]
    assert commands("ringing", "enter", "690") == [("scan", {"code": "690"})]
    assert commands("ringing", "enter") == []
    assert commands("idle", "quantity", "3") == [("quantity", {"qty": 3})]
    assert commands("ringing", "member", "138001") == [("member", {"id": "138001"})]
    assert commands("ringing", "pay") == [("subtotal", {})]
    assert commands("weighing", "weigh") == [("weigh", {})]
    assert commands("weighing", "enter", "690") == [("scan", {"code": "690"})]  # the daemon has the sentence


def test_the_daemon_judges_quantities() -> None:
    assert commands("ringing", "quantity", "0") == [("quantity", {"qty": 0})]
    assert commands("ringing", "quantity", "100000") == [("quantity", {"qty": 100000})]


@pytest.mark.parametrize("entry", ["1.5", "x", "1234567890"])
def test_no_quantity(entry: str) -> None:
    local, made = press(STATES["ringing"], replace(UP, entry=entry), "quantity")
    assert not made and local.note is not None and local.note.sentence.code == "UI_BAD_QUANTITY" and not local.entry


def test_paying() -> None:
    due = STATES["tendering"].total_minor
    assert commands("tendering", "pay") == [("cash", {"amount_minor": due})]
    local, made = press(STATES["tendering"], UP, "enter")  # an Enter too many takes no money
    assert not made and local.note is not None and local.note.sentence.code == "UI_NO_CASH"
    assert commands("tendering", "pay", paid_minor=1000) == [("cash", {"amount_minor": due - 1000})]
    assert commands("tendering", "enter", "200") == [("cash", {"amount_minor": 20000})]
    assert commands("tendering", "enter", "112.5") == [("cash", {"amount_minor": 11250})]
    assert commands("tendering", "enter", ".5") == [("cash", {"amount_minor": 50})]
    assert commands("tendering", "enter", "112.505") == []
    assert commands("tendering", "enter", "1234567890123456") == [("scan", {"code": "1234567890123456"})]
    assert commands("tendering", "code_pay", "28763") == [("scan", {"code": "28763"})]
    assert commands("tendering", "cash:15000") == [("cash", {"amount_minor": 15000})]
    assert commands("ringing", "cash:15000") == []
    assert commands("tendering", "enter", "200", exponent=0) == [("cash", {"amount_minor": 200})]


def test_pay_does_not_forget_what_was_typed() -> None:
    local, made = press(STATES["ringing"], replace(UP, entry="690123"), "pay")
    assert not made and local.entry == "690123" and local.note is not None


def test_after_the_sale() -> None:
    assert commands("closed", "pay") == [("next", {})]
    assert commands("closed", "enter") == [("next", {})]
    assert commands("closed", "enter", "690") == [("scan", {"code": "690"})]
    assert commands("closed", "quantity", "2") == [("next", {}), ("quantity", {"qty": 2})]
    assert commands("closed", "reprint") == []
    assert commands("closed", "reprint", receipts_waiting=1) == [("reprint", {})]


def test_cancel_is_one_step() -> None:
    local = replace(UP, help_open=True, entry="12", selected=3)
    local, made = press(STATES["tendering"], local, "cancel")
    assert not local.help_open and local.entry == "12" and not made, "the list first"
    local, made = press(STATES["tendering"], local, "cancel")
    assert not local.entry and local.selected == 3 and not made
    local, made = press(STATES["tendering"], local, "cancel")
    assert local.selected is None and not made
    assert press(STATES["tendering"], local, "cancel")[1] == (("cancel", {}),)
    assert commands("ringing", "cancel") == []
    assert commands("ringing", "cancel", pending_qty=3) == [("cancel", {})]
    assert commands("weighing", "cancel") == commands("paying", "cancel") == [("cancel", {})]


def test_voiding_wants_a_chosen_line() -> None:
    local, made = press(STATES["ringing"], UP, "void_line")
    assert not made and local.selected == 7 and local.note is not None and local.note.severity == "info"
    _, made = press(STATES["ringing"], local, "void_line")
    assert made == (("void_line", {"line": 7}),)


def test_a_line_that_was_scrolled_away_is_shown_first() -> None:
    view, local = ui_views.many(30), replace(UP, page_rows=8, selected=28, scroll=3)
    local, made = press(view, local, "void_line")
    assert not made and local.note is not None and local.note.sentence.args["line"] == 28 and local.scroll == 20
    assert press(view, local, "void_line")[1] == (("void_line", {"line": 28}),)
    local, made = press(view, replace(UP, page_rows=8, selected=28, scroll=3, entry="5"), "set_quantity")
    assert not made and local.entry == "5"
    assert press(view, local, "set_quantity")[1] == (("set_quantity", {"line": 28, "qty": 5}),)


def test_choosing_passes_voided_lines() -> None:
    local = replace(UP, selected=6)
    local, _ = press(STATES["ringing"], local, "up")
    assert local.selected == 4  # 5 is voided
    local, _ = press(STATES["ringing"], local, "down")
    assert local.selected == 6
    local, _ = press(STATES["ringing"], local, "line:2")
    assert press(STATES["ringing"], replace(local, entry="3"), "set_quantity")[1] == (
        ("set_quantity", {"line": 2, "qty": 3}),
    )
    assert press(STATES["ringing"], replace(local, entry="3"), "set_quantity")[0].selected == 2  # says which it was


def test_scrolling_a_long_basket() -> None:
    view = ui_views.many(30)
    local, _ = press(view, replace(UP, page_rows=8), "page_up")
    assert local.scroll == 15
    for _ in range(9):
        local, _ = press(view, local, "page_up")
    assert local.scroll == 0
    for _ in range(9):
        local, _ = press(view, local, "page_down")
    assert local.scroll is None
    for _ in range(12):
        local, _ = press(view, local, "up")
    assert local.selected == 19 and local.scroll is not None and local.scroll <= 18 < local.scroll + 8


def test_nothing_goes_out_without_a_connection() -> None:
    for hot in HOT_KEYS:
        for entry in ("", "5"):
            assert press(STATES["tendering"], Local(entry=entry), hot.action)[1] == ()
            assert press(None, Local(entry=entry), hot.action)[1] == ()


def test_an_entry_has_an_end() -> None:
    local = UP
    for _ in range(70):
        local, _ = press(STATES["idle"], local, "type:9")
    assert len(local.entry) == 64 and local.note is not None


def test_cash_sale_of_one_item_takes_two_keys() -> None:
    assert commands("ringing", "pay") == [("subtotal", {})]
    assert commands("tendering", "pay")[0][0] == "cash"


ACTIONS = [hot.action for hot in HOT_KEYS] + ["type:5", "type:00", "type:.", "line:3", "line:99", "cash:1", "clear"]


@given(st.lists(st.sampled_from(ACTIONS), max_size=30), st.sampled_from(sorted(VALID)))
def test_any_order_of_keys(keys: list[str], state: str) -> None:
    local = UP
    for key in keys:
        local, made = press(STATES[state], local, key)
        assert all(name in COMMANDS for name, _ in made)
