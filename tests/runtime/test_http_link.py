"""HTTP over a real socket: kept connections, dead ones, slow ones, endless ones and nonsense."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runtime.link.http_link import HttpLink
from runtime.link.ports import LinkDown, LinkReply

Answer = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Server:
    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self.connections = 0
        self.requests: list[bytes] = []

    async def __aenter__(self) -> Server:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                _, _, rest = head.lower().partition(b"content-length: ")
                length = int(rest.split(b"\r\n")[0]) if rest else 0
                self.requests.append(head + await reader.readexactly(length))
                await self._answer(reader, writer)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            return
        finally:
            writer.close()

    def link(self, **also: Any) -> HttpLink:
        return HttpLink(f"http://127.0.0.1:{self.port}", **also)


def says(*parts: bytes, close: bool = False) -> Answer:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for part in parts:
            writer.write(part)
            await writer.drain()
            await asyncio.sleep(0)
        if close:
            raise ConnectionError

    return answer


def really(main: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(main, 10))


OK = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc"


def test_one_connection_is_kept() -> None:
    async def main() -> None:
        async with Server(says(OK)) as server:
            link = server.link()
            for _ in range(5):
                assert await link.post("/v1/records", b"\x80") == LinkReply(200, b"abc", None)
            assert server.connections == 1
            assert (
                server.requests[0].startswith(b"POST /v1/records HTTP/1.1\r\n") and server.requests[0][-1:] == b"\x80"
            )
            assert b"application/msgpack" in server.requests[0]
            await link.close()

    really(main())


def test_a_kept_connection_that_died_is_opened_anew() -> None:
    async def main() -> None:
        async with Server(says(OK, close=True)) as server:
            link = server.link()
            for _ in range(3):
                assert (await link.post("/", b"x")).status == 200
                await asyncio.sleep(0.01)
            assert server.connections == 3
            await link.close()

    really(main())


def test_chunks_and_retry_after() -> None:
    busy = b"HTTP/1.1 503 Busy\r\nRetry-After: 30\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n"

    async def main() -> None:
        async with Server(says(b"HTTP/1.1 100 Continue\r\n\r\n", busy[:40], busy[40:])) as server:
            link = server.link()
            assert await link.post("/", b"x") == LinkReply(503, b"abc", 30)
            await link.close()
        dated = b"HTTP/1.1 503 Busy\r\nRetry-After: Sun, 22 Nov 2026 18:30:00 GMT\r\nContent-Length: 0\r\n\r\n"
        async with Server(says(dated)) as server:
            link = server.link()
            assert (await link.post("/", b"x")).retry_after_s is None
            await link.close()

    really(main())


@pytest.mark.parametrize(
    "answer",
    [
        says(close=True),
        says(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc", close=True),
        says(b"SSH-2.0-OpenSSH_9.2\r\n", close=True),
        says(b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n" + b"x" * 5000),
        says(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"3e8\r\n" + b"x" * 1000 + b"\r\n" * 100),
        says(b"HTTP/1.1 200 OK\r\nX: " + b"y" * 100_000),
        says(b"HTTP/1.1 100 Continue\r\n\r\n" * 5000),
        says(),  # and then nothing for ever
    ],
)
def test_what_is_no_whole_answer_is_a_link_that_is_down(answer: Answer) -> None:
    async def main() -> None:
        async with Server(answer) as server:
            link = server.link(timeout_s=0.3, max_answer_bytes=1000)
            with pytest.raises(LinkDown):
                await link.post("/", b"x")
            await link.close()

    really(main())


def test_nobody_there_and_no_such_name() -> None:
    async def main() -> None:
        async with Server(says(OK)) as server:
            port = server.port
        for url in (f"http://127.0.0.1:{port}", "http://no-such-host.invalid", "http://" + "x" * 70 + ".invalid"):
            with pytest.raises(LinkDown):
                await HttpLink(url, timeout_s=2).post("/", b"x")

    really(main())


def test_addresses() -> None:
    for url in ("https://gateway", "gateway:80", "http://", "http://a/?x=1", "http://u:p@a/", "http://a:99999", ""):
        with pytest.raises(ValueError):
            HttpLink(url)
    HttpLink("http://[::1]:8000/lane")


@settings(max_examples=40, deadline=None)
@given(st.lists(st.one_of(st.binary(max_size=60), st.sampled_from([OK, OK[:20], b"\r\n\r\n"])), max_size=4))
def test_any_bytes_are_an_answer_or_a_link_that_is_down(parts: list[bytes]) -> None:
    async def main() -> None:
        async with Server(says(*parts, close=True)) as server:
            link = server.link(timeout_s=0.5)
            for _ in range(2):
                try:
                    await link.post("/", b"x")
                except LinkDown:
                    pass
            await link.close()

    really(main())
