"""A daemon that says what it is told, over a real unix socket, in real frames. And a display to show it on."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from runtime.wire.frames import FrameReader, encode
from runtime.wire.messages import Answer, Command, Hello, Message, View

ROOT = Path(__file__).resolve().parents[2]


class TillServer:
    """Sends `view` to whoever says Hello; keeps the commands; `answer` says what is answered to each."""

    def __init__(self, path: Path, view: View | None, answer: Callable[[Command], list[Message]] | None = None) -> None:
        self.path = path
        self.view = view
        self.commands: list[Command] = []
        self.hellos = 0
        self._answer = answer or (lambda command: [Answer(command.id, True)])
        self._lock = threading.Lock()
        self._connections: list[socket.socket] = []
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(str(path))
        self._listener.listen()
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        reader = FrameReader()
        with contextlib.suppress(OSError):
            while data := connection.recv(65536):
                for message in reader.feed(data):
                    self._got(connection, message)
        with self._lock:
            if connection in self._connections:
                self._connections.remove(connection)
        connection.close()

    def _got(self, connection: socket.socket, message: Message) -> None:
        if isinstance(message, Hello):
            self.hellos += 1
            with self._lock:
                self._connections.append(connection)
            if self.view is not None:
                connection.sendall(encode(self.view))
        elif isinstance(message, Command):
            self.commands.append(message)
            for one in self._answer(message):
                if isinstance(one, View):
                    self.view = one
                connection.sendall(encode(one))

    def show(self, view: View) -> None:
        self.view = view
        self.raw(encode(view))

    def raw(self, data: bytes) -> None:
        with self._lock:
            for connection in self._connections:
                with contextlib.suppress(OSError):  # it has left
                    connection.sendall(data)

    def close(self) -> None:
        with contextlib.suppress(OSError):  # closed already
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._lock:
            for connection in self._connections:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
        self.path.unlink(missing_ok=True)


def until(what: Callable[[], object], timeout_s: float = 8.0) -> bool:
    """Polls with a deadline."""
    end = time.monotonic() + timeout_s
    while time.monotonic() < end:
        if what():
            return True
        time.sleep(0.01)
    return bool(what())


@contextlib.contextmanager
def display(width: int = 1024, height: int = 768) -> Iterator[str]:
    """An Xvfb of its own, by the number that it picks itself."""
    if shutil.which("Xvfb") is None:
        raise FileNotFoundError("Xvfb is not installed")
    reading, writing = os.pipe()
    command = [
        "Xvfb",
        "-displayfd",
        str(writing),
        "-screen",
        "0",
        f"{width}x{height}x24",
        "-nolisten",
        "tcp",
        "-noreset",
    ]
    server = subprocess.Popen(command, pass_fds=[writing], stderr=subprocess.DEVNULL)
    os.close(writing)
    try:
        with os.fdopen(reading) as numbers:
            yield f":{numbers.readline().strip()}"
    finally:
        server.terminate()
        server.wait(10)


def start_ui(display_name: str, *words: str, config: Path | None = None) -> subprocess.Popen[str]:
    """A real `lane ui`."""
    environment = {**os.environ, "DISPLAY": display_name, "LIBGL_ALWAYS_SOFTWARE": "1", "KIVY_GL_BACKEND": "sdl2"}
    environment["LANE_CONFIG"] = str(config or ROOT / "config")
    command = [sys.executable, "-m", "runtime.cli", "ui", *words]
    return subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True)
