"""Budgets of many keys, as timelines."""

from __future__ import annotations

from shared.budget import Budgets


def test_a_key_has_a_burst_and_then_so_many_a_second() -> None:
    budgets = Budgets(3, 0.5, 10)
    assert [budgets.spend(0, "a") for _ in range(5)] == [True] * 3 + [False] * 2
    assert budgets.spend(0, "b"), "another key has its own"
    assert [budgets.spend(2, "a"), budgets.spend(2, "a")] == [True, False]
    assert [budgets.spend(1_000, "a") for _ in range(4)] == [True] * 3 + [False]


def test_the_keys_it_remembers_are_bounded() -> None:
    budgets = Budgets(1, 0.0, 2)
    assert [budgets.spend(0, key) for key in "abc"] == [True] * 3
    assert [budgets.spend(0, key) for key in "cb"] == [False] * 2
    assert budgets.spend(0, "a"), "the one used longest ago was forgotten"
