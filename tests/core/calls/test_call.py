"""What a call knows of itself: its time, its history, its errors."""

import msgspec
import pytest
from msgspec.structs import replace

from genesys_core import errors
from genesys_core.calls.lifecycle import NeedToken, start
from genesys_core.http.headers import Headers
from genesys_core.http.known_secrets import KnownSecrets
from genesys_core.http.messages import Response, Timeout, TransportFailure
from genesys_core.oauth import ClientCredentials, Token
from genesys_core.session.retry import RetryConfiguration
from genesys_core.session.vault import Vault
from tests.strategies.calls import CUT_OFF, UNSENT, at, operation, reply, session, with_token


def call(method="GET", begin=0.0, **options):
    return start(operation(method).with_options(**options), session(), now=at(begin)).call


def test_its_time():
    timed = call(begin=100, deadline=5)
    assert (timed.expires, timed.elapsed(at(103))) == (105, 3)
    assert not timed.expired(at(104.999))
    assert timed.expired(at(105))
    assert not call(begin=100).expired(at(1e9))


def test_its_next_request_has_no_more_time_than_there_is():
    timed = call(deadline=30, timeout=Timeout(connect=1, read=None, write=40, pool=30))
    assert timed.next_request(at(10)).timeout == Timeout(connect=1, read=20, write=20, pool=20)
    assert timed.next_request(at(10)).expires == 30
    assert timed.next_request(None) == timed.request


def test_its_history_grows():
    noted = (
        call(begin=10)
        .with_attempt(CUT_OFF, "again", now=at(11))
        .with_attempt(reply(503), "enough", now=at(15))
    )
    assert [(a.number, a.outcome, a.seconds, a.decision, a.status) for a in noted.attempts] == [
        (1, "the connection was reset", 1, "again", None),
        (2, "HTTP 503", 5, "enough", 503),
    ]


def test_its_errors_show_no_token():
    error = call(headers={"Authorization": "Bearer hush"}).error(reply(400))
    assert "hush" not in repr(error.request) + repr(error) + str(error)
    assert isinstance(error, errors.BadRequestError)
    assert isinstance(call().error(CUT_OFF), errors.ConnectionClosedError)
    assert call().error(reply(429), 7).retry_after == 7


def test_a_401_without_a_token_says_how_to_pass_one():
    (note,) = call().error(reply(401)).__notes__
    assert "sent without a token; pass auth=" in note
    for response, other in (
        (reply(403), call()),
        (reply(401), replace(call(), token=Token("t"))),
        (reply(401), call(headers={"authorization": "Bearer x"})),
        (reply(401), replace(call(), login=None)),  # a token request, or one to another host
    ):
        assert not hasattr(other.error(response), "__notes__")


@pytest.mark.parametrize(("method", "safe"), [("GET", True), ("POST", False)])
def test_its_end_tells_whether_it_may_be_made_again(method, safe):
    policy = RetryConfiguration(max_retry_time_sec=60, repeat_unsafe=True)
    state = start(operation(method), session(retry=policy), now=at(0)).failed(CUT_OFF, now=at(0))
    error = state.call.with_history(errors.GenesysCloudError("x"))
    assert error.attempts == state.call.attempts
    assert error.is_retry_safe is (True if safe else None)
    refused = state.call.with_history(state.call.error(reply(400)))
    assert refused.is_retry_safe is safe
    assert state.call.timeout_error("slow").sent


def test_what_was_not_sent_may_be_sent_again():
    post = start(operation("POST"), session(), now=at(0)).call
    error = post.with_history(post.error(UNSENT))
    assert error.is_retry_safe
    assert error.attempts == ()


def test_a_timeout_is_that_of_its_deadline_unless_another_is_named():
    timed = call(deadline=2.5)
    assert timed.timeout_error().message == "the call's deadline of 2.5 s has passed"
    assert timed.timeout_error("slow").message == "slow"
    assert not timed.timeout_error().sent


def test_a_rejected_token_is_replaced_once():
    state = start(operation(), session(vault=with_token("t")), now=at(0))
    need = state.received(reply(401), now=at(1))
    assert isinstance(need, NeedToken)
    assert (state.call.refreshed, need.call.refreshed) == (False, True)


def test_its_token_is_put_on_last():
    own = start(operation(), session(vault=with_token("t")), now=at(0)).call
    assert own.next_request(at(0)).headers["authorization"] == "Bearer t"
    assert "authorization" not in own.request.headers


def test_a_token_is_only_for_calls_of_its_login_host():
    assert replace(call(), login=None).uses_login_host("https://login.example")
    of_a_host = replace(call(), login="https://login.example")
    assert of_a_host.uses_login_host("https://login.example")
    assert not of_a_host.uses_login_host("https://other.example")


def test_a_retry_has_no_more_time_than_the_budget_leaves():
    policy = RetryConfiguration(max_retry_time_sec=20)
    timed = call(retry=policy, timeout=60).with_attempt(reply(503), "again", now=at(5))
    assert timed.next_request(at(8)).timeout.read == 12
    assert timed.next_request(at(18.75)).timeout.read == 1.25
    assert timed.next_request(at(19.25)).timeout.read == 1
    timed = call(retry=policy, timeout=60, deadline=15).with_attempt(reply(503), "", now=at(5))
    assert timed.next_request(at(8)).timeout.read == 7
    timed = call(retry=policy, timeout=60, deadline=25).with_attempt(reply(503), "", now=at(5))
    assert timed.next_request(at(8)).timeout.read == 12


def test_a_replaced_token_is_no_retry_and_a_post_is_not_cut_off():
    policy = RetryConfiguration(max_retry_time_sec=20)
    with_another_token = call(retry=policy, timeout=60).with_attempt(reply(401), "", now=at(5))
    assert with_another_token.next_request(at(8)).timeout.read == 60
    retry = with_another_token.with_attempt(reply(503), "again", now=at(6))
    assert retry.next_request(at(8)).timeout.read == 12
    post = call("POST", retry=policy, timeout=60).with_attempt(reply(429), "", now=at(5))
    assert post.next_request(at(8)).timeout.read == 60


def test_no_secret_of_the_client_is_in_its_history_or_its_error():
    held = {"token": Token("hunter2-access", refresh_token="hunter2-refresh")}
    grant = ClientCredentials("id", "hunter2-secret")
    secrets = KnownSecrets.of(["hunter2-proxy"])
    begun = start(operation(), session(), now=at(0)).call
    begun = replace(begun, vault=Vault(grant, **held), secrets=secrets)
    said = " ".join(begun.known_secrets.values)
    assert said.count("hunter2") == 4
    assert "aWQ6aHVudGVyMi1zZWNyZXQ=" in said  # as a Basic header has it
    failure = TransportFailure(f"no: {said}", kind="proxy", sent=False)
    noted = begun.with_attempt(failure, f"gave up: {said}", now=at(1))
    error = noted.with_history(
        noted.error(
            Response(400, Headers({"X-Echo": said}), msgspec.json.encode({"message": said}))
        )
    )
    assert "hunter2" not in f"{noted.attempts}{error}{error.attempts}{error.response!r}"
    assert "hunter2" in error.headers["x-echo"]
