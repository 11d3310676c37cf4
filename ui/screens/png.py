"""A PNG file from pixels (PNG 1.2, colour type 2, no filter): without a picture library."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path


def write_png(path: Path, width: int, height: int, rgb_from_below: bytes) -> None:
    """`rgb_from_below`: three bytes a pixel, the lowest row first, as OpenGL gives them. Replaces `path` at once."""
    stride = width * 3
    rows = (b"\0" + rgb_from_below[y * stride : (y + 1) * stride] for y in reversed(range(height)))

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = zlib.compress(b"".join(rows), 6)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    part.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b""))
    part.replace(path)
