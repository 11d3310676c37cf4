"""The strawmen that were there before the engine, where their folder is: $LANE_BENCH, else ../shared/bench.

Posting lists, promotions in order of id, a unit in one promotion only, `percent` too: they anchor what CPython, mypyc
and C can reach, and find less than the least total. Compiled files lie in $LANE_BENCH_BUILD, for one run.
"""

from __future__ import annotations

import contextlib
import ctypes
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench_workload import KINDS, N_FOR_M, PERCENT, Promo, Work

BUILD = "LANE_BENCH_BUILD"
NAMES = ("straw", "straw mypyc", "straw C")
CATEGORIES = 400
MAX_LINES = 256
Evaluate = Callable[[list[tuple[str, int]]], int]


def folder() -> Path:
    named = os.environ.get("LANE_BENCH")
    return Path(named) if named else Path(__file__).resolve().parent.parent.parent / "shared" / "bench"


def missing(name: str) -> str:
    """Why this strawman cannot run here; empty where it can."""
    file = "straw.c" if name.endswith("C") else "straw.py"
    if not (folder() / file).exists():
        return f"{file} is neither at $LANE_BENCH nor at ../shared/bench"
    if name != "straw" and shutil.which("gcc") is None:
        return "not compiled: there is no gcc"
    if name.endswith("mypyc") and importlib.util.find_spec("mypyc") is None:
        return "not installed (mypyc)"
    return ""


def _build() -> Path:
    named = os.environ.get(BUILD)
    place = Path(named) if named else Path(tempfile.mkdtemp(prefix="lanekit-straw-"))
    place.mkdir(parents=True, exist_ok=True)
    return place


def _numbers(promo: Promo) -> tuple[int, int, int]:
    """The kind's number, and what the strawmen call a and b."""
    if promo.kind == PERCENT:
        return 0, promo.worth, 0
    if promo.kind == N_FOR_M:
        return 1, 3, 1
    return KINDS.index(promo.kind), promo.spend, promo.worth


def plain(work: Work) -> Evaluate:
    return _python(work, folder())


def build_all() -> None:
    """Compiles what can be compiled, so that no cell has to wait for it. What fails, the cell says again."""
    for name, build in ((NAMES[1], _mypyc), (NAMES[2], _c)):
        if not missing(name):
            with contextlib.suppress(subprocess.SubprocessError):
                build()


def by_mypyc(work: Work) -> Evaluate:
    return _python(work, _mypyc())


def _mypyc() -> Path:
    place = _build() / "mypyc"
    if not list(place.glob("straw.*.so")):
        place.mkdir(exist_ok=True)
        shutil.copy(folder() / "straw.py", place / "straw.py")
        words = [sys.executable, "-m", "mypyc", "straw.py"]
        env = {**os.environ, "MYPYC_OPT_LEVEL": "3"}
        subprocess.run(words, cwd=place, check=True, capture_output=True, env=env)
        (place / "straw.py").unlink()
    return place


def _python(work: Work, place: Path) -> Evaluate:
    sys.path.insert(0, str(place))
    module: Any = importlib.import_module("straw")
    promos = [(*_numbers(promo), promo.skus, [promo.category] if promo.category >= 0 else []) for promo in work.promos]
    engine = module.Engine(work.goods, promos)

    def evaluate(basket: list[tuple[str, int]]) -> int:
        found: int = engine.evaluate([sku for sku, _ in basket], [qty for _, qty in basket]).discount()
        return found

    return evaluate


class _Snap(ctypes.Structure):
    _fields_ = [
        (name, ctypes.c_void_p)
        for name in ("sku_off", "sku_p", "cat_off", "cat_p", "cat", "kind", "price", "a", "b")
    ]  # fmt: skip


def _c() -> Path:
    path = _build() / "straw_c.so"
    if not path.exists():
        words = ["gcc", "-O2", "-shared", "-fPIC", "-o", str(path), str(folder() / "straw.c")]
        subprocess.run(words, check=True, capture_output=True)
    return path


def by_c(work: Work) -> Evaluate:
    """Through ctypes; goods are looked up in Python."""
    settle = ctypes.CDLL(str(_c())).settle
    settle.restype = ctypes.c_int64
    place = {sku: number for number, (sku, _, _) in enumerate(work.goods)}
    by_sku: list[list[int]] = [[] for _ in place]
    by_category: list[list[int]] = [[] for _ in range(CATEGORIES)]
    for number, promo in enumerate(work.promos):
        for sku in promo.skus:
            by_sku[place[sku]].append(number)
        if promo.category >= 0:
            by_category[promo.category].append(number)
    kinds, firsts, seconds = zip(*map(_numbers, work.promos), strict=True)
    columns = [
        *_table(by_sku),
        *_table(by_category),
        _array(ctypes.c_int32, [category for _, category, _ in work.goods]),
        _array(ctypes.c_int32, kinds),
        _array(ctypes.c_int64, [price for _, _, price in work.goods]),
        _array(ctypes.c_int64, firsts),
        _array(ctypes.c_int64, seconds),
    ]
    snap = _Snap(*[ctypes.cast(column, ctypes.c_void_p) for column in columns])
    off = (ctypes.c_int64 * MAX_LINES)()

    def evaluate(basket: list[tuple[str, int]]) -> int:
        skus = _array(ctypes.c_int32, [place[sku] for sku, _ in basket])
        counts = _array(ctypes.c_int64, [qty for _, qty in basket])
        found: int = settle(ctypes.byref(snap), skus, counts, len(basket), off)
        return found if columns else 0  # the columns live as long as this function

    return evaluate


def _array(kind: Any, values: Any) -> Any:
    return (kind * max(1, len(values)))(*values)


def _table(rows: list[list[int]]) -> tuple[Any, Any]:
    begins = [0]
    for row in rows:
        begins.append(begins[-1] + len(row))
    return _array(ctypes.c_int32, begins), _array(ctypes.c_int32, [one for row in rows for one in row])
