"""Where the screen's font is. One font has all that a till in China shows; without one there is no screen."""

from __future__ import annotations

from pathlib import Path

PLACES = (
    "/usr/share/fonts/truetype/wqy/wqy-microhei.ttc",
    "/usr/share/fonts/wenquanyi/wqy-microhei/wqy-microhei.ttc",
    "/usr/share/fonts/wqy-microhei/wqy-microhei.ttc",
    "/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc",
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/truetype/droid/DroidSansFallbackFull.ttf",
    "/system/fonts/NotoSansCJK-Regular.ttc",
)


def find_font(places: tuple[str, ...] = PLACES) -> str:
    """The first that is there. Raises FileNotFoundError naming the package to install."""
    for place in places:
        if Path(place).is_file():
            return place
    raise FileNotFoundError(
        "no font with Chinese is installed; install one: apt-get install --no-install-recommends fonts-wqy-microhei"
    )
