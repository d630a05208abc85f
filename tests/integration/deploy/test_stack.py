"""The embedded stack as its user meets it: up, faults, hosts, down; each with real processes."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from nats.js.errors import NotFoundError

from deploy.local.bus_users import read_users
from deploy.local.up import this_host
from shared.alerts.route import Route
from shared.subjects import EVALUATOR_KEY, LEASES_BUCKET, NOTIFIER_KEY, ROLES, bucket_stream, bucket_subject
from tests.integration.alerting.heard import TAKEN_OVER_S_MAX, TOLD_S_MAX, stays
from tests.integration.alerting.people import People
from tests.integration.alerting.webhook import Webhook
from tests.integration.deploy.stack import CHECKOUT, Stack, until
from tests.integration.evaluator.stage import put_rule, remove_rule
from tests.servers import temporary_directory
from tests.unit.shared.alerts.rules import rule
from tests.waiting import holds

CHILDREN = ["nats", "postgres", "ingest", "api", "collector", "notifier", "alerting"]
BUSY = rule(name="busy", family="memory", column="used_percent", warning=1, critical=None, clear=0)
"""What every machine is, at every moment."""
UP_AGAIN_S_MAX = 30.0  # the target is 10 s on a quiet machine; tests share theirs


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    """A state directory in a path with a space."""
    parent = temporary_directory("stack")
    yield parent / "a home"
    shutil.rmtree(parent, ignore_errors=True)


@pytest.fixture(scope="module")
def stack(home: Path) -> Iterator[Stack]:
    """A stack that each test finds running, and leaves running or down."""
    stack = Stack(home)
    yield stack
    stack.run("down")


@pytest.fixture
def running(stack: Stack) -> Stack:
    """The stack with everything ready."""
    if stack.run("status").returncode != 0:
        stack.run("down")
        stack.up()
    return stack


@pytest.fixture
def stopped(stack: Stack) -> Stack:
    """The stack down, after it has run at least once."""
    if not stack.layout.record.exists():
        stack.up()
    stack.down()
    return stack


@pytest.fixture
def hook() -> Iterator[Webhook]:
    """A service that a channel may lead to."""
    hook = Webhook()
    hook.start()
    yield hook
    hook.stop()


def test_up_says_each_step_and_where_everything_lies(stack: Stack) -> None:
    printed = stack.up()
    assert [line.split()[0] for line in printed.splitlines() if line.startswith("[")] == [
        f"[{n}/10]" for n in range(1, 11)
    ]
    assert f"http://127.0.0.1:{stack.api_port}" in printed
    assert str(stack.layout.secret("admin-password")) in printed
    assert f"nats://127.0.0.1:{stack.nats_port} as user 'subscriber'" in printed
    assert f"cd {shlex.quote(str(CHECKOUT))} && VITALWIRE_HOME={shlex.quote(str(stack.home))} .venv" in printed
    assert "add-host" in printed


def test_samples_of_this_machine_can_be_queried(running: Stack) -> None:
    token = running.token()
    until(lambda: len(running.cpu_times(token)) >= 2, "two samples in the answer")


def test_it_keeps_within_a_ceiling_and_watches_the_disk_of_its_state(running: Stack) -> None:
    token = running.token()
    until(lambda: running.ask("/health", token)["storage"]["size_bytes"] is not None, "a measured size")
    storage = running.ask("/health", token)["storage"]
    assert storage["size_bytes_max"] == 10 * 1024**3
    assert 0 < storage["size_bytes"] < storage["size_bytes_max"]
    assert 0 < storage["free_percent"] < 100


def test_status_shows_every_process(running: Stack) -> None:
    done = running.run("status")
    assert done.returncode == 0
    names = [line.split()[0] for line in done.stdout.splitlines()]
    assert names == ["process", "supervisor", *CHILDREN]
    assert done.stdout.splitlines()[1].split()[:3] == ["supervisor", "running", str(running.table().supervisor.pid)]


def test_logs_are_printed_with_their_process(running: Stack) -> None:
    printed = running.run("logs", "--lines", "2").stdout
    assert {line.split()[0] for line in printed.splitlines()} >= set(CHILDREN)


async def titles_begin(hook: Webhook, *beginnings: str) -> None:
    """Return once so many messages were sent, whose titles begin so."""

    async def they_do() -> bool:
        titles = hook.titles
        return len(titles) == len(beginnings) and all(map(str.startswith, titles, beginnings))

    await holds(they_do, f"titles that begin {beginnings}", TOLD_S_MAX, lambda: str(hook.titles))


async def test_this_stack_alone_decides_and_tells(running: Stack) -> None:
    async with running.bus("provision") as bus:

        async def holder(key: str) -> str:
            with contextlib.suppress(NotFoundError):
                found = await bus.jetstream().get_last_msg(
                    bucket_stream(LEASES_BUCKET), bucket_subject(LEASES_BUCKET, key)
                )
                return (found.data or b"").decode()
            return ""

        async def are_held() -> bool:
            return bool(await holder(EVALUATOR_KEY) and await holder(NOTIFIER_KEY))

        await holds(are_held, "both leases to be held", TAKEN_OVER_S_MAX)
        assert (await holder(EVALUATOR_KEY)).startswith("evaluator-")
        assert (await holder(NOTIFIER_KEY)).split(":")[1] == str(running.pid("notifier"))


async def test_an_alert_of_this_machine_is_decided_and_told_as_soon_as_there_is_somebody_to_tell(
    running: Stack, hook: Webhook
) -> None:
    async with running.bus("subscriber") as subscriber, running.bus("api") as api:
        people = People(api, api)
        alerts = await subscriber.subscribe("alerts.busy.>")
        await subscriber.flush()
        await put_rule(api, BUSY)
        await alerts.next_msg(TAKEN_OVER_S_MAX)
        await people.set_channel("ops", hook.url())
        await stays(hook)
        await people.set_routes(Route(channels=("ops",), rules=("busy",)))
        await titles_begin(hook, "[WARNING] busy on ")
        assert f"\nhttp://127.0.0.1:{running.api_port}/#/alerts" in hook.messages[0]["message"]
        await remove_rule(api, "busy")
        await titles_begin(hook, "[WARNING] busy on ", "[RESOLVED] busy on ")
        await people.set_routes()
    said = [line for name in ("alerting", "notifier") for line in running.layout.log(name).read_text().splitlines()]
    assert [line for line in said if json.loads(line)["level"] != "info"] == []


def test_dead_letters_can_be_looked_at_with_what_the_stack_knows(running: Stack) -> None:
    done = running.run("dead", "list", "--limit", "5")
    assert done.returncode == 0, done.stderr
    assert done.stdout == "nothing is set aside: there is no dead letter\n"
    retried = running.run("dead", "retry", "1")
    assert (retried.returncode, retried.stderr[:27]) == (1, "there is no dead letter 1: "), retried.stderr


@pytest.mark.parametrize("command", ["status", "logs", "dead list", "down"])
def test_a_running_stack_can_be_looked_at_and_ended_whatever_else_is_set(running: Stack, command: str) -> None:
    wrong = {"VITALWIRE_NATS_URL": "x", "VITALWIRE_NATS_PORT": "no", "VITALWIRE_SETTINGS": "/nowhere/v.yaml"}
    done = running.run(*command.split(), **wrong)
    assert (done.returncode, done.stderr) == (0, "")
    assert running.run("up", **wrong).returncode == 2


def test_a_second_up_says_that_one_runs(running: Stack) -> None:
    before = running.table()
    done = running.run("up")
    assert done.returncode == 1
    assert f"runs already (supervisor {before.supervisor.pid})" in done.stderr
    assert running.table() == before


@pytest.mark.parametrize("name", CHILDREN[::-1])
def test_a_killed_process_is_started_again(running: Stack, name: str) -> None:
    before = {entry.name: entry for entry in running.table().entries}
    running.kill(name)

    def restarted() -> bool:
        entry = next(entry for entry in running.table().entries if entry.name == name)
        return entry.restarts == before[name].restarts + 1 and entry.pid != before[name].pid

    until(restarted, f"{name} to be started again")
    until(lambda: running.run("status").returncode == 0, "everything to run")
    log = (running.layout.logs / "supervisor.log").read_text()
    assert f'"event": "child ended", "child": "{name}"' in log


def test_samples_flow_again_after_the_servers_were_killed(running: Stack) -> None:
    token = running.token()
    now = len(running.cpu_times(token))
    until(lambda: len(running.cpu_times(token)) > now, "new samples")


def test_after_the_supervisor_was_killed_the_next_up_cleans_up_and_goes_on(running: Stack) -> None:
    until(lambda: running.cpu_times(running.token()), "samples")
    first = running.cpu_times(running.token())[0]
    left = running.processes()
    os.kill(running.table().supervisor.pid, signal.SIGKILL)
    until(lambda: running.run("status").returncode != 0, "the supervisor to be gone")
    assert len(running.processes()) >= len(CHILDREN)
    status = running.run("status").stdout
    told = re.search(r"is gone, and (\d+) of its processes still run, .* 'make down' ends them\n$", status)
    assert told is not None, status
    assert int(told[1]) >= len(CHILDREN)
    printed = running.up()
    assert "that an earlier run had left" in printed
    assert not set(left) & set(running.processes())
    assert first in running.cpu_times(running.token())
    assert printed.count("VITALWIRE_ADMIN_PASSWORD is not used, because the user admin exists") == 1


def test_down_ends_what_a_killed_supervisor_left(running: Stack) -> None:
    os.kill(running.table().supervisor.pid, signal.SIGKILL)
    until(lambda: running.run("status").returncode != 0, "the supervisor to be gone")
    running.down()
    assert running.run("down").stdout == f"the stack in {running.home} does not run\n"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_everything_in_order(stopped: Stack, number: int, tmp_path: Path) -> None:
    with (tmp_path / "output").open("wb") as output:
        supervisor = stopped.up_in_foreground(output)
    until(lambda: stopped.table().supervisor.pid == supervisor.pid and stopped.table().ready, "the stack")
    supervisor.send_signal(number)
    assert supervisor.wait(60) == 0
    assert (tmp_path / "output").read_text().endswith("stopping\nstopped\n")
    assert stopped.processes() == []
    log = (stopped.layout.logs / "supervisor.log").read_text().splitlines()
    stops = [line.split('"child": "')[1].rstrip('"}') for line in log if '"child stopped"' in line]
    assert stops[-len(CHILDREN) :] == CHILDREN[::-1]
    assert "database system is shut down" in (stopped.layout.logs / "postgres.log").read_text().splitlines()[-1]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_to_make_alone_ends_everything(stopped: Stack, number: int) -> None:
    make = subprocess.Popen(["make", "up"], env=stopped.environment, cwd=CHECKOUT, stdout=subprocess.DEVNULL,
                            stderr=subprocess.DEVNULL, start_new_session=True)  # fmt: skip
    until(lambda: stopped.table().ready, "the stack", 300)
    make.send_signal(number)
    make.wait(60)
    assert stopped.processes() == []


def test_a_signal_amid_the_start_leaves_nothing(stopped: Stack) -> None:
    supervisor = stopped.up_in_foreground()
    until(lambda: stopped.table().supervisor.pid == supervisor.pid and stopped.pid("postgres"), "the database")
    supervisor.send_signal(signal.SIGTERM)
    assert supervisor.wait(60) == 0
    assert stopped.processes() == []


def test_starting_again_takes_seconds_until_samples_can_be_queried(stopped: Stack) -> None:
    begin = time.monotonic()
    stopped.up()
    ready_s = time.monotonic() - begin
    token = stopped.token()
    # The newest: what waited in the spool comes in among the older ones, and the oldest leave the range.
    newest = max(stopped.cpu_times(token), default="")
    until(lambda: max(stopped.cpu_times(token), default="") > newest, "a new sample")
    took_s = time.monotonic() - begin
    assert took_s < UP_AGAIN_S_MAX, f"ready after {ready_s:.1f} s, a new sample after {took_s:.1f} s"


@pytest.mark.parametrize("which", ["nats_port", "api_port"])
def test_a_port_in_use_is_a_sentence(stopped: Stack, which: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen(1)
        port = taken.getsockname()[1]
        variable = f"VITALWIRE_{which.upper()}"
        done = stopped.run("up", **{variable: str(port)})
    assert done.returncode == 1
    assert f"port {port}, which {variable} names, is in use" in done.stderr
    assert "Traceback" not in done.stderr
    assert stopped.processes() == []


def test_wrong_settings_start_nothing(stopped: Stack) -> None:
    wrong = {"VITALWIRE_NATS_PORT": "no", "VITALWIRE_SHELVES": "3", "VITALWIRE_COLLECTOR_INTERVALS": "cpu=0,disc=1",
             "VITALWIRE_ALERTING_METRICS_PORT": "many", "VITALWIRE_NOTIFIER_ZONE": "Asia/Seul"}  # fmt: skip
    done = stopped.run("up", **wrong)
    assert (done.returncode, done.stdout) == (2, "")
    assert "VITALWIRE_NATS_PORT" in done.stderr
    assert "VITALWIRE_SHELVES: no such setting" in done.stderr
    assert "VITALWIRE_COLLECTOR_INTERVALS: cpu: expected" in done.stderr
    assert "VITALWIRE_COLLECTOR_INTERVALS: disc: expected" in done.stderr
    assert "VITALWIRE_ALERTING_METRICS_PORT: expected a whole number" in done.stderr
    assert "VITALWIRE_NOTIFIER_ZONE: expected a name such as" in done.stderr
    intervals = {"VITALWIRE_COLLECTOR_INTERVALS": "cpu=0,disc=1"}
    for done in (stopped.run("up", "--detach", **wrong), stopped.run("up", "--detach", **intervals)):
        assert done.returncode == 2
        assert "VITALWIRE_COLLECTOR_INTERVALS: disc: expected" in done.stdout + done.stderr


def test_the_line_of_add_host_runs_a_collector_and_remove_host_ends_it(running: Stack) -> None:
    host = "it's-web-2.example.com"
    done = running.run("add-host", host)
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == 1
    assert "VITALWIRE_BIND" in done.stderr
    # Fed through standard input, as a terminal does, the line stands in nobody's arguments.
    environment = {**os.environ, "VITALWIRE_COLLECTOR_SPOOL_DIRECTORY": str(running.layout.home / "second-spool")}
    shell = subprocess.Popen(["bash"], stdin=subprocess.PIPE, cwd=CHECKOUT, start_new_session=True, text=True,
                             env=environment,
                             stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # fmt: skip
    try:
        assert shell.stdin is not None
        shell.stdin.write(done.stdout)
        shell.stdin.close()
        token = running.token()
        until(lambda: running.hosts(token)[host] == "live", "the second host")
        others = set(running.hosts(token)) - {host}
        assert running.run("remove-host", host).returncode == 0
        assert host not in read_users(running.layout).hosts
        until(lambda: running.hosts(token)[host] == "silent", "the removed host to fall silent")
        assert all(running.hosts(token)[other] == "live" for other in others)
    finally:
        os.killpg(shell.pid, signal.SIGKILL)
        shell.wait()


def test_hosts_can_be_added_while_the_stack_is_down(stopped: Stack) -> None:
    done = stopped.run("add-host", "web-3")
    assert done.returncode == 0
    assert "once 'make up' has started it" in done.stderr
    assert stopped.run("add-host", "web-3").stdout == done.stdout
    assert stopped.run("remove-host", "web-3").stdout.startswith("the credential of web-3 has ended; ")
    assert "web-3 has no credential" in stopped.run("remove-host", "web-3").stderr
    assert "is no host name" in stopped.run("add-host", "Not A Name").stderr


def test_the_own_collector_is_not_shut_out(running: Stack) -> None:
    done = running.run("remove-host", this_host())
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"{this_host()} is this machine, and the stack's own collector speaks for it")
    token = running.token()
    now = len(running.cpu_times(token))
    until(lambda: len(running.cpu_times(token)) > now, "new samples")


def test_invented_hosts_are_there_only_where_they_are_asked_for(stopped: Stack) -> None:
    done = stopped.run("up", "--detach", VITALWIRE_SIMULATE="3")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "[9/11] simulator" in done.stdout
    token = stopped.token()
    # The third is one that dies now and then.
    until(lambda: [stopped.hosts(token)[host] for host in ("sim-0001", "sim-0002")] == ["live"] * 2, "invented hosts")
    assert 'user: "simulator"' in stopped.layout.nats_config.read_text()
    stopped.down()
    stopped.up()
    assert [entry.name for entry in stopped.table().entries] == CHILDREN
    assert 'user: "simulator"' not in stopped.layout.nats_config.read_text()


def test_no_secret_stands_in_logs_arguments_or_answers(running: Stack) -> None:
    token = running.token()
    until(lambda: len(running.cpu_times(token)) >= 1, "samples")
    secrets = {path.name: path.read_text().strip() for path in running.layout.secrets.iterdir()}
    assert {f"bus-{role}" for role in ROLES} <= set(secrets)
    assert {"database-vw_read", "signing-key", "admin-password"} <= set(secrets)
    texts = {str(path): path.read_bytes() for path in running.layout.logs.iterdir()}
    texts |= {str(path): path.read_bytes() for path in (running.layout.nats_config, running.layout.processes)}
    texts["answers"] = str([running.ask(path, token) for path in ("/health", "/hosts", "/users")]).encode()
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            texts[str(entry)] = entry.read_bytes()
        except OSError:
            continue
    assert len(texts) > 20
    for name, secret in secrets.items():
        found = [where for where, text in texts.items() if secret.encode() in text]
        assert found == [], f"{name} stands in {found}"


def test_private_files_are_private(running: Stack) -> None:
    private = [*running.layout.secrets.iterdir(), running.layout.nats_config, running.layout.bus_users]
    assert {path.name: oct(path.stat().st_mode & 0o777) for path in private} == {path.name: "0o600" for path in private}
