"""The names and attributes of spans and metrics: the conventions' words, and no ids or secrets."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from genesys_core.calls.lifecycle import Raised
from genesys_core.calls.operation import raw_operation
from genesys_core.errors import ConnectError
from genesys_core.http.headers import Headers
from genesys_core.http.messages import Request, Response, TransportFailure
from genesys_core.http.redaction import DEFAULT_REDACTION, Redaction
from genesys_core.observability import span_attributes as attributes
from genesys_core.observability.log_records import RoundTrip
from genesys_core.observability.observers import CallObserver, Observer
from genesys_core.session.pacing import Pacing
from genesys_core.session.retry import GiveUp, Repeat, RetryConfiguration
from tests.strategies.calls import CUT_OFF, Driver, operation, reply, scripted, session

RETRY = RetryConfiguration(max_retry_time_sec=600)


@pytest.mark.parametrize(
    ("operation_name", "label"),
    [
        ("get_users_me", "get_users_me"),
        ("oauth_token", "oauth_token"),
        ("GET /api/v2/users/1234", "GET"),
        ("PURGE /api/v2/users/1234", "HTTP"),
    ],
)
def test_a_call_is_counted_by_its_operation_or_its_method(operation_name, label):
    assert attributes.operation_label(operation_name) == label


@pytest.mark.parametrize(
    ("url", "address", "port"),
    [
        ("https://api.mypurecloud.ie/x", "api.mypurecloud.ie", 443),
        ("http://gw.example/x", "gw.example", 80),
        ("http://[::1]:8080/x", "::1", 8080),
        ("ftp://x.example/x", "x.example", 0),
        ("nothing", "", 0),
    ],
)
def test_the_server_of_a_request(url, address, port):
    assert attributes.server_attributes(Request("GET", url)) == {
        "http.request.method": "GET",
        "server.address": address,
        "server.port": port,
    }


def test_a_method_that_the_conventions_do_not_know():
    request = Request("PURGE", "https://x.example/y")
    assert attributes.server_attributes(request)["http.request.method"] == "_OTHER"
    found = attributes.request_attributes(request, DEFAULT_REDACTION)
    assert found["http.request.method_original"] == "PURGE"
    known = attributes.request_attributes(Request("PUT", "https://x.example"), DEFAULT_REDACTION)
    assert "http.request.method_original" not in known


def test_secrets_in_urls_are_hidden():
    request = Request("GET", "https://x.example/y?code=hunter2&phone=hunter3&a=1")
    found = attributes.request_attributes(request, Redaction(query={"phone"}))
    assert found["url.full"] == "https://x.example/y?code=[REDACTED]&phone=[REDACTED]&a=1"


def test_a_call_that_the_definition_lacks_has_no_template():
    found = attributes.endpoint_attributes(operation(path="/api/v2/users/{id}").endpoint)
    assert found == {"url.template": "/api/v2/users/{id}"}
    assert attributes.endpoint_attributes(raw_operation("GET", "/users/1234").endpoint) == {}


@given(st.integers(0, 100))
@example(1)
@example(2)
def test_the_count_of_resends_begins_with_the_second_request(sent):
    found = attributes.resend_attributes(sent)
    assert found == ({"http.request.resend_count": sent - 1} if sent > 1 else {})


@pytest.mark.parametrize(
    ("outcome", "status", "result"),
    [
        (
            reply(200),
            {"http.response.status_code": 200},
            {"http.response.status_code": 200},
        ),
        (
            reply(399),
            {"http.response.status_code": 399},
            {"http.response.status_code": 399},
        ),
        (
            reply(400),
            {"http.response.status_code": 400},
            {"http.response.status_code": 400, "error.type": "400"},
        ),
        (CUT_OFF, {}, {"error.type": "closed"}),
        (TransportFailure("x", kind="proxy", sent=False), {}, {"error.type": "proxy"}),
    ],
)
def test_how_one_request_ended(outcome, status, result):
    assert attributes.status_attributes(outcome) == status
    assert attributes.result_attributes(outcome) == result


@pytest.mark.parametrize(
    ("decision", "more"),
    [
        (None, {}),
        (
            Repeat(7.0, "HTTP 429"),
            {
                "genesys_cloud.decision": "repeat",
                "genesys_cloud.reason": "HTTP 429",
                "genesys_cloud.wait.seconds": 7.0,
            },
        ),
        (
            GiveUp("a 404 is not retryable"),
            {"genesys_cloud.decision": "give up", "genesys_cloud.reason": "a 404 is not retryable"},
        ),
    ],
)
def test_what_was_decided_after_an_attempt(decision, more):
    trip = RoundTrip(
        request=Request("GET", "https://x.example"),
        outcome=reply(200),
        wall=0.0,
        attempt=3,
        decision=decision,
    )
    assert attributes.decision_attributes(trip) == {"genesys_cloud.attempt": 3, **more}


@pytest.mark.parametrize(
    "decision", [Repeat(1.0, "access_token=hunter2"), GiveUp("access_token=hunter2")]
)
def test_a_reason_that_repeats_a_token_does_not_show_it(decision):
    trip = RoundTrip(
        request=Request("GET", "https://x.example"), outcome=reply(503), wall=0.0, decision=decision
    )
    assert "hunter2" not in str(attributes.decision_attributes(trip))


class Waits(Observer, CallObserver):
    """Keeps what calls wait for."""

    def __init__(self):
        self.kept = []

    def begin(self, operation_name, purpose, now):
        return self

    def waiting(self, waiting):
        self.kept.append(waiting)


def wait_after(*outcomes, **said):
    """The first wait of a call, or of the one after it."""
    waits = Waits()
    driver = Driver(session(**said), scripted(*outcomes), observers=(waits,))
    for _ in range(2):
        driver.call(operation())
    return waits.kept[0]


def test_what_a_call_waits_for():
    retry = wait_after(reply(503), reply(200), retry=RETRY)
    assert attributes.wait_reason_attributes(retry) == {"genesys_cloud.wait.reason": "retry"}
    pacing = wait_after(reply(200), pacing=Pacing(limit=1, window=10))
    assert attributes.wait_reason_attributes(pacing) == {"genesys_cloud.wait.reason": "pacing"}


@pytest.mark.parametrize(
    ("outcome", "result"),
    [
        (None, {"error.type": "cancelled"}),
        (Raised(ConnectError("x", sent=False)), {"error.type": "ConnectError"}),
    ],
)
def test_how_a_call_without_a_response_ended(outcome, result):
    assert attributes.call_result_attributes(outcome) == result
    assert attributes.correlation_attributes(outcome) == {}


@pytest.mark.parametrize(
    ("status", "result"), [(200, {}), (404, {"error.type": "404"}), (503, {"error.type": "503"})]
)
@pytest.mark.parametrize(
    ("headers", "correlation"),
    [
        ({"ININ-Correlation-Id": "c0ffee"}, {"genesys_cloud.correlation_id": "c0ffee"}),
        ({}, {}),
        ({"ININ-Correlation-Id": ""}, {}),
    ],
)
def test_how_a_call_with_a_response_ended(status, result, headers, correlation):
    response = Response(status, Headers(headers))
    outcome = Driver(session(), scripted(response)).call(operation())
    assert attributes.call_result_attributes(outcome) == result
    assert attributes.correlation_attributes(outcome) == correlation


def test_a_correlation_id_is_a_text():
    error = ConnectError("no route", sent=False)
    error.correlation_id = 5  # type: ignore[attr-defined]
    assert attributes.correlation_attributes(Raised(error)) == {}
    error.correlation_id = "c0ffee"  # type: ignore[attr-defined]
    assert attributes.correlation_attributes(Raised(error)) == {
        "genesys_cloud.correlation_id": "c0ffee"
    }


def test_a_notification_is_counted_by_the_template_of_its_topic():
    key = "genesys_cloud.notification.topic"
    found = attributes.topic_attributes("v2.users.{id}.presence")
    assert found == {key: "v2.users.{id}.presence"}
    assert attributes.topic_attributes(None) == {key: "_OTHER"}
