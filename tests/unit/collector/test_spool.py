"""The spool on a real file: order, restart, bounds, losses."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from services.collector.__main__ import open_spool
from services.collector.settings import CollectorSettings
from services.collector.spool import WRITE_OUT_S
from services.collector.spool_age import AGREED_S
from services.collector.spool_file import NAME, OUTSIDE_BYTES, SpoolFile
from services.collector.spool_place import HOUR_S, PRODUCT, ROOT_STATE, SPOOL_BYTES_MIN, directory_of
from services.collector.spool_records import BLOCK_SETS
from services.collector.spool_tally import TOLD_S
from shared.wire.encode import Previous
from tests.unit.collector.spools import Spools, drained, numbers, sets


@pytest.mark.parametrize("count", [1, BLOCK_SETS - 1, BLOCK_SETS, 5 * BLOCK_SETS + 3])
def test_what_goes_in_comes_out_in_order(spools: Spools, count: int) -> None:
    spool = spools.open()
    sent = sets(1, count)
    for each in sent:
        assert spool.append([each])
    assert spool.waiting == count
    found = []
    while (batch := spool.oldest()) is not None:
        for key, outgoing in list(batch.unconfirmed.items()):
            found.append(outgoing)
            spool.confirm(batch, key)
    assert found == sent
    assert (spool.waiting, spool.published, spool.lost) == (0, count, 0)


def test_order_holds_while_it_is_drained_and_filled_at_once(spools: Spools) -> None:
    spool, found = spools.open(), list[int]()
    for start in range(1, 20 * 40, 40):
        assert spool.append(sets(start, start + 39))
        found += [seq for _, seq in drained(spool, 23)]
    found += numbers(spool)
    assert found == list(range(1, 801))
    assert (spool.waiting, spool.lost) == (0, 0)


def test_a_restart_keeps_all_and_says_how_far_the_session_came(spools: Spools) -> None:
    first = spools.open("s1")
    assert first.previous is None
    assert first.append(sets(1, 70))
    first.note(73)
    assert drained(first, 3) == [("s1", 1), ("s1", 2), ("s1", 3)]
    first.close()
    second = spools.open("s2")
    assert second.previous == Previous("s1", 73)
    assert second.append(sets(1, 2, session="s2"))
    # The block of which three were confirmed was not through: it is sent again as a whole.
    assert drained(second) == [("s1", seq) for seq in range(1, 71)] + [("s2", 1), ("s2", 2)]


@pytest.mark.parametrize("began_anew", ["process", "bus"])
def test_single_ones_before_the_blocks_hide_none_of_them(spools: Spools, began_anew: str) -> None:
    spools.kept_s = 120.0
    spool = spools.open("s1")
    assert spool.append(sets(1, 5))
    assert spool.oldest() is not None
    for seq in range(6, 10 * BLOCK_SETS):
        assert spool.append(sets(seq, seq))
    if began_anew == "process":
        spool.close()
        spool = spools.open("s2")
    else:
        assert spool.restarted() == 0
    assert spool.append(sets(10 * BLOCK_SETS, 10 * BLOCK_SETS))
    assert numbers(spool) == list(range(1, 10 * BLOCK_SETS + 1))
    assert (spool.waiting, spool.lost) == (0, 0)


def test_what_waits_is_counted_anew_where_nothing_seemed_to_wait(spools: Spools) -> None:
    spool = spools.open()
    assert spool.append(sets(1, 3))
    spool.waiting = 0
    spools.later(WRITE_OUT_S, spool)
    assert spool.waiting == 3
    assert numbers(spool) == [1, 2, 3]


def test_a_session_that_gave_out_no_number_does_not_hide_the_one_before(spools: Spools) -> None:
    first = spools.open("s1")
    first.note(5)
    first.close()
    spools.open("s2").close()
    assert spools.open("s3").previous == Previous("s1", 5)


def test_copies_leave_with_their_answer_or_wait_like_the_others(spools: Spools) -> None:
    spool = spools.open()
    spool.append_copies(sets(1, 4))
    assert (spool.waiting, spool.oldest()) == (0, None)
    spool.discard_copies([1])
    assert spool.release_copies([3, 2, 1, 9]) == [2, 3]
    assert spool.waiting == 2
    assert numbers(spool) == [2, 3]
    spool.close()
    assert numbers(spools.open("s2")) == [4]


def test_the_oldest_go_first_where_bytes_are_full_and_are_counted(spools: Spools) -> None:
    spools.bytes_max = 12 * 1024**2
    spool = spools.open()
    for start in range(1, 400, 8):
        assert spool.append(sets(start, start + 7, 100_000))
        assert spools.bytes_on_disk <= spools.bytes_max
    assert spool.lost > 200
    assert spool.waiting + spool.lost == 400
    kept = numbers(spool)
    assert kept == list(range(401 - len(kept), 401))
    assert len(kept) * 100_000 > 0.8 * (spools.bytes_max - OUTSIDE_BYTES)


def test_the_oldest_go_first_while_they_are_being_sent(spools: Spools) -> None:
    spools.bytes_max = SPOOL_BYTES_MIN
    spool = spools.open()
    assert spool.append(sets(1, 10, 100_000))
    batch = spool.oldest()
    assert batch is not None
    spool.confirm(batch, ("s1", 1))
    for seq in range(11, 61):
        assert spool.append(sets(seq, seq, 100_000))
    assert batch.gone
    late = next(iter(batch.unconfirmed))
    spool.confirm(batch, late)
    assert spool.lost + spool.waiting + 1 == 60
    assert numbers(spool)[-1] == 60


def test_what_is_too_old_goes_and_is_counted(spools: Spools) -> None:
    spool = spools.open()
    assert spool.append(sets(1, 100))
    spools.later(HOUR_S + 10, spool)
    # Blocks go as a whole once the newest in them is too old; the single ones 65 and on are younger.
    assert (spool.lost, spool.waiting) == (0, 100)
    spools.later(60, spool)
    assert spool.lost == 69
    assert numbers(spool) == list(range(70, 101))


@pytest.mark.parametrize(
    ("wrong_s", "shown_s", "kept"),
    [
        pytest.param(1e9, 1, True, id="one reading far ahead"),
        pytest.param(1e9, AGREED_S - 1, True, id="ahead until it was set right"),
        pytest.param(1e9, AGREED_S + 1, False, id="ahead for good"),
        pytest.param(-1e9, AGREED_S + 1, True, id="behind"),
    ],
)
def test_a_clock_that_is_wrong_for_a_moment_makes_nothing_old(
    spools: Spools, wrong_s: float, shown_s: float, kept: bool
) -> None:
    spool = spools.open()
    assert spool.append(sets(1, 100))
    spools.later(AGREED_S, spool)
    spools.clock.wrong_s = wrong_s
    for _ in range(int(shown_s)):
        spools.later(1, spool)
    spools.clock.wrong_s = 0.0
    spools.later(1, spool)
    assert (spool.waiting, spool.lost) == ((100, 0) if kept else (0, 100))


def test_a_process_that_starts_on_a_wrong_clock_drops_nothing_at_once(spools: Spools) -> None:
    spool = spools.open()
    assert spool.append(sets(1, 100))
    spool.close()
    spools.clock.wrong_s = 1e9
    again = spools.open("s2")
    for _ in range(int(AGREED_S) - 2):
        spools.later(1, again)
    spools.clock.wrong_s = 0.0
    for _ in range(int(AGREED_S) + 2):
        spools.later(1, again)
    assert (again.waiting, again.lost) == (100, 0)


def test_losses_are_told_once_by_the_next_session_if_nobody_heard_of_them(spools: Spools) -> None:
    first = spools.open("s1")
    assert first.append(sets(1, 10))
    spools.later(2 * HOUR_S, first)
    assert first.lost == 10
    first.note(10)
    first.close()
    second = spools.open("s2")
    assert second.lost == 10
    second.note(1)
    second.heard(int(spools.clock.wall()) + TOLD_S)
    second.close()
    third = spools.open("s3")
    assert third.lost == 10, "a sample set of the same minute may not have told it"
    third.note(1)
    third.heard(int(spools.clock.wall()) + TOLD_S + 1)
    third.close()
    assert spools.open("s4").lost == 0


def test_what_a_restarted_bus_may_have_lost_is_sent_again_and_counted_once(spools: Spools) -> None:
    spools.kept_s = 120.0
    spool = spools.open()
    assert spool.append(sets(1, 200))
    assert [seq for _, seq in drained(spool, 150)] == list(range(1, 151))
    spools.later(60, spool)
    assert spool.restarted() == 150
    assert (spool.waiting, spool.published) == (200, 150)
    assert numbers(spool) == list(range(1, 201))
    assert (spool.waiting, spool.published, spool.lost) == (0, 200, 0)
    spools.later(121, spool)
    spool.heard(0)
    spools.later(1, spool)
    assert spool.restarted() == 0
    assert spool.append(sets(201, 201))
    assert numbers(spool) == [201]


@pytest.mark.parametrize(("heard_after_s", "sent_again_count"), [(0, 100), (119, 100), (120, 0)])
def test_a_bus_that_is_silent_may_have_died_at_once(spools: Spools, heard_after_s: int, sent_again_count: int) -> None:
    spools.kept_s = 120.0
    spool = spools.open()
    assert spool.append(sets(1, 100))
    assert len(numbers(spool)) == 100
    spools.clock.passed_s += heard_after_s
    spool.heard(0)
    for _ in range(10):
        spools.later(60, spool)
    assert spool.restarted() == sent_again_count
    assert len(numbers(spool)) == sent_again_count


def test_a_clean_end_leaves_nothing_that_was_confirmed(spools: Spools) -> None:
    spools.kept_s = 120.0
    spool = spools.open()
    assert spool.append(sets(1, 70))
    assert len(numbers(spool)) == 70
    spool.close()
    assert spools.open("s2").waiting == 0


def test_what_was_confirmed_goes_first_where_bytes_are_full(spools: Spools) -> None:
    spools.kept_s, spools.bytes_max = 120.0, 12 * 1024**2
    spool = spools.open()
    assert spool.append(sets(1, 70, 100_000))
    assert len(numbers(spool)) == 70
    for seq in range(71, 141):
        assert spool.append(sets(seq, seq, 100_000))
    assert spool.lost == 0
    assert numbers(spool) == list(range(71, 141))


def test_what_was_confirmed_once_is_not_lost_when_it_is_dropped(spools: Spools) -> None:
    spools.kept_s, spools.bytes_max = 120.0, 12 * 1024**2
    spool = spools.open()
    assert spool.append(sets(1, 50, 100_000))
    assert len(numbers(spool)) == 50
    assert spool.restarted() == 50
    for seq in range(51, 121):
        assert spool.append(sets(seq, seq, 100_000))
    assert len(numbers(spool)) < 90
    assert (spool.published, spool.lost) == (120, 0)


def test_what_the_bus_never_takes_is_counted_and_stops_no_other(spools: Spools) -> None:
    spool = spools.open()
    assert spool.append(sets(1, 3))
    batch = spool.oldest()
    assert batch is not None
    spool.lose(batch, ("s1", 1))
    assert (spool.lost, spool.waiting) == (1, 2)
    assert numbers(spool) == [2, 3]


def test_an_emptied_spool_gives_its_space_back(spools: Spools) -> None:
    spool = spools.open()
    for start in range(1, 101, 10):
        assert spool.append(sets(start, start + 9, 100_000))
    assert spools.bytes_on_disk > 8 * 1024**2
    assert len(numbers(spool)) == 100
    spools.later(WRITE_OUT_S, spool)
    assert spools.bytes_on_disk < 64 * 1024
    assert spool.append(sets(101, 101))
    assert numbers(spool) == [101]


def test_a_lower_bound_holds_after_the_next_start(spools: Spools) -> None:
    spool = spools.open()
    assert spool.append(sets(1, 200, 100_000))
    spool.close()
    spools.bytes_max = 10 * 1024**2
    lower = spools.open("s2")
    assert spools.bytes_on_disk <= spools.bytes_max
    assert lower.lost + lower.waiting == 200
    assert [seq for _, seq in drained(lower)][-1] == 200


def test_only_its_owner_can_read_it(spools: Spools) -> None:
    spool = spools.open()
    assert spool.append(sets(1, 1))
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in spools.directory.iterdir()}
    assert modes == {NAME: 0o600, f"{NAME}-wal": 0o600}
    assert stat.S_IMODE(spools.directory.stat().st_mode) == 0o700


def test_a_bound_is_that_of_the_file_and_its_log(tmp_path: Path) -> None:
    file = SpoolFile(tmp_path, SPOOL_BYTES_MIN)
    file.prepare()
    assert not file.is_full(700_000)
    assert file.is_full(SPOOL_BYTES_MIN - OUTSIDE_BYTES)
    assert file.bytes_on_disk > 0
    file.close()


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("web-1.example.com", "/var/lib/vitalwire-collector/web-1=2Eexample=2Ecom"),
        ("../../etc", "/var/lib/vitalwire-collector/=2E=2E=2F=2E=2E=2Fetc"),
    ],
)
def test_each_host_has_a_directory_of_its_own(host: str, expected: str) -> None:
    assert str(directory_of(host, ROOT_STATE / PRODUCT)) == expected


def test_a_long_name_fits_a_file_system() -> None:
    names = {directory_of(host, Path("/")).name for host in ("." * 252 + "a", "." * 252 + "b")}
    assert len(names) == 2
    assert max(len(name) for name in names) <= 255


@pytest.mark.parametrize("name", ["web-1", "web-2"])
def test_a_directory_that_is_named_holds_a_folder_for_each_host(name: str, tmp_path: Path) -> None:
    settings = CollectorSettings(spool_directory=tmp_path)
    spool = open_spool(settings, name, "s1")
    assert spool is not None
    spool.close()
    assert [str(path.relative_to(tmp_path)) for path in tmp_path.rglob(NAME)] == [f"{name}/{NAME}"]
