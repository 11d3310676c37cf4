"""The window: Kivy's loop around a Session. Importing this opens the window, so ui.command prepares Kivy first.

It has no rule of the sale: keys and touches go to the Session, its Screen through ui.scene to the Painter. It sleeps
until something happens (Kivy's interruptible clock); the socket's thread wakes it.
"""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kivy.base import EventLoop, runTouchApp, stopTouchApp
from kivy.clock import Clock
from kivy.core.window import Window
from kivy.graphics.opengl import GL_RGB, GL_UNSIGNED_BYTE, glFinish, glReadPixels
from kivy.uix.widget import Widget

from runtime.service.notify import Notifier
from ui.client import Client, Link
from ui.paper import Scene
from ui.scene import scene
from ui.screens.keyboard import key_name
from ui.screens.painter import Painter
from ui.screens.png import write_png
from ui.screens.sound import Sound
from ui.session import Session
from ui.settings import DEFAULTS, UiSettings
from ui.texts import Texts
from ui.touch import Fingers

DRAG_ROWS = 0.5  # of a row's height, before a touch scrolls instead of choosing
SAME_TOUCH_S = 0.02  # a touch screen that is also a mouse says everything twice
CLOCK_S = 15.0  # how often the time of day is looked at


@dataclass(frozen=True, slots=True)
class Options:
    socket: Path
    language: str
    picture: Path | None
    font: str
    state_dir: Path
    sound: bool
    settings: UiSettings = DEFAULTS


class Till:
    """The whole front end of one process."""

    def __init__(self, options: Options, texts: Mapping[str, Texts], log: Callable[[str], None]) -> None:
        self._options = options
        self._log = log
        self._root = Widget(size=Window.size)
        self._painter = Painter(self._root.canvas, options.font)
        self._sound = Sound(options.state_dir, options.sound)
        self._woken = Clock.create_trigger(self._arrived)
        self._repaint = Clock.create_trigger(self._paint)
        self._deadline: Any = None
        self._client = Client(options.socket, self._woken)
        self._session = Session(texts, self._client.send, time.monotonic, options.language, options.settings)
        self._scene: Scene | None = None
        self._fingers = Fingers()
        self._down: set[int] = set()  # keys that are held down
        self._touch_action = ""
        self._touch_at = (0.0, 0.0)
        self._touch_dragged = 0
        self._last_touch = (0.0, -1.0, -1.0)
        self._picture_due = False
        self._seen_view = False
        self._said_ready = False
        self._notifier = Notifier()
        self._shown = False
        self._proof_due = False  # the manager's watchdog waits for a frame
        self._was_up = True
        self._exit = 0
        self._paint_began_s: float | None = None

    def run(self) -> int:
        """Until the window is closed or the process is told to end."""
        Window.bind(on_key_down=self._key_down, on_key_up=self._key_up, on_resize=self._resized)
        Window.bind(on_flip=self._flip, on_cursor_leave=self._lost, focus=self._lost)
        self._root.bind(on_touch_down=self._pressed, on_touch_move=self._moved, on_touch_up=self._released)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stopTouchApp())
        signal.signal(signal.SIGUSR1, lambda *_: self.picture())
        Clock.schedule_interval(lambda _dt: self._repaint(), CLOCK_S)
        if self._notifier.watchdog_s:
            Clock.schedule_interval(self._prove, self._notifier.watchdog_s / 2)
        threading.excepthook = self._thread_died
        self._paint()
        self._client.start()
        runTouchApp(self._root)
        self._notifier.stopping()
        self._client.stop()
        if self._options.picture is not None and EventLoop.window is not None:
            self._save()
        return self._exit

    def _thread_died(self, args: threading.ExceptHookArgs) -> None:
        """A screen that looks alive and hears nothing would be the worst: end, and be started again."""
        self._log(f"the socket's thread ended: {args.exc_type.__name__}: {args.exc_value}")
        self._exit = 1
        Clock.schedule_once(lambda _dt: stopTouchApp())

    def _prove(self, _dt: float = 0.0) -> None:
        """Nobody touched anything: a frame all the same."""
        self._proof_due = True
        self._repaint()
        Window.canvas.ask_update()

    def picture(self) -> None:
        """Save the picture with the next frame."""
        self._picture_due = self._options.picture is not None
        Window.canvas.ask_update()

    # --- the daemon -------------------------------------------------------------------------------------------

    def _arrived(self, _dt: float = 0.0) -> None:
        for arrival in self._client.take():
            if isinstance(arrival, Link) and arrival.up != self._was_up:
                self._was_up = arrival.up
                self._log("connected" if arrival.up else f"not connected: {arrival.reason}")
            self._session.arrive(arrival)
        self._paint()
        if not self._seen_view and self._session.view is not None:
            self._seen_view = True
            self.picture()

    def _paint(self, _dt: float = 0.0) -> None:
        self._paint_began_s = time.monotonic()
        left = self._session.tick()
        if self._deadline is not None:
            self._deadline.cancel()
        self._deadline = Clock.schedule_once(self._paint, left + 0.005) if left is not None else None
        width, height = (int(x) for x in Window.size)
        for _ in range(3):  # the lines that fit depend on the scroll bar, and it on them
            picture = self._session.screen()
            made = scene(picture, width, height, self._touch_action)
            if not self._session.fits(made.page_rows, made.panel_rows, made.panel_columns):
                break
        self._scene = made
        self._fingers.shown(made, time.monotonic())
        self._painter.paint(made, height)
        self._sound.beep(picture.beep)

    # --- the keyboard -----------------------------------------------------------------------------------------

    def _key_down(self, _window: Any, code: int, _scancode: int, _text: str, modifiers: list[str]) -> bool:
        repeat = code in self._down
        self._down.add(code)
        if name := key_name(code, modifiers):
            self._session.key(name, repeat)
            self._repaint()
        return True  # nothing else here wants keys: Esc must not close the window

    def _key_up(self, _window: Any, code: int, *_: Any) -> bool:
        self._down.discard(code)
        return True

    def _lost(self, *_: Any) -> None:
        self._down.clear()

    # --- touch ------------------------------------------------------------------------------------------------

    def _at(self, touch: Any) -> tuple[float, float]:
        return float(touch.x), float(Window.height) - 1 - float(touch.y)

    def _pressed(self, _root: Any, touch: Any) -> bool:
        x, y = self._at(touch)
        now = time.monotonic()
        then, last_x, last_y = self._last_touch
        self._last_touch = (now, x, y)
        if self._scene is None or (now - then < SAME_TOUCH_S and (x, y) == (last_x, last_y)):
            return True
        if touch.is_mouse_scrolling:
            self._session.act("page_down" if touch.button == "scrollup" else "page_up")
            self._repaint()
            return True
        self._touch_action, self._touch_at, self._touch_dragged = self._fingers.hit(x, y, now), (x, y), 0
        if self._touch_action and not self._touch_action.startswith("line:"):
            self._session.act(self._touch_action)  # at once: a cashier does not wait for the finger to leave
        self._repaint()
        return True

    def _moved(self, _root: Any, touch: Any) -> bool:
        if self._scene is None or not self._touch_action.startswith("line:"):
            return True
        _, y = self._at(touch)
        rows = round((self._touch_at[1] - y) / self._scene.row_height)
        if rows != self._touch_dragged:
            self._session.scroll(rows - self._touch_dragged)
            self._touch_dragged = rows
            self._repaint()
        return True

    def _released(self, _root: Any, touch: Any) -> bool:
        if self._touch_action.startswith("line:") and not self._touch_dragged:
            self._session.act(self._touch_action)
        self._touch_action = ""
        self._repaint()
        return True

    # --- pictures ---------------------------------------------------------------------------------------------

    def _resized(self, _window: Any, width: float, height: float) -> None:
        self._root.size = (width, height)
        self._repaint()

    def _flip(self, *_: Any) -> None:
        if self._paint_began_s is not None:
            glFinish()  # else the drawing is waited for out of our sight, in the flip
            self._session.busy(time.monotonic() - self._paint_began_s)
            self._paint_began_s = None
        if self._proof_due or not self._shown:
            self._proof_due = False
            if not self._shown:
                self._shown = True  # with or without a daemon: a screen that says so is at work
                self._notifier.ready()
            self._notifier.alive()
        if self._seen_view and not self._said_ready:
            self._said_ready = True
            print(f"ready {int(Window.width)}x{int(Window.height)}", flush=True)
        if self._picture_due:
            self._picture_due = False
            self._save()

    def _save(self) -> None:
        path = self._options.picture
        if path is None:
            return
        width, height = (int(x) for x in Window.system_size)
        pixels = glReadPixels(0, 0, width, height, GL_RGB, GL_UNSIGNED_BYTE)
        try:
            write_png(path, width, height, bytes(pixels))
        except OSError as error:
            self._log(f"the picture was not saved: {error}")


def run(options: Options, texts: Mapping[str, Texts], log: Callable[[str], None]) -> int:
    """Opens the screen and stays until it is closed."""
    return Till(options, texts, log).run()
