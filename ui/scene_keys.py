"""The right column: the amount, the entry, what can be done now, the keypad. Every button has one place of its own."""

from __future__ import annotations

from dataclasses import replace

from ui.buttons import Button
from ui.models import Screen
from ui.paper import TOUCH, Grid, Paper, Rect

KEYPAD: tuple[tuple[str, ...], ...] = (("7", "8", "9"), ("4", "5", "6"), ("1", "2", "3"), ("0", "00", "."))
PLACES: dict[str, tuple[int, int]] = {  # action -> row and column, of three: the same in every state
    "quantity": (0, 0), "set_quantity": (0, 1), "void_line": (0, 2),
    "x_report": (0, 1), "paid_out": (0, 2),  # between sales, where no line can be changed
    "member": (1, 0), "reprint": (1, 1), "cancel": (1, 2),
}  # fmt: skip


def draw_right(paper: Paper, grid: Grid, screen: Screen) -> None:
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


def _card(paper: Paper, grid: Grid, screen: Screen, card: Rect, main_h: int, line_h: int) -> None:
    paper.box("card.edge", card, paper.theme.rule, 8)
    paper.box("card", card.inset(1, 1), paper.theme.header, 8)
    inner = card.inset(14)
    label_w = inner.w * 3 // 10
    paper.text(
        "main.label",
        Rect(inner.x, card.y, label_w, main_h),
        screen.main.label,
        grid.pick(20, 24),
        paper.theme.on_header,
    )
    value = Rect(inner.x + label_w, card.y, inner.w - label_w, main_h)
    paper.text("main.value", value, screen.main.value, grid.pick(44, 58), paper.theme.on_header, "right")
    half = (inner.w - 16) // 2
    for number, figure in enumerate(screen.figures[:4]):
        x = inner.x + number % 2 * (half + 16)
        y = card.y + main_h + number // 2 * line_h
        label_w = half // 2
        paper.text(f"figure.{number}", Rect(x, y, label_w, line_h), figure.label, 14, paper.theme.quiet_on_header)
        value = Rect(x + label_w, y, half - label_w, line_h)
        paper.text(f"figure.{number}.value", value, figure.value, 18, paper.theme.on_header, "right")


def _entry(paper: Paper, grid: Grid, screen: Screen, rect: Rect) -> None:
    paper.box("entry.edge", rect, paper.theme.action if screen.entry else paper.theme.rule, 6)
    paper.box("entry", rect.inset(2, 2), paper.theme.paper, 5)
    inner = rect.inset(12)
    if screen.entry:
        paper.text("entry.text", inner, screen.entry, grid.pick(26, 30), paper.theme.ink, "right")
    else:
        paper.text("entry.label", inner, screen.entry_label, 16, paper.theme.quiet)


def _keypad(paper: Paper, grid: Grid, screen: Screen, rect: Rect, gap: int) -> None:
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
    if enter.key == enter.label:
        enter = replace(enter, key="")
    paper.button(erase, Rect(x4, rect.y, w4, h), 17, "pad.erase")
    paper.button(clear, Rect(x4, rect.y + h + gap, w4, h), 17, "pad.clear")
    paper.button(enter, Rect(x4, rect.y + 2 * (h + gap), w4, 2 * h + gap), 20, "pad.enter")


def _buttons(paper: Paper, grid: Grid, screen: Screen, area: Rect, gap: int) -> None:
    """Quick cash or the three for lines, then the other three, then the widest one, next to the keypad."""
    most = grid.pick(52, 64)
    h = max(TOUCH, min(most, (area.h - 2 * gap) // 3))
    top = area.y + area.h - 3 * h - 2 * gap
    size = grid.pick(16, 18)

    def place(row: int, column: int, columns: int) -> Rect:
        w = (area.w - (columns - 1) * gap) // columns
        return Rect(area.x + column * (w + gap), top + row * (h + gap), w, h)

    columns = max(3, len(screen.quick_cash))
    for column, button in enumerate(screen.quick_cash):
        paper.button(button, place(0, column, columns), size)
    wide = [button for button in screen.buttons if button.primary or button.wide]
    for column, button in enumerate(wide):
        paper.button(button, place(2, column, len(wide)), grid.pick(20, 24) if len(wide) == 1 else grid.pick(17, 21))
    for button in screen.buttons:
        if button not in wide:
            paper.button(button, place(*PLACES[button.action], 3), size)
