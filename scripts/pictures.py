"""Shows each canned state to a real `lane ui`, presses its keys, and keeps the picture that it saves."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "ui"), str(ROOT / "tests" / "runtime" / "gateway")]

import page_scene  # noqa: E402  # from tests/runtime/gateway
import ui_scenes  # noqa: E402  # from tests/ui
import ui_views  # noqa: E402
from ui_keyboard import Keyboard  # noqa: E402
from ui_scenes import Shown  # noqa: E402
from ui_server import TillServer, display, start_ui, until  # noqa: E402

from runtime.gateway.page.html import page  # noqa: E402
from runtime.share import config_dir  # noqa: E402
from runtime.translation import translator  # noqa: E402

OUT = ROOT / "docs" / "pictures"
STATES = ("ringing", "hint", "weighing", "tendering", "closed", "trouble")
# The working day's: (scene, size, language, theme) of each picture
DAY = (
    *((name, "1024x768", "zh", "light") for name in (
        "functions", "discount", "approval", "recall", "recall-elsewhere", "recalling", "return", "report", "found",
        "training", "counting", "locked",
        "idle-bar", "float", "pending", "counted", "z", "price-approval",
        "paid-out", "disk",
    )),
    *((name, "800x600", "zh", "light") for name in ("search", "price", "age", "lookup", "part-paid", "off")),
    ("functions", "800x600", "en", "light"),
    ("price", "1024x768", "en", "light"),
    ("age", "1366x768", "zh", "dark"),
    ("approval", "800x600", "zh", "contrast"),
)  # fmt: skip


def make(target: str, shown: Shown, size: str, language: str, theme: str, screen: str) -> None:
    """One front end, one picture."""
    with tempfile.TemporaryDirectory() as folder:
        socket, picture, settings = Path(folder) / "s", Path(folder) / "p.png", Path(folder) / "t.toml"
        settings.write_text(f'[ui]\ntheme = "{theme}"\n', "utf-8")
        server = TillServer(socket, shown.view, shown.answers)
        words = ("--socket", str(socket), "--size", size, "--picture", str(picture), "--settings", str(settings))
        ui = start_ui(screen, *words, "--language", language)
        until(picture.is_file, 20)
        keyboard = Keyboard(screen)
        if shown.keys:
            keyboard.click(2, 2)  # gives the window the focus; touches an empty place
        for key in shown.keys:
            keyboard.till_key(key, 0.15)
        time.sleep(0.3 if shown.keys else 0.0)
        picture.unlink(missing_ok=True)
        ui.send_signal(signal.SIGTERM)  # the picture at the end is of a screen that has settled
        ui.wait(20)
        server.close()
        keep(picture, OUT / target)
        print(f"docs/pictures/{target}", flush=True)


def keep(picture: Path, target: Path) -> None:
    """A third of the size, in 128 colours, where Pillow is there."""
    try:
        from PIL import Image
    except ImportError:
        target.write_bytes(picture.read_bytes())
        return
    with Image.open(picture) as image:
        image.quantize(128, dither=Image.Dither.NONE).save(target, optimize=True)


def name_of(state: str, size: str, language: str, theme: str) -> str:
    """The usual ones are not named: 1024x768, Chinese, light."""
    parts = [state, size if size != "1024x768" else "", theme if theme != "light" else "",
             language if language != "zh" else ""]  # fmt: skip
    return "-".join(["screen", *(part for part in parts if part)]) + ".png"


def wanted() -> list[tuple[str, Shown, str, str, str]]:
    states = {name: Shown(ui_scenes.on(view)) for name, view in ui_views.states().items()} | ui_scenes.shown()
    pictures = [(state, size, "zh", "light") for size in ("1024x768", "800x600") for state in STATES]
    pictures += [(state, "1024x768", "en", "light") for state in ("ringing", "tendering")]
    pictures += [("trouble", "800x600", "en", "light"), *DAY]
    return [(name_of(state, size, lang, theme), states[state], size, lang, theme)
            for state, size, lang, theme in pictures]  # fmt: skip


def pages(words: list[str]) -> None:
    """The gateway's page, where there is a chromium."""
    chromium = shutil.which("chromium")
    if chromium is None:
        print("docs/pictures/page-*.png: there is no chromium here (apt-get install chromium)", flush=True)
        return
    for target, language, size in (
        ("page-store.png", "zh", "1280,1110"),
        ("page-store-phone-en.png", "en", "390,2060"),
    ):
        if words and not any(word in target for word in words):
            continue
        with tempfile.TemporaryDirectory() as folder:
            file, picture = Path(folder) / "page.html", Path(folder) / "page.png"
            file.write_text(page(page_scene.scene(), translator(config_dir(), language), language), "utf-8")
            options = ("--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", f"--window-size={size}")
            where = (f"--user-data-dir={folder}/u", f"--screenshot={picture}", f"file://{file}")
            subprocess.run([chromium, *options, *where], capture_output=True, timeout=120, check=True)
            keep(picture, OUT / target)
            print(f"docs/pictures/{target}", flush=True)


def main(words: list[str]) -> int:
    """Words: only the pictures with one of them in their name."""
    OUT.mkdir(parents=True, exist_ok=True)
    with display(1366, 768) as screen:
        for target, shown, size, language, theme in wanted():
            if not words or any(word in target for word in words):
                make(target, shown, size, language, theme, screen)
    pages(words)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
