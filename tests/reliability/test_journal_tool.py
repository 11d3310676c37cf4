"""`lane journal` on a real file, while another process has it open and writes to it."""

from __future__ import annotations

import csv
import io
import json
import random
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import apsw
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runtime.cli import main
from runtime.journal.errors import SENTENCES, JournalError
from runtime.journal.live import LiveJournal
from runtime.journal.store import Journal
from runtime.sale import events as e
from runtime.tools.journal_verify import AgainstGateway, read_page, verify_all
from runtime.wire.pack import WireError, pack
from runtime.wire.records import PackedRecord
from tests.reliability.selling import EPOCH, Till

ROOT = Path(__file__).resolve().parents[2]


def opened(path: Path) -> Journal:
    return Journal.open(path, machine="m", random_epoch=lambda: EPOCH)


def a_day(path: Path, sales: int = 12) -> Till:
    till = Till(lambda: opened(path), random.Random(3))
    till.start()
    for _ in range(sales):
        till.sell(3)
    return till


@pytest.fixture
def day(tmp_path: Path) -> Till:
    """Its journal is open: that is what the tool must live with."""
    return a_day(tmp_path / "journal.db")


def lane(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    status = main(["journal", *words])
    out, err = capsys.readouterr()
    return status, out, err


def test_verify_says_what_is_there_and_names_the_first_bad_row(
    day: Till, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = str(tmp_path / "journal.db")
    last, head = len(day.truth.rows), day.truth.rows[-1][2].hex()
    status, out, _ = lane(capsys, "verify", path)
    assert status == 0 and f"rows 1 to {last}, sales 1 to 12, head {head[:16]}" in out and "is right" in out
    assert "the gateway has nothing of this epoch yet" in out
    record_head = day.truth.rows[day.truth.records[4][1] - 1][2].hex()
    status, out, _ = lane(capsys, "verify", path, "--sale", f"5:{record_head[:8]}")
    assert status == 0 and "sale 5 is as on its receipt" in out
    status, out, _ = lane(capsys, "verify", path, "--sale", "5:00000000")
    assert status == 1 and "sale 5 is not the one on the receipt" in out
    status, out, _ = lane(capsys, "verify", path, "--sale", f"13:{record_head}")
    assert status == 1 and "sale 13 has a receipt and is missing" in out
    assert day.journal is not None
    day.journal.close()
    raw = apsw.Connection(path)
    raw.execute("UPDATE rows SET body = CAST(replace(CAST(body AS TEXT), 'scanned', 'keyed  ') AS BLOB) WHERE seq = 9")
    raw.close()
    status, out, _ = lane(capsys, "verify", path)
    assert status == 1 and "WRONG: row 9: it was changed" in out
    status, out, _ = lane(capsys, "verify", path, "--json")
    said = json.loads(out)
    assert status == 1 and (said["bad_row"], said["code"], said["ok"]) == (9, "hash_wrong", False)


def test_show_and_search_are_bounded_and_find(day: Till, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = str(tmp_path / "journal.db")
    status, out, _ = lane(capsys, "show", path, "--last", "4")
    assert status == 0 and len(out.splitlines()) == 4 and "PrintEnded" in out
    status, out, _ = lane(capsys, "show", path, "--sale", "3", "--json")
    rows = [json.loads(line) for line in out.splitlines()]
    assert sum(row["type"] == "ItemAdded" for row in rows) == 3 and rows[-1]["type"] == "CashTendered"
    status, _, err = lane(capsys, "show", path, "--sale", "99")
    assert status == 2 and "no sale 99" in err
    receipt = json.loads(lane(capsys, "search", path, "--sale", "7", "--json")[1])
    items = [one for one in receipt["RetailTransaction"]["LineItem"] if "Sale" in one and not one["VoidFlag"]]
    total = receipt["RetailTransaction"]["Total"][1]["Amount"]
    for words in (
        ["--sku", items[0]["Sale"]["ItemID"]],
        ["--amount", total],
        ["--amount", items[0]["Sale"]["ExtendedAmount"]],
        ["--text", items[0]["Sale"]["Description"].upper()],
        ["--from", receipt["BusinessDayDate"], "--to", receipt["BusinessDayDate"], "--sale", "6-8"],
    ):
        status, out, _ = lane(capsys, "search", path, *words)
        assert status == 0 and any(line.split()[0] == "7" for line in out.splitlines()), words
    status, out, err = lane(capsys, "search", path, "--limit", "2")
    assert [line.split()[0] for line in out.splitlines()] == ["12", "11"] and "--limit" in err
    assert lane(capsys, "search", path, "--from", "2099-01-01")[:2] == (1, "")
    for words in (["--amount", "1.234"], ["--sale", "x"], ["--to", "yesterday"]):
        assert lane(capsys, "search", path, *words)[0] == 2


def test_export_in_three_forms(day: Till, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = str(tmp_path / "journal.db")
    whole = json.loads(lane(capsys, "export", path)[1])["POSLog"]["Transaction"]
    assert [one["SequenceNumber"] for one in whole] == list(range(1, 13))
    assert whole[0]["RetailStoreID"] == "S001" and whole[0]["lanekit"]["epoch"] == f"{EPOCH:016x}"
    _, out, _ = lane(capsys, "export", path, "--format", "csv")
    table = list(csv.DictReader(io.StringIO(out)))
    sold = sum(not one["VoidFlag"] for sale in whole for one in sale["RetailTransaction"]["LineItem"] if "Sale" in one)
    assert sum(row["Kind"] == "Sale" and row["VoidFlag"] == "0" for row in table) == sold
    status, out, _ = lane(capsys, "export", path, "--format", "text", "--sale", "2")
    assert status == 0 and "000002" in out and "TOTAL" in out and "COPY" in out
    file = tmp_path / "out.json"
    assert lane(capsys, "export", path, "-o", str(file), "--sale", "2-3")[0] == 0
    assert len(json.loads(file.read_text(encoding="utf-8"))["POSLog"]["Transaction"]) == 2


def test_no_telephone_is_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    till = Till(lambda: opened(tmp_path / "j"), random.Random(1))
    till.start()
    till.accept(e.MemberIdentified("13800138000"))
    till.sell(1)
    for words in (["show"], ["show", "--json"], ["search", "--json"], ["export"], ["export", "--format", "csv"]):
        status, out, _ = lane(capsys, words[0], str(tmp_path / "j"), *words[1:])
        assert status == 0 and "13800138000" not in out


def test_what_is_shown_does_not_move_the_screen(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    till = Till(lambda: opened(tmp_path / "j"), random.Random(1))
    till.start()
    till.accept(
        e.ItemAdded("1", "1", "milk\x1b[2J\u202e", "each", 100, 1, 0, "scanned", "2026-11-22T18:30:00", "5" * 64)
    )
    till.sell(1)
    for words in (["show"], ["show", "--json"], ["search"]):
        _, out, _ = lane(capsys, words[0], str(tmp_path / "j"), *words[1:])
        assert "milk" in out and "\x1b" not in out and "\u202e" not in out


def test_help_teaches() -> None:
    said = subprocess.run(
        [sys.executable, "-m", "runtime.cli", "journal", "verify", "--help"], capture_output=True, text=True, cwd=ROOT
    ).stdout
    assert "lane journal verify" in said and "Exit status" in said and "--gateway" in said


WRITER = """
import random, sys, time
from pathlib import Path
from tests.reliability.selling import Till, EPOCH
from runtime.journal.store import Journal
till = Till(lambda: Journal.open(Path(sys.argv[1]), machine="m", random_epoch=lambda: EPOCH), random.Random(5))
till.start()
print("ready", flush=True)
for number in range(int(sys.argv[2])):
    till.sell(3)
    time.sleep(0.004)  # so that there is something to look at between
    till.settle(max(0, till.checkout.last_sequence - 25))
    if number % 3 == 0:
        till.prune()
        till.journal._database.tidy()
print("done", flush=True)
sys.stdin.read()
"""


def test_what_is_read_while_the_daemon_writes_is_one_moment_of_it(tmp_path: Path) -> None:
    """Appending, pruning and checkpoints in another process: every look is right, and writes nothing."""
    path = tmp_path / "journal.db"
    child = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path), "250"], cwd=ROOT, stdout=subprocess.PIPE, stdin=subprocess.PIPE
    )
    assert child.stdout is not None
    assert child.stdout.readline() == b"ready\n"
    live = LiveJournal(path)
    looks, busy, last = 0, 0, 0
    while last < 250:
        try:
            verdict = verify_all(live, None, [], None)[0]
        except JournalError as error:
            assert error.code == "IN_USE"
            busy += 1
            continue
        assert not verdict.faults, verdict.text()
        assert verdict.walk.sequence >= last
        last = verdict.walk.sequence
        looks += 1
    assert looks > 1
    live.close()
    assert child.stdout.readline() == b"done\n"
    child.communicate(b"")


def test_a_whole_copy_on_a_disk_that_nobody_may_write_to_is_read(day: Till, tmp_path: Path) -> None:
    """Also what stands in the log alone: a killed daemon's evidence."""
    kept = tmp_path / "kept"
    kept.mkdir()
    for name in ("journal.db", "journal.db-wal"):
        (kept / name).write_bytes((tmp_path / name).read_bytes())
        (kept / name).chmod(0o400)
    before = {one.name: one.read_bytes() for one in kept.iterdir()}
    kept.chmod(0o500)
    live = LiveJournal(kept / "journal.db")
    assert verify_all(live, None, [], None)[0].walk.seq == len(day.truth.rows)
    live.close()
    assert {one.name: one.read_bytes() for one in kept.iterdir()} == before
    kept.chmod(0o700)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_damaged_files_are_errors_with_a_sentence(
    tmp_path_factory: pytest.TempPathFactory, capsys: pytest.CaptureFixture[str], data: st.DataObject
) -> None:
    folder = tmp_path_factory.getbasetemp() / "damaged"
    if not folder.exists():
        folder.mkdir()
        till = a_day(folder / "whole", 3)
        assert till.journal is not None
        till.journal.close()
    content = bytearray((folder / "whole").read_bytes())
    for _ in range(data.draw(st.integers(1, 30))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    (folder / "j").write_bytes(content[: data.draw(st.one_of(st.just(1 << 30), st.integers(0, len(content))))])
    for words in (["verify"], ["show"], ["search", "--text", "x"], ["export"], ["export", "--format", "csv"]):
        status, _, err = lane(capsys, words[0], str(folder / "j"), *words[1:])
        assert status in (0, 1, 2) and (status != 2 or err.startswith("lane journal: "))


def test_every_sentence_stands(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "x").write_bytes(b"nonsense" * 1000)
    for name, said in (("x", SENTENCES["NOT_A_JOURNAL"][0]), ("none", SENTENCES["CANNOT_OPEN"][0])):
        status, _, err = lane(capsys, "show", str(tmp_path / name))
        assert status == 2 and said in err


def _gateway(till: Till) -> Any:
    def records(store: str, terminal: str, epoch: int, after: int) -> list[tuple[int, bytes]]:
        assert (store, terminal, epoch) == ("S001", "01", EPOCH)
        return [(number, digest) for number, _, _, digest in till.truth.records if number > after][:5]

    return records


def test_the_gateway_shows_what_the_chain_cannot(day: Till, tmp_path: Path) -> None:
    """A tail that was cut off whole, and a chain that was made anew to its very end."""
    path = tmp_path / "journal.db"
    assert day.journal is not None
    day.journal.close()
    cut = day.truth.records[9]
    raw = apsw.Connection(str(path))
    raw.execute("DELETE FROM rows WHERE seq > ?", (cut[1],))
    raw.execute("DELETE FROM records WHERE sequence > ?; DELETE FROM checkpoints", (cut[0],))
    raw.close()
    live = LiveJournal(path)
    assert not verify_all(live, None, [], None)[0].faults  # nothing here says that there was more
    assert "sale 11 is at the gateway" in verify_all(live, None, [], _gateway(day))[0].faults[0]
    live.close()
    other = Till(lambda: opened(tmp_path / "forged.db"), random.Random(4))
    other.start()
    for _ in range(12):
        other.sell(3)
    live = LiveJournal(tmp_path / "forged.db")
    assert not verify_all(live, None, [], None)[0].faults
    assert "sale 1 is not the one" in verify_all(live, None, [], _gateway(day))[0].faults[0]
    live.close()


def test_records_of_a_gateway_rise_or_are_none() -> None:
    """One that gave the same page again would be asked for ever."""
    page = [PackedRecord(number, bytes(32), b"x") for number in (4, 5)]
    assert read_page(pack(page), 3) == [(4, bytes(32)), (5, bytes(32))]
    for wrong in (pack(page[::-1]), pack([{"sequence": 4, "hash": 1 << 40, "body": b""}]), pack(7), b"\xc1"):
        with pytest.raises(WireError):
            read_page(wrong, 3)
    with pytest.raises(WireError):
        read_page(pack(page), 4)


@pytest.mark.parametrize("answer", [b"no HTTP\r\n\r\n", b"", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"])
def test_what_answers_in_the_gateways_place_is_said(answer: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            one, _ = listening.accept()
            with one:
                one.recv(1 << 16)
                one.sendall(answer)

        serving = threading.Thread(target=serve, daemon=True)
        serving.start()
        with pytest.raises(ValueError, match="gave no records"):
            AgainstGateway(f"http://127.0.0.1:{listening.getsockname()[1]}")("S001", "01", EPOCH, 0)
        serving.join(10)
