"""The cashier's screen. It shows what the terminal's daemon says and sends what is pressed; it keeps nothing itself.

Every action has a key and a button; F1 lists the keys. It may be closed, killed and started again at any time: the
basket is the daemon's. SIGUSR1 saves the picture again. It prints a line that begins with `ready` when the daemon's
first view is on the screen.
"""

from __future__ import annotations

import argparse
import logging
import os
import re
import shutil
import sys
import tempfile
from pathlib import Path

from runtime.service.log import begin, keep
from ui.screens.fonts import find_font
from ui.settings import DEFAULTS, UiSettingsError, read
from ui.texts import LANGUAGES, Texts

SMALLEST = (800, 600)


def size(text: str) -> tuple[int, int]:
    """`1024x768` as numbers. Raises argparse.ArgumentTypeError below 800x600 or above 8192."""
    match = re.fullmatch(r"(\d{3,4})x(\d{3,4})", text)
    if match is None:
        raise argparse.ArgumentTypeError(f"{text!r} is not like 1024x768")
    width, height = int(match[1]), int(match[2])
    if width < SMALLEST[0] or height < SMALLEST[1] or max(width, height) > 8192:
        raise argparse.ArgumentTypeError(f"{text} is outside 800x600 to 8192x8192")
    return width, height


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--socket", type=Path, required=True, metavar="PATH", help="the terminal's local socket")
    parser.add_argument("--language", choices=tuple(LANGUAGES), default="zh", help="to begin with; F11 changes it")
    parser.add_argument("--size", type=size, default=(1024, 768), metavar="WxH", help="of the window; 1024x768")
    parser.add_argument("--fullscreen", action="store_true", help="fill the whole display")
    parser.add_argument(
        "--picture",
        type=Path,
        metavar="FILE",
        help="save the screen as PNG after the first full view, at SIGUSR1, and at the end",
    )
    parser.add_argument(
        "--settings", type=Path, metavar="FILE", help="settings with [ui]: theme, keys, reasons; the terminal's file"
    )
    parser.add_argument("--no-sound", action="store_true", help="never beep")


def prepare_kivy(width: int, height: int, fullscreen: bool, home: Path) -> None:
    """Everything that Kivy reads before its first import. It keeps nothing outside `home`."""
    os.environ.update(KIVY_NO_ARGS="1", KIVY_NO_CONSOLELOG="1", KIVY_NO_FILELOG="1", KIVY_HOME=str(home))
    os.environ.setdefault("KIVY_GL_BACKEND", "sdl2")
    os.environ.setdefault("KIVY_WINDOW", "sdl2")
    os.environ.setdefault("KIVY_TEXT", "sdl2")
    os.environ.setdefault("KIVY_NO_ENV_CONFIG", "1")
    os.environ.setdefault("KIVY_METRICS_DENSITY", "1")
    os.environ.setdefault("SDL_IM_MODULE", "none")
    from kivy.config import Config

    for section, option, value in (
        ("kivy", "kivy_clock", "interrupt"),
        ("kivy", "exit_on_escape", "0"),
        ("kivy", "log_enable", "0"),
        ("kivy", "pause_on_minimize", "0"),
        ("graphics", "width", str(width)),
        ("graphics", "height", str(height)),
        ("graphics", "fullscreen", "auto" if fullscreen else "0"),
        ("graphics", "multisamples", "0"),
        ("graphics", "maxfps", "60"),
        ("graphics", "resizable", "1"),
        ("graphics", "show_cursor", "0" if fullscreen else "1"),
    ):
        Config.set(section, option, value)
    for name, _ in Config.items("input"):
        Config.remove_option("input", name)  # SDL gives keys, mouse and fingers; evdev is the daemon's
    Config.set("input", "mouse", "mouse,disable_multitouch")
    Config.remove_section("modules")
    Config.add_section("modules")
    logging.getLogger("kivy").setLevel(logging.ERROR)
    sys.stderr = sys.__stderr__  # Kivy puts its own log in that place, and our words would be lost in it


def run(arguments: argparse.Namespace) -> int:
    try:
        font = find_font()
    except FileNotFoundError as error:
        print(f"lane ui: {error}", file=sys.stderr)
        return 1
    try:
        settings = read(arguments.settings) if arguments.settings is not None else DEFAULTS
    except UiSettingsError as error:
        for fault in error.faults:
            print(f"lane ui: {fault}", file=sys.stderr)
        return 2
    log = logging.getLogger("lane.ui")
    log.propagate = False  # Kivy takes the root for itself
    begin(log)
    if arguments.settings is not None:
        keep((settings.log_folder or arguments.socket.parent / "log") / "ui.log", settings.log_kb, log)
    locale_dir = arguments.config / "locale"
    texts = {language: Texts(locale_dir, language) for language in LANGUAGES}
    home = Path(tempfile.mkdtemp(prefix="lane-ui-"))
    try:
        width, height = arguments.size
        prepare_kivy(width, height, arguments.fullscreen, home)
        from kivy.core.window import Window

        if Window is None:
            print("lane ui: no window could be opened: is there a display, and OpenGL 2.0?", file=sys.stderr)
            return 1
        from ui.screens.window import Options
        from ui.screens.window import run as run_window

        sound = not arguments.no_sound
        options = Options(arguments.socket, arguments.language, arguments.picture, font, home, sound, settings)
        return run_window(options, texts, log.info)
    finally:
        shutil.rmtree(home, ignore_errors=True)
