"""The simulation of a shared rate limit: what it grants, and that it agrees with the figures on paper."""

from __future__ import annotations

import pytest

from tests.benchmarks.simulate_budget import LANE, Behavior, most_in_a_minute, predict, simulate


@pytest.mark.parametrize(("workers", "trips"), [(1, 1.0), (200, 2.0)])
def test_the_simulation_agrees_with_the_figures_on_paper(workers, trips):
    windows = 3
    ran = simulate(workers, windows, seed=17)
    used = ran.calls / (LANE.limit * windows * LANE.window / 60)
    assert used == pytest.approx(predict(workers, Behavior()), abs=0.03)
    assert ran.round_trips / ran.calls == pytest.approx(trips, abs=0.1)
    assert most_in_a_minute(ran.times) <= LANE.limit
    assert simulate(workers, windows, seed=17) == ran


def test_workers_that_stall_or_die_lose_their_places_and_no_more():
    behavior = Behavior(stalls=0.2, deaths=0.1)
    ran = simulate(100, 3, seed=17, behavior=behavior)
    assert ran.lost > 100
    assert ran.died > 50
    assert most_in_a_minute(ran.times) <= LANE.limit
