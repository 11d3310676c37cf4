"""Scanner, scale, display and provider over real ports, and what happens to all of them when one is lost."""

from __future__ import annotations

import asyncio
import fcntl
import os
from pathlib import Path
from typing import Any

import pytest
from device_peers import (
    Listener,
    PaperPrinter,
    PassiveScale,
    Provider,
    Pty,
    Server,
    manager_of,
    run,
    scale_frame,
    until,
)

from drivers.api import PaymentStatus, ScaleReading, ScanData
from runtime.devices import link as link_room
from runtime.devices import scale as scale_room
from runtime.devices.registry import DriverNameError
from runtime.devices.spec import SerialPort, TcpPort


def test_scans_garbage_unplug_and_replug(tmp_path: Path) -> None:
    async def test() -> None:
        listener, pty = Listener(), Pty(tmp_path / "scanner")
        manager = manager_of(listener, s=("scanner.serial_line", pty.port()))
        await manager.start()
        await until(lambda: manager.statuses()[0].code == "OK")
        pty.say(b"]E06901234567892\r\n")
        await until(lambda: listener.scans == [ScanData("6901234567892", "]E0")])
        pty.say(b"\x00\x01\r")
        await until(lambda: listener.garbage)
        assert manager.statuses()[0].code == "OK"
        pty.say(b"\xff\r" * 20)
        await until(lambda: manager.statuses()[0].code == "FAILURE")
        pty.say(b"690\r")
        await until(lambda: manager.statuses()[0].code == "OK")
        assert len(listener.garbage) == link_room.MAX_BAD  # then the state says it
        pty.unplug()
        await until(lambda: manager.statuses()[0].code == "NOHARDWARE")
        pty.plug()
        await until(lambda: manager.statuses()[0].code == "OK")
        pty.say(b"691\r")
        await until(lambda: listener.scans[-1] == ScanData("691"))
        assert listener.codes("s") == ["OK", "FAILURE", "OK", "NOHARDWARE", "OK"]
        assert pty.heard == b""  # a scanner is never written to
        await manager.stop()

    run(test)


def test_a_code_without_a_suffix_ends_with_silence(tmp_path: Path) -> None:
    async def test() -> None:
        listener, pty = Listener(), Pty(tmp_path / "scanner")
        manager = manager_of(listener, s=("scanner.serial_line", pty.port(), {"suffix": "none", "quiet_ms": 60}))
        await manager.start()
        await until(lambda: manager.statuses()[0].code == "OK")
        pty.say(b"690")
        pty.say(b"123")
        await until(lambda: listener.scans == [ScanData("690123")])
        await manager.stop()

    run(test)


def test_a_port_that_is_not_there_and_one_that_is_taken(tmp_path: Path) -> None:
    async def test() -> None:
        listener, pty = Listener(), Pty(tmp_path / "taken")
        other = os.open(pty.path, os.O_RDWR | os.O_NOCTTY)
        fcntl.flock(other, fcntl.LOCK_EX)
        (tmp_path / "file").write_text("no port")
        manager = manager_of(
            listener,
            gone=("scanner.serial_line", SerialPort(str(tmp_path / "gone"))),
            taken=("scanner.serial_line", pty.port()),
            file=("scanner.serial_line", SerialPort(str(tmp_path / "file"))),
            refused=("scanner.serial_line", TcpPort("127.0.0.1", 1)),
        )
        await manager.start()
        await until(lambda: [s.code for s in manager.statuses()] == ["NOHARDWARE", "BUSY", "NOHARDWARE", "OFFLINE"])
        os.close(other)
        await until(lambda: manager.statuses()[1].code == "OK")
        assert listener.codes("gone") == ["NOHARDWARE"]  # told once, however often it is looked for
        await manager.stop()

    run(test)


def test_weighing_waits_for_a_steady_weight(tmp_path: Path) -> None:
    async def test() -> None:
        listener, scale = Listener(), PassiveScale()
        pty = Pty(tmp_path / "scale", scale.take)
        manager = manager_of(listener, w=("scale.cas", pty.port()))
        await manager.start()
        await until(lambda: manager.statuses()[0].code == "OK")
        assert scale.asked == 0  # a probe weighs nothing
        scale.body = b"S 01.234kg"
        assert await manager.weigh(2.0) == ScaleReading("OK", 1234)
        scale.body = b"U 00.900kg"
        assert await manager.weigh(0.3) == ScaleReading("ESCAL_UNSTABLE", 900)
        scale.body = b"S-00.100kg"
        assert await manager.weigh(0.3) == ScaleReading("ESCAL_UNDER_ZERO", -100)

        def settles(data: bytes) -> bytes:
            answer = scale.take(data)
            if scale.asked >= asked + 3:
                scale.body = b"S 00.950kg"
            return answer

        scale.body, asked, pty.hear = b"U 00.900kg", scale.asked, settles
        assert await manager.weigh(3.0) == ScaleReading("OK", 950)
        pty.hear = lambda data: b""
        assert await manager.weigh(0.8) == "TIMEOUT"
        assert manager.statuses()[0].code == "TIMEOUT"
        pty.unplug()
        await until(lambda: manager.statuses()[0].code == "NOHARDWARE")
        assert await manager.weigh(0.2) == "NOHARDWARE"
        await manager.stop()

    run(test)


def test_a_scale_that_talks_all_the_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def test() -> None:
        monkeypatch.setattr(scale_room, "TALKS_S", 0.3)
        listener, pty = Listener(), Pty(tmp_path / "scale")
        manager = manager_of(listener, w=("scale.cas", pty.port(), {"mode": "active"}))
        await manager.start()
        await until(lambda: manager.statuses()[0].code == "TIMEOUT")
        pty.say(scale_frame(b"S 01.234kg") + b"\x00")
        await until(lambda: manager.statuses()[0].code == "OK")
        # The old weight does not count: only what is said from now on.
        task = asyncio.ensure_future(manager.weigh(2.0))
        await asyncio.sleep(0)
        pty.say(scale_frame(b"U 00.500kg") + b"\x00" + scale_frame(b"S 00.600kg") + b"\x00")
        while not task.done():
            await asyncio.sleep(0.02)
            pty.say(scale_frame(b"S 00.600kg") + b"\x00")
        assert task.result() == ScaleReading("OK", 600)
        assert pty.heard == b""
        await manager.stop()

    run(test)


def test_a_display_shows_the_last_amount_also_after_a_replug(tmp_path: Path) -> None:
    async def test() -> None:
        listener, pty = Listener(), Pty(tmp_path / "display")
        manager = manager_of(listener, d=("line_display.led8", pty.port()))
        manager.show("price", 100)
        await manager.start()
        await until(lambda: pty.heard == b"\x1bs1\x1bQA1.00\r")
        for amount in range(500):
            manager.show("total", amount)
        await until(lambda: pty.heard.endswith(b"\x1bs2\x1bQA4.99\r"))
        pty.unplug()
        await until(lambda: manager.statuses()[0].code == "NOHARDWARE")
        manager.show("change", 5)
        pty.heard = b""
        pty.plug()
        await until(lambda: pty.heard == b"\x1bs4\x1bQA0.05\r")
        await manager.stop()

    run(test)


def test_payments_are_matched_and_what_is_not_known_is_said(tmp_path: Path) -> None:
    async def test() -> None:
        listener, provider = Listener(), Provider()
        server = await Server(provider.take).open()
        manager = manager_of(listener, e=("electronic_value.simulated", server.port()))
        await manager.start()
        await until(lambda: manager.statuses()[0].code == "OK")
        provider.states = ["USERPAYING", "SUCCESS", "REVOKED"]
        assert await manager.pay("T1", "280000000000000000", 100, 2.0) == PaymentStatus("T1", "USERPAYING")
        assert await manager.query_payment("T1", 2.0) == PaymentStatus("T1", "SUCCESS")
        assert await manager.cancel_payment("T1", 2.0) == PaymentStatus("T1", "REVOKED")
        assert [a["op"] for a in provider.asked] == ["pay", "query", "cancel"]
        assert provider.asked[0]["amount_minor"] == 100

        provider.states = [None, "NOTFOUND"]
        assert await manager.pay("T2", "28", 100, 0.2) == "TIMEOUT"  # may have gone through
        assert await manager.query_payment("T2", 2.0) == PaymentStatus("T2", "NOTFOUND")
        assert server.connections == 2  # no late answer can reach the second question

        await server.close()
        await until(lambda: manager.statuses()[0].code == "OFFLINE")
        asked = len(provider.asked)
        assert await manager.pay("T3", "28", 100, 0.1) == "OFFLINE"  # nothing went out
        assert len(provider.asked) == asked
        await manager.stop()

    run(test)


def test_a_late_answer_is_never_taken_for_the_next_one() -> None:
    async def test() -> None:
        listener, provider = Listener(), Provider()
        late: list[bytes] = []

        def hear(data: bytes) -> bytes:
            answer = provider.take(data)
            if b"USERPAYING" in answer:
                late.append(answer)
                return b""
            return b"".join(late) + answer if server.connections == 1 else answer

        server = await Server(hear).open()
        manager = manager_of(listener, e=("electronic_value.simulated", server.port()))
        await manager.start()
        await until(lambda: manager.statuses()[0].code == "OK")
        provider.states = ["USERPAYING", "REVOKED"]
        assert await manager.pay("T1", "28", 100, 0.2) == "TIMEOUT"
        assert await manager.cancel_payment("T1", 2.0) == PaymentStatus("T1", "REVOKED")
        await manager.stop()
        await server.close()

    run(test)


def test_a_driver_that_breaks_harms_no_other_and_is_begun_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def test() -> None:
        listener, bad, good = Listener(), Pty(tmp_path / "bad"), Pty(tmp_path / "good")
        paper = PaperPrinter()
        server = await Server(paper.take).open()
        manager = manager_of(
            listener,
            bad=("scanner.serial_line", bad.port()),
            good=("scanner.serial_line", good.port(), {"suffix": "lf"}),
            printer=("pos_printer.escpos", server.port()),
        )
        from drivers.scanner import serial_line

        receive = serial_line.Codec.receive

        def breaks(self: Any, data: bytes) -> Any:
            if data.startswith(b"boom"):
                raise ZeroDivisionError("a driver's fault")
            return receive(self, data)

        monkeypatch.setattr(serial_line.Codec, "receive", breaks)
        await manager.start()
        await until(lambda: [s.code for s in manager.statuses()] == ["OK"] * 3)
        bad.say(b"boom")
        await until(lambda: "FAILURE" in listener.codes("bad"))
        good.say(b"690\n")
        await until(lambda: listener.scans == [ScanData("690")])
        await until(lambda: manager.statuses()[0].code == "OK")
        bad.say(b"691\r")
        await until(lambda: listener.scans[-1] == ScanData("691"))
        assert listener.codes("good") == listener.codes("printer") == ["OK"]
        await manager.stop()
        await server.close()

    run(test)


def test_a_flood_of_noise_starves_nobody(tmp_path: Path) -> None:
    async def test() -> None:
        listener, scanner = Listener(), Pty(tmp_path / "scanner")
        server = await Server(lambda data: b"").open()
        flood = await Server(lambda data: os.urandom(200_000)).open()
        manager = manager_of(
            listener,
            flood=("electronic_value.simulated", flood.port()),
            s=("scanner.serial_line", scanner.port()),
        )
        await manager.start()
        await until(lambda: manager.statuses()[0].code == "FAILURE" and manager.statuses()[1].code == "OK")
        scanner.say(b"690\r")
        await until(lambda: listener.scans, 2.0)
        await manager.stop()
        await flood.close()
        await server.close()

    run(test)


def test_an_unknown_driver_is_said_at_once() -> None:
    with pytest.raises(DriverNameError, match=r"scanner\.serial_line"):
        manager_of(Listener(), s=("scanner.serial", TcpPort("127.0.0.1", 1)))
