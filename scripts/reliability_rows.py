"""The table of reliability: what each part's figures say as rows, and what of them is not as it must be.

`scripts/bench reliability` makes the figures; the tests that run a part in short form hand theirs in, and the table
stands at the end of their run (tests/reliability_table.py).
"""

from __future__ import annotations

import re
from typing import Any

ORDER = (
    "power-cut", "broken-stores", "failing-disk", "edited", "killed-daemon", "killed-screen", "supervision", "clock",
    "wear", "commits", "private-numbers",
)  # fmt: skip
BROKEN = {
    "wal-normal": "WAL, synchronous=NORMAL", "delete-full": "rollback journal, synchronous=FULL", "psow": "psow=1",
    "wal-off": "WAL, synchronous=OFF",
}  # fmt: skip
LEAKS = {
    "answers": "one raw answer of a payment's provider printed",
    "members": "members' numbers as they were given",
}
BLIND = {"timer": "a timer", "no-commit": "beats that commit nothing"}
DEVICES = {  # aim of the longest time until it is back, as docs/service.md has it
    "raises": ("whose driver raises three times", "2 s"), "does not return": ("whose driver does not return", "3 s"),
    "is pulled": ("that is pulled out and put in again", "6 s"),
}  # fmt: skip
Row = tuple[str, str, str]


def rows_of(part: str, f: dict[str, Any]) -> list[Row]:
    """What one part has to say: figure, measured, aim. Of a part that ran in pieces, what those have to say."""
    if part == "power-cut":
        text = f"power cut: {f['sales']} sales, {f['operations']:,} operations of the disk, distinct states left by it"
        return [
            (text, f"{f['states']:,}", "100,000"),
            ("- of them with an acknowledged sale lost, or a printed one", str(f["lost"]), "0"),
            ("- of them with a broken chain, or that do not open", str(f["broken"]), "0"),
        ]
    if part == "broken-stores":
        return [
            (f"- the same with {what}: states that lost sales", f"{f[name]['lost']:,} of {f[name]['states']:,}", "> 0")
            for name, what in BROKEN.items()
            if name in f
        ]
    if part == "failing-disk":
        said = ", ".join(f"{code} {count}" for code, count in sorted(f["codes"].items()))
        return [
            (f"every write and sync failing in turn: points ({said})", f"{f['points']:,}", "2,000"),
            ("- acknowledged rows lost; journals that did not come back", f"{f['lost']}; {f['broken']}", "0; 0"),
            ("- sales closed on after the reserve was given up", f"{f['gone_on']:,}", "> 0"),
        ]
    if part == "edited":
        found = f"{f['found']:,} of {f['mutants']:,}; {f['named']:,}"
        return [("edited journals found; the right row named", found, "all 10,000")]
    if part in ("killed-daemon", "killed-screen"):
        what = "daemon, under load" if part == "killed-daemon" else "screen"
        back = f"{f['back_p50_s']:.2f} / {f['back_p99_s']:.2f} / {f['back_max_s']:.2f} s"
        rows = [(f"kill -9 of the {what}", str(f["kills"]), "300" if part == "killed-daemon" else "50")]
        if part == "killed-daemon":
            rows.append((
                f"- of {f['sales']} sales lost; printed twice without the mark ({f['copies']} copies with it)",
                f"{f['lost']}; {f['doubled']}", "0; 0",
            ))  # fmt: skip
        else:
            rows.append(("- lines lost", str(f["lost"]), "0"))
        rows.append(("- from the kill to the basket on the screen, median / p99 / longest", back, "3 s"))
        return rows
    if part == "private-numbers":
        rows = []
        if "files" in f:
            text = f"card and telephone numbers in {f['files']} files, {f['mb']} MB, of {f['sales']:,} sales"
            rows.append((f"{text}, of {f['numbers']:,} that were used", str(f["leaks"]), "0"))
        leaks = f.get("with_leak", {})
        return rows + [
            (f"- the same with {LEAKS[way]}: found", f"{leaks[way]:,}", "> 0") for way in LEAKS if way in leaks
        ]
    if part == "supervision":
        return _supervised(f)
    if part == "clock":
        return [(text, found, aim) for text, found, aim in f["rows"]]
    if part == "wear":
        return [
            (
                f"a sale of {lines} lines: commits, syncs, KiB written; syncs a commit",
                f"{one['commits']:.0f}, {one['syncs']:.1f}, {one['kib']:.0f}; {one['syncs_a_commit']:.3f}",
                "1.1 syncs a commit",
            )
            for lines, one in f.items()
        ]
    return [("one commit with its sync, median / p99", f"{f['p50_ms']:.2f} / {f['p99_ms']:.2f} ms", "p99 1 ms, report")]


def _supervised(f: dict[str, Any]) -> list[Row]:
    rows: list[Row] = []
    if "hangs" in f:
        one = f["hangs"]
        silent = f"{one['silent_p50_s']:.1f} / {one['silent_max_s']:.1f} s"
        back = f"{one['back_p50_s']:.2f} / {one['back_max_s']:.2f} s"
        what = f"- of {one['sales']} sales beside them lost; printed twice without the mark"
        rows = [
            ("hangs of the daemon under load, of a sync and of its loop in turn", str(one["kills"]), "10"),
            (f"{what} ({one['copies']} copies with it)", f"{one['lost']}; {one['doubled']}", "0; 0"),
            ("- from the hang to the end by the watchdog, median / longest", silent, f"{one['watchdog_s']:g} s"),
            ("- from there to the basket on the screen, median / longest", back, "3 s"),
        ]
    rows += [
        (f"- the same fed by {what}: hangs that nobody noticed", str(f["blind"][name]), "> 0")
        for name, what in BLIND.items()
        if name in f.get("blind", {})
    ]
    for name, (what, back_within) in DEVICES.items():
        if name in f.get("devices", {}):
            one = f["devices"][name]
            text = f"a scanner {what}, {one['faults']} times: of {one['scans']} scans of another lost; sales closed"
            took = f"{one['wait_max_s']:.2f}; {one['back_max_s']:.2f} s"
            rows += [
                (text, f"{one['lost']}; {one['sales']}", f"0; {one['faults']}"),
                (f"- longest that one of those waited; until the scanner {what} is back", took, f"2; {back_within}"),
            ]
    return rows


HEAD = ("| figure | measured | aim | when, commit |", "|---|---|---|---|")


def lines_of(part: str, said: dict[str, Any]) -> list[str]:
    """One part's rows of the table."""
    when = f"{said['date']}, {said['commit']}"
    return [f"| {what} | {found} | {aim} | {when} |" for what, found, aim in rows_of(part, said["figures"])]


def merged(old: list[str], new: list[str]) -> list[str]:
    """A table's rows with those of one part in the place of its last ones; what has no place yet comes last."""
    kinds = [kind_of(line) for line in new]
    at = next((place for place, line in enumerate(old) if kind_of(line) == kinds[0]), len(old))
    end = at
    while end < len(old) and kind_of(old[end]) in kinds:
        end += 1
    return [*old[:at], *new, *old[end:]]


def kind_of(line: str) -> str:
    """What a row is of, whatever its figures."""
    return re.sub(r"[\d,.]+", "", line.split("|")[1])


def bad(results: dict[str, dict[str, Any]]) -> list[str]:
    """What is not as it must be."""
    said = []
    for part, f in results.items():
        if f.get("lost") or f.get("broken") or f.get("doubled") or f.get("wrong") or f.get("missed") or f.get("leaks"):
            said.append(f"{part}: {f}")
    said += [
        f"{name} loses nothing: the harness is blind"
        for name, f in results.get("broken-stores", {}).items()
        if not f["lost"]
    ]
    watched = results.get("supervision", {})
    said += [f"supervision: {one}" for one in (watched.get("hangs", {}),) if one.get("wrong")]
    said += [
        f"supervision: {name}: {one}"
        for name, one in watched.get("devices", {}).items()
        if one["lost"] or one["sales"] != one["faults"]
    ]
    said += [
        f"a watchdog fed by {BLIND[name]} is noticed: the harness is blind"
        for name, found in watched.get("blind", {}).items()
        if not found
    ]
    leaks = results.get("private-numbers", {}).get("with_leak", {})
    return said + [
        f"{name} is a leak that is not found: the harness is blind" for name, found in leaks.items() if not found
    ]
