"""What is drawn where: a Screen and a size in, boxes, texts, shapes and touch targets out. Pure: tested unseen.

Layout rules: every touch target is at least TOUCH pixels high and wide from 800x600 up; the left column is the basket
(ui.scene_basket), the right one money and keys (ui.scene_keys); nothing moves under a finger while a state lasts. Below
1000 pixels of width or 700 of height it is drawn compact.
"""

from __future__ import annotations

from ui.models import Screen
from ui.paper import HEADER, TOUCH, Grid, Paper, Rect, Scene, grid_of
from ui.scene_basket import draw_left
from ui.scene_keys import draw_right
from ui.theme import THEMES


def scene(screen: Screen, width: int, height: int, pressed: str = "") -> Scene:
    """The picture of a screen. `width`, `height`: pixels, from 800x600 up. `pressed`: the action held down."""
    grid, paper = grid_of(width, height), Paper(pressed, THEMES[screen.theme])
    paper.box("ground", Rect(0, 0, width, height), paper.theme.ground)
    _header(paper, grid, screen)
    left = draw_left(paper, grid, screen)
    draw_right(paper, grid, screen)
    if screen.training:
        _training(paper, width, height)
    return Scene(
        tuple(paper.primitives),
        tuple(paper.targets),
        left.list_rect,
        left.row_height,
        left.page_rows,
        left.panel_rows,
        left.panel_columns,
    )


def _training(paper: Paper, width: int, height: int) -> None:
    """A frame round everything: seen from the corner of an eye. The words stand in the top bar."""
    thick = 5
    for side, rect in (
        ("left", Rect(0, 0, thick, height)),
        ("right", Rect(width - thick, 0, thick, height)),
        ("foot", Rect(0, height - thick, width, thick)),
    ):
        paper.box(f"training.{side}", rect, paper.theme.training)


def _header(paper: Paper, grid: Grid, screen: Screen) -> None:
    theme = paper.theme
    ground = theme.training if screen.training else theme.header
    ink, quiet = (theme.on_training, theme.on_training) if screen.training else (theme.on_header, theme.quiet_on_header)
    paper.box("header.edge", Rect(0, 0, grid.width, HEADER), theme.rule)
    paper.box("header", Rect(0, 0, grid.width, HEADER - 1), ground)
    tool_w = grid.pick(72, 92)
    x = grid.width - grid.pad
    for tool in reversed(screen.tools):
        x -= tool_w
        paper.button(tool, Rect(x, 2, tool_w, TOUCH), 16)
        x -= 4
    time_w = grid.pick(84, 104)
    x -= time_w
    day, _, minute = screen.time.partition(" ")
    paper.text("time", Rect(x, 4, time_w - 6, 25), minute, 22, ink, "right")
    paper.text("day", Rect(x, 29, time_w - 6, 18), day, 13, quiet, "right")
    half = (x - grid.pad) // 2
    paper.text("store", Rect(grid.pad, 4, half - 8, 25), screen.training or screen.store, 20, ink)
    who = "   ".join(one for one in (screen.workstation, screen.operator) if one)
    paper.text("who", Rect(grid.pad, 29, half - 8, 18), who, 14, quiet)
    at = grid.pad + half
    paper.shape("health.shape", Rect(at, 14, 24, 24), "good" if screen.healthy else "bad")
    words = Rect(at + 30, 4 if screen.unsent else 12, x - at - 34, 25)
    paper.text("health", words, screen.health, grid.pick(15, 17), ink)
    paper.text("unsent", Rect(at + 30, 29, x - at - 34, 18), screen.unsent, 14, quiet)
