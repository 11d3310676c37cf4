"""A panel over the basket: a form's fields, rows to choose from, a report. It lies below the banner and above the
message: what the sale says, what was refused, the total and the keypad stay to be seen.
"""

from __future__ import annotations

from dataclasses import dataclass

from ui.buttons import Button
from ui.panels import Choice, FieldShown, Panel
from ui.paper import TOUCH, Grid, Paper, Rect, Target

KEY_W = 96  # of a list's keys, in pixels


@dataclass(frozen=True, slots=True)
class Fits:
    """How many rows and columns of the panel's list the picture has room for."""

    rows: int
    columns: int


def draw_panel(paper: Paper, grid: Grid, panel: Panel, area: Rect) -> Fits:
    theme = paper.theme
    paper.box("panel.edge", area, theme.action, 8)
    paper.box("panel", area.inset(2, 2), theme.paper, 7)
    x, w = area.x + 14, area.w - 28
    title_h = grid.pick(30, 36)
    y = area.y + 4
    search_w = w * 2 // 5 if panel.search is not None else 0
    paper.text("panel.title", Rect(x, y, w - search_w, title_h), panel.title, grid.pick(20, 24), theme.ink)
    if panel.search is not None:
        box = Rect(x + w - search_w, y + 2, search_w, title_h - 2)
        paper.box("panel.search.edge", box, theme.action, 5)
        paper.box("panel.search.box", box.inset(2, 2), theme.paper, 4)
        paper.text("panel.search", box.inset(8), panel.search or "", 18, theme.ink)
    y += title_h
    if panel.lead:
        paper.text("panel.lead", Rect(x, y, w, 26), panel.lead, grid.pick(18, 20), theme.ink)
        y += 28
    if panel.hint:
        paper.text("panel.hint", Rect(x, y, w, 22), panel.hint, grid.pick(15, 16), theme.quiet)
    y += 26
    for number, one in enumerate(panel.fields):
        y = _field(paper, grid, one, number, Rect(x, y, w, grid.pick(50, 56)))
    foot = area.y + area.h - 6
    if panel.button is not None:
        foot -= TOUCH
        paper.button(panel.button, Rect(x, foot, w, TOUCH), grid.pick(16, 18), "panel.button")
        foot -= 4
    return _choices(paper, grid, panel, Rect(area.x + 8, y, area.w - 16, foot - y))


def _field(paper: Paper, grid: Grid, field: FieldShown, number: int, rect: Rect) -> int:
    """One field: its name, and what is in it. The active one has a thick edge and a mark."""
    theme = paper.theme
    slot = f"field.{number}"
    label_w = rect.w * 2 // 5
    label = Rect(rect.x, rect.y, label_w - 8, rect.h - 4)
    paper.text(f"{slot}.label", label, field.label, grid.pick(16, 18), theme.ink if field.active else theme.quiet,
               lines=2)  # fmt: skip
    box = Rect(rect.x + label_w, rect.y, rect.w - label_w, rect.h - 4)
    paper.box(f"{slot}.edge", box, theme.action if field.active else theme.rule, 6)
    paper.box(f"{slot}.box", box.inset(3, 3) if field.active else box.inset(1, 1), theme.paper, 5)
    inner = box.inset(12)
    paper.text(f"{slot}.value", inner, field.value, grid.pick(22, 26), theme.ink)
    if field.active and not field.value:
        paper.box(f"{slot}.mark", Rect(inner.x, inner.y + 10, 3, inner.h - 20), theme.action)
    paper.targets.append(Target(f"field:{number}", Rect(rect.x, rect.y, rect.w, TOUCH)))
    return rect.y + rect.h


def _choices(paper: Paper, grid: Grid, panel: Panel, area: Rect) -> Fits:
    theme = paper.theme
    touched = panel.cover != "report"
    row_h = TOUCH if touched else grid.pick(26, 30)
    columns = panel.columns
    rows = max(1, area.h // row_h)
    scrolls = panel.count > rows * columns
    if scrolls:
        rows = max(1, (area.h - TOUCH) // row_h)
    if not panel.choices and panel.empty:
        place = Rect(area.x, area.y, area.w, min(area.h, 90))
        paper.text("panel.empty", place, panel.empty, grid.pick(18, 20), theme.quiet, "centre")
    w = (area.w - (columns - 1) * 6) // columns
    for number, choice in enumerate(panel.choices[: rows * columns]):
        place = Rect(area.x + number // rows * (w + 6), area.y + number % rows * row_h, w, row_h)
        if touched:
            _choice(paper, grid, choice, number, place, panel)
        else:
            _report_row(paper, grid, choice, number, place)
    if scrolls:
        bar = Rect(area.x, area.y + area.h - TOUCH, area.w, TOUCH)
        page = rows * columns
        says = f"{panel.first + 1}–{min(panel.first + page, panel.count)} / {panel.count}"
        paper.text("panel.position", Rect(bar.x + 8, bar.y, bar.w - 190, bar.h), says, 16, theme.quiet)
        paper.button(Button("page_up", "▲", ""), Rect(bar.x + bar.w - 170, bar.y, 82, TOUCH), 32, "panel.up")
        paper.button(Button("page_down", "▼", ""), Rect(bar.x + bar.w - 84, bar.y, 82, TOUCH), 32, "panel.down")
    return Fits(rows, columns)


def _choice(paper: Paper, grid: Grid, choice: Choice, number: int, rect: Rect, panel: Panel) -> None:
    theme = paper.theme
    slot = f"choice.{number}"
    face = rect.inset(1, 2)
    paper.box(f"{slot}.edge", face, theme.action if choice.chosen else theme.rule, 6)
    inside = face.inset(3, 3) if choice.chosen else face.inset(1, 1)
    paper.box(slot, inside, theme.chosen if choice.chosen else theme.key, 5)
    ink = theme.ink if choice.possible else theme.quiet
    inner = rect.inset(10)
    key_w = 0
    if choice.key:
        key_w = grid.pick(70, KEY_W) if panel.cover == "help" else 58 if panel.cover in ("found", "return") else 30
        paper.text(f"{slot}.key", Rect(inner.x, inner.y, key_w - 6, inner.h), choice.key, 14, theme.quiet)
    detail_w = 0
    if choice.detail:
        detail_w = 150 if panel.cover == "form" else 120
        at = Rect(inner.x + inner.w - detail_w, inner.y, detail_w, inner.h)
        size = grid.pick(17, 19)
        paper.text(f"{slot}.detail", at, choice.detail, size, ink, "right")
    text = Rect(inner.x + key_w, inner.y, inner.w - key_w - detail_w - (6 if detail_w else 0), inner.h)
    if choice.note:
        upper = Rect(text.x, text.y + 7, text.w, 20)
        paper.text(f"{slot}.label", upper, choice.label, grid.pick(16, 18), ink)
        paper.text(f"{slot}.note", Rect(text.x, text.y + 27, text.w, 16), choice.note, 13, theme.quiet)
    else:
        paper.text(f"{slot}.label", text, choice.label, grid.pick(17, 19), ink, lines=2)
    if choice.action:
        paper.targets.append(Target(choice.action, rect, choice.label))


def _report_row(paper: Paper, grid: Grid, choice: Choice, number: int, rect: Rect) -> None:
    theme = paper.theme
    slot = f"choice.{number}"
    if number % 2 == 0:
        paper.box(slot, rect, theme.paper_alt)
    size = grid.pick(16, 18)
    label_w = rect.w // 2
    paper.text(f"{slot}.label", Rect(rect.x + 8, rect.y, label_w - 8, rect.h), choice.label, size, theme.ink)
    at = Rect(rect.x + label_w, rect.y, rect.w - label_w - 8, rect.h)
    paper.text(f"{slot}.detail", at, choice.detail, size + (1 if choice.strong else 0), theme.ink, "right")
    if choice.strong:
        paper.box(f"{slot}.rule", Rect(rect.x, rect.y, rect.w, 2), theme.rule)
