"""What the front end knows besides the daemon's View: typed digits, the chosen line, language, connection. Values only.

All of it may be lost at any moment (the front end is killed) without the sale noticing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from runtime.wire.messages import Sentence, View, ViewLine


@dataclass(frozen=True, slots=True)
class Note:
    """Something that the front end itself, or a refused command, has to say. A new `serial` may beep."""

    serial: int
    severity: str  # good, info, bad
    sentence: Sentence


@dataclass(frozen=True, slots=True)
class Local:
    language: str = "zh"
    connected: bool = False
    entry: str = ""
    selected: int | None = None  # number of the chosen line
    scroll: int | None = None  # index of the first line shown; None follows the end
    page_rows: int = 8  # lines that fit the screen
    help_open: bool = False
    note: Note | None = None
    note_serial: int = 0
    clock: str = ""  # local time to show; empty: the View's
    notice_seen: int = 0  # serial of the View's notice that `notice_basis` belongs to
    notice_basis: tuple[str, int, int] = ("", 0, 0)


def say(local: Local, sentence: Sentence, severity: str = "bad") -> Local:
    """With a note of its own."""
    serial = local.note_serial + 1
    return replace(local, note=Note(serial, severity, sentence), note_serial=serial)


def basis(view: View) -> tuple[str, int, int]:
    """When this changes, the sale has moved on and an older notice steps back."""
    return (view.state, len(view.lines), view.total_minor)


def seen(local: Local, before: View | None, view: View) -> Local:
    """After a new View: a new line ends choosing and scrolling; a new notice takes the place of a note."""
    changes: dict[str, object] = {}
    serial = view.notice.serial if view.notice else 0
    if before is None or serial != local.notice_seen:
        changes.update(notice_seen=serial, notice_basis=basis(view))
        if serial and local.note is not None and before is not None:
            changes["note"] = None
    grown = before is None or len(view.lines) > len(before.lines) or len(view.lines) < len(before.lines)
    if grown:
        changes.update(selected=None, scroll=None)
    elif local.selected is not None and not any(x.line == local.selected and not x.voided for x in view.lines):
        changes["selected"] = None
    if before is not None and before.state != view.state:
        changes["selected"] = None
    return replace(local, **changes) if changes else local  # type: ignore[arg-type]  # keys are fields, above


def live_lines(view: View) -> tuple[ViewLine, ...]:
    return tuple(line for line in view.lines if not line.voided)


def first_shown(view: View, local: Local) -> int:
    """Index of the first line on the screen, kept inside the list."""
    last_first = max(0, len(view.lines) - local.page_rows)
    return last_first if local.scroll is None else min(max(0, local.scroll), last_first)


def on_screen(view: View, local: Local, line: int) -> bool:
    """Whether the line of this number is among those shown."""
    first = first_shown(view, local)
    return any(one.line == line for one in view.lines[first : first + local.page_rows])


def select(view: View, local: Local, line: int) -> Local:
    """Choose a line and bring it onto the screen."""
    index = next((i for i, one in enumerate(view.lines) if one.line == line), None)
    if index is None:
        return local
    first = first_shown(view, local)
    if index < first:
        first = index
    elif index >= first + local.page_rows:
        first = index - local.page_rows + 1
    return replace(local, selected=line, scroll=first)


def scroll_by(view: View, local: Local, rows: int) -> Local:
    """Scroll; at the end it follows new lines again."""
    last_first = max(0, len(view.lines) - local.page_rows)
    first = first_shown(view, local) + rows
    return replace(local, scroll=None if first >= last_first else max(0, first))
