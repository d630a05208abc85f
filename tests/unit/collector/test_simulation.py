"""Invented hosts: repeatable by their seed, within every limit, consistent, and lifelike over hours and days."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Any

import pytest

from services.collector.counters import Counters
from services.collector.simulation.families import AGENT, ROWS, rows_at
from services.collector.simulation.life import Life, facts_of, life_at
from services.collector.simulation.load import BURST_CHANCE, BURST_S, Moment, burst_at, moment_of
from services.collector.simulation.memory import LEAK_S, used_share
from services.collector.simulation.noise import DAY_S, noise
from services.collector.simulation.profile import KINDS, Profile, invent
from services.collector.simulation.programs import process_rows
from services.collector.simulation.storage import disk_rows
from shared.families import FAMILIES
from shared.family import Family
from shared.subjects import SYSTEM_SOURCE, metrics_subject
from shared.wire.decode import decode
from shared.wire.encode import Numbering, Rows, cells, encode
from shared.wire.encode_inventory import encode_inventory
from shared.wire.inventory import decode_inventory

HOSTS = invent(1, 24)
MIDNIGHT_S = int(datetime(2026, 11, 26, tzinfo=UTC).timestamp())
TICKS = [MIDNIGHT_S, MIDNIGHT_S + 7_201, MIDNIGHT_S + 50_400, MIDNIGHT_S + 86_399]
every_host = pytest.mark.parametrize("host", HOSTS[:12], ids=lambda host: host.name)


def told(host: Profile, tick_s: int) -> dict[str, list[dict[str, Any]]]:
    """Return what a host tells at a tick as plain values, by family."""
    rows = rows_at(host, tick_s, FAMILIES, Counters())
    return {name: [plain(FAMILIES[name], row) for row in rows[name]] for name in rows}


def plain(family: Family, row: Any) -> dict[str, Any]:
    return {column.name: getattr(row, column.name) for column in family.columns}


@pytest.mark.parametrize(("at", "bits"), [(1, 0xE220A8397B1DCDAF), (2, 0x6E789E6AA1B965F4), (3, 0x06C45D188009454F)])
def test_noise_is_splitmix64_on_every_machine(at: int, bits: int) -> None:
    assert noise(0, at) == (bits >> 11) / 2**53


@every_host
def test_a_host_says_the_same_whenever_it_is_asked(host: Profile) -> None:
    again = invent(1, host.number)[-1]
    assert again == host
    backwards = {tick_s: told(again, tick_s) for tick_s in reversed(TICKS)}
    assert [told(host, tick_s) for tick_s in TICKS] == [backwards[tick_s] for tick_s in TICKS]


def test_another_seed_another_host_and_another_second_say_something_else() -> None:
    base = told(HOSTS[0], TICKS[0])["cpu"]
    assert told(invent(2, 1)[0], TICKS[0])["cpu"] != base
    assert told(HOSTS[4], TICKS[0])["cpu"] != base
    assert told(HOSTS[0], TICKS[0] + 1)["cpu"] != base


def test_every_family_has_an_invention() -> None:
    assert {*ROWS, AGENT} == set(FAMILIES)


@every_host
def test_every_family_has_rows_that_encoder_and_decoder_take(host: Profile) -> None:
    numbering = Numbering("session")
    for tick_s in TICKS:
        rows = rows_at(host, tick_s, FAMILIES, Counters())
        readings = [Rows(FAMILIES[name], 1.0, [cells(FAMILIES[name], row) for row in rows[name]]) for name in FAMILIES]
        (encoded,) = encode(host.name, SYSTEM_SOURCE, datetime.fromtimestamp(tick_s, UTC), readings, numbering)
        sample = decode(encoded.body, metrics_subject(host.name, SYSTEM_SOURCE))
        assert (sample.host, sample.unknown) == (host.name, ())
        assert {name: table.rows for name, table in sample.families.items()} == {
            reading.family.name: [tuple(row) for row in reading.rows] for reading in readings
        }
        assert all(table.rows for table in sample.families.values())


@every_host
def test_every_number_is_one_that_a_machine_could_tell(host: Profile) -> None:
    for tick_s in range(MIDNIGHT_S, MIDNIGHT_S + DAY_S, 1_117):
        for name, rows in told(host, tick_s).items():
            family = FAMILIES[name]
            labels = [tuple(row[label.name] for label in family.labels) for row in rows]
            assert len(set(labels)) == len(labels)
            for row in rows:
                for gauge in family.gauges:
                    value = row[gauge.name]
                    if value is not None:
                        assert math.isfinite(value)
                        assert value >= 0, (name, gauge.name)
                        assert gauge.unit != "percent" or value <= 100, (name, gauge.name)


@every_host
def test_the_parts_make_the_whole(host: Profile) -> None:
    for tick_s in range(MIDNIGHT_S, MIDNIGHT_S + DAY_S, 2_711):
        rows = told(host, tick_s)
        (cpu,), (memory,), (swap,) = rows["cpu"], rows["memory"], rows["swap"]
        kinds = ("user", "system", "idle", "nice", "iowait", "irq", "softirq", "steal")
        assert sum(cpu[f"{kind}_percent"] for kind in kinds) == pytest.approx(100)
        assert cpu["total_percent"] == pytest.approx(100 - cpu["idle_percent"] - cpu["iowait_percent"])
        cores = rows["cpu_core"]
        assert len(cores) == cpu["cores_count"] == host.cores
        for name in ("total", "user", "system", "idle", "iowait", "steal"):
            mean = sum(core[f"{name}_percent"] for core in cores) / len(cores)
            assert cpu[f"{name}_percent"] == pytest.approx(mean), name
        parts = ("used", "free", "buffers", "cached")
        assert sum(memory[f"{part}_bytes"] for part in parts) == memory["total_bytes"] == host.memory_bytes
        assert memory["used_bytes"] + memory["available_bytes"] == memory["total_bytes"]
        assert swap["used_bytes"] + swap["free_bytes"] == swap["total_bytes"]
        assert sum(row["cpu_percent"] for row in rows["process"]) <= cpu["total_percent"]
        assert sum(row["resident_bytes"] for row in rows["process"]) <= memory["used_bytes"]
        for disk in rows["disk_io"]:
            assert (disk["read_await_seconds"] is None) is (disk["reads_per_second"] == 0)
            assert (disk["write_await_seconds"] is None) is (disk["writes_per_second"] == 0)
        for space in rows["disk"]:
            assert space["used_bytes"] + space["available_bytes"] <= space["total_bytes"]


def mean_busy(host: Profile, middle_s: int) -> float:
    """Return how busy a host is on average over the two hours around an instant."""
    ticks = range(middle_s - 3_600, middle_s + 3_600, 60)
    return sum(moment_of(host, tick_s).busy for tick_s in ticks) / len(ticks)


@every_host
def test_a_day_has_a_rhythm(host: Profile) -> None:
    night_s = MIDNIGHT_S + 2 * 3_600 - host.day_shift_s
    assert mean_busy(host, night_s + 12 * 3_600) > mean_busy(host, night_s) + 0.5 * host.busy_by_day


@every_host
def test_bursts_are_seldom_short_and_felt(host: Profile) -> None:
    windows = range(MIDNIGHT_S, MIDNIGHT_S + 7 * DAY_S, BURST_S)
    assert MIDNIGHT_S % BURST_S == 0
    middles = [burst_at(host, start_s + BURST_S // 2) for start_s in windows]
    bursts = [height for height in middles if height > 0]
    assert 0.5 * BURST_CHANCE < len(bursts) / len(middles) < 1.5 * BURST_CHANCE
    assert min(bursts) >= 0.25
    assert all(burst_at(host, start_s) == 0 for start_s in windows)


def test_what_leaks_is_restarted() -> None:
    (worker,) = [host for host in HOSTS[:4] if host.kind.leaks]
    restart_s = TICKS[0] - (TICKS[0] + worker.life_phase_s) % LEAK_S + LEAK_S
    assert used_share(worker, restart_s - 1) - used_share(worker, restart_s) > 0.2


@every_host
def test_a_disk_fills_and_is_cleaned(host: Profile) -> None:
    volume = host.volumes[1]
    start_s = MIDNIGHT_S - (MIDNIGHT_S + volume.phase_s) % volume.cycle_s
    percents = []
    for step in range(21):
        rows = disk_rows(host, moment_of(host, start_s + step * volume.cycle_s // 20 - (step == 20)))
        percents.append(next(row.used_percent for row in rows if row.mount == volume.mount))
    assert percents == sorted(percents)
    assert percents[0] < 40
    assert percents[-1] > 90
    cleaned = disk_rows(host, moment_of(host, start_s + volume.cycle_s))
    assert next(row.used_percent for row in cleaned if row.mount == volume.mount) < 40


def test_a_disk_of_every_third_host_fills_within_two_hours() -> None:
    assert [host.volumes[1].cycle_s <= 7_200 for host in HOSTS[:6]] == [False, False, True, False, False, True]


@pytest.mark.parametrize(("number", "comes"), [(1, False), (2, True), (3, False), (7, True)])
def test_a_file_system_comes_and_goes(number: int, comes: bool) -> None:
    host = HOSTS[number - 1]
    seen = {
        any(row.mount == "/mnt/backup" for row in disk_rows(host, moment_of(host, tick_s)))
        for tick_s in range(MIDNIGHT_S, MIDNIGHT_S + 3_600, 10)
    }
    assert seen == ({True, False} if comes else {False})


@every_host
def test_processes_come_and_go_and_others_stay(host: Profile) -> None:
    runs = [
        {(row.pid, row.name) for row in process_rows(host, moment_of(host, tick_s))}
        for tick_s in range(MIDNIGHT_S, MIDNIGHT_S + 3_600, 5)
    ]
    stays, all_runs = set.intersection(*runs), set.union(*runs)
    assert len(stays) >= len(host.kind.programs)
    assert len(all_runs) > len(stays) + 6  # some came back under another id


def test_hosts_are_of_every_kind_in_turn() -> None:
    assert [host.kind for host in HOSTS[:8]] == [*KINDS, *KINDS]


def phases(host: Profile, start_s: int, count: int, step_s: int) -> str:
    """Return a letter for each look at a host: `a`, `b` and on for its lives, `.` while it is away."""
    lives: list[Life] = []
    letters = ""
    for tick_s in range(start_s, start_s + count * step_s, step_s):
        life = life_at(host, tick_s)
        if life is not None and life not in lives:
            lives.append(life)
        letters += "." if life is None else chr(ord("a") + lives.index(life))
    return letters


@pytest.mark.parametrize("number", [3, 10, 17, 24])
def test_a_host_dies_and_returns_newly_booted(number: int) -> None:
    host = HOSTS[number - 1]
    assert 1_800 <= host.life_s <= 3_600
    death_s = MIDNIGHT_S - (MIDNIGHT_S + host.life_phase_s) % host.life_s + host.life_s
    assert phases(host, death_s - 2, host.away_s + 4, 1) == "aa" + "." * host.away_s + "bb"
    before, after = life_at(host, death_s - 1), life_at(host, death_s + host.away_s)
    assert before is not None
    assert after is not None
    assert (after.number, after.boot_s) == (before.number + 1, death_s + host.away_s)
    assert before.boot_s == death_s - host.life_s + host.away_s


@pytest.mark.parametrize("number", [1, 2, 4, 5, 6, 7, 8, 9])
def test_other_hosts_live_for_weeks(number: int) -> None:
    host = HOSTS[number - 1]
    assert 20 * DAY_S <= host.life_s <= 60 * DAY_S


def test_the_inventory_says_that_the_host_is_invented() -> None:
    life = Life(3, MIDNIGHT_S - 90)
    facts = facts_of(HOSTS[1], life, {"cpu": 1})
    found = decode_inventory(encode_inventory(facts, datetime.fromtimestamp(MIDNIGHT_S, UTC)), "sim-0002")
    assert found.tags == {"simulated": "true", "kind": "database"}
    assert "Invented" in (found.os or "")
    assert (found.cores_count, found.memory_total_bytes) == (HOSTS[1].cores, HOSTS[1].memory_bytes)
    assert found.boot_time == datetime.fromtimestamp(life.boot_s, UTC)
    assert len({facts_of(host, life, {}).host_id for host in HOSTS}) == len(HOSTS)
    assert len({facts_of(host, life, {}).addresses for host in invent(1, 600)}) == 600


def test_a_moment_belongs_to_its_tick() -> None:
    moment = moment_of(HOSTS[0], MIDNIGHT_S)
    assert isinstance(moment, Moment)
    assert (moment.tick_s, len(moment.cores_busy)) == (MIDNIGHT_S, HOSTS[0].cores)
