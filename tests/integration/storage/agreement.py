"""Says where an answer of the API differs from the right one."""

from __future__ import annotations

import math

from services.api.metrics.schemas import MetricRange, Series
from shared.family import Family
from tests.integration.storage.oracle import Aggregate, Expected, Right
from tests.integration.storage.samples import Key

RELATIVE = 1e-9
"""Doubles may be added in any order."""
DIGITS = 6


def differences(family: Family, expected: Expected, answer: MetricRange, aggregate: Aggregate | None) -> list[str]:
    """Return what is wrong with an answer, nothing when it is right; no aggregate means rows as they are stored."""
    if answer.time != expected.time:
        missing, extra = set(expected.time) - set(answer.time), set(answer.time) - set(expected.time)
        return [f"time: {len(answer.time)} points, missing {sorted(missing)[:3]}, not right {sorted(extra)[:3]}"]
    found = {_key(series): series.values for series in answer.series}
    if found.keys() != expected.series.keys():
        return [f"series: {sorted(map(str, found))} instead of {sorted(map(str, expected.series))}"]
    whole = {gauge.name for gauge in family.gauges if gauge.sql_type == "bigint"}
    wrong = []
    for key, columns in expected.series.items():
        if found[key].keys() != columns.keys():
            wrong.append(f"{key}: columns {list(found[key])} instead of {list(columns)}")
            continue
        for name, cells in columns.items():
            wrong += [
                f"{key} {name} {time}: {cell} instead of {right}"
                for time, cell, right in zip(answer.time, found[key][name], cells, strict=True)
                if not is_right(cell, right, averaged=aggregate == "avg", whole=name in whole)
            ]
    return wrong


def is_right(cell: float | None, right: Right, *, averaged: bool, whole: bool) -> bool:
    """Return whether a cell shows one of the right numbers, rounded as the API rounds."""
    if cell is None:
        return not right or None in right
    if whole and not isinstance(cell, int):
        return False
    numbers = [number for number in right if number is not None]
    if averaged:
        return any(abs(cell - number) <= _half_unit(number, whole) + RELATIVE * abs(number) for number in numbers)
    return any(cell == (number if whole else float(f"{number:.{DIGITS}g}")) for number in numbers)


def _half_unit(number: float, whole: bool) -> float:
    """Return half of what the last digit shown stands for: the most that rounding moves a number."""
    if whole:
        return 0.5
    return 0.0 if number == 0 else 0.5 * 10.0 ** (math.floor(math.log10(abs(number))) - DIGITS + 1)


def _key(series: Series) -> Key:
    return (series.host, series.source, *series.labels.values())
