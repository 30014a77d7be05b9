"""Strategies for users: what they generate is what the platform may send, and a life is played as told."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from genesys_cloud import (
    ApiError,
    AsyncClient,
    Client,
    ClientCredentials,
    Gateway,
    Hosts,
    InvalidValueError,
    Pacing,
    Response,
    RetryConfiguration,
    TransportError,
    TransportFailure,
    decode,
    models,
    to_json,
)
from genesys_cloud.api import routing, users
from genesys_cloud.testing.lives import Life
from genesys_cloud.testing.strategies import (
    error_replies,
    failures,
    json_values,
    lives,
    models_of,
    replies,
    values_of,
)
from genesys_core import Pacer, Request, Returned, Session, Settings, Vault
from genesys_core.calls.lifecycle import Raised
from genesys_core.codec.model_tables import define_models
from tests.strategies.codec import Everything, Tree, real_models

few = settings(
    max_examples=30, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
ME = users.get_users_me()
RETRIES = RetryConfiguration(max_retry_time_sec=120, retry_max=5)


def new_client(life: Life, **options) -> tuple[Client, object]:
    transport = life.transport()
    options = {"access_token": "t", **options}
    client = Client(host="http://x.example", transport=transport, trust_env=False, **options)
    return client, transport


# --- what is generated


@pytest.mark.slow
@few
@given(models_of(Everything) | models_of(Tree, depth=3))
def test_models_are_what_a_reply_decodes_to(model) -> None:
    found = decode(type(model), to_json(model))
    assert found.data == model
    assert not found.issues


@pytest.mark.parametrize("model", real_models(25), ids=lambda model: model.__name__)
def test_any_model_of_the_platform_can_be_generated(model) -> None:
    @settings(few, max_examples=3)
    @given(models_of(model))
    def check(one) -> None:
        found = decode(model, to_json(one))
        assert found.data == one
        assert not found.issues

    check()


@pytest.mark.slow
@few
@given(models_of(models.User, state=st.just("active"), version=st.integers(1, 3)))
def test_named_fields_are_always_there(user) -> None:
    assert user.state == "active"
    assert user.version in {1, 2, 3}


def test_fields_may_be_absent_and_may_be_there() -> None:
    seen = set()

    @settings(few, max_examples=60)
    @given(models_of(models.Division))
    def collect(division) -> None:
        seen.update({("name", division.name is None), ("id", division.id is None)})

    collect()
    assert len(seen) == 4


def test_a_field_that_is_not_there_is_an_error() -> None:
    with pytest.raises(InvalidValueError, match=r"User has no field 'nmae'; its fields are .*name"):
        models_of(models.User, nmae=st.text())


@pytest.mark.slow
@few
@given(replies(models.User, name=st.just("Ann")))
def test_replies_decode_to_their_model_whatever_else_they_hold(reply) -> None:
    client, _ = new_client(Life((reply,)))
    whole = client.send_raw(users.get_user("u1"))
    assert whole.data.name == "Ann"
    assert not whole.issues


@pytest.mark.parametrize(
    "operation",
    [ME, users.get_users(), users.delete_user("u1"), routing.get_routing_queues()],
    ids=lambda operation: operation.endpoint.name,
)
def test_replies_answer_an_operation(operation) -> None:
    @settings(few, max_examples=10)
    @given(replies(operation))
    def check(reply) -> None:
        client, _ = new_client(Life((reply,)))
        assert not client.send_raw(operation).issues

    check()


@pytest.mark.slow
@few
@given(values_of(dict[str, list[Tree] | None]), json_values())
def test_values_of_any_type(value, anything) -> None:
    assert decode(dict[str, list[Tree] | None], to_json(value)).data == value
    assert to_json(anything) is not None


@few
@given(error_replies())
def test_error_replies_are_errors_of_their_status(reply) -> None:
    client, _ = new_client(Life((reply,)))
    with pytest.raises(ApiError) as caught:
        client.send(ME)
    assert caught.value.status == reply.status
    assert caught.value.correlation_id


@few
@given(error_replies(404, 429), failures(sent=False), failures(sent=True))
def test_statuses_and_certainty_can_be_chosen(reply, unsent, unsure) -> None:
    assert reply.status in {404, 429}
    assert not unsent.sent
    assert unsure.sent


@few
@given(failures())
def test_failures_are_transport_errors(failure) -> None:
    client, transport = new_client(Life((failure,)))
    with pytest.raises(TransportError):
        client.send(ME)
    assert len(transport.requests) == 1
    assert len(transport.arrived) == failure.sent


# --- lives


@few
@given(lives(ME, succeeds=True, max_failures=2))
def test_a_life_that_succeeds_ends_with_a_reply(life) -> None:
    assert life.outcomes[-1].status == 200
    assert len(life.outcomes) <= 3


@few
@given(lives(ME, succeeds=False, failing=failures()))
def test_a_life_that_fails_never_succeeds(life) -> None:
    assert isinstance(life.play(ME, retry=RETRIES).end, Raised)


@few
@given(lives(ME))
def test_a_client_and_the_core_meet_the_same_end(life) -> None:
    played = life.play(ME)
    client, transport = new_client(life)
    if isinstance(played.end, Returned):
        assert client.send_raw(ME).raw == played.end.response.raw
    else:
        with pytest.raises(type(played.end.error)):
            client.send_raw(ME)
    assert len(played.transport.requests) == len(transport.requests) == 1


@few
@given(lives(ME))
def test_an_async_client_meets_it_as_well(life) -> None:
    transport = life.async_transport()
    client = AsyncClient(
        host="http://x.example", access_token="t", transport=transport, trust_env=False
    )

    async def call() -> object:
        async with client:
            return (await client.send_raw(ME)).status

    played = life.play(ME)
    if isinstance(played.end, Returned):
        assert asyncio.run(call()) == 200
    else:
        with pytest.raises(type(played.end.error)):
            asyncio.run(call())
    assert len(transport.arrived) == len(played.transport.arrived)


def test_a_life_is_played_with_retries_and_no_time_passes() -> None:
    busy = Response(503, [("Retry-After", "7")])
    cut = TransportFailure("cut", kind="closed", sent=True)
    life = Life((busy, cut, Response(200, [("Content-Type", "application/json")], b'{"id":"u1"}')))
    played = life.play(ME, retry=RETRIES)
    assert played.end.response.data.id == "u1"
    assert played.waits[0] == 7.0
    assert played.seconds == sum(played.waits) > 7
    assert len(played.transport.requests) == len(played.transport.arrived) == 3
    assert life.play(ME, retry=RETRIES).waits == played.waits  # a life is a value


def test_a_life_is_played_with_a_session_of_ones_own() -> None:
    """A token is exchanged, a 429 closes the gate, and the rate limit is kept."""
    session = Session(
        Settings(hosts=Hosts.resolve(), retry=RETRIES),
        Vault(ClientCredentials("id", "secret")),
        lambda: 0.0,
        Pacer.of(Pacing()),
    )
    life = Life((Response(429, [("Retry-After", "3")]), Response(200, (), b"{}")))
    played = life.play(ME, session=session)
    assert isinstance(played.end, Returned)
    assert sum(played.waits) >= 3
    assert played.transport.requests[0].headers["Authorization"] == "Bearer token"


def test_a_client_with_a_grant_gets_its_token_beside_the_life() -> None:
    client, transport = new_client(
        Life((Response(200, (), b"{}"),)),
        access_token=None,
        auth=ClientCredentials("id", "secret"),
    )
    client.send(ME)
    assert [request.method for request in transport.requests] == ["GET"]


def test_threads_may_share_the_outcomes_of_a_life() -> None:
    """Each takes the next one, and the last one is repeated."""
    outcomes = tuple(Response(status) for status in (500, 502, 503, 200))
    transport = Life(outcomes).transport()
    with ThreadPoolExecutor(8) as pool:
        replies_ = list(pool.map(transport.send, [Request("GET", "https://x.example/")] * 40))
    assert sorted(reply.status for reply in replies_) == [200] * 37 + [500, 502, 503]
    assert Life(outcomes).transport().send(Request("GET", "https://x.example/")).status == 500


@pytest.mark.parametrize("operation", [users.delete_user("u1"), users.get_user_profileskills("u1")])
def test_fields_of_a_response_without_fields_are_an_error(operation) -> None:
    with pytest.raises(InvalidValueError, match="is not a model, so it has no field 'name'"):
        replies(operation, name=st.just("Ann"))


def test_a_life_has_an_outcome() -> None:
    with pytest.raises(ValueError, match="a life needs at least one outcome"):
        Life(())


def test_without_hypothesis_the_error_names_the_extra() -> None:
    script = (
        "import sys\n"
        "sys.modules['hypothesis'] = None\n"
        "import genesys_cloud.testing\n"
        "try:\n"
        "    import genesys_cloud.testing.strategies\n"
        "except ModuleNotFoundError as error:\n"
        "    print(error, error.name)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60
    )
    assert "pip install 'genesys-cloud[hypothesis]' hypothesis" in done.stdout


def test_the_gateway_is_not_part_of_a_life() -> None:
    """Token requests are told by their path, also behind a gateway."""
    transport = Life((Response(200, (), b"{}"),)).transport()
    client = Client(
        gateway=Gateway(host="gw.example", path_params_login="login", path_params_api="api"),
        auth=ClientCredentials("id", "secret"),
        transport=transport,
        trust_env=False,
    )
    client.send(ME)
    assert len(transport.requests) == 1


@given(st.data())
def test_values_of_a_union_are_of_all_its_kinds(data: st.DataObject) -> None:
    value = data.draw(values_of(_ZOO["AnyPet"]))
    assert isinstance(value, _ZOO["AnyPet"])
    if isinstance(value, (_ZOO["Cat"], _ZOO["Dog"])):
        assert value.pet_type == ("cat" if isinstance(value, _ZOO["Cat"]) else "Dog")
        assert decode(_ZOO["AnyPet"], to_json(value)).data == value
    assert data.draw(values_of(_ZOO["AnyPet"], depth=-1)) is not None


_ZOO: dict[str, Any] = {"__name__": __name__, "__package__": __package__}
define_models(_ZOO, "Dog pet_type name\nCat pet_type\nFish name\nAnyPet|petType Dog Cat=cat Fish")
