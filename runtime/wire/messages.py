"""The messages between the daemon and its front ends, over a local socket. Nothing else passes.

A front end connects, says Hello, and from then on is sent a whole View after every change: a front end that is killed
and started again shows the same basket because there is nothing else that it could show. What a person does is a
Command; each is answered once, by its id, after it is on disk (or refused, with a sentence).

Money is an integer of minor units of `currency`; weights are grams; times are local `YYYY-MM-DDTHH:MM:SS`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

PROTOCOL = 1


@dataclass(frozen=True, slots=True)
class Sentence:
    """Something to tell a person. `text` and `remedy` are English and the keys of the translation; `args` fill their
    `{names}` after it and are language-free (amounts already written out, names of goods and devices)."""

    code: str
    text: str
    remedy: str = ""
    args: dict[str, str | int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Hello:
    protocol: int
    role: Literal["cashier", "customer", "tool"]


@dataclass(frozen=True, slots=True)
class Command:
    """`name` is one of COMMANDS, `args` what it lists there."""

    id: int
    name: str
    args: dict[str, str | int | None] = field(default_factory=dict)


# name -> (its arguments with their types, what it does).
COMMANDS: dict[str, tuple[dict[str, type], str]] = {
    "scan": (
        {"code": str},
        "a code keyed by hand, as if scanned: goods while ringing, a payment code while tendering",
    ),
    "quantity": ({"qty": int}, "how many the next scanned item is sold, 1 to 9999"),
    "set_quantity": ({"line": int, "qty": int}, "change how many a line sells"),
    "void_line": ({"line": int}, "take a line out of the basket"),
    "member": ({"id": str}, "the customer is this member"),
    "weigh": ({}, "ask the scale again for the item that waits for its weight"),
    "subtotal": ({}, "end ringing: the total stands, payment begins"),
    "cancel": ({}, "one step back: drop a pending quantity, a weighing, the payment, or go back to ringing"),
    "cash": ({"amount_minor": int}, "cash given by the customer; not less than what is due"),
    "next": ({}, "put the closed sale off the screen"),
    "reprint": ({}, "print the receipts that are waiting for the printer now"),
    "clock": ({"at": str}, "rehearsals only: it is now this local time"),
    # the sale's other keys
    "repeat": ({}, "the last item once more, or as many as the quantity that was keyed"),
    "price_lookup": ({}, "what a code costs, without ringing it; without a code: of the next scan"),
    "bag": ({}, "a carrier bag, by its place in the settings, from 1"),
    "void_ticket": ({}, "take the whole sale out; it is recorded as voided"),
    "suspend": ({}, "put the sale aside for the next customer"),
    "recall": (
        {"number": int},
        "take a suspended sale up again; with `terminal` one of that till, which must let it go",
    ),
    "price_override": (
        {"line": int, "price_minor": int, "reason": str},
        "a price by hand for one piece or a kg of a line, not above its label",
    ),
    "discount_line": (
        {"line": int, "reason": str},
        "take `percent` or `amount_minor` off a line; neither: take back what was changed by hand",
    ),
    "discount_ticket": (
        {"reason": str},
        "take `percent` or `amount_minor` off all that may be discounted; neither: take it back",
    ),
    "age_ok": ({}, "the customer is old enough for what is in the sale; `born`, YYYY-MM-DD, to have it worked out"),
    "age_no": ({}, "the customer is not: what needs the age is taken out"),
    "return_receipt": ({"code": str}, "show a receipt by its code (or a number of this till) to take goods back"),
    "return_close": ({}, "put that receipt away"),
    "return_line": ({"line": int}, "goods of a line of that receipt come back: `qty`, or all that is left of it"),
    "return_all": ({}, "all that is left of that receipt comes back"),
    "return_item": (
        {"code": str, "reason": str},
        "goods come back without a receipt: `qty` or `weight_g`, for what they cost now or `price_minor` if less",
    ),
    "refund": ({}, "give what is due to the customer back in cash"),
    "refund_code": ({}, "give it back by code; refused where the provider's driver takes no refunds"),
    "part": ({"amount_minor": int}, "the next tender, cash or code, pays only so much of what is due"),
    # the working day
    "sign_on": ({"user": str, "pin": str}, "this person works here from now on"),
    "sign_off": ({}, "nobody works here from now on; not while a sale is open"),
    "lock": ({}, "nothing is taken from people until it is unlocked; what is open stays open"),
    "unlock": ({"user": str, "pin": str}, "by who is signed on, or by one who may unlock for others"),
    "training_begin": ({}, "what is sold from here on is practice: no record, no number, no total, no drawer"),
    "training_end": ({}, "what is sold is sold again"),
    "shift_open": ({"float_minor": int}, "a shift begins with this change in the drawer"),
    "shift_count": ({}, "the drawer opens and is counted; nothing is sold until shift_close, or cancel"),
    "shift_close": (
        {"cash_minor": int},
        "what was counted: the shift closes, and only now differences are shown",
    ),
    "paid_in": ({"amount_minor": int, "reason": str}, "money comes into the drawer that no sale brought"),
    "paid_out": ({"amount_minor": int, "reason": str}, "money leaves the drawer that no return took"),
    "drop": ({"amount_minor": int, "reason": str}, "money leaves the drawer for the safe"),
    "no_sale": ({"reason": str}, "the drawer opens without a sale"),
    "x_report": ({}, "the figures of the shift under way, or of the day, on screen and paper"),
    "day_end": ({}, "the business day ends: the Z report"),
    "reprint_number": ({"number": int}, "a receipt or slip again, marked as a copy; 0 is the last"),
    "journal_search": ({"text": str}, "records by number, day, goods, amount, operator or reason, the newest first"),
}

# The arguments that say who approves an operation. Without them it is refused with `approval_needed` where it needs
# that (args: operation, role), and is sent again with them.
APPROVAL: dict[str, type] = {"approver": str, "pin": str}

# name -> arguments that may be left out, beside those of COMMANDS
OPTIONAL: dict[str, dict[str, type]] = {
    "price_lookup": {"code": str},
    "bag": {"number": int},
    "void_line": APPROVAL,
    "return_line": {"qty": int, "reason": str, **APPROVAL},
    "return_all": {"reason": str, **APPROVAL},
    "return_item": {"qty": int, "weight_g": int, "price_minor": int, **APPROVAL},
    "age_ok": {"born": str},
    "price_override": APPROVAL,
    "discount_line": {"percent": int, "amount_minor": int, **APPROVAL},
    "discount_ticket": {"percent": int, "amount_minor": int, **APPROVAL},
    "subtotal": APPROVAL,
    "void_ticket": {"reason": str, **APPROVAL},
    "suspend": APPROVAL,
    "recall": {"terminal": str, **APPROVAL},
    "training_begin": APPROVAL,
    "shift_open": APPROVAL,
    "shift_count": APPROVAL,
    "shift_close": {"code_minor": int},
    "paid_in": APPROVAL,
    "paid_out": APPROVAL,
    "drop": APPROVAL,
    "no_sale": APPROVAL,
    "x_report": APPROVAL,
    "day_end": APPROVAL,
    "reprint_number": APPROVAL,
    "journal_search": {"before": int, **APPROVAL},  # go on below this number
}


@dataclass(frozen=True, slots=True)
class Answer:
    """Says of one Command that it is on disk and done (`ok`), or why not."""

    id: int
    ok: bool
    sentence: Sentence | None = None


@dataclass(frozen=True, slots=True)
class ViewLine:
    line: int  # its number in the sale, from 1, never used again
    sku: str
    name: str
    unit: Literal["each", "kg"]
    qty: int  # 1 for a kg line
    weight_g: int  # 0 for an each line
    regular_minor: int  # for one, or for a kg
    current_minor: int  # the line at current (shelf) prices
    net_minor: int  # what it costs in the end
    discount_minor: int  # from regular to net
    price_promotion: str  # name of the promotion that made the shelf price, or empty
    voided: bool = False


@dataclass(frozen=True, slots=True)
class ViewDiscount:
    promotion: str
    name: str
    times: int
    amount_minor: int


@dataclass(frozen=True, slots=True)
class ViewTender:
    kind: Literal["cash", "code"]
    amount_minor: int


@dataclass(frozen=True, slots=True)
class ViewWeighing:
    sku: str
    name: str
    regular_minor: int  # for a kg
    sentence: Sentence  # what the scale says


@dataclass(frozen=True, slots=True)
class ViewDevice:
    name: str
    device_class: str
    ok: bool
    sentence: Sentence


@dataclass(frozen=True, slots=True)
class ViewNetwork:
    ok: bool
    unsent: int  # closed sales that are only on this terminal
    sentence: Sentence
    since: str = ""  # when the oldest of them was closed; empty where there is none


Severity = Literal["good", "info", "bad"]


@dataclass(frozen=True, slots=True)
class Notice:
    """The last thing that was said to the cashier. A new `serial` is a new notice: it may beep."""

    serial: int
    severity: Severity
    sentence: Sentence


@dataclass(frozen=True, slots=True)
class ViewSuspended:
    number: int
    at: str
    lines: int
    total_minor: int
    name: str  # of its first item
    terminal: str = ""  # the till that has it; empty: this one
    here_only: bool = False  # of another till, and it stays there: goods come back in it


@dataclass(frozen=True, slots=True)
class ViewLookup:
    """What one piece, or a kg, costs when it is rung alone."""

    sku: str
    name: str
    unit: Literal["each", "kg"]
    regular_minor: int
    net_minor: int
    promotions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ViewBag:
    number: int  # the argument of `bag`
    sku: str
    name: str
    regular_minor: int


@dataclass(frozen=True, slots=True)
class ViewAdjustment:
    """What a person took off. `line` is 0 for the whole ticket."""

    line: int
    kind: str  # "price", "percent", "amount", "ticket_percent" or "ticket_amount"
    value: int  # what was keyed: a price, percent, or an amount
    amount_minor: int  # what it comes to now, below 0
    reason: str
    approver: str


DeskName = Literal["free", "off", "on", "locked"]
ShiftName = Literal["none", "needed", "open", "counting"]


@dataclass(frozen=True, slots=True)
class ViewReportRow:
    """`label` is English and the key of its translation. What is empty or None is not there."""

    label: str
    text: str = ""
    count: int | None = None
    amount_minor: int | None = None
    strong: bool = False


@dataclass(frozen=True, slots=True)
class ViewReport:
    """An X or Z report, or a shift's close; on the screen until the next sale or `cancel`."""

    title: str  # English, the key of its translation
    at: str
    rows: tuple[ViewReportRow, ...]


@dataclass(frozen=True, slots=True)
class ViewRecord:
    """A record of the journal as one line. `reprint_number` prints it again."""

    number: int
    kind: str  # "RetailTransaction", or a ControlTransaction's ControlType
    at: str
    business_day: str
    operator: str
    amount_minor: int
    lines: int
    name: str  # of the first goods, or the reason


@dataclass(frozen=True, slots=True)
class ViewFound:
    """What journal_search found; on the screen until the next sale or `cancel`."""

    text: str
    records: tuple[ViewRecord, ...]
    before: int  # search on with this `before`; 0: everything was looked at


@dataclass(frozen=True, slots=True)
class ViewReturnLine:
    line: int  # the argument of `return_line`
    sku: str
    name: str
    unit: Literal["each", "kg"]
    sold: int  # pieces, or grams
    left: int  # of it that can still come back
    net_minor: int  # what was paid for the line


@dataclass(frozen=True, slots=True)
class ViewReturn:
    """A receipt that goods may come back of; on the screen until it is put away, or the sale is closed."""

    number: int
    code: str
    at: str
    paid_minor: int
    given_minor: int  # back before
    lines: tuple[ViewReturnLine, ...]


SaleState = Literal["idle", "ringing", "weighing", "tendering", "paying", "closed"]


@dataclass(frozen=True, slots=True)
class View:
    """All that a screen shows."""

    rev: int
    store: str
    workstation: str
    operator: str
    at: str
    currency: str
    exponent: int
    state: SaleState
    lines: tuple[ViewLine, ...]
    discounts: tuple[ViewDiscount, ...]
    gross_minor: int
    discount_minor: int
    total_minor: int
    paid_minor: int
    change_minor: int
    devices: tuple[ViewDevice, ...]
    network: ViewNetwork
    pending_qty: int | None = None
    member: str = ""
    weighing: ViewWeighing | None = None
    tenders: tuple[ViewTender, ...] = ()
    last_number: int = 0  # SequenceNumber of the last closed sale, 0 before the first
    receipts_waiting: int = 0  # closed sales whose receipt is not on paper yet
    notice: Notice | None = None
    hint: Sentence | None = None  # what little more would bring the customer a discount
    suspended: tuple[ViewSuspended, ...] = ()  # oldest first, this till's before those of others
    recalling: str = ""  # a till that was asked for a ticket and has not given it yet; the cashier may go on
    looking_up: bool = False  # the next scan is looked up and not rung
    lookup: ViewLookup | None = None  # until the next key or scan
    bags: tuple[ViewBag, ...] = ()
    due_minor: int = 0  # while the total stands: what is not paid yet, by anything but cash
    cash_due_minor: int = 0  # the same in cash: rounded as the book says, or the part that is set
    part_minor: int | None = None  # the next tender pays so much
    rounding_minor: int = 0  # what the cash that closed it paid beyond the total
    open_return: ViewReturn | None = None
    returned_lines: tuple[int, ...] = ()  # lines whose goods come back: their net is below 0
    age_question: int = 0  # years: somebody must look how old the customer is before money is taken; never modal
    adjustments: tuple[ViewAdjustment, ...] = ()  # by hand; in the lines' net and discount already
    # the working day
    desk: DeskName = "free"  # "free": nobody signs on here
    operator_name: str = ""
    role: str = ""
    training: bool = False  # to be seen in every state
    shift: ShiftName = "none"  # "needed": one must be opened before anything is sold
    shift_number: int = 0
    business_day: str = ""  # BusinessDayDate; empty: the calendar's
    report: ViewReport | None = None
    found: ViewFound | None = None


Message = Hello | Command | Answer | View
