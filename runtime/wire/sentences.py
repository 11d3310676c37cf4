"""Sentences of another process: their `{names}` filled in. The text may say anything: it is never a format of Python's,
in which a few characters ask for gigabytes of blanks."""

from __future__ import annotations

import re
from collections.abc import Mapping

_NAME = re.compile(r"\{(\w+)(?:!r)?\}")


def fill(text: str, args: Mapping[str, str | int]) -> str:
    """`{names}` replaced by `args`; a name that is missing stays as it is."""
    return _NAME.sub(lambda match: str(args.get(match.group(1), match.group(0))), text)
