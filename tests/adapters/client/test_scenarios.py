"""The same scenarios through all three drivers, over real loopback sockets."""

from __future__ import annotations

import threading
from inspect import isawaitable

import pytest

from genesys_cloud import ClientCredentials, RefreshToken, RetryConfiguration
from genesys_core import errors, models
from genesys_core.api import users
from genesys_core.calls.operation import raw_operation
from genesys_core.http.messages import Timeout
from tests.helpers.flavours import Api, every_flavour
from tests.helpers.server import TOKEN, Raw, Reply, Seen, Stall, refused_url, scripted_server

GRANT = ClientCredentials("id", "secret")


def token_then(answer):
    """A handler that hands out token-1, token-2, ... and leaves the rest to ``answer``."""
    lock = threading.Lock()
    given = iter(range(1, 1000))

    def handler(seen: Seen):
        if seen.path == "/oauth/token":
            with lock:
                return Reply(json={**TOKEN, "access_token": f"token-{next(given)}"})
        return answer(seen)

    return handler


@every_flavour
def test_a_token_is_obtained_once_and_carried(run):
    async def scenario(api: Api) -> None:
        me = await api.send(users.get_users_me(expand=["presence", "geolocation"]))
        assert (me.id, me.name) == ("1", "Ann")
        assert isinstance(me, models.UserMe)
        await api.send(users.get_users_me())

    with scripted_server(token_then(lambda _: Reply(json={"id": "1", "name": "Ann"}))) as server:
        run(scenario, host=server.url, auth=GRANT)
    token, first, second = server.requests
    assert (token.method, token.path) == ("POST", "/oauth/token")
    assert token.body == b"grant_type=client_credentials"
    assert token.header("authorization") == "Basic aWQ6c2VjcmV0"
    assert token.header("content-type") == "application/x-www-form-urlencoded"
    assert (first.method, first.target) == (
        "GET",
        "/api/v2/users/me?expand=presence&expand=geolocation",
    )
    assert first.header("authorization") == second.header("authorization") == "Bearer token-1"
    assert first.header("accept") == "application/json"
    assert first.header("content-type") is None
    assert first.body == b""


@every_flavour
def test_the_fluent_methods_send_what_the_builders_build(run):
    async def scenario(api: Api) -> None:
        answer = api.client.users.get_user("a/b")
        user = answer if isinstance(answer, models.User) else await answer
        assert user.id == "1"

    with scripted_server(lambda _: Reply(json={"id": "1"})) as server:
        run(scenario, host=server.url)
    (seen,) = server.requests
    assert seen.target == "/api/v2/users/a%2Fb"
    assert seen.header("authorization") is None


@every_flavour
def test_a_delete_whose_first_reply_was_lost_with_a_reused_connection_has_succeeded(run):
    groups = {"g-1"}

    async def scenario(api: Api) -> None:
        await api.send(users.get_users_me())
        assert (await api.send_raw(raw_operation("DELETE", "/api/v2/groups/g-1"))).status == 404
        with pytest.raises(errors.NotFoundError):
            await api.send(raw_operation("DELETE", "/api/v2/groups/g-1"))

    def handler(seen: Seen):
        if seen.method == "GET":
            return Reply(json={"id": "1"})
        if groups:
            groups.clear()
            return Raw()
        return Reply(404, json={"message": "no such group"})

    with scripted_server(handler) as server:
        run(scenario, host=server.url)


@every_flavour
def test_many_calls_at_once_share_one_exchange(run):
    async def scenario(api: Api) -> None:
        found = await api.at_once(50, lambda: api.send(users.get_users_me()))
        assert [me.id for me in found] == ["1"] * 50

    with scripted_server(token_then(lambda _: Reply(json={"id": "1"}))) as server:
        run(scenario, host=server.url, auth=GRANT, refresh_token_wait_max=60)
    assert len(server.asked("/oauth/token")) == 1


@every_flavour
def test_a_rejected_token_is_replaced_once(run):
    def answer(seen: Seen):
        if seen.header("authorization") == "Bearer token-1":
            return Reply(401, {"message": "expired", "code": "credentials.expired"})
        return Reply(json={"id": "1"})

    async def scenario(api: Api) -> None:
        assert (await api.send(users.get_users_me())).id == "1"

    with scripted_server(token_then(answer)) as server:
        run(scenario, host=server.url, auth=GRANT)
    assert len(server.asked("/oauth/token")) == 2
    sent = [seen.header("authorization") for seen in server.asked("/api/v2/users/me")]
    assert sent == ["Bearer token-1", "Bearer token-2"]


@every_flavour
def test_a_server_that_refuses_every_token_gets_two(run):
    async def scenario(api: Api) -> None:
        with pytest.raises(errors.AuthenticationError, match="no good") as caught:
            await api.send(users.get_users_me())
        assert caught.value.code == "bad.credentials"

    refusal = Reply(401, {"message": "no good", "code": "bad.credentials"})
    with scripted_server(token_then(lambda _: refusal)) as server:
        run(scenario, host=server.url, auth=GRANT)
    assert len(server.asked("/oauth/token")) == 2
    assert len(server.asked("/api/v2/users/me")) == 2


@every_flavour
def test_a_refresh_token_is_rotated(run):
    def handler(seen: Seen):
        if seen.path == "/oauth/token":
            number = len(server.asked("/oauth/token"))
            return Reply(json={"access_token": f"a{number}", "refresh_token": f"r{number}"})
        return Reply(401) if seen.header("authorization") == "Bearer a1" else Reply(json={})

    async def scenario(api: Api) -> None:
        await api.send(users.get_users_me())

    with scripted_server(handler) as server:
        run(scenario, host=server.url, auth=RefreshToken("id", "secret", "r0"))
    spent = [seen.body for seen in server.asked("/oauth/token")]
    assert spent == [
        b"grant_type=refresh_token&refresh_token=r0",
        b"grant_type=refresh_token&refresh_token=r1",
    ]


@every_flavour
def test_a_static_token_is_not_renewed(run):
    async def scenario(api: Api) -> None:
        with pytest.raises(errors.AuthenticationError):
            await api.send(users.get_users_me())

    with scripted_server(lambda _: Reply(401)) as server:
        run(scenario, host=server.url, access_token="mine")
    assert [seen.header("authorization") for seen in server.requests] == ["Bearer mine"]


@every_flavour
def test_the_login_hosts_refusal_reaches_every_caller_and_the_next_may_try_again(run):
    refusal = Reply(400, {"error": "invalid_client", "description": "client not found"})

    def handler(seen: Seen):
        first = len(server.asked("/oauth/token")) == 1
        return refusal if first else token_then(lambda _: Reply(json={"id": "1"}))(seen)

    async def scenario(api: Api) -> None:
        with pytest.raises(errors.InvalidClientError, match="client not found") as caught:
            await api.send(users.get_users_me())
        assert caught.value.error == "invalid_client"
        assert (await api.send(users.get_users_me())).id == "1"

    with scripted_server(handler) as server:
        run(scenario, host=server.url, auth=GRANT)
    assert len(server.asked("/oauth/token")) == 2


@every_flavour
def test_with_retry_on_a_429_is_waited_out(run):
    def handler(_: Seen):
        if len(server.requests) <= 2:
            return Reply(429, {"message": "slow down"}, headers=(("Retry-After", "0.01"),))
        return Reply(json={"id": "1"})

    async def scenario(api: Api) -> None:
        assert (await api.send(users.get_users_me())).id == "1"

    with scripted_server(handler) as server:
        run(scenario, host=server.url, retry=RetryConfiguration(max_retry_time_sec=60))
    assert len(server.requests) == 3


@every_flavour
def test_with_retry_off_a_429_is_an_error_that_says_how_long(run):
    async def scenario(api: Api) -> None:
        with pytest.raises(errors.RateLimitError) as caught:
            await api.send(users.get_users_me())
        assert caught.value.retry_after == 42
        assert caught.value.is_retry_safe

    answer = Reply(429, {"message": "slow down"}, headers=(("Retry-After", "42"),))
    with scripted_server(lambda _: answer) as server:
        run(scenario, host=server.url)
    assert len(server.requests) == 1


@every_flavour
def test_an_error_says_what_the_platform_said(run):
    body = {
        "message": "Unable to find a user with that id",
        "code": "not.found",
        "status": 404,
        "entityId": "u1",
        "entityName": "user",
        "contextId": "c1",
        "details": [{"errorCode": "x"}],
        "errors": [],
    }

    async def scenario(api: Api) -> None:
        with pytest.raises(errors.NotFoundError) as caught:
            await api.send(users.get_user("u1"))
        error = caught.value
        assert (error.status, error.code, error.entity_id) == (404, "not.found", "u1")
        assert error.correlation_id == "corr-1"
        assert "Unable to find a user with that id" in str(error)

    answer = Reply(404, body, headers=(("ININ-Correlation-Id", "corr-1"),))
    with scripted_server(lambda _: answer) as server:
        run(scenario, host=server.url)


@every_flavour
def test_repeated_headers_read_as_one(run):
    async def scenario(api: Api) -> None:
        response = await api.send_raw(users.get_users_me())
        assert response.headers["server"] == "Google, FrontEnd"
        assert response.headers.get_list("Server") == ["Google", "FrontEnd"]
        assert response.correlation_id == "c"
        assert response.raw == b"{}"

    fields = (("Server", "Google"), ("Server", "FrontEnd"), ("ININ-Correlation-Id", "c"))
    with scripted_server(lambda _: Reply(json={}, headers=fields)) as server:
        run(scenario, host=server.url)


@every_flavour
def test_no_content_is_none(run):
    async def scenario(api: Api) -> None:
        assert await api.send(users.delete_user("1")) is None

    with scripted_server(lambda _: Reply(204)) as server:
        run(scenario, host=server.url)


@every_flavour
def test_nobody_listening_is_a_connect_error_and_nothing_was_sent(run):
    async def scenario(api: Api) -> None:
        with pytest.raises(errors.ConnectError) as caught:
            await api.send(users.post_users({"name": "x"}))
        assert not caught.value.sent
        assert caught.value.is_retry_safe

    run(scenario, host=refused_url())


@every_flavour
@pytest.mark.parametrize(
    "half",
    [b"", b"HTTP/1.1 200 OK\r\nContent-Le", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{"],
)
def test_a_post_cut_off_is_not_repeated(run, half):
    async def scenario(api: Api) -> None:
        with pytest.raises(errors.TransportError) as caught:
            await api.send(users.post_users({"name": "x"}))
        assert caught.value.sent
        assert not caught.value.is_retry_safe

    with scripted_server(lambda _: Raw(half)) as server:
        run(scenario, host=server.url, retry=RetryConfiguration(max_retry_time_sec=60))
    assert len(server.requests) == 1


@every_flavour
def test_a_get_cut_off_is_repeated_where_retry_is_on(run):
    def handler(_: Seen):
        return Raw(b"HTTP/1.1 200 OK\r\n") if len(server.requests) < 3 else Reply(json={"id": "1"})

    async def scenario(api: Api) -> None:
        assert (await api.send(users.get_users_me())).id == "1"

    retry = RetryConfiguration(max_retry_time_sec=60, retry_after_default=0.01)
    with scripted_server(handler) as server:
        run(scenario, host=server.url, retry=retry)
    assert len(server.requests) == 3


@every_flavour
def test_silence_is_a_timeout(run):
    async def scenario(api: Api) -> None:
        with pytest.raises(errors.TimeoutError) as caught:
            await api.send(users.get_users_me().with_options(timeout=Timeout(read=0.05)))
        assert isinstance(caught.value, TimeoutError)
        assert caught.value.sent

    with scripted_server(lambda _: Stall()) as server:
        run(scenario, host=server.url)


@every_flavour
def test_pages_are_followed_to_the_last(run):
    def handler(seen: Seen):
        number = int(dict(seen.query).get("pageNumber", 1))
        people = [{"id": f"{number}-{index}"} for index in range(2)]
        return Reply(json={"entities": people, "pageNumber": number, "pageCount": 3})

    async def scenario(api: Api) -> None:
        found = await api.items(users.get_users(page_size=2))
        assert [user.id for user in found] == ["1-0", "1-1", "2-0", "2-1", "3-0", "3-1"]
        assert [page.page_number for page in await api.pages(users.get_users())] == [1, 2, 3]

    with scripted_server(handler) as server:
        run(scenario, host=server.url)
    assert [dict(seen.query).get("pageNumber") for seen in server.requests[:3]] == [None, "2", "3"]
    assert all(dict(seen.query)["pageSize"] == "2" for seen in server.requests[:3])


@every_flavour
def test_a_next_page_on_another_host_is_refused_once_the_one_before_is_handed_out(run):
    async def scenario(api: Api) -> None:
        handed_out = []
        with pytest.raises(errors.PaginationError, match="does not point to") as caught:
            await api.each_page(users.get_users(), handed_out.append)
        assert caught.value.link == "https://elsewhere.example/api/v2/users"
        assert [user.id for page in handed_out for user in page.entities] == ["1"]

    page = {"entities": [{"id": "1"}], "nextUri": "https://elsewhere.example/api/v2/users"}
    with scripted_server(lambda _: Reply(json=page)) as server:
        run(scenario, host=server.url, access_token="t")
    assert len(server.requests) == 1


@every_flavour
def test_a_path_that_the_definition_lacks(run):
    async def scenario(api: Api) -> None:
        operation = raw_operation(
            "patch", "/api/v2/new/thing", query={"a": [1, 2]}, body={"x": None}
        )
        assert await api.send(operation) == {"any": ["thing"]}
        answer = api.client.request(
            "patch",
            "/api/v2/new/thing",
            query={"a": [1, 2]},
            body={"x": None},
            headers={"X-A": "b"},
        )
        assert (await answer if isawaitable(answer) else answer) == {"any": ["thing"]}

    with scripted_server(lambda _: Reply(json={"any": ["thing"]})) as server:
        run(scenario, host=server.url)
    for seen in server.requests:
        assert (seen.method, seen.target) == ("PATCH", "/api/v2/new/thing?a=1&a=2")
        assert seen.body == b'{"x":null}'
    assert [seen.header("x-a") for seen in server.requests] == [None, "b"]


@every_flavour
def test_bad_values_are_refused_before_anything_is_sent(run):
    operations = [
        lambda: users.get_user(""),
        lambda: users.get_user(".."),
        lambda: users.post_users(["not", "an", "object"]),
        lambda: users.post_users(None),
        lambda: users.post_users("text"),
        lambda: users.post_users(object()),
        lambda: users.get_users_me().with_options(headers={"X": "a\r\nb"}),
        lambda: users.get_users_me().with_options(timeout=-1),
    ]

    async def scenario(api: Api) -> None:
        for make in operations:
            with pytest.raises(errors.InvalidValueError) as caught:
                await api.send(make())
            assert isinstance(caught.value, ValueError)
            assert isinstance(caught.value, errors.GenesysCloudError)

    with scripted_server(lambda _: Reply()) as server:
        run(scenario, host=server.url, auth=GRANT)
    assert server.requests == []


@every_flavour
def test_a_wrong_call_is_a_type_error(run):
    async def scenario(api: Api) -> None:
        for wrong in ({}, {"user_id": "1", "misspelt": True}):
            with pytest.raises(TypeError):
                api.client.users.get_user(**wrong)

    with scripted_server(lambda _: Reply()) as server:
        run(scenario, host=server.url)
    assert server.requests == []


@every_flavour
def test_what_the_definition_does_not_know_goes_through(run):
    async def scenario(api: Api) -> None:
        sent = {"name": "x", "brandNew": {"a": 1}, "state": "half-active"}
        user = await api.send(users.post_users(sent))
        assert user.state == "half-active"
        await api.send(users.get_users_me(expand=["somethingNew"]))

    with scripted_server(lambda _: Reply(json={"state": "half-active"})) as server:
        run(scenario, host=server.url)
    post, get = server.requests
    assert post.body == b'{"name":"x","brandNew":{"a":1},"state":"half-active"}'
    assert get.query == [("expand", "somethingNew")]
