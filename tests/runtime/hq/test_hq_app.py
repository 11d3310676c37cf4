"""Head office over HTTP, in memory: whatever is sent, an answer; never a 500."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runtime.hq.app import Desk, make_app
from runtime.hq.show import status_words, words
from runtime.hq.sqlite import SqliteStore
from runtime.wire.chain import FedRecord, Mark, Part, StoreAnswer, StoreBatch, read_answer
from runtime.wire.pack import WireError, build, pack, unpack
from runtime.wire.records import CONTENT_TYPE, ErrorAnswer
from tests.runtime.hq.batches import part
from tests.sim.batches import STORE, record
from tests.sim.disk import Disk
from tests.sim.network import Reply, call

GOOD = StoreBatch(STORE, (part("T1", 7, 1, 2), part("T2", 8, 1, 1)))


class Hq:
    def __init__(self, waiting: int = 100) -> None:
        self.disk = Disk(random.Random(1))
        self.store = SqliteStore(Path("/hq.db"), lambda: 1_000, 5, vfs=self.disk.vfs)
        self.ended = 0
        self.app = make_app(Desk(self.store, waiting, 1), None, self._fatal)

    async def _fatal(self) -> None:
        self.ended += 1

    def ask(self, method: str, path: str, body: bytes = b"", kind: str = CONTENT_TYPE) -> Reply:
        return asyncio.run(call(self.app, method, path, body, {"content-type": kind}))

    def post(self, batch: StoreBatch | bytes) -> Reply:
        return self.ask("POST", "/v1/records", batch if isinstance(batch, bytes) else pack(batch))


@pytest.fixture(scope="module")
def hq() -> Iterator[Hq]:
    made = Hq()
    yield made
    made.disk.close()


def said(reply: Reply) -> tuple[int, str]:
    error = build(ErrorAnswer, unpack(reply.body))
    assert 0 < len(error.message) <= 300
    assert ("retry-after" in reply.headers) == (reply.status in (408, 429, 503))
    return reply.status, error.code


def test_a_batch_goes_in_and_comes_out(hq: Hq) -> None:
    assert read_answer(hq.post(GOOD).body, 1 << 20).marks == (Mark("T1", 7, 2), Mark("T2", 8, 1))
    assert read_answer(hq.post(StoreBatch(STORE, ())).body, 1 << 20).marks == (Mark("T1", 7, 2), Mark("T2", 8, 1))
    hq.post(StoreBatch(STORE, (part("T1", 7, 2, 1, total_minor=9),)))
    fed = [build(FedRecord, one) for one in unpack(hq.ask("GET", f"/v1/feed?store={STORE}&after=1").body, 1 << 22)]
    assert [(one.position, one.terminal, one.record.sequence) for one in fed] == [(2, "T1", 2), (3, "T2", 1)]
    assert json.loads(hq.ask("GET", "/v1/stores").body) == {STORE: 3}
    status = json.loads(hq.ask("GET", "/v1/status").body)
    assert (status["sales"], status["quarantined"]) == (3, 1)
    text = "\n".join(words(status))
    assert "3 sales of 1 store, in all 3.00" in text and "1 record kept aside" in text
    lines = json.loads(hq.ask("GET", f"/v1/status?store={STORE}").body)["lines"]
    assert [(one["terminal"], one["epoch"], one["stored"]) for one in lines] == [("T1", "7", 2), ("T2", "8", 1)]
    assert hq.ask("GET", "/healthz").status == 200


def test_what_is_no_status_is_said(hq: Hq) -> None:
    hq.post(GOOD)
    good = hq.ask("GET", "/v1/status").body
    assert status_words(good)[0].startswith("Head office: ")
    in_the_far_future = good.replace(b'"last_seen_at_ms":1000', b'"last_seen_at_ms":1' + b"0" * 300)
    assert in_the_far_future != good
    for wrong in (b"", b"4", b'{"stores": ' + b"[" * 100_000, in_the_far_future):
        with pytest.raises(ValueError):
            status_words(wrong)


@pytest.mark.parametrize("stored", [-1, 1 << 53, 1 << 63])
def test_a_mark_that_no_database_holds_is_no_answer(stored: int) -> None:
    with pytest.raises(WireError):
        read_answer(pack(StoreAnswer(5, (Mark("T1", 7, stored),))), 1 << 20)


@pytest.mark.parametrize(
    ("bad", "wanted"),
    [
        (b"", (400, "not_msgpack")),
        (pack({"store": STORE}), (400, "bad_field")),
        (replace(GOOD, store=""), (400, "bad_field")),
        (replace(GOOD, store="S9"), (400, "bad_field")),
        (replace(GOOD, parts=GOOD.parts * 2), (400, "bad_field")),
        (replace(GOOD, parts=(part("T1", 7, 1, 51),)), (400, "too_many")),
        (replace(GOOD, parts=tuple(Part(f"T{n}", 7, ()) for n in range(51))), (400, "too_many")),
        (replace(GOOD, parts=(Part("T1", 7, (record("T1", 7, 2), record("T1", 7, 1))),)), (400, "bad_field")),
        (replace(GOOD, parts=(Part("T1", 7, (replace(record("T1", 7, 1), hash=b"x" * 32),)),)), (400, "bad_hash")),
        (bytes(5 << 20), (413, "too_long")),
    ],
)
def test_what_is_no_batch_is_refused(hq: Hq, bad: StoreBatch | bytes, wanted: tuple[int, str]) -> None:
    assert said(hq.post(bad)) == wanted


@pytest.mark.parametrize(
    ("method", "path", "wanted"),
    [
        ("GET", "/", (404, "not_found")),
        ("PUT", "/v1/records", (405, "method_not_allowed")),
        ("GET", "/v1/feed", (400, "bad_field")),
        ("GET", "/v1/feed?store=S1&after=-1", (400, "bad_query")),
        ("GET", "/v1/feed?store=S1&limit=501", (400, "bad_query")),
        ("GET", "/v1/feed?store=S1&store=S2", (400, "bad_query")),
        ("GET", "/v1/records?store=S1&terminal=T1", (400, "bad_query")),
        ("GET", "/v1/status?what=1", (400, "bad_query")),
    ],
)
def test_wrong_questions(hq: Hq, method: str, path: str, wanted: tuple[int, str]) -> None:
    assert said(hq.ask(method, path)) == wanted


def test_too_many_waiting_a_full_disk_and_a_broken_one() -> None:
    hq = Hq(waiting=0)
    assert said(hq.post(GOOD)) == (429, "too_busy")
    hq = Hq()
    assert said(hq.ask("POST", "/v1/records", pack(GOOD), "text/plain")) == (415, "bad_content_type")
    hq.disk.fail("write", error="full", times=0)
    assert said(hq.post(GOOD)) == (503, "disk_full")
    hq.disk.mend()
    assert hq.post(GOOD).status == 200
    hq.disk.fail("sync")
    assert said(hq.post(StoreBatch(STORE, (part("T3", 1, 1, 1),)))) == (503, "store_failed")
    assert hq.ended == 1
    assert said(hq.ask("GET", "/healthz")) == (503, "store_failed")


values = st.recursive(
    st.none() | st.booleans() | st.integers(-(1 << 63), (1 << 64) - 1) | st.text(max_size=20) | st.binary(max_size=40),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)


@st.composite
def almost_batches(draw: st.DrawFn) -> bytes:
    """A good batch with one field's value changed."""
    value = unpack(pack(GOOD))
    line = value["parts"][0]
    target = draw(st.sampled_from([value, line, line["records"][0]]))
    target[draw(st.sampled_from(sorted(target)))] = draw(values)
    return pack(value)


@settings(max_examples=200, deadline=None)
@given(data=st.binary(max_size=300) | almost_batches() | values.map(pack))
def test_any_body_is_answered(hq: Hq, data: bytes) -> None:
    reply = hq.post(data)
    if reply.status == 200:
        read_answer(reply.body, 1 << 20)
    else:
        assert said(reply)[0] in (400, 413)
