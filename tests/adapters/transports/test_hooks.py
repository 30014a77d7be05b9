"""Hooks, mock transports and clients with other options, in all three flavours."""

from __future__ import annotations

import json

import pytest

from genesys_cloud import AsyncClient, Client, ClientCredentials, RetryConfiguration
from genesys_cloud.testing import AsyncMockTransport, MockTransport, json_response
from genesys_cloud.transports.hooks import Hooks
from genesys_core import errors
from genesys_core.api import users
from genesys_core.http.messages import Request, Response, TransportFailure
from tests.helpers.flavours import Api, every_flavour
from tests.helpers.server import TOKEN

GRANT = ClientCredentials("id", "secret")


def transport_for(request: pytest.FixtureRequest, handler):
    kind = MockTransport if "sync" in request.node.callspec.id.split("-") else AsyncMockTransport
    return kind(handler)


def answer(request: Request) -> Response:
    return json_response(TOKEN if request.purpose == "token" else {"name": "Ann"})


@every_flavour
def test_hooks_see_every_attempt_token_exchanges_included(run, request) -> None:
    seen: list[tuple[str, str, int]] = []
    failing = iter([True, False])

    def handler(asked: Request) -> Response:
        if asked.purpose == "api" and next(failing):
            return json_response({"message": "busy"}, 503, {"Retry-After": "0.001"})
        return answer(asked)

    def before(asked: Request) -> Request:
        seen.append(("before", asked.purpose, 0))
        return Request(asked.method, asked.url, asked.headers.set("X-Hook", "1"), asked.body)

    def after(asked: Request, response: Response) -> None:
        seen.append(("after", asked.purpose, response.status))

    async def scenario(api: Api) -> None:
        assert (await api.send(users.get_users_me())).name == "Ann"

    mock = transport_for(request, handler)
    run(
        scenario,
        host="http://x.example",
        auth=GRANT,
        transport=mock,
        retry=RetryConfiguration(max_retry_time_sec=60),
        hooks=Hooks(before_request=[before], after_response=[after]),
    )
    assert seen == [
        ("before", "token", 0),
        ("after", "token", 200),
        ("before", "api", 0),
        ("after", "api", 503),
        ("before", "api", 0),
        ("after", "api", 200),
    ]
    assert [asked.headers["x-hook"] for asked in mock.requests] == ["1", "1", "1"]


@every_flavour
def test_a_hook_may_answer_in_place_of_the_platform(run, request) -> None:
    class Renaming:
        """Any callable will do."""

        def __call__(self, asked: Request, response: Response) -> Response:
            document = json.loads(response.body) | {"name": "Bob"}
            return json_response(document, response.status)

    async def scenario(api: Api) -> None:
        assert (await api.send(users.get_users_me())).name == "Bob"

    run(
        scenario,
        host="http://x.example",
        transport=transport_for(request, answer),
        hooks=Hooks(after_response=[Renaming()]),
    )


@every_flavour
@pytest.mark.parametrize("moment", ["before_request", "after_response"])
def test_an_exception_of_a_hook_is_the_callers(run, request, moment) -> None:
    class OwnError(Exception):
        pass

    def refuse(*_: object) -> None:
        raise OwnError

    async def scenario(api: Api) -> None:
        with pytest.raises(OwnError) as caught:
            await api.send(users.get_users_me())
        assert caught.value.__cause__ is caught.value.__context__ is None
        # The token lock is free again: a second call meets the hook, not a time-out.
        with pytest.raises(OwnError):
            await api.send(users.get_users_me())

    mock = transport_for(request, answer)
    hooks = Hooks(**{moment: [refuse]})
    retry = RetryConfiguration(max_retry_time_sec=60)
    run(scenario, host="http://x.example", auth=GRANT, transport=mock, hooks=hooks, retry=retry)
    assert len(mock.requests) == (0 if moment == "before_request" else 2)


@pytest.mark.parametrize("flavour", ["asyncio", "trio"])
def test_hooks_of_an_async_client_may_be_coroutine_functions(flavour: str) -> None:
    import anyio

    async def before(asked: Request) -> Request:
        await anyio.lowlevel.checkpoint()
        return Request(asked.method, asked.url, asked.headers.set("X-Hook", "1"))

    async def after(asked: Request, response: Response) -> None:
        await anyio.lowlevel.checkpoint()

    async def main() -> None:
        hooks = Hooks(before_request=[before], after_response=[after])
        client = AsyncClient(host="http://x.example", transport=mock, hooks=hooks, trust_env=False)
        assert (await client.users.get_users_me()).name == "Ann"

    mock = AsyncMockTransport(answer)
    anyio.run(main, backend=flavour)
    assert mock.requests[0].headers["x-hook"] == "1"


@every_flavour
def test_a_mock_can_fail_as_a_network_does(run, request) -> None:
    def handler(_: Request) -> Response:
        raise TransportFailure("reset", kind="closed", sent=True)

    async def scenario(api: Api) -> None:
        with pytest.raises(errors.ConnectionClosedError, match="reset"):
            await api.send(users.get_users_me())

    mock = transport_for(request, handler)
    run(scenario, host="http://x.example", transport=mock)
    assert mock.closed


@every_flavour
def test_a_client_with_other_options_shares_token_and_transport(run, request) -> None:
    async def scenario(api: Api) -> None:
        twin = api.client.with_options(headers={"X-Team": "blue"}, timeout=5)
        assert twin.users is not api.client.users
        assert twin._cell is api.client._cell  # with it token and pacer
        await finished(twin.users.get_users_me())
        await finished(api.client.users.get_users_me())
        own = users.get_users_me().with_options(headers={"X-Team": "red"})
        await finished(twin.with_options(deadline=9).send(own))

    async def finished(value):
        return await value if hasattr(value, "__await__") else value

    mock = transport_for(request, answer)
    run(scenario, host="http://x.example", auth=GRANT, transport=mock)
    token, first, second, third = mock.requests
    assert token.purpose == "token"
    assert [asked.headers.get("x-team") for asked in (first, second, third)] == [
        "blue",
        None,
        "red",
    ]
    assert (first.timeout.read, second.timeout.read) == (5, 60)
    assert third.timeout.read is not None
    assert third.timeout.read <= 5


def test_a_mock_transport_is_not_paced_and_a_platform_is() -> None:
    mock = MockTransport(answer)
    assert Client(host="http://x.example", transport=mock)._cell.session.pacer is None
    assert Client(host="http://127.0.0.1:1", trust_env=False)._cell.session.pacer is None
    assert Client(region="eu_west_1", trust_env=False)._cell.session.pacer is not None
    assert Client(region="eu_west_1", trust_env=False, pacing=None)._cell.session.pacer is None
