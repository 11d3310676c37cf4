"""The gateway over HTTP, in memory: whatever is sent, an answer; never a 500."""

from __future__ import annotations

import asyncio
import json
import logging
import random
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runtime.forward.timekeeper import read_answer
from runtime.gateway.app import make_app
from runtime.gateway.batches import check_batch
from runtime.gateway.keeper import Keeper
from runtime.gateway.show import status_words, words
from runtime.gateway.store import GatewayStore
from runtime.keys import Signer, new_pair, trust_of
from runtime.link.ports import LinkReply
from runtime.serving.errors import Refused
from runtime.serving.kit import Limits
from runtime.wire.pack import build, pack, unpack
from runtime.wire.records import CONTENT_TYPE, BatchAnswer, ErrorAnswer, PackedRecord
from runtime.wire.times import TimeRequest
from tests.sim.batches import STORE, batch, record
from tests.sim.disk import Disk

MSGPACK = {"content-type": CONTENT_TYPE}


class Gateway:
    """A gateway in memory: its store on a simulated disk, its application called directly."""

    def __init__(self, limits: Limits | None = None) -> None:
        self.disk = Disk(random.Random(1))
        self.store = GatewayStore.open("/gateway.db", STORE, lambda: 1_000, vfs=self.disk.vfs)
        self.ended = 0
        self.keeper = Keeper(self.store)
        self.app = make_app(self.keeper, limits, self._fatal)

    async def _fatal(self) -> None:
        self.ended += 1

    def close(self) -> None:
        self.store.close()
        self.disk.close()

    def ask(
        self,
        method: str,
        path: str,
        chunks: list[bytes] | None = None,
        headers: dict[str, str] | None = None,
        *,
        raw_query: bytes | None = None,
        gone: bool = False,
        stall: bool = False,
    ) -> tuple[int, dict[str, str], bytes]:
        return asyncio.run(self._ask(method, path, chunks or [b""], headers or {}, raw_query, gone, stall))

    async def _ask(
        self,
        method: str,
        path: str,
        chunks: list[bytes],
        headers: dict[str, str],
        raw_query: bytes | None,
        gone: bool,
        stall: bool,
    ) -> tuple[int, dict[str, str], bytes]:
        path, _, query = path.partition("?")
        scope = {
            "type": "http",
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": path,
            "query_string": query.encode() if raw_query is None else raw_query,
            "root_path": "",
            "headers": [(k.encode("latin-1"), v.encode("latin-1", "replace")) for k, v in headers.items()],
            "client": ("10.0.0.9", 1234),
            "server": ("gateway", 8600),
        }
        left = list(chunks)
        start: dict[str, Any] = {}
        body = bytearray()

        async def receive() -> dict[str, Any]:
            if left and not (gone and len(left) == 1):
                piece = left.pop(0)
                return {"type": "http.request", "body": piece, "more_body": bool(left) or stall}
            if stall:
                await asyncio.sleep(60)
            return {"type": "http.disconnect"}

        async def send(message: dict[str, Any]) -> None:
            if message["type"] == "http.response.start":
                assert not start
                start.update(message)
            else:
                body.extend(message.get("body", b""))

        await self.app(scope, receive, send)
        return start["status"], {k.decode(): v.decode() for k, v in start["headers"]}, bytes(body)

    def post(self, data: bytes) -> tuple[int, dict[str, str], bytes]:
        return self.ask("POST", "/v1/records", [data[:100], data[100:]], MSGPACK)


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    made = Gateway(Limits(body_bytes=200_000, requests=4, body_timeout_s=0.05))
    yield made
    made.close()


def said(answer: tuple[int, dict[str, str], bytes]) -> tuple[int, str]:
    """Status and code of a refusal; checks that it is one."""
    status, headers, body = answer
    error = build(ErrorAnswer, unpack(body))
    assert headers["content-type"] == CONTENT_TYPE
    assert 0 < len(error.message) <= 300
    assert (error.fault == "gateway") == (status in (429, 503))
    assert ("retry-after" in headers) == (status in (408, 429, 503))
    return status, error.code


def test_a_batch_goes_in_and_comes_out(gateway: Gateway) -> None:
    status, headers, body = gateway.post(pack(batch("T1", 1 << 63, 1, 3)))
    assert (status, headers["content-type"]) == (200, CONTENT_TYPE)
    assert build(BatchAnswer, unpack(body)) == BatchAnswer(3, 0)
    status, _, body = gateway.ask("GET", f"/v1/records?terminal=T1&epoch={1 << 63}&after=1&limit=5")
    found = tuple(build(PackedRecord, one) for one in unpack(body, 1 << 22))
    assert (status, found) == (200, batch("T1", 1 << 63, 2, 2).records)
    assert gateway.ask("GET", "/healthz")[0] == 200


def test_the_status_and_its_words(gateway: Gateway) -> None:
    gateway.post(pack(batch("T1", 5, 1, 2, total_minor=1250)))
    gateway.post(pack(batch("T1", 5, 2, 1, total_minor=9)))
    gateway.post(pack(batch("收银2", 6, 2, 1)))
    status = json.loads(gateway.ask("GET", "/v1/status")[2])
    assert (status["store"], status["records"], status["sales"], status["quarantined"]) == (STORE, 3, 3, 1)
    assert [(t["terminal"], t["epoch"], t["stored"]) for t in status["terminals"]] == [
        ("T1", "5", 2),
        ("收银2", "6", 0),
    ]
    assert status["head_office"] is None, "there is none"
    status["head_office"] = {"ok": False, "code": "HQ_BUSY", "sentence": "Head office is busy.", "unsettled": 3}
    text = "\n".join(words(status))
    assert "Head office is busy. 3 records on the way." in text
    for part in ("Store S1: 3 sales of 2 terminals, in all 26.00", "records 1 to 2", "1 beyond", "1 record kept aside"):
        assert part in text, text


def test_what_is_in_two_currencies_is_not_added_up(gateway: Gateway) -> None:
    """Nor where two of them have one sign; and what no till said has none."""
    sold = {"T1": ("CNY", 2, 1250), "T2": ("JPY", 0, 700), "T3": ("CNY", 2, 50), "T4": ("", 2, 9)}
    for terminal, (_, _, minor) in sold.items():
        gateway.post(pack(batch(terminal, 5, 1, 1, total_minor=minor)))
    gateway.app = make_app(gateway.keeper, currency=lambda terminal: sold[terminal][:2])
    lines = words(json.loads(gateway.ask("GET", "/v1/status")[2]))
    assert lines[0] == "Store S1: 4 sales of 4 terminals, in all 0.09 + CNY 13.00 + JPY 700."
    assert "1 sale, JPY 700;" in lines[2] and "1 sale, 0.09;" in lines[4]
    gateway.app = make_app(gateway.keeper, currency=lambda terminal: ("CNY", 2))
    assert words(json.loads(gateway.ask("GET", "/v1/status")[2]))[0].endswith("in all ¥20.09.")


FAR_FUTURE = (
    b'{"store":"S","sales":1,"quarantined":0,"terminals":[{"terminal":"1","epoch":"7","stored":1,"beyond":0,'
    b'"records":1,"sales":1,"total_minor":5,"currency":"CNY","exponent":2,"last_seen_at_ms":1e30}]}'
)


@pytest.mark.parametrize("data", [b"", b"[]", b"7", b"[" * 100_000, b'{"store": "S"}', FAR_FUTURE])
def test_what_is_no_status_is_said_to_be_none(data: bytes) -> None:
    with pytest.raises(ValueError, match="Error"):
        status_words(data)


@pytest.mark.parametrize(
    ("data", "wanted"),
    [
        (b"", (400, "not_msgpack")),
        (b"\x00", (400, "bad_field")),
        (b"{json: no}", (400, "not_msgpack")),
        (b"\x91" * 5_000, (400, "not_msgpack")),
        (pack(batch("T1", 7, 1, 1)) + b"\x00", (400, "not_msgpack")),
        (pack({"store": STORE}), (400, "bad_field")),
        (pack(replace(batch("T1", 7, 1, 1), store="S9")), (400, "wrong_store")),
        (
            pack(replace(batch("T1", 7, 1, 1), records=(replace(record("T1", 7, 1), hash=b"x" * 32),))),
            (400, "bad_hash"),
        ),
        (pack(batch("T1", 7, 1, 51)), (400, "too_many")),
        (b"\x00" * 200_001, (413, "too_long")),
    ],
)
def test_what_is_no_batch_is_refused_with_one_line(
    gateway: Gateway, caplog: pytest.LogCaptureFixture, data: bytes, wanted: tuple[int, str]
) -> None:
    with caplog.at_level(logging.INFO):
        assert said(gateway.post(data)) == wanted
    lines = [r.getMessage() for r in caplog.records if r.name == "lane.serving"]
    assert len(lines) == 1 and f"code={wanted[1]}" in lines[0] and "\n" not in lines[0]
    assert gateway.store.terminals() == ()


def test_the_length_is_counted_and_not_believed(gateway: Gateway) -> None:
    chunks = [b"\x00" * 60_000] * 10
    for claimed in ("5", "-1", "x", "99999999999"):
        headers = {**MSGPACK, "content-length": claimed}
        assert said(gateway.ask("POST", "/v1/records", chunks, headers)) == (413, "too_long")


@pytest.mark.parametrize(
    ("method", "path", "wanted"),
    [
        ("GET", "/", (404, "not_found")),
        ("GET", "/v1/records/", (404, "not_found")),
        ("POST", "/v1/recordsx", (404, "not_found")),
        ("PUT", "/v1/records", (405, "method_not_allowed")),
        ("POST", "/v1/status", (405, "method_not_allowed")),
        ("BREW", "/healthz", (405, "method_not_allowed")),
        ("GET", "/v1/records", (400, "bad_field")),
        ("GET", "/v1/records?terminal=T1", (400, "bad_query")),
        ("GET", "/v1/records?terminal=T1&epoch=-1", (400, "bad_query")),
        ("GET", "/v1/records?terminal=T1&epoch=٣", (400, "bad_query")),
        ("GET", "/v1/records?terminal=T1&epoch=18446744073709551616", (400, "bad_query")),
        ("GET", "/v1/records?terminal=T1&epoch=1&after=1e3", (400, "bad_query")),
        ("GET", "/v1/records?terminal=T1&epoch=1&limit=501", (400, "bad_query")),
        ("GET", "/v1/records?terminal=T1&epoch=1&limit=0", (400, "bad_query")),
        ("GET", "/v1/records?terminal=T1&epoch=1&epoch=2", (400, "bad_query")),
        ("GET", "/v1/records?terminal=T1&epoch=1&what=2", (400, "bad_query")),
    ],
)
def test_wrong_addresses_methods_and_questions(
    gateway: Gateway, method: str, path: str, wanted: tuple[int, str]
) -> None:
    assert said(gateway.ask(method, path)) == wanted


def test_only_msgpack_is_read(gateway: Gateway) -> None:
    data = pack(batch("T1", 7, 1, 1))
    for kind in ("application/json", "", "text/plain", "application/msgpackx"):
        assert said(gateway.ask("POST", "/v1/records", [data], {"content-type": kind})) == (415, "bad_content_type")
    kind = "Application/MSGPACK; v=1"
    assert gateway.ask("POST", "/v1/records", [data], {"content-type": kind})[0] == 200


def test_a_client_that_goes_or_stalls_leaves_nothing_behind(gateway: Gateway) -> None:
    data = pack(batch("T1", 7, 1, 1))
    for _ in range(6):
        assert said(gateway.ask("POST", "/v1/records", [data, data], MSGPACK, gone=True)) == (400, "bad_request")
    assert said(gateway.ask("POST", "/v1/records", [data[:10]], MSGPACK, stall=True)) == (408, "too_slow")
    assert gateway.store.terminals() == ()
    assert gateway.post(data)[0] == 200


def test_too_many_at_once_are_told_to_come_again(gateway: Gateway) -> None:
    async def storm() -> list[tuple[int, dict[str, str], bytes]]:
        one = ("POST", "/v1/records", [b"\x80"], MSGPACK, None, False, True)
        return await asyncio.gather(*(gateway._ask(*one) for _ in range(9)))

    answers = [said(answer) for answer in asyncio.run(storm())]
    assert answers.count((429, "too_busy")) == 5 and answers.count((408, "too_slow")) == 4


def test_a_full_disk_is_a_503_and_passes(gateway: Gateway) -> None:
    data = pack(batch("T1", 7, 1, 2))
    gateway.disk.fail("write", error="full", times=0)
    assert said(gateway.post(data)) == (503, "disk_full")
    gateway.disk.mend()
    assert gateway.post(data)[0] == 200
    assert gateway.ended == 0


def test_a_failed_sync_is_answered_and_then_the_process_ends(gateway: Gateway) -> None:
    gateway.disk.fail("sync")
    assert said(gateway.post(pack(batch("T1", 7, 1, 2)))) == (503, "store_broken")
    assert gateway.ended == 1
    for ask in (("GET", "/healthz"), ("GET", "/v1/status"), ("GET", "/v1/records?terminal=T1&epoch=7")):
        assert said(gateway.ask(*ask)) == (503, "store_broken")


# --- whatever a client can send ---------------------------------------------------------------------------------

values = st.recursive(
    st.none() | st.booleans() | st.integers(-(1 << 63), (1 << 64) - 1) | st.text(max_size=20) | st.binary(max_size=40),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
GOOD = pack(batch("T1", 7, 1, 2))
KEYS = ["store", "terminal", "epoch", "records", "sequence", "hash", "body"]


@st.composite
def almost_batches(draw: st.DrawFn) -> bytes:
    """A good batch with one place changed: a byte, or a field's value."""
    if draw(st.booleans()):
        data = bytearray(GOOD)
        for _ in range(draw(st.integers(1, 4))):
            data[draw(st.integers(0, len(data) - 1))] = draw(st.integers(0, 255))
        return bytes(data[: draw(st.integers(0, len(data)))] if draw(st.booleans()) else data)
    value = unpack(GOOD)
    target = draw(st.sampled_from([value, value["records"][0], value["records"][1]]))
    target[draw(st.sampled_from(KEYS))] = draw(values)
    return pack(value)


@pytest.fixture(scope="module")
def fuzzed() -> Iterator[Gateway]:
    made = Gateway(Limits(body_bytes=20_000, requests=4, body_timeout_s=1.0))
    yield made
    made.close()


@settings(max_examples=250, deadline=None)
@given(data=st.binary(max_size=300) | almost_batches() | values.map(pack))
def test_any_body_is_answered(fuzzed: Gateway, data: bytes) -> None:
    status, _, body = answer = fuzzed.post(data)
    if status == 200:
        build(BatchAnswer, unpack(body))
    else:
        assert said(answer)[0] in (400, 413)


@settings(max_examples=200, deadline=None)
@given(
    method=st.sampled_from(["GET", "POST", "HEAD", "OPTIONS", "DELETE", "PATCH", "TRACE", "\x7f"]),
    path=st.sampled_from(["/v1/records", "/v1/status", "/healthz"]) | st.text(max_size=20).map(lambda t: "/" + t),
    query=st.binary(max_size=60)
    | st.text(alphabet="terminalepochafterlimit=&%0123456789+;", max_size=60).map(str.encode),
    kind=st.sampled_from([CONTENT_TYPE, "", "é", "x" * 500]),
    chunks=st.lists(st.binary(max_size=50), min_size=1, max_size=4),
    gone=st.booleans(),
)
def test_any_request_is_answered(
    fuzzed: Gateway, method: str, path: str, query: bytes, kind: str, chunks: list[bytes], gone: bool
) -> None:
    status = fuzzed.ask(method, path, chunks, {"content-type": kind}, raw_query=query, gone=gone)[0]
    assert status in (200, 400, 404, 405, 413, 415)


@settings(max_examples=300, deadline=None)
@given(data=st.binary(max_size=200) | almost_batches())
def test_reading_a_batch_raises_nothing_else(data: bytes) -> None:
    try:
        check_batch(data, STORE)
    except Refused as error:
        assert error.code in type(error).sentences


def test_the_time_is_signed_for_the_one_who_asks(tmp_path: Path) -> None:
    new_pair(tmp_path)
    signer = Signer(tmp_path / "snapshot.key")
    trust = trust_of([tmp_path / "snapshot.pub"])
    assert trust is not None
    gateway = Gateway()
    asked = TimeRequest(STORE, "T1", b"n" * 16)
    try:
        assert said(gateway.ask("POST", "/v1/time", [pack(asked)])) == (404, "not_found")  # it has no key
        gateway.app = make_app(gateway.keeper, signer=signer)
        status, _, body = gateway.ask("POST", "/v1/time", [pack(asked)])
        utc_ms = read_answer(LinkReply(status, body, None), asked, trust)
        assert utc_ms is not None and abs(utc_ms - time.time() * 1000) < 60_000
        other = TimeRequest(STORE, "T1", b"o" * 16)
        assert read_answer(LinkReply(status, body, None), other, trust) is None
        for wrong, code in (
            (pack(TimeRequest(STORE, "T1", b"short")), "bad_field"), (b"\xc1", "bad_field"), (b"", "bad_field"),
            (pack(TimeRequest("S9", "T1", b"n" * 16)), "wrong_store"),
            (pack(TimeRequest(STORE, "\n", b"n" * 16)), "bad_field"), (b"x" * 2000, "bad_field"),
        ):  # fmt: skip
            assert said(gateway.ask("POST", "/v1/time", [wrong])) == (400, code)
    finally:
        gateway.close()
