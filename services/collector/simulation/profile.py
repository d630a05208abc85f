"""What an invented host is: its kind, size, programs and file systems, drawn once from the seed and its number."""

from __future__ import annotations

from dataclasses import dataclass

from services.collector.simulation.noise import DAY_S, LIFE, LOAD, MEMORY, PROGRAM, VOLUME, key_of, noise, whole

GIB = 1024**3
MORTAL_EVERY = 7
"""Of so many hosts one dies within the hour; a fleet of four has one already."""
GUEST_EVERY = 5
"""Of so many hosts one has a file system that comes and goes."""


@dataclass(frozen=True, slots=True)
class Kind:
    """What hosts of one kind have in common; what grows with the load is given for a machine that is fully busy."""

    name: str
    cores: tuple[int, ...]
    memory_gib: tuple[int, ...]
    busy_at_night: float
    busy_by_day: float
    system_share: float
    iowait_share: float
    memory_share: float
    leaks: bool
    receive_bytes_per_second: float
    transmit_bytes_per_second: float
    read_bytes_per_second: float
    write_bytes_per_second: float
    connections: int
    programs: tuple[str, ...]


KINDS = (
    Kind("web", (2, 4), (4, 8), 0.06, 0.45, 0.25, 0.01, 0.40, False, 9e6, 4e7, 4e5, 3e6, 2_400,
         ("nginx", "nginx", "gunicorn", "gunicorn", "gunicorn", "redis-server")),
    Kind("database", (4, 8), (16, 32), 0.10, 0.35, 0.30, 0.12, 0.62, False, 1.2e7, 2.5e7, 6e7, 9e7, 400,
         ("postgres", "postgres", "postgres", "postgres", "pgbouncer")),
    Kind("worker", (2, 4, 8), (8, 16), 0.30, 0.30, 0.12, 0.03, 0.35, True, 2e7, 6e6, 8e6, 2.5e7, 120,
         ("celery", "celery", "celery", "ffmpeg")),
    Kind("cache", (2, 4), (8, 16), 0.05, 0.25, 0.45, 0.00, 0.70, False, 5e7, 6e7, 1e5, 6e5, 3_600,
         ("valkey-server", "haproxy")),
)  # fmt: skip
"""The hosts are of these kinds in turn."""

EVERYWHERE = ("systemd", "systemd-journal", "sshd", "chronyd", "vitalwire-colle")
PIDS_EACH = 1_000
"""Each program has a range of ids, so that no two ever have the same."""
VISITORS = ("cron", "logrotate", "apt", "backup", "python3", "git")
"""Programs that run for minutes."""


@dataclass(frozen=True, slots=True)
class Program:
    """A program and its share of what the host does; a visitor runs for `run_s` of every `cycle_s`."""

    key: int
    name: str
    pid_first: int
    weight: float
    threads: int
    cycle_s: int
    phase_s: int
    run_s: int


@dataclass(frozen=True, slots=True)
class Volume:
    """A file system that fills from `low` to `high`, shares of it, and is cleaned at the end of each cycle.

    One with `mounted_s` is there for so long in every cycle only.
    """

    key: int
    mount: str
    device: str
    total_bytes: int
    low: float
    high: float
    cycle_s: int
    phase_s: int
    mounted_s: int | None = None


@dataclass(frozen=True, slots=True)
class Profile:
    """One invented host; everything that it ever says follows from this and the time.

    In every cycle of `life_s` it is away for `away_s`, and comes back newly booted.
    """

    number: int
    name: str
    key: int
    kind: Kind
    cores: int
    memory_bytes: int
    swap_bytes: int
    busy_at_night: float
    busy_by_day: float
    day_shift_s: int
    life_s: int
    away_s: int
    life_phase_s: int
    programs: tuple[Program, ...]
    volumes: tuple[Volume, ...]


def invent(seed: int, count: int) -> list[Profile]:
    """Return so many hosts, sim-0001 and on; a host is the same however many others there are."""
    return [_profile(seed, number) for number in range(1, count + 1)]


def _profile(seed: int, number: int) -> Profile:
    name = f"sim-{number:04d}"
    key = key_of(seed, name)
    kind = KINDS[(number - 1) % len(KINDS)]
    mortal = number % MORTAL_EVERY == 3
    memory_bytes = _one_of(kind.memory_gib, key + MEMORY) * GIB
    return Profile(
        number=number,
        name=name,
        key=key,
        kind=kind,
        cores=_one_of(kind.cores, key + LOAD),
        memory_bytes=memory_bytes,
        swap_bytes=memory_bytes // 4 if noise(key + MEMORY, -1) < 0.75 else 0,
        busy_at_night=kind.busy_at_night * (0.6 + 0.8 * noise(key + LOAD, -2)),
        busy_by_day=kind.busy_by_day * (0.6 + 0.8 * noise(key + LOAD, -3)),
        day_shift_s=whole(key + LOAD, -4, -7_200, 7_200),
        life_s=whole(key + LIFE, -1, 1_800, 3_600) if mortal else whole(key + LIFE, -1, 20 * DAY_S, 60 * DAY_S),
        away_s=whole(key + LIFE, -2, 150, 400) if mortal else 90,
        life_phase_s=whole(key + LIFE, -3, 0, 60 * DAY_S),
        programs=tuple(_programs(key, kind)),
        volumes=tuple(_volumes(key, kind, number)),
    )


def _one_of(choices: tuple[int, ...], key: int) -> int:
    return choices[whole(key, -1, 0, len(choices) - 1)]


def _programs(key: int, kind: Kind) -> list[Program]:
    programs = []
    for place, name in enumerate((*kind.programs, *EVERYWHERE, *VISITORS)):
        own = key + PROGRAM + place
        works, visits = place < len(kind.programs), name in VISITORS
        cycle_s = whole(own, -1, 300, 1_800) if visits else whole(own, -1, 20 * DAY_S, 90 * DAY_S)
        programs.append(
            Program(
                key=own,
                name=name,
                pid_first=PIDS_EACH * (place + 1),
                weight=(1.0 if works else 0.6 if visits else 0.04) * (0.5 + noise(own, -2)),
                threads=whole(own, -3, 1, 24) if works else 1,
                cycle_s=cycle_s,
                phase_s=whole(own, -5, 0, cycle_s),
                run_s=whole(own, -4, 40, cycle_s // 2) if visits else cycle_s,
            )
        )
    return programs


def _volumes(key: int, kind: Kind, number: int) -> list[Volume]:
    root, work, guest = key + VOLUME, key + VOLUME + 1, key + VOLUME + 2
    hasty = number % 3 == 0  # within a demo
    volumes = [
        Volume(root, "/", "/dev/vda1", 40 * GIB, 0.22, 0.48, whole(root, -1, 10 * DAY_S, 40 * DAY_S),
               whole(root, -2, 0, 40 * DAY_S)),
        Volume(work, f"/var/lib/{kind.name}", "/dev/vdb1", whole(work, -3, 1, 8) * 100 * GIB, 0.35, 0.97,
               whole(work, -1, 2_400, 7_200) if hasty else whole(work, -1, 1 * DAY_S, 9 * DAY_S),
               whole(work, -2, 0, 9 * DAY_S)),
    ]  # fmt: skip
    if number % GUEST_EVERY == 2:
        cycle_s = whole(guest, -1, 900, 1_800)
        volumes.append(
            Volume(guest, "/mnt/backup", "/dev/vdc1", 2_000 * GIB, 0.50, 0.80, cycle_s, whole(guest, -2, 0, DAY_S),
                   mounted_s=cycle_s // 3)
        )  # fmt: skip
    return volumes
