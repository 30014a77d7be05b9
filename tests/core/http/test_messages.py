import copy
import math
import pickle
from http import HTTPStatus
from typing import get_args

import msgspec
import pytest
from hypothesis import given

from genesys_core.errors import InvalidValueError
from genesys_core.http.headers import Headers
from genesys_core.http.known_secrets import KnownSecrets
from genesys_core.http.messages import (
    LONGEST,
    EncodedBody,
    FailureKind,
    Request,
    Response,
    Streamed,
    Timeout,
    TransportFailure,
)
from tests.strategies.values import responses

PHASES = ("connect", "read", "write", "pool")


def test_a_number_means_every_phase():
    assert Timeout.of(3) == Timeout(connect=3, read=3, write=3, pool=3)
    assert Timeout.given(2.5, Timeout()) == Timeout.of(2.5)


def test_a_time_is_at_most_a_thousand_million_seconds():
    assert Timeout.of(1e9).read == LONGEST
    with pytest.raises(InvalidValueError, match="at most 1e\\+09"):
        Timeout(read=math.nextafter(1e9, math.inf))


def test_without_a_timeout_each_phase_has_one():
    assert Timeout() == Timeout(connect=10, read=60, write=60, pool=10)


def test_nothing_given_means_the_default():
    default = Timeout.of(7)
    assert Timeout.given(None, default) is default
    assert Timeout.given(Timeout(), default) == Timeout()


@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize("seconds", [None, 0.001, 1, LONGEST])
def test_a_phase_may_take_any_time_or_for_ever(phase, seconds):
    assert getattr(Timeout(**{phase: seconds}), phase) == seconds


@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize("seconds", [0, -1, math.nan, math.inf, LONGEST * 2, "5", True, [1]])
def test_a_time_that_no_clock_can_count_is_refused(phase, seconds):
    with pytest.raises(InvalidValueError, match=f"timeout {phase}="):
        Timeout(**{phase: seconds})


def test_a_request_shows_neither_its_body_nor_its_secrets():
    headers = Headers({"Authorization": "Bearer hunter2", "Accept": "*/*"})
    request = Request("POST", "https://api.example/x", headers, b'{"password":"hunter2"}')
    assert repr(request) == (
        "Request(POST https://api.example/x, "
        "Headers(Authorization: [REDACTED], Accept: */*), 22 bytes)"
    )
    assert "no body" in repr(Request("GET", "https://api.example/x"))


def test_a_response_is_to_a_request_that_was_sent_once_unless_the_transport_says_otherwise():
    assert not Response(200).resent
    assert Response(200, Headers(), b"", resent=True).hiding(KnownSecrets()).resent


def test_the_response_of_a_hook_is_to_the_same_request_sent_as_often():
    once, twice = Response(200), Response(200, resent=True)
    own = Response(404)
    assert once.replaced_by(own) is own
    assert twice.replaced_by(own) == Response(404, resent=True)
    assert once.replaced_by(twice) == once


def test_a_response_shows_neither_its_body_nor_its_secrets():
    response = Response(200, Headers({"Set-Cookie": "hunter2"}), b"hunter2")
    assert repr(response) == "Response(200, Headers(Set-Cookie: [REDACTED]), 7 bytes)"


def test_a_streamed_response_shows_neither_its_chunks_nor_its_secrets():
    streamed = Streamed(200, Headers({"Set-Cookie": "hunter2"}), iter([b"hunter2"]))
    assert not streamed.resent
    assert repr(streamed) == "Streamed(200, Headers(Set-Cookie: [REDACTED]))"


@given(responses)
def test_messages_are_values(response):
    request = Request("GET", "https://api.example/x", response.headers)
    assert pickle.loads(pickle.dumps(response)) == response
    assert hash(copy.deepcopy(request)) == hash(request)
    with pytest.raises(AttributeError):
        response.status = 500


@pytest.mark.parametrize("kind", get_args(FailureKind))
@pytest.mark.parametrize("sent", [True, False])
def test_a_failure_tells_what_broke_and_whether_it_was_sent(kind, sent):
    failure = TransportFailure("it broke", kind=kind, sent=sent)
    failure.add_note("on a Tuesday")
    for same in (failure, copy.copy(failure), pickle.loads(pickle.dumps(failure))):
        assert (str(same), same.message, same.kind, same.sent) == (
            "it broke",
            "it broke",
            kind,
            sent,
        )
        assert repr(same) == f"TransportFailure('it broke', kind={kind!r}, sent={sent})"
        assert same.__notes__ == ["on a Tuesday"]


def test_a_request_that_a_hook_replaced_is_for_what_the_first_was_for():
    token = Request("POST", "https://login.example/oauth/token", purpose="token")
    other = Request("POST", "https://login.example/oauth/token", Headers({"X-Hook": "1"}))
    assert token.replaced_by(None) is token
    assert token.replaced_by(other) == msgspec.structs.replace(other, purpose="token")
    assert other.replaced_by(other) is other


def test_what_is_shown_of_a_message_holds_no_secret_and_no_body():
    headers = Headers({"Authorization": "Bearer hunter2", "Accept": "text/plain"})
    shown = Request("POST", "https://h/x?token=hunter2", headers, b"hunter2").redacted()
    assert "hunter2" not in f"{shown.url}{dict(shown.headers)}"
    assert (shown.method, shown.body, shown.headers["accept"]) == ("POST", None, "text/plain")
    answered = Response(200, headers, b"hunter2").redacted()
    assert (answered.status, answered.body) == (200, b"")
    assert "hunter2" not in str(dict(answered.headers))


# --- what a transport or hook of the caller's own gives ----------------------------------------------

RAW = (("Content-Type", "application/json"), ("Set-Cookie", "a"), ("Set-Cookie", "b"))


@pytest.mark.parametrize(
    ("given_headers", "raw"),
    [
        (Headers(RAW), RAW),
        (list(RAW), RAW),
        (iter(RAW), RAW),
        (dict(RAW), (RAW[0], RAW[2])),
        ([("X-Odd", "a\x00b")], (("X-Odd", "a\x00b"),)),
    ],
)
def test_a_response_takes_plain_headers_as_they_were_received(given_headers, raw):
    response = Response(200, given_headers, b"{}")
    assert type(response.headers) is Headers
    assert response.headers.raw == raw


def test_headers_that_are_none_are_refused():
    for wrong in (5, ["a"], [("a", "b", "c")], None):
        with pytest.raises(InvalidValueError, match="headers: must be a mapping"):
            Response(200, wrong)
    for wrong in ([(b"a", "b")], [("a", 1)], {1: "b"}):
        with pytest.raises(TypeError, match=r"header.* must be a str, not an? (bytes|int)"):
            Response(200, wrong)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"status": "200"}, "status must be a whole number, not a str"),
        ({"status": 200.0}, "status must be a whole number, not a float"),
        ({"status": 200, "body": "text"}, "body must be bytes, not a str"),
        ({"status": 200, "body": None}, "body must be bytes, not None"),
    ],
)
def test_a_response_of_a_wrong_kind_is_refused(said, words):
    with pytest.raises(TypeError, match=words):
        Response(**said)


def test_numbers_and_bytes_of_other_classes_are_taken():
    assert Response(HTTPStatus.OK, body=bytearray(b"{}")).status == 200


def test_what_a_hook_returns_is_taken_or_refused():
    response, other = Response(200), Response(201)
    assert response.replaced_by(None) is response
    assert response.replaced_by(other) is other
    with pytest.raises(TypeError, match="the result of a hook must be a Response or None, not a"):
        response.replaced_by(True)
    request = Request("GET", "https://x.example")
    with pytest.raises(TypeError, match="the result of a hook must be a Request or None, not a"):
        request.replaced_by(response)


def test_what_is_redacted_keeps_its_shape_and_loses_its_secrets():
    fields = Headers({"Authorization": "Bearer hunter2", "X-A": "1"})
    request = Request("POST", "https://x.example/y?code=hunter2", fields, b"hunter2").redacted()
    assert (request.method, request.url) == ("POST", "https://x.example/y?code=[REDACTED]")
    assert (request.headers.merged(), request.body) == (
        {"Authorization": "[REDACTED]", "X-A": "1"},
        None,
    )
    assert Response(401, fields, b"hunter2").redacted() == Response(401, fields.redacted())


def test_a_response_hides_what_its_request_says_of_who_sent_it():
    request = Request("GET", "https://h/x", Headers({"Authorization": "Bearer hunter2hunter2"}))
    response = Response(400, Headers({"X-Echo": "hunter2hunter2"}), b"body")
    hiding = response.hiding(request.known_secrets)
    assert hiding == response
    assert "hunter2" not in repr(hiding)
    assert "hunter2" in repr(response)


def test_a_body_that_encodes_itself_has_to_say_how():
    with pytest.raises(NotImplementedError):
        EncodedBody().encode()
