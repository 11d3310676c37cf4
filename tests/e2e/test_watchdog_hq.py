"""The real head office before a service manager: fed by commits and by a plain no, on both of its databases."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from rig import LANE, ROOT, Process, free_port

from tests.postgres import Postgres
from tests.runtime.service.manager import Manager

WRAPPER = Path(__file__).parent / "hanging_disk.py"


class Office:
    def __init__(self, folder: Path, variant: str, watchdog_s: float, more: str = "") -> None:
        self.hangs = folder / "hangs"
        self.file = folder / "hq.toml"
        self.file.write_text(f"[hq]\nport = {free_port()}\n{more}\n[log]\ntotal_kb = 64\n")
        self.manager = Manager()
        self.quiet_s = 4 * watchdog_s
        self.watchdog_s = watchdog_s
        environment = {
            "NOTIFY_SOCKET": self.manager.name,
            "WATCHDOG_USEC": str(round(watchdog_s * 1e6)),
            "PYTHONPATH": str(ROOT),
        }
        words = [sys.executable, str(WRAPPER), str(self.hangs), variant, "hq", "--config", str(self.file)]
        self.process = Process("hq", words, folder, environment)

    def start(self) -> None:
        self.process.start()
        self.manager.wait("READY=1")

    def feeds(self, times: int = 3) -> None:
        for _ in range(times):
            self.manager.wait("WATCHDOG=1", 5 * self.watchdog_s)

    def status(self, what: str) -> None:
        """Wait until the service manager's line for people has this in it."""
        until = time.monotonic() + 20
        while not any(what in line for line in self.manager.heard(1.0) if line.startswith("STATUS=")):
            assert time.monotonic() < until, what

    def end(self) -> None:
        self.process.kill(signal.SIGKILL)
        self.manager.close()


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path


def test_on_sqlite_it_is_fed_while_idle_and_not_while_a_sync_hangs(folder: Path) -> None:
    office = Office(folder, "real", 0.5)
    office.start()
    try:
        office.feeds()
        office.hangs.touch()
        assert office.manager.falls_silent(office.quiet_s, 5 * office.quiet_s)
        office.hangs.unlink()
        office.feeds(1)
        office.process.kill(signal.SIGTERM)
        office.manager.wait("STOPPING=1", 5)
    finally:
        office.end()
    assert (folder / "log" / "hq.log").is_file()


@pytest.mark.parametrize("variant", ["no-commit", "timer"])
def test_a_head_office_that_is_fed_otherwise_is_found_out(folder: Path, variant: str) -> None:
    """The faults that the test above would see: the feeding goes on over a disk that hangs."""
    office = Office(folder, variant, 0.5)
    office.start()
    try:
        office.hangs.touch()
        assert not office.manager.falls_silent(office.quiet_s, 2 * office.quiet_s)
    finally:
        office.end()


def test_on_postgres_a_database_that_is_away_or_hangs_is_waited_for(folder: Path, postgres: Postgres) -> None:
    office = Office(folder, "real", 2.0, f'postgres = "{postgres.new_database()}"')
    office.start()
    try:
        office.feeds()
        postgres.kill()
        office.status("cannot be reached")
        office.feeds()
        postgres.start()
        office.feeds()
        postgres.hang(True)
        office.status("no word within")
        office.feeds()
        postgres.hang(False)
        office.feeds()
        assert office.process.process is not None and office.process.process.poll() is None
        os.kill(office.process.pid, signal.SIGUSR1)
        assert office.manager.falls_silent(office.quiet_s, 3 * office.quiet_s), "its loop stands still"
    finally:
        postgres.hang(False)
        office.end()


def test_on_postgres_it_ends_where_its_own_connections_hang(folder: Path, postgres: Postgres) -> None:
    office = Office(folder, "wedged", 2.0, f'postgres = "{postgres.new_database()}"')
    office.start()
    try:
        office.feeds()
        office.hangs.touch()
        assert office.process.process is not None
        assert office.process.process.wait(20) == 3
        said = subprocess.run([*LANE, "log", str(office.file)], cwd=ROOT, capture_output=True, text=True, check=False)
        assert "those of this head office hang" in said.stdout, said.stderr
    finally:
        office.end()


def test_one_that_asks_no_newcomer_would_hang_for_ever(folder: Path, postgres: Postgres) -> None:
    """The fault that the test above would see."""
    office = Office(folder, "no-newcomer", 2.0, f'postgres = "{postgres.new_database()}"')
    office.start()
    try:
        office.feeds()
        office.hangs.touch()
        office.feeds(5)
        assert office.process.process is not None and office.process.process.poll() is None
    finally:
        office.end()


def test_one_that_takes_a_no_for_a_failure_would_end_with_its_database(folder: Path, postgres: Postgres) -> None:
    """The fault that the test before these would see."""
    office = Office(folder, "impatient", 2.0, f'postgres = "{postgres.new_database()}"')
    office.start()
    try:
        office.feeds()
        postgres.kill()
        assert office.process.process is not None
        assert office.process.process.wait(20) == 3
    finally:
        postgres.start()
        office.end()
