"""What `logs` prints: in which order, and when it ends."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from deploy.local.account import Account
from deploy.local.errors import StackError
from deploy.local.follow import follow_logs, print_logs, runs
from deploy.local.identity import Identity
from deploy.local.lock import own_identity
from deploy.local.log_order import in_order, time_of
from deploy.local.process_table import ProcessTable, write_table
from deploy.local.state import Layout, layout_of, open_state


def ours(second: int, event: str = "x") -> str:
    return f'{{"time": "2026-11-27T12:00:{second:02}.500+00:00", "level": "info", "event": "{event}"}}'


def nats(second: int) -> str:
    return f"[4711] 2026/11/27 12:00:{second:02}.400123 [INF] Server is ready"


def postgres(second: int) -> str:
    return f"2026-11-27 12:00:{second:02}.600 UTC [4712] vw_api@vitalwire LOG:  ready"


@pytest.mark.parametrize(
    ("line", "time"),
    [
        (ours(1), "2026-11-27-12:00:01.500"),
        (nats(1), "2026-11-27-12:00:01.400"),
        (postgres(1), "2026-11-27-12:00:01.600"),
        ("Traceback (most recent call last):", ""),
        ('  {"time": "2026-11-27T12:00:01.500+00:00"}', ""),
        ("2026-11-27 12:00:01.600 KST [4712] LOG:  another zone", ""),
        ("", ""),
    ],
)
def test_a_line_says_when_it_was_written(line: str, time: str) -> None:
    assert time_of(line) == time


@pytest.mark.parametrize(
    ("logs", "order"),
    [
        ({}, ""),
        ({"a": [ours(1), ours(3)], "b": [nats(2), nats(4)], "c": [postgres(0)]}, "c0 a0 b0 a1 b1"),
        ({"a": [ours(1), "Traceback", "  more"], "b": [ours(1), ours(2)]}, "a0 a1 a2 b0 b1"),
        ({"a": ["its beginning is cut off", ours(9)], "b": [ours(1)]}, "a0 b0 a1"),
        # A clock that was set back.
        ({"a": [ours(5), ours(2), ours(6)], "b": [ours(3), ours(7)]}, "b0 a0 a1 a2 b1"),
    ],
)
def test_lines_stand_in_the_order_of_time_and_those_of_one_log_in_their_own(
    logs: dict[str, list[str]], order: str
) -> None:
    left = {name: iter(range(len(lines))) for name, lines in logs.items()}
    printed = in_order(logs)
    assert " ".join(f"{name}{next(left[name])}" for name, _ in printed) == order
    assert {name: [line for own, line in printed if own == name] for name in logs} == logs


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    layout = layout_of(tmp_path / "home")
    open_state(layout, Account(os.geteuid(), os.getegid(), switches=False))
    return layout


def write(layout: Layout, name: str, lines: Iterable[str], end: str = "\n") -> None:
    with layout.log(name).open("a") as file:
        file.write("\n".join(lines) + end)


def test_so_many_lines_of_each_are_printed(layout: Layout) -> None:
    write(layout, "api", [ours(1), ours(3), ours(5)])
    write(layout, "nats", [nats(4)])
    said: list[str] = []
    print_logs(layout, 2, said.append)
    assert said == [f"api        {ours(3)}", f"nats       {nats(4)}", f"api        {ours(5)}"]


def test_what_is_added_is_printed_until_nothing_runs_and_its_last_words_too(layout: Layout) -> None:
    write(layout, "api", [ours(1)])
    said: list[str] = []
    offsets = print_logs(layout, 0, said.append)

    def life() -> Iterator[bool]:
        write(layout, "api", [ours(4)])
        write(layout, "ingest", [ours(2)])
        write(layout, "nats", ["[4711] 2026/11/27 12"], end="")
        yield True
        write(layout, "nats", [":00:05.100000 [INF] whole"])
        yield True
        layout.log("api").write_text("")
        write(layout, "api", [ours(7, "after it was trimmed")])
        yield False

    steps = life()
    follow_logs(layout, offsets, lambda: next(steps), said.append)
    assert said == [
        f"ingest     {ours(2)}", f"api        {ours(4)}", "nats       [4711] 2026/11/27 12:00:05.100000 [INF] whole",
        f"api        {ours(7, 'after it was trimmed')}",
    ]  # fmt: skip
    assert list(steps) == []


def test_without_any_log_it_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(StackError, match="start the stack with 'make up'"):
        print_logs(layout_of(tmp_path), 5, print)


def test_a_stack_runs_while_its_supervisor_lives(layout: Layout) -> None:
    assert not runs(layout)
    write_table(layout.processes, ProcessTable(own_identity(), True, ()))
    assert runs(layout)
    write_table(layout.processes, ProcessTable(Identity(own_identity().pid, "another"), True, ()))
    assert not runs(layout)
