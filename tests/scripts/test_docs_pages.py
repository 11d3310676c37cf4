"""The pages of the docs find each other: no dead link, every page in both READMEs, decisions numbered and listed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCS = sorted((ROOT / "docs").glob("*.md"))
DECISIONS = sorted((ROOT / "docs" / "adr").glob("0*.md"))
LINK = re.compile(r"\]\(([^)\s#]+)(?:#[^)\s]*)?\)")


def links(page: Path) -> list[str]:
    return [link for link in LINK.findall(page.read_text(encoding="utf-8")) if "://" not in link]


def test_every_link_leads_to_a_file() -> None:
    pages = [*ROOT.glob("*.md"), *DOCS, *(ROOT / "docs" / "adr").glob("*.md")]
    dead = [
        f"{page.relative_to(ROOT)}: {link}"
        for page in pages
        for link in links(page)
        if not (page.parent / link).exists()
    ]
    assert len(pages) > 40 and not dead


@pytest.mark.parametrize("readme", ["README.md", "README.zh-CN.md"])
def test_every_page_is_named_in_the_readme(readme: str) -> None:
    named = links(ROOT / readme)
    assert not {f"docs/{page.name}" for page in DOCS} - set(named)
    rows = re.findall(r"^\| \[([^]]+)\]", (ROOT / readme).read_text(encoding="utf-8"), re.MULTILINE)
    assert len(rows) == len(set(rows))


def test_every_decision_has_a_number_of_its_own_and_is_listed_once() -> None:
    numbers = [page.name[:4] for page in DECISIONS]
    assert len(numbers) == len(set(numbers))
    assert sorted(links(ROOT / "docs" / "adr" / "README.md")) == [page.name for page in DECISIONS]
    for page in DECISIONS:
        assert page.read_text(encoding="utf-8").startswith(f"# {page.name[:4]}: "), page.name
