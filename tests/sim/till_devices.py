"""Simulated devices behind runtime.devices.ports: what stands around a terminal and outlives its crashes.

The printer's paper keeps every document that anything of was printed, whole or not: it is what customers hold. The
payment provider knows what was really paid. Both answer late, wrongly or not at all, by the seeded random.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass, field

from drivers.api import Barcode, Document, Lamp, PaymentStatus, ScaleReading, Text
from runtime.devices.ports import DeviceStatus, PrintResult


@dataclass
class Slip:
    """A document of which at least the first byte went out."""

    document: Document
    whole: bool = False

    @property
    def number(self) -> str:
        """As its barcode has it; all that is printed here are receipts."""
        (code,) = (part.data for part in self.document if isinstance(part, Barcode))
        return code

    def marked(self, mark: str) -> bool:
        return any(isinstance(part, Text) and part.text == mark for part in self.document)


@dataclass
class Printer:
    rng: random.Random
    trouble: float = 0.0  # chance that one print goes wrong somehow
    code: str = "OK"
    paper: int = 40  # receipts that are left on the roll
    slips: list[Slip] = field(default_factory=list)


@dataclass
class Trade:
    amount_minor: int
    state: str
    resolves_at_s: float
    ends: str


class Provider:
    """The payment provider of all terminals. What it calls SUCCESS was taken from somebody's account."""

    def __init__(self, rng: random.Random, trouble: float) -> None:
        self._rng = rng
        self.trouble = trouble
        self.trades: dict[str, Trade] = {}

    def pay(self, trade_no: str, amount_minor: int) -> str:
        known = self.trades.get(trade_no)
        if known is None:
            ends = "SUCCESS" if self._rng.random() < 0.85 else "PAYERROR"
            waits_s = self._rng.uniform(3, 70) if self._rng.random() < 0.3 else 0.0
            now = asyncio.get_running_loop().time()
            self.trades[trade_no] = Trade(amount_minor, "USERPAYING", now + waits_s, ends)
        return self.query(trade_no)

    def query(self, trade_no: str) -> str:
        trade = self.trades.get(trade_no)
        if trade is None:
            return "NOTFOUND"
        if trade.state == "USERPAYING" and asyncio.get_running_loop().time() >= trade.resolves_at_s:
            trade.state = trade.ends
        return trade.state

    def cancel(self, trade_no: str) -> str:
        """Money that was taken is given back."""
        state = self.query(trade_no)
        if state in ("SUCCESS", "USERPAYING"):
            self.trades[trade_no].state = state = "REVOKED"
        return state


class SimDevices:
    """`Devices` for one life of one terminal. Once `alive` says no, nothing of it reaches the world."""

    def __init__(
        self,
        printer: Printer,
        provider: Provider,
        rng: random.Random,
        alive: Callable[[], bool],
        note: Callable[[str], None],
    ) -> None:
        self._printer, self._provider, self._rng = printer, provider, rng
        self._alive, self._note = alive, note

    def statuses(self) -> tuple[DeviceStatus, ...]:
        return (
            DeviceStatus("printer", "POSPrinter", self._printer.code),
            DeviceStatus("scanner", "Scanner", "OK"),
            DeviceStatus("scale", "Scale", "OK"),
            DeviceStatus("payment", "ElectronicValueRW", "OK"),
        )

    async def print_document(self, document: Document) -> PrintResult:
        printer = self._printer
        if printer.code != "OK" or not self._alive():
            return PrintResult(printer.code if printer.code != "OK" else "TIMEOUT", False)
        wrong = printer.rng.random() < printer.trouble
        if wrong and printer.rng.random() < 0.5:
            return PrintResult("TIMEOUT", False)
        slip = Slip(document)
        printer.slips.append(slip)
        self._note(f"paper {slip.number}")
        await asyncio.sleep(printer.rng.uniform(0.5, 2.5))
        if wrong and printer.rng.random() < 0.5:
            return PrintResult("TIMEOUT", True)
        if printer.paper <= 0:
            printer.code = "EPTR_REC_EMPTY"
            return PrintResult(printer.code, True)
        printer.paper -= 1
        slip.whole = True
        # It is all on paper and the printer does not say so: the worst case for `never twice in silence`.
        return PrintResult("TIMEOUT", True) if wrong else PrintResult("OK", True)

    async def open_drawer(self) -> str:
        return "OK" if self._rng.random() < 0.98 else "DRAWER_NOT_OPENED"

    async def weigh(self, timeout_s: float) -> ScaleReading | str:
        await asyncio.sleep(self._rng.uniform(0.2, timeout_s))
        chance = self._rng.random()
        if chance < 0.7:
            return ScaleReading("OK", self._rng.randint(5, 14_000))
        return "TIMEOUT" if chance < 0.8 else ScaleReading("ESCAL_UNSTABLE", self._rng.randint(5, 9_000))

    def show(self, lamp: Lamp, amount_minor: int) -> None:
        return None

    async def pay(self, trade_no: str, auth_code: str, amount_minor: int, timeout_s: float) -> PaymentStatus | str:
        return await self._ask(trade_no, timeout_s, lambda: self._provider.pay(trade_no, amount_minor))

    async def query_payment(self, trade_no: str, timeout_s: float) -> PaymentStatus | str:
        return await self._ask(trade_no, timeout_s, lambda: self._provider.query(trade_no))

    async def cancel_payment(self, trade_no: str, timeout_s: float) -> PaymentStatus | str:
        return await self._ask(trade_no, timeout_s, lambda: self._provider.cancel(trade_no))

    async def _ask(self, trade_no: str, timeout_s: float, what: Callable[[], str]) -> PaymentStatus | str:
        """The question may be lost, or the answer."""
        trouble, rng = self._provider.trouble, self._rng
        question_lost, answer_lost = rng.random() < trouble, rng.random() < trouble
        await asyncio.sleep(rng.uniform(0.05, 1.0))
        if question_lost or not self._alive():
            await asyncio.sleep(timeout_s)
            return "TIMEOUT"
        state = what()
        self._note(f"provider {trade_no} {state}")
        if answer_lost:
            await asyncio.sleep(timeout_s)
            return "TIMEOUT"
        return PaymentStatus(trade_no, state)  # type: ignore[arg-type]
