"""The diagrams and tables in docs/day.md, made from the code's own tables. `python -m runtime.day.diagram` writes them.

A diagram shows what changes a state; what is allowed and changes none is in the table below it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from enum import Enum
from pathlib import Path
from typing import Any, TypeVar

from runtime.day.events import DayEvent
from runtime.day.permissions import ALWAYS, NEVER, OPERATIONS, PERMISSIONS
from runtime.day.refusals import SENTENCES
from runtime.day.state import DeskState, ShiftState
from runtime.day.table import (
    BETWEEN_SALES,
    DESK,
    DESK_GATE,
    EVENTS,
    NOT_IN_TRAINING,
    SHIFT,
    SHIFT_GATE,
    Go,
    No,
)

PAGE = Path(__file__).resolve().parent.parent.parent / "docs" / "day.md"
S = TypeVar("S", bound=Enum)


def mermaid(states: type[S], table: Mapping[tuple[S, type[DayEvent]], Any]) -> str:
    """The transitions that change the state, as mermaid's stateDiagram-v2, in the order of the table."""
    lines = ["```mermaid", "stateDiagram-v2"]
    for begin in states:
        for end in states:
            names = [
                event.__name__
                for event in EVENTS
                if begin is not end and isinstance(cell := table[begin, event], Go) and end in cell.ends
            ]
            lines += [f"    {begin} --> {end}: {name}" for name in names]
    return "\n".join([*lines, "```"])


def cells(states: type[S], table: Mapping[tuple[S, type[DayEvent]], Any]) -> str:
    """Every pair: where it ends, or the code of its refusal."""
    lines = ["| event | " + " | ".join(str(state) for state in states) + " |", "|---|" + "---|" * len(states)]
    for event in EVENTS:
        said = [_cell(table[state, event]) for state in states]
        lines.append(f"| {event.__name__} | " + " | ".join(said) + " |")
    return "\n".join(lines)


def _cell(cell: Any) -> str:
    if isinstance(cell, No):
        return f"*{cell.code}*"
    return " or ".join(str(end) for end in cell.ends)


def _others() -> str:
    waits = ", ".join(event.__name__ for event in EVENTS if event in BETWEEN_SALES)
    real = ", ".join(event.__name__ for event in EVENTS if event in NOT_IN_TRAINING)
    desk = "; ".join(f"{state}: *{code}*" for state, code in DESK_GATE.items() if code)
    shift = "; ".join(f"{state}: *{code}*" for state, code in SHIFT_GATE.items() if code)
    return "\n".join(
        [
            f"- Not while a sale is open (*sale_open*): {waits}.",
            f"- Not in training (*in_training*): {real}.",
            f"- What a person does to a sale is refused by the desk ({desk}), what begins one by the shift ({shift}).",
        ]
    )


def _refusals() -> str:
    lines = ["| code | what is said |", "|---|---|"]
    return "\n".join(lines + [f"| *{code}* | {text} {remedy} |" for code, (text, remedy) in SENTENCES.items()])


def _permissions() -> str:
    lines = ["| operation | what it is | the amount | everybody alone | else |", "|---|---|---|---|---|"]
    for name, permission in PERMISSIONS.items():
        alone = {NEVER: "never", ALWAYS: "always"}.get(permission.up_to_minor, f"up to {permission.up_to_minor}")
        senior = "" if permission.up_to_minor == ALWAYS else permission.role
        lines.append(f"| `{name}` | {permission.what} | {OPERATIONS[name][1]} | {alone} | {senior} |")
    return "\n".join(lines)


PARTS: dict[str, Callable[[], str]] = {
    "desk": lambda: f"{mermaid(DeskState, DESK)}\n\n{cells(DeskState, DESK)}",
    "shift": lambda: f"{mermaid(ShiftState, SHIFT)}\n\n{cells(ShiftState, SHIFT)}",
    "others": _others,
    "refusals": _refusals,
    "permissions": _permissions,
}


def page_with_parts(page: str) -> str:
    """The page with every part between its markers. Raises ValueError where one is not there."""
    for name, make in PARTS.items():
        begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
        before, found, rest = page.partition(begin)
        _, ended, after = rest.partition(end)
        if not found or not ended:
            raise ValueError(f"no {begin} and {end}")
        page = f"{before}{begin}\n\n{make()}\n\n{end}{after}"
    return page


def main() -> int:
    old = PAGE.read_text(encoding="utf-8")
    new = page_with_parts(old)
    if new != old:
        PAGE.write_text(new, encoding="utf-8")
    print(f"{PAGE.name}: {'written anew' if new != old else 'already right'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
