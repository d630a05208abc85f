"""Which answers the suite checks: one line each."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from tests.integration.storage.oracle import Aggregate
from tests.integration.storage.timeline import (
    HOUR_S,
    JUMP,
    JUMP_BACK_S,
    LATE_LONG,
    LATE_SHORT,
    MINUTE_S,
    NOBODY_SENT,
    ONE_WAS_OFF,
)

RANGES: dict[str, tuple[float, float]] = {
    "inside": (20 * HOUR_S + 13 * MINUTE_S + 7.25, 18 * HOUR_S + 1 * MINUTE_S + 3.5),
    "long": (23 * HOUR_S + 47 * MINUTE_S + 11, 1 * HOUR_S + 3 * MINUTE_S + 33),
    "gap of all": (NOBODY_SENT.older_s + 15 * MINUTE_S, NOBODY_SENT.younger_s - 11 * MINUTE_S),
    "gap of one": (ONE_WAS_OFF.older_s + 444, ONE_WAS_OFF.younger_s - 333),
    "late minutes": (LATE_SHORT.older_s + 500, LATE_SHORT.younger_s - 505),
    "late hours": (LATE_LONG.older_s + 1234, LATE_LONG.younger_s - 4321),
    "in late hours": (LATE_LONG.older_s - 2 * HOUR_S, LATE_LONG.older_s - 4 * HOUR_S - 5),
    "jump": (JUMP.older_s + JUMP_BACK_S + 600, JUMP.younger_s - 600),
    "in the jump": (JUMP.older_s + JUMP_BACK_S - 61, JUMP.younger_s + JUMP_BACK_S + 61),
    "empty": (NOBODY_SENT.older_s - 31 * MINUTE_S, NOBODY_SENT.younger_s + 40 * MINUTE_S),
    "before all": (90 * HOUR_S, 80 * HOUR_S),
    "quarter, now": (15 * MINUTE_S, 0),
    "quarter, hours ago": (5 * HOUR_S + 15 * MINUTE_S, 5 * HOUR_S),
    "6 h, now": (6 * HOUR_S, 0),
    "all, now": (75 * HOUR_S, 0),
    "one step": (10 * HOUR_S, 10 * HOUR_S - 1),
}
"""Name → seconds before the end of the samples."""

FIVE = "web-1,db_1,dbx1,web-2,web-3"
CPU = "cpu total_percent iowait_percent cores_count"
NET = "network receive_bytes_per_second used_percent"
DISK = "disk total_bytes used_percent inodes_used_count inodes_used_percent"

TABLE = f"""
level  step   points  aggregate  hosts          range          columns  labels
raw    -      10000   avg        web-1          inside         {CPU}
raw    -      10000   avg        web-1          jump           {CPU}
raw    -      10000   min        web-1          in the jump    {NET}
raw    -      10000   max        {FIVE}         late minutes   {CPU}
raw    -      10000   avg        web-*          quarter, now   {NET}
raw    -      10000   avg        *              gap of one     {DISK}
raw    -      10000   avg        db_?           in late hours  {DISK}
raw    -      10000   avg        *              empty          {CPU}
raw    -      10000   avg        nobody         quarter, now   {CPU}
raw    -      10000   avg        *              quarter, now   {NET}  interface:eth*
raw    30     -       avg        web-1          jump           {CPU}
raw    30     -       min        *              inside         {DISK}
raw    45     -       max        {FIVE}         late minutes   {NET}
raw    10     -       avg        {FIVE}         quarter, now   {CPU}
raw    20     -       avg        web-?          gap of all     {CPU}
raw    90     -       avg        *              in late hours  {NET}  interface:say "50 %" \\ _
raw    50     -       max        *              before all     {CPU}
1m     60     -       avg        web-1          inside         {CPU}
1m     60     -       min        web-1          jump           {CPU}
1m     60     -       max        web-1          late minutes   {DISK}
1m     60     -       avg        {FIVE}         late hours     {CPU}
1m     60     -       avg        *              gap of all     {NET}
1m     60     -       max        web-*          quarter, now   {NET}
1m     60     -       avg        {FIVE}         6 h, now       {DISK}
1m     60     -       avg        *              empty          {DISK}
1m     120    -       avg        *              gap of one     {CPU}
1m     240    -       min        {FIVE}         all, now       {CPU}
1m     660    -       avg        db_?           late hours     {DISK}
1m     60     -       avg        *              one step       {CPU}
1m     60     -       avg        *              inside         {DISK}  mount:/srv;device:/dev/*
5m     300    -       avg        web-1          inside         {CPU}
5m     300    -       avg        web-1          in the jump    {NET}
5m     300    -       max        {FIVE}         jump           {CPU}
5m     300    -       min        {FIVE}         late hours     {DISK}
5m     300    -       avg        *              long           {CPU}
5m     300    -       avg        *              gap of all     {DISK}
5m     600    -       max        db_?           late hours     {NET}
5m     900    -       avg        web-*          6 h, now       {CPU}
5m     300    -       avg        *              quarter, now   {DISK}
5m     1500   -       avg        {FIVE}         all, now       {NET}
5m     300    -       avg        *              empty          {CPU}
5m     300    -       min        *              long           {DISK}  mount:/;mount:/s*
1h     3600   -       avg        web-1          inside         {CPU}
1h     3600   -       avg        web-1          jump           {CPU}
1h     3600   -       max        {FIVE}         late hours     {DISK}
1h     3600   -       min        *              gap of all     {CPU}
1h     3600   -       avg        *              all, now       {DISK}
1h     3600   -       avg        web-*          quarter, now   {CPU}
1h     7200   -       avg        {FIVE}         all, now       {NET}
1h     21600  -       min        {FIVE}         long           {CPU}
1h     86400  -       max        *              all, now       {DISK}
1h     10800  -       avg        web-1,db_*     long           {DISK}
1h     3600   -       avg        *              before all     {CPU}
1h     3600   -       avg        *              one step       {NET}  interface:eth0
raw    -      500     avg        *              one step       {CPU}
1m     60     500     avg        {FIVE}         6 h, now       {CPU}
5m     300    500     max        *              long           {NET}
1h     3600   30      avg        *              long           {DISK}
"""


_AGGREGATES: dict[str, Aggregate] = {"avg": "avg", "min": "min", "max": "max"}


@dataclass(frozen=True, slots=True)
class Case:
    """One answer: what is asked, by step or by points, and the level and the step that must give it."""

    level: str
    step_s: int | None
    points_max: int | None
    aggregate: Aggregate
    hosts: tuple[str, ...]
    range: str
    family: str
    gauges: tuple[str, ...]
    labels: tuple[tuple[str, str], ...]

    def __str__(self) -> str:
        asked = f"{self.step_s} s" if self.points_max is None else f"{self.points_max} points"
        labels = "".join(f" {name}={value}" for name, value in self.labels)
        return f"{self.level} {asked} {self.aggregate} {','.join(self.hosts)} {self.family}{labels} {self.range}"

    def span(self, end: datetime) -> tuple[datetime, datetime]:
        """Return start and end of the range, for samples that end then."""
        older_s, younger_s = RANGES[self.range]
        return end - timedelta(seconds=older_s), end - timedelta(seconds=younger_s)


def cases() -> list[Case]:
    """Return the table's lines."""
    return [_case(*re.split(r"  +", line)) for line in TABLE.strip().splitlines()[1:]]


def _case(
    level: str, step: str, points: str, aggregate: str, hosts: str, span: str, columns: str, labels: str = ""
) -> Case:
    family, *gauges = columns.split(" ")
    pairs = [pair.partition(":") for pair in labels.split(";") if pair]
    return Case(
        level,
        None if step == "-" else int(step),
        None if points == "-" else int(points),
        _AGGREGATES[aggregate],
        tuple(hosts.split(",")),
        span,
        family,
        tuple(gauges),
        tuple((name, value) for name, _, value in pairs),
    )
