"""Views as a daemon would send them, for tests and for the pictures in docs/."""

from __future__ import annotations

from dataclasses import replace

from runtime.wire.messages import (
    Notice,
    Sentence,
    View,
    ViewDevice,
    ViewDiscount,
    ViewLine,
    ViewNetwork,
    ViewTender,
    ViewWeighing,
)  # fmt: skip

READY = "{device} is ready."


def device(
    name: str, device_class: str, ok: bool = True, code: str = "OK", text: str = READY, remedy: str = ""
) -> ViewDevice:
    return ViewDevice(name, device_class, ok, Sentence(code, text, remedy, {"device": name}))


DEVICES = (
    device("scanner", "Scanner"),
    device("printer", "POSPrinter"),
    device("scale", "Scale"),
    device("display", "LineDisplay"),
)
NETWORK = ViewNetwork(True, 0, Sentence("OK", "The gateway answers."))


def each(
    line: int, name: str, qty: int, price: int, net: int | None = None, promotion: str = "", voided: bool = False
) -> ViewLine:
    regular = price * qty
    paid = regular if net is None else net
    return ViewLine(line, f"sku{line}", name, "each", qty, 0, price, regular, paid, regular - paid, promotion, voided)


def kg(line: int, name: str, weight_g: int, price: int, net: int | None = None, promotion: str = "") -> ViewLine:
    regular = (price * weight_g + 500) // 1000
    paid = regular if net is None else net
    return ViewLine(line, f"sku{line}", name, "kg", 1, weight_g, price, regular, paid, regular - paid, promotion)


LINES = (
    each(1, "清泉饮用天然水 550ml", 6, 200, 1000),
    kg(2, "红富士苹果", 1234, 1280),
    each(3, "牧野纯牛奶 250ml×12", 1, 5990, 4990, "周末牛奶特价"),
    each(4, "黑焰可乐 500ml", 2, 350, 500),
    each(5, "山里火腿肠 10支", 1, 1580, voided=True),
    kg(6, "精品五花肉", 856, 3980, 3101, "会员日鲜肉九一折"),
    each(7, "环保购物袋（大）", 1, 50),
)
DISCOUNTS = (
    ViewDiscount("p3", "周末牛奶特价", 1, 1000),
    ViewDiscount("p4", "会员日鲜肉九一折", 1, 306),
    ViewDiscount("p1", "饮料任选第二件半价", 1, 200),
    ViewDiscount("p2", "饮用水满 5 送 1", 1, 200),
)


def view(**changes: object) -> View:
    base = View(
        rev=1, store="幸福路店", workstation="03", operator="王芳", at="2026-11-22T18:30:12", currency="CNY",
        exponent=2, state="idle", lines=(), discounts=(), gross_minor=0, discount_minor=0, total_minor=0, paid_minor=0,
        change_minor=0, devices=DEVICES, network=NETWORK,
    )  # fmt: skip
    return replace(base, **changes)  # type: ignore[arg-type]  # fields of View


def basket(**changes: object) -> View:
    live = [line for line in LINES if not line.voided]
    gross = sum(line.current_minor for line in live)
    total = sum(line.net_minor for line in live)
    values: dict[str, object] = {
        "rev": 9, "state": "ringing", "lines": LINES, "discounts": DISCOUNTS, "gross_minor": gross,
        "discount_minor": gross - total, "total_minor": total, "member": "13812345678",
        "notice": Notice(8, "good", Sentence("item_added", "{name}", "", {"name": "环保购物袋（大）"})),
    }  # fmt: skip
    return view(**(values | changes))


TOTAL = basket().total_minor
NOT_STEADY = Sentence("ESCAL_UNSTABLE", "The weight is not steady.", "Leave the goods alone on the scale.")
HINT = Sentence(
    "add_units",
    "{units} more {item}: {gain} less",
    "",
    {"units": "1", "item": "黑焰可乐 500ml", "gain": "3.00", "name": "可乐三件减三元", "amount": "3.50"},
)
HINT_AMOUNT = Sentence(
    "add_amount",
    "{amount} more for {name}: {gain} less",
    "",
    {"units": "0", "item": "", "gain": "20.00", "name": "全场满120减20", "amount": "7.79"},
)
UNKNOWN = Notice(
    20,
    "bad",
    Sentence(
        "unknown_code",
        "No item has the code {code}.",
        "Scan it again, or key in the number printed on the shelf label.",
        {"code": "6901234567892"},
    ),
)


def states() -> dict[str, View]:
    """name of the picture -> what the daemon says"""
    trouble = (
        DEVICES[0],
        device("printer", "POSPrinter", False, "EPTR_REC_EMPTY", "{device}: the paper has run out.",
               "Put in a new roll; the receipt is then printed again."),
        device("scale", "Scale", False, "TIMEOUT", "{device} does not answer.",
               "Check its cable and power; it is asked again by itself."),
        DEVICES[3],
    )  # fmt: skip
    away = ViewNetwork(
        False,
        12,
        Sentence(
            "gateway_silent",
            "The gateway does not answer.",
            "Sell on: sales are kept here and sent later. If it lasts, check the network.",
        ),
        "2026-11-22T17:05:40",
    )
    return {
        "ringing": basket(),
        "hint": basket(hint=HINT),
        "hint-alone": basket(hint=HINT_AMOUNT, notice=None),
        "weighing": basket(
            state="weighing", weighing=ViewWeighing("sku9", "海南香蕉", 698, NOT_STEADY), notice=None
        ),
        "tendering": basket(state="tendering", notice=None),
        "closed": basket(
            state="closed", paid_minor=TOTAL, change_minor=20000 - TOTAL, tenders=(ViewTender("cash", TOTAL),),
            last_number=1042, notice=Notice(9, "good", Sentence("paid", "Paid.")),
        ),
        "trouble": basket(devices=trouble, network=away, receipts_waiting=2, notice=UNKNOWN),
        "idle": view(),
    }  # fmt: skip


def many(count: int) -> View:
    """A long basket."""
    lines = tuple(each(n, f"商品第 {n} 号", 1 + n % 3, 100 + 7 * n) for n in range(1, count + 1))
    total = sum(line.net_minor for line in lines)
    return basket(lines=lines, gross_minor=total, discount_minor=0, total_minor=total, discounts=(), rev=count)
