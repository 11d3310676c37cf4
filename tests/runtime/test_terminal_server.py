"""The local socket: views to all, commands answered, mischief put off the line, nobody else disturbed."""

from __future__ import annotations

import asyncio
import contextlib
import stat
import struct
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import pytest

from runtime.terminal.sentences import network_sentence
from runtime.terminal.server import MAX_ANSWERS_LATER, MAX_PEERS, MAX_UNSENT_BYTES, FrontEndServer
from runtime.wire.frames import FrameReader, encode
from runtime.wire.messages import PROTOCOL, Answer, Command, Hello, Message, View, ViewLine, ViewNetwork


def view(rev: int, lines: int = 0) -> View:
    line = ViewLine(1, "1", "水" * 100, "each", 1, 0, 200, 200, 200, 0, "")
    network = ViewNetwork(True, 0, network_sentence("OK"))
    at = "2026-11-22T18:30:00"
    return View(
        rev, "S1", "T1", "", at, "CNY", 2, "idle", (line,) * lines, (), 0, 0, 0, 0, 0, devices=(), network=network
    )


class Peer:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer
        self.frames = FrameReader()
        self.waiting: list[Message] = []

    @classmethod
    async def connect(cls, path: Path, hello: bool = True) -> Peer:
        peer = cls(*await asyncio.open_unix_connection(path))
        if hello:
            peer.writer.write(encode(Hello(PROTOCOL, "cashier")))
        return peer

    async def next(self) -> Message | None:
        async with asyncio.timeout(5):
            while not self.waiting:
                data = await self.reader.read(1 << 20)
                if not data:
                    return None
                self.waiting += self.frames.feed(data)
        return self.waiting.pop(0)


class Daemon:
    def __init__(self, path: Path) -> None:
        self.rev = 1
        self.lines = 0
        self.server = FrontEndServer(path, self.handle, lambda: view(self.rev, self.lines))

    def handle(self, command: Command) -> Answer:
        self.rev += 1
        self.server.publish(view(self.rev))
        return Answer(command.id, True)


async def scenario(path: Path) -> tuple[FrontEndServer, Daemon]:
    daemon = Daemon(path)
    await daemon.server.start()
    return daemon.server, daemon


def test_hello_gives_a_view_and_a_command_an_answer_to_one_and_a_view_to_all(tmp_path: Path) -> None:
    async def run() -> None:
        server, _ = await scenario(tmp_path / "s")
        one, two = await Peer.connect(tmp_path / "s"), await Peer.connect(tmp_path / "s")
        for peer in (one, two):
            first = await peer.next()
            assert isinstance(first, View) and first.rev == 1
        one.writer.write(encode(Command(7, "subtotal")))
        got = [await one.next(), await one.next()]
        assert any(isinstance(m, Answer) and m.id == 7 for m in got)
        seen = await two.next()
        assert isinstance(seen, View) and seen.rev == 2
        await server.stop()

    asyncio.run(run())


@pytest.mark.parametrize(
    "mischief",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        struct.pack(">I", 1 << 30),
        struct.pack(">I", 3) + b"\xc1\xc1\xc1",
        encode(Hello(99, "cashier")),
        encode(Command(1, "subtotal")),  # before Hello
    ],
)
def test_mischief_is_put_off_the_line_and_others_go_on(tmp_path: Path, mischief: bytes) -> None:
    async def run() -> None:
        server, daemon = await scenario(tmp_path / "s")
        good, bad = await Peer.connect(tmp_path / "s"), await Peer.connect(tmp_path / "s", hello=False)
        await good.next()
        bad.writer.write(mischief)
        bad.writer.write_eof()
        assert await bad.next() is None
        daemon.server.publish(view(5))
        seen = await good.next()
        assert isinstance(seen, View) and seen.rev == 5
        await server.stop()

    asyncio.run(run())


def test_a_slow_front_end_gets_the_newest_view_and_does_not_hold_up_the_rest(tmp_path: Path) -> None:
    async def run() -> None:
        server, daemon = await scenario(tmp_path / "s")
        daemon.lines = 200
        slow = await Peer.connect(tmp_path / "s")
        await asyncio.sleep(0)
        while not server._clients:
            await asyncio.sleep(0.01)
        size = len(encode(view(1, 200)))
        for daemon.rev in range(2, 2 + 4 * MAX_UNSENT_BYTES // size + 40):
            server.publish(view(daemon.rev, 200))
        newest, seen = daemon.rev, 0
        views = 0
        while seen != newest:
            message = await slow.next()
            assert isinstance(message, View) and message.rev > seen
            seen, views = message.rev, views + 1
        assert views < newest - 1
        await server.stop()

    asyncio.run(run())


def test_the_socket_is_the_owners_alone_and_an_old_one_is_taken_over(tmp_path: Path) -> None:
    async def run() -> None:
        (tmp_path / "s").write_text("left by a daemon that was killed")
        server, _ = await scenario(tmp_path / "s")
        mode = (tmp_path / "s").stat().st_mode
        assert stat.S_ISSOCK(mode) and stat.S_IMODE(mode) & 0o077 == 0
        await server.stop()
        assert not (tmp_path / "s").exists()

    asyncio.run(run())


def test_a_living_daemons_socket_is_not_taken(tmp_path: Path) -> None:
    async def run() -> None:
        server, _ = await scenario(tmp_path / "s")
        with pytest.raises(FileExistsError):
            await Daemon(tmp_path / "s").server.claim()
        peer = await Peer.connect(tmp_path / "s")
        assert isinstance(await peer.next(), View)
        await server.stop()

    asyncio.run(run())


def test_who_connects_before_it_serves_is_served_then(tmp_path: Path) -> None:
    async def run() -> None:
        daemon = Daemon(tmp_path / "s")
        await daemon.server.claim()
        early = await Peer.connect(tmp_path / "s")
        daemon.rev = 7
        await daemon.server.start()
        first = await early.next()
        assert isinstance(first, View) and first.rev == 7
        await daemon.server.stop()

    asyncio.run(run())


def test_connections_that_say_nothing_are_limited(tmp_path: Path) -> None:
    async def run() -> None:
        server, _ = await scenario(tmp_path / "s")
        silent = [await Peer.connect(tmp_path / "s", hello=False) for _ in range(40)]
        ended = await asyncio.gather(*(peer.next() for peer in silent[MAX_PEERS:]))
        assert ended == [None] * (40 - MAX_PEERS)
        for peer in silent:
            peer.writer.close()
        for _ in range(100):
            await asyncio.sleep(0.01)
            late = await Peer.connect(tmp_path / "s")
            if isinstance(await late.next(), View):
                break
        else:
            raise AssertionError("nobody is served any more")
        await server.stop()

    asyncio.run(run())


class LateDaemon(Daemon):
    """Answers when it is told to; number 13 never, for it has a fault."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.now = asyncio.Event()
        self.begun = 0
        self.ended = 0
        self.server = FrontEndServer(path, self.later, lambda: view(self.rev, self.lines))

    def later(self, command: Command) -> Answer | Coroutine[Any, Any, Answer]:
        return Answer(command.id, True) if command.name == "scan" else self._late(command)

    async def _late(self, command: Command) -> Answer:
        self.begun += 1
        try:
            await self.now.wait()
        finally:
            self.ended += 1
        if command.id == 13:
            raise ValueError("a fault of ours")
        return Answer(command.id, True)


def test_an_answer_that_takes_its_time_holds_up_no_other(tmp_path: Path) -> None:
    async def run() -> None:
        daemon = LateDaemon(tmp_path / "s")
        await daemon.server.start()
        peer, gone, faulty, greedy = [await Peer.connect(tmp_path / "s") for _ in range(4)]
        for one in (peer, gone, faulty, greedy):
            await one.next()
        peer.writer.write(encode(Command(1, "sign_on")) + encode(Command(2, "scan")))
        assert await peer.next() == Answer(2, True)
        gone.writer.write(encode(Command(3, "sign_on")))
        faulty.writer.write(encode(Command(13, "sign_on")))
        greedy.writer.write(b"".join(encode(Command(n, "sign_on")) for n in range(20, 20 + MAX_ANSWERS_LATER + 1)))
        assert await greedy.next() is None  # put off the line, and what it asked for is let go
        async with asyncio.timeout(5):
            while daemon.begun < 3:
                await asyncio.sleep(0.005)
            gone.writer.close()
            while daemon.begun - daemon.ended > 2:  # nobody waits for that answer any more
                await asyncio.sleep(0.005)
        daemon.now.set()
        assert await peer.next() == Answer(1, True)
        with contextlib.suppress(ConnectionError):
            assert await faulty.next() is None
        await daemon.server.stop()

    asyncio.run(run())
