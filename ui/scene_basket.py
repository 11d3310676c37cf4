"""The left column: what the sale is doing on top, then the lines; discounts, troubles and the message at the foot."""

from __future__ import annotations

from dataclasses import dataclass, replace

from runtime.wire.sentences import fill
from ui.basket import Row
from ui.buttons import Button
from ui.models import Ask, Message, Screen
from ui.paper import TOUCH, Align, Grid, Paper, Rect, Target
from ui.scene_panel import draw_panel

ASK_H = 52  # of a question


@dataclass(frozen=True, slots=True)
class Left:
    list_rect: Rect
    row_height: int
    page_rows: int
    panel_rows: int = 8
    panel_columns: int = 1


def draw_left(paper: Paper, grid: Grid, screen: Screen) -> Left:
    """Banner on top; message, the bar, troubles and discounts from the foot up; the lines have what is between. A panel
    covers all between the banner and the message."""
    left = grid.left
    banner = Rect(left.x, left.y, left.w, grid.pick(54, 66))
    _banner(paper, grid, screen, banner)
    foot = left.y + left.h
    message_h = grid.pick(66, 72)
    foot -= message_h
    _message(paper, screen.message, Rect(left.x, foot, left.w, message_h), grid)
    top = banner.y + banner.h + grid.pad
    if screen.panel is not None:
        if screen.ask is not None:
            foot = _ask(paper, grid, screen.ask, foot)
        area = Rect(left.x, top, left.w, foot - grid.pad - top)
        fits = draw_panel(paper, grid, screen.panel, area)
        return Left(area, TOUCH, screen.page_rows, fits.rows, fits.columns)
    foot = _bar(paper, grid, screen, foot) if screen.ask is None else _ask(paper, grid, screen.ask, foot)
    foot = _troubles(paper, grid, screen, foot)
    foot = _savings(paper, grid, screen, foot)
    area = Rect(left.x, top, left.w, foot - grid.pad - top)
    return Left(*_lines(paper, grid, screen, area))


def _bar(paper: Paper, grid: Grid, screen: Screen, foot: int) -> int:
    """The commonest operations, each in its place; gives the new foot."""
    gap = grid.pick(4, 6)
    places = len(screen.bar)
    w = (grid.left.w - (places - 1) * gap) // places
    foot -= TOUCH + gap
    for number, button in enumerate(screen.bar):
        if button is not None:
            rect = Rect(grid.left.x + number * (w + gap), foot, w, TOUCH)
            paper.button(button, rect, grid.pick(15, 17), f"bar.{number}")
    return foot


def _ask(paper: Paper, grid: Grid, ask: Ask, foot: int) -> int:
    """The question, and below it its answers, in the bar's place."""
    gap = grid.pick(4, 6)
    w = (grid.left.w - gap) // 2
    foot -= TOUCH + gap
    for number, answer in enumerate(ask.answers):
        place = Rect(grid.left.x + number * (w + gap), foot, w, TOUCH)
        paper.button(answer, place, grid.pick(16, 18), f"ask.{number}")
    foot -= ASK_H + gap
    rect = Rect(grid.left.x, foot, grid.left.w, ASK_H)
    ground, ink = paper.grounds("bad")
    paper.box("ask.edge", rect, ink, 6)
    paper.box("ask", rect.inset(2, 2), ground, 5)
    paper.shape("ask.shape", Rect(rect.x + 10, rect.y + 12, 28, 28), "bad")
    x, w = rect.x + 46, rect.w - 54
    paper.text("ask.text", Rect(x, rect.y + 3, w, 26), ask.text, grid.pick(17, 19), paper.theme.ink)
    paper.text("ask.hint", Rect(x, rect.y + 29, w, 20), ask.hint, grid.pick(14, 15), paper.theme.ink)
    return foot


def _banner(paper: Paper, grid: Grid, screen: Screen, rect: Rect) -> None:
    solid = screen.banner.solid
    _, ink = paper.grounds(screen.banner.severity)
    paper.box("banner", rect, ink if solid else paper.theme.paper, 6)
    paper.box("banner.edge", Rect(rect.x, rect.y, 6, rect.h), ink)
    colour, quiet = (paper.theme.on_solid, paper.theme.on_solid) if solid else (ink, paper.theme.quiet)
    inner = Rect(rect.x + 18, rect.y, rect.w - 28, rect.h)
    title_h = grid.pick(28, 35)
    member_w = inner.w * 2 // 5 if screen.member else 0
    title = Rect(inner.x, inner.y + 3, inner.w - member_w, title_h)
    paper.text("banner.text", title, screen.banner.text, grid.pick(22, 26), colour)
    member = Rect(inner.x + inner.w - member_w, inner.y + 3, member_w, title_h)
    paper.text("member", member, screen.member, 16, paper.theme.on_solid if solid else paper.theme.ink, "right")
    hint = Rect(inner.x, inner.y + 3 + title_h, inner.w, rect.h - title_h - 6)
    paper.text("banner.hint", hint, screen.banner.hint, grid.pick(16, 18) if solid else grid.pick(14, 16), quiet)


def _message(paper: Paper, message: Message | None, rect: Rect, grid: Grid) -> None:
    if message is None:
        return
    ground, ink = paper.grounds(message.severity)
    loud = message.fresh and message.severity == "bad"
    if message.fresh:
        paper.box("message.edge", rect, ink, 7)
        paper.box("message", rect.inset(3 if loud else 1, 3 if loud else 1), ground, 5)
    else:
        paper.box("message", rect, paper.theme.paper, 6)
    paper.shape("message.shape", Rect(rect.x + 12, rect.y + (rect.h - 34) // 2, 34, 34), message.severity)
    x = rect.x + 58
    w = rect.w - 70
    upper = rect.h * 3 // 5 if message.remedy else rect.h
    size = grid.pick(18, 20) if message.fresh else 16
    paper.text("message.text", Rect(x, rect.y + 2, w, upper - 2), message.headline, size, paper.theme.ink, lines=2)
    paper.text("message.remedy", Rect(x, rect.y + upper, w, rect.h - upper - 5), message.remedy, 15, paper.theme.ink)


def _troubles(paper: Paper, grid: Grid, screen: Screen, foot: int) -> int:
    """From `foot` up; gives the new foot."""
    loud = screen.message is not None and screen.message.fresh and screen.message.severity == "bad"
    shown = screen.troubles[: grid.pick(1 if loud else 2, 3)]
    h = grid.pick(40, 46)
    foot -= grid.pad // 2
    hidden = len(screen.troubles) - len(shown)
    for number, trouble in reversed(list(enumerate(shown))):
        if hidden and number == len(shown) - 1:
            more = fill(screen.more_troubles, {"count": hidden})
            trouble = replace(trouble, text=f"{trouble.text} · {more}")
        foot -= h + 2
        rect = Rect(grid.left.x, foot, grid.left.w, h)
        paper.box(f"trouble.{number}", rect, paper.grounds(trouble.severity)[0], 5)
        side = grid.pick(18, 24)
        paper.shape(
            f"trouble.{number}.shape", Rect(rect.x + 14, rect.y + (h - side) // 2, side, side), trouble.severity
        )
        w = rect.x + rect.w - (rect.x + grid.pick(44, 54)) - 8
        x, upper = rect.x + grid.pick(44, 54), h // 2 - 2 if trouble.remedy else h - 4
        size = grid.pick(14, 15)
        paper.text(f"trouble.{number}.text", Rect(x, rect.y + 2, w, upper), trouble.text, size, paper.theme.ink)
        paper.text(
            f"trouble.{number}.remedy", Rect(x, rect.y + h // 2, w, h // 2 - 3), trouble.remedy, 13, paper.theme.ink
        )
    return foot


def _savings(paper: Paper, grid: Grid, screen: Screen, foot: int) -> int:
    """Discounts by name, in two columns with a rule between them: an amount stands by its own name only."""
    shown = screen.savings
    if not shown:
        return foot
    h = grid.pick(22, 25)
    columns = 2 if len(shown) > 1 else 1
    rows = -(-len(shown) // columns)
    foot -= rows * h + 10
    paper.box("savings", Rect(grid.left.x, foot, grid.left.w, rows * h + 8), paper.theme.paper, 6)
    gap = grid.pick(20, 32)
    w = (grid.left.w - 18 - (columns - 1) * gap) // columns
    if columns > 1:
        paper.box("savings.rule", Rect(grid.left.x + 9 + w + gap // 2, foot + 5, 1, rows * h - 2), paper.theme.rule)
    price_w = grid.pick(72, 84)
    for number, saving in enumerate(shown):
        cell = Rect(grid.left.x + 9 + number % columns * (w + gap), foot + 4 + number // columns * h, w, h)
        name = Rect(cell.x, cell.y, cell.w - price_w, h)
        paper.text(f"saving.{number}", name, saving.name, grid.pick(15, 16), paper.theme.saving)
        amount = Rect(cell.x + cell.w - price_w, cell.y, price_w, h)
        paper.text(f"saving.{number}.amount", amount, saving.amount, 16, paper.theme.saving, "right")
    return foot


def _columns(grid: Grid, rect: Rect) -> tuple[tuple[int, int, Align], ...]:
    """x, width and alignment: number, goods, quantity, price, off, amount."""
    widths = (24, 0, 74, 68, 56, 70) if grid.compact else (32, 0, 86, 92, 70, 88)
    goods = rect.w - 16 - sum(widths)
    aligns: tuple[Align, ...] = ("left", "left", "right", "right", "right", "right")
    columns: list[tuple[int, int, Align]] = []
    x = rect.x + 8
    for width, align in zip(widths, aligns, strict=True):
        columns.append((x, width or goods, align))
        x += width or goods
    return tuple(columns)


def _lines(paper: Paper, grid: Grid, screen: Screen, area: Rect) -> tuple[Rect, int, int]:
    paper.box("list", area, paper.theme.paper, 6)
    head_h = 28
    columns = _columns(grid, area)
    for number, (head, (x, w, align)) in enumerate(zip(screen.heads, columns, strict=True)):
        paper.text(f"head.{number}", Rect(x, area.y, w, head_h), head, 14, paper.theme.quiet, align)
    paper.box("head.rule", Rect(area.x, area.y + head_h - 1, area.w, 1), paper.theme.rule)
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
        paper.text("empty", middle, screen.empty, grid.pick(22, 26), paper.theme.quiet, "centre")
    if scrolls:
        bar = Rect(body.x, area.y + area.h - TOUCH, body.w, TOUCH)
        paper.box("scroll.rule", Rect(bar.x, bar.y, bar.w, 1), paper.theme.rule)
        paper.text("position", Rect(bar.x + 10, bar.y, bar.w - 190, bar.h), screen.position, 15, paper.theme.quiet)
        paper.button(Button("page_up", "▲", ""), Rect(bar.x + bar.w - 170, bar.y, 82, TOUCH), 32)
        paper.button(Button("page_down", "▼", ""), Rect(bar.x + bar.w - 84, bar.y, 82, TOUCH), 32)
    return body, row_h, page_rows


def _row(
    paper: Paper, grid: Grid, row: Row, index: int, rect: Rect, columns: tuple[tuple[int, int, Align], ...]
) -> None:
    slot = f"row.{index}"
    ground = paper.theme.chosen if row.selected else paper.theme.paper_alt if index % 2 else paper.theme.paper
    paper.box(slot, rect.inset(1), ground)
    if row.selected:
        paper.box(f"{slot}.mark", Rect(rect.x, rect.y, 5, rect.h), paper.theme.action)
    ink = paper.theme.quiet if row.voided else paper.theme.ink
    size = grid.pick(17, 19)

    def cell(column: int, text: str, text_size: int, colour: str) -> None:
        x, w, align = columns[column]
        gap = 0 if align == "left" else 6
        paper.text(f"{slot}.{column}", Rect(x + gap, rect.y, w - gap, rect.h), text, text_size, colour, align)

    cell(0, row.number, 15, paper.theme.quiet)
    x, w, _ = columns[1]
    name = Rect(x, rect.y + 3, w - 4, 24) if row.note else Rect(x, rect.y, w - 4, rect.h)
    paper.text(f"{slot}.name", name, row.name, size, ink, lines=1 if row.note else 2)
    note = Rect(x, rect.y + 27, w - 4, 17)
    paper.text(f"{slot}.note", note, row.note, 14, paper.theme.quiet if row.voided else paper.theme.saving)
    cell(2, row.amount, size, ink)
    cell(3, row.unit_price, grid.pick(14, 16), paper.theme.quiet)
    cell(4, row.discount, grid.pick(15, 16), paper.theme.saving)
    cell(5, row.net, size + 1, ink)
    if row.voided:
        long = sum(2 if character >= "\u1100" else 1 for character in row.name) * size // 2  # about the name's width
        paper.box(f"{slot}.stroke", Rect(x, rect.y + 15, min(long, w - 8), 2), paper.theme.quiet)
        right = Rect(columns[2][0] + columns[2][1] - 40, rect.y + rect.h // 2, rect.w, 2)
        paper.box(f"{slot}.strokes", Rect(right.x, right.y, rect.x + rect.w - 6 - right.x, 2), paper.theme.quiet)
    paper.targets.append(Target(f"line:{row.line}", rect))
