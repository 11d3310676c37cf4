"""What a picture is made of: boxes, texts and shapes in named slots, touch targets, the grid below them. Values only.

Pixels, from the upper left. The painter redraws the slots that differ from the last picture and nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ui.banner import Severity
from ui.buttons import Button
from ui.theme import Theme

TOUCH = 48  # the least height and width of what is touched
HEADER = 52

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
    """Shrunk down to 3/4 where it is too long for its box, then cut with an ellipsis; `lines` over 1 may wrap. What is
    aligned right is an amount: shrunk as far as it must be, for one that is cut reads as another amount."""

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
    meaning: str = ""  # what stands on it: the same action may mean another thing in the next state


@dataclass(frozen=True, slots=True)
class Scene:
    primitives: tuple[Primitive, ...]
    targets: tuple[Target, ...]  # the last one that holds a point has it
    list_rect: Rect  # where dragging scrolls
    row_height: int
    page_rows: int  # lines that fit
    panel_rows: int = 8  # rows of the panel that fit, in each of its columns
    panel_columns: int = 1


class Paper:
    """Collects primitives and targets, in the colours of a theme."""

    def __init__(self, pressed: str, theme: Theme) -> None:
        self.theme = theme
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

    def grounds(self, severity: Severity) -> tuple[str, str]:
        """(ground, ink of its shape and word)"""
        theme = self.theme
        return {
            "good": (theme.good_ground, theme.good),
            "info": (theme.info_ground, theme.info),
            "bad": (theme.bad_ground, theme.bad),
        }[severity]

    def shape(self, slot: str, rect: Rect, kind: Severity) -> None:
        ground, ink = self.grounds(kind)
        self.primitives.append(Shape(slot, rect, kind, ink, ground))

    def button(self, button: Button, rect: Rect, size: int, slot: str = "") -> None:
        slot = slot or f"button.{button.action}"
        down = button.action == self.pressed
        ground = self.theme.pressed if down else self.theme.action if button.primary else self.theme.key
        ink = self.theme.on_action if button.primary and not down else self.theme.ink
        quiet = self.theme.on_action if button.primary and not down else self.theme.quiet
        self.box(f"{slot}.edge", rect, self.theme.action if button.primary else self.theme.rule, 7)
        self.box(slot, rect.inset(1, 1), ground, 6)
        inner = rect.inset(4)
        if button.key:
            small = 17 if button.primary else 13
            self.text(
                f"{slot}.key", Rect(inner.x, rect.y + rect.h - 20, inner.w, 18), button.key, small, quiet, "centre"
            )
            inner = Rect(inner.x, rect.y + 3, inner.w, rect.h - 23)
        self.text(f"{slot}.label", inner, button.label, size, ink, "centre")
        self.targets.append(Target(button.action, rect, button.label))


@dataclass(frozen=True, slots=True)
class Grid:
    """The columns and sizes of one window size."""

    width: int
    height: int
    compact: bool
    pad: int
    left: Rect
    right: Rect

    def pick(self, compact: int, roomy: int) -> int:
        return compact if self.compact else roomy


def grid_of(width: int, height: int) -> Grid:
    compact = width < 1000 or height < 700
    pad = 6 if compact else 10
    right_w = min(480, max(300, width * 37 // 100))
    top = HEADER + pad
    left = Rect(pad, top, width - right_w - 3 * pad, height - top - pad)
    return Grid(width, height, compact, pad, left, Rect(left.x + left.w + pad, top, right_w, left.h))
