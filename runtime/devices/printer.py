"""A printer and its drawer: a document goes out in batches, and between them the printer is asked how it is.

Order: one document at a time; the drawer's kick goes between two batches, so it never waits for a whole receipt and
never lands inside a command. A kick is sent to a printer in trouble as well, as long as it answers: many open the
drawer without paper; the answer is then the printer's trouble. A printer that never answers is trusted once the bytes
are written.

What cannot be known: DLE EOT is answered when it is read, not when the paper has come out. Paper that ends while the
last batch lies in the printer's buffer is seen by the next question, not by the document's.
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

    # --- its state ---

    def connected(self) -> None:
        self._written = 0
        self._said = {}
        if not self._asks:
            self.set_code("OK")

    def disconnected(self, code: str) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(code)

    def handle(self, output: Output) -> bool:
        if not isinstance(output, PrinterStatus):
            return False
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
            self._take(port, b"", self.codec.flush())
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
                continue
            finally:
                self._answer = None
            self._written = 0
            return code
        self._take(port, b"", self.codec.flush())
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
                for batch in batches(pieces):
                    if code not in PRINTS:
                        return PrintResult(code, started)
                    async with self._turn:
                        port.write(b"")  # raises where the port was lost while the drawer had its turn
                        started = True
                        await self._write(port, batch)
                        code = await self._ask(port)
                if not self._asks:
                    await asyncio.sleep(port.seconds_for(self._written))
                    port.write(b"")
            except TransportError as error:
                return PrintResult(error.code, started)
            return PrintResult("OK" if code in PRINTS else code, started)

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
