"""What is drawn where: a Screen and a size in, boxes, texts, shapes and touch targets out. Pure: tested unseen.

The picture is a flat list of primitives, each in a named slot; the painter redraws the slots that differ from the last
picture and nothing else. Pixels, from the upper left. Layout rules: every touch target is at least TOUCH pixels high
and wide from 800x600 up; the left column is the basket, the right one money and keys; nothing moves under a finger
while a state lasts. Below 1000 pixels of width or 700 of height it is drawn compact.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from ui import theme
from ui.models import Button, Message, Row, Screen, Severity

TOUCH = 48
HEADER = 52
MAX_SAVINGS = 4
MAX_TROUBLES = 3
KEYPAD: tuple[tuple[str, ...], ...] = (("7", "8", "9"), ("4", "5", "6"), ("1", "2", "3"), ("0", "00", "."))
GROUNDS: dict[Severity, tuple[str, str]] = {  # severity -> (ground, ink of its shape and word)
    "good": (theme.GOOD_GROUND, theme.GOOD),
    "info": (theme.INFO_GROUND, theme.INFO),
    "bad": (theme.BAD_GROUND, theme.BAD),
}

Align = Literal["left", "centre", "right"]


@dataclass(frozen=True, slots=True)
class Rect:
    x: int
    y: int
    w: int
    h: int

    def inset(self, dx: int, dy: int = 0) -> Rect:
        return Rect(self.x + dx, self.y + dy, max(0, self.w - 2 * dx), max(0, self.h - 2 * dy))

    def holds(self, x: float, y: float) -> bool:
        return self.x <= x < self.x + self.w and self.y <= y < self.y + self.h


@dataclass(frozen=True, slots=True)
class Box:
    slot: str
    rect: Rect
    colour: str
    radius: int = 0


@dataclass(frozen=True, slots=True)
class Text:
    """Shrunk down to 3/4 where it is too long for its box, then cut with an ellipsis; `lines` over 1 may wrap."""

    slot: str
    rect: Rect
    text: str
    size: int
    colour: str
    align: Align = "left"
    lines: int = 1


@dataclass(frozen=True, slots=True)
class Shape:
    """`good` a tick in a disc, `info` a disc with an i, `bad` a triangle with an exclamation mark."""

    slot: str
    rect: Rect
    kind: Severity
    colour: str
    ground: str


Primitive = Box | Text | Shape


@dataclass(frozen=True, slots=True)
class Target:
    action: str
    rect: Rect


@dataclass(frozen=True, slots=True)
class Scene:
    primitives: tuple[Primitive, ...]
    targets: tuple[Target, ...]  # the last one that holds a point has it
    list_rect: Rect  # where dragging scrolls
    row_height: int
    page_rows: int  # lines that fit


class _Paper:
    """Collects primitives and targets."""

    def __init__(self, pressed: str) -> None:
        self.primitives: list[Primitive] = []
        self.targets: list[Target] = []
        self.pressed = pressed

    def box(self, slot: str, rect: Rect, colour: str, radius: int = 0) -> None:
        self.primitives.append(Box(slot, rect, colour, radius))

    def text(
        self, slot: str, rect: Rect, text: str, size: int, colour: str, align: Align = "left", lines: int = 1
    ) -> None:
        if text:
            self.primitives.append(Text(slot, rect, text, size, colour, align, lines))

    def shape(self, slot: str, rect: Rect, kind: Severity) -> None:
        ground, ink = GROUNDS[kind]
        self.primitives.append(Shape(slot, rect, kind, ink, ground))

    def button(self, button: Button, rect: Rect, size: int, slot: str = "") -> None:
        slot = slot or f"button.{button.action}"
        down = button.action == self.pressed
        ground = theme.PRESSED if down else theme.ACTION if button.primary else theme.KEY
        ink = theme.ON_DARK if button.primary and not down else theme.INK
        quiet = theme.ON_DARK if button.primary and not down else theme.QUIET
        self.box(f"{slot}.edge", rect, theme.ACTION if button.primary else theme.RULE, 7)
        self.box(slot, rect.inset(1, 1), ground, 6)
        inner = rect.inset(4)
        if button.key:
            small = 17 if button.primary else 13
            self.text(
                f"{slot}.key", Rect(inner.x, rect.y + rect.h - 20, inner.w, 18), button.key, small, quiet, "centre"
            )
            inner = Rect(inner.x, rect.y + 3, inner.w, rect.h - 23)
        self.text(f"{slot}.label", inner, button.label, size, ink, "centre")
        self.targets.append(Target(button.action, rect))


@dataclass(frozen=True, slots=True)
class _Grid:
    """The columns and sizes of one window size."""

    width: int
    height: int
    compact: bool
    pad: int
    left: Rect
    right: Rect

    def pick(self, compact: int, roomy: int) -> int:
        return compact if self.compact else roomy


def _grid(width: int, height: int) -> _Grid:
    compact = width < 1000 or height < 700
    pad = 6 if compact else 10
    right_w = min(480, max(300, width * 37 // 100))
    top = HEADER + pad
    left = Rect(pad, top, width - right_w - 3 * pad, height - top - pad)
    return _Grid(width, height, compact, pad, left, Rect(left.x + left.w + pad, top, right_w, left.h))


def scene(screen: Screen, width: int, height: int, pressed: str = "") -> Scene:
    """The picture of a screen. `width`, `height`: pixels, from 800x600 up. `pressed`: the action held down."""
    grid, paper = _grid(width, height), _Paper(pressed)
    paper.box("ground", Rect(0, 0, width, height), theme.GROUND)
    _header(paper, grid, screen)
    list_rect, row_height, page_rows = _left(paper, grid, screen)
    _right(paper, grid, screen)
    if screen.help:
        _help(paper, grid, screen)
    return Scene(tuple(paper.primitives), tuple(paper.targets), list_rect, row_height, page_rows)


def _header(paper: _Paper, grid: _Grid, screen: Screen) -> None:
    paper.box("header", Rect(0, 0, grid.width, HEADER), theme.HEADER)
    tool_w = grid.pick(66, 84)
    x = grid.width - grid.pad
    for tool in reversed(screen.tools):
        x -= tool_w
        paper.button(tool, Rect(x, 2, tool_w, TOUCH), 16)
        x -= 4
    time_w = grid.pick(84, 104)
    x -= time_w
    day, _, minute = screen.time.partition(" ")
    paper.text("time", Rect(x, 4, time_w - 6, 25), minute, 22, theme.ON_DARK, "right")
    paper.text("day", Rect(x, 29, time_w - 6, 18), day, 13, theme.QUIET_ON_DARK, "right")
    half = (x - grid.pad) // 2
    paper.text("store", Rect(grid.pad, 4, half - 8, 25), screen.store, 20, theme.ON_DARK)
    who = "   ".join(one for one in (screen.workstation, screen.operator) if one)
    paper.text("who", Rect(grid.pad, 29, half - 8, 18), who, 14, theme.QUIET_ON_DARK)
    at = grid.pad + half
    paper.shape("health.shape", Rect(at, 14, 24, 24), "good" if screen.healthy else "bad")
    words = Rect(at + 30, 4 if screen.unsent else 12, x - at - 34, 25)
    paper.text("health", words, screen.health, grid.pick(15, 17), theme.ON_DARK)
    paper.text("unsent", Rect(at + 30, 29, x - at - 34, 18), screen.unsent, 14, theme.QUIET_ON_DARK)


# --- the basket -------------------------------------------------------------------------------------------------


def _left(paper: _Paper, grid: _Grid, screen: Screen) -> tuple[Rect, int, int]:
    """Banner on top; message, troubles and discounts from the foot up; the lines have what is between."""
    left = grid.left
    banner = Rect(left.x, left.y, left.w, grid.pick(54, 66))
    _banner(paper, grid, screen, banner)
    foot = left.y + left.h
    message_h = grid.pick(58, 66)
    foot -= message_h
    _message(paper, screen.message, Rect(left.x, foot, left.w, message_h), grid)
    foot = _troubles(paper, grid, screen, foot)
    foot = _savings(paper, grid, screen, foot)
    top = banner.y + banner.h + grid.pad
    area = Rect(left.x, top, left.w, foot - grid.pad - top)
    return _lines(paper, grid, screen, area)


def _banner(paper: _Paper, grid: _Grid, screen: Screen, rect: Rect) -> None:
    solid = screen.banner.solid
    _, ink = GROUNDS[screen.banner.severity]
    paper.box("banner", rect, ink if solid else theme.PAPER, 6)
    paper.box("banner.edge", Rect(rect.x, rect.y, 6, rect.h), ink)
    colour, quiet = (theme.ON_DARK, theme.ON_DARK) if solid else (ink, theme.QUIET)
    inner = Rect(rect.x + 18, rect.y, rect.w - 28, rect.h)
    title_h = grid.pick(28, 35)
    member_w = inner.w * 2 // 5 if screen.member else 0
    title = Rect(inner.x, inner.y + 3, inner.w - member_w, title_h)
    paper.text("banner.text", title, screen.banner.text, grid.pick(22, 26), colour)
    member = Rect(inner.x + inner.w - member_w, inner.y + 3, member_w, title_h)
    paper.text("member", member, screen.member, 16, theme.ON_DARK if solid else theme.INK, "right")
    hint = Rect(inner.x, inner.y + 3 + title_h, inner.w, rect.h - title_h - 6)
    paper.text("banner.hint", hint, screen.banner.hint, grid.pick(16, 18) if solid else grid.pick(14, 16), quiet)


def _message(paper: _Paper, message: Message | None, rect: Rect, grid: _Grid) -> None:
    if message is None:
        return
    ground, ink = GROUNDS[message.severity]
    loud = message.fresh and message.severity == "bad"
    if message.fresh:
        paper.box("message.edge", rect, ink, 7)
        paper.box("message", rect.inset(3 if loud else 1, 3 if loud else 1), ground, 5)
    else:
        paper.box("message", rect, theme.PAPER, 6)
    paper.shape("message.shape", Rect(rect.x + 12, rect.y + (rect.h - 34) // 2, 34, 34), message.severity)
    x = rect.x + 58
    w = rect.w - 70
    text = f"{message.word}: {message.text}" if loud else message.text
    upper = rect.h * 11 // 20 if message.remedy else rect.h
    size = grid.pick(18, 20) if message.fresh else 16
    paper.text("message.text", Rect(x, rect.y + 2, w, upper - 2), text, size, theme.INK)
    paper.text("message.remedy", Rect(x, rect.y + upper, w, rect.h - upper - 5), message.remedy, 15, theme.INK)


def _troubles(paper: _Paper, grid: _Grid, screen: Screen, foot: int) -> int:
    """From `foot` up; gives the new foot."""
    shown = screen.troubles[:MAX_TROUBLES]
    h = grid.pick(26, 44)
    foot -= grid.pad // 2
    hidden = len(screen.troubles) - len(shown)
    for number, trouble in reversed(list(enumerate(shown))):
        if hidden and number == len(shown) - 1:
            trouble = replace(trouble, text=f"{trouble.text} (+{hidden})")
        foot -= h + 2
        rect = Rect(grid.left.x, foot, grid.left.w, h)
        paper.box(f"trouble.{number}", rect, GROUNDS[trouble.severity][0], 5)
        side = grid.pick(18, 24)
        paper.shape(
            f"trouble.{number}.shape", Rect(rect.x + 14, rect.y + (h - side) // 2, side, side), trouble.severity
        )
        w = rect.w - 64
        if grid.compact:
            line = f"{trouble.text} {trouble.remedy}".strip()
            paper.text(f"trouble.{number}.text", Rect(rect.x + 40, rect.y, rect.w - 46, h), line, 14, theme.INK)
            continue
        paper.text(f"trouble.{number}.text", Rect(rect.x + 54, rect.y + 2, w, h // 2 - 2), trouble.text, 15, theme.INK)
        remedy = Rect(rect.x + 54, rect.y + h // 2, w, h // 2 - 2)
        paper.text(f"trouble.{number}.remedy", remedy, trouble.remedy, 13, theme.INK)
    return foot


def _savings(paper: _Paper, grid: _Grid, screen: Screen, foot: int) -> int:
    shown = screen.savings[: MAX_SAVINGS if not grid.compact else MAX_SAVINGS // 2 * 2]
    if not shown:
        return foot
    h = grid.pick(22, 25)
    columns = 2 if len(shown) > 1 else 1
    rows = -(-len(shown) // columns)
    foot -= rows * h + 10
    paper.box("savings", Rect(grid.left.x, foot, grid.left.w, rows * h + 8), theme.PAPER, 6)
    w = (grid.left.w - 20) // columns
    for number, saving in enumerate(shown):
        cell = Rect(grid.left.x + 10 + number % columns * w, foot + 4 + number // columns * h, w - 14, h)
        price_w = 76
        hidden = len(screen.savings) - len(shown)
        name = f"{saving.name} (+{hidden})" if hidden and number == len(shown) - 1 else saving.name
        paper.text(f"saving.{number}", Rect(cell.x, cell.y, cell.w - price_w, h), name, 15, theme.SAVING)
        amount = Rect(cell.x + cell.w - price_w, cell.y, price_w, h)
        paper.text(f"saving.{number}.amount", amount, saving.amount, 16, theme.SAVING, "right")
    return foot


def _columns(grid: _Grid, rect: Rect) -> tuple[tuple[int, int, Align], ...]:
    """x, width and alignment: number, goods, quantity, price, off, amount."""
    widths = (24, 0, 74, 68, 56, 70) if grid.compact else (36, 0, 92, 100, 80, 96)
    goods = rect.w - 16 - sum(widths)
    aligns: tuple[Align, ...] = ("left", "left", "right", "right", "right", "right")
    columns: list[tuple[int, int, Align]] = []
    x = rect.x + 8
    for width, align in zip(widths, aligns, strict=True):
        columns.append((x, width or goods, align))
        x += width or goods
    return tuple(columns)


def _lines(paper: _Paper, grid: _Grid, screen: Screen, area: Rect) -> tuple[Rect, int, int]:
    paper.box("list", area, theme.PAPER, 6)
    head_h = 28
    columns = _columns(grid, area)
    for number, (head, (x, w, align)) in enumerate(zip(screen.heads, columns, strict=True)):
        paper.text(f"head.{number}", Rect(x, area.y, w, head_h), head, 14, theme.QUIET, align)
    paper.box("head.rule", Rect(area.x, area.y + head_h - 1, area.w, 1), theme.RULE)
    row_h = TOUCH
    body = Rect(area.x, area.y + head_h, area.w, area.h - head_h)
    page_rows = max(1, body.h // row_h)
    scrolls = screen.line_count > page_rows
    if scrolls:
        page_rows = max(1, (body.h - TOUCH) // row_h)
    for index, row in enumerate(screen.rows[:page_rows]):
        _row(paper, grid, row, index, Rect(body.x, body.y + index * row_h, body.w, row_h), columns)
    if not screen.rows:
        middle = Rect(body.x, body.y, body.w, min(body.h, 200))
        paper.text("empty", middle, screen.empty, grid.pick(22, 26), theme.QUIET, "centre")
    if scrolls:
        bar = Rect(body.x, area.y + area.h - TOUCH, body.w, TOUCH)
        paper.box("scroll.rule", Rect(bar.x, bar.y, bar.w, 1), theme.RULE)
        paper.text("position", Rect(bar.x + 10, bar.y, bar.w - 190, bar.h), screen.position, 15, theme.QUIET)
        paper.button(Button("page_up", "▲", ""), Rect(bar.x + bar.w - 170, bar.y, 82, TOUCH), 32)
        paper.button(Button("page_down", "▼", ""), Rect(bar.x + bar.w - 84, bar.y, 82, TOUCH), 32)
    return body, row_h, page_rows


def _row(
    paper: _Paper, grid: _Grid, row: Row, index: int, rect: Rect, columns: tuple[tuple[int, int, Align], ...]
) -> None:
    slot = f"row.{index}"
    ground = theme.CHOSEN if row.selected else theme.PAPER_ALT if index % 2 else theme.PAPER
    paper.box(slot, rect.inset(1), ground)
    if row.selected:
        paper.box(f"{slot}.mark", Rect(rect.x, rect.y, 6, rect.h), theme.ACTION)
    ink = theme.QUIET if row.voided else theme.INK
    size = grid.pick(17, 19)

    def cell(column: int, text: str, text_size: int, colour: str) -> None:
        x, w, align = columns[column]
        gap = 0 if align == "left" else 6
        paper.text(f"{slot}.{column}", Rect(x + gap, rect.y, w - gap, rect.h), text, text_size, colour, align)

    cell(0, row.number, 15, theme.QUIET)
    x, w, _ = columns[1]
    name_h = 25 if row.note else rect.h
    paper.text(
        f"{slot}.name",
        Rect(x, rect.y + (2 if row.note else 0), w, name_h),
        row.name,
        size,
        ink,
        "left",
        1 if row.note else 2,
    )
    note = Rect(x, rect.y + 27, w, 18)
    paper.text(f"{slot}.note", note, row.note, 13, theme.QUIET if row.voided else theme.SAVING)
    cell(2, row.amount, size, ink)
    cell(3, row.unit_price, grid.pick(14, 16), theme.QUIET)
    cell(4, row.discount, grid.pick(15, 16), theme.SAVING)
    cell(5, row.net, size + 1, ink)
    if row.voided:
        paper.box(f"{slot}.stroke", Rect(x, rect.y + 17, w - 8, 2), theme.QUIET)
        right = Rect(columns[2][0] + columns[2][1] - 40, rect.y + rect.h // 2, rect.w, 2)
        paper.box(f"{slot}.strokes", Rect(right.x, right.y, rect.x + rect.w - 6 - right.x, 2), theme.QUIET)
    paper.targets.append(Target(f"line:{row.line}", rect))


# --- money and keys ---------------------------------------------------------------------------------------------


def _right(paper: _Paper, grid: _Grid, screen: Screen) -> None:
    right = grid.right
    gap = grid.pick(4, 6)
    line_h = grid.pick(22, 25)
    main_h = grid.pick(62, 84)
    card = Rect(right.x, right.y, right.w, main_h + line_h * 2 + 10)
    _card(paper, grid, screen, card, main_h, line_h)
    y = card.y + card.h + gap
    entry = Rect(right.x, y, right.w, grid.pick(42, 48))
    _entry(paper, grid, screen, entry)
    y += entry.h + gap
    key_h = grid.pick(TOUCH, 58)
    keypad_h = 4 * key_h + 3 * gap
    keypad_y = right.y + right.h - keypad_h
    _keypad(paper, grid, screen, Rect(right.x, keypad_y, right.w, keypad_h), gap)
    _buttons(paper, grid, screen, Rect(right.x, y, right.w, keypad_y - gap - y), gap)


def _card(paper: _Paper, grid: _Grid, screen: Screen, card: Rect, main_h: int, line_h: int) -> None:
    paper.box("card", card, theme.HEADER, 8)
    inner = card.inset(14)
    label_w = inner.w * 3 // 10
    paper.text(
        "main.label", Rect(inner.x, card.y, label_w, main_h), screen.main.label, grid.pick(20, 24), theme.ON_DARK
    )
    value = Rect(inner.x + label_w, card.y, inner.w - label_w, main_h)
    paper.text("main.value", value, screen.main.value, grid.pick(44, 58), theme.ON_DARK, "right")
    half = (inner.w - 16) // 2
    for number, figure in enumerate(screen.figures[:4]):
        x = inner.x + number % 2 * (half + 16)
        y = card.y + main_h + number // 2 * line_h
        label_w = half * 9 // 20
        paper.text(f"figure.{number}", Rect(x, y, label_w, line_h), figure.label, 14, theme.QUIET_ON_DARK)
        value = Rect(x + label_w, y, half - label_w, line_h)
        paper.text(f"figure.{number}.value", value, figure.value, 18, theme.ON_DARK, "right")


def _entry(paper: _Paper, grid: _Grid, screen: Screen, rect: Rect) -> None:
    paper.box("entry.edge", rect, theme.ACTION if screen.entry else theme.RULE, 6)
    paper.box("entry", rect.inset(2, 2), theme.PAPER, 5)
    inner = rect.inset(12)
    if screen.entry:
        paper.text("entry.text", inner, screen.entry, grid.pick(26, 30), theme.INK, "right")
    else:
        paper.text("entry.label", inner, screen.entry_label, 16, theme.QUIET)


def _keypad(paper: _Paper, grid: _Grid, screen: Screen, rect: Rect, gap: int) -> None:
    w = (rect.w - 3 * gap) // 4
    h = (rect.h - 3 * gap) // 4
    size = grid.pick(22, 26)
    for y, row in enumerate(KEYPAD):
        for x, key in enumerate(row):
            place = Rect(rect.x + x * (w + gap), rect.y + y * (h + gap), w, h)
            paper.button(Button(f"type:{key}", key, ""), place, size, f"pad.{key}")
    x4 = rect.x + 3 * (w + gap)
    w4 = rect.x + rect.w - x4
    erase, clear, enter = screen.pad
    paper.button(erase, Rect(x4, rect.y, w4, h), 17, "pad.erase")
    paper.button(clear, Rect(x4, rect.y + h + gap, w4, h), 17, "pad.clear")
    paper.button(enter, Rect(x4, rect.y + 2 * (h + gap), w4, 2 * h + gap), 20, "pad.enter")


def _buttons(paper: _Paper, grid: _Grid, screen: Screen, area: Rect, gap: int) -> None:
    """Quick cash, then the others three in a row, then the primary one, widest, next to the keypad."""
    primary = [button for button in screen.buttons if button.primary][:1]
    others = [button for button in screen.buttons if button not in primary]
    rows = [list(screen.quick_cash)] if screen.quick_cash else []
    rows += [others[i : i + 3] for i in range(0, len(others), 3)]
    rows += [primary] if primary else []
    if not rows:
        return
    most = grid.pick(52, 64)
    h = max(TOUCH, min(most, (area.h - (len(rows) - 1) * gap) // len(rows)))
    y = area.y + area.h - len(rows) * h - (len(rows) - 1) * gap
    for row in rows:
        columns = 4 if row == list(screen.quick_cash) else 1 if row == primary else 3
        w = (area.w - (columns - 1) * gap) // columns
        for x, button in enumerate(row):
            size = grid.pick(20, 24) if button.primary else grid.pick(16, 18)
            paper.button(button, Rect(area.x + x * (w + gap), y, w, h), size)
        y += h + gap


def _help(paper: _Paper, grid: _Grid, screen: Screen) -> None:
    """Over the basket only: total, entry and keys stay, and scans go on."""
    area = grid.left
    paper.box("help.edge", area, theme.HEADER, 8)
    paper.box("help", area.inset(2, 2), theme.PAPER, 7)
    title_h = grid.pick(32, 40)
    paper.text("help.title", Rect(area.x + 14, area.y + 2, area.w - 28, title_h), screen.help_title, 17, theme.HEADER)
    h = (area.h - title_h - 12) // max(1, len(screen.help))
    keys_w = grid.pick(104, 130)
    for number, (keys, what) in enumerate(screen.help):
        y = area.y + title_h + 4 + number * h
        if number % 2 == 0:
            paper.box(f"help.{number}.ground", Rect(area.x + 4, y, area.w - 8, h), theme.PAPER_ALT)
        paper.text(f"help.{number}.keys", Rect(area.x + 14, y, keys_w - 10, h), keys, grid.pick(14, 16), theme.INK)
        text = Rect(area.x + 14 + keys_w, y, area.w - keys_w - 26, h)
        paper.text(f"help.{number}.what", text, what, grid.pick(14, 16), theme.INK)
    paper.targets.append(Target("help", area))
