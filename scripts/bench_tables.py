"""The tables of scripts/bench engine, made from the cells of one run: every figure, and the bars with met or missed."""

from __future__ import annotations

import statistics
from collections.abc import Iterable

from bench_cells import COMPILED, OURS, PLAIN, SCAN, SCAN_COMPILED, Result
from bench_peers import PEERS

AIM = "2,000 promotions, 30 lines"  # the workload that the bars are for
PROVED = 0.99
REAL = "chain-"
Bar = tuple[str, str, str, str]  # what, bar, measured, verdict


def show(seconds: float) -> str:
    for unit, factor in (("s", 1.0), ("ms", 1e3)):
        if seconds * factor >= 1:
            return f"{seconds * factor:.2f} {unit}"
    return f"{seconds * 1e6:.0f} µs"


def answer(result: Result, ours: Result | None) -> str:
    """What was found, so that equal work is told from unequal."""
    found = result.answers
    few = f"; {len(found)} of {result.of} baskets, for time" if len(found) < result.of else ""
    if result.job.who in PEERS and not PEERS[result.job.who].discount:
        return f"{statistics.fmean(found):.1f} promotions matched{few}"
    text = f"{statistics.fmean(found):,.0f} off{few}" if found else ""
    if result.proved >= 0:
        text += f"; {share(result)} proved"
    if ours is not None and result is not ours:
        pairs = list(zip(found, ours.answers, strict=False))
        same = sum(one == other for one, other in pairs)
        whole = sum(other for _, other in pairs)
        text += f"; as ours in {same} of {len(pairs)}"
        if same < len(pairs) and whole:
            text += f" ({sum(one for one, _ in pairs) / whole:.2%} of ours)"
    return text


def share(result: Result) -> str:
    """How many of the baskets are proved, never rounded up to all of them."""
    answered = len(result.answers)
    if result.proved == answered:
        return "100 %"
    return f"{min(99.9, 100 * result.proved / answered):.1f} % ({result.proved} of {answered})"


def table(results: Iterable[Result]) -> str:
    results = list(results)
    ours = {result.job.what: result for result in results if result.job.who == PLAIN and not result.skipped}
    rows = ["| workload | who | median | p99 | times ours | answer |", "|---|---|---|---|---|---|"]
    before = ""
    for result in results:
        job = result.job
        what = job.what if job.what != before else ""
        before = job.what
        if result.skipped:
            rows.append(f"| {what} | {job.who} | - | - | - | {result.skipped} |")
            continue
        base = ours.get(job.what)
        ratio = f"{result.median_s / base.median_s:.3g}" if base else ""
        p99 = show(result.p99_s) if result.count >= 100 else f"max {show(result.p99_s)}"
        rows.append(f"| {what} | {job.who} | {show(result.median_s)} | {p99} | {ratio} | {answer(result, base)} |")
    return "\n".join(rows)


def growth(results: Iterable[Result]) -> str:
    """The same baskets and the promotions that touch them, in books that have more and more others."""
    rows = ["| promotions in the book | " + " | ".join(f"{who}: median, p99" for who in (PLAIN, COMPILED)) + " |"]
    rows.append("|---|---|---|")
    by_what: dict[str, dict[str, Result]] = {}
    for result in results:
        by_what.setdefault(result.job.what, {})[result.job.who] = result
    for what, found in by_what.items():
        cells = [_times(found.get(who)) for who in (PLAIN, COMPILED)]
        rows.append(f"| {what} | {' | '.join(cells)} |")
    return "\n".join(rows)


def _times(result: Result | None) -> str:
    if result is None:
        return "-"
    return result.skipped or f"{show(result.median_s)}, {show(result.p99_s)}"


def quarter(results: Iterable[Result]) -> str:
    rows = ["| within a quarter of a core | who | median | p99 or most |", "|---|---|---|---|"]
    for result in results:
        cells = f"- | {result.skipped}" if result.skipped else f"{show(result.median_s)} | {show(result.p99_s)}"
        rows.append(f"| {result.job.what} | {result.job.who} | {cells} |")
    return "\n".join(rows)


# --- the bars -----------------------------------------------------------------------------------------------------


def bars(results: Iterable[Result]) -> list[Bar]:
    """The issue's bars, each with what this run measured."""
    by_key = {(result.job.what, result.job.who): result for result in results}
    out: list[Bar] = []
    for who, scan, median_ms, p99_ms, scan_ms, times in (
        (PLAIN, SCAN, 1.0, 6.0, 0.3, 8),
        (COMPILED, SCAN_COMPILED, 0.25, 1.5, 0.08, 30),
    ):
        found = by_key.get((AIM, who))
        out.append(_below(f"{who}: exact receipt, median", found, median_ms))
        out.append(_below(f"{who}: exact receipt, p99", found, p99_ms, p99=True))
        out.append(_below(f"{who}: one more scan, median", by_key.get((AIM, scan)), scan_ms))
        out.append(_against(f"{who}: against milp, on the baskets that both priced", found, by_key, times))
    for (what, who), result in by_key.items():
        if who in (PLAIN, COMPILED) and what.startswith(REAL):
            out.append(_proved(f"{who}: {what.partition(':')[0]}, proved at the default limit", result, 1.0, "all"))
    for (what, who), result in by_key.items():
        if who == PLAIN and not what.startswith(REAL):
            out.append(_proved(f"{what}: proved at the default limit", result, PROVED, "99 %"))
    return out


def summary(results: Iterable[Result]) -> str:
    rows = ["| figure | bar | measured | |", "|---|---|---|---|"]
    return "\n".join(rows + [f"| {' | '.join(bar)} |" for bar in bars(results)])


def _absent(what: str, bar: str, result: Result | None) -> Bar:
    return what, bar, result.skipped if result is not None else "not in this run", "not measured"


def _below(what: str, result: Result | None, most_ms: float, p99: bool = False) -> Bar:
    bar = f"{most_ms:g} ms"
    if result is None or result.skipped:
        return _absent(what, bar, result)
    value = result.p99_s if p99 else result.median_s
    return what, bar, show(value), "met" if value * 1_000 <= most_ms else "missed"


def _against(what: str, ours: Result | None, by_key: dict[tuple[str, str], Result], least: int) -> Bar:
    milp = by_key.get((AIM, "milp"))
    bar = f"{least} times faster, same optimum"
    for result in (ours, milp):
        if result is None or result.skipped:
            return _absent(what, bar, result)
    assert ours is not None and milp is not None
    count = min(len(ours.times_s), len(milp.times_s))
    if not count:
        return _absent(what, bar, None)
    ratio = statistics.median(milp.times_s[:count]) / max(1e-9, statistics.median(ours.times_s[:count]))
    pairs = list(zip(milp.answers, ours.answers, strict=False))
    same = sum(one == other for one, other in pairs)
    least_share = min((one / other for one, other in pairs if other), default=1.0)
    most_share = max((one / other for one, other in pairs if other), default=1.0)
    said = f"{ratio:.1f} times; the same discount in {same} of {len(pairs)}"
    if same < len(pairs):
        said += f", else {least_share:.2%} to {most_share:.2%} of ours"
    return what, bar, said, "met" if ratio >= least else "missed"


def _proved(what: str, result: Result, least: float, bar: str) -> Bar:
    if result.skipped or not result.answers:
        return _absent(what, bar, result)
    said = share(result)
    if result.proved < len(result.answers):
        mean, most = statistics.fmean(result.bounds), max(result.bounds)
        said += f"; the others' bound is {mean:.2%} of the total, at most {most:.2%}"
    if len(result.answers) < result.of:
        said += f"; {len(result.answers)} of {result.of} baskets, for time"
    return what, bar, said, "met" if result.proved >= least * len(result.answers) else "missed"


def same_answers(results: Iterable[Result]) -> list[str]:
    """Where the engine's cells of one workload do not give the same discounts: sentences, empty when all is well."""
    first: dict[str, Result] = {}
    out: list[str] = []
    for result in results:
        if result.skipped or result.job.who not in OURS:
            continue
        base = first.setdefault(result.job.what, result)
        if any(one != other for one, other in zip(base.answers, result.answers, strict=False)):
            out.append(f"{result.job.what}: {result.job.who} gives other discounts than {base.job.who}")
    return out
