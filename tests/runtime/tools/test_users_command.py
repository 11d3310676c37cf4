"""`lane users` as a process, with a PIN on its standard input."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from runtime.day.users import is_pin
from runtime.terminal.users_file import read_users


def lane(*words: object, pin: str = "") -> subprocess.CompletedProcess[str]:
    said = [sys.executable, "-m", "runtime.cli", "users", *map(str, words)]
    return subprocess.run(said, capture_output=True, text=True, timeout=60, check=False, input=pin)


def test_people_come_and_go(tmp_path: Path) -> None:
    path = tmp_path / "users.toml"
    assert lane("add", path, "1001", "--name", "王小明", pin="274931\n").returncode == 0
    assert lane("add", path, "2001", "--name", "李四", "--role", "supervisor", pin="806153\n").returncode == 0
    assert lane("list", path).stdout == "1001\tcashier\t王小明\n2001\tsupervisor\t李四\n"
    before = read_users(path)["1001"].pin
    assert is_pin("274931", before)
    assert lane("pin", path, "1001", pin="915263\n").returncode == 0
    after = read_users(path)["1001"].pin
    assert is_pin("915263", after) and not is_pin("274931", after) and before.salt != after.salt
    assert lane("remove", path, "1001").returncode == 0
    assert list(read_users(path)) == ["2001"]


def test_what_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "users.toml"
    assert lane("add", path, "1001", "--name", "a", pin="274931\n").returncode == 0
    text = path.read_text(encoding="utf-8")
    for words, pin, said in (
        (("add", path, "1001", "--name", "b"), "274931", "already"),
        (("add", path, "a b", "--name", "b"), "274931", "letters A to Z"),
        (("add", path, "1002", "--name", ""), "274931", "name"),
        (("add", path, "1002", "--name", "b"), "1234", "row"),
        (("add", path, "1002", "--name", "b"), "", "digits"),
        (("pin", path, "1009"), "274931", "no user"),
        (("remove", path, "1001"), "", "only user"),
        (("list", tmp_path / "none.toml"), "", "none.toml"),
        (("add", tmp_path / "no" / "folder.toml", "1", "--name", "b"), "274931", "No such file"),
    ):
        done = lane(*words, pin=f"{pin}\n")
        assert done.returncode == 2 and said in done.stderr and "Traceback" not in done.stderr, (words, done.stderr)
        if pin:
            assert pin not in done.stderr + done.stdout
    assert path.read_text(encoding="utf-8") == text
