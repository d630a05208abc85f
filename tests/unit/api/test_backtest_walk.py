"""What a back-test makes of samples and of buckets, as tables: incidents as `reached/fired-over level`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from services.api.backtest.samples import SECOND, interval_s_of, microseconds
from services.api.metrics.times import Range
from shared.alerts.rule import Rule
from shared.alerts.series import SERIES_PER_HOST_MAX
from tests.unit.api.backtesting import SPAN, Told, rule_packing, said, slices, tried, walk_of
from tests.unit.shared.alerts.rules import rule
from tests.unit.shared.alerts.timelines import at

CPU = rule(name="cpu", warning=80, critical=90)
HELD = rule(name="held", warning=80, critical=90, for_seconds=60)
LOW = rule(name="low", comparison="below", warning=30, critical=20)
DISK = rule(name="disk", family="disk", column="used_percent", warning=80, critical=90)
DISKS = rule(name="disks", family="disk", column="used_percent", aggregate="sum", warning=150, critical=180)


def samples(words: str) -> list[Told]:
    """Return samples of the processor every 5 s; `-` is none, `8x85` eight times 85."""
    told, second = [], 0.0
    for word in words.split():
        count, _, value = word.rpartition("x")
        for _ in range(int(count or 1)):
            if value != "-":
                told.append(Told(second, {(): float(value)}))
            second += 5
    return told


@pytest.mark.parametrize(
    ("judge", "words", "expected"),
    [
        pytest.param(CPU, "50 85 76 74", "5/5-15 W", id="over once it came back by more than clear"),
        pytest.param(CPU, "50 85 95 85 10", "5/5-20 C", id="the worst level counts"),
        pytest.param(CPU, "50 85", "5/5- W", id="still firing"),
        pytest.param(HELD, "50 13x85 10", "5/65-70 W", id="a hold"),
        pytest.param(HELD, "50 12x85 10", "", id="a hold that is not filled"),
        pytest.param(HELD, "10x85 4x- 10x85", "", id="a gap within a hold"),
        pytest.param(HELD, "13x85 9x- 5x85 50", "0/60-135 W", id="a gap while it fires says nothing"),
        pytest.param(
            HELD, "13x85 6x95 85 7x95 10", "0/60-135 W", id="a hold of critical that is broken while it fires"
        ),
        pytest.param(HELD, "13x85 14x95 10", "0/60-135 C", id="a hold of critical while it fires"),
        pytest.param(LOW, "50 25 15 33 36", "5/5-20 C", id="below"),
        pytest.param(CPU, "79.9999 80 10 90 10", "5/5-10 W, 15/15-20 C", id="the level itself, as it was sent"),
    ],
)
def test_samples(judge: Rule, words: str, expected: str) -> None:
    assert said(tried(judge, samples(words))) == expected


@pytest.mark.parametrize("level", [80.1, 33.3, 0.1, 99.9])
def test_a_level_that_was_sent_counts_although_it_is_stored_as_a_real(level: float) -> None:
    judge = rule(name="cpu", warning=level, critical=..., clear=0.05)
    assert said(tried(judge, [Told(0, {(): level}), Told(5, {(): level - 0.01})])) == "0/0- W"


def test_the_value_is_that_at_which_it_fired_and_the_peak_the_worst() -> None:
    (incident,) = tried(HELD, samples("50 14x85 88 97.5 3x86 10"))
    assert (incident.value, incident.peak, incident.seconds) == (85.0, 97.5, 95.0)
    (low,) = tried(LOW, samples("50 25 12.5 25 50"))
    assert (low.value, low.peak) == (25.0, 12.5)


def test_whole_numbers_keep_all_their_digits_as_the_evaluator_tells_them() -> None:
    judge = rule(name="full", family="disk", column="used_bytes", warning=1_000_000_000, critical=...)
    told = [Told(0, {("/x", "x"): 1_234_567_890.0}), Told(5, {("/x", "x"): 2_345_678_901.0})]
    (incident,) = tried(judge, told)
    assert (incident.value, incident.peak) == (1_234_567_890, 2_345_678_901)


def test_each_series_has_incidents_of_its_own_and_an_aggregate_one_for_all() -> None:
    values = [{"x": 50.0, "y": 85.0}, {"x": 95.0, "y": 85.0}, {"x": 50.0, "y": 50.0}]
    told = [Told(5.0 * place, {(f"/{name}", name): value for name, value in each.items()})
            for place, each in enumerate(values)]  # fmt: skip
    incidents = tried(DISK, told)
    assert said(incidents) == "0/0-10 W /y y, 5/5-10 C /x x"
    assert [incident.labels for incident in incidents] == [{"mount": f"/{x}", "device": x} for x in "yx"]
    assert said(tried(DISKS, told)) == "5/5-10 C"


def test_a_series_that_is_gone_is_over() -> None:
    told = [Told(0, {("/x", "x"): 95.0, ("/y", "y"): 5.0})]
    told += [Told(5.0 * tick, {("/y", "y"): 5.0}) for tick in range(1, 6)]
    assert said(tried(DISK, told)) == "0/0-20 C /x x series gone"


def test_what_was_over_when_the_range_began_is_none_of_it_and_what_reaches_into_it_is() -> None:
    told = samples("85 10 85 85 85 10 85 10")
    walk = walk_of(CPU, Range(at(15), at(100)))
    for part in slices(rule_packing(CPU)[1], told):
        walk.sampled(part, 5.0)
    assert said(walk.incidents.finished()) == "10/10-25 W, 30/30-35 W"
    assert (walk.incidents.count, walk.incidents.seconds) == (2, 20.0)


def test_the_newest_incidents_are_kept_and_all_are_counted() -> None:
    walk = walk_of(CPU, SPAN, kept_max=2)
    for part in slices(rule_packing(CPU)[1], samples("85 10 95 10 85 10 95")):
        walk.sampled(part, 5.0)
    assert said(walk.incidents.finished()) == "20/20-25 W, 30/30- C"
    assert (walk.incidents.summary.incidents, walk.incidents.summary.critical) == (4, 2)


def test_no_more_series_are_watched_than_an_evaluator_watches() -> None:
    walk = walk_of(DISK)
    values = {(f"/{number}", "d"): 95.0 for number in range(SERIES_PER_HOST_MAX + 5)}
    for part in slices(rule_packing(DISK)[1], [Told(0, values)]):
        walk.sampled(part, 10.0)
    assert (len(walk.incidents.finished()), walk.left_out_count) == (SERIES_PER_HOST_MAX, 5)


def test_no_more_sources_are_watched_than_an_evaluator_watches() -> None:
    walk = walk_of(CPU)
    for part in slices(rule_packing(CPU)[1], [Told(0, {(): 95.0}, f"s{number}") for number in range(20)]):
        walk.sampled(part, 1.0)
    assert (len(walk.incidents.finished()), walk.left_out_count) == (16, 4)


def buckets(
    words: str, *, labels: Sequence[tuple[Any, ...]] = ((),), width: float = 60.0
) -> tuple[list[Told], list[Told]]:
    """Return buckets one after another: `50:95` from 50 to 95, `-` none, `3x50:60` three times; of all series alike."""
    least, most, time = [], [], 0.0
    for word in words.split():
        count, _, both = word.rpartition("x")
        for _ in range(int(count or 1)):
            if both != "-":
                low, _, high = both.partition(":")
                least.append(Told(time, dict.fromkeys(labels, float(low))))
                most.append(Told(time, dict.fromkeys(labels, float(high or low))))
            time += width
    return least, most


@pytest.mark.parametrize(
    ("judge", "words", "expected"),
    [
        pytest.param(CPU, "50:60 50:95 50:60", "60/60-120 C", id="a peak within one bucket ends in the next"),
        pytest.param(CPU, "50 50:95 90:99 82:95 70:90 50", "60/60-299 C", id="one incident, and not one a bucket"),
        pytest.param(CPU, "50:82 76:79 74:79", "0/0-179 W", id="what stays above clear goes on"),
        pytest.param(CPU, "50:82 77:95 50", "0/0-120 C", id="a warning may become critical"),
        pytest.param(HELD, "50 50:95 90:95 50:95 50", "", id="a hold needs every sample"),
        pytest.param(HELD, "50 50:95 91:95 92:95 50:95 50", "120/180-240 C",
                     id="a hold through two buckets"),
        pytest.param(HELD, "85:86 - 85:86 50", "", id="a bucket that is missing is a gap"),
        pytest.param(LOW, "50 25:50 15:25 40:50", "60/60-180 C", id="below"),
    ],
)  # fmt: skip
def test_buckets_of_a_minute(judge: Rule, words: str, expected: str) -> None:
    assert said(bucketed(judge, words)) == expected


def bucketed(judge: Rule, words: str, width_s: int = 60, **more: Any) -> Any:
    walk = walk_of(judge)
    _, packing = rule_packing(judge, is_raw=False)
    walk.buckets(slices(packing, *buckets(words, width=float(width_s), **more)), width_s)
    return walk.incidents.finished()


def test_a_hold_that_is_shorter_than_a_bucket_is_filled_within_it() -> None:
    assert said(bucketed(HELD, "50 85:88 50", width_s=300)) == "300/599-600 W"


def test_the_peak_of_buckets_is_the_worst_in_them() -> None:
    (incident,) = bucketed(HELD, "3x85:88 86:99 50")
    assert (incident.value, incident.peak) == (85.0, 99.0)


def test_an_aggregate_puts_extremes_together() -> None:
    labels = [("/x", "x"), ("/y", "y")]
    assert said(bucketed(DISKS, "50 60:80 50 50:70", labels=labels)) == "60/60-120 W"


def test_history_goes_on_from_buckets_to_samples() -> None:
    walk = walk_of(HELD)
    walk.buckets(slices(rule_packing(HELD, is_raw=False)[1], *buckets("50 85:88 85:88")), 60)
    for part in slices(rule_packing(HELD)[1], [Told(180 + 5.0 * tick, {(): 85.0}) for tick in range(3)]):
        walk.sampled(part, 5.0)
    assert said(walk.incidents.finished()) == "60/120- W"


def test_a_rule_that_looks_back_takes_the_average_of_a_bucket() -> None:
    judge = rule("rate", name="rate", column="used_bytes", warning=100, window_seconds=600)
    walk = walk_of(judge)
    _, packing = rule_packing(judge, is_raw=False)
    told = [Told(60.0 * minute, {("/", "d"): 12_000.0 * max(0, minute - 10)}) for minute in range(30)]
    walk.buckets(slices(packing, told), 60)
    (incident,) = walk.incidents.finished()
    assert (incident.until, incident.value >= 100) == (None, True)


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        pytest.param([0, 5, 10, 15, 20], 5.0, id="regular"),
        pytest.param([0, 5, 10, 25, 30, 60, 65], 5.0, id="with some missing"),
        pytest.param([0, 10, 20, 25, 30], 5.0, id="as many of both: the lesser"),
        pytest.param([0, 30, 60], 10.0, id="too few to tell"),
        pytest.param([], 10.0, id="none"),
        pytest.param([7, 7, 7, 7, 7], 10.0, id="one instant"),
    ],
)
def test_how_often_a_source_tells(seconds: list[int], expected: float) -> None:
    assert interval_s_of([microseconds(at(0)) + second * SECOND for second in seconds], 10.0) == expected


def test_a_slow_host_is_judged_by_its_own_rhythm() -> None:
    walk = walk_of(HELD)
    told = [Told(30.0 * tick, {(): 85.0}) for tick in range(8)]
    walk.samples(slices(rule_packing(HELD)[1], told))
    assert said(walk.incidents.finished()) == "0/60- W"
    assert said(tried(HELD, told, interval_s=1.0)) == "", "each distance would be a gap"


def one_by_one(learnt: Sequence[float]) -> str:
    """Return what comes of a host that tells every ten minutes, where each slice holds one of its samples."""
    walk = walk_of(HELD)
    walk.learn({"system": [microseconds(at(second)) for second in learnt]} if learnt else {})
    for told in [Told(600.0 * tick, {(): 85.0 if tick < 4 else 10.0}) for tick in range(6)]:
        walk.samples(slices(rule_packing(HELD)[1], [told]))
    return said(walk.incidents.finished())


def test_a_host_that_tells_seldom_is_judged_by_the_rhythm_that_was_learnt_of_it() -> None:
    assert one_by_one([600.0 * tick for tick in range(100, 120)]) == "0/600-2400 W"
    assert one_by_one([]) == "", "each distance would be a gap"
    assert one_by_one([0.0, 600.0, 1_200.0]) == "", "too few to learn from"


def test_a_slice_that_tells_a_rhythm_of_its_own_is_judged_by_that() -> None:
    walk = walk_of(HELD)
    walk.learn({"system": [microseconds(at(600.0 * tick)) for tick in range(100, 120)]})
    for part in (samples("10x85"), [Told(100.0 + 5 * tick, {(): 85.0}) for tick in range(10)]):
        walk.samples(slices(rule_packing(HELD)[1], part))
    assert said(walk.incidents.finished()) == "", "a minute without any is a gap of who tells every five seconds"
