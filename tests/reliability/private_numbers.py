"""Card and telephone numbers in what a store leaves behind: thousands of sales that are full of them, then every file.

    python -m tests.reliability.private_numbers --sales 10000

A whole store of real processes sells. Members are telephones, written as people write them; customers' codes and the
provider's answers hold card numbers, in fields of all kinds and in lines that are no answer; numbers are scanned, keyed
as goods, searched for and put into reasons. Every number is one that was never used before, so each file is held to
all of them: as text with or without spaces and hyphens, in UTF-16, as msgpack's and SQLite's integers, whether SQLite
still knows the page or has freed it; and, known or not, against what a telephone or a card looks like.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import socketserver
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import apsw
from rig import LANE, ROOT, FrontEnd, RigError, Store

from runtime.service.scrub import luhn
from runtime.wire.frames import encode
from runtime.wire.messages import PROTOCOL, Command, Hello

HERE = Path(__file__).resolve().parent
GOODS = ("6901234567892", "010001", "030001", "100001")
TRIES = 2_000
PICTURES = 5  # sales whose papers are drawn, too
FEWEST, MOST = 11, 19  # digits of a telephone, of a card
_RUN = rb"[0-9](?:[ -]?[0-9]){%d,}" % (FEWEST - 1)
RUNS = re.compile(_RUN)
WIDE = (re.compile(rb"(?:[0-9]\x00){%d,}" % FEWEST), re.compile(rb"(?:\x00[0-9]){%d,}" % FEWEST))
TELEPHONE = re.compile(r"1[3-9]\d{9}", re.ASCII)
CARD = re.compile(r"(?:3[0-9]|4|5[1-5]|62)\d{11,17}", re.ASCII)
WORD = re.compile(rb"[0-9A-Za-z]")
# What is not looked at: the book's snapshots hold no customer, and thousands of article numbers that pass Luhn's check.
LEFT_OUT = (".snapshot", ".csv")


@dataclass
class Numbers:
    """Numbers of persons that were never used before; `given` are all of them, in digits alone."""

    dice: random.Random
    given: set[str] = field(default_factory=set)

    def telephone(self) -> str:
        return self._new(lambda: f"1{self.dice.choice('3456789')}{self.dice.randrange(10**9):09d}")

    def card(self) -> str:
        return self._new(self._card)

    def _card(self) -> str:
        begin, length = self.dice.choice((("622202", 19), ("4929", 16), ("4929", 13), ("5425", 16), ("3714", 15)))
        body = begin + "".join(self.dice.choice("0123456789") for _ in range(length - len(begin) - 1))
        return next(body + digit for digit in "0123456789" if luhn(body + digit))

    def _new(self, make: Callable[[], str]) -> str:
        while (number := make()) in self.given:
            pass
        self.given.add(number)
        return number

    def written(self, number: str) -> str:
        """As a person writes it."""
        if len(number) == FEWEST:
            ways = (
                number,
                f"+86{number}",
                f"{number[:3]} {number[3:7]} {number[7:]}",
                f"{number[:3]}-{number[3:7]}-{number[7:]}",
            )
        else:
            ways = (number, " ".join(re.findall(".{1,4}", number)), "-".join(re.findall(".{1,4}", number)), number)
        return self.dice.choice(ways)


# --- the provider -----------------------------------------------------------------------------------------------


class Provider(socketserver.ThreadingTCPServer):
    """Answers each payment, and tells of cards and telephones while it does."""

    allow_reuse_address = daemon_threads = True

    def __init__(self, port: int, numbers: Numbers) -> None:
        self.numbers = numbers
        self.told = 0
        super().__init__(("127.0.0.1", port), _Answers)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def answers(self, asked: dict[str, Any]) -> Iterator[bytes]:
        if asked.get("op") == "ping":
            yield b'{"pong": true}'
            return
        card, telephone = self.numbers.card(), self.numbers.telephone()
        good = {"trade_no": asked["trade_no"], "state": "SUCCESS"}
        odd = (
            {**good, "card": self.numbers.written(card), "payer": {"mobile": telephone}},
            {**good, "pan": int(card), "mobile": int(telephone), "remark": f"付款人{telephone}卡{card}"},
            {**good, card: telephone},
            {"trade_no": card, "state": "SUCCESS"},
            {"trade_no": asked["trade_no"], "state": f"{card} {telephone}"},
            {"error": f"card {self.numbers.written(card)} of {telephone}"},
        )
        way = self.told % (len(odd) + 2)
        self.told += 1
        if way < len(odd):
            yield json.dumps(odd[way], ensure_ascii=False).encode()
        elif way == len(odd):
            yield f"PAN={card};TEL={telephone}".encode()
        else:
            yield f"{card} {telephone} ".encode() * 60  # longer than an answer may be
        if way >= 3:
            yield json.dumps(good).encode()


class _Answers(socketserver.StreamRequestHandler):
    server: Provider

    def handle(self) -> None:
        for line in self.rfile:
            for answer in self.server.answers(json.loads(line)):
                self.wfile.write(answer + b"\n")


# --- the till's day ---------------------------------------------------------------------------------------------


@dataclass
class Sold:
    folder: Path
    numbers: Numbers
    sales: int = 0
    found: list[str] = field(default_factory=list)
    files: int = 0
    size: int = 0


def sell(folder: Path, sales: int, seed: int = 1, broken: str = "") -> Sold:
    """A store in `folder`. `broken` is a way of leaky_terminal.py. Raises RigError."""
    numbers = Numbers(random.Random(seed))
    store = Store(folder, language="zh", rehearse="2026-11-22T10:00:00")
    if broken:
        store.terminal.words[: len(LANE)] = [sys.executable, str(HERE / "leaky_terminal.py"), broken]
    paper = [sys.executable, str(HERE / "recorded_paper.py"), str(folder / "paper.bytes")]
    simulate = store.devices.words[len(LANE) + 1 :]
    # The simulated provider stays, on a port that nobody asks.
    provider = Provider(0, numbers)
    text = store.terminal_file.read_text(encoding="utf-8")
    port = provider.server_address[1]
    store.terminal_file.write_text(text.replace(f"port = {store.payment_port}", f"port = {port}"), encoding="utf-8")
    store.devices.words = [*paper, *simulate]
    try:
        store.start()
        store.front_end.wait(lambda view: all(device.ok for device in view.devices), 20)
        day = _Day(store, numbers)
        for sale in range(sales):
            if sale == sales - PICTURES:
                store.front_end.wait(lambda view: view.receipts_waiting == 0, 120)
                store.slips()
            day.sale(sale)
        store.front_end.wait(lambda view: view.receipts_waiting == 0 and view.network.unsent == 0, 120)
        store.slips(pictures=folder)
        if not broken:
            _shown(store)
    finally:
        store.stop()
        provider.shutdown()
        provider.server_close()
    return Sold(folder, numbers, sales)


class _Day:
    def __init__(self, store: Store, numbers: Numbers) -> None:
        self.store, self.numbers, self.dice = store, numbers, numbers.dice
        self.front: FrontEnd = store.front_end

    def sale(self, number: int) -> None:
        """One sale, and every few what else a day brings, each in its turn: what comes is no draw."""
        front, numbers = self.front, self.numbers
        for _ in range(1 + number % 2):
            front.must("scan", code=self.dice.choice(GOODS))
        if number % 2:
            front.must("member", id=numbers.written(numbers.card() if number % 20 == 1 else numbers.telephone()))
        if turn := {3: self.refused, 5: self.by_hand, 7: self.given_up, 9: self.searched}.get(number % 10):
            turn()
        if not front.view or front.view.state != "ringing":
            front.must("scan", code=GOODS[0])
        front.must("subtotal")
        if number % 3 == 0:
            front.must("scan", code=numbers.card().ljust(18, "7"))  # what the customer's telephone or card shows
            self._closed()
        else:
            front.must("cash", amount_minor=100_000)
        if number % 10 == 8:
            self.back()
        if number % 50 == 2:
            self.put_off_the_line()
        front.must("next")

    def _closed(self) -> None:
        """Paid by code, or in cash where the provider does not take it. What is seen may be a moment old."""
        for _ in range(TRIES):
            if self.front.wait(lambda view: view.state in ("closed", "tendering"), 60).state == "closed":
                return
            if self.front.ask("cash", amount_minor=100_000).ok:
                return
            time.sleep(0.01)
        raise RigError("a payment does not end")

    def refused(self) -> None:
        for number in (self.numbers.card(), self.numbers.telephone()):
            self.front.ask("scan", code=number)
            self.front.ask("price_lookup", code=number)
            self.front.ask("return_receipt", code=number)
            self.front.ask("quantity", qty=int(number))
            self.front.ask("member", id=number * 9)
        rung = len(self.front.wait(lambda view: view.state == "ringing").lines)
        self.store.scan(self.numbers.card())
        self.store.control("scanner", raw=(b"\x01" + self.numbers.telephone().encode() + b"\xff\r").hex())
        self.store.scan(GOODS[0])  # when this is seen, those before it have been
        self.front.wait(lambda view: len(view.lines) == rung + 1)

    def _reason(self) -> str:
        numbers = self.numbers
        return f"顾客{numbers.written(numbers.telephone())} 卡{numbers.written(numbers.card())}"[:40]

    def by_hand(self) -> None:
        self.front.must("discount_line", line=1, amount_minor=1, reason=self._reason())

    def given_up(self) -> None:
        self.front.must("void_ticket", reason=self._reason())
        for name in ("paid_in", "paid_out", "drop"):
            self.front.must(name, amount_minor=100, reason=self._reason())
        self.front.must("no_sale", reason=self._reason())

    def searched(self) -> None:
        self.front.ask("journal_search", text=self.numbers.telephone())
        self.front.ask("reprint_number", number=0)
        self.front.must("suspend")
        view = self.front.wait(lambda view: view.suspended)
        self.front.must("recall", number=view.suspended[-1].number)

    def back(self) -> None:
        self.front.must("next")
        view = self.front.wait(lambda view: True)
        self.front.must("return_receipt", code=str(view.last_number))
        if self.front.ask("return_line", line=1, reason=self._reason()).ok:
            self.front.must("subtotal")
            self.front.must("refund")
        else:
            self.front.ask("return_close")
            self.front.must("scan", code=GOODS[0])
            self.front.must("subtotal")
            self.front.must("cash", amount_minor=100_000)

    def put_off_the_line(self) -> None:
        """Another front end, whose messages are none."""
        wrong: list[Any] = [
            Command(1, self.numbers.telephone(), {"code": self.numbers.card()}),
            Command(2, "scan", {self.numbers.card(): 1}),
        ]
        other = FrontEnd(self.store.socket)
        for one in wrong:
            other._socket.sendall(encode(one))
        other._socket.sendall(encode(Hello(PROTOCOL + 1, self.numbers.telephone())))
        other.close()


def _shown(store: Store) -> None:
    """What the tools say of it, each into a file."""
    path = str(store.run / "journal.db")
    words = {
        "export.json": ["export", "--format", "json"], "export.table": ["export", "--format", "csv"],
        "export.text": ["export", "--format", "text"], "show": ["show", "--json"], "search": ["search", "--json"],
    }  # fmt: skip
    for name, said in words.items():
        with (store.folder / name).open("wb") as file:
            done = subprocess.run(
                [*LANE, "journal", said[0], path, *said[1:]], stdout=file, stderr=subprocess.PIPE, cwd=ROOT
            )
        if done.returncode:
            raise RigError(f"lane journal {said[0]}: {done.stderr.decode()}")


# --- looking ----------------------------------------------------------------------------------------------------


def look(sold: Sold) -> Sold:
    """Holds every file against every number. What is found is said with its file and place."""
    whole = Integers(sold.numbers.given)
    for path in sorted({*sold.folder.rglob("*"), *Path(sold.folder / "run").rglob("*")}):
        if not path.is_file() or path.suffix in LEFT_OUT or path.name.startswith("items"):
            continue
        data = path.read_bytes()
        sold.files += 1
        sold.size += len(data)
        if not data.strip(b"\0"):
            continue  # the reserve
        sold.found += [f"{path.name} at {at}: {what}" for at, what in found_in(data, sold.numbers.given, whole)]
        if data.startswith(b"SQLite format 3"):
            # A text may lie across two of its pages.
            for value in values_of(path):
                sold.found += [
                    f"{path.name}, a value: {what}" for _, what in found_in(value, sold.numbers.given, whole)
                ]
    return sold


def values_of(path: Path) -> Iterator[bytes]:
    """Every value of every table."""
    connection = apsw.Connection(f"file:{path}?immutable=1", flags=apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_URI)
    for (table,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall():
        for row in connection.execute(f'SELECT * FROM "{table}"'):
            yield from (
                value if isinstance(value, bytes) else str(value).encode() for value in row if value is not None
            )
    connection.close()


class Integers:
    """Numbers as msgpack (uint 64) and SQLite (6 and 8 bytes) write them, all big-endian."""

    def __init__(self, given: set[str]) -> None:
        self._all = {
            size: {int(one).to_bytes(size, "big") for one in given if _fits(int(one), size)} for size in (6, 8)
        }
        self._near = {size: _begins(some) for size, some in self._all.items() if some}

    def within(self, data: bytes) -> Iterator[int]:
        for size, near in self._near.items():
            for match in near.finditer(data):
                if data[match.start() : match.start() + size] in self._all[size]:
                    yield match.start()


def _fits(number: int, size: int) -> bool:
    return number < 1 << 8 * size - 1


def _begins(some: set[bytes]) -> re.Pattern[bytes]:
    """Where one of them may begin, by its first two bytes: a file of zeros is passed over quickly."""
    firsts: dict[int, set[int]] = {}
    for one in some:
        firsts.setdefault(one[0], set()).add(one[1])
    ways = [re.escape(bytes((first,))) + b"[" + b"".join(b"\\x%02x" % two for two in sorted(second)) + b"]"
            for first, second in firsts.items()]  # fmt: skip
    return re.compile(b"(?=" + b"|".join(ways) + b")")


def found_in(data: bytes, given: set[str], whole: Integers) -> Iterator[tuple[int, str]]:
    for match in RUNS.finditer(data):
        digits = re.sub(rb"[ -]", b"", match[0]).decode("ascii")
        if known(digits, given):
            yield match.start(), f"a number that was used: {match[0].decode()}"
        elif _alone(data, match) and looks_private(digits):
            yield match.start(), f"looks like a number of a person: {match[0].decode()}"
    for wide in WIDE:
        for match in wide.finditer(data):
            if known(match[0].replace(b"\x00", b"").decode("ascii"), given):
                yield match.start(), "a number that was used, in UTF-16"
    for at in whole.within(data):
        yield at, "a number that was used, as an integer"


def known(digits: str, given: set[str]) -> bool:
    return any(
        digits[at : at + length] in given
        for length in range(FEWEST, min(MOST, len(digits)) + 1)
        for at in range(len(digits) - length + 1)
    )


def looks_private(digits: str) -> bool:
    return bool(TELEPHONE.fullmatch(digits)) or (bool(CARD.fullmatch(digits)) and luhn(digits))


def _alone(data: bytes, match: re.Match[bytes]) -> bool:
    """Not a piece of a word, as hashes in hexadecimal have many."""
    around = data[max(0, match.start() - 1) : match.start()] + data[match.end() : match.end() + 1]
    return not WORD.search(around)


def figures(sales: int, seed: int = 1, broken: str = "") -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="lanekit-private-") as folder:
        return figures_of(look(sell(Path(folder), sales, seed, broken)))


def figures_of(sold: Sold) -> dict[str, Any]:
    return {
        "sales": sold.sales, "numbers": len(sold.numbers.given), "files": sold.files, "mb": round(sold.size / 1e6, 1),
        "leaks": len(sold.found), "firsts": sold.found[:5],
    }  # fmt: skip


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sales", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--broken", default="", help="answers or members: a terminal that leaks them")
    given = parser.parse_args()
    result = figures(given.sales, given.seed, given.broken)
    print(json.dumps(result, indent=2, ensure_ascii=False))
    sys.exit(bool(result["leaks"]) != bool(given.broken))
