"""A printer and its drawer: a document goes out in batches, and between them the printer is asked how it is.

Order: one document at a time; the drawer's kick goes between two batches, so it never waits for a whole receipt and
never lands inside a command. A kick is sent to a printer in trouble as well, as long as it answers: many open the
drawer without paper; the answer is then the printer's trouble. A printer that never answers is trusted once the bytes
are written.

A question about the paper is answered when it is read, not when what lies before it in the printer's buffer is printed.
So each batch is followed by one that is answered in its turn (`ask_reached`); no more than WINDOW batches lie in the
buffer, and a document is on paper when the last one's answer is there. A printer that never gives such an answer is
found out once and then believed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

from drivers.api import Document, DriverError, Output, PrinterStatus
from runtime.devices.link import ANSWER_S, MAX_BAD, MISSES, Link, Surroundings, log
from runtime.devices.ports import PrintResult
from runtime.devices.registry import Driver
from runtime.devices.spec import DeviceSpec
from runtime.devices.transport import Port, TransportError

BATCH_BYTES = 512
STALL_S = 10.0  # a printer that takes no byte for so long is silent
TRIES = 2  # questions before a printer counts as silent: one stray byte must not fail a receipt
POLL_WELL_S = 3.0
POLL_ILL_S = 1.0
DRAWER_S = 1.0
DRAWER_LOOK_S = 0.05
WINDOW = 4  # batches in the printer's buffer: half of the 4 KiB that the smallest ones have
LOOK_S = 0.25  # between two looks at a printer that is printing
STUCK_S = 20.0  # a printer that is well and prints nothing for so long
UNPROVED_S = 6.0  # the same, of one that has never told what it has printed
SETTLE_S = 2.0  # for what an earlier document left in the buffer
PRINTS = ("OK", "EPTR_REC_NEAREMPTY")
_TOLD = ("offline", "cover_open", "paper", "cutter_error", "drawer_open")  # by every printer that answers


class PrinterLink(Link):
    flushes = False  # its answers are counted: only an unanswered question throws what is unfinished away

    def __init__(self, spec: DeviceSpec, driver: Driver, around: Surroundings) -> None:
        super().__init__(spec, driver, around)
        self._turn = asyncio.Lock()  # one question, batch or kick at a time
        self._documents = asyncio.Lock()
        self._said: dict[str, Any] = {}  # since the last question
        self._answer: asyncio.Future[str] | None = None
        self._written = 0  # bytes since the last answer: a slow line carries them before the question
        self._asks = bool(self.codec.ask_status())
        self._reaches = bool(self._ask_reached())  # whether it tells what it has printed
        self._proved = False  # it has, once
        self._unprinted = 0  # batches
        self._moved = asyncio.Event()

    # --- its state ---

    def connected(self) -> None:
        self._written = 0
        self._said = {}
        self._unprinted = 0
        self._reaches = bool(self._ask_reached())
        self.codec.flush()
        if not self._asks:
            self.set_code("OK")

    def disconnected(self, code: str) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(code)

    def handle(self, output: Output) -> bool:
        if not isinstance(output, PrinterStatus):
            return False
        if output.reached:
            self._unprinted = max(0, self._unprinted - 1)
            self._proved = True
            self._moved.set()
            return True
        for name in (*_TOLD, "unrecoverable"):
            value = getattr(output, name)
            if value is not None:
                self._said[name] = value
        if self._nonsense or any(name not in self._said for name in _TOLD):
            return False
        code = trouble(self._said)
        self.set_code(code)
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(code)
        return True

    async def keep(self, port: Port) -> None:
        misses = 0
        while self._asks:
            async with self._turn:
                code = await self._ask(port)
            misses = misses + 1 if code == "TIMEOUT" else 0
            if port.half_open and misses >= MISSES:
                raise TransportError("TIMEOUT", "the connection is half open")
            await asyncio.sleep(POLL_WELL_S if code in PRINTS else POLL_ILL_S)

    async def _ask(self, port: Port) -> str:
        """The printer's state; its turn must be held. Raises TransportError where the port is lost while writing."""
        if not self._asks:
            return "OK"
        for _try in range(TRIES):
            self._said = {}
            self._nonsense = False
            self._answer = asyncio.get_running_loop().create_future()
            question = self.codec.ask_status()
            self._written += len(question)
            port.write(question)
            try:
                async with asyncio.timeout(ANSWER_S + port.seconds_for(self._written)):
                    code = await self._answer
            except TimeoutError:
                self._take(port, b"", self.codec.flush())
                continue
            finally:
                self._answer = None
            self._written = 0
            return code
        self._said = {}
        code = "FAILURE" if self._bad >= MAX_BAD else "TIMEOUT"
        self.set_code(code)
        return code

    # --- what it does ---

    async def print_document(self, document: Document) -> PrintResult:
        try:
            pieces = self.codec.encode(document)
        except DriverError as error:
            log.error("device %s cannot print a document: %s %s", self.name, error.code, error.args_by_name)
            return PrintResult("FAILURE", False)
        async with self._documents:
            port = self.port
            if port is None:
                return PrintResult(self.code if self.code != "OK" else "OFFLINE", False)
            started = False
            try:
                async with self._turn:
                    code = await self._ask(port)
                if code in PRINTS and self._unprinted:
                    code = await self._settle(port)
                for batch in batches(pieces):
                    if code in PRINTS:
                        code = await self._catch_up(port, WINDOW - 1, self._patience())
                    if code not in PRINTS:
                        return PrintResult(code, started)
                    async with self._turn:
                        port.write(b"")  # raises where the port was lost while the drawer had its turn
                        started = True
                        await self._write(port, batch + self._mark())
                        code = await self._ask(port)
                if code in PRINTS and self._unprinted:
                    code = await self._catch_up(port, 0, self._patience())
                    async with self._turn:
                        code = await self._ask(port) if code in PRINTS else code
                if not self._asks:
                    await asyncio.sleep(port.seconds_for(self._written))
                    port.write(b"")
            except TransportError as error:
                return PrintResult(error.code, started)
            return PrintResult("OK" if code in PRINTS else code, started)

    def _ask_reached(self) -> bytes:
        question: bytes = self.codec.ask_reached() if hasattr(self.codec, "ask_reached") else b""
        return question

    def _mark(self) -> bytes:
        """The question that follows a batch."""
        if not self._reaches:
            return b""
        self._unprinted += 1
        return self._ask_reached()

    def _patience(self) -> float:
        return STUCK_S if self._proved else UNPROVED_S

    async def _catch_up(self, port: Port, at_most: int, patience_s: float) -> str:
        """Wait until no more than `at_most` batches are unprinted, or the printer is in trouble."""
        clock = self._around.clock
        until = clock() + patience_s
        code = "OK"
        while self._unprinted > at_most:
            self._moved.clear()
            try:
                async with asyncio.timeout(LOOK_S):
                    await self._moved.wait()
                until = clock() + patience_s
            except TimeoutError:
                async with self._turn:
                    code = await self._ask(port)
                if code not in PRINTS:
                    return code
                if clock() >= until:
                    if self._proved:
                        return "TIMEOUT"
                    log.warning("device %s never tells what it has printed; it is believed from now on", self.name)
                    self._reaches = False
                    self._unprinted = 0
        return code

    async def _settle(self, port: Port) -> str:
        """An earlier document failed, and what is left of it may still be printed, or never: wait for the end of it."""
        async with self._turn:
            await self._write(port, self._mark())
        code = await self._catch_up(port, 0, SETTLE_S)
        if code == "TIMEOUT":
            async with self._turn:
                self._take(port, b"", self.codec.flush())
                self._unprinted = 0
                return await self._ask(port)
        return code

    async def open_drawer(self) -> str:
        port = self.port
        if port is None:
            return self.code if self.code != "OK" else "OFFLINE"
        try:
            async with self._turn:
                if self._asks and await self._ask(port) in ("TIMEOUT", "FAILURE"):
                    return self.code
                await self._write(port, self.codec.open_drawer())
                code = await self._ask(port)
                if self._asks and getattr(self.settings, "drawer_sensor", False):
                    return await self._watch_drawer(port, code)
                return "OK" if code in PRINTS else code
        except TransportError as error:
            return error.code

    async def _watch_drawer(self, port: Port, code: str) -> str:
        """OK as soon as the drawer's own sensor says so, whatever ails the printer."""
        clock = self._around.clock
        until = clock() + DRAWER_S
        while not self._said.get("drawer_open"):
            if clock() >= until:
                return "DRAWER_NOT_OPENED" if code in PRINTS else code
            await asyncio.sleep(DRAWER_LOOK_S)
            code = await self._ask(port)
        return "OK"

    async def _write(self, port: Port, data: bytes) -> None:
        self._written += len(data)
        port.write(data)
        await port.drain(STALL_S)


def trouble(said: dict[str, Any]) -> str:
    """The one state of a printer that says all this: the gravest first."""
    if said.get("unrecoverable"):
        return "EPTR_UNRECOVERABLE"
    if said.get("cutter_error"):
        return "EPTR_CUTTER"
    if said.get("cover_open"):
        return "EPTR_COVER_OPEN"
    if said.get("paper") == "empty":
        return "EPTR_REC_EMPTY"
    if said.get("offline"):
        return "OFFLINE"
    return "EPTR_REC_NEAREMPTY" if said.get("paper") == "near_end" else "OK"


def batches(pieces: list[bytes]) -> Iterator[bytes]:
    """The pieces, whole ones together up to BATCH_BYTES: a question after each line would cost a second a receipt."""
    batch = b""
    for piece in pieces:
        if batch and len(batch) + len(piece) > BATCH_BYTES:
            yield batch
            batch = b""
        batch += piece
    if batch:
        yield batch
