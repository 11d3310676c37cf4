"""One front end at work: keys and touches in, Views in, commands and a screen out. No window, no thread, no clock.

Type-ahead: a command that is not answered yet holds back the keys after it, so that `+` `+` is subtotal and then exact
cash, and never two of the first. The second `+` counts from SETTLE_S on, as with a finger. A refusal throws the held
keys away: they were meant for what did not happen. After HOLD_S without an answer the keys are thrown away as well and
the screen says so.

A wedge scanner types faster than a person: BURST or more characters at that pace before Enter are a scan, whole and
alone, whatever was half typed before them, and never an amount of cash.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from runtime.wire.messages import Answer, Command, View
from ui.actions import press
from ui.client import Arrival, Link
from ui.forms import Args, Form, described, opened
from ui.keys import BY_ACTION, typed
from ui.local import Local, reopened, say, scroll_by, seen, typing, with_form, with_typing
from ui.models import Screen, screen
from ui.panels import words_of
from ui.settings import DEFAULTS, UiSettings
from ui.texts import Texts, own
from ui.touch import SETTLE_S

HOLD_S = 2.0  # how long keys wait for an answer
VIEW_GRACE_S = 0.3  # how long after an answer its View may still be under way
MAX_HELD = 32  # keys held back; more are thrown away
BURST = 6  # characters
BURST_GAP_S = 0.035  # between two of them
LOOKED_AT = ("pay",)
MAX_BUSY_S = 0.25  # of one picture


@dataclass(slots=True)
class _Waiting:
    id: int
    since: float
    rev: int
    command: Command
    form: Form | None  # that it came from
    answered: float | None = None  # when, while its View has not come


class Session:
    """`send` hands a Command to the daemon and says whether it could; `now` is a monotonic clock in seconds."""

    def __init__(
        self,
        texts: Mapping[str, Texts],
        send: Callable[[Command], bool],
        now: Callable[[], float],
        language: str = "zh",
        settings: UiSettings = DEFAULTS,
    ) -> None:
        self._texts = texts
        self._send = send
        self._now = now
        self.view: View | None = None
        self.local = Local(language=language, theme=settings.theme, settings=settings, words=words_of(texts, language))
        self._view_at = 0.0
        self._last_id = 0
        self._waiting: _Waiting | None = None
        self._held: deque[tuple[str, float]] = deque()
        self._typed_at: list[float] = []
        self._busy_s = 0.0
        self._paid = ("", 0.0)  # the key before, and when

    def screen(self) -> Screen:
        """What is to be shown now."""
        self.local = replace(self.local, clock=self._clock())
        return screen(self.view, self.local, self._texts[self.local.language])

    # --- from people ------------------------------------------------------------------------------------------

    def key(self, key: str, repeat: bool = False) -> None:
        """A key as ui.keys writes it. `repeat`: the keyboard's own repetition of a key that is held down."""
        action = self.local.settings.keys.action(key)
        if typed(key) and (action is None or self._in_a_burst()):
            self._paid = ("", 0.0)
            self.act(f"type:{key}")
            return
        if action is None or (repeat and not BY_ACTION[action].repeats) or self._bounces(action):
            return
        self.act(action)

    def _bounces(self, action: str) -> bool:
        """Whether the key that subtotals, and then takes exact cash, comes again before anybody can have looked: a key
        that is held down where the keyboard does not say so, or a hand that shakes. Any key between is a look."""
        now, last = self._now(), self._paid
        self._paid = (action, now)
        return action in LOOKED_AT and last[0] == action and now - last[1] < SETTLE_S

    def act(self, action: str) -> None:
        """An action of ui.actions.press, from a key or a button."""
        now = self._typing_clock()
        if self._waiting is not None:
            if len(self._held) < MAX_HELD + 96:  # a whole wedge scan besides
                self._held.append((action, now))
            return
        self._do(action, now)

    def busy(self, seconds: float) -> None:
        """The screen was drawn for so long and no key was looked at: two keys on either side are nearer than it seems.
        Without this a slow machine would cut a wedge scan in two."""
        self._busy_s += min(max(0.0, seconds), MAX_BUSY_S)

    def _typing_clock(self) -> float:
        return self._now() - self._busy_s

    def fits(self, rows: int, panel_rows: int, panel_columns: int) -> bool:
        """How many lines, and rows of a panel, the picture has room for; whether that is news."""
        news = (max(1, rows), max(1, panel_rows), max(1, panel_columns))
        local = self.local
        if news == (local.page_rows, local.panel_rows, local.panel_columns):
            return False
        self.local = replace(local, page_rows=news[0], panel_rows=news[1], panel_columns=news[2])
        return True

    def scroll(self, rows: int) -> None:
        """A finger moves the list by whole rows."""
        if self.view is not None:
            self.local = scroll_by(self.view, self.local, rows)

    def _do(self, action: str, at: float) -> None:
        if action in ("enter", "ok") and (code := self._burst()):
            self.local = with_typing(self.local, typing(self.local)[: -len(code)])
            action = f"scan:{code}"
        before = self.local
        self.local, commands = press(self.view, self.local, action)
        if self.local.language != before.language:
            self.local = replace(self.local, words=words_of(self._texts, self.local.language))
        self._typed_at = self._typed_at[: len(typing(self.local))]
        if action.startswith("type:"):
            self._typed_at += [at] * (len(typing(self.local)) - len(self._typed_at))
        form = before.form if self.local.form is None else None
        for name, args in commands:
            self._command(name, args, form if not action.startswith("scan:") else None)

    def _in_a_burst(self) -> bool:
        """Whether something types faster than a person now: then `/` is part of its code and no hot key."""
        if self._waiting is not None:
            last = next((at for action, at in reversed(self._held) if action.startswith("type:")), None)
        else:
            last = self._typed_at[-1] if self._typed_at else None
        return last is not None and self._typing_clock() - last <= BURST_GAP_S

    def _burst(self) -> str:
        """The end of what is being typed that a wedge scanner typed; empty if a person did."""
        times = self._typed_at
        begin = len(times)
        while begin > 1 and times[begin - 1] - times[begin - 2] <= BURST_GAP_S:
            begin -= 1
        begin = max(0, begin - 1) if begin else 0
        length = len(times) - begin
        return typing(self.local)[begin:] if length >= BURST else ""

    def _command(self, name: str, args: Args, form: Form | None = None) -> None:
        self._last_id += 1
        command = Command(self._last_id, name, dict(args))
        if not self._send(command):
            self.local = say(self.local, own("UI_NOT_CONNECTED"))
            if form is not None:
                self.local = reopened(self.local, form)
            return
        rev = self.view.rev if self.view is not None else 0
        if "pin" in args:  # nothing keeps it once it is sent
            command = Command(command.id, name, {key: value for key, value in args.items() if key != "pin"})
        self._waiting = _Waiting(self._last_id, self._now(), rev, command, form)

    # --- from the daemon --------------------------------------------------------------------------------------

    def arrive(self, arrival: Arrival) -> None:
        if isinstance(arrival, View):
            self._show(arrival)
        elif isinstance(arrival, Answer):
            self._answered(arrival)
        else:
            self._linked(arrival)

    def _show(self, view: View) -> None:
        self.local = replace(seen(self.local, self.view, view), connected=True)
        self.view = view
        self._view_at = self._now()
        waiting = self._waiting
        if waiting is not None and waiting.answered is not None and view.rev != waiting.rev:
            self._release()

    def _answered(self, answer: Answer) -> None:
        waiting = self._waiting
        if not answer.ok:
            if answer.sentence is not None:
                self.local = say(self.local, answer.sentence)
            if waiting is not None and answer.id >= waiting.id:
                self._held.clear()
                self._waiting = None
                self._ask_again(answer, waiting)
            return
        if waiting is None or answer.id < waiting.id:
            return
        if self.view is not None and self.view.rev != waiting.rev:
            self._release()
        else:
            waiting.answered = self._now()

    def _ask_again(self, answer: Answer, waiting: _Waiting) -> None:
        """A refusal that another person, or another word, would change: the form for it. A desk that has opened a form
        of its own in the meantime comes first."""
        if self.local.form is not None:
            return
        if answer.sentence is not None and answer.sentence.code == "approval_needed":
            said = {name: str(answer.sentence.args.get(name, "")) for name in ("operation", "role")}
            if self.view is not None:
                said["what"] = described(waiting.command.name, waiting.command.args, self.view)
            args = {k: v for k, v in waiting.command.args.items() if v is not None and k != "approver"}
            form = opened("approval", args=args, **said)
            self.local = with_form(self.local, replace(form, command=waiting.command.name))
        elif waiting.form is not None:
            self.local = reopened(self.local, waiting.form)

    def _linked(self, link: Link) -> None:
        if not link.up and self._waiting is not None:
            self.local = say(self.local, own("UI_ANSWER_LOST"))
        if link.garbled:
            self.local = say(self.local, own("UI_BAD_MESSAGE"))
        self._waiting = None
        self._held.clear()
        # Connected is what the first View makes it: until then what is shown is old, and nothing can be done with it.
        self.local = replace(self.local, connected=False)

    def _release(self) -> None:
        self._waiting = None
        while self._held and self._waiting is None:
            self._do(*self._held.popleft())

    # --- time -------------------------------------------------------------------------------------------------

    def tick(self) -> float | None:
        """Lets go of what waited long enough. Says in how many seconds it wants to be called again; None: not."""
        waiting = self._waiting
        if waiting is None:
            return None
        if waiting.answered is not None:
            left = waiting.answered + VIEW_GRACE_S - self._now()
            if left <= 0:
                self._release()
                return self.tick()
            return left
        left = waiting.since + HOLD_S - self._now()
        if left > 0:
            return left
        self._waiting = None
        self._held.clear()
        self.local = say(self.local, own("UI_WAITING"))
        return None

    def _clock(self) -> str:
        """The daemon's local time, run on by ours: a till that nobody touches still shows the time."""
        if self.view is None:
            return ""
        try:
            at = datetime.fromisoformat(self.view.at)
        except ValueError:
            return ""
        return (at + timedelta(seconds=int(self._now() - self._view_at))).isoformat(timespec="seconds")
