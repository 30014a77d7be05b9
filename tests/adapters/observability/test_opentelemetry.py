"""Spans and metrics of calls, as OpenTelemetry's SDK receives them."""

from __future__ import annotations

import inspect
import subprocess
import sys

import pytest
from opentelemetry import baggage, context, trace
from opentelemetry.baggage.propagation import W3CBaggagePropagator
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF
from opentelemetry.trace import SpanKind, StatusCode

from genesys_cloud import Client, ClientCredentials, RetryConfiguration
from genesys_core import errors
from genesys_core.api import external_contacts, users
from genesys_core.calls.operation import raw_operation
from genesys_core.http.headers import Headers
from genesys_core.http.messages import Request, Response
from genesys_core.http.redaction import Redaction
from genesys_core.observability.observers import Observer
from genesys_core.session.pacing import Pacing
from genesys_core.session.vault import Vault
from tests.helpers.flavours import Api, every_flavour
from tests.helpers.server import TOKEN, Reply, scripted_server
from tests.helpers.telemetry import Kept
from tests.strategies.calls import (
    CUT_OFF,
    Driver,
    at,
    operation,
    reply,
    scripted,
    session,
    token_reply,
)

RETRY = RetryConfiguration(max_retry_time_sec=600)
GRANT = ClientCredentials("id", "secret")


@pytest.fixture
def kept():
    made = Kept()
    yield made
    made.tracers.shutdown()
    made.meters.shutdown()


def drive(kept, *outcomes, wanted=None, seconds=0.0, **said):
    answers = scripted(*outcomes)
    driver = Driver(session(**said), answers, observers=(kept.telemetry,))
    driver.transport = lambda request, now: (answers(request, now)[0], seconds)
    kept.telemetry.clock = lambda: driver.now
    driver.call(wanted or operation())
    return driver


def test_one_span_a_call_by_the_conventions(kept):
    answer = Response(200, Headers({"ININ-Correlation-Id": "c0ffee"}))
    drive(kept, answer, wanted=operation(path="/api/v2/things"))
    (span,) = kept.spans
    assert (span.name, span.kind) == ("GET /api/v2/things", SpanKind.CLIENT)
    assert span.status.status_code is StatusCode.UNSET
    assert dict(span.attributes) == {
        "genesys_cloud.operation": "get_things",
        "genesys_cloud.purpose": "api",
        "http.request.method": "GET",
        "http.response.status_code": 200,
        "server.address": "api.mypurecloud.ie",
        "server.port": 443,
        "url.full": "https://api.mypurecloud.ie/api/v2/things",
        "url.template": "/api/v2/things",
        "genesys_cloud.correlation_id": "c0ffee",
    }
    assert span.instrumentation_scope.name == "genesys_cloud"
    assert span.instrumentation_scope.schema_url.startswith("https://opentelemetry.io/schemas/")


def test_an_event_for_each_attempt_and_each_wait(kept):
    drive(kept, reply(503), reply(429, "7"), reply(200), retry=RETRY)
    (span,) = kept.spans
    events = [(event.name.rpartition(".")[2], dict(event.attributes)) for event in span.events]
    assert [name for name, _ in events] == ["attempt", "wait", "attempt", "wait", "attempt"]
    second = events[2][1]
    assert second["genesys_cloud.attempt"] == 2
    assert second["http.response.status_code"] == 429
    assert second["error.type"] == "429"
    assert second["genesys_cloud.decision"] == "repeat"
    assert second["genesys_cloud.wait.seconds"] == 7
    assert "Retry-After" in second["genesys_cloud.reason"]
    assert events[3][1] == {"genesys_cloud.wait.reason": "retry", "genesys_cloud.wait.seconds": 7}
    assert span.attributes["http.request.resend_count"] == 2
    assert span.attributes["http.response.status_code"] == 200
    assert "error.type" not in span.attributes
    assert span.status.status_code is StatusCode.UNSET


def test_a_span_tells_of_its_last_attempt_alone(kept):
    drive(kept, reply(503), CUT_OFF, retry=RetryConfiguration(max_retry_time_sec=600, retry_max=1))
    (span,) = kept.spans
    assert "http.response.status_code" not in span.attributes
    assert span.attributes["error.type"] == "ConnectionClosedError"
    assert [dict(event.attributes).get("error.type") for event in span.events] == [
        "503",
        None,
        "closed",
    ]


def test_a_method_that_the_conventions_do_not_know(kept):
    drive(kept, reply(200, body=b"{}"), wanted=raw_operation("PURGE", "/x"))
    (span,) = kept.spans
    assert span.name == "HTTP"
    assert span.attributes["http.request.method"] == "_OTHER"
    assert span.attributes["http.request.method_original"] == "PURGE"
    (point,) = kept.metrics()["http.client.request.duration"]
    assert point.attributes["http.request.method"] == "_OTHER"
    assert "http.request.method_original" not in point.attributes


@pytest.mark.parametrize(
    ("outcome", "kind", "status"),
    [(reply(404), "404", 404), (CUT_OFF, "ConnectionClosedError", None)],
)
def test_a_failure(kept, outcome, kind, status):
    drive(kept, outcome)
    (span,) = kept.spans
    assert span.status.status_code is StatusCode.ERROR
    assert span.status.description is None
    assert span.attributes["error.type"] == kind
    assert span.attributes.get("http.response.status_code") == status


def test_a_call_that_is_cancelled(kept):
    call = kept.telemetry.begin("get_things", "api", at(0))
    call.ended(None, at(2))
    (span,) = kept.spans
    assert (span.name, span.attributes["error.type"]) == ("get_things", "cancelled")
    assert span.status.status_code is StatusCode.UNSET
    assert trace.get_current_span() is trace.INVALID_SPAN


def test_the_exchange_of_a_token_is_a_child_of_the_call_that_needs_it(kept):
    drive(kept, token_reply("t"), reply(200), vault=Vault(GRANT))
    exchange, call = kept.spans
    assert exchange.parent.span_id == call.context.span_id
    assert exchange.name == "POST /oauth/token"
    assert exchange.attributes["genesys_cloud.purpose"] == "token"
    assert call.parent is None


def test_a_call_is_a_child_of_what_the_program_does(kept):
    with kept.tracers.get_tracer("mine").start_as_current_span("mine"):
        drive(kept, reply(200))
    call, mine = kept.spans
    assert call.parent.span_id == mine.context.span_id


def test_a_call_that_the_definition_lacks_has_no_name_with_ids_in_it(kept):
    drive(kept, reply(200, body=b"{}"), wanted=raw_operation("GET", "/api/v2/users/1234"))
    (span,) = kept.spans
    assert (span.name, span.attributes["genesys_cloud.operation"]) == ("GET", "GET")
    assert "url.template" not in span.attributes
    for points in kept.metrics().values():
        assert "1234" not in str([dict(point.attributes) for point in points])


@every_flavour
def test_neither_a_download_nor_a_page_has_a_name_with_ids_or_secrets_in_it(run, kept, tmp_path):
    async def scenario(api: Api) -> None:
        done = api.client.download("/api/v2/files/1234?Signature=hunter2", tmp_path / "x")
        if inspect.isawaitable(done):
            await done
        assert len(await api.items(external_contacts.get_externalcontacts_scan_contacts())) == 2

    def handler(seen):
        last = "1234" in seen.target
        link = None if last else "/api/v2/externalcontacts/scan/contacts?cursor=1234"
        return Reply(json={"entities": [{"id": str(last)}], "nextUri": link})

    with scripted_server(handler) as server:
        run(scenario, host=server.url, telemetry=kept.telemetry)
        assert "hunter2" in server.requests[0].target
    listing = "GET /api/v2/externalcontacts/scan/contacts"
    assert [span.name for span in kept.spans] == ["GET", listing, listing]
    assert "hunter2" not in str([span.attributes for span in kept.spans])
    for points in kept.metrics().values():
        assert "1234" not in str([dict(point.attributes) for point in points])


def test_secrets_in_urls_are_hidden(kept):
    kept.telemetry.redaction = Redaction(query={"phone"})
    wanted = raw_operation("GET", "/x", query={"code": "hunter2", "phone": "hunter3", "a": "1"})
    drive(kept, reply(200, body=b"{}"), wanted=wanted)
    assert kept.spans[0].attributes["url.full"] == (
        "https://api.mypurecloud.ie/x?code=[REDACTED]&phone=[REDACTED]&a=1"
    )


# --- propagation ------------------------------------------------------------------------------------


def test_each_attempt_carries_the_trace(kept):
    driver = drive(kept, token_reply("t"), reply(503), reply(200), vault=Vault(GRANT), retry=RETRY)
    exchange, call = kept.spans
    carried = [request.headers["traceparent"].split("-")[1:3] for request in driver.sent]
    ids = [f"{span.context.trace_id:032x} {span.context.span_id:016x}" for span in (exchange, call)]
    assert [" ".join(pair) for pair in carried] == [ids[0], ids[1], ids[1]]


def test_what_the_caller_says_goes_through(kept):
    wanted = operation().with_options(headers={"Traceparent": "mine"})
    driver = drive(kept, reply(200), wanted=wanted)
    assert driver.sent[0].headers.get_list("traceparent") == ["mine"]


def test_propagation_can_be_switched_off_and_chosen():
    request, span = Request("GET", "https://h/x"), trace.INVALID_SPAN
    off = Kept(propagate_context=False)
    assert off.telemetry.carried(request, span) is request
    chosen = Kept(propagator=W3CBaggagePropagator())
    token = context.attach(baggage.set_baggage("who", "me"))
    try:
        assert chosen.telemetry.carried(request, span).headers.merged() == {"baggage": "who=me"}
    finally:
        context.detach(token)


def test_a_field_that_no_header_can_hold_is_left_behind():
    class Odd(W3CBaggagePropagator):
        def inject(self, carrier, context=None, setter=None):
            setter.set(carrier, "x-odd", "a\nb")
            setter.set(carrier, "x-even", "c")

    found = Kept(propagator=Odd()).telemetry.carried(
        Request("GET", "https://h/x"), trace.INVALID_SPAN
    )
    assert found.headers.merged() == {"x-even": "c"}


def test_a_trace_that_is_not_recorded_is_carried_all_the_same():
    kept = Kept(sampler=ALWAYS_OFF)
    driver = drive(kept, reply(200))
    assert kept.spans == ()
    flags = driver.sent[0].headers["traceparent"].rpartition("-")[2]
    assert int(flags, 16) & 1 == 0  # not sampled
    assert kept.metrics()["http.client.request.duration"]


# --- metrics ----------------------------------------------------------------------------------------


def test_durations_of_requests_and_of_calls(kept):
    drive(kept, reply(503), reply(200), retry=RETRY, seconds=2.0)
    found = kept.metrics()
    by_status = {
        point.attributes["http.response.status_code"]: point
        for point in found["http.client.request.duration"]
    }
    assert (by_status[503].sum, by_status[200].sum) == (2.0, 2.0)
    assert dict(by_status[503].attributes) == {
        "http.request.method": "GET",
        "http.response.status_code": 503,
        "error.type": "503",
        "server.address": "api.mypurecloud.ie",
        "server.port": 443,
        "url.template": "/api/v2/things",
    }
    (call,) = found["genesys_cloud.client.call.duration"]
    assert call.sum == pytest.approx(7.0)  # two requests of 2 s, and 3 s between them
    assert dict(call.attributes) == {"genesys_cloud.operation": "get_things"}
    (retries,) = found["genesys_cloud.client.retries"]
    assert retries.value == 1
    (wait,) = found["genesys_cloud.client.wait.duration"]
    assert (wait.sum, wait.attributes["genesys_cloud.wait.reason"]) == (3.0, "retry")


def test_time_spent_for_the_rate_limit(kept):
    driver = drive(kept, reply(200), pacing=Pacing(limit=1, window=10), retry=RETRY)
    driver.call(operation())
    (wait,) = kept.metrics()["genesys_cloud.client.wait.duration"]
    assert wait.attributes["genesys_cloud.wait.reason"] == "pacing"
    assert wait.sum == pytest.approx(10.2)


def test_failures_are_counted_by_kind(kept):
    drive(kept, reply(404))
    drive(kept, CUT_OFF)
    points = kept.metrics()["genesys_cloud.client.call.duration"]
    assert {point.attributes["error.type"] for point in points} == {"404", "ConnectionClosedError"}


def test_the_lag_of_notifications_by_the_template_of_their_topic(kept):
    for topic, seconds in [
        ("v2.users.1234.presence", 0.5),
        ("v2.users.5678.presence", 2.0),
        ("v2.unheard.of.1234", 0.0),
    ]:
        kept.telemetry.delivered(topic, seconds)
    points = {
        point.attributes["genesys_cloud.notification.topic"]: (point.count, point.sum, point.max)
        for point in kept.metrics()["genesys_cloud.notification.lag"]
    }
    assert points == {"v2.users.{id}.presence": (2, 2.5, 2.0), "_OTHER": (1, 0.0, 0.0)}


def test_open_channels(kept):
    for change in (kept.telemetry.channel_opened,) * 3 + (kept.telemetry.channel_closed,):
        change()
    (point,) = kept.metrics()["genesys_cloud.notification.channels"]
    assert (point.value, dict(point.attributes)) == (2, {})


def test_a_client_tells_its_telemetry_and_its_counts_of_channels(kept):
    with Client(host="http://127.0.0.1", trust_env=False, telemetry=kept.telemetry) as client:
        watching = client._setup.channel_observer
        watching.channel_opened()
        watching.channel_opened()
        watching.delivered("v2.users.1234.presence", 0.25)
        watching.channel_closed()
        assert client.stats().channels == 1
    (channels,) = kept.metrics()["genesys_cloud.notification.channels"]
    (lag,) = kept.metrics()["genesys_cloud.notification.lag"]
    assert (channels.value, lag.sum) == (1, 0.25)


def test_an_observer_of_calls_need_not_watch_notifications():
    class CallsOnly(Observer):
        def begin(self, operation_name, purpose, now):
            return None

    with Client(host="http://127.0.0.1", trust_env=False, telemetry=CallsOnly()) as client:
        client._setup.channel_observer.channel_opened()
        client._setup.channel_observer.delivered("v2.users.1.presence", 0.0)
        assert client.stats().channels == 1


# --- through the drivers ----------------------------------------------------------------------------


@every_flavour
def test_a_call_of_a_client_is_traced(run, kept):
    def answer(seen):
        return Reply(json=TOKEN if seen.path == "/oauth/token" else {"id": "1"})

    async def scenario(api: Api) -> None:
        await api.send(users.get_users_me())
        with pytest.raises(errors.InvalidValueError):
            await api.send(users.get_users_me().with_options(headers={"a b": "c"}))
        assert trace.get_current_span() is trace.INVALID_SPAN

    with scripted_server(answer) as server:
        run(scenario, host=server.url, auth=GRANT, telemetry=kept.telemetry)
    exchange, call = kept.spans
    assert (exchange.name, call.name) == ("POST /oauth/token", "GET /api/v2/users/me")
    assert exchange.parent.span_id == call.context.span_id
    assert server.requests[1].header("traceparent").split("-")[2] == f"{call.context.span_id:016x}"


@every_flavour
def test_calls_at_once_have_spans_of_their_own(run, kept):
    async def scenario(api: Api) -> None:
        await api.at_once(8, lambda: api.send(users.get_users_me()))

    with scripted_server(lambda _: Reply(json={})) as server:
        run(scenario, host=server.url, telemetry=kept.telemetry)
    assert len({span.context.span_id for span in kept.spans}) == 8
    assert all(span.parent is None for span in kept.spans)


def test_without_the_extra_the_error_says_how_to_get_it():
    code = (
        "import sys; sys.modules['opentelemetry'] = None\n"
        "try:\n    import genesys_cloud.observability.opentelemetry\n"
        "except ImportError as error:\n    print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "pip install 'genesys-cloud[otel]'" in done.stdout
