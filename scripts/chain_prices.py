"""How long a new price takes to all 40 terminals of a store: from the beginning of `lane hq publish` until every one
has verified the file and put it where its till looks. Real head office and gateway over TLS, signed snapshots; the
terminals are the real Keepers and Fetchers on one loop (scripts/price_tills.py), told every 2 s as by their beats.
"""

from __future__ import annotations

import asyncio
import subprocess
from pathlib import Path
from typing import Any

from bench_snapshot import changed, make_items, make_promotions, write_book
from chain_ingest import lane_process
from chain_keys import new_office
from price_tills import PriceTills
from rig import LANE, ROOT, free_port

from runtime.keys import trust_of

TERMINALS = 40
BOOKS = {"real": (15_899, 16_500, 781), "large": (140_000, 180_000, 2_000)}  # items, barcodes, promotions


def new_price(quick: bool, folder: Path) -> dict[str, Any]:
    """With a book as large as a real chain's, and with one of a large shop's."""
    names = ["real"] if quick else list(BOOKS)
    found = {}
    for name in names:
        (folder / name).mkdir()
        found[name] = _measure(BOOKS[name], folder / name)
    return found


def _measure(size: tuple[int, int, int], folder: Path) -> dict[str, Any]:
    items, codes, count = size
    rows = make_items(items, codes, 1)
    promotions = make_promotions(rows, count, 1)
    lane("keys", "new", folder / "keys")
    names = [f"{n:02d}" for n in range(1, TERMINALS + 1)]
    office = new_office(folder / "chain")
    keys = office.store("S001", names)
    files = []
    for number, one in enumerate((rows, changed(rows, 2), changed(changed(rows, 2), 3)), start=1):
        write_book(folder / f"book-{number}", one, promotions)
        files.append(folder / f"{number}.snapshot")
        lane("compile", "--lenient", folder / f"book-{number}", "-o", files[-1], "--sign", folder / "keys/snapshot.key")
    hq_port, port = free_port(), free_port()
    hq_file = folder / "hq.toml"
    hq_file.write_text(f'[hq]\nport = {hq_port}\n[tls]\nfolder = "{office.hq}"\n')
    (folder / "gateway.toml").write_text(
        f'[gateway]\nstore = "S001"\nport = {port}\ndatabase = "gateway.db"\nmax_requests = 100\n'
        f'[tls]\nfolder = "{keys.folder}"\n[hq]\nurl = "https://127.0.0.1:{hq_port}"\n'
        '[snapshots]\ntrusted_keys = ["keys/snapshot.pub"]\n'
    )
    parts = [lane_process(what, folder) for what in ("hq", "gateway")]
    publish = ["hq", "publish", "--all", "--config", str(hq_file), "--key", str(folder / "keys/snapshot.key")]
    try:
        for part_ in parts:
            part_.start(60)
        lane(*publish, files[0])
        took_s = asyncio.run(_follow(folder, f"https://127.0.0.1:{port}", keys, names, files, publish))
    finally:
        for part_ in parts:
            part_.kill()
    return {
        "terminals": TERMINALS, "items": len(rows), "snapshot_b": files[1].stat().st_size,
        "first_s": min(took_s), "last_s": max(took_s), "rounds": len(files) - 1,
    }  # fmt: skip


async def _follow(
    folder: Path, url: str, keys: Any, names: list[str], files: list[Path], publish: list[str]
) -> list[float]:
    """Seconds of every terminal, of every publication after the first."""
    trust = trust_of([folder / "keys/snapshot.pub"])
    tls = [keys.tls(name) for name in names]
    took: list[float] = []
    async with PriceTills(folder / "tills", url, "S001", files[0], count=len(names), trust=trust, tls=tls) as tills:
        await tills.until(1, 120)
        for number, file in enumerate(files[1:], start=2):
            asking = asyncio.ensure_future(asyncio.to_thread(lane, *publish, file))
            took += await tills.until(number, 120)
            await asking
    return took


def lane(*words: object) -> None:
    done = subprocess.run([*LANE, *map(str, words)], cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"lane {' '.join(map(str, words))}: {done.stderr}")
