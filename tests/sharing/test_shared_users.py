"""The store's list of users at the gateway: taken over by the tills, kept for offline work, never lost by a bad one."""

from __future__ import annotations

import stat
from pathlib import Path

from runtime.day.users import hash_pin
from runtime.terminal.shared_users import SharedUsersFile
from runtime.terminal.users_file import UsersFile, read_users
from tests.runtime.till_rig import MILK
from tests.sharing.store_rig import Store, run_store

PIN = hash_pin("2580", b"s" * 16, 4)


def listed(*people: tuple[str, str]) -> str:
    return "\n".join(f'[user.{number}]\nname = "{name}"\nrole = "cashier"\npin = "{PIN}"\n' for number, name in people)


def test_it_is_taken_over_whole_or_not_at_all_and_nobody_is_signed_off(tmp_path: Path) -> None:
    at_gateway, here = tmp_path / "store-users.toml", tmp_path / "users.toml"
    here.write_text(listed(("1001", "An")), encoding="utf-8")
    at_gateway.write_text(listed(("1001", "An"), ("1002", "Bo")), encoding="utf-8")

    async def work(store: Store) -> None:
        one = store["01"]
        users = UsersFile(here)
        one.beating._users = SharedUsersFile(here)
        one.rig.scan(MILK)
        await one.beat()
        assert set(users.look()) == {"1001", "1002"}
        assert stat.S_IMODE(here.stat().st_mode) == 0o600 and len(one.rig.view.lines) == 1
        one.wire.cut = True
        await one.beat()
        assert set(UsersFile(here).known()) == {"1001", "1002"}  # for work without a gateway, after a restart too
        one.wire.cut = False
        for bad in ("nonsense", "[user.1]\n", "# nobody\n"):
            at_gateway.write_text(bad, encoding="utf-8")
            await one.beat(2)
            assert set(read_users(here)) == {"1001", "1002"}
        at_gateway.write_text(listed(("1003", "Cy")), encoding="utf-8")
        await one.beat()
        assert set(users.look()) == {"1003"}
        at_gateway.unlink()
        await one.beat()
        assert set(users.look()) == {"1003"}
        assert sorted(path.name for path in tmp_path.glob("users.toml*")) == ["users.toml"]

    run_store(tmp_path, work, users=at_gateway)
