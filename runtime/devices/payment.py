"""A provider of code payments. What is not known is never guessed.

A code of OFFLINE, NOHARDWARE, BUSY or CONNECTING means that nothing went out. TIMEOUT means that it may have: the
caller asks again until it knows. Answers carry the trade's number and no more, so a late answer could be taken for that
to the next question; therefore a question that was not answered in time ends the connection, and every late answer.
"""

from __future__ import annotations

import asyncio
from collections import deque

from drivers.api import Output, PaymentStatus
from runtime.devices.link import Link, Surroundings
from runtime.devices.registry import Driver
from runtime.devices.restarts import BACKOFF_FIRST_S
from runtime.devices.spec import DeviceSpec
from runtime.devices.transport import TransportError

CONNECTS_S = 2.0  # a question waits so long for a connection that is being made anew


class PaymentLink(Link):
    def __init__(self, spec: DeviceSpec, driver: Driver, around: Surroundings) -> None:
        super().__init__(spec, driver, around)
        self._open = asyncio.Event()
        self._waiting: dict[str, deque[asyncio.Future[PaymentStatus | None]]] = {}

    def connected(self) -> None:
        super().connected()
        self._open.set()

    def disconnected(self, code: str) -> None:
        self._open.clear()
        waiting, self._waiting = self._waiting, {}
        for futures in waiting.values():
            for future in futures:
                if not future.done():
                    future.set_result(None)

    def handle(self, output: Output) -> bool:
        if not isinstance(output, PaymentStatus):
            return False
        self.set_code("OK")
        futures = self._waiting.get(output.trade_no)
        if futures:
            future = futures.popleft()
            if not futures:
                del self._waiting[output.trade_no]
            if not future.done():
                future.set_result(output)
        return True

    async def pay(self, trade_no: str, auth_code: str, amount_minor: int, timeout_s: float) -> PaymentStatus | str:
        return await self._ask(trade_no, self.codec.pay(trade_no, auth_code, amount_minor), timeout_s)

    async def query(self, trade_no: str, timeout_s: float) -> PaymentStatus | str:
        return await self._ask(trade_no, self.codec.query(trade_no), timeout_s)

    async def cancel(self, trade_no: str, timeout_s: float) -> PaymentStatus | str:
        return await self._ask(trade_no, self.codec.cancel(trade_no), timeout_s)

    async def _ask(self, trade_no: str, question: bytes, timeout_s: float) -> PaymentStatus | str:
        sent = False
        port = None
        try:
            async with asyncio.timeout(timeout_s):
                async with asyncio.timeout(CONNECTS_S):
                    await self._open.wait()
                port = self.port
                if port is None or port.lost is not None:
                    return "OFFLINE" if port is None or port.lost is None else port.lost.code
                future: asyncio.Future[PaymentStatus | None] = asyncio.get_running_loop().create_future()
                self._waiting.setdefault(trade_no, deque()).append(future)
                sent = True
                port.write(question)
                return await future or "TIMEOUT"
        except TransportError:
            return "TIMEOUT"
        except TimeoutError:
            if sent and port is not None:
                self._backoff_s = BACKOFF_FIRST_S
                self._open.clear()
                port.close("TIMEOUT")
                return "TIMEOUT"
            return self.code if self.code not in ("OK", "TIMEOUT") else "OFFLINE"
