"""What `up` prints last: where everything is, never a secret; a warning where the network can read along."""

import dataclasses
from pathlib import Path

import pytest

from deploy.local.settings import authority, outside_address
from deploy.local.state import layout_of
from deploy.local.up import summary
from tests.unit.deploy.test_programs import SITE

CHECKOUT = Path("/my checkout")


def _printed(bind: str) -> str:
    url = f"http://{authority(outside_address(bind, 'here'), 8081)}"
    return "\n".join(summary(dataclasses.replace(SITE, bind=bind, public_url=url), CHECKOUT, at_usual_home=True))


@pytest.mark.parametrize(
    ("bind", "page"),
    [
        ("127.0.0.1", "http://127.0.0.1:8081"),
        ("0.0.0.0", "http://here:8081"),
        ("192.0.2.7", "http://192.0.2.7:8081"),
        ("::1", "http://[::1]:8081"),
    ],
)
def test_the_page_is_named_as_a_browser_reaches_it(bind: str, page: str) -> None:
    assert f"Vitalwire runs: {page}\n" in _printed(bind)


@pytest.mark.parametrize(
    ("bind", "warns"), [("127.0.0.1", False), ("::1", False), ("0.0.0.0", True), ("192.0.2.7", True)]
)
def test_without_tls_only_a_network_is_warned_of(bind: str, warns: bool) -> None:
    assert (f"warning: VITALWIRE_BIND={bind} serves the page and the bus without TLS" in _printed(bind)) is warns


@pytest.mark.parametrize(("bind", "says"), [("127.0.0.1", False), ("0.0.0.0", True), ("192.0.2.7", True)])
def test_a_network_is_told_how_the_page_is_named(bind: str, says: bool) -> None:
    assert ("VITALWIRE_PUBLIC_URL names the address under which browsers reach" in _printed(bind)) is says


@pytest.mark.parametrize(("simulate", "says"), [(0, False), (20, True)])
def test_invented_hosts_are_said_to_be_invented(simulate: int, *, says: bool) -> None:
    printed = "\n".join(summary(dataclasses.replace(SITE, simulate=simulate), CHECKOUT, at_usual_home=True))
    assert ("invented   20 hosts, sim-0001 and on" in printed) is says


def test_secrets_are_named_by_their_files() -> None:
    printed = _printed("127.0.0.1")
    assert "/home/secrets/admin-password" in printed
    assert "'subscriber', password in /home/secrets/bus-subscriber" in printed


@pytest.mark.parametrize(
    ("home", "at_usual_home", "variable"),
    [
        ("/checkout/.vitalwire", True, ""),
        ("/srv/vw", False, "VITALWIRE_HOME=/srv/vw "),
        ("/srv/it's mine", False, """VITALWIRE_HOME='/srv/it'"'"'s mine' """),
    ],
)
def test_the_line_for_a_host_can_be_run_from_anywhere(home: str, *, at_usual_home: bool, variable: str) -> None:
    site = dataclasses.replace(SITE, layout=layout_of(Path(home)))
    (line,) = [line for line in summary(site, CHECKOUT, at_usual_home=at_usual_home) if "add-host" in line]
    assert line == f"  add a host cd '/my checkout' && {variable}.venv/bin/python -m deploy.local add-host NAME"
