"""What is drawn where: a Screen and a size in, boxes, texts, shapes and touch targets out. Pure: tested unseen.

Layout rules: every touch target is at least TOUCH pixels high and wide from 800x600 up; the left column is the basket
(ui.scene_basket), the right one money and keys (ui.scene_keys); nothing moves under a finger while a state lasts. Below
1000 pixels of width or 700 of height it is drawn compact.
"""

from __future__ import annotations

from ui import theme
from ui.models import Screen
from ui.paper import HEADER, TOUCH, Grid, Paper, Rect, Scene, Target, grid_of
from ui.scene_basket import draw_left
from ui.scene_keys import draw_right


def scene(screen: Screen, width: int, height: int, pressed: str = "") -> Scene:
    """The picture of a screen. `width`, `height`: pixels, from 800x600 up. `pressed`: the action held down."""
    grid, paper = grid_of(width, height), Paper(pressed)
    paper.box("ground", Rect(0, 0, width, height), paper.theme.ground)
    _header(paper, grid, screen)
    list_rect, row_height, page_rows = draw_left(paper, grid, screen)
    draw_right(paper, grid, screen)
    if screen.help:
        _help(paper, grid, screen)
    return Scene(tuple(paper.primitives), tuple(paper.targets), list_rect, row_height, page_rows)


def _header(paper: Paper, grid: Grid, screen: Screen) -> None:
    paper.box("header", Rect(0, 0, grid.width, HEADER), paper.theme.header)
    tool_w = grid.pick(66, 84)
    x = grid.width - grid.pad
    for tool in reversed(screen.tools):
        x -= tool_w
        paper.button(tool, Rect(x, 2, tool_w, TOUCH), 16)
        x -= 4
    time_w = grid.pick(84, 104)
    x -= time_w
    day, _, minute = screen.time.partition(" ")
    paper.text("time", Rect(x, 4, time_w - 6, 25), minute, 22, paper.theme.on_header, "right")
    paper.text("day", Rect(x, 29, time_w - 6, 18), day, 13, paper.theme.quiet_on_header, "right")
    half = (x - grid.pad) // 2
    paper.text("store", Rect(grid.pad, 4, half - 8, 25), screen.store, 20, paper.theme.on_header)
    who = "   ".join(one for one in (screen.workstation, screen.operator) if one)
    paper.text("who", Rect(grid.pad, 29, half - 8, 18), who, 14, paper.theme.quiet_on_header)
    at = grid.pad + half
    paper.shape("health.shape", Rect(at, 14, 24, 24), "good" if screen.healthy else "bad")
    words = Rect(at + 30, 4 if screen.unsent else 12, x - at - 34, 25)
    paper.text("health", words, screen.health, grid.pick(15, 17), paper.theme.on_header)
    paper.text("unsent", Rect(at + 30, 29, x - at - 34, 18), screen.unsent, 14, paper.theme.quiet_on_header)


def _help(paper: Paper, grid: Grid, screen: Screen) -> None:
    """Over the basket only: total, entry and keys stay, and scans go on."""
    area = grid.left
    paper.box("help.edge", area, paper.theme.header, 8)
    paper.box("help", area.inset(2, 2), paper.theme.paper, 7)
    title_h = grid.pick(32, 40)
    paper.text("help.title", Rect(area.x + 14, area.y + 2, area.w - 28, title_h), screen.help_title, 17, paper.theme.header)
    h = (area.h - title_h - 12) // max(1, len(screen.help))
    keys_w = grid.pick(104, 130)
    for number, (keys, what) in enumerate(screen.help):
        y = area.y + title_h + 4 + number * h
        if number % 2 == 0:
            paper.box(f"help.{number}.ground", Rect(area.x + 4, y, area.w - 8, h), paper.theme.paper_alt)
        paper.text(f"help.{number}.keys", Rect(area.x + 14, y, keys_w - 10, h), keys, grid.pick(14, 16), paper.theme.ink)
        text = Rect(area.x + 14 + keys_w, y, area.w - keys_w - 26, h)
        paper.text(f"help.{number}.what", text, what, grid.pick(14, 16), paper.theme.ink)
    paper.targets.append(Target("help", area))
