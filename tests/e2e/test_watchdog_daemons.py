"""The real daemons before a service manager: they say when they are ready, and feed its watchdog by commits alone."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from rig import LANE, Process, Store

from tests.runtime.service.manager import Manager

WATCHDOG_S = 0.5
QUIET_S = 4 * WATCHDOG_S  # the manager would have ended it long before


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Path:
    store = Store(tmp_path_factory.mktemp("book"))
    store.compile()
    return store.snapshot


@pytest.fixture
def store(tmp_path: Path, snapshot: Path) -> Iterator[Store]:
    """A terminal without devices and a gateway, not started yet."""
    made = Store(tmp_path, settings=lambda text: text[: text.index("# The devices are simulated")])
    shutil.copy(snapshot, made.snapshot)
    yield made
    made.stop()


def supervised(process: Process, folder: Path, variant: str, abstract: bool = True) -> Manager:
    manager = Manager(None if abstract else folder / "notify")
    wrapper = str(Path(__file__).parent / "hanging_disk.py")
    process.words[: len(LANE)] = [sys.executable, wrapper, str(folder / "hangs"), variant]
    process._env |= {
        "NOTIFY_SOCKET": manager.name,
        "WATCHDOG_USEC": str(round(WATCHDOG_S * 1e6)),
        "PYTHONPATH": str(Path(__file__).parent.parent.parent),
    }
    process.start()
    manager.wait("READY=1")
    return manager


@pytest.mark.parametrize("name", ["terminal", "gateway"])
def test_it_is_fed_while_idle_and_not_while_a_sync_hangs(store: Store, name: str) -> None:
    process: Process = getattr(store, name)
    manager = supervised(process, store.folder, "real", abstract=name == "terminal")
    for _ in range(3):
        manager.wait("WATCHDOG=1", 5 * WATCHDOG_S)
    hangs = store.folder / "hangs"
    hangs.touch()
    assert manager.falls_silent(QUIET_S, 5 * QUIET_S)
    hangs.unlink()
    manager.wait("WATCHDOG=1", 10)
    process.kill(signal.SIGTERM)
    manager.wait("STOPPING=1", 5)
    manager.close()


@pytest.mark.parametrize("name", ["terminal", "gateway"])
def test_a_loop_that_stands_still_feeds_nothing(store: Store, name: str) -> None:
    process: Process = getattr(store, name)
    manager = supervised(process, store.folder, "real")
    manager.wait("WATCHDOG=1", 5 * WATCHDOG_S)
    assert process.process is not None
    process.process.send_signal(signal.SIGUSR1)
    assert manager.falls_silent(QUIET_S, 5 * QUIET_S)
    process.kill(signal.SIGKILL)
    manager.close()


@pytest.mark.parametrize("variant", ["no-commit", "timer"])
def test_a_daemon_that_is_fed_otherwise_is_found_out(store: Store, variant: str) -> None:
    """The faults that the tests above would see: the feeding goes on over a disk that hangs."""
    manager = supervised(store.terminal, store.folder, variant)
    (store.folder / "hangs").touch()
    assert not manager.falls_silent(QUIET_S, 2 * QUIET_S)
    (store.folder / "hangs").unlink()
    store.terminal.kill(signal.SIGKILL)
    manager.close()


def test_at_its_memory_ceiling_it_ends_between_two_sales_and_comes_back(store: Store) -> None:
    terminal = store.terminal
    first = Manager()
    terminal.words[: len(LANE)] = [sys.executable, str(Path(__file__).parent / "small_ceiling.py")]
    terminal._env |= {"NOTIFY_SOCKET": first.name, "PYTHONPATH": str(Path(__file__).parent.parent.parent)}
    terminal.start()
    store.front_end.must("scan", code="6901234567892")  # within the seconds in which it does not end
    assert terminal.process is not None
    with pytest.raises(subprocess.TimeoutExpired):
        terminal.process.wait(5.5)  # a sale is open
    store.front_end.must("void_ticket", reason="x")
    assert terminal.process.wait(10) == 1
    first.wait("STOPPING=1", 1)
    assert "started again between two sales" in terminal.tail(40)
    terminal.start()
    assert store.front_end.wait(lambda view: view.last_number == 1).lines == ()
    first.close()
