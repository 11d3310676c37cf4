"""A real `lane ui` on a real (virtual) display against a real socket: pictures, keys, kill and restart."""

from __future__ import annotations

import importlib.util
import shutil
import signal
import struct
import subprocess
import time
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
import ui_views
from ui_keyboard import Keyboard
from ui_server import TillServer, display, start_ui, until

from runtime.wire.messages import Answer, Command, Message
from tests.runtime.service.manager import Manager
from ui.session import MAX_BUSY_S

pytestmark = [
    pytest.mark.display,
    pytest.mark.skipif(shutil.which("Xvfb") is None, reason="Xvfb is not installed"),
    pytest.mark.skipif(importlib.util.find_spec("kivy") is None, reason="Kivy is not installed"),
]


def read_png(path: Path) -> tuple[int, int, bytes]:
    """Width, height, and the pixels as they were written (no filter)."""
    data = path.read_bytes()
    assert data[:8] == b"\x89PNG\r\n\x1a\n" and data[-8:-4] == b"IEND"
    width, height = struct.unpack(">II", data[16:24])
    length = struct.unpack(">I", data[33:37])[0]
    return width, height, zlib.decompress(data[41 : 41 + length])


def colours(path: Path) -> set[bytes]:
    width, height, pixels = read_png(path)
    stride = width * 3 + 1
    rows = (pixels[y * stride + 1 : (y + 1) * stride] for y in range(0, height, 3))
    return {row[x : x + 3] for row in rows for x in range(0, len(row), 9)}


@pytest.fixture(scope="module")
def shown() -> Iterator[str]:
    with display() as name:
        yield name


@pytest.fixture
def running(shown: str, tmp_path: Path) -> Iterator[tuple[TillServer, subprocess.Popen[str], Path]]:
    def answer(command: Command) -> list[Message]:
        state = {"subtotal": "tendering", "cash": "closed", "next": "idle", "scan": "ringing"}.get(command.name)
        view = ui_views.basket(rev=100 + command.id, state=state or "ringing", notice=None)
        return [Answer(command.id, True), view]

    server = TillServer(tmp_path / "s", ui_views.basket(), answer)
    picture = tmp_path / "p.png"
    ui = start_ui(shown, "--socket", str(tmp_path / "s"), "--picture", str(picture))
    try:
        assert until(picture.is_file, 20), ui.stderr.read() if ui.poll() is not None and ui.stderr else "no picture"
        yield server, ui, picture
    finally:
        ui.terminate()
        ui.wait(10)
        server.close()


def fresh(ui: subprocess.Popen[str], picture: Path) -> bytes:
    picture.unlink(missing_ok=True)
    ui.send_signal(signal.SIGUSR1)
    assert until(picture.is_file)
    return read_png(picture)[2]


def test_kill_and_restart_shows_the_same_basket(
    running: tuple[TillServer, subprocess.Popen[str], Path], shown: str
) -> None:
    server, ui, picture = running
    before = fresh(ui, picture)
    assert len(colours(picture)) > 50
    ui.kill()
    ui.wait(10)
    picture.unlink()
    again = start_ui(shown, "--socket", str(server.path), "--picture", str(picture))
    try:
        assert until(picture.is_file, 3 * 3)
        assert until(lambda: fresh(again, picture) == before)
    finally:
        again.terminate()
        assert again.wait(10) == 0
    assert again.stderr is not None
    assert again.stderr.read() == ""  # nothing on the console when all is well


def test_keys_and_touch(running: tuple[TillServer, subprocess.Popen[str], Path], shown: str) -> None:
    server, _, _ = running
    try:
        keyboard = Keyboard(shown)
    except FileNotFoundError as error:
        pytest.skip(str(error))
    keyboard.click(500, 400)  # gives the window the focus where no window manager does; touches an empty place
    keyboard.press("KP_Add", "KP_Add", pace_s=0.6)
    assert until(lambda: [c.name for c in server.commands] == ["subtotal", "cash"]), server.commands
    keyboard.press("KP_Enter")
    assert until(lambda: server.commands[-1].name == "next"), server.commands
    keyboard.press("6", "9", "0", "1", "2", "3", "Return", pace_s=0.004)
    assert until(lambda: server.commands[-1].args == {"code": "690123"}), server.commands

    def subtotal() -> bool:  # the wide button; it waits until the new state has been there for a moment
        keyboard.click(825, 470)
        return server.commands[-1].name == "subtotal"

    assert until(subtotal), server.commands


def test_a_form_by_keys(running: tuple[TillServer, subprocess.Popen[str], Path], shown: str) -> None:
    """Ctrl and the function keys come through the window as ui.keys writes them; a fast scan passes the form by."""
    server, ui, picture = running
    try:
        keyboard = Keyboard(shown)
    except FileNotFoundError as error:
        pytest.skip(str(error))
    keyboard.click(2, 2)
    before = fresh(ui, picture)
    for key in ("Ctrl+Delete", "2"):
        keyboard.till_key(key)
        assert until(lambda before=before: fresh(ui, picture) != before), key
        before = fresh(ui, picture)
    assert not server.commands
    time.sleep(2 * MAX_BUSY_S)  # else the 2 is a scan's first digit: the time of drawing a picture does not part keys
    keyboard.press("6", "9", "0", "1", "2", "3", "Return", pace_s=0.004)
    assert until(lambda: server.commands), "no scan"
    assert [(one.name, one.args) for one in server.commands] == [("scan", {"code": "690123"})]
    keyboard.till_key("Enter")
    assert until(lambda: len(server.commands) > 1)
    assert (server.commands[-1].name, server.commands[-1].args) == ("void_ticket", {"reason": "顾客无法付款"})


def test_the_daemon_goes_and_comes_back(running: tuple[TillServer, subprocess.Popen[str], Path]) -> None:
    server, ui, picture = running
    well = fresh(ui, picture)
    server.close()
    assert until(lambda: fresh(ui, picture) != well)
    back = TillServer(server.path, ui_views.basket())
    try:
        assert until(lambda: back.hellos > 0, 3)
        assert until(lambda: fresh(ui, picture) == well)
    finally:
        back.close()


def test_a_missing_font_is_named() -> None:
    from ui.screens.fonts import find_font

    with pytest.raises(FileNotFoundError, match="fonts-wqy-microhei"):
        find_font(("/nowhere",))


def test_it_tells_the_service_manager_with_or_without_a_daemon(
    shown: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ready with its first frame, and fed by frames while nobody touches anything and no daemon is there."""
    manager = Manager()
    monkeypatch.setenv("NOTIFY_SOCKET", manager.name)
    monkeypatch.setenv("WATCHDOG_USEC", "500000")
    settings = tmp_path / "terminal.toml"
    settings.write_text('[log]\nfolder = "logs"\n', encoding="utf-8")
    ui = start_ui(shown, "--socket", str(tmp_path / "nobody"), "--settings", str(settings))
    try:
        manager.wait("READY=1")
        for _ in range(3):
            manager.wait("WATCHDOG=1", 5)
    finally:
        ui.terminate()
        ui.wait(10)
    manager.wait("STOPPING=1", 1)
    manager.close()
    assert "not connected" in (tmp_path / "logs" / "ui.log").read_text(encoding="utf-8")
