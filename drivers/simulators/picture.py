"""The paper of a simulated printer as a picture: one pixel a dot, 203 dots an inch.

Needs Pillow and qrcode (`pip install lanekit[simulators]`); imported only where a picture is wanted. The font is
WenQuanYi Micro Hei Mono, in which a Han character is exactly two half-width cells; without it, another font that
covers Chinese; without any, Pillow's own, which shows boxes for Han.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import qrcode
from PIL import Image, ImageChops, ImageDraw, ImageFont

from drivers.simulators import barcodes
from drivers.simulators.paper import Bars, Cut, Glyph, Line, Mark, NewRoll, QRCode, Raster, Slip, Space, shift

MARGIN_DOTS = {576: 32, 384: 40}  # 80 mm is 640 dots, 58 mm is 464
TOP_DOTS, BOTTOM_DOTS = 56, 40
MAX_HEIGHT_DOTS = 30_000
PAPER, INK = 255, 16
DESCENT = 6  # a letter's tail is at most this part of its height below its cell
FOLDERS = ("/usr/share/fonts", "/usr/local/share/fonts", "~/.local/share/fonts", "~/.fonts", "/system/fonts")
# file, which face of a collection: the monospaced one where there is a choice
FONTS = (
    ("wqy-microhei.ttc", 1),
    ("wqy-zenhei.ttc", 1),
    ("NotoSansMonoCJKsc-Regular.otf", 0),
    ("NotoSansCJK-Regular.ttc", 7),
    ("DroidSansFallbackFull.ttf", 0),
    ("DroidSansFallback.ttf", 0),
)
CORRECTIONS = {
    "L": qrcode.constants.ERROR_CORRECT_L,
    "M": qrcode.constants.ERROR_CORRECT_M,
    "Q": qrcode.constants.ERROR_CORRECT_Q,
    "H": qrcode.constants.ERROR_CORRECT_H,
}
DIGITS_DOTS = 26  # of the line of digits at a bar code

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


@cache
def font_file() -> tuple[Path, int] | None:
    for name, face in FONTS:
        for folder in FOLDERS:
            root = Path(folder).expanduser()
            found = next(iter(root.rglob(name)), None) if root.is_dir() else None
            if found is not None:
                return found, face
    return None


@cache
def font(size: int) -> Font:
    found = font_file()
    if found is None:
        return ImageFont.load_default(size)
    return ImageFont.truetype(str(found[0]), size, index=found[1])


def draw(slip: Slip) -> Image.Image:
    """A grey picture as wide as the paper, cut off at MAX_HEIGHT_DOTS."""
    margin = MARGIN_DOTS.get(slip.width, 32)
    strips = [(strip, _feed(mark, strip)) for mark in slip.marks if (strip := _strip(mark, slip.width)) is not None]
    height = min(MAX_HEIGHT_DOTS, TOP_DOTS + BOTTOM_DOTS + sum(feed for _, feed in strips))
    picture = Image.new("L", (slip.width + 2 * margin, height), PAPER)
    y = TOP_DOTS
    for strip, feed in strips:
        box = (margin, y, margin + strip.width, y + strip.height)
        picture.paste(ImageChops.darker(strip, picture.crop(box)), box)
        y += feed
    return picture


def _feed(mark: Mark, strip: Image.Image) -> int:
    return mark.feed if isinstance(mark, Line) else strip.height


def _strip(mark: Mark, width: int) -> Image.Image | None:
    if isinstance(mark, Line):
        return _line(mark, width)
    if isinstance(mark, Space):
        return _blank(width, mark.feed) if mark.feed else None
    if isinstance(mark, QRCode):
        return _qr(mark, width)
    if isinstance(mark, Bars):
        return _bars(mark, width)
    if isinstance(mark, Raster):
        return _raster(mark, width)
    return _edge(mark, width)


def _blank(width: int, height: int) -> Image.Image:
    return Image.new("L", (width, height), PAPER)


def _line(line: Line, width: int) -> Image.Image:
    tallest = max((24 * glyph.style.height for glyph in line.glyphs), default=24)
    strip = _blank(width, max(line.feed, tallest + tallest // DESCENT))  # the tail of a `g` may reach the next line
    for glyph in line.glyphs:
        height = 24 * glyph.style.height
        strip.paste(_glyph(glyph, height), (line.start + glyph.x, tallest - height))  # on one base line
    return strip


def _glyph(glyph: Glyph, height: int) -> Image.Image:
    """One character in its cell; drawn as large as it is high, then made as wide as its cell."""
    style = glyph.style
    natural = round(glyph.dots / style.width * style.height)
    cell = _blank(natural, height if style.reverse else height + height // DESCENT)
    pen = ImageDraw.Draw(cell)
    size = round(height * 0.75) if style.font_b else height
    fount = font(size)
    advance = fount.getlength(glyph.text)
    stroke = max(1, height // 32) if style.bold else 0
    pen.text(((natural - advance) / 2, height * 0.86), glyph.text, INK, fount, anchor="ls", stroke_width=0)
    if stroke:
        pen.text(((natural - advance) / 2 + stroke, height * 0.86), glyph.text, INK, fount, anchor="ls")
    if style.underline:
        pen.line((0, height - 1, natural, height - 1), INK, 1)
    if natural != glyph.dots:
        cell = cell.resize((glyph.dots, cell.height), Image.Resampling.LANCZOS)
    return cell.point(lambda grey: PAPER + INK - grey) if style.reverse else cell


def _placed(image: Image.Image, align: str, left: int, area: int, width: int) -> Image.Image:
    strip = _blank(width, image.height)
    strip.paste(image, (left + shift(align, area, image.width), 0))
    return strip


def _qr(mark: QRCode, width: int) -> Image.Image:
    symbol = qrcode.QRCode(error_correction=CORRECTIONS[mark.correction], border=0)
    symbol.add_data(mark.data, optimize=0)
    symbol.make(fit=True)
    rows = symbol.get_matrix()
    small = Image.new("L", (len(rows), len(rows)), PAPER)
    small.putdata([INK if dark else PAPER for row in rows for dark in row])
    size = len(rows) * mark.module
    return _placed(small.resize((size, size), Image.Resampling.NEAREST), mark.align, mark.left, mark.width, width)


def _bars(mark: Bars, width: int) -> Image.Image:
    bits = barcodes.modules(mark.symbology, mark.text, mark.values)
    across = (len(bits) or 8 * len(mark.text) + 20) * mark.module
    above = DIGITS_DOTS if mark.digits in ("above", "both") else 0
    below = DIGITS_DOTS if mark.digits in ("below", "both") else 0
    image = _blank(across, above + mark.height + below)
    pen = ImageDraw.Draw(image)
    if not bits:
        pen.rectangle((0, above, across - 1, above + mark.height - 1), outline=INK)
        pen.text((across / 2, above + mark.height / 2), mark.symbology, INK, font(24), anchor="mm")
    for at, bit in enumerate(bits):
        if bit == "1":
            pen.rectangle((at * mark.module, above, (at + 1) * mark.module - 1, above + mark.height - 1), INK)
    for y in ([0] if above else []) + ([above + mark.height + 4] if below else []):
        pen.text((across / 2, y), mark.text, INK, font(24), anchor="mt")
    return _placed(image, mark.align, mark.left, mark.width, width)


def _raster(mark: Raster, width: int) -> Image.Image | None:
    if not mark.rows or not mark.rows[0]:
        return None
    across = len(mark.rows[0])
    data = b"".join(row.ljust(across, b"\0") for row in mark.rows)
    image = Image.frombytes("1", (across * 8, len(mark.rows)), bytes(byte ^ 0xFF for byte in data)).convert("L")
    size = (min(across * 8 * mark.scale_x, 4096), min(image.height * mark.scale_y, MAX_HEIGHT_DOTS))
    return _placed(image.resize(size, Image.Resampling.NEAREST), mark.align, mark.left, mark.width, width)


def _edge(mark: Cut | NewRoll, width: int) -> Image.Image:
    """Where the knife or a new roll was."""
    strip = _blank(width, 24)
    pen = ImageDraw.Draw(strip)
    step, dash = (24, 12) if isinstance(mark, Cut) else (8, 4)
    for x in range(0, width, step):
        pen.line((x, 12, x + dash, 12), 168, 2)
    return strip
