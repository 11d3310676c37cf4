"""The bars of EAN-13, EAN-8, UPC-A and Code 128 (GS1 General Specifications, section 5; ISO/IEC 15417).

`read` takes the data of GS k as a printer does; `modules` gives the bars as a string of 1 (dark) and 0.
Other symbologies are accepted and have no bars here: the picture shows a box with their name.
"""

from __future__ import annotations

L_CODES = ("0001101", "0011001", "0010011", "0111101", "0100011", "0110001", "0101111", "0111011", "0110111", "0001011")
R_CODES = tuple("".join("10"[int(bit)] for bit in code) for code in L_CODES)
G_CODES = tuple(code[::-1] for code in R_CODES)
PARITIES = ("LLLLLL", "LLGLGG", "LLGGLG", "LLGGGL", "LGLLGG", "LGGLLG", "LGGGLL", "LGLGLG", "LGLGGL", "LGGLGL")
# widths of bar, space, bar, space, bar, space; values 0..102, start A B C
_CODE128 = (
    "212222 222122 222221 121223 121322 131222 122213 122312 132212 221213 221312 231212 112232 122132 122231 113222 "
    "123122 123221 223211 221132 221231 213212 223112 312131 311222 321122 321221 312212 322112 322211 212123 212321 "
    "232121 111323 131123 131321 112313 132113 132311 211313 231113 231311 112133 112331 132131 113123 113321 133121 "
    "313121 211331 231131 213113 213311 213131 311123 311321 331121 312113 312311 332111 314111 221411 431111 111224 "
    "111422 121124 121421 141122 141221 112214 112412 122114 122411 142112 142211 241211 221114 413111 241112 134111 "
    "111242 121142 121241 114212 124112 124211 411212 421112 421211 212141 214121 412121 111143 111341 131141 114113 "
    "114311 411113 411311 113141 114131 311141 411131 211412 211214 211232"
)
CODE128 = tuple(_CODE128.split())
STOP = "2331112"
FNC1 = 102
DIGITS_OF = {"EAN13": 12, "EAN8": 7, "UPC-A": 11}


def check_digit(digits: str) -> str:
    """GS1's check digit of the digits before it, modulo 10, weights 3 and 1 from the right."""
    total = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(digits)))
    return str(-total % 10)


def read(name: str, data: bytes) -> tuple[str, tuple[int, ...]]:
    """What a scanner would give, and Code 128's values. Raises ValueError where a printer would print nothing."""
    if not data:
        raise ValueError("no data")
    if name == "CODE128":
        return _read_code128(data)
    text = data.decode("ascii", "backslashreplace")
    if name in DIGITS_OF:
        size = DIGITS_OF[name]
        if not (text.isascii() and text.isdigit()) or len(text) not in (size, size + 1):
            raise ValueError(f"needs {size} or {size + 1} digits")
        whole = text[:size] + check_digit(text[:size])
        if len(text) > size and text != whole:
            raise ValueError(f"check digit should be {whole[-1]}")
        return whole, ()
    return text, ()


def _read_code128(data: bytes) -> tuple[str, tuple[int, ...]]:
    """`{A`, `{B`, `{C` choose a code set, `{1` is FNC1, `{{` a brace; in set C each byte is a pair of digits, 0..99."""
    if data[:1] != b"{" or data[1:2] not in (b"A", b"B", b"C"):
        raise ValueError("must begin with {A, {B or {C")
    values = [103 + data[1] - ord("A")]
    now, text, at = chr(data[1]), "", 2
    while at < len(data):
        byte = data[at]
        at += 1
        if byte == ord("{") and at < len(data):
            mark = chr(data[at])
            at += 1
            if mark in "ABC" and mark != now:
                values.append({"A": 101, "B": 100, "C": 99}[mark])
                now = mark
                continue
            if mark == "1":
                values.append(FNC1)
                continue
            if mark != "{" or now == "C":
                raise ValueError(f"unknown {{{mark}")
        if now == "C":
            if byte > 99:
                raise ValueError("a pair of digits is 0 to 99")
            values.append(byte)
            text += f"{byte:02d}"
        else:
            values.append(_value_in(now, byte))
            text += chr(byte)
    if len(values) == 1:
        raise ValueError("no data")
    check = (values[0] + sum(place * value for place, value in enumerate(values))) % 103
    return text, (*values, check)


def _value_in(code_set: str, byte: int) -> int:
    if 32 <= byte < 96 or (code_set == "B" and 96 <= byte < 128):
        return byte - 32
    if code_set == "A" and byte < 32:
        return byte + 64
    raise ValueError(f"{byte:02X} is not in code set {code_set}")


def modules(name: str, text: str, values: tuple[int, ...]) -> str:
    """The bars without the quiet zones; empty for a symbology that is not drawn here."""
    if name == "CODE128":
        widths = "".join(CODE128[value] for value in values) + STOP
        return "".join(("1", "0")[place % 2] * int(width) for place, width in enumerate(widths))
    if name == "UPC-A":
        name, text = "EAN13", "0" + text
    if name == "EAN13":
        left = "".join(
            (L_CODES if side == "L" else G_CODES)[int(digit)]
            for side, digit in zip(PARITIES[int(text[0])], text[1:7], strict=True)
        )
        return "101" + left + "01010" + "".join(R_CODES[int(digit)] for digit in text[7:]) + "101"
    if name == "EAN8":
        left = "".join(L_CODES[int(digit)] for digit in text[:4])
        return "101" + left + "01010" + "".join(R_CODES[int(digit)] for digit in text[4:]) + "101"
    return ""
