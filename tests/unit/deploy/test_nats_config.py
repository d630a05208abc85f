"""What nats.conf says: every value quoted, only hashes, exactly the permissions of each user."""

import json
import os
import re
from pathlib import Path

import bcrypt
import pytest

from deploy.local.account import Account
from deploy.local.bus_users import BusUsers, add_roles, bus_users, set_simulator, store_bytes_max, write_config
from deploy.local.nats_config import BusUser, NatsSettings, hash_password, render
from deploy.local.state import layout_of, open_state
from shared.permissions import Permissions, host_permissions
from shared.settings import Secret
from shared.subjects import ROLES, SIMULATOR

SETTINGS = NatsSettings("127.0.0.1", 4222, Path('/var/lib/a "quoted" place'), 123)


def _strings(line: str) -> list[str]:
    return [json.loads(found) for found in re.findall(r'"(?:[^"\\]|\\.)*"', line)]


def test_a_hostile_name_stays_inside_its_string() -> None:
    hostile = Permissions('x" }, { user: "root', publish=('a"]}}\n',))
    text = render(SETTINGS, [BusUser(hostile, "hash")])
    line = next(line for line in text.splitlines() if "root" in line)
    assert _strings(line) == ['x" }, { user: "root', "hash", 'a"]}}\n', ">"]


def test_the_store_may_lie_anywhere() -> None:
    line = next(line for line in render(SETTINGS, []).splitlines() if "store_dir" in line)
    assert _strings(line) == ['/var/lib/a "quoted" place']


def test_every_write_is_synchronous() -> None:
    assert "sync_interval: always" in render(SETTINGS, [])


def test_who_may_not_publish_may_publish_nothing() -> None:
    text = render(SETTINGS, [BusUser(Permissions("subscriber", subscribe=("metrics.>",)), "hash")])
    assert 'publish: { deny: [">"] }, subscribe: { allow: ["metrics.>"] }' in text


def test_hosts_stand_in_an_account_of_their_own_from_which_three_kinds_of_subjects_lead_out() -> None:
    role = BusUser(Permissions("api", publish=("$JS.API.>",)), "hash")
    text = render(SETTINGS, [BusUser(host_permissions("web-1"), "hash"), role])
    streams, hosts = text[text.index("  VITALWIRE: {") :].split("  HOSTS: {")
    assert ('"api"' in streams, '"host-web-1"' in streams) == (True, False)
    assert ('"api"' in hosts, '"host-web-1"' in hosts) == (False, True)
    assert ("jetstream" in streams, "jetstream" in hosts) == (True, False)
    assert re.findall(r'service: "([^"]+)", accounts: \[(\w+)\]', streams) == [
        ("metrics.>", "HOSTS"), ("backfill.>", "HOSTS"), ("$KV.hosts.*", "HOSTS"),
    ]  # fmt: skip
    assert re.findall(r'account: (\w+), subject: "([^"]+)"', hosts) == [
        ("VITALWIRE", "metrics.>"), ("VITALWIRE", "backfill.>"), ("VITALWIRE", "$KV.hosts.*"),
    ]  # fmt: skip


def test_users_are_every_role_and_every_host() -> None:
    users = bus_users({role: f"hash-{role}" for role in ROLES} | {"retired": "x"}, {"web-2": "b", "web-1": "a"})
    assert [user.permissions.user for user in users] == [*ROLES, "host-web-1", "host-web-2"]
    assert users[-1] == BusUser(host_permissions("web-2"), "b")


@pytest.mark.parametrize(
    ("starts", "expected"),
    [
        pytest.param("without", "no", id="nobody asked"),
        pytest.param("with", "yes", id="asked for"),
        pytest.param("with without", "yes no", id="it ends with the next start"),
        pytest.param("with add-host with", "yes yes yes", id="what else changes leaves it"),
        pytest.param("with without with", "yes no yes", id="it comes back"),
    ],
)
def test_a_simulator_is_a_user_only_of_a_stack_that_was_asked_for_one(
    tmp_path: Path, starts: str, expected: str
) -> None:
    account, layout = Account(os.geteuid(), os.getegid(), switches=False), layout_of(tmp_path / "home")
    open_state(layout, account)
    users, seen = BusUsers(), []
    for start in starts.split():
        add_roles(users, layout, account)
        if start != "add-host":
            set_simulator(users, layout, account, wanted=start == "with")
        write_config(users, layout, account, "127.0.0.1", 4222)
        seen.append("yes" if f'user: "{SIMULATOR}"' in layout.nats_config.read_text() else "no")
        assert layout.secret(f"bus-{SIMULATOR}").exists() is (seen[-1] == "yes")
    assert " ".join(seen) == expected


def test_a_hash_proves_its_password_and_is_cheap() -> None:
    hashed = hash_password(Secret("secret"))
    assert bcrypt.checkpw(b"secret", hashed.encode())
    assert hashed.startswith("$2a$04$")


def test_the_store_has_room_for_every_stream_at_its_limit() -> None:
    assert store_bytes_max() > 3 * 1024**3 + (256 + 64) * 1024**2
