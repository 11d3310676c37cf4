"""A SIMULATED provider of code payments: for demonstrations and tests. No bank, wallet or acquirer speaks this.

One JSON object a line, UTF-8, ended by LF. Asked: {"op": "pay", "trade_no", "auth_code", "amount_minor"},
{"op": "query", "trade_no"}, {"op": "cancel", "trade_no"}; answered: {"trade_no", "state"}. {"op": "ping"} is answered
{"pong": true}. The customer's code goes out once, in `pay`; nothing here keeps it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Literal, cast

from drivers.api import Garbage, Output, PaymentStatus, setting

TRANSPORTS = ("tcp",)

_STATES = ("SUCCESS", "USERPAYING", "PAYERROR", "NOTFOUND", "REVOKED")
_State = Literal["SUCCESS", "USERPAYING", "PAYERROR", "NOTFOUND", "REVOKED"]


@dataclass(frozen=True, slots=True)
class Settings:
    max_line: int = setting(1024, "bytes in an answer; a longer one is garbage", low=64, high=4000)


class Codec:
    def __init__(self, settings: Settings) -> None:
        self._max_line = settings.max_line
        self._line = bytearray()
        self._skipping = False

    def receive(self, data: bytes) -> list[Output]:
        out: list[Output] = []
        for byte in data:
            if byte == 0x0A:
                if not self._skipping and (output := self._read(bytes(self._line))) is not None:
                    out.append(output)
                self._line.clear()
                self._skipping = False
            elif not self._skipping:
                self._line.append(byte)
                if len(self._line) > self._max_line:
                    out.append(Garbage(bytes(self._line[:64]), "an answer without an end"))
                    self._line.clear()
                    self._skipping = True
        return out

    def _read(self, line: bytes) -> PaymentStatus | Garbage | None:
        if not line.strip():
            return None
        try:
            answer: Any = json.loads(line)
        except (ValueError, RecursionError):
            return Garbage(line[:64], "not JSON")
        if not isinstance(answer, dict):
            return Garbage(line[:64], "not an object")
        if answer.get("pong") is True:
            return None
        trade_no, state = answer.get("trade_no"), answer.get("state")
        if not isinstance(trade_no, str) or not 0 < len(trade_no) <= 64:
            return Garbage(line[:64], "no trade_no")
        if state not in _STATES:
            return Garbage(line[:64], "no state that is known")
        return PaymentStatus(trade_no, cast(_State, state))

    def flush(self) -> list[Output]:
        line, skipped = bytes(self._line), self._skipping
        self._line.clear()
        self._skipping = False
        return [Garbage(line[:64], "the answer stopped before its end")] if line and not skipped else []

    def probe(self) -> bytes:
        return _line(op="ping")

    def pay(self, trade_no: str, auth_code: str, amount_minor: int) -> bytes:
        return _line(op="pay", trade_no=trade_no, auth_code=auth_code, amount_minor=amount_minor)

    def query(self, trade_no: str) -> bytes:
        return _line(op="query", trade_no=trade_no)

    def cancel(self, trade_no: str) -> bytes:
        return _line(op="cancel", trade_no=trade_no)


def _line(**fields: str | int) -> bytes:
    return json.dumps(fields).encode() + b"\n"
