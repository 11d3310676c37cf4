"""scripts/fuzz NAME --seconds N: a target of fuzz_targets.py under atheris, or blindly mutated where it is missing."""

from __future__ import annotations

import argparse
import importlib.util
import random
import re
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

from rig import commit_name

NAMES = (
    "snapshot", "delta", "basket", "return", "code", "row", "record", "control", "users", "manifest", "frame",
    "settings", "labels", "book", "key", "journal", "request", "answer", "gs1", "paper", "scanner", "scale", "printer",
    "display", "payment", "simulators", "beat", "beat_answer", "ticket", "came_back",
    "chain", "enrolment_code", "certificate_request", "certificate", "peer", "enrolment", "certificate_answer",
    "admin", "hq_request", "hq_answer", "pieces", "publication", "status", "shown", "till_page", "view",
    "gateway_records", "holes", "revoked",
)  # fmt: skip
MAX_BYTES = 8_192
ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "out" / "fuzz"
DOCS = ROOT / "docs" / "reliability.md"
BEGIN, END = "<!-- fuzz -->", "<!-- end of fuzz -->"
HEAD = ("| target | tries | findings | for | when, commit |", "|---|---|---|---|---|")


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


def watched(words: list[str], name: str) -> tuple[int, str]:
    """Runs one target in a process of its own; gives its status, and what it said."""
    done = subprocess.run([*words, name], check=False, capture_output=True, text=True, errors="replace")
    sys.stderr.write(done.stderr[-4_000:])
    return done.returncode, done.stdout + done.stderr


def row(name: str, said: str, status: int, seconds: int, when: str) -> str:
    """One target's row of the table: the tries are what libFuzzer says at its end."""
    tries = re.search(r"stat::number_of_executed_units: (\d+)|: (\d+) tried", said)
    count = f"{int(tries[1] or tries[2]):,}" if tries else "not said"
    return f"| `{name}` | {count} | {'none' if status == 0 else 'one, see the log'} | {seconds} s | {when} |"


def put(rows: dict[str, str]) -> None:
    """These rows in the place of their last ones, in the order of NAMES."""
    before, _, rest = DOCS.read_text(encoding="utf-8").partition(BEGIN)
    old, _, after = rest.partition(END)
    known = {line.split("`")[1]: line for line in old.splitlines() if line.startswith("| `")} | rows
    lines = (BEGIN, *HEAD, *(known[name] for name in NAMES if name in known), END)
    DOCS.write_text(before + "\n".join(lines) + after, encoding="utf-8")


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts/fuzz", description=__doc__)
    parser.add_argument("name", nargs="?", choices=[*NAMES, "all"], help="the reader")
    parser.add_argument("--seconds", type=int, default=60, metavar="N", help="for each, 60 unless given")
    parser.add_argument("--blind", action="store_true", help="without atheris, also where it is installed")
    parser.add_argument("--write", action="store_true", help="put the results into the table of docs/reliability.md")
    parser.add_argument("--list", action="store_true", help="name the readers")
    arguments = parser.parse_args()
    if arguments.list or arguments.name is None:
        print(*NAMES, sep="\n")
        return 0
    more = ["--blind"] if arguments.blind else []
    if arguments.name == "all" or arguments.write:
        words = [sys.executable, __file__, "--seconds", str(arguments.seconds), *more]
        names = NAMES if arguments.name == "all" else (arguments.name,)
        found = {name: watched(words, name) for name in names}
        if arguments.write:
            when = f"{date.today().isoformat()}, {commit_name()}"
            put({name: row(name, said, status, arguments.seconds, when) for name, (status, said) in found.items()})
        return max(status for status, _ in found.values())
    if arguments.blind or importlib.util.find_spec("atheris") is None:
        print(f"{arguments.name}: {blind(arguments.name, arguments.seconds)} tried, nothing found")
        return 0
    guided(arguments.name, arguments.seconds)
    return 0


if __name__ == "__main__":
    sys.exit(main())
