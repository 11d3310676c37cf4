"""What the time is and what it is worth: the pure judgement, the clock over it, and the gateway's signed word."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.signature import Trust
from runtime.forward.timekeeper import TimeKeeper, read_answer
from runtime.keys import KeyFileError, Signer, new_pair, trust_of
from runtime.link.ports import LinkDown, LinkReply
from runtime.terminal.clock import (
    EARLIEST_UTC_MS,
    JUMP_MS,
    SIGNED_FOR_MS,
    SLACK_MS,
    Reading,
    TillClock,
    judge,
    kernel_is_synchronised,
    utc_ms_of_local,
)
from runtime.wire.pack import build, pack, unpack
from runtime.wire.times import TimeAnswer, TimeRequest, message

HOUR = 3_600_000
NOW = 1_795_000_000_000


def reading(utc_ms: int, monotonic_ms: int = 1_000_000) -> Reading:
    return Reading(utc_ms, monotonic_ms)


KNOWN = reading(NOW - HOUR, 1_000_000)


@pytest.mark.parametrize(
    ("system", "synchronised", "last", "signed", "says"),
    [
        (NOW, True, None, None, (NOW, "synchronised")),
        (NOW, False, None, None, (NOW, "unsynchronised")),
        (0, False, None, None, (NOW - HOUR, "suspect")),  # 1970: on from the last row
        (0, True, None, None, (NOW - HOUR, "suspect")),  # whatever the kernel says
        (NOW - HOUR - SLACK_MS, False, None, None, (NOW - HOUR - SLACK_MS, "unsynchronised")),
        (NOW - HOUR - SLACK_MS - 1, False, None, None, (NOW - HOUR, "suspect")),
        (NOW - 2 * HOUR, True, None, None, (NOW - 2 * HOUR, "synchronised")),  # the rows were wrong, and it is kept now
        (NOW - HOUR, False, reading(NOW), None, (NOW, "suspect")),  # it jumps an hour back
        (NOW + HOUR, False, reading(NOW), None, (NOW, "suspect")),  # and forward
        (NOW + JUMP_MS, False, reading(NOW), None, (NOW + JUMP_MS, "unsynchronised")),
        (NOW + HOUR, True, reading(NOW), None, (NOW + HOUR, "synchronised")),  # it was set right
        (0, False, None, reading(NOW + 5), (NOW + 5, "synchronised")),
        (0, False, None, reading(NOW, 1_000_000 - SIGNED_FOR_MS - 1), (NOW + SIGNED_FOR_MS + 1, "unsynchronised")),
    ],
)
def test_the_judgement(
    system: int, synchronised: bool, last: Reading | None, signed: Reading | None, says: tuple[int, str]
) -> None:
    assert judge(reading(system), synchronised, KNOWN, last, signed) == says


class Machine:
    def __init__(self, utc_ms: int) -> None:
        self.utc_ms, self.monotonic_ms, self.kept = utc_ms, 5_000, False

    def clock(self, known_utc_ms: int) -> TillClock:
        return TillClock(
            known_utc_ms,
            utc_ms=lambda: self.utc_ms,
            monotonic_ms=lambda: self.monotonic_ms,
            synchronised=lambda: self.kept,
        )

    def run(self, ms: int) -> None:
        self.utc_ms += ms
        self.monotonic_ms += ms


def said(clock: TillClock) -> tuple[int, str]:
    now = clock.now()
    return int(now.timestamp() * 1000), clock.quality


@settings(max_examples=300)
@given(
    st.lists(st.tuples(st.integers(0, 10**8), st.integers(-(10**13), 10**13), st.booleans()), max_size=30),
    st.integers(0, 2**43),
)
def test_without_a_kept_clock_the_time_never_goes_back_and_never_fails(
    steps: list[tuple[int, int, bool]], known: int
) -> None:
    machine = Machine(NOW)
    clock = machine.clock(known)
    before, _ = said(clock)
    for ms, jump, jumps in steps:
        machine.run(ms)
        machine.utc_ms = max(0, min(machine.utc_ms + jump * jumps, 2**43))
        now, quality = said(clock)
        assert quality in ("unsynchronised", "suspect")
        assert now >= before - JUMP_MS - SLACK_MS
        before = max(before, now)


def test_a_till_of_1970_goes_on_from_its_rows_until_somebody_sets_its_clock() -> None:
    machine = Machine(60_000)
    clock = machine.clock(NOW)
    assert said(clock) == (NOW, "suspect")
    machine.run(HOUR)
    assert said(clock) == (NOW + HOUR, "suspect")
    machine.utc_ms = NOW + 2 * HOUR
    assert said(clock) == (NOW + 2 * HOUR, "unsynchronised")
    assert Machine(0).clock(0).now().timestamp() * 1000 == EARLIEST_UTC_MS


def test_a_jump_is_suspect_until_it_is_undone() -> None:
    machine = Machine(NOW)
    clock = machine.clock(0)
    assert said(clock) == (NOW, "unsynchronised")
    machine.utc_ms -= HOUR
    assert said(clock) == (NOW, "suspect")
    machine.run(30_000)
    assert said(clock) == (NOW + 30_000, "suspect")
    machine.utc_ms += HOUR
    assert said(clock) == (NOW + 30_000, "unsynchronised")


def test_a_row_that_has_no_time_is_no_time() -> None:
    assert utc_ms_of_local("") == utc_ms_of_local("x") == 0 and utc_ms_of_local("2026-11-22T18:30:00") > NOW - 10**9
    assert kernel_is_synchronised() in (True, False)


# -- the gateway's word ----------------------------------------------------------------------------------------------

ASKED = TimeRequest("S001", "01", b"n" * 16)


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> tuple[Signer, Trust]:
    folder = tmp_path_factory.mktemp("keys")
    new_pair(folder)
    trust = trust_of([folder / "snapshot.pub"])
    assert trust is not None
    return Signer(folder / "snapshot.key"), trust


def answered(signer: Signer, request: TimeRequest, utc_ms: int = NOW) -> TimeAnswer:
    signature = signer.sign(message(request, utc_ms))
    return TimeAnswer(request.store, request.terminal, request.nonce, utc_ms, signer.public, signature)


def reply(answer: TimeAnswer, status: int = 200) -> LinkReply:
    return LinkReply(status, pack(answer), None)


def test_only_the_signed_answer_to_this_question_is_believed(keys: tuple[Signer, Trust], tmp_path: Path) -> None:
    signer, trust = keys
    right = answered(signer, ASKED)
    assert read_answer(reply(right), ASKED, trust) == NOW
    new_pair(tmp_path)
    stranger = answered(Signer(tmp_path / "snapshot.key"), ASKED)
    for wrong in (
        replace(right, utc_ms=NOW + 1), replace(right, signature=bytes(64)), replace(right, signature=b""), stranger,
        replace(stranger, key=signer.public), answered(signer, replace(ASKED, nonce=b"o" * 16)),
        answered(signer, replace(ASKED, terminal="02")), answered(signer, replace(ASKED, store="S002")),
        replace(right, nonce=b"o" * 16), answered(signer, ASKED, 0), answered(signer, ASKED, 1 << 60),
    ):  # fmt: skip
        assert read_answer(reply(wrong), ASKED, trust) is None
    assert read_answer(reply(right, 404), ASKED, trust) is None
    with pytest.raises(KeyFileError):
        Signer(tmp_path / "snapshot.pub")


@settings(max_examples=200)
@given(st.binary(max_size=300), st.integers(0, 250), st.integers(1, 255))
def test_any_bytes_are_no_answer(keys: tuple[Signer, Trust], data: bytes, at: int, flip: int) -> None:
    signer, trust = keys
    assert read_answer(LinkReply(200, data, None), ASKED, trust) is None
    body = bytearray(pack(answered(signer, ASKED)))
    body[at % len(body)] ^= flip
    assert read_answer(LinkReply(200, bytes(body), None), ASKED, trust) is None


class Link:
    """A gateway as it may be: it answers, is away, is slow, or says another time."""

    def __init__(self, signer: Signer, machine: Machine) -> None:
        self.signer, self.machine = signer, machine
        self.took_ms, self.utc_ms, self.away = 100, NOW, False

    async def post(self, path: str, body: bytes) -> LinkReply:
        assert path == "/v1/time"
        if self.away:
            raise LinkDown("away")
        self.machine.run(self.took_ms)
        return reply(answered(self.signer, build(TimeRequest, unpack(body)), self.utc_ms))


def test_the_time_keeper(keys: tuple[Signer, Trust]) -> None:
    signer, trust = keys
    machine = Machine(0)
    clock = machine.clock(0)
    link = Link(signer, machine)
    changed: list[bool] = []
    keeper = TimeKeeper(link, clock, trust, "S001", "01", lambda n: bytes(n), lambda: changed.append(True))
    link.away = True
    assert not asyncio.run(keeper.ask())
    link.away, link.took_ms = False, 5_000
    assert not asyncio.run(keeper.ask()), "too slow to be of use"
    link.took_ms, link.utc_ms = 100, 1_000
    assert not asyncio.run(keeper.ask()), "the gateway itself woke in 1970"
    assert clock.quality == "suspect"
    link.utc_ms = NOW
    assert asyncio.run(keeper.ask()) and changed == [True]
    assert said(clock) == (NOW + 50, "synchronised")
    machine.utc_ms += 99 * HOUR  # the machine's clock is of no matter now
    assert said(clock) == (NOW + 50, "synchronised")
    machine.run(SIGNED_FOR_MS)
    assert said(clock) == (NOW + 50 + SIGNED_FOR_MS, "unsynchronised")
