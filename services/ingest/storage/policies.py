"""The jobs that TimescaleDB's community edition runs for us, and in which order they may be changed; pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from services.ingest.storage.hypertables import interval
from services.ingest.storage.retention import LEDGER_KEPT_LONGER, Retention, raw_chunk, reach, rollup_chunk
from shared.families import FAMILIES
from shared.family import Family
from shared.resolution import LEVEL_SECONDS
from shared.rollups import ROLLUP_LEVELS, RollupLevel, relation
from shared.sql import LEDGER, table

Kind = Literal["refresh", "retention", "columnstore"]

COLUMNSTORE_AFTER = timedelta(hours=1)
COLUMNSTORE_EVERY = timedelta(minutes=15)
RETENTION_EVERY = timedelta(hours=1)
_REFRESH_EVERY: dict[RollupLevel, timedelta] = {
    "1m": timedelta(minutes=1),
    "5m": timedelta(minutes=5),
    "1h": timedelta(minutes=15),
}
_SCHEDULES_BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
_TAKING_TURNS = sorted(family.name for family in FAMILIES.values() if family.rollups)
_LATE = timedelta(minutes=1)
"""A live sample set may be this old when it is published: younger buckets are left to the real-time part."""

JOBS_SQL = """SELECT CASE proc_name
        WHEN 'policy_refresh_continuous_aggregate' THEN 'refresh'
        WHEN 'policy_retention' THEN 'retention'
        ELSE 'columnstore'
    END AS kind,
    hypertable_schema || '.' || hypertable_name AS relation,
    coalesce(config ->> 'start_offset', config ->> 'drop_after', config ->> 'compress_after')::interval AS after,
    (config ->> 'end_offset')::interval AS until,
    CASE proc_name WHEN 'policy_refresh_continuous_aggregate' THEN initial_start END AS begins
FROM timescaledb_information.jobs
WHERE proc_name IN ('policy_refresh_continuous_aggregate', 'policy_retention', 'policy_compression')
    AND hypertable_schema = 'metrics'"""


@dataclass(frozen=True, slots=True)
class Policy:
    """One job: how far back it reaches (refresh), or after which age it acts.

    `until` is a refresh's end, `begins` the instant that its schedule counts from.
    """

    kind: Kind
    relation: str
    after: timedelta
    until: timedelta | None = None
    begins: datetime | None = None


def desired_policies(families: Sequence[Family], retention: Retention, raw_kept: timedelta) -> list[Policy]:
    """Return every job that these families and this retention ask for; raw rows are complete for `raw_kept`."""
    policies = [
        Policy("columnstore", LEDGER, COLUMNSTORE_AFTER),
        Policy("retention", LEDGER, retention.of("raw") + LEDGER_KEPT_LONGER),
    ]
    for family in families:
        policies.append(Policy("columnstore", table(family), COLUMNSTORE_AFTER))
        policies.append(Policy("retention", table(family), retention.of_family(family)))
        for level in ROLLUP_LEVELS if family.rollups else ():
            policies += _of_rollup(family, level, retention, min(raw_kept, retention.of_family(family)))
    return policies


def policy_changes(present: Sequence[Policy], desired: Sequence[Policy]) -> list[str]:
    """Return the statements that turn the present jobs into the desired ones, in the safe order.

    Refreshes that reach less far come first, then what deletes, last what reaches further: at no moment may a
    refresh reach rows that a job deletes.
    """
    before = {(policy.kind, policy.relation): policy for policy in present}
    shorter, acting, longer = [], [], []
    for policy in desired:
        known = before.get((policy.kind, policy.relation))
        if known == policy:
            continue
        changes = [*([_removal(policy)] if known else []), *_additions(policy)]
        if policy.kind != "refresh":
            acting += changes
        elif known is not None and policy.after <= known.after:
            shorter += changes
        else:
            longer += changes
    return shorter + acting + longer


def _of_rollup(family: Family, level: RollupLevel, retention: Retention, raw_kept: timedelta) -> list[Policy]:
    name, chunk = relation(family, level), raw_chunk(min(raw_kept, retention.of_family(family)), 0)
    bucket = timedelta(seconds=LEVEL_SECONDS[level])
    until = bucket + _LATE if level == ROLLUP_LEVELS[0] else bucket
    # The database wants a refresh to span two buckets at least.
    start = max(reach(level, retention, raw_kept, chunk), until + 2 * bucket)
    return [
        Policy("refresh", name, start, until, _turn(family, level)),
        Policy("retention", name, retention.of(level)),
        # What a refresh may still reach stays out of the columnstore.
        Policy("columnstore", name, start + rollup_chunk(level, retention)),
    ]


def _turn(family: Family, level: RollupLevel) -> datetime:
    """Return from when on a family's refreshes are due: spread over the time from one to the next.

    Those of all families at once would hold up what is stored meanwhile.
    """
    share = _TAKING_TURNS.index(family.name) / len(_TAKING_TURNS)
    return _SCHEDULES_BEGIN + timedelta(seconds=int(share * _REFRESH_EVERY[level].total_seconds()))


def _additions(policy: Policy) -> list[str]:
    after = interval(policy.after)
    if policy.kind == "retention":
        return [
            f"SELECT add_retention_policy('{policy.relation}', drop_after => {after}, "
            f"schedule_interval => {interval(RETENTION_EVERY)})"
        ]
    if policy.kind == "columnstore":
        return [
            f"CALL add_columnstore_policy('{policy.relation}', after => {after}, "
            f"schedule_interval => {interval(COLUMNSTORE_EVERY)})"
        ]
    assert policy.until is not None
    assert policy.begins is not None
    every = _REFRESH_EVERY[_level(policy.relation)]
    return [
        f"SELECT add_continuous_aggregate_policy('{policy.relation}', start_offset => {after}, "
        f"end_offset => {interval(policy.until)}, schedule_interval => {interval(every)}, "
        f"initial_start => timestamptz '{policy.begins:%Y-%m-%d %H:%M:%S%z}')"
    ]


_REMOVALS: Mapping[Kind, str] = {
    "refresh": "SELECT remove_continuous_aggregate_policy('{}', if_exists => true)",
    "retention": "SELECT remove_retention_policy('{}', if_exists => true)",
    "columnstore": "CALL remove_columnstore_policy('{}', if_exists => true)",
}


def _removal(policy: Policy) -> str:
    return _REMOVALS[policy.kind].format(policy.relation)


def _level(name: str) -> RollupLevel:
    return next(level for level in ROLLUP_LEVELS if name.endswith(f"_{level}"))
