"""HTTP to a server of ours: h11 over asyncio streams, one kept-alive connection, one request at a time.

Every request may be sent twice (what a server has is not stored again), so a kept connection that turns out to be dead
is opened anew and the request repeated once. Nothing but LinkDown is ever raised.
"""

from __future__ import annotations

import asyncio
import ssl
from urllib.parse import urlsplit

import h11

from runtime.link.ports import Cause, LinkDown, LinkReply, NoCertificate, Tls
from runtime.wire.records import CONTENT_TYPE

MAX_ANSWER_BYTES = 1 << 16
READ_BYTES = 1 << 16


class HttpLink:
    """`base_url` is `http://host[:port][/prefix]`, or `https:` with `tls`; ValueError if it is not. Times in seconds:
    `timeout_s` for a whole request, of a download for each piece. With `tls` nothing is said before the server has
    proved that it is the one that `tls` names."""

    def __init__(
        self,
        base_url: str,
        *,
        timeout_s: float = 10.0,
        max_answer_bytes: int = MAX_ANSWER_BYTES,
        tls: Tls | None = None,
    ) -> None:
        parts = urlsplit(base_url)
        scheme = "http" if tls is None else "https"
        if parts.scheme != scheme or not parts.hostname or parts.query or parts.fragment or parts.username:
            raise ValueError(f"{base_url!r} is not {scheme}://host[:port][/prefix]")
        self._host = parts.hostname
        self._port = parts.port or (80 if tls is None else 443)
        self._authority = parts.netloc.encode("ascii", "strict")
        self._prefix = parts.path.rstrip("/")
        self._timeout_s = timeout_s
        self._max_answer_bytes = max_answer_bytes
        self._tls = tls
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self._http = h11.Connection(h11.CLIENT)
        self._answering = False

    async def post(self, path: str, body: bytes) -> LinkReply:
        content = (b"Content-Type", CONTENT_TYPE.encode("ascii")), (b"Content-Length", b"%d" % len(body))
        return await self._exchange(self._request("POST", path, *content), body)

    async def get(self, path: str) -> LinkReply:
        return await self._exchange(self._request("GET", path))

    def _request(self, method: str, path: str, *headers: tuple[bytes, bytes]) -> h11.Request:
        target = f"{self._prefix}{path}".encode("ascii")
        return h11.Request(method=method, target=target, headers=[(b"Host", self._authority), *headers])

    async def _exchange(self, request: h11.Request, body: bytes = b"") -> LinkReply:
        try:
            async with asyncio.timeout(self._timeout_s):
                return await self._twice(request, body)
        except (OSError, h11.ProtocolError, ValueError) as error:  # TimeoutError is an OSError
            self._drop()
            raise LinkDown(f"{type(error).__name__}: {error}", _cause(error)) from error
        except BaseException:
            self._drop()
            raise

    async def _twice(self, request: h11.Request, body: bytes) -> LinkReply:
        kept = self._streams is not None
        try:
            return await self._once(request, body)
        except (OSError, h11.RemoteProtocolError):
            if not kept or self._answering:
                raise
            self._drop()
            return await self._once(request, body)

    async def _once(self, request: h11.Request, body: bytes) -> LinkReply:
        self._answering = False
        if self._streams is None:
            self._streams = await self._connect()
            self._http = h11.Connection(h11.CLIENT)
        reader, writer = self._streams
        http = self._http
        for event in (request, h11.Data(data=body), h11.EndOfMessage()):
            writer.write(http.send(event) or b"")
        await writer.drain()
        reply = await self._answer(reader, http)
        if http.our_state is h11.DONE and http.their_state is h11.DONE:
            http.start_next_cycle()
        else:
            self._drop()
        return reply

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self._tls is None:
            return await asyncio.open_connection(self._host, self._port, limit=READ_BYTES)
        return await asyncio.open_connection(
            self._host, self._port, limit=READ_BYTES, ssl=self._tls.context(), server_hostname=self._tls.server_name
        )

    async def _answer(self, reader: asyncio.StreamReader, http: h11.Connection) -> LinkReply:
        response: h11.Response | None = None
        body = bytearray()
        while True:
            event = http.next_event()
            if event is h11.NEED_DATA:
                data = await reader.read(READ_BYTES)
                self._answering = self._answering or bool(data)
                http.receive_data(data)
            elif isinstance(event, h11.Response):
                response = event
            elif isinstance(event, h11.Data):
                body += event.data
                if len(body) > self._max_answer_bytes:
                    raise ValueError(f"an answer of more than {self._max_answer_bytes} bytes")
            elif isinstance(event, h11.EndOfMessage) and response is not None:
                return LinkReply(response.status_code, bytes(body), _retry_after_s(response))
            elif isinstance(event, h11.ConnectionClosed) or event is h11.PAUSED:
                raise ConnectionResetError("the server closed the connection")

    def _drop(self) -> None:
        if self._streams is not None:
            self._streams[1].transport.abort()
            self._streams = None

    async def close(self) -> None:
        self._drop()


def _cause(error: BaseException) -> Cause:
    """A handshake that failed here is the server's fault; an alert from there says that it does not take us."""
    if isinstance(error, NoCertificate):
        return "no_certificate"
    if isinstance(error, ssl.SSLCertVerificationError):
        return "server"
    return "client" if isinstance(error, ssl.SSLError) and "ALERT" in (error.reason or "") else "away"


def _retry_after_s(response: h11.Response) -> int | None:
    """Seconds; the form with a date is left, for tills wake up in 1970."""
    for name, value in response.headers:
        if name == b"retry-after" and value.isdigit() and len(value) <= 6:
            return int(value)
    return None
