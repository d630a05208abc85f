"""Timelines of an outbox with a disk behind it: what goes to the disk when, and what comes back."""

from __future__ import annotations

import shutil

import pytest

from services.collector.counters import Counters
from services.collector.outbox import CONFIRM_S_MAX, PENDING_MAX, UNCONFIRMED_S_MAX, Room
from services.collector.spool import WRITE_OUT_S
from services.collector.spool_faults import RETRY_S
from services.collector.spool_file import NAME
from services.collector.spooled_outbox import RECENT_BYTES_MAX, Recent, SpooledOutbox
from tests.unit.collector.spools import NOW_S, Spools, numbers, sets

KEPT_S = 100.0


def outbox_on(spools: Spools, room: Room | None = None) -> tuple[SpooledOutbox, Spools]:
    spool = spools.open()
    return SpooledOutbox(room or Room(), spool, Recent(KEPT_S), spools.clock.monotonic), spools


def play(timeline: str, spools: Spools) -> str:
    """Run words such as `add2 send c1 away`; return what was sent, what is in memory | what the spool sends | lost."""
    (outbox, _), seq, sent = outbox_on(spools), 0, []
    connected = True
    for word in timeline.split():
        now_s = spools.clock.monotonic()
        if word.startswith("add"):
            count = int(word[3:])
            outbox.add(sets(seq + 1, seq + count))
            seq += count
            outbox.settle(connected, now_s)
        elif word == "send":
            outbox.settle(connected, now_s)
            sent += [str(each.encoded.seq) for each in outbox.take(now_s)] if connected else []
        elif word in ("away", "back"):
            connected = word == "back"
        elif word in ("reconnected", "restarted", "give_up"):
            getattr(outbox, word)()
        elif word.startswith("+"):
            spools.clock.passed_s += float(word[1:])
        elif word.startswith("no"):
            outbox.refuse(int(word[2:]))
        elif word.startswith("never"):
            outbox.lose(int(word[5:]))
        else:
            outbox.confirm(int(word[1:]))
    counters = Counters()
    outbox.count(counters)
    spooled = ",".join(map(str, numbers(spools.opened[0])))
    memory = outbox.waiting + outbox.pending
    return f"{','.join(sent)} {memory} | {spooled} | {counters.sample_sets_lost_count}"


@pytest.mark.parametrize(
    ("timeline", "expected"),
    [
        pytest.param("add2 send c1 c2", "1,2 0 |  | 0", id="confirmed at once: nothing is on the disk"),
        pytest.param("add1 send c1 c9 no9 no1", "1 0 |  | 0", id="an answer to what is not awaited changes nothing"),
        pytest.param("away add3", " 0 | 1,2,3 | 0", id="the bus is away: to the disk at once"),
        pytest.param("add2 send away add1", "1,2 0 | 1,2,3 | 0", id="it went away: what had no answer too, in order"),
        pytest.param("add1 send +2 send c1", "1 0 |  | 0", id="late, but there: the copy goes"),
        pytest.param("add1 send +2 send", "1 1 |  | 0", id="late: a copy on the disk, sent by nobody else"),
        pytest.param("add1 send +2 send +11 send", "1 0 | 1 | 0", id="no answer for long: the disk sends it"),
        pytest.param("add1 send +2 send reconnected send", "1 0 | 1 | 0", id="a new connection: a copy is sent"),
        pytest.param("add1 send reconnected send c1", "1,1 0 |  | 0", id="a new connection at once"),
        pytest.param("add2 send no1 c2", "1,2 0 | 1 | 0", id="refused for now: the disk tries again"),
        pytest.param("add2 send +2 send never1 c2", "1,2 0 |  | 1", id="refused for ever: lost once, and no copy left"),
        pytest.param("add2 send c1 give_up", "1,2 0 | 2 | 0", id="at the end what is left is on the disk"),
        pytest.param("add1 send +2 send give_up", "1 0 | 1 | 0", id="at the end a copy is one of the rest"),
        pytest.param("add2 send c1 c2 restarted send c1 c2", "1,2,1,2 0 |  | 0", id="a restarted bus: sent again"),
        pytest.param(
            "add1 send c1 send +101 restarted send", "1,1 1 |  | 0", id="away for long: it may have died at once"
        ),
        pytest.param(
            "add1 send c1 send +101 add1 send c2 restarted send", "1,2,2 1 |  | 0", id="it lived on: on its disk"
        ),
        pytest.param("add1 send c1 restarted away send", "1 0 | 1 | 0", id="away again: it waits on the disk"),
    ],
)
def test_timeline(timeline: str, expected: str, spools: Spools) -> None:
    assert play(timeline, spools) == expected


def test_what_finds_no_room_in_the_window_goes_to_the_disk_by_the_next_tick(spools: Spools) -> None:
    outbox, _ = outbox_on(spools)
    outbox.add(sets(1, PENDING_MAX + 5))
    for at_s in (0.0, UNCONFIRMED_S_MAX / 2, UNCONFIRMED_S_MAX):
        outbox.settle(True, at_s)
        outbox.take(at_s)
    assert (outbox.waiting, outbox.pending) == (5, PENDING_MAX)
    outbox.settle(True, 1.1 * UNCONFIRMED_S_MAX)
    assert outbox.waiting == 0
    assert numbers(spools.opened[0]) == list(range(PENDING_MAX + 1, PENDING_MAX + 6))


def test_without_a_disk_memory_keeps_what_it_can_and_hands_it_over_later(spools: Spools) -> None:
    spools.directory.parent.mkdir(parents=True)
    spools.directory.write_text("in the way")
    outbox, _ = outbox_on(spools, Room(waiting_max=5))
    for seq in range(1, 9):
        outbox.add(sets(seq, seq))
        outbox.settle(False, 0.0)
    assert (outbox.waiting, outbox.lost) == (5, 3)
    spools.directory.unlink()
    spools.clock.passed_s += 20
    outbox.settle(False, 0.0)
    assert outbox.waiting == 0
    assert numbers(spools.opened[0]) == [4, 5, 6, 7, 8]


def test_numbers_are_noted_before_anything_leaves(spools: Spools) -> None:
    outbox, _ = outbox_on(spools)
    outbox.add(sets(1, 7))
    outbox.settle(True, 0.0)
    spools.opened[0].close()
    previous = spools.open("s2").previous
    assert previous is not None
    assert previous.seq_last == 7


def test_it_counts_what_memory_and_disk_published_lost_and_hold(spools: Spools) -> None:
    outbox, _ = outbox_on(spools)
    outbox.add(sets(1, 2))
    outbox.settle(True, 0.0)
    outbox.take(0.0)
    outbox.confirm(1)
    outbox.add(sets(3, 3))
    outbox.settle(False, 0.0)
    spools.later(10, spools.opened[0])
    counters = Counters()
    outbox.count(counters)
    assert (counters.sample_sets_published_count, counters.sample_sets_spooled_count) == (1, 2)
    assert counters.spool_bytes
    assert numbers(spools.opened[0]) == [2, 3]
    outbox.count(counters)
    assert (counters.sample_sets_published_count, counters.sample_sets_spooled_count) == (3, 0)


@pytest.mark.parametrize("answer_s", [0, 2, 3, 9])
def test_slow_answers_leave_room_for_what_is_on_the_disk(spools: Spools, answer_s: int) -> None:
    outbox, _ = outbox_on(spools)
    behind = []
    for second in range(1, 61):
        outbox.add(sets(second, second))
        outbox.settle(True, float(second))
        outbox.take(float(second))
        outbox.confirm(second - answer_s)
        behind.append(outbox.is_behind)
    assert not any(behind)


def test_a_full_window_is_behind(spools: Spools) -> None:
    outbox, _ = outbox_on(spools, Room(pending_max=2))
    outbox.add(sets(1, 2))
    outbox.take(0.0)
    assert outbox.is_behind


def test_what_was_confirmed_last_is_kept_within_time_and_bytes() -> None:
    recent = Recent(KEPT_S)
    for each in sets(1, 5):
        recent.add(each, each.tick_s - NOW_S)
    recent.add(sets(6, 6)[0], KEPT_S + 3)
    assert [each.encoded.seq for each in recent.take()] == [4, 5, 6]
    assert recent.take() == []
    for each in sets(1, 3, RECENT_BYTES_MAX // 2):
        recent.add(each, 0.0)
    assert [each.encoded.seq for each in recent.take()] == [2, 3]


def test_nothing_is_kept_of_a_bus_that_writes_at_once() -> None:
    recent = Recent(0.0)
    recent.add(sets(1, 1)[0], 0.0)
    assert recent.take() == []


def test_the_timeline_knows_the_time_that_answers_have() -> None:
    assert UNCONFIRMED_S_MAX < 2 < CONFIRM_S_MAX < 11


@pytest.mark.parametrize("answered", ["confirm", "lose"])
def test_a_copy_leaves_with_its_answer_and_the_rest_is_the_next_process_s(spools: Spools, answered: str) -> None:
    outbox, _ = outbox_on(spools)
    outbox.add(sets(1, 2))
    outbox.settle(True, 0.0)
    outbox.take(0.0)
    outbox.settle(True, 2 * UNCONFIRMED_S_MAX)
    getattr(outbox, answered)(1)
    spools.opened[0].close()
    assert numbers(spools.open("s2")) == [2]


@pytest.mark.parametrize("how", ["removed", "opened anew"])
def test_copies_that_went_with_their_file_are_sent_from_memory_once(spools: Spools, how: str) -> None:
    outbox, _ = outbox_on(spools)
    spool = spools.opened[0]
    outbox.add(sets(1, 3))
    outbox.settle(True, 0.0)
    outbox.take(0.0)
    outbox.settle(True, 2 * UNCONFIRMED_S_MAX)
    path = spools.directory / NAME
    if how == "removed":
        path.unlink()
    else:
        aside = path.with_name("aside")
        path.rename(aside)
        spools.later(WRITE_OUT_S, spool)
        aside.rename(path)
    spools.later(WRITE_OUT_S, spool)
    spools.later(RETRY_S, spool)
    outbox.confirm(1)
    outbox.settle(False, 20.0)
    assert outbox.waiting + outbox.pending == 0
    assert numbers(spool) == [2, 3]
    counters = Counters()
    outbox.count(counters)
    assert (counters.sample_sets_published_count, counters.sample_sets_lost_count) == (3, 0)


@pytest.mark.parametrize("answered", ["refused", "silent", "away"])
def test_what_was_confirmed_once_is_counted_once_wherever_it_goes(spools: Spools, answered: str) -> None:
    outbox, _ = outbox_on(spools)
    outbox.add(sets(1, 20))
    outbox.take(0.0)
    for seq in range(1, 21):
        outbox.confirm(seq)
    assert outbox.restarted() == 20
    outbox.take(0.0)
    if answered == "refused":
        for seq in range(1, 21):
            outbox.refuse(seq)
    elif answered == "silent":
        outbox.settle(True, 2 * UNCONFIRMED_S_MAX)
    outbox.settle(False, 20.0)
    assert numbers(spools.opened[0]) == list(range(1, 21))
    counters = Counters()
    outbox.count(counters)
    assert (counters.sample_sets_published_count, counters.sample_sets_lost_count) == (20, 0)


def test_the_next_session_tells_of_what_memory_lost(spools: Spools) -> None:
    outbox, _ = outbox_on(spools, Room(waiting_max=5))
    outbox.add(sets(1, 8))
    outbox.take(0.0)
    outbox.lose(8)
    assert outbox.lost == 4
    spools.later(1, spools.opened[0])
    again = shutil.copytree(spools.directory, spools.directory.with_name("killed"))
    assert Spools(again, clock=spools.clock).open("s2").lost == 4
