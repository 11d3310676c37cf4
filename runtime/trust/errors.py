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
    "other_root": (
        "The code is not of terminal {terminal} of store {store}, or what answers is not the gateway that made it.",
        "Check store and workstation in the terminal's settings and the gateway's address, then type the code again.",
    ),
    "no_gateway": ("The gateway at {url} does not answer: {detail}.", "Check the network and the gateway's address."),
    "no_answer": ("What the gateway answers cannot be used: {detail}.", "Update the gateway and the terminal."),
    "gateway_said": ("The gateway refuses: {detail}.", "Mend what it names, then try again."),
    "code_wrong": (
        "That is not the code for terminal {terminal}.",
        "Type the code again; after five wrong ones make a new one: lane gateway enrol.",
    ),
    "code_used": ("The code for terminal {terminal} was used already.", "Make a new one: lane gateway enrol."),
    "code_ended": ("The code for terminal {terminal} has ended.", "Make a new one: lane gateway enrol."),
    "no_code": (
        "There is no code for terminal {terminal} that counts.",
        "Make one at the gateway: lane gateway enrol.",
    ),
    "not_known": (
        "Terminal {terminal} is not known by the key that asks, or was revoked.",
        "Enrol the terminal again: lane gateway enrol, then lane enrol.",
    ),
    "no_certificate": ("This terminal has no certificate yet.", "Enrol it: lane enrol."),
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
