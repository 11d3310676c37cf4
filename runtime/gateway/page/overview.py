"""How a store is, from what its gateway knows: its tills, what they sold today, and what wants a person. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from runtime.currency import Sum, added_up
from runtime.gateway.sharing.beats import Heard
from runtime.gateway.sharing.board import currency_of
from runtime.gateway.sharing.store import DaySales
from runtime.gateway.sharing.tickets import Known
from runtime.gateway.store import Quarantined, TerminalStatus
from runtime.wire.messages import Sentence
from runtime.wire.status import Status

SILENT_AFTER_MS = 30_000
FORGET_AFTER_MS = 14 * 86_400_000  # a till that was last heard so long ago is not looked for any more
CLOCK_IS_BAD = frozenset({"suspect", "rehearsal"})
WORKING = frozenset({"OK", "EPTR_REC_NEAREMPTY"})  # troubles that still let a device work

# code -> (what is the matter, what to do about it)
ALARM_SENTENCES: dict[str, tuple[str, str]] = {
    "alarm_silent": ("Till {terminal} is not heard.", "Is it switched on? Check its network; it sells on without."),
    "alarm_quarantine": (
        "Till {terminal} sent record {sequence} again with other content; both are kept.",
        "Call service: two machines may be running as this till.",
    ),
    "alarm_gap": (
        "Records of till {terminal} are missing after number {stored}; {count} later ones are here.",
        "They are asked for again. If it lasts, call service and keep that till's disk as it is.",
    ),
    "alarm_prices": ("Till {terminal} does not take its new price file: {why}", "Tell head office."),
    "alarm_disk": ("Its disk is nearly full.", "Make room on it."),
    "alarm_clock": ("The clock of till {terminal} is not to be believed.", "Set it, then start the till again."),
}

State = Literal["good", "trouble", "silent"]


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something of one till that wants a person."""

    device_class: str  # empty where it is no device's
    sentence: Sentence


@dataclass(frozen=True, slots=True)
class TillNow:
    """One till. Times are its own local time; what it has not said is empty or None."""

    terminal: str
    state: State  # `trouble` too where only an alarm is about it
    heard_ms_ago: int | None  # a beat, or a record where none came in this run
    sales: int  # of the day
    total: Sum
    tickets: int  # put aside
    unsettled: int  # records that head office has not; 0 too where there is none
    status: Status | None
    troubles: tuple[Trouble, ...] = ()


@dataclass(frozen=True, slots=True)
class Alarm:
    """`terminal`: whose it is, where the sentence does not say so itself."""

    sentence: Sentence
    terminal: str = ""


@dataclass(frozen=True, slots=True)
class Overview:
    store: str
    at: str  # the gateway's local time
    date: str  # the business day that is counted, empty before the first sale
    sales: int
    totals: tuple[Sum, ...]  # one of each currency that was sold in, and one at least
    tills: tuple[TillNow, ...]
    alarms: tuple[Alarm, ...] = ()


def overview(
    store: str,
    at: str,
    now_ms: int,
    lines: Iterable[TerminalStatus],
    quarantine: Iterable[Quarantined],
    known: Mapping[str, Known],
    heard: Mapping[str, Heard],
    day: DaySales,
    more: Iterable[Sentence] = (),
) -> Overview:
    """`more`: alarms of other parts of the gateway."""
    lines = tuple(lines)
    last_ms = {line.terminal: 0 for line in lines}
    for line in lines:
        last_ms[line.terminal] = max(last_ms[line.terminal], line.last_seen_at_ms)
    names = {name for name, seen in last_ms.items() if now_ms - seen < FORGET_AFTER_MS} | set(heard) | set(known)
    tills = []
    alarms = [*(Alarm(one) for one in more), *(records := list(_alarms_of_records(lines, quarantine)))]
    named = {str(one.sentence.args["terminal"]) for one in records}
    for name in sorted(names):
        till = _till(name, now_ms, lines, known, heard.get(name), day)
        if till.state == "silent":
            alarms.append(Alarm(alarm("alarm_silent", terminal=name)))
        alarms += (own := list(_alarms_of(till, heard.get(name))))
        # a till that an alarm is about is not called well below it
        tills.append(replace(till, state="trouble") if till.state == "good" and (own or name in named) else till)
    sales = sum(one[0] for one in day.tills.values())
    totals = added_up(Sum(one[1], *currency_of(name, known)) for name, one in day.tills.items())
    totals = totals or (Sum(0, *currency_of("", known)),)
    return Overview(store, at, day.date, sales, totals, tuple(tills), tuple(alarms))


def alarm(code: str, **args: str | int) -> Sentence:
    text, remedy = ALARM_SENTENCES[code]
    return Sentence(code, text, remedy, args)


def _till(
    name: str,
    now_ms: int,
    lines: tuple[TerminalStatus, ...],
    all_known: Mapping[str, Known],
    heard: Heard | None,
    day: DaySales,
) -> TillNow:
    known = all_known.get(name)
    mine = [line for line in lines if line.terminal == name]
    last_ms = heard.at_ms if heard is not None else max((line.last_seen_at_ms for line in mine), default=None)
    ago = max(0, now_ms - last_ms) if last_ms is not None else None
    status = heard.status if heard is not None else None
    troubles = tuple(_troubles(status)) if status is not None else ()
    state: State = "trouble" if troubles else "good"
    if heard is None or now_ms - heard.at_ms > SILENT_AFTER_MS:
        state = "silent"
    sales, total_minor = day.tills.get(name, (0, 0))
    return TillNow(
        terminal=name,
        state=state,
        heard_ms_ago=ago,
        sales=sales,
        total=Sum(total_minor, *currency_of(name, all_known)),
        tickets=len(known.shares.tickets) if known is not None else 0,
        unsettled=sum(line.stored - line.settled for line in mine) if any(line.settled for line in lines) else 0,
        status=status,
        troubles=troubles,
    )


def _troubles(status: Status) -> Iterable[Trouble]:
    for device in status.devices:
        if device.sentence.code not in WORKING:
            yield Trouble(device.device_class, device.sentence)
    if not status.queue.ok:
        yield Trouble("", status.queue.sentence)
    if status.disk.code:
        yield Trouble("", alarm("alarm_disk"))


def _alarms_of(till: TillNow, heard: Heard | None) -> Iterable[Alarm]:
    if heard is None or till.state == "silent":
        return
    if heard.prices is not None:
        yield Alarm(heard.prices, till.terminal)
    status = heard.status
    if status is not None and status.versions.snapshot_refused:
        yield Alarm(alarm("alarm_prices", terminal=till.terminal, why=status.versions.snapshot_refused))
    if status is not None and status.clock.quality in CLOCK_IS_BAD:
        yield Alarm(alarm("alarm_clock", terminal=till.terminal))


def _alarms_of_records(lines: tuple[TerminalStatus, ...], quarantine: Iterable[Quarantined]) -> Iterable[Alarm]:
    for one in quarantine:
        yield Alarm(alarm("alarm_quarantine", terminal=one.terminal, sequence=one.sequence))
    for line in lines:
        if line.beyond:
            yield Alarm(alarm("alarm_gap", terminal=line.terminal, stored=line.stored, count=line.beyond))
