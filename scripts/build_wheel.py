"""scripts/build: a wheel with the engine compiled by mypyc, made in a copy of the tree.

What is compiled is what pricing imports, found in the source, but for the modules in UNCOMPILED. Everything else goes
into the wheel as it is.
"""

from __future__ import annotations

import argparse
import ast
import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

from make_dense_book import dense_files

from engine.compiler import FILES, compile_book
from engine.errors import BookError

ROOT = Path(__file__).resolve().parent.parent
ROOTS = ("engine.pricing", "engine.snapshot")
# Dataclasses with slots, which mypyc does not make; nothing in them is slow.
UNCOMPILED = frozenset({"engine.values", "engine.errors", "engine.strictjson", "engine.basket"})
COPIED = ("engine", "drivers", "runtime", "ui", "config", "setup.cfg", "README.md", "LICENSE")
REQUIRES = ("setuptools>=65", "wheel", "mypy>=1.13,<3", "msgpack>=1,<2")
NODES = (20_000, 50)

SETUP = """\
from mypyc.build import mypycify
from setuptools import setup

setup(ext_modules=mypycify({paths!r}, opt_level="3", debug_level="0", group_name="lanekit_engine"))
"""
MYPY = "[mypy]\npython_version = 3.11\nstrict = True\n[mypy-msgpack.*]\nignore_missing_imports = True\n"


class BuildError(Exception):
    """The wheel could not be made; the text says why."""


def hot_modules(root: Path = ROOT) -> list[str]:
    """The modules that pricing imports, from the source, in order of name; without those in UNCOMPILED."""
    found: set[str] = set()
    todo = list(ROOTS)
    while todo:
        name = todo.pop()
        if name in found:
            continue
        found.add(name)
        tree = ast.parse((root / f"{name.replace('.', '/')}.py").read_text("utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("engine."):
                todo.append(node.module)
    return sorted(found - UNCOMPILED)


def build_wheel(target: Path) -> Path:
    """Makes the wheel in `target` and gives its path. Raises BuildError."""
    compiler = (sysconfig.get_config_var("CC") or "cc").split()[0]
    if shutil.which(compiler) is None:
        raise BuildError(f"there is no C compiler ({compiler}); without one everything works uncompiled, only slower")
    with tempfile.TemporaryDirectory(prefix="lanekit-build-") as folder:
        copy = Path(folder)
        for name in COPIED:
            if (ROOT / name).is_dir():
                shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__", "*.so", "*.pyc"))
            else:
                shutil.copy(ROOT / name, copy / name)
        paths = ["--config-file", "mypy.cfg", *(f"{name.replace('.', '/')}.py" for name in hot_modules(copy))]
        (copy / "mypy.cfg").write_text(MYPY)
        (copy / "setup.py").write_text(SETUP.format(paths=paths))
        (copy / "pyproject.toml").write_text(
            f'[build-system]\nrequires = {json.dumps(REQUIRES)}\nbuild-backend = "setuptools.build_meta"\n'
        )
        words = [sys.executable, "-m", "pip", "wheel", "--quiet", "--disable-pip-version-check", "--no-deps"]
        made = copy / "made"
        done = subprocess.run(
            [*words, "-w", str(made), "."],
            cwd=copy,
            capture_output=True,
            text=True,
            env={**os.environ, "LDFLAGS": "-s"},
        )
        wheels = list(made.glob("*.whl"))
        if done.returncode or not wheels:
            raise BuildError("\n".join(f"{done.stdout}{done.stderr}".splitlines()[-30:]) or "pip made no wheel")
        target.mkdir(parents=True, exist_ok=True)
        return Path(shutil.copy(wheels[0], target / wheels[0].name))


def unpack(wheel: Path, folder: Path) -> Path:
    """A folder for PYTHONPATH that has what the wheel has."""
    shutil.unpack_archive(wheel, folder, "zip")
    return folder


def receipts(path: Path, snapshot: Path, baskets: Path, nodes: int, compiled: bool) -> bytes:
    """What the engine found at `path` writes for the baskets, in a process of its own."""
    look = (
        "import sys, engine.pricing as p; from runtime.cli import main; "
        f"assert p.__file__.endswith('.so') is {compiled}, p.__file__; sys.exit(main())"
    )
    words = [sys.executable, "-c", look, "price", "--snapshot", str(snapshot), "--nodes", str(nodes)]
    # The current folder comes first on the path of -c, so the process starts in an empty one.
    with tempfile.TemporaryDirectory() as empty, baskets.open("rb") as lines:
        env = {**os.environ, "PYTHONPATH": str(path), "LANE_CONFIG": str(ROOT / "config"), "PYTHONHASHSEED": "random"}
        done = subprocess.run(words, stdin=lines, capture_output=True, env=env, cwd=empty)
    if done.returncode:
        raise BuildError(done.stderr.decode(errors="replace"))
    return done.stdout


def books(folder: Path) -> list[tuple[str, Path, Path]]:
    """(name, snapshot, baskets) of what can be priced here: the real chains where their data is, and a dense book."""
    out: list[tuple[str, Path, Path]] = []
    named = os.environ.get("LANE_DATA")
    data = Path(named) if named else ROOT.parent / "shared" / "data"
    for chain in sorted(data.glob("chain-*")):
        day = sorted(path for path in chain.iterdir() if path.is_dir())[0]
        files = {name: (day / name).read_bytes() for name in FILES}
        out.append((chain.name, folder / f"{chain.name}.lane", chain / "baskets.ndjson"))
        out[-1][1].write_bytes(compile_book(files, lenient=True).data)
    made = dense_book(2_000, 1_000, 11, 200)
    (folder / "dense.ndjson").write_bytes(made["baskets.ndjson"])
    (folder / "dense.lane").write_bytes(compile_book(made).data)
    out.append(("dense", folder / "dense.lane", folder / "dense.ndjson"))
    return out


def dense_book(items: int, promotions: int, seed: int, baskets: int) -> dict[str, bytes]:
    """The dense book with every kind that the engine compiles."""
    try:
        made = dense_files(items, promotions, seed, baskets=baskets)
        compile_book(made)
    except BookError as error:
        if {fault.code for fault in error.faults} != {"later_version"}:
            raise
        known = ("special", "member", "limited", "second", "n_for_m", "pick")
        made = dense_files(items, promotions, seed, known, baskets)
    return made


def check(wheel: Path) -> bool:
    """Whether the compiled engine gives the same bytes as the source, and says so book by book."""
    same = True
    with tempfile.TemporaryDirectory(prefix="lanekit-check-") as name:
        folder = Path(name)
        compiled = unpack(wheel, folder / "compiled")
        for book, snapshot, baskets in books(folder):
            for nodes in NODES:
                slow = receipts(ROOT, snapshot, baskets, nodes, False)
                fast = receipts(compiled, snapshot, baskets, nodes, True)
                count = slow.count(b"\n")
                verdict = "the same bytes" if slow == fast and count else "DIFFERENT"
                same = same and slow == fast and count > 0
                print(f"{book}, {nodes} nodes: {count} receipts, {verdict}", flush=True)
    return same


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("-o", "--output", metavar="DIR", type=Path, default=ROOT / "dist", help="where the wheel goes")
    parser.add_argument("--check", action="store_true", help="compare receipts, compiled and not, byte for byte")
    arguments = parser.parse_args()
    try:
        wheel = build_wheel(arguments.output)
        print(f"{wheel}: {wheel.stat().st_size} bytes, compiled: {', '.join(hot_modules())}")
        return 0 if not arguments.check or check(wheel) else 1
    except BuildError as error:
        print(error, file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
