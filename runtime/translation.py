"""Translations for what the daemon itself writes on paper, by gettext. English is the key and the fallback."""

from __future__ import annotations

import gettext
from collections.abc import Callable
from pathlib import Path

DOMAIN = "lanekit"
LOCALE_OF_LANGUAGE = {"zh": "zh_CN"}


def translator(config: Path, language: str) -> Callable[[str], str]:
    """A function from English to the language; the same text where the catalogue has no translation."""
    locale = LOCALE_OF_LANGUAGE.get(language)
    if locale is None:
        return str
    return gettext.translation(DOMAIN, config / "locale", [locale], fallback=True).gettext
