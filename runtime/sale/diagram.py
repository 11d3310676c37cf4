"""The diagram in docs/sale.md, made from the table. `python -m runtime.sale.diagram` writes it anew."""

from __future__ import annotations

import sys
from pathlib import Path

from runtime.sale.state import State
from runtime.sale.table import SISTERS, STATES, TABLE, Go

BEGIN, END = "<!-- diagram: begin -->", "<!-- diagram: end -->"
PAGE = Path(__file__).resolve().parent.parent.parent / "docs" / "sale.md"


def mermaid() -> str:
    """The transitions as mermaid's stateDiagram-v2, in the order of the table."""
    arrows: dict[tuple[State, State], list[str]] = {}
    for (state, event), cell in TABLE.items():
        if isinstance(cell, Go) and event not in SISTERS:
            for end in cell.ends:
                arrows.setdefault((state, end), []).append(event.__name__)
    lines = ["stateDiagram-v2", f"    [*] --> {STATES[0]}"]
    for begin in STATES:
        for end in STATES:
            for event_name in arrows.get((begin, end), []):
                lines.append(f"    {begin} --> {end}: {event_name}")
    return "\n".join(lines)


def page_with_diagram(page: str) -> str:
    """The page with the diagram between its markers. Raises ValueError where they are not there."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"no {BEGIN} and {END}")
    return f"{before}{BEGIN}\n```mermaid\n{mermaid()}\n```\n{END}{after}"


def main() -> int:
    old = PAGE.read_text(encoding="utf-8")
    new = page_with_diagram(old)
    if new != old:
        PAGE.write_text(new, encoding="utf-8")
    print(f"{PAGE.name}: {'written anew' if new != old else 'already right'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
