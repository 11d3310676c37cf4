"""A receipt to try things with: the bytes that a Chinese shop's till sends, made by hand, without the drivers.

Shop, goods and numbers are invented.
"""

from __future__ import annotations

GOODS = (
    ("6901234567892", "青石泉饮用天然水550ml", "2", "2.00", "4.00"),
    ("6922222222227", "草原牌纯牛奶250ml×16盒", "1", "49.90", "49.90"),
    ("2612345005794", "红富士苹果(散装)", "0.726kg", "7.98", "5.79"),
    ("6933333333337", "ABC Crackers 苏打饼干", "3", "6.50", "19.50"),
)


def _cells(text: str) -> int:
    return len(text.encode("gb18030"))


def _row(left: str, right: str, cells: int) -> bytes:
    return (left + " " * max(1, cells - _cells(left) - _cells(right)) + right + "\n").encode("gb18030")


def _qr(data: bytes, module: int) -> bytes:
    size = len(data) + 3
    return (
        b"\x1d(k\x04\x001A2\x00\x1d(k\x03\x001C" + bytes([module]) + b"\x1d(k\x03\x001E1"
        b"\x1d(k" + bytes([size % 256, size // 256]) + b"1P0" + data + b"\x1d(k\x03\x001Q0"
    )


def receipt(cells: int = 48) -> bytes:
    """`cells` is 48 on 80 mm paper, 32 on 58 mm."""
    rule = b"-" * cells + b"\n"
    out = b"\x1b@\x1c&"
    out += b"\x1ba\x01\x1d!\x11" + "好邻居超市\n".encode("gb18030") + b"\x1d!\x00\x1bJ\x0a"
    out += "青年路店  欢迎光临\n".encode("gb18030") + b"\x1ba\x00\n"
    wide = cells >= 48
    out += _row("收银台 03  收银员 王芳" if wide else "收银台 03", "流水号 000128", cells)
    out += _row("2026-11-22 18:30:05", "", cells) + rule
    head = "品名" + " " * (cells - 32) + "    数量      单价      金额"
    out += b"\x1bE\x01" + (head + "\n").encode("gb18030") + b"\x1bE\x00" + rule
    for code, name, count, price, amount in GOODS:
        out += f"{name}\n".encode("gb18030")
        out += _row(f"  {code}" if wide else "", f"{count:>8}{price:>10}{amount:>10}", cells)
    out += _row("  满30减5", "-5.00", cells) + rule
    out += b"\x1bE\x01\x1d!\x11" + _row("合计", "￥74.19", cells // 2) + b"\x1d!\x00\x1bE\x00\x1bJ\x0a"
    out += _row("共 7 件", "已优惠 ￥5.00", cells)
    out += _row("现金", "￥100.00", cells) + _row("找零", "￥25.81", cells) + rule
    out += b"\x1ba\x01" + "扫码开发票\n".encode("gb18030") + b"\x1bJ\x08"
    out += _qr(b"https://example.com/invoice/0003-000128", 6)
    out += b"\n\x1dh\x50\x1dw\x02\x1dH\x02\x1dkI\x0f{B0003{C\x14\x1a\x0b\x16\x00\x01\x1c"
    out += b"\x1bJ\x08" + "谢谢惠顾  欢迎再来\n".encode("gb18030")
    return out + b"\x1ba\x00\x1bp\x00\x32\x32\x1dVA\x18"
