"""A wheel carries config/ and runs in an empty folder."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent


def run(words: list[str], cwd: Path, **more: str) -> subprocess.CompletedProcess[str]:
    env = {key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", "LANE_CONFIG")} | more
    return subprocess.run(words, cwd=cwd, env=env, capture_output=True, text=True, check=False, timeout=300)


@pytest.fixture(scope="module")
def prefix(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh environment with the wheel alone in it; what lanekit needs comes from the one that runs the tests."""
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    done = run(["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"], ROOT)
    assert done.returncode == 0, done.stderr
    for name in filter(None, done.stdout.split("\0")):
        if (ROOT / name).is_file():
            target = source / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes((ROOT / name).read_bytes())
    wheels = folder / "wheels"
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    built = run([*pip, "wheel", "--no-deps", "-w", str(wheels), str(source)], folder)
    assert built.returncode == 0, built.stderr
    (wheel,) = wheels.glob("*.whl")
    made = folder / "prefix"
    done = run([sys.executable, "-m", "venv", "--without-pip", str(made)], folder)
    assert done.returncode == 0, done.stderr
    done = run([*pip, "--python", str(made / "bin" / "python"), "install", "--no-deps", str(wheel)], folder)
    assert done.returncode == 0, done.stderr
    (packages,) = made.glob("lib/python*/site-packages")
    needed = sysconfig.get_path("purelib")
    # Behind the wheel's own packages, and without the .pth files of that folder: the checkout stays out of it.
    (packages / "needed.pth").write_text(needed + "\n")
    return made


@pytest.mark.long
def test_every_data_file_is_in_the_wheel(prefix: Path) -> None:
    here = {str(path.relative_to(ROOT / "config")) for path in (ROOT / "config").rglob("*") if path.is_file()}
    share = prefix / "share" / "lanekit" / "config"
    there = {str(path.relative_to(share)) for path in share.rglob("*") if path.is_file()}
    assert {name for name in here if not name.endswith((".pot", "~"))} <= there


@pytest.mark.long
def test_lane_runs_from_the_wheel_in_an_empty_folder(prefix: Path, tmp_path: Path) -> None:
    lane = str(prefix / "bin" / "lane")
    where = run([str(prefix / "bin" / "python"), "-c", "import runtime.cli; print(runtime.cli.__file__)"], tmp_path)
    assert str(prefix) in where.stdout, where.stderr
    assert run([lane, "--help"], tmp_path).returncode == 0
    share = prefix / "share" / "lanekit" / "config"
    made = run([lane, "compile", str(share / "demo" / "book"), "-o", "demo.snapshot"], tmp_path)
    assert made.returncode == 0, made.stderr
    assert (tmp_path / "demo.snapshot").stat().st_size > 10_000
    checked = run([lane, "settings", "--check", str(share / "demo" / "terminal.toml")], tmp_path)
    assert checked.returncode == 0, checked.stderr
