"""The logs of real processes: where they lie, what `lane log` says of them, and that they hold no card's number."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from rig import LANE, ROOT, Store

CARD = "4111111111111111"
PHONE = "13812345678"


def lane(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*LANE, *words], cwd=ROOT, capture_output=True, text=True, check=False, timeout=30)


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Path:
    store = Store(tmp_path_factory.mktemp("book"))
    store.compile()
    return store.snapshot


def test_daemon_and_gateway_log_to_their_rings(tmp_path: Path, snapshot: Path) -> None:
    store = Store(tmp_path, settings=lambda text: text[: text.index("# The devices are simulated")])
    shutil.copy(snapshot, store.snapshot)
    assert lane("log", str(store.terminal_file)).returncode == 1
    try:
        store.gateway.start()
        store.terminal.start()
        front = store.front_end
        for code in (CARD, PHONE, f"{CARD}=2912"):
            assert not front.ask("scan", code=code).ok
        front.must("member", id=PHONE)
    finally:
        store.stop()
    assert (store.run / "log" / "terminal.log").is_file() and (store.run / "log" / "gateway.log").is_file()
    said = lane("log", str(store.terminal_file), "--last", "5")
    assert said.returncode == 0 and "row 0, sale 0" in said.stdout
    for path in (*(store.run / "log").iterdir(), store.terminal.log, store.gateway.log):
        text = path.read_text(encoding="utf-8")
        assert CARD not in text and PHONE not in text


def test_why_it_did_not_start_is_in_the_log(tmp_path: Path, snapshot: Path) -> None:
    store = Store(tmp_path)
    store.snapshot.write_bytes(f"no snapshot {CARD}".encode())
    done = subprocess.run(store.terminal.words, cwd=ROOT, capture_output=True, text=True, check=False, timeout=30)
    assert done.returncode == 2 and "cannot be used" in done.stderr
    assert "cannot start: the snapshot" in lane("log", str(store.terminal_file)).stdout
