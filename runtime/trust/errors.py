"""What is wrong with a key, a certificate, a request or a code: a code for programs, a sentence, what to do."""

from __future__ import annotations

# code -> (what is the matter, what to do about it). English here is the key of the translation (config/locale).
SENTENCES: dict[str, tuple[str, str]] = {
    "library": (
        "Certificates are made with the Python package cryptography, which is not installed here.",
        "Install lanekit[signing], or Debian's python3-cryptography.",
    ),
    "file": ("{path} cannot be used: {detail}.", "Check the path and who may read and write it."),
    "file_there": ("{path} is there already.", "Name another folder: a key is never written over."),
    "bad_name": ("{detail}.", "Names have letters A to Z, digits and . _ -, at most 20 of them."),
    "bad_certificate": ("The certificate cannot be used: {detail}.", "Have it made again with lane ca or lane enrol."),
    "bad_key": ("The key cannot be used: {detail}.", "Have it made again with lane ca or lane enrol."),
    "bad_request": ("The request for a certificate is refused: {detail}.", "Update the terminal's software."),
    "wrong_peer": ("The certificate is of another place: {detail}.", "Check which store this machine is set up for."),
    "code_length": ("A code has 12 letters and digits; this one has {count}.", "Type the code again."),
    "code_letter": ("A code has no {letter}.", "Type the code again."),
    "code_check": ("The code is mistyped.", "Type the code again, letter by letter."),
    "clock": (
        "The clock of this machine says {said}: no certificate can be made by it.",
        "Set the clock, then try again.",
    ),
}


class TrustError(Exception):
    """`code` is a key of SENTENCES."""

    def __init__(self, code: str, **args: str | int) -> None:
        text, self.remedy = SENTENCES[code]
        super().__init__(text.format(**args))
        self.code = code
        self.args_by_name = args
