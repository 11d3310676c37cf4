"""scripts/fuzz NAME --seconds N: a target of fuzz_targets.py under atheris, or blindly mutated where it is missing."""

from __future__ import annotations

import argparse
import importlib.util
import random
import subprocess
import sys
import time
from pathlib import Path

NAMES = (
    "snapshot", "delta", "basket", "return", "code", "row", "record", "control", "users", "manifest", "frame",
    "settings", "labels", "book", "key", "journal", "request", "answer", "gs1", "paper", "scanner", "scale", "printer",
    "display", "payment", "simulators", "beat", "beat_answer", "ticket", "came_back",
    "enrolment_code", "certificate_request", "certificate", "peer", "enrolment",
)  # fmt: skip
MAX_BYTES = 8_192
OUT = Path(__file__).resolve().parent.parent / "out" / "fuzz"


def guided(name: str, seconds: int) -> None:
    """Under atheris; ends the process."""
    import atheris

    with atheris.instrument_imports(include=["engine", "runtime", "drivers", "ui"]):
        import fuzz_targets
    target, seeds = fuzz_targets.TARGETS[name]
    corpus = OUT / name
    corpus.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(seeds()):
        (corpus / f"seed-{number}").write_bytes(seed)
    options = [f"-max_total_time={seconds}", f"-max_len={MAX_BYTES}", "-timeout=10", "-rss_limit_mb=2048"]
    atheris.Setup(
        [sys.argv[0], *options, f"-artifact_prefix={OUT / name}-", "-print_final_stats=1", str(corpus)], target
    )
    atheris.Fuzz()


def blind(name: str, seconds: int) -> int:
    """Without a guide: seeds, mutated; gives how many were tried."""
    import fuzz_targets

    target, seeds = fuzz_targets.TARGETS[name]
    rng = random.Random()
    known = seeds()
    tried = 0
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        data = fuzz_targets.mutated(rng.choice(known), rng.randrange, rng.choice(known))
        try:
            target(data)
        except Exception:
            OUT.mkdir(parents=True, exist_ok=True)
            found = OUT / f"{name}-found"
            found.write_bytes(data)
            print(f"{name}: {found} is a finding", file=sys.stderr)
            raise
        tried += 1
    return tried


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts/fuzz", description=__doc__)
    parser.add_argument("name", nargs="?", choices=[*NAMES, "all"], help="the reader")
    parser.add_argument("--seconds", type=int, default=60, metavar="N", help="for each, 60 unless given")
    parser.add_argument("--blind", action="store_true", help="without atheris, also where it is installed")
    parser.add_argument("--list", action="store_true", help="name the readers")
    arguments = parser.parse_args()
    if arguments.list or arguments.name is None:
        print(*NAMES, sep="\n")
        return 0
    more = ["--blind"] if arguments.blind else []
    if arguments.name == "all":
        words = [sys.executable, __file__, "--seconds", str(arguments.seconds), *more]
        return max(subprocess.run([*words, name], check=False).returncode for name in NAMES)
    if arguments.blind or importlib.util.find_spec("atheris") is None:
        print(f"{arguments.name}: {blind(arguments.name, arguments.seconds)} tried, nothing found")
        return 0
    guided(arguments.name, arguments.seconds)
    return 0


if __name__ == "__main__":
    sys.exit(main())
