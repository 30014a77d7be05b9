"""A rate limit on a server that fails: a call's own outcome wins."""

from __future__ import annotations

import time

import pytest

from genesys_cloud import ClientCredentials, Pacing, RateLimitError, RetryConfiguration
from genesys_cloud.errors import BudgetError
from genesys_core.api import users
from genesys_core.oauth import Token
from genesys_core.session.budget import RatePlace, RemoteBudget, token_key
from tests.helpers.fake_time import FakeTime
from tests.helpers.flavours import Api, every_flavour, settled
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


class Granting(Failing):
    """Grants places at once, and records whether the client says that it had places before."""

    def __init__(self) -> None:
        super().__init__()
        self.requests: list[tuple[str, bool]] = []

    async def take_place(self, key, lanes, *, ticket, had_places, is_blocking):
        self.requests.append((key, had_places))
        return RatePlace(0.0, 1, 0)


@every_flavour
def test_a_new_token_has_had_no_places(run):
    """Otherwise Redis would seem to have lost its state, and pause all machines for a window."""
    tokens = ({"access_token": f"token-{n}", "expires_in": 3600} for n in range(2))

    def answer(seen):
        return Reply(json=next(tokens) if seen.path == "/oauth/token" else {"id": "u"})

    async def scenario(api: Api) -> None:
        await api.send(ME)
        await api.send(ME)
        await settled(api.client.auth.refresh())
        await api.send(ME)
        await api.send(ME)

    budget, auth = Granting(), ClientCredentials("id", "secret")
    with scripted_server(answer) as server:
        run(scenario, host=server.url, auth=auth, budget=budget, pacing=Pacing())
    one, two = (token_key(Token(f"token-{n}")) for n in range(2))
    assert budget.requests == [(one, False), (one, True), (two, False), (two, True)]


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
        assert (
            "other calls are not paused, because the shared rate limit was not closed: no reply"
            in caught.value.__notes__
        )

    retry = RetryConfiguration(max_retry_time_sec=60 if retries else 0)
    with scripted_server(lambda _: replies[len(server.requests) - 1]) as server:
        options = {"budget": Failing(), "pacing": Pacing(), "retry": retry}
        run(scenario, host=server.url, access_token="t", **options)
