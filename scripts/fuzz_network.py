"""What the network says: requests to the gateway and its answers to terminals; and what stands on codes and papers.
Targets of fuzz_targets.py's list."""

from __future__ import annotations

import asyncio
import hashlib
import json
from datetime import date
from functools import cache
from typing import Any, cast

from fuzz_rig import in_memory, unlogged

from engine.gs1 import Gs1Error, is_gs1, read_gs1
from engine.signature import Trust
from runtime.forward.forwarder import _batch_answer, _Pause, _reason
from runtime.forward.timekeeper import read_answer
from runtime.gateway.app import Limits, make_app
from runtime.gateway.keeper import Keeper
from runtime.gateway.show import status_words
from runtime.gateway.store import GatewayStore
from runtime.link.http_link import HttpLink
from runtime.link.ports import LinkDown
from runtime.sale.record import Identity
from runtime.terminal.journal_search import matches
from runtime.terminal.paper_codes import read_suspended, suspended_code
from runtime.wire.pack import build, pack, unpack
from runtime.wire.records import CONTENT_TYPE, BatchAnswer, ErrorAnswer, PackedRecord, RecordBatch
from runtime.wire.times import TimeAnswer, TimeRequest

_ROUTES = (
    ("POST", "/v1/records"), ("GET", "/v1/records"), ("POST", "/v1/time"), ("GET", "/v1/status"), ("GET", "/healthz"),
    ("PUT", "/v1/records"), ("GET", "/elsewhere"),
)  # fmt: skip
_MAY_SAY = frozenset({200, 400, 404, 405, 408, 413, 415, 429})  # and never 500, nor 503: the store is well
_WHO = Identity("S1", "01", "9", 7)
_NONCE = bytes(16)


class _Signer:
    public = bytes(32)

    def sign(self, said: bytes) -> bytes:
        return bytes(64)


@cache
def _gateway() -> tuple[Any, asyncio.AbstractEventLoop]:
    store = GatewayStore.open(str(in_memory() / "gateway.db"), "S1", lambda: 1)  # each batch is a sync
    limits = Limits(body_bytes=65_536, requests=4, body_timeout_s=1.0)
    return make_app(Keeper(store), limits, signer=_Signer()), asyncio.new_event_loop()


def request(data: bytes) -> None:
    """A request of the kind that the first byte says: the rest is its query and its body; and, with a right hash and
    the right names, the body of a record."""
    method, path = _ROUTES[data[0] % len(_ROUTES)] if data else _ROUTES[0]
    rest = data[1:]
    asked(_gateway(), method, path, rest[:200], rest)
    if method == "POST" and path == "/v1/records":
        asked(_gateway(), method, path, b"", _sealed(rest))


def _sealed(body: bytes) -> bytes:
    """A batch of one record; where the bytes are a map, with the names that the batch has."""
    try:
        value = unpack(body)
    except ValueError:
        value = None
    if isinstance(value, dict):
        body = pack({**value, "StoreID": "S1", "WorkstationID": "1", "epoch": 7, "SequenceNumber": 1})
    return pack(RecordBatch("S1", "1", 7, (PackedRecord(1, hashlib.sha256(body).digest(), body),)))


def asked(server: tuple[Any, asyncio.AbstractEventLoop], method: str, path: str, query: bytes, body: bytes) -> None:
    """A request to an ASGI application, and whether its answer is one that our servers may give."""
    app, loop = server
    said: list[dict[str, Any]] = []
    scope = {
        "type": "http", "http_version": "1.1", "method": method, "scheme": "http", "path": path, "root_path": "",
        "query_string": query, "headers": [(b"content-type", CONTENT_TYPE.encode())], "client": ("10.0.0.9", 1),
        "server": ("gateway", 1),
    }  # fmt: skip

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        said.append(message)

    with unlogged():
        loop.run_until_complete(app(scope, receive, send))
    status = said[0]["status"]
    assert status in _MAY_SAY, status
    if status != 200:
        error = build(ErrorAnswer, unpack(b"".join(part.get("body", b"") for part in said[1:])))
        assert error.code and 0 < len(error.message) <= 300


def request_seeds() -> list[bytes]:
    record = pack({"type": "RetailTransaction", "receipt": {"total": 5}, "StoreID": "S1", "SequenceNumber": 1})
    nonce = pack(TimeRequest("S1", "1", _NONCE))
    return [
        b"\x00" + _sealed(record), b"\x00" + record, b"\x01terminal=1&epoch=7&after=0&limit=5",
        b"\x01epoch=%f0&epoch=2", b"\x02" + nonce, b"\x03x=1", b"\x04", b"\x05", b"\x06",
    ]  # fmt: skip


class _Far:
    """The writing end of a connection whose far end has said all that it will."""

    transport: Any

    def __init__(self) -> None:
        self.transport = self

    def write(self, data: bytes) -> None:
        pass

    def abort(self) -> None:
        pass

    async def drain(self) -> None:
        pass


def answer(data: bytes) -> None:
    """All bytes of a gateway's answer, as HTTP; what it says to the forwarder and the clock; a status, in words."""
    try:
        assert status_words(data)
    except ValueError:
        pass  # no gateway
    _, loop = _gateway()
    reply = loop.run_until_complete(_answered(data))
    records = [PackedRecord(number, bytes(32), b"") for number in (1, 2, 3)]
    if reply is None:
        return
    try:
        said = _batch_answer(reply, records)
        assert said.stored >= 0 and said.settled >= 0
    except _Pause:
        pass
    assert _reason(reply).isascii() and len(_reason(reply)) <= 40
    believed = read_answer(reply, TimeRequest("S1", "1", _NONCE), Trust([bytes(32)], lambda *_: False))
    assert believed is None


class _Canned(HttpLink):
    """A link whose far end says these bytes and closes."""

    said = b""

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader = asyncio.StreamReader()
        reader.feed_data(self.said)
        reader.feed_eof()
        return reader, cast("asyncio.StreamWriter", _Far())


async def _answered(data: bytes) -> Any:
    link = _Canned("http://127.0.0.1:1", timeout_s=1.0)
    link.said = data
    try:
        return await link.post("/v1/records", b"\x80")
    except LinkDown:
        return None


def status_seed() -> bytes:
    return json.dumps({
        "store": "S1", "sales": 1, "quarantined": 1, "head_office": None,
        "terminals": [{"terminal": "1", "epoch": "7", "stored": 1, "beyond": 2, "records": 2, "sales": 1,
                       "total_minor": 5, "currency": "CNY", "exponent": 2, "last_seen_at_ms": 1763800000000}],
        "quarantine": [{"terminal": "1", "sequence": 3, "quarantined": "ab", "kept": "cd"}],
    }).encode()  # fmt: skip


def answer_seeds() -> list[bytes]:
    said = [
        pack(BatchAnswer(2, 0, (1,))), pack(ErrorAnswer("terminal", "bad_hash", "x")),
        pack(TimeAnswer("S1", "1", _NONCE, 1, bytes(32), bytes(64))),
    ]  # fmt: skip
    plain = [b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(one) + one for one in said]
    chunked = b"HTTP/1.1 503 Busy\r\nRetry-After: 7\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
    return [
        status_seed(),
        *plain,
        chunked,
        b"HTTP/1.1 100 Continue\r\n\r\n" + plain[0],
        b"HTTP/1.0 400 No\r\n\r\n\x80",
    ]


def gs1(data: bytes) -> None:
    """A GS1 element string, brackets, or a Digital Link, however many decimals the currency has."""
    text = data[1:].decode("utf-8", "surrogateescape")
    is_gs1(text)
    try:
        read = read_gs1(text, on=date(2026, 11, 22), exponent=data[0] % 4 if data else 2)
        assert read.weight_g is None or read.weight_g >= 0
    except Gs1Error as refused:
        assert refused.code


def gs1_seeds() -> list[bytes]:
    texts = (
        "]C10106901234567892" "10AB\x1d17261231", "(01)06901234567892(3103)001236(3922)1250", "]d2010690123456789221X1",
        "https://id.gs1.org/01/06901234567892/10/AB?17=261231&3103=000500", "8200http://x",
    )  # fmt: skip
    return [b"\x02" + text.encode() for text in texts]


def paper(data: bytes) -> None:
    """What stands on the terminal's own papers, and what is keyed to search the journal."""
    text = data.decode("utf-8", "surrogateescape")
    slip = read_suspended(text, _WHO.store)
    assert slip is None or (slip.terminal and slip.number >= 0)
    record = {
        "type": "RetailTransaction",
        "SequenceNumber": 1,
        "lines": [{"Name": "牛奶", "ItemID": "milk"}],
        "epoch": 7,
    }
    assert matches(record, text, 2) in (True, False)


def paper_seeds() -> list[bytes]:
    return [text.encode() for text in (suspended_code(7, _WHO), "S1-01-000123-0007", "牛", "3.50", "2026-11-22")]
