"""Finds every text that a person may read, and makes the catalogues of it.

A text is: an entry of a module-level table named *SENTENCES (code -> (text, remedy)) in drivers, engine, runtime or ui;
a literal in a call of `_`, `t`, `mark` or `gettext`; a literal text or remedy of a `Sentence(...)`. Found in the
source, so a module that cannot be imported here is read too.
"""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path

import polib

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("drivers", "engine", "runtime", "ui")
LOCALES = ROOT / "config" / "locale"
CALLS = {"_", "t", "mark", "gettext"}
NAMES = re.compile(r"\{(\w+)(?:!r)?\}")


def message_ids(root: Path = ROOT) -> dict[str, str]:
    """text -> where it was found first."""
    found: dict[str, str] = {}
    for room in ROOMS:
        for path in sorted((root / room).rglob("*.py")):
            tree = ast.parse(path.read_text("utf-8"), str(path))
            for text, line in [*_tables(tree), *_calls(tree)]:
                if text:
                    found.setdefault(text, f"{path.relative_to(root)}:{line}")
    return found


def _tables(tree: ast.Module) -> list[tuple[str, int]]:
    texts: list[tuple[str, int]] = []
    for node in tree.body:
        target = (
            node.target
            if isinstance(node, ast.AnnAssign)
            else node.targets[0]
            if isinstance(node, ast.Assign)
            else None
        )
        if not isinstance(target, ast.Name) or not target.id.endswith("SENTENCES"):
            continue
        if isinstance(node, ast.AnnAssign | ast.Assign) and isinstance(node.value, ast.Dict):
            for value in node.value.values:
                texts += _strings(value.elts if isinstance(value, ast.Tuple) else [value])
    return texts


def _calls(tree: ast.Module) -> list[tuple[str, int]]:
    texts: list[tuple[str, int]] = []
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
        if name in CALLS:
            texts += _strings(node.args[:1])
        elif name == "Sentence":
            texts += _strings(node.args[1:3])
            texts += _strings([k.value for k in node.keywords if k.arg in ("text", "remedy")])
    return texts


def _strings(nodes: list[ast.expr]) -> list[tuple[str, int]]:
    return [(n.value, n.lineno) for n in nodes if isinstance(n, ast.Constant) and isinstance(n.value, str)]


def faults(po: polib.POFile, ids: dict[str, str]) -> list[str]:
    """What is missing, left over, or has other `{names}` than its text. A text that is only names needs nothing."""
    done = {entry.msgid: entry.msgstr for entry in po if entry.msgstr and not entry.obsolete and not entry.fuzzy}
    out = [f"missing   {text!r} ({where})" for text, where in ids.items() if text not in done and needs_words(text)]
    out += [f"left over {text!r}" for text in done if text not in ids]
    for text, translated in done.items():
        if not set(NAMES.findall(translated)) <= set(NAMES.findall(text)):
            out.append(f"names     {text!r} has other names than {translated!r}")
    return out


def needs_words(text: str) -> bool:
    """Whether anything but names, digits and signs is in it."""
    return bool(re.search(r"[A-Za-z]{2}", NAMES.sub("", text).replace("kg", "")))


def main(words: list[str]) -> int:
    ids = message_ids()
    bad = False
    for path in sorted(LOCALES.glob("*/LC_MESSAGES/lanekit.po")):
        po = polib.pofile(str(path), wrapwidth=110)
        if "--add" in words:
            known = {entry.msgid for entry in po}
            po.extend(polib.POEntry(msgid=x) for x in ids if x not in known and needs_words(x))
            po.save(str(path))
        for line in faults(po, ids):
            bad = True
            print(f"{path.parent.parent.name}: {line}")
        mo = path.with_suffix(".mo")
        if "--check" in words:
            if not mo.is_file() or mo.read_bytes() != po.to_binary():
                bad = True
                print(f"{path.parent.parent.name}: lanekit.mo is stale: run scripts/translate")
        else:
            mo.write_bytes(po.to_binary())
    return int(bad and "--check" in words)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
