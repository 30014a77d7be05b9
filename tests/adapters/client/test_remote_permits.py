"""A rate limit on a server that fails: a call's own outcome wins."""

from __future__ import annotations

import time

import pytest

from genesys_cloud import Pacing, RateLimitError, RetryConfiguration
from genesys_cloud.errors import BudgetError
from genesys_core.api import users
from genesys_core.session.budget import RatePlace, RemoteBudget
from tests.helpers.fake_time import FakeTime
from tests.helpers.flavours import Api, every_flavour
from tests.helpers.server import Reply, scripted_server

ME = users.get_users_me()


class Failing:
    """Grants places, and fails to do anything else."""

    def __init__(self, *, wait: float = 0.0, fallback: float | None = None) -> None:
        self.wait, self.fallback = wait, fallback

    async def take_place(self, key, lanes, *, ticket, had_places, is_blocking):
        return RatePlace(self.wait, 1, 1 if self.wait else 0)

    async def leave_place(self, key, lanes, ticket, *, is_blocking):
        raise BudgetError("no reply")

    async def close_gate(self, key, seconds, *, is_blocking):
        raise BudgetError("no reply")


def test_it_is_a_budget():
    assert isinstance(Failing(), RemoteBudget)


@every_flavour
@pytest.mark.parametrize("fallback", [None, 0.5])
def test_a_place_that_is_too_late_and_cannot_be_released_is_the_rate_limits_error(run, fallback):
    async def scenario(api: Api) -> None:
        with pytest.raises(RateLimitError, match=r"the next request is allowed in 60 s") as caught:
            await api.send(ME.with_options(deadline=5))
        note = "the call's place in the shared rate limit was not released: no reply"
        assert note in caught.value.__notes__

    with scripted_server(lambda _: Reply(json={})) as server:
        budget = Failing(wait=60.0, fallback=fallback)
        run(scenario, host=server.url, access_token="t", budget=budget, pacing=Pacing())
    assert server.requests == []


@every_flavour
@pytest.mark.parametrize("retries", [False, True])
def test_a_429_is_the_outcome_even_if_the_gate_cannot_be_closed_for_others(
    run, retries, monkeypatch
):
    FakeTime(monkeypatch, time.monotonic())  # a retry takes no time
    replies = [Reply(429, {}, headers=(("Retry-After", "5"),)), Reply(json={"id": "u"})]

    async def scenario(api: Api) -> None:
        if retries:
            assert (await api.send(ME)).id == "u"
            return
        with pytest.raises(RateLimitError) as caught:
            await api.send(ME)
        assert "other calls are not paused: no reply" in caught.value.__notes__

    retry = RetryConfiguration(max_retry_time_sec=60 if retries else 0)
    with scripted_server(lambda _: replies[len(server.requests) - 1]) as server:
        options = {"budget": Failing(), "pacing": Pacing(), "retry": retry}
        run(scenario, host=server.url, access_token="t", **options)
