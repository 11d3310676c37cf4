"""A keyboard and a mouse on an X display, through the server's XTEST: keys as a real keyboard makes them."""

from __future__ import annotations

import ctypes
import ctypes.util
import time

SYMBOLS = {
    "Enter": "Return", "Esc": "Escape", "Backspace": "BackSpace", "PageUp": "Prior", "PageDown": "Next",
    "*": "KP_Multiply", "+": "KP_Add", "/": "KP_Divide", ".": "period", "-": "minus", "_": "underscore",
}  # fmt: skip


class Keyboard:
    """Key presses through the X server's XTEST, as a keyboard makes them."""

    def __init__(self, name: str) -> None:
        x11, xtst = ctypes.util.find_library("X11"), ctypes.util.find_library("Xtst")
        if x11 is None or xtst is None:
            raise FileNotFoundError("libX11 or libXtst is not installed")
        self._x11, self._xtst = ctypes.CDLL(x11), ctypes.CDLL(xtst)
        self._x11.XOpenDisplay.restype = ctypes.c_void_p
        self._display = ctypes.c_void_p(self._x11.XOpenDisplay(name.encode()))

    def press(self, *keys: str, pace_s: float = 0.06) -> None:
        for key in keys:
            code = self._x11.XKeysymToKeycode(self._display, self._x11.XStringToKeysym(key.encode()))
            for down in (1, 0):
                self._xtst.XTestFakeKeyEvent(self._display, code, down, 0)
            self._x11.XFlush(self._display)
            time.sleep(pace_s)

    def till_key(self, key: str, pace_s: float = 0.06) -> None:
        """A key as ui.keys writes it: `F5`, `Ctrl+F5`, `/`, `a`."""
        held, _, name = key.rpartition("+") if key not in ("+", "Ctrl++") else ("", "", key)
        symbol = SYMBOLS.get(name, name)
        codes = [self._code("Control_L")] if held == "Ctrl" else []
        for code, down in [*((c, 1) for c in codes), (self._code(symbol), 1), (self._code(symbol), 0),
                           *((c, 0) for c in codes)]:  # fmt: skip
            self._xtst.XTestFakeKeyEvent(self._display, code, down, 0)
        self._x11.XFlush(self._display)
        time.sleep(pace_s)

    def _code(self, symbol: str) -> int:
        return int(self._x11.XKeysymToKeycode(self._display, self._x11.XStringToKeysym(symbol.encode())))

    def click(self, x: int, y: int) -> None:
        self._xtst.XTestFakeMotionEvent(self._display, -1, x, y, 0)
        self._x11.XFlush(self._display)
        time.sleep(0.05)
        for down in (1, 0):
            self._xtst.XTestFakeButtonEvent(self._display, 1, down, 0)
            self._x11.XFlush(self._display)
            time.sleep(0.05)
