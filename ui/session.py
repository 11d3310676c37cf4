"""One front end at work: keys and touches in, Views in, commands and a screen out. No window, no thread, no clock.

Type-ahead: a command that is not answered yet holds back the keys after it, so that `+` `+` pressed fast is subtotal
and then exact cash, and never two of the first. A refusal throws the held keys away: they were meant for what did not
happen. After HOLD_S without an answer the keys are thrown away as well and the screen says so.

A wedge scanner types faster than a person: BURST or more characters at that pace before Enter are a scan, whole and
alone, whatever was half typed before them, and never an amount of cash.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from runtime.wire.messages import Answer, Command, View
from ui.actions import Args, press
from ui.client import Arrival, Link
from ui.keys import ACTION_OF_KEY, BY_ACTION, typed
from ui.local import Local, say, scroll_by, seen
from ui.models import Screen, screen
from ui.texts import Texts, own

HOLD_S = 2.0  # how long keys wait for an answer
VIEW_GRACE_S = 0.3  # how long after an answer its View may still be under way
MAX_HELD = 32  # keys held back; more are thrown away
BURST = 6  # characters
BURST_GAP_S = 0.035  # between two of them


@dataclass(slots=True)
class _Waiting:
    id: int
    since: float
    rev: int
    answered: float | None = None  # when, while its View has not come


class Session:
    """`send` hands a Command to the daemon and says whether it could; `now` is a monotonic clock in seconds."""

    def __init__(
        self,
        texts: Mapping[str, Texts],
        send: Callable[[Command], bool],
        now: Callable[[], float],
        language: str = "zh",
    ) -> None:
        self._texts = texts
        self._send = send
        self._now = now
        self.view: View | None = None
        self.local = Local(language=language)
        self._view_at = 0.0
        self._last_id = 0
        self._waiting: _Waiting | None = None
        self._held: deque[tuple[str, float]] = deque()
        self._typed_at: list[float] = []

    def screen(self) -> Screen:
        """What is to be shown now."""
        self.local = replace(self.local, clock=self._clock())
        return screen(self.view, self.local, self._texts[self.local.language])

    # --- from people ------------------------------------------------------------------------------------------

    def key(self, key: str, repeat: bool = False) -> None:
        """A key as ui.keys writes it. `repeat`: the keyboard's own repetition of a key that is held down."""
        if typed(key):
            self.act(f"type:{key}")
            return
        action = ACTION_OF_KEY.get(key)
        if action is not None and not (repeat and not BY_ACTION[action].repeats):
            self.act(action)

    def act(self, action: str) -> None:
        """An action of ui.actions.press, from a key or a button."""
        now = self._now()
        if self._waiting is not None:
            if len(self._held) < MAX_HELD + 96:  # a whole wedge scan besides
                self._held.append((action, now))
            return
        self._do(action, now)

    def page_rows(self, rows: int) -> None:
        """How many lines fit the screen."""
        self.local = replace(self.local, page_rows=max(1, rows))

    def scroll(self, rows: int) -> None:
        """A finger moves the list by whole rows."""
        if self.view is not None:
            self.local = scroll_by(self.view, self.local, rows)

    def _do(self, action: str, at: float) -> None:
        if action == "enter" and (code := self._burst()):
            self.local = replace(self.local, entry=self.local.entry[: -len(code)])
            action = f"scan:{code}"
        self.local, commands = press(self.view, self.local, action)
        self._typed_at = self._typed_at[: len(self.local.entry)]
        if action.startswith("type:"):
            self._typed_at += [at] * (len(self.local.entry) - len(self._typed_at))
        for name, args in commands:
            self._command(name, args)

    def _burst(self) -> str:
        """The end of the entry that a wedge scanner typed; empty if a person did."""
        times = self._typed_at
        begin = len(times)
        while begin > 1 and times[begin - 1] - times[begin - 2] <= BURST_GAP_S:
            begin -= 1
        begin = max(0, begin - 1) if begin else 0
        length = len(times) - begin
        return self.local.entry[begin:] if length >= BURST else ""

    def _command(self, name: str, args: Args) -> None:
        self._last_id += 1
        if not self._send(Command(self._last_id, name, dict(args))):
            self.local = say(self.local, own("UI_NOT_CONNECTED"))
            return
        rev = self.view.rev if self.view is not None else 0
        self._waiting = _Waiting(self._last_id, self._now(), rev)

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
            return
        if waiting is None or answer.id < waiting.id:
            return
        if self.view is not None and self.view.rev != waiting.rev:
            self._release()
        else:
            waiting.answered = self._now()

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
