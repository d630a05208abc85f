"""In which order the database's jobs change: at no moment may a refresh reach rows that a job deletes."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest

from services.ingest.storage.policies import Policy, desired_policies, policy_changes
from services.ingest.storage.retention import Retention
from shared.families import FAMILIES

CPU = [FAMILIES["cpu"]]


def jobs(retention: Retention, raw_kept_days: float | None = None) -> list[Policy]:
    """Return what a retention asks for the family cpu."""
    kept = retention.of("raw") if raw_kept_days is None else timedelta(days=raw_kept_days)
    return desired_policies(CPU, retention, kept)


def words(statements: list[str]) -> list[str]:
    """Return statements as their verb, kind and relation."""
    found = []
    for statement in statements:
        call, _, rest = statement.partition("(")
        name = call.split()[1].removesuffix("_policy").replace("continuous_aggregate", "refresh").replace("_", " ")
        found.append(f"{name} {rest.split(chr(39))[1].removeprefix('metrics.')}")
    return found


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        pytest.param(Retention(), Retention(), [], id="nothing changed"),
        pytest.param(
            Retention(), Retention(raw_days=3),
            ["remove refresh cpu_1m", "add refresh cpu_1m", "remove refresh cpu_5m", "add refresh cpu_5m",
             "remove refresh cpu_1h", "add refresh cpu_1h", "remove retention cpu", "add retention cpu"],
            id="raw rows are kept shorter: refreshes first",
        ),
        pytest.param(
            Retention(raw_days=3), Retention(),
            ["remove retention cpu", "add retention cpu", "remove refresh cpu_1m", "add refresh cpu_1m",
             "remove refresh cpu_5m", "add refresh cpu_5m", "remove refresh cpu_1h", "add refresh cpu_1h"],
            id="raw rows are kept longer: refreshes last",
        ),
        pytest.param(
            Retention(), Retention(rollup_1h_days=400), ["remove retention cpu_1h", "add retention cpu_1h"],
            id="only the coarsest level",
        ),
    ],
)  # fmt: skip
def test_refreshes_reach_less_before_and_further_after_what_deletes(
    before: Retention, after: Retention, expected: list[str]
) -> None:
    changes = words(policy_changes(jobs(before), jobs(after)))
    assert [change for change in changes if "columnstore" not in change and "sample_sets" not in change] == expected


def test_a_raised_retention_does_not_let_a_refresh_reach_what_went_before() -> None:
    present, raised = jobs(Retention(raw_days=3)), jobs(Retention(raw_days=7), raw_kept_days=3)
    reach = {policy.relation: policy.after for policy in present if policy.kind == "refresh"}
    assert {policy.relation: policy.after for policy in raised if policy.kind == "refresh"} == reach


def test_a_new_installation_gets_every_job_once() -> None:
    added = words(policy_changes([], jobs(Retention())))
    assert len(added) == len(set(added)) == len(jobs(Retention()))


@pytest.mark.parametrize(("level", "every_s"), [("1m", 60), ("5m", 300), ("1h", 900)])
def test_refreshes_of_a_level_take_turns(level: str, every_s: int) -> None:
    policies = desired_policies(list(FAMILIES.values()), Retention(), Retention().of("raw"))
    refreshes = sorted(policy.begins for policy in policies if policy.begins and policy.relation.endswith(f"_{level}"))
    assert len(refreshes) == sum(family.rollups for family in FAMILIES.values())
    apart = [(after - before).total_seconds() for before, after in pairwise(refreshes)]
    apart.append(every_s - sum(apart))
    assert min(apart) >= every_s // len(refreshes)


def test_a_family_has_the_same_turn_whoever_is_provisioned_beside_it() -> None:
    every = set(desired_policies(list(FAMILIES.values()), Retention(), Retention().of("raw")))
    assert {policy for policy in jobs(Retention()) if policy.kind == "refresh"} <= every


def test_refreshes_that_were_made_to_start_together_are_made_anew() -> None:
    together = [replace(policy, begins=None) for policy in jobs(Retention())]
    assert words(policy_changes(together, jobs(Retention()))) == [
        f"{verb} refresh cpu_{level}" for level in ("1m", "5m", "1h") for verb in ("remove", "add")
    ]
    assert policy_changes(jobs(Retention()), jobs(Retention())) == []
