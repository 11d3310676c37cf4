"""One for one: a driver that raises, or never returns, is its device's trouble; its neighbours and the loop go on."""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest
from device_peers import Listener, Pty, manager_of, run, until

from drivers.api import ScanData
from drivers.line_display import led8
from drivers.scanner import serial_line
from runtime.devices import guard
from runtime.devices import restarts as restarts_room
from runtime.devices.guard import DriverHung, Guarded
from runtime.devices.ports import DeviceStatus
from runtime.devices.restarts import BACKOFF_LAST_S, FAULTS, REST_S, Restarts

LIMIT_S = 0.15


def spins() -> None:
    while True:
        pass


def spins_and_catches() -> None:
    while True:
        try:
            spins()
        except Exception:  # noqa: BLE001 - as drivers do
            continue


def sleeps() -> None:
    time.sleep(3600)


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "LIMIT_S", LIMIT_S)


def at_byte(monkeypatch: pytest.MonkeyPatch, byte: bytes, fault: Callable[[], None]) -> None:
    """The scanner's codec has this fault when the byte comes."""
    receive = serial_line.Codec.receive

    def faulty(self: Any, data: bytes) -> Any:
        if byte in data:
            fault()
        return receive(self, data)

    monkeypatch.setattr(serial_line.Codec, "receive", faulty)


@pytest.mark.parametrize("fault", [spins, spins_and_catches, sleeps])
def test_a_driver_that_never_returns_is_interrupted_and_begun_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: Callable[[], None]
) -> None:
    async def test() -> None:
        at_byte(monkeypatch, b"!", fault)
        listener, bad, good = Listener(), Pty(tmp_path / "bad"), Pty(tmp_path / "good")
        manager = manager_of(
            listener, bad=("scanner.serial_line", bad.port()), good=("scanner.serial_line", good.port())
        )
        await manager.start()
        await until(lambda: [s.code for s in manager.statuses()] == ["OK", "OK"])
        bad.say(b"69!")
        good.say(b"690\r")
        await until(lambda: listener.scans == [ScanData("690")])
        await until(lambda: "FAILURE" in listener.codes("bad"))
        await until(lambda: manager.statuses()[0].code == "OK")
        bad.say(b"691\r")
        await until(lambda: listener.scans[-1] == ScanData("691"))
        assert listener.codes("good") == ["OK"]
        await manager.stop()

    run(test)


def test_without_the_guard_the_loop_would_stand_still(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The fault that the test above would see: nothing limits the call."""
    hung_s = 1.0

    async def test() -> None:
        at_byte(monkeypatch, b"!", lambda: time.sleep(hung_s))
        monkeypatch.setattr(guard._Timer, "_can", lambda self: False)
        listener, bad = Listener(), Pty(tmp_path / "bad")
        manager = manager_of(listener, bad=("scanner.serial_line", bad.port()))
        await manager.start()
        await until(lambda: manager.statuses()[0].code == "OK")
        bad.say(b"!")
        slowest, last = 0.0, time.monotonic()
        while slowest < hung_s * 0.9 and last < time.monotonic() + 5:
            await asyncio.sleep(0.005)
            slowest, last = max(slowest, time.monotonic() - last), time.monotonic()
        assert "FAILURE" not in listener.codes("bad")
        await manager.stop()

    run(test)


def test_a_driver_that_hangs_is_asked_nothing_more_until_it_is_begun_again(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The sale waits for the display once, not at every scan; and the log has it once."""
    asked: list[str] = []

    def hangs(*_: object) -> None:
        asked.append("show")
        sleeps()

    monkeypatch.setattr(led8.Codec, "show", hangs)

    async def test() -> None:
        from runtime.devices.spec import SerialPort

        manager = manager_of(Listener(), d=("line_display.led8", SerialPort("/nowhere/display")))
        for _ in range(100):
            manager.show("total", 1)
        assert asked == ["show"]
        assert [record.getMessage() for record in caplog.records] == [
            f"device d: it did not return within {LIMIT_S:g} s"
        ]

    run(test)


def test_a_driver_that_fails_again_and_again_rests(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def raises() -> None:
        raise ZeroDivisionError("a driver's fault")

    async def test() -> None:
        monkeypatch.setattr(restarts_room, "BACKOFF_FIRST_S", 0.02)
        monkeypatch.setattr(restarts_room, "BACKOFF_LAST_S", 0.02)
        monkeypatch.setattr(restarts_room, "REST_S", 0.5)
        at_byte(monkeypatch, b"!", raises)
        listener, bad, good = Listener(), Pty(tmp_path / "bad"), Pty(tmp_path / "good")
        manager = manager_of(
            listener, bad=("scanner.serial_line", bad.port()), good=("scanner.serial_line", good.port())
        )
        await manager.start()
        for _ in range(FAULTS):
            await until(lambda: manager.statuses()[0].code == "OK")
            bad.say(b"!")
            await until(lambda: manager.statuses()[0].code != "OK")
        await until(lambda: manager.statuses()[0].code == "DRIVER_FAILED")
        good.say(b"690\r")
        await until(lambda: listener.scans == [ScanData("690")])
        assert listener.codes("good") == ["OK"]
        await until(lambda: manager.statuses()[0].code == "OK")  # and it comes back by itself
        await manager.stop()

    run(test)


@pytest.mark.parametrize("fault", [spins, sleeps, lambda: 1 // 0])
def test_a_driver_that_cannot_be_begun_is_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: Callable[[], Any]
) -> None:
    monkeypatch.setattr(led8.Codec, "__init__", lambda *_: fault())

    async def test() -> None:
        listener, pty = Listener(), Pty(tmp_path / "s")
        manager = manager_of(listener, d=("line_display.led8", pty.port()), s=("scanner.serial_line", pty.port()))
        await manager.start()
        await until(lambda: [one.code for one in manager.statuses()] == ["DRIVER_FAILED", "OK"])
        manager.show("total", 1)
        pty.say(b"690\r")
        await until(lambda: listener.scans == [ScanData("690")])
        await manager.stop()

    run(test)


def test_a_listener_that_raises_ends_no_link(tmp_path: Path) -> None:
    class Raising(Listener):
        def status_changed(self, status: DeviceStatus) -> None:
            super().status_changed(status)
            raise ZeroDivisionError("the till's fault")

    async def test() -> None:
        listener, pty = Raising(), Pty(tmp_path / "s")
        manager = manager_of(listener, s=("scanner.serial_line", pty.port()))
        await manager.start()
        await until(lambda: manager.statuses()[0].code == "OK")
        pty.unplug()
        await until(lambda: manager.statuses()[0].code == "NOHARDWARE")
        pty.plug()
        await until(lambda: manager.statuses()[0].code == "OK")
        await manager.stop()

    run(test)


def test_waits_grow_and_faults_are_counted() -> None:
    restarts = Restarts(Random(1))
    now, waits = 0.0, []
    for _ in range(50):  # unplugged: for ever, never slower than this
        waits.append(restarts.wait_s(now, now, False))
        now += waits[-1]
        assert not restarts.resting
    assert waits[0] <= 0.25 and BACKOFF_LAST_S / 2 <= waits[-1] <= BACKOFF_LAST_S
    assert restarts.wait_s(now, now + 60, False) <= 0.25  # it held
    begun_again = 0
    hour = now + 3600
    while now < hour:  # a driver that fails at once, for an hour
        now += restarts.wait_s(now, now, True)
        begun_again += 1
    assert begun_again <= 3600 / REST_S + FAULTS


def test_alarms_leave_nothing_behind() -> None:
    """A hundred calls that end at the limit, more or less: whatever happens, happens inside the call."""

    class Codec:
        quiet_ms = 7

        def ask(self, seconds: float) -> str:
            until_s = time.monotonic() + seconds
            while time.monotonic() < until_s:
                pass
            return "asked"

        def nested(self, other: Guarded) -> str:
            return str(other.ask(0.0))

        def lazy(self) -> Any:
            yield from (1, 2)

    guard.LIMIT_S = 0.01
    said = []
    for number in range(100):
        codec = Guarded(Codec(), said.append)
        try:
            assert codec.ask(0.008 + number * 0.00004) == "asked"
        except DriverHung:
            pass
        time.sleep(0)
    guard.LIMIT_S = 0.05
    time.sleep(0.05)  # an alarm that was left behind would ring here
    sound = Guarded(Codec(), said.append)
    assert sound.quiet_ms == 7 and sound.nested(sound) == "asked" and sound.lazy() == (1, 2)
    assert not hasattr(sound, "ask_reached")


@pytest.mark.parametrize("guarded", [True, False])
def test_no_others_object_ends_under_the_alarm(monkeypatch: pytest.MonkeyPatch, guarded: bool) -> None:
    """The collector does not run in a codec's call; where it may (the fault), an object does end there."""
    ends: list[bool] = []

    class Other:
        def __init__(self) -> None:
            self.me = self  # only the collector ends it

        def __del__(self) -> None:
            ends.append(guard._timer._armed)

    class Codec:
        def ask(self) -> int:
            return len([[] for _ in range(100_000)])  # the collector would look several times

    monkeypatch.setattr(guard, "LIMIT_S", 30.0)
    if not guarded:
        monkeypatch.setattr(gc, "disable", lambda: None)
    gc.collect()
    Other()
    assert Guarded(Codec(), lambda error: None).ask() == 100_000
    assert gc.isenabled()
    gc.collect()
    assert ends == [not guarded]
