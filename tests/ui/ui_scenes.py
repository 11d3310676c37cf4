"""What a till shows through a working day: views, and the keys pressed on them. For tests and pictures."""

from __future__ import annotations

from dataclasses import dataclass, replace

import ui_views

from runtime.journal.errors import SENTENCES as DISK
from runtime.wire.messages import (
    Answer,
    Command,
    Message,
    Notice,
    Sentence,
    View,
    ViewAdjustment,
    ViewBag,
    ViewFound,
    ViewLookup,
    ViewRecord,
    ViewReport,
    ViewReportRow,
    ViewReturn,
    ViewReturnLine,
    ViewSuspended,
    ViewTender,
)  # fmt: skip

NEEDED = Sentence(
    "approval_needed",
    "Another person must approve this.",
    "Let somebody who may do it key number and PIN.",
    {"operation": "void_ticket", "role": "supervisor"},
)
SUSPENDED = (
    ViewSuspended(3, "2026-11-22T18:12:40", 4, 8630, "海南香蕉"),
    ViewSuspended(4, "2026-11-22T18:25:03", 1, 1990, "牧野纯牛奶 250ml×12"),
    ViewSuspended(5, "2026-11-22T18:29:51", 11, 32455, "精品五花肉"),
)
ELSEWHERE = (
    *SUSPENDED[:2],
    ViewSuspended(4, "2026-11-22T18:26:40", 2, 4580, "红富士苹果", "02"),
    ViewSuspended(7, "2026-11-22T18:29:51", 11, 32455, "精品五花肉", "05"),
)
X = ViewReport(
    "X report",
    "2026-11-22T18:30:12",
    (
        ViewReportRow("Business day", "2026-11-22"),
        ViewReportRow("Shift", "2"),
        ViewReportRow("Float", amount_minor=50000),
        ViewReportRow("Sales", count=184, amount_minor=1423560),
        ViewReportRow("Returns", count=3, amount_minor=-12990),
        ViewReportRow("Given up", count=2),
        ViewReportRow("Paid out", count=1, amount_minor=5000),
        ViewReportRow("Sales less returns", amount_minor=1410570, strong=True),
        ViewReportRow("The drawer is not counted yet"),
    ),
)
COUNTED = ViewReport(
    "Shift closed",
    "2026-11-22T21:04:40",
    (
        ViewReportRow("Business day", "2026-11-22"),
        ViewReportRow("Shift", "2"),
        ViewReportRow("Float", amount_minor=50000),
        ViewReportRow("Sales", count=184, amount_minor=1423560),
        ViewReportRow("Returns", count=3, amount_minor=-12990),
        ViewReportRow("Given up", count=2),
        ViewReportRow("Paid out", count=1, amount_minor=5000),
        ViewReportRow("Sales less returns", amount_minor=1410570, strong=True),
        ViewReportRow("Cash", count=61, strong=True),
        ViewReportRow("Expected", amount_minor=461230),
        ViewReportRow("Counted", amount_minor=461030),
        ViewReportRow("Over or short", amount_minor=-200, strong=True),
        ViewReportRow("Code payment", count=123, strong=True),
        ViewReportRow("Expected", amount_minor=994340),
    ),
)
Z = ViewReport(
    "Z report",
    "2026-11-22T22:15:02",
    (
        ViewReportRow("Business day", "2026-11-22"),
        ViewReportRow("Report number", "87"),
        ViewReportRow("Sales", count=402, amount_minor=3180270),
        ViewReportRow("Returns", count=5, amount_minor=-21480),
        ViewReportRow("Given up", count=4),
        ViewReportRow("Drawer opened without a sale", count=2),
        ViewReportRow("Sales less returns", amount_minor=3158790, strong=True),
        ViewReportRow("Cash", count=131, amount_minor=873150),
        ViewReportRow("Code payment", count=276, amount_minor=2285640),
        ViewReportRow("All days so far", amount_minor=274418035),
    ),
)


def record(number: int, minute: int, amount_minor: int, lines: int, name: str, kind: str = "") -> ViewRecord:
    at = f"2026-11-22T18:{minute:02}:07"
    return ViewRecord(number, kind or "RetailTransaction", at, "2026-11-22", "王芳", amount_minor, lines, name)


FOUND = ViewFound(
    "苹果",
    (
        record(1042, 28, 11221, 6, "清泉饮用天然水 550ml"),
        record(1039, 21, 4560, 3, "红富士苹果"),
        record(1031, 9, 1580, 1, "红富士苹果"),
        record(1030, 8, -5000, 0, "代付货款", "PaidOut"),
        record(1024, 2, 26890, 14, "精品五花肉"),
    ),
    980,
)
RECEIPT = ViewReturn(
    1031,
    "LANE-S001-03-1031",
    "2026-11-20T10:14:55",
    10640,
    1500,
    (
        ViewReturnLine(1, "s1", "清泉饮用天然水 550ml", "each", 6, 4, 1000),
        ViewReturnLine(2, "s2", "红富士苹果", "kg", 1234, 1234, 1580),
        ViewReturnLine(3, "s3", "牧野纯牛奶 250ml×12", "each", 1, 1, 4990),
        ViewReturnLine(4, "s4", "环保购物袋（大）", "each", 1, 0, 50),
    ),
)
ASKED = Notice(33, "info", Sentence("recall_asked", "Till {terminal} is asked for ticket {number}.",
                                    "Wait a moment, or go on: it comes by itself.",
                                    {"terminal": "05", "number": 7}))  # fmt: skip
LOOKED_UP = ViewLookup("s9", "红富士苹果", "kg", 1280, 1099, ("周末水果特价",))
BAGS = (ViewBag(1, "90003", "环保购物袋（大）", 50), ViewBag(2, "90002", "环保购物袋（小）", 30))


@dataclass(frozen=True, slots=True)
class Shown:
    view: View
    keys: tuple[str, ...] = ()  # as ui.keys writes them
    refusal: Sentence | None = None  # what every command is answered

    def answers(self, command: Command) -> list[Message]:
        return [Answer(command.id, self.refusal is None, self.refusal)]


def on(view: View, **changes: object) -> View:
    """With somebody signed on and a shift open."""
    day: dict[str, object] = {
        "desk": "on", "operator": "1001", "operator_name": "王芳", "role": "cashier", "shift": "open",
        "shift_number": 2, "business_day": "2026-11-22",
    }  # fmt: skip
    return replace(view, **(day | changes))  # type: ignore[arg-type]  # fields of View


def shown() -> dict[str, Shown]:
    """name of the picture -> what is on the screen"""
    basket, idle = on(ui_views.basket(), bags=BAGS), on(ui_views.view(), bags=BAGS)
    due = basket.total_minor
    tendering = replace(basket, state="tendering", notice=None, due_minor=due, cash_due_minor=due)
    back = tuple(
        replace(line, regular_minor=line.regular_minor, net_minor=-line.net_minor, current_minor=-line.current_minor)
        for line in ui_views.LINES[1:3]
    )
    refund = replace(
        tendering, lines=back, discounts=(), gross_minor=-7570, discount_minor=0, total_minor=-6570, due_minor=-6570,
        cash_due_minor=-6570, returned_lines=(2, 3), member="",
    )  # fmt: skip
    asked = Notice(31, "info", Sentence("age_asked", "{name} is for customers of {age} or more.",
                                        "If in doubt look at the papers, then answer.",
                                        {"name": "高粱白酒 500ml", "age": 18}))  # fmt: skip
    aside = replace(idle, suspended=SUSPENDED)
    troubled = ui_views.states()["trouble"]
    disk = ui_views.device("disk", "Disk", False, "DISK_LOW", *DISK["DISK_LOW"])
    by_hand = (
        ViewAdjustment(3, "price", 4490, -500, "临期", "2001"),
        ViewAdjustment(0, "ticket_percent", 5, -536, "员工内购", ""),
    )
    return {
        "functions": Shown(basket, ("F1",)),
        "search": Shown(basket, ("F1", "g", "j")),
        "price": Shown(basket, ("Up", "Up", "9", ".", "9", "/")),
        "discount": Shown(basket, ("Up", "Up", "Ctrl+F2", "1", "5")),
        "approval": Shown(basket, ("Ctrl+Delete", "1", "Enter", "2", "0", "0", "1", "Enter", "1", "2", "3"), NEEDED),
        "age": Shown(replace(basket, age_question=18, notice=asked)),
        "by-hand": Shown(replace(basket, adjustments=by_hand)),
        "recall": Shown(aside, ("F7", "Down")),
        "recall-elsewhere": Shown(replace(idle, suspended=ELSEWHERE), ("F7", "Down", "Down", "Down")),
        "recalling": Shown(replace(idle, suspended=ELSEWHERE[:3], recalling="05", notice=ASKED)),
        "suspended": Shown(aside),
        "lookup": Shown(replace(basket, lookup=LOOKED_UP, notice=None)),
        "looking-up": Shown(replace(idle, looking_up=True)),
        "part": Shown(replace(tendering, part_minor=5000, cash_due_minor=5000)),
        "part-form": Shown(tendering, ("Ctrl+F10", "5", "0")),
        "part-paid": Shown(
            replace(tendering, paid_minor=5000, due_minor=due - 5000, cash_due_minor=due - 5000,
                    tenders=(ViewTender("cash", 5000),))
        ),
        "return": Shown(replace(idle, open_return=RECEIPT), ("Down",)),
        "return-form": Shown(replace(idle, open_return=RECEIPT), ("Down", "Enter")),
        "no-receipt": Shown(idle, ("Ctrl+N",)),
        "refund": Shown(refund),
        "report": Shown(replace(idle, report=X)),
        "found": Shown(replace(idle, found=FOUND), ("Down", "Down")),
        "paid-out": Shown(idle, ("5", "0", "Ctrl+F6")),
        "copy": Shown(idle, ("Ctrl+F12",)),
        "idle-bar": Shown(aside),
        "float": Shown(replace(idle, shift="needed"), ("5", "0", "0", "Ctrl+F9")),
        "pending": Shown(replace(basket, pending_qty=2, notice=None)),
        "counted": Shown(replace(idle, report=COUNTED, shift="needed")),
        "z": Shown(replace(idle, report=Z)),
        "price-approval": Shown(
            basket, ("Up", "Up", "3", "5", ".", "9", "/", "3", "Enter", "2", "0", "0", "1", "Enter", "1", "2"),
            replace(NEEDED, args={"operation": "price_override", "role": "supervisor"}),
        ),
        "disk": Shown(on(troubled, devices=(*troubled.devices[:2], disk), notice=None, receipts_waiting=2)),
        "returning": Shown(replace(refund, state="ringing", open_return=RECEIPT), ("Down",)),
        "find": Shown(idle, ("F4",)),
        "off": Shown(on(ui_views.view(), desk="off", operator="", operator_name="", role=""), ("1", "0", "0", "1")),
        "locked": Shown(on(basket, desk="locked", notice=None), ("1", "2", "3")),
        "shift-needed": Shown(replace(idle, shift="needed")),
        "counting": Shown(replace(idle, shift="counting")),
        "training": Shown(replace(basket, training=True)),
        "training-paid": Shown(replace(on(ui_views.states()["closed"]), training=True)),
    }  # fmt: skip
