"""`lane hq publish`, `published` and `withdraw`, as a person at head office uses them."""

from __future__ import annotations

from pathlib import Path

import pytest

from runtime.cli import main
from runtime.hq.publish_command import open_publications
from runtime.keys import sign_snapshot
from runtime.wire.snapshots import Holding, SnapshotAsk
from tests.runtime.distribution.chain_rig import book


class Desk:
    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self.capsys = capsys
        (folder / "hq.toml").write_text('[hq]\n[groups]\nnorth = ["0001", "0002"]\n')
        main(["keys", "new", str(folder / "keys")])
        self.key = folder / "keys" / "snapshot.key"
        self.file = folder / "new.snapshot"
        self.file.write_bytes(sign_snapshot(book(5), self.key))
        capsys.readouterr()

    def do(self, *words: str | Path, config: bool = True) -> tuple[int, str]:
        status = main(["hq", *map(str, words), *(["--config", str(self.folder / "hq.toml")] if config else [])])
        said = self.capsys.readouterr()
        return status, said.out + said.err


@pytest.fixture
def desk(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Desk:
    return Desk(tmp_path, capsys)


def test_a_day_at_head_office(desk: Desk) -> None:
    status, said = desk.do("published")
    assert status == 0 and "Nothing is published" in said
    status, said = desk.do("publish", desk.file, "--key", desk.key, "--all", "--group", "north", "--store", "0003")
    assert status == 0 and [line.split()[:2] for line in said.splitlines()] == [
        ["1", "all"],
        ["2", "group:north"],
        ["3", "store:0003"],
    ]
    status, said = desk.do("withdraw", "--key", desk.key, "--store", "0003")
    assert status == 0 and "4  all" in said and "5  store:0003  withdrawn" in said
    publications = open_publications(desk.folder / "hq-snapshots", {})
    wanted = publications.all()[0].manifest
    assert wanted is not None
    publications.hear(SnapshotAsk("0003", Holding("gateway", 4, wanted.file), (Holding("01", 0, b"", "prices_disk"),)))
    publications.write_holdings()
    status, said = desk.do("published", "--stores")
    assert said.count("not in force") == 3  # the first for all, the store's own, and its end
    assert "store 0003: number 4, as it should be" in said
    assert "till 01: none of ours, not yet what it should have, says prices_disk" in said


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--all"], ""),  # neither --key nor --unsigned: argparse says so
        (["--key", "KEY"], "For whom?"),
        (["--key", "KEY", "--group", "south"], "no group south"),
        (["--key", "KEY", "--all", "--counter", "-1"], "--counter"),
        (["--key", "keys/nothing", "--all"], "cannot be used"),
    ],
)
def test_what_is_not_published(desk: Desk, words: list[str], says: str) -> None:
    words = [str(desk.key) if word == "KEY" else word for word in words]
    if not says:
        with pytest.raises(SystemExit):
            desk.do("publish", desk.file, *words)
        return
    status, said = desk.do("publish", desk.file, *words)
    assert status == 2 and says in said and desk.do("published")[1].startswith("Nothing")


def test_files_that_are_not_published(desk: Desk) -> None:
    unsigned = desk.folder / "unsigned"
    unsigned.write_bytes(book(5))
    for file, says in (
        (unsigned, "nobody has signed it"),
        (desk.key, "not a snapshot"),
        (desk.folder / "no", "No such"),
    ):
        status, said = desk.do("publish", file, "--key", desk.key, "--all")
        assert status == 2 and says in said, said
    status, said = desk.do("publish", unsigned, "--unsigned", "--all")
    assert status == 0 and "1  all  unsigned" in said
    assert desk.do("publish", desk.file, "--unsigned", "--all", config=False) == (
        2,
        "Which head office? Give --config hq.toml.\n",
    )
    assert desk.do("withdraw", "--key", desk.key)[0] == 2
    assert "Nothing is published for store:7 alone" in desk.do("withdraw", "--key", desk.key, "--store", "7")[1]
