"""The rig under scripts/run and the tests: nothing that it starts outlives it, and two do not meet."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from rig import ROOT, Process, RigError, Store, run_folder, tied, virtual_display, wait_for

PARENT = """
import sys, time
from pathlib import Path
import rig
{fault}
child = [sys.executable, "-c", "import time; print('ready', flush=True); time.sleep(60)"]
print(rig.Process("child", child, Path(sys.argv[1])).start().pid, flush=True)
time.sleep(60)
"""


def alive(pid: int) -> bool:
    with suppress(FileNotFoundError):
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    return False


def child_after_kill_9(folder: Path, fault: str = "") -> int:
    """The pid of a child of a program that used the rig and was killed."""
    env = {**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'scripts'}"}
    words = [sys.executable, "-c", PARENT.format(fault=fault), str(folder)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True, env=env) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        assert alive(pid)
        parent.kill()
    return pid


def test_nothing_outlives_a_killed_rig(tmp_path: Path) -> None:
    pid = child_after_kill_9(tmp_path)
    wait_for("the child's end", lambda: not alive(pid), 5)


def test_the_test_above_sees_a_child_that_is_not_tied(tmp_path: Path) -> None:
    pid = child_after_kill_9(tmp_path, fault="rig.tied = list")
    try:
        with pytest.raises(RigError):
            wait_for("the child's end", lambda: not alive(pid), 0.5)
    finally:
        os.kill(pid, signal.SIGKILL)


def test_a_process_that_hangs_is_killed_and_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    deaf = "import signal, time; signal.signal(15, signal.SIG_IGN); print('ready', flush=True); time.sleep(60)"
    process = Process("deaf", [sys.executable, "-c", deaf], tmp_path).start()
    monkeypatch.setattr("rig.END_S", 0.2)
    with pytest.raises(RigError, match=r"deaf did not end within 0\.2 s of SIGTERM"):
        process.kill(signal.SIGTERM)
    assert not process.alive()


def test_what_does_not_come_up_says_so_with_its_log(tmp_path: Path) -> None:
    with pytest.raises(RigError, match="ended with status 3: no such thing"):
        Process("odd", [sys.executable, "-c", "import sys; print('no such thing', file=sys.stderr); sys.exit(3)"],
                tmp_path).start()  # fmt: skip


def test_a_folder_too_long_for_sockets_gets_a_short_one_for_them(tmp_path: Path) -> None:
    short, long = Path("/srv/till"), tmp_path / ("x" * 120)
    assert run_folder(short) == short / "run"
    assert run_folder(long) == run_folder(long) != run_folder(tmp_path / ("y" * 120))
    assert len(str(run_folder(long) / "terminal.sock")) < 108
    store = Store(long)
    assert store.settings["terminal"]["socket"] == str(store.run / "terminal.sock")
    store.run.rmdir()


@pytest.mark.display
def test_two_displays_at_once_are_two() -> None:
    with virtual_display("800x600") as one, virtual_display("800x600") as other:
        assert one != other


def test_the_command_itself_is_what_runs() -> None:
    assert tied(["true"])[-1] == "true"
    assert subprocess.run(tied(["sh", "-c", "exit 7"]), check=False).returncode == 7
