"""Asks the gateway for the time, and believes it only where a trusted key has signed it for this very question.

The middle between question and answer is taken for the moment of the answer, so the error is at most half of what that
took; an answer that took long is asked for again.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Protocol

from engine.signature import Trust
from runtime.link.ports import Link, LinkDown, LinkReply
from runtime.wire.pack import WireError, build, pack, unpack
from runtime.wire.times import NONCE_BYTES, TimeAnswer, TimeRequest, message

log = logging.getLogger(__name__)

PATH = "/v1/time"
ASK_AFTER_S = 600.0
AGAIN_AFTER_S = 15.0
MOST_MS = 2_000  # between question and answer


class SettableClock(Protocol):
    def monotonic_ms(self) -> int: ...

    def take_signed(self, utc_ms: int, monotonic_ms: int) -> bool: ...


def read_answer(reply: LinkReply, request: TimeRequest, trust: Trust) -> int | None:
    """The signed time in UTC milliseconds; None where the answer is not to be believed. Pure."""
    if reply.status != 200:
        return None
    try:
        answer = build(TimeAnswer, unpack(reply.body))
    except WireError:
        return None
    mine = (answer.store, answer.terminal, answer.nonce) == (request.store, request.terminal, request.nonce)
    if not mine or answer.key not in trust.keys or not 0 < answer.utc_ms < 1 << 53:
        return None
    return answer.utc_ms if trust.verifier(answer.key, answer.signature, message(request, answer.utc_ms)) else None


class TimeKeeper:
    """`random_bytes` gives that many; `changed` is called when the clock was told."""

    def __init__(
        self,
        link: Link,
        clock: SettableClock,
        trust: Trust,
        store: str,
        terminal: str,
        random_bytes: Callable[[int], bytes],
        changed: Callable[[], None],
    ) -> None:
        self._link, self._clock, self._trust = link, clock, trust
        self._store, self._terminal = store, terminal
        self._random_bytes, self._changed = random_bytes, changed
        self._said = ""

    async def run(self) -> None:
        """For ever."""
        while True:
            await asyncio.sleep(ASK_AFTER_S if await self.ask() else AGAIN_AFTER_S)

    async def ask(self) -> bool:
        """Once. True where the clock has the gateway's time now."""
        request = TimeRequest(self._store, self._terminal, self._random_bytes(NONCE_BYTES))
        before_ms = self._clock.monotonic_ms()
        try:
            reply = await self._link.post(PATH, pack(request))
        except LinkDown:
            return False
        after_ms = self._clock.monotonic_ms()
        if after_ms - before_ms > MOST_MS:
            return False
        utc_ms = read_answer(reply, request, self._trust)
        if utc_ms is None or not self._clock.take_signed(utc_ms, (before_ms + after_ms) // 2):
            self._log("the gateway's time is not signed by a key that is trusted here")
            return False
        self._log("the time is the gateway's")
        self._changed()
        return True

    def _log(self, text: str) -> None:
        if text != self._said:
            self._said = text
            log.info("%s", text)
