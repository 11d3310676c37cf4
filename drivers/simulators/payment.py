"""A simulated provider of code payments: one JSON object a line over TCP, the protocol of lanekit's own gateway box.

    in   {"op":"pay","trade_no":T,"auth_code":C,"amount_minor":A}, {"op":"query"|"cancel","trade_no":T}, {"op":"ping"}
    out  {"trade_no":T,"state":S}, {"pong":true} or {"error":"..."}    S: SUCCESS USERPAYING PAYERROR NOTFOUND REVOKED

Protocol and behaviour are our own invention; no real provider speaks so. The last two digits of the code tell how the
trade goes: 91 the customer types a password during three queries and has paid at the fourth; 92 for ever; 93 declined;
94 takes the money and never answers `pay`; 95 has never heard of it and does not answer; all others are paid at once.
Rule: a code is good for one trade, a trade for one amount, and what was answered is on disk first (`--store`).
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path

from drivers.simulators.device import Answer, ControlError, Later, Peer, Request, Send, flag_of, number_of, only

MAX_LINE = 4096
MAX_TRADES = 100_000
MAX_AMOUNT_MINOR = 10**12
QUERIES_UNTIL_PAID = 3

HELP = """\
payment:
  {"trades":true}      -> every trade it knows: trade_no, state, amount_minor, auth_code_end
  {"silent":true}      answers nothing (false: again)        {"delay_ms":2000}    answers that much later (0..60000)"""


@dataclass(frozen=True, slots=True)
class Trade:
    trade_no: str
    auth_code: str
    amount_minor: int
    state: str
    queries: int = 0


class Refused(ValueError):
    """The request is wrong; its text goes back to the terminal."""


class Provider:
    def __init__(self, later: Later, store: Path | None = None) -> None:
        self._later = later
        self._store = store
        self._trades: dict[str, Trade] = {}
        self._codes: dict[str, str] = {}  # auth code -> the trade that used it
        self._silent = False
        self._delay_ms = 0
        if store is not None and store.exists():
            self._load(store)

    def attach(self, send: Send) -> Peer:
        return _Session(self, send)

    def answer(self, line: bytes, send: Send) -> None:
        """One line from a terminal; the answer, if there is one, goes to `send`. Never raises."""
        reply = self._reply(line)
        if reply is None or self._silent:
            return
        data = json.dumps(reply, ensure_ascii=False).encode("utf-8", "replace") + b"\n"
        if self._delay_ms:
            self._later(self._delay_ms / 1000, partial(send, data))
        else:
            send(data)

    def _reply(self, line: bytes) -> Answer | None:
        try:
            request = json.loads(line)
            if not isinstance(request, dict):
                raise Refused("a request is a JSON object")
            if request.get("op") == "ping":
                return {"pong": True}
            trade_no = _text(request, "trade_no", 64)
            match request.get("op"):
                case "pay":
                    state = self._pay(trade_no, request)
                case "query":
                    state = self._query(trade_no)
                case "cancel":
                    state = self._cancel(trade_no)
                case _:
                    raise Refused("op must be pay, query, cancel or ping")
        except (ValueError, RecursionError) as error:
            return {"error": str(error)[:200]}
        return None if state is None else {"trade_no": trade_no, "state": state}

    def _pay(self, trade_no: str, request: Request) -> str | None:
        auth_code = _text(request, "auth_code", 64)
        amount_minor = request.get("amount_minor")
        if isinstance(amount_minor, bool) or not isinstance(amount_minor, int):
            raise Refused("amount_minor must be a whole number")
        if not 0 < amount_minor <= MAX_AMOUNT_MINOR:
            raise Refused(f"amount_minor must be from 1 to {MAX_AMOUNT_MINOR}")
        ending = auth_code[-2:]
        trade = self._trades.get(trade_no)
        if trade is None:
            if ending == "95":
                return None
            if len(self._trades) >= MAX_TRADES:
                raise Refused("too many trades; start with an empty store")
            used = auth_code in self._codes
            state = "PAYERROR" if used or ending == "93" else "USERPAYING" if ending in ("91", "92") else "SUCCESS"
            trade = Trade(trade_no, auth_code, amount_minor, state)
            self._keep(trade)
        elif (trade.auth_code, trade.amount_minor) != (auth_code, amount_minor):
            raise Refused("this trade_no was used with another code or amount")
        return None if ending == "94" and trade.state == "SUCCESS" else trade.state

    def _query(self, trade_no: str) -> str:
        trade = self._trades.get(trade_no)
        if trade is None:
            return "NOTFOUND"
        if trade.state == "USERPAYING" and trade.auth_code.endswith("91"):
            queries = trade.queries + 1
            paid = queries > QUERIES_UNTIL_PAID
            trade = replace(trade, queries=queries, state="SUCCESS" if paid else "USERPAYING")
            self._keep(trade)
        return trade.state

    def _cancel(self, trade_no: str) -> str:
        trade = self._trades.get(trade_no)
        if trade is None:
            return "NOTFOUND"
        if trade.state in ("SUCCESS", "USERPAYING"):
            trade = replace(trade, state="REVOKED")
            self._keep(trade)
        return trade.state

    # --- what it never forgets ----------------------------------------------------------------------------------

    def _keep(self, trade: Trade) -> None:
        """On disk first: a provider that has answered has not forgotten."""
        if self._store is not None:
            line = json.dumps(asdict(trade), ensure_ascii=True).encode() + b"\n"
            with self._store.open("ab") as file:
                file.write(line)
                file.flush()
                os.fsync(file.fileno())
        self._remember(trade)

    def _remember(self, trade: Trade) -> None:
        self._trades[trade.trade_no] = trade
        self._codes.setdefault(trade.auth_code, trade.trade_no)

    def _load(self, store: Path) -> None:
        data = store.read_bytes()
        whole = data.rfind(b"\n") + 1
        if whole < len(data):  # it was killed while writing: that trade was never answered
            with store.open("r+b") as file:
                file.truncate(whole)
        for number, line in enumerate(data[:whole].splitlines(), 1):
            try:
                self._remember(Trade(**json.loads(line)))
            except (ValueError, TypeError) as error:
                raise ControlError(f"{store}, line {number}: is not a trade: {error}") from None

    # --- what a person does -------------------------------------------------------------------------------------

    def control(self, request: Request) -> Answer:
        only(request, ("trades", "silent", "delay_ms"))
        if "silent" in request:
            self._silent = flag_of(request, "silent")
        if "delay_ms" in request:
            self._delay_ms = number_of(request, "delay_ms", 0, 60_000)
        answer: Answer = {"ok": True}
        if "trades" in request and flag_of(request, "trades"):
            trades = self._trades.values()
            answer["trades"] = [
                {
                    "trade_no": trade.trade_no,
                    "state": trade.state,
                    "amount_minor": trade.amount_minor,
                    "auth_code_end": trade.auth_code[-2:],
                }
                for trade in trades
            ]
            answer["taken_minor"] = sum(trade.amount_minor for trade in trades if trade.state == "SUCCESS")
        return answer


class _Session:
    """One connection: bytes cut into lines, a line too long refused once."""

    def __init__(self, provider: Provider, send: Send) -> None:
        self._provider = provider
        self._send: Send | None = send
        self._pending = bytearray()
        self._too_long = False

    def receive(self, data: bytes) -> None:
        self._pending += data
        *lines, rest = self._pending.split(b"\n")
        self._pending = rest
        for line in lines:
            if self._too_long or len(line) > MAX_LINE:
                self._too_long = False
                self._say(b'{"error":"line too long"}\n')
            elif line.strip():
                self._provider.answer(bytes(line), self._say)
        if len(self._pending) > MAX_LINE:
            self._pending.clear()
            self._too_long = True

    def closed(self) -> None:
        self._send = None

    def _say(self, data: bytes) -> None:
        if self._send is not None:
            self._send(data)


def _text(request: Request, key: str, limit: int) -> str:
    value = request.get(key)
    if not isinstance(value, str) or not 0 < len(value) <= limit:
        raise Refused(f"{key} must be a text of 1 to {limit} characters")
    return value
