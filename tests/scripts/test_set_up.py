"""What scripts/lib.sh promises to whatever runs after it, and the list at the end of scripts/test."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from rig import ROOT

SHOW = (
    ". '{lib}' && python -c 'import os, sys; print(os.environ[\"LANE_CALLED_FROM\"], os.getcwd(), sys.flags.utf8_mode)'"
)
MANY = """
import pytest
@pytest.mark.long
@pytest.mark.parametrize("n", range(20))
def test_long(n): ...
@pytest.mark.parametrize("n", range(3))
def test_no_scale(n): pytest.skip("there is no scale")
def test_good(): ...
"""


def lib_copy(folder: Path) -> Path:
    """A checkout whose set-up is done already, by other means: its path has a space."""
    (folder / "a b" / "scripts").mkdir(parents=True)
    lib = folder / "a b" / "scripts" / "lib.sh"
    text = (ROOT / "scripts" / "lib.sh").read_text(encoding="utf-8")
    head, _, tail = text.partition("\nneed_debian\n")
    assert "need_python) 9<setup.cfg" in tail
    lib.write_text(head + f"\nexport PATH='{Path(sys.executable).parent}':$PATH\n", encoding="utf-8")
    return lib


def test_utf_8_whatever_the_locale_and_with_standard_input_closed(tmp_path: Path) -> None:
    lib = lib_copy(tmp_path)
    env = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii", "CDPATH": "/usr"}
    script = SHOW.format(lib=lib) + " && python -c 'open(0); print(\"超市\")'"
    done = subprocess.run(
        ["bash", "-c", 'exec bash -c "$1" <&-', "-", script], cwd=tmp_path, env=env, capture_output=True, check=False
    )
    assert done.stderr == b""
    assert done.stdout.decode() == f"{tmp_path} {tmp_path / 'a b'} 1\n超市\n"


def test_skipped_tests_are_listed_by_reason_and_pytest_has_the_last_line(tmp_path: Path) -> None:
    shutil.copy(ROOT / "tests" / "conftest.py", tmp_path)
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers =\n    long: long\n", encoding="utf-8")
    (tmp_path / "test_many.py").write_text(MANY, encoding="utf-8")
    words = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)]
    out = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False).stdout.splitlines()
    assert out[-3:-1] == ["   20  long: run with --long", "    3  there is no scale"]
    assert "1 passed, 23 skipped in" in out[-1]
