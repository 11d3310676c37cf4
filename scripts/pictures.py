"""Shows each canned state to a real `lane ui` and keeps the picture that it saves."""

from __future__ import annotations

import signal
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "ui")]

import ui_views  # noqa: E402  # from tests/ui
from ui_server import TillServer, display, start_ui, until  # noqa: E402

from runtime.wire.messages import View  # noqa: E402

OUT = ROOT / "docs" / "pictures"
STATES = ("ringing", "hint", "weighing", "tendering", "closed", "trouble")


def make(name: str, width: int, height: int, language: str, views: dict[str, View]) -> None:
    """One front end, one picture a state; `name` has {state} in it."""
    with display(width, height) as screen, tempfile.TemporaryDirectory() as folder:
        socket, picture = Path(folder) / "s", Path(folder) / "p.png"
        for state, view in views.items():
            server = TillServer(socket, view)
            words = ("--socket", str(socket), "--size", f"{width}x{height}", "--picture", str(picture))
            ui = start_ui(screen, *words, "--language", language)
            until(picture.is_file, 20)
            picture.unlink(missing_ok=True)
            ui.send_signal(signal.SIGTERM)  # the picture at the end is of a screen that has settled
            ui.wait(20)
            server.close()
            target = OUT / name.format(state=state)
            target.write_bytes(picture.read_bytes())
            picture.unlink()
            print(target.relative_to(ROOT))


def main() -> int:
    OUT.mkdir(parents=True, exist_ok=True)
    states = ui_views.states()
    make("screen-{state}.png", 1024, 768, "zh", {state: states[state] for state in STATES})
    make("screen-{state}-800x600.png", 800, 600, "zh", {state: states[state] for state in STATES})
    make("screen-{state}-en.png", 1024, 768, "en", {"ringing": states["ringing"], "tendering": states["tendering"]})
    make("screen-{state}-800x600-en.png", 800, 600, "en", {"trouble": states["trouble"]})
    return 0


if __name__ == "__main__":
    sys.exit(main())
