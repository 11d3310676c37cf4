"""Draws a Scene on a Kivy canvas: one group of instructions a slot, and only what differs is touched.

A text is a texture; the textures last used are kept, so that a scrolled list finds its texts again instead of drawing
their glyphs anew. White textures are tinted: one texture serves every colour.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

from kivy.core.text import Label
from kivy.graphics import Color, Ellipse, InstructionGroup, Mesh, Rectangle, RoundedRectangle

from ui.paper import Box, Primitive, Rect, Scene, Shape, Text
from ui.theme import rgb

MAX_TEXTURES = 700  # some 10 MB of them
SMALLEST = 0.75  # of the wished size, before a text is cut
ONE_LINE = 0.85  # of the wished size, before a text that may wrap does


class Painter:
    """`paint` makes the canvas show a scene. `touched`: how many slots the last call changed (for tests)."""

    def __init__(self, canvas: Any, font: str) -> None:
        self._canvas = canvas
        self._font = font
        self._groups: dict[str, InstructionGroup] = {}
        self._drawn: dict[str, Primitive] = {}
        self._order: list[str] = []
        self._textures: OrderedDict[tuple[Any, ...], Any] = OrderedDict()
        self._height = 0
        self.touched = 0

    def paint(self, scene: Scene, height: int) -> None:
        if height != self._height:
            self._height = height
            self._drawn.clear()
        order = [primitive.slot for primitive in scene.primitives]
        self.touched = 0
        for primitive in scene.primitives:
            if self._drawn.get(primitive.slot) == primitive:
                continue
            self.touched += 1
            group = self._groups.setdefault(primitive.slot, InstructionGroup())
            group.clear()
            self._draw(group, primitive)
            self._drawn[primitive.slot] = primitive
        if order != self._order:
            self._reorder(order)

    def _reorder(self, order: list[str]) -> None:
        for slot in set(self._order) - set(order):
            self._drawn.pop(slot, None)
        self._canvas.clear()
        for slot in order:
            self._canvas.add(self._groups[slot])
        for slot in set(self._groups) - set(order):
            del self._groups[slot]
        self._order = order

    def _place(self, rect: Rect) -> tuple[tuple[float, float], tuple[float, float]]:
        return (rect.x, self._height - rect.y - rect.h), (rect.w, rect.h)

    def _draw(self, group: InstructionGroup, primitive: Primitive) -> None:
        if isinstance(primitive, Box):
            pos, size = self._place(primitive.rect)
            group.add(Color(*rgb(primitive.colour)))
            if primitive.radius:
                group.add(RoundedRectangle(pos=pos, size=size, radius=[primitive.radius], segments=6))
            else:
                group.add(Rectangle(pos=pos, size=size))
        elif isinstance(primitive, Text):
            self._text(group, primitive)
        else:
            self._shape(group, primitive)

    # --- text -------------------------------------------------------------------------------------------------

    def _text(self, group: InstructionGroup, text: Text) -> None:
        texture = self._texture(text)
        if texture is None:
            return
        (x, y), (w, h) = self._place(text.rect)
        tw, th = texture.size
        free = w - tw
        left = x + (0 if text.align == "left" else free if text.align == "right" else free / 2)
        group.add(Color(*rgb(text.colour)))
        group.add(Rectangle(texture=texture, pos=(round(left), round(y + (h - th) / 2)), size=(tw, th)))

    def _texture(self, text: Text) -> Any:
        key = (text.text, text.size, text.rect.w, text.lines, text.align)
        if key in self._textures:
            self._textures.move_to_end(key)
            return self._textures[key]
        texture = self._render(text)
        self._textures[key] = texture
        if len(self._textures) > MAX_TEXTURES:
            self._textures.popitem(last=False)
        return texture

    def _render(self, text: Text) -> Any:
        size = text.size
        label = Label(text=text.text, font_size=size, font_name=self._font)
        width, _ = label.get_extents(text.text)
        if width * ONE_LINE > text.rect.w and text.lines > 1:
            size = max(int(text.size * SMALLEST), min(size, text.rect.h // text.lines - 8))
            label = Label(text=text.text, font_size=size, font_name=self._font)
            broken = self._break(label, text.text, text.rect.w)
            label = Label(text=broken, font_size=size, font_name=self._font, line_height=1.0)
        elif width > text.rect.w:
            least = 6 if text.align == "right" else int(text.size * SMALLEST)
            size = max(least, int(text.size * text.rect.w / max(1, width)))
            label = Label(text=text.text, font_size=size, font_name=self._font)
            while size > least and label.get_extents(text.text)[0] > text.rect.w:  # glyphs round up
                size -= 1
                label = Label(text=text.text, font_size=size, font_name=self._font)
            if text.align != "right" and label.get_extents(text.text)[0] > text.rect.w:
                label = Label(text=self._cut(label, text.text, text.rect.w), font_size=size, font_name=self._font)
        label.refresh()
        return label.texture

    def _break(self, label: Label, text: str, width: int) -> str:
        """In two lines, at a space where one is near, the second cut if it must."""
        first = self._cut(label, text, width, "")
        space = first.rfind(" ")
        if space > len(first) * 2 // 3 and first != text:
            first = first[:space]
        rest = text[len(first) :].strip()
        if label.get_extents(rest)[0] > width:
            rest = self._cut(label, rest, width)
        return f"{first}\n{rest}" if rest else first

    @staticmethod
    def _cut(label: Label, text: str, width: int, mark: str = "…") -> str:
        """As much of the text as fits, and the mark."""
        low, high = 0, len(text)
        while low < high:
            middle = (low + high + 1) // 2
            if label.get_extents(text[:middle] + mark)[0] <= width:
                low = middle
            else:
                high = middle - 1
        return text[:low].rstrip() + mark

    # --- shapes -----------------------------------------------------------------------------------------------

    def _shape(self, group: InstructionGroup, shape: Shape) -> None:
        (x, y), (w, h) = self._place(shape.rect)

        def at(px: float, py: float) -> tuple[float, float]:
            return x + px * w, y + py * h

        def fill(*points: tuple[float, float]) -> None:
            vertices = [v for px, py in points for v in (*at(px, py), 0, 0)]
            group.add(Mesh(vertices=vertices, indices=list(range(len(points))), mode="triangle_fan"))

        group.add(Color(*rgb(shape.colour)))
        if shape.kind == "bad":
            fill((0.5, 1.0), (1.0, 0.06), (0.0, 0.06))
            group.add(Color(*rgb(shape.ground)))
            fill((0.44, 0.68), (0.56, 0.68), (0.54, 0.34), (0.46, 0.34))
            fill((0.44, 0.26), (0.56, 0.26), (0.56, 0.15), (0.44, 0.15))
            return
        group.add(Ellipse(pos=(x, y), size=(w, h), segments=32))
        group.add(Color(*rgb(shape.ground)))
        if shape.kind == "good":
            fill((0.22, 0.50), (0.30, 0.59), (0.44, 0.46), (0.44, 0.28))
            fill((0.44, 0.28), (0.44, 0.46), (0.72, 0.75), (0.80, 0.66))
        else:
            fill((0.44, 0.58), (0.56, 0.58), (0.56, 0.22), (0.44, 0.22))
            fill((0.44, 0.79), (0.56, 0.79), (0.56, 0.67), (0.44, 0.67))
