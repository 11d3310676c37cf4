"""How many keys the commonest tasks take, counted through the session; docs/ui.md has the same table."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import ui_scenes
import ui_views
from test_ui_session import Till

from runtime.wire.messages import Answer, View

PAGE = Path(__file__).resolve().parents[2] / "docs" / "ui.md"
SCENES = ui_scenes.shown()
IDLE, AGE = SCENES["find"].view, SCENES["age"].view
RINGING = replace(AGE, age_question=0, notice=None)
DUE = RINGING.total_minor
TENDERING = replace(RINGING, state="tendering", due_minor=DUE, cash_due_minor=DUE)
PART_PAID = SCENES["part-paid"].view
CLOSED = ui_scenes.on(ui_views.states()["closed"])


@dataclass(frozen=True, slots=True)
class Task:
    """`steps`: what is pressed, and the View that the daemon shows after each command of it. `most`: keys, at most."""

    what: str
    begins: View
    keys: tuple[str, ...]
    views: tuple[View, ...]
    commands: tuple[str, ...]
    most: int


TASKS = (
    Task("Cash sale of one scanned item, exact", RINGING, ("+", "+"), (TENDERING, CLOSED), ("subtotal", "cash"), 2),
    Task("The same, a 200 note", RINGING, ("+", "2", "00", "Enter"), (TENDERING, CLOSED), ("subtotal", "cash"), 5),
    Task("Sale paid by code (the code is scanned)", RINGING, ("+",), (TENDERING,), ("subtotal",), 1),
    Task("The next sale begins with its first scan", CLOSED, (), (), (), 0),
    Task("Three of the next item", RINGING, ("3", "*"), (RINGING,), ("quantity",), 2),
    Task("A carrier bag", RINGING, ("F6",), (RINGING,), ("bag",), 1),
    Task("The last item once more", RINGING, ("Insert",), (RINGING,), ("repeat",), 1),
    Task("Void the last line", RINGING, ("Delete", "Delete"), (RINGING,), ("void_line",), 2),
    Task("Put a sale aside, take it up again", RINGING, ("F7", "F7"),
         (replace(IDLE, suspended=ui_scenes.SUSPENDED[:1]), RINGING), ("suspend", "recall"), 2),
    Task("Look up a price (then scan)", IDLE, ("F3",), (IDLE,), ("price_lookup",), 1),
    Task("The customer is old enough", AGE, ("Home",), (RINGING,), ("age_ok",), 1),
    Task("9.90 for the last line, the first reason", RINGING, ("9", ".", "9", "/", "1", "Enter"), (RINGING,),
         ("price_override",), 6),
    Task("Part in cash (50), the rest by code (the code is scanned)", RINGING, ("+", "5", "0", "Ctrl+F10", "+"),
         (TENDERING, replace(TENDERING, part_minor=5000, cash_due_minor=5000), PART_PAID),
         ("subtotal", "part", "cash"), 5),
    Task("Open the drawer, the first reason", IDLE, ("F5", "1", "Enter"), (IDLE,), ("no_sale",), 3),
    Task("A copy of the last receipt", IDLE, ("Ctrl+F12", "Enter"), (IDLE,), ("reprint_number",), 2),
)  # fmt: skip


def pressed(task: Task) -> tuple[int, list[str]]:
    """Keys that were pressed (`00` is one, on a till's keyboard; on others two), and the commands that went out."""
    till, views, rev, keys = Till(task.begins), list(task.views), 1000, 0
    for key in task.keys:
        parts = key if key == "00" else [key]
        keys += len(parts)
        before = len(till.sent)
        till.keys(*parts, pace=0.5)
        if len(till.sent) > before:
            till.session.arrive(Answer(till.sent[-1].id, True))
            rev += 1
            till.session.arrive(replace(views.pop(0), rev=rev))
    return keys, till.names()


@pytest.mark.parametrize("task", TASKS, ids=[task.what for task in TASKS])
def test_keys(task: Task) -> None:
    keys, names = pressed(task)
    assert tuple(names) == task.commands and keys <= task.most, keys


def test_a_cash_sale_takes_two() -> None:
    assert TASKS[0].most == 2 and pressed(TASKS[0])[0] == 2


def rows() -> list[str]:
    shown = [(task, " ".join(f"`{key}`" for key in task.keys) or "none") for task in TASKS]
    return [f"| {task.what} | {keys} | {pressed(task)[0]} |" for task, keys in shown]


def test_the_page_has_the_table() -> None:
    text = PAGE.read_text("utf-8")
    table = text.split("<!-- keys: begin -->")[1].split("<!-- keys: end -->")[0]
    assert table.strip().splitlines()[2:] == rows()
