"""The design's tokens: colours of three themes, the type scale, spacing. All that is drawn takes them from here.

Light is for a bright shop, dark for a counter at night, contrast for tired eyes and bad glass. A theme says the same
with the same shapes and words: colour alone says nothing. A test measures every pair of PAIRS in every theme: WCAG 2 AA
(4.5 to 1), in the high contrast theme AAA (7 to 1). docs/ui.md shows them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

ThemeName = Literal["light", "dark", "contrast"]


@dataclass(frozen=True, slots=True)
class Theme:
    """`#RRGGBB` by what it is for. `on_X` is the ink for what stands on X."""

    ground: str  # behind everything
    paper: str  # lists and cards
    paper_alt: str  # every other row
    ink: str
    quiet: str  # second texts
    rule: str  # lines and the edges of what can be touched
    header: str  # the top bar and the amount's card
    on_header: str
    quiet_on_header: str
    action: str  # the one thing to do next
    on_action: str
    key: str  # the face of a button
    pressed: str
    chosen: str
    good: str
    good_ground: str
    info: str
    info_ground: str
    bad: str
    bad_ground: str
    on_solid: str  # on good, info or bad as a ground
    saving: str
    training: str  # the ground of the top bar while nothing counts
    on_training: str


THEMES: dict[ThemeName, Theme] = {
    "light": Theme(
        ground="#E9EDF2", paper="#FFFFFF", paper_alt="#F4F6F9", ink="#13202D", quiet="#4B5A69", rule="#CBD3DC",
        header="#16324F", on_header="#FFFFFF", quiet_on_header="#C9D8E6", action="#0A5AA8", on_action="#FFFFFF",
        key="#FFFFFF", pressed="#BFD3E6", chosen="#D5E7F8", good="#0D6A3A", good_ground="#E2F3E9", info="#0A5AA8",
        info_ground="#E1EEFA", bad="#A81A1A", bad_ground="#FBE5E4", on_solid="#FFFFFF", saving="#A3300B",
        training="#F2B90D", on_training="#1B1400",
    ),
    "dark": Theme(
        ground="#10161D", paper="#1A222C", paper_alt="#212B37", ink="#EEF2F6", quiet="#AAB7C4", rule="#455465",
        header="#0A2239", on_header="#FFFFFF", quiet_on_header="#B9CCDE", action="#7AB8F5", on_action="#08192B",
        key="#273341", pressed="#34465A", chosen="#1F3F5F", good="#6FD39B", good_ground="#12301F", info="#8CC4FA",
        info_ground="#132B43", bad="#FF9D96", bad_ground="#451615", on_solid="#0B1117", saving="#FFB38A",
        training="#F2B90D", on_training="#1B1400",
    ),
    "contrast": Theme(
        ground="#000000", paper="#000000", paper_alt="#161616", ink="#FFFFFF", quiet="#E4E4E4", rule="#FFFFFF",
        header="#000000", on_header="#FFFFFF", quiet_on_header="#E4E4E4", action="#FFE100", on_action="#000000",
        key="#000000", pressed="#4A4A00", chosen="#00306B", good="#7CFFB0", good_ground="#002611", info="#9AD8FF",
        info_ground="#00233D", bad="#FFB4AE", bad_ground="#3D0000", on_solid="#000000", saving="#FFC79F",
        training="#FFE100", on_training="#000000",
    ),
}  # fmt: skip
LEAST_CONTRAST: dict[ThemeName, float] = {"light": 4.5, "dark": 4.5, "contrast": 7.0}
THEME_ORDER: tuple[ThemeName, ...] = ("light", "dark", "contrast")

# (ink, ground) that stand on each other somewhere on the screen
PAIRS: tuple[tuple[str, str], ...] = (
    ("ink", "paper"), ("ink", "paper_alt"), ("ink", "ground"), ("ink", "chosen"), ("ink", "pressed"), ("ink", "key"),
    ("ink", "good_ground"), ("ink", "info_ground"), ("ink", "bad_ground"), ("quiet", "paper"), ("quiet", "paper_alt"),
    ("quiet", "ground"), ("quiet", "chosen"), ("quiet", "pressed"), ("quiet", "key"), ("on_header", "header"),
    ("quiet_on_header", "header"), ("on_action", "action"), ("on_solid", "good"), ("on_solid", "info"),
    ("on_solid", "bad"), ("good", "paper"), ("info", "paper"), ("bad", "paper"), ("good", "good_ground"),
    ("info", "info_ground"), ("bad", "bad_ground"), ("saving", "paper"), ("saving", "paper_alt"), ("saving", "chosen"),
    ("on_training", "training"),
)  # fmt: skip

# The type scale, in pixels: compact (800x600) and roomy (from 1000x700 on).
TYPE: dict[str, tuple[int, int]] = {
    "amount": (44, 58),  # the one figure that counts
    "entry": (26, 30),  # what is being typed
    "title": (22, 26),  # what the sale is doing
    "action": (20, 24),  # the one thing to do next
    "head": (18, 20),  # a message; a panel's title
    "body": (17, 19),  # goods and amounts
    "label": (16, 18),  # buttons
    "second": (14, 16),  # what explains
    "least": (13, 14),  # hot keys on buttons; nothing is smaller
}
SPACE: dict[str, tuple[int, int]] = {"gap": (4, 6), "pad": (6, 10), "inset": (12, 14)}
BUTTON_KINDS = ("plain", "primary")  # and the states: pressed; what cannot be done now is not shown


def rgb(colour: str) -> tuple[float, float, float]:
    """`#RRGGBB` as parts of 1, as Kivy wants them."""
    return tuple(int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))  # type: ignore[return-value]  # three, by range


def contrast(one: str, other: str) -> float:
    """The WCAG 2 contrast ratio, 1 to 21."""

    def luminance(colour: str) -> float:
        parts = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in rgb(colour)]
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]

    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def next_theme(name: ThemeName) -> ThemeName:
    return THEME_ORDER[(THEME_ORDER.index(name) + 1) % len(THEME_ORDER)]
