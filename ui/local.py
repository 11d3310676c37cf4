"""What the front end knows besides the daemon's View: typed digits, the chosen line, language, connection. Values only.

All of it may be lost at any moment (the front end is killed) without the sale noticing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from runtime.wire.messages import Sentence, View, ViewLine
from ui.forms import Form, forgotten, opened, retyped
from ui.settings import DEFAULTS, UiSettings
from ui.theme import ThemeName


@dataclass(frozen=True, slots=True)
class Note:
    """Something that the front end itself, or a refused command, has to say. A new `serial` may beep."""

    serial: int
    severity: str  # good, info, bad
    sentence: Sentence


@dataclass(frozen=True, slots=True)
class Words:
    """What is searched and chosen from, in the languages of this screen (ui.panels.words_of makes them)."""

    operations: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # action -> what it is found by
    reasons: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # form -> what a reason is chosen from


@dataclass(frozen=True, slots=True)
class Local:
    language: str = "zh"
    connected: bool = False
    entry: str = ""
    selected: int | None = None  # number of the chosen line
    scroll: int | None = None  # index of the first line shown; None follows the end
    page_rows: int = 8  # lines that fit the screen
    help_open: bool = False  # the list of operations
    filter: str = ""  # what it is searched for
    form: Form | None = None
    pick: int | None = None  # of the list that is open
    first: int = 0  # the first of its rows that is shown
    panel_rows: int = 8  # rows of it that fit
    panel_columns: int = 1
    note: Note | None = None
    note_serial: int = 0
    clock: str = ""  # local time to show; empty: the View's
    notice_seen: int = 0  # serial of the View's notice that `notice_basis` belongs to
    notice_basis: tuple[str, int, int] = ("", 0, 0)
    age_name: str = ""  # the goods that the open question of age is about
    hushed: int = 0  # serial of the notice that a form, opened after it, has put away
    theme: ThemeName = "light"
    settings: UiSettings = DEFAULTS
    words: Words = Words()


def say(local: Local, sentence: Sentence, severity: str = "bad") -> Local:
    """With a note of its own. Our own sentences name the keys of this till."""
    serial = local.note_serial + 1
    if sentence.code.startswith("UI_"):
        sentence = replace(sentence, args={**local.settings.keys.names(), **sentence.args})
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
    changes["age_name"] = _age_name(local, view)
    local = replace(local, **changes) if changes else local  # type: ignore[arg-type]  # keys are fields, above
    if before is None or panels_of(before) != panels_of(view):
        local = replace(local, pick=None, first=0)
    return _forms_seen(local, before, view)


def _age_name(local: Local, view: View) -> str:
    """What the daemon asked about is kept as long as the question is open: the next scan has its own notice."""
    if not view.age_question:
        return ""
    said = view.notice.sentence if view.notice is not None else None
    return str(said.args.get("name", "")) if said is not None and said.code == "age_asked" else local.age_name


def panels_of(view: View) -> tuple[object, ...]:
    """What of the daemon's lies over the basket."""
    return (view.report, view.found, view.open_return)


def _forms_seen(local: Local, before: View | None, view: View) -> Local:
    """A form that the sale has left behind is closed; a desk that wants somebody, or a count, opens its own."""
    if local.form is not None and not form_fits(local.form, view):
        local = replace(local, form=None)
    wants = asked_for(view)
    if local.form is None and wants is not None and (before is None or asked_for(before) != wants):
        local = replace(with_form(local, wants), hushed=local.hushed)  # what opened it is news
    return local


def asked_for(view: View) -> Form | None:
    """The form that stands open because nothing else can be done."""
    if view.desk == "off":
        return opened("sign_on")
    if view.desk == "locked":
        return opened("unlock", view.operator)
    return opened("shift_close") if view.shift == "counting" else None


def form_fits(form: Form, view: View) -> bool:
    """Whether what the form asks for can still be done."""
    if form.name in ("sign_on", "unlock"):
        return view.desk == {"sign_on": "off", "unlock": "locked"}[form.name]
    if view.desk in ("off", "locked"):
        return False
    if form.name == "shift_close":
        return view.shift == "counting"
    if form.name == "shift_open":
        return view.shift in ("none", "needed")
    if form.name == "part":
        return view.state == "tendering"
    if form.name in ("price_override", "discount_line"):
        line = dict(form.args).get("line")
        return view.state == "ringing" and any(one.line == line and not one.voided for one in view.lines)
    if form.name in ("discount_ticket", "void_ticket"):
        return view.state in ("ringing", "tendering")
    if form.name == "recall":
        return bool(view.suspended) and view.state in ("idle", "closed")
    if form.name in ("return_line", "return_all"):
        return view.open_return is not None
    return True


def typing(local: Local) -> str:
    """What is being typed now, wherever that goes."""
    if local.help_open:
        return local.filter
    return local.entry if local.form is None else local.form.value


def with_typing(local: Local, text: str) -> Local:
    if local.help_open:
        return replace(local, filter=text, pick=None, first=0)
    return replace(local, entry=text) if local.form is None else replace(local, form=retyped(local.form, text))


def reopened(local: Local, form: Form) -> Local:
    """After a refusal: as it was filled in, without its secret."""
    return with_form(local, forgotten(form))


def with_form(local: Local, form: Form) -> Local:
    """With this form on top of whatever else is open."""
    return replace(local, form=form, help_open=False, filter="", pick=None, first=0, hushed=local.notice_seen)


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
