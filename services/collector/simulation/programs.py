"""Invents the processes of a host: some stay, some run for minutes, and each run has another id."""

from __future__ import annotations

from services.collector.simulation.load import Moment
from services.collector.simulation.memory import used_share
from services.collector.simulation.noise import noise
from services.collector.simulation.profile import PIDS_EACH, Profile, Program
from shared.families.process import PROCESS, Process

_OWN_SHARE = 0.92
"""The rest of what is used and worked is the kernel's."""


def process_rows(profile: Profile, moment: Moment) -> list[Process]:
    """Return what runs, those that use most CPU first; together at most what the machine uses."""
    tick_s = moment.tick_s
    asking = []
    for program in profile.programs:
        if runs(program, tick_s):
            asking.append((program.weight * (0.5 + noise(program.key, -tick_s)), program))
    asking.sort(key=lambda entry: -entry[0])
    weights = sum(weight for weight, _ in asking)
    weights_always = sum(program.weight for program in profile.programs)
    cpu_percent = 100.0 * moment.busy * _OWN_SHARE / weights
    resident_bytes = profile.memory_bytes * used_share(profile, tick_s) * _OWN_SHARE / weights_always
    return [
        Process(
            pid=pid_at(program, tick_s),
            name=program.name,
            cpu_percent=cpu_percent * weight,
            resident_bytes=int(resident_bytes * program.weight),
            memory_percent=100.0 * int(resident_bytes * program.weight) / profile.memory_bytes,
            threads_count=program.threads,
        )
        for weight, program in asking[: PROCESS.top]
    ]


def runs(program: Program, at_s: int) -> bool:
    """Return whether the program runs at this instant."""
    return (at_s + program.phase_s) % program.cycle_s < program.run_s


def pid_at(program: Program, at_s: int) -> int:
    """Return the id of the run that this instant is in."""
    run = (at_s + program.phase_s) // program.cycle_s
    return program.pid_first + int(noise(program.key, run) * PIDS_EACH)
