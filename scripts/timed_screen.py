"""Runs `lane ui` and says when each frame was on the screen: `python scripts/timed_screen.py FILE --socket ...`.

After the drawing is done (glFinish) and the buffers are swapped, FILE gets a line: CLOCK_MONOTONIC in nanoseconds, and
the `rev` of the View that the frame shows. Everything else is the front end as it is.
"""

from __future__ import annotations

import os
import sys
import time

import ui.command
from runtime.cli import main


def stamped(path: str) -> None:
    """Puts the stamp behind the window's own flip. To be called when Kivy is prepared: this opens the window."""
    from kivy.core.window import Window

    import ui.screens.window as window

    out = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    flip = Window.flip

    class Till(window.Till):
        painted = 0

        def _paint(self, _dt: float = 0.0) -> None:
            super()._paint(_dt)
            Till.painted = self._session.view.rev if self._session.view is not None else 0

    def flip_and_say() -> None:
        flip()
        os.write(out, b"%d %d\n" % (time.monotonic_ns(), Till.painted))

    window.Till = Till  # type: ignore[misc]  # the same with a stamp
    Window.flip = flip_and_say


if __name__ == "__main__":
    prepare = ui.command.prepare_kivy

    def prepare_and_stamp(width: int, height: int, fullscreen: bool, home: object) -> None:
        prepare(width, height, fullscreen, home)  # type: ignore[arg-type]  # as it was given
        stamped(sys.argv[1])

    ui.command.prepare_kivy = prepare_and_stamp
    sys.exit(main(["ui", *sys.argv[2:]]))
