"""What the front end says, in the cashier's language, by gettext (domain `lanekit`, catalogues in config/locale).

English is the key and the fallback; Chinese is what a till starts with. A daemon's Sentence is translated first and
its `{names}` are filled in after, so a name or an amount is never looked up. A sentence with a missing name is still
shown: a gap in a text must not take the screen away.
"""

from __future__ import annotations

import gettext
from collections.abc import Mapping
from pathlib import Path

from runtime.wire.messages import Sentence
from runtime.wire.sentences import fill

DOMAIN = "lanekit"
LANGUAGES: dict[str, str | None] = {"zh": "zh_CN", "en": None}  # our word -> the catalogue's folder

# What the front end itself has to tell a cashier: code -> (what is the matter, what to do about it).
SENTENCES: dict[str, tuple[str, str]] = {
    "UI_CONNECTING": (
        "Connecting to the terminal's service.",
        "What was scanned is safe and comes back by itself; call service if it takes longer than a minute.",
    ),
    "UI_NOT_CONNECTED": ("Not done: there is no connection.", "Wait until the basket is back, then do it again."),
    "UI_ANSWER_LOST": ("The connection broke off.", "Look at the basket before doing it again."),
    "UI_WAITING": ("The terminal has not answered yet.", "Wait a moment; look at the basket before doing it again."),
    "UI_NOT_NOW": ("That is not possible now.", "The keys that are possible now are shown on the screen."),
    "UI_NO_DIGITS": ("Nothing was typed.", "Type the digits first, then press the key."),
    "UI_NO_CASH": ("No amount was typed.", "Type the cash and press {enter}, or press {pay} for exact cash."),
    "UI_SCAN_CODE": (
        "Scan the payment code on the customer's phone.",
        "Or type the digits below it, then press {code_pay}.",
    ),
    "UI_BAD_QUANTITY": ("{typed} is no quantity.", "Type a whole number from 1 to 9999."),
    "UI_BAD_AMOUNT": ("{typed} is no amount.", "Type yuan and cents, such as 50 or 50.5."),
    "UI_TYPED": (
        "{typed} was typed and is not used yet.",
        "Press {enter} to take it as a code, or {cancel} to clear it.",
    ),
    "UI_NO_LINE": ("There is no line to choose.", "Scan goods first."),
    "UI_CHOSEN": ("Line {line} is chosen: {name}", "Press the key again to do it, {cancel} to leave it."),
    "UI_FULL": ("That is too long.", "Press {cancel} to clear it, then type it again."),
    "UI_EMPTY_FIELD": ("Nothing was typed here yet.", "Type it and press {enter}, or leave with {cancel}."),
    "UI_BAD_PERCENT": ("{typed} is no percentage.", "Type a whole number from 0 to 100; 10 takes a tenth off."),
    "UI_BAD_NUMBER": ("{typed} is no number.", "Type digits only."),
    "UI_BAD_DATE": ("{typed} is no date of birth.", "Type year, month and day: 20010531."),
    "UI_ONE_OF_TWO": ("A discount is a percentage or an amount.", "Clear one of the two."),
    "UI_FORM_OPEN": (
        "What is open here is not finished.",
        "Press {enter} to go on, {cancel} to leave it. Scanning goes on.",
    ),
    "UI_NO_SUSPENDED": ("No sale is put aside.", "Scan goods to begin a sale."),
    "UI_NO_MATCH": ("No function is like {typed}.", "Type fewer letters."),
    "UI_BAD_MESSAGE": (
        "The terminal's service speaks another version.",
        "Call service: both must be of one version.",
    ),
}


def mark(text: str) -> str:
    """Marks a text for the catalogue where it is not translated yet (tables)."""
    return text


class Texts:
    """One language. Call it with an English text, and with what fills its `{names}`."""

    def __init__(self, locale_dir: Path | None, language: str) -> None:
        """`language` is one of LANGUAGES. Without a catalogue the texts stay English."""
        self.language = language
        folder = LANGUAGES[language]
        self._catalogue: gettext.NullTranslations = gettext.NullTranslations()
        if folder is not None and locale_dir is not None:
            self._catalogue = gettext.translation(DOMAIN, locale_dir, [folder], fallback=True)

    def __call__(self, text: str, /, **args: str | int) -> str:
        if not text:
            return ""  # the catalogue's own header has the empty key
        return fill(self._catalogue.gettext(text), args)

    def joined(self, *sentences: str) -> str:
        """Sentences in a row: Chinese has no space between them."""
        return ("" if self.language == "zh" else " ").join(one for one in sentences if one)

    def sentence(self, sentence: Sentence, names: Mapping[str, str] | None = None) -> tuple[str, str]:
        """(what is the matter, what to do). `names`: what devices are called on this screen, by their own names."""
        args = dict(sentence.args)
        if names and (device := args.get("device")) in names:
            args["device"] = names[str(device)]
        text, remedy = self(sentence.text, **args), self(sentence.remedy, **args)
        return text, remedy


def own(code: str, **args: str | int) -> Sentence:
    """A Sentence of the front end itself."""
    text, remedy = SENTENCES[code]
    return Sentence(code, text, remedy, args)
