"""A terminal's status in words and as JSON. Pure; `t` translates English."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from runtime.terminal.troubles import Trouble
from runtime.wire.messages import Sentence
from runtime.wire.pack import plain
from runtime.wire.sentences import fill
from runtime.wire.status import Status

T = Callable[[str], str]


def in_json(status: Status, found: Sequence[Trouble], state: str, t: T) -> dict[str, Any]:
    """Every field of docs/status.md."""
    attention = [{"about": one.about, **_said(plain(one.sentence), t)} for one in found]
    return {"state": state, "attention": attention, **_with_sentences(plain(status), t)}


def _with_sentences(value: Any, t: T) -> Any:
    """The same, with each sentence as code, text and remedy in the language."""
    if isinstance(value, list):
        return [_with_sentences(one, t) for one in value]
    if not isinstance(value, dict):
        return value
    return {key: _said(one, t) if key == "sentence" else _with_sentences(one, t) for key, one in value.items()}


def _said(sentence: dict[str, Any], t: T) -> dict[str, str]:
    said = Sentence(**sentence)
    return {"code": said.code, "text": text_of(said, t), "remedy": remedy_of(said, t)}


def text_of(sentence: Sentence, t: T) -> str:
    return fill(t(sentence.text), sentence.args) if sentence.text else ""


def remedy_of(sentence: Sentence, t: T) -> str:
    return fill(t(sentence.remedy), sentence.args) if sentence.remedy else ""


def in_words(status: Status, found: Sequence[Trouble], state: str, t: T) -> Iterator[str]:
    """The headline, what is the matter with its remedies, then a line for each section."""
    who = {"workstation": status.terminal.workstation, "store": status.terminal.store, "count": len(found)}
    if state == "well":
        yield t("Terminal {workstation} of store {store}: all is well.").format_map(who)
    elif state == "attention":
        yield t("Terminal {workstation} of store {store}: {count} to see to.").format_map(who)
    else:
        yield t("Terminal {workstation} of store {store}: it is not at work.").format_map(who)
    for one in found:
        yield f"  ! {text_of(one.sentence, t)}"
        if remedy := remedy_of(one.sentence, t):
            yield f"    {remedy}"
    for device in status.devices:
        yield f"  {t('Device')}: {text_of(device.sentence, t)}"
    unsent = t("{count} sales are only here").format(count=status.queue.unsent)
    since = t(", the oldest since {at}").format(at=_time(status.queue.oldest_at)) if status.queue.oldest_at else ""
    yield f"  {t('Queue')}: {unsent}{since}; {text_of(status.queue.sentence, t)}"
    last = status.last_sale
    number = t("number {number}, {at}").format(number=last.number, at=_time(last.at))
    yield f"  {t('Last sale')}: {number if last.number else t('none yet')}"
    disk = t("{free} free, journal {journal}, reserve {reserve}").format(
        free=_mb(status.disk.free_bytes),
        journal=_mb(status.disk.journal_bytes),
        reserve={"whole": t("whole"), "in_use": t("in use"), "none": t("none")}.get(status.disk.reserve, "?"),
    )
    yield f"  {t('Disk')}: {disk}"
    quality = {
        "synchronised": t("synchronised"),
        "unsynchronised": t("unsynchronised"),
        "suspect": t("suspect"),
        "rehearsal": t("rehearsal"),
    }.get(status.clock.quality, "")
    yield f"  {t('Clock')}: {_time(status.clock.at)}" + (f", {quality}" if quality else "")
    versions = status.versions
    compiled = t("compiled") if versions.compiled else t("not compiled")
    parts = (
        f"lanekit {versions.lanekit or '?'}",
        f"{t('engine')} {versions.engine} ({compiled})",
        f"{t('prices')} {versions.snapshot[:16] or '?'}",
        f"Python {versions.python}",
        f"SQLite {versions.sqlite}",
    )
    yield f"  {t('Versions')}: {', '.join(parts)}"
    if status.memory.private_bytes >= 0:
        ceiling = t(" of {mb} that it may").format(mb=_mb(status.memory.ceiling_bytes))
        yield f"  {t('Memory')}: {_mb(status.memory.private_bytes)}{ceiling if status.memory.ceiling_bytes else ''}"
    journal = t("row {row}; the gateway has records to {stored}, head office to {settled}").format(
        row=status.journal.rows, stored=status.journal.stored, settled=status.journal.settled
    )
    yield f"  {t('Journal')}: {journal}"
    if status.terminal.pid:
        process = t("pid {pid}, for {hours} h {minutes} min, {count} screens").format(
            pid=status.terminal.pid,
            hours=status.terminal.uptime_s // 3600,
            minutes=status.terminal.uptime_s % 3600 // 60,
            count=status.terminal.front_ends,
        )
        yield f"  {t('Runs')}: {process}"


def _time(at: str) -> str:
    return at.replace("T", " ")


def _mb(size: int) -> str:
    if size < 0:
        return "?"
    return f"{size / (1 << 20):,.1f} MB" if size < 100 << 20 else f"{size >> 20:,} MB"
