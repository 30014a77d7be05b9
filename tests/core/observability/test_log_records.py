"""Log lines: golden ones for every level, format and switch; secrets and forgeries kept out."""

import json
import logging
from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from genesys_core.calls.lifecycle import ClosingGate, Sending, Waiting, start
from genesys_core.calls.rate_limit import reserve_permit
from genesys_core.calls.responses import ApiResponse
from genesys_core.calls.token_actions import start_exchange
from genesys_core.calls.transfers import start_transfer
from genesys_core.clock import Now
from genesys_core.codec.issues import Issue
from genesys_core.configuration import LoggingConfiguration
from genesys_core.http.headers import Headers
from genesys_core.http.messages import Request, Response, TransportFailure
from genesys_core.http.redaction import Redaction
from genesys_core.oauth import ClientCredentials
from genesys_core.observability.log_records import (
    LEVEL_NUMBERS,
    RoundTrip,
    issues_notice,
    log_entry,
    log_notice,
)
from genesys_core.session.pacing import Pacer, Pacing
from genesys_core.session.retry import GiveUp, Repeat, RetryConfiguration
from tests.strategies.calls import CUT_OFF as CUT
from tests.strategies.calls import UNSENT, at, operation, reply, with_token
from tests.strategies.calls import WALL as WALL_0
from tests.strategies.calls import session as lifecycle_session

# 2026-08-15T08:23:58.123Z
WALL = datetime(2026, 8, 15, 8, 23, 58, 123456, UTC).timestamp()

REQUEST = Request(
    "POST",
    "https://api.mypurecloud.ie/api/v2/users?pageSize=25&token=hunter2",
    Headers(
        [
            ("Accept", "application/json"),
            ("Content-Type", "application/json"),
            ("Authorization", "Bearer hunter2"),
        ]
    ),
    b'{"name":"Ada","password":"hunter2"}',
)
RESPONSE_HEADERS = Headers.received(
    [("Server", "Google"), ("ININ-Correlation-Id", "c0ffee"), ("server", "FrontEnd")]
)
CREATED = RoundTrip(
    request=REQUEST, outcome=Response(201, RESPONSE_HEADERS, b'{"id":"1"}'), wall=WALL
)
REFUSED = RoundTrip(
    request=REQUEST,
    outcome=Response(400, RESPONSE_HEADERS, b'{"code":"bad.request","secret":"hunter2"}'),
    wall=WALL,
    attempt=3,
    decision=GiveUp("a 400 is not retryable"),
)
LIMITED = RoundTrip(
    request=REQUEST,
    outcome=Response(429, RESPONSE_HEADERS, b'{"code":"too.many"}'),
    wall=WALL,
    attempt=2,
    decision=Repeat(2.5, "the server asks for 2.5 s"),
)
CUT_OFF = RoundTrip(
    request=Request("GET", "https://api.mypurecloud.ie/api/v2/users/me"),
    outcome=TransportFailure("no route to https://me:hunter2@proxy", kind="connect", sent=False),
    wall=WALL,
)

# --- golden lines, put together from what each level and switch adds -------------------------------

URL = "https://api.mypurecloud.ie/api/v2/users?pageSize=25&token=[REDACTED]"

JSON_REQUEST = (
    f'"method":"POST","url":"{URL}","requestHeaders":{{"Accept":"application/json",'
    '"Content-Type":"application/json","Authorization":"[REDACTED]"}'
)
JSON_RESPONSE_HEADERS = (
    ',"responseHeaders":{"Server":"Google, FrontEnd","ININ-Correlation-Id":"c0ffee"}'
)
JSON_REQUEST_BODY = ',"requestBody":"{\\"name\\":\\"Ada\\",\\"password\\":\\"[REDACTED]\\"}"'
JSON_RESPONSE_BODY = (
    ',"responseBody":"{\\"code\\":\\"bad.request\\",\\"secret\\":\\"[REDACTED]\\"}"'
)

TEXT_REQUEST = f"""\
=== REQUEST ===
URL: {URL}
Method: POST
Headers: \n\
\tAccept: application/json
\tContent-Type: application/json
\tAuthorization: [REDACTED]
"""
TEXT_RESPONSE_HEADERS = """\
Headers: \n\
\tServer: Google, FrontEnd
\tININ-Correlation-Id: c0ffee
"""
TEXT_REQUEST_BODY = 'Body: {"name":"Ada","password":"[REDACTED]"}\n'
TEXT_RESPONSE_BODY = 'Body: {"code":"bad.request","secret":"[REDACTED]"}\n'


def json_line(level, status, *, headers, request_body, response_body, ours):
    return (
        f'{{"date":"2026-08-15T08:23:58.123Z","level":"{level}",{JSON_REQUEST}'
        f"{JSON_RESPONSE_HEADERS if headers else ''}"
        f',"correlationId":"c0ffee","statusCode":{status}'
        f"{JSON_REQUEST_BODY if request_body else ''}"
        f"{JSON_RESPONSE_BODY if response_body else ''}{ours}}}"
    )


def text_lines(level, status, *, headers, request_body, response_body, ours):
    return (
        f"{level.upper()}: 2026-08-15T08:23:58.123Z\n{TEXT_REQUEST}"
        f"{TEXT_REQUEST_BODY if request_body else ''}"
        f"=== RESPONSE ===\nStatus: {status}\n"
        f"{TEXT_RESPONSE_HEADERS if headers else ''}"
        "CorrelationId: c0ffee\n"
        f"{TEXT_RESPONSE_BODY if response_body else ''}"
        f"=== ATTEMPT ===\n{ours}"
    )


FIRST = {"json": ',"attempt":1', "text": "Attempt: 1"}
THIRD = {
    "json": ',"attempt":3,"decision":"give up","reason":"a 400 is not retryable"',
    "text": "Attempt: 3\nDecision: give up\nReason: a 400 is not retryable",
}
GOLDEN = {"json": json_line, "text": text_lines}

formats = pytest.mark.parametrize("format", ["json", "text"])
switches = pytest.mark.parametrize(
    ("request_body", "response_body"),
    [(False, False), (True, False), (False, True), (True, True), (None, None)],
)


def line(trip, format, level, request_body=True, response_body=True):
    settings = LoggingConfiguration(
        level=level, format=format, request_body=request_body, response_body=response_body
    )
    entry = log_entry(trip, settings)
    return None if entry is None else entry.formatted(format)


@formats
@switches
@pytest.mark.parametrize("level", ["trace", "debug", "error", "none", None])
def test_golden_lines_of_a_call_that_succeeds(level, format, request_body, response_body):
    expected = None
    if level in {"trace", "debug"}:
        expected = GOLDEN[format](
            level,
            201,
            headers=level == "trace",
            request_body=request_body,
            response_body=False,
            ours=FIRST[format],
        )
    assert line(CREATED, format, level, request_body, response_body) == expected


@formats
@switches
@pytest.mark.parametrize("level", ["trace", "debug", "error", "none", None])
def test_golden_lines_of_a_call_that_fails(level, format, request_body, response_body):
    expected = None
    if level in {"trace", "debug", "error"}:
        expected = GOLDEN[format](
            "error",
            400,
            headers=True,
            request_body=request_body,
            response_body=response_body,
            ours=THIRD[format],
        )
    assert line(REFUSED, format, level, request_body, response_body) == expected


def test_an_attempt_that_is_repeated_is_no_error_yet():
    assert line(LIMITED, "json", "error") is None
    record = json.loads(line(LIMITED, "json", "debug"))
    assert record["level"] == "debug"
    assert record["statusCode"] == 429
    assert "responseBody" not in record
    ours = {"attempt": 2, "decision": "repeat", "reason": "the server asks for 2.5 s", "wait": 2.5}
    assert dict(list(record.items())[-4:]) == ours
    assert line(LIMITED, "text", "trace").endswith(
        "=== ATTEMPT ===\nAttempt: 2\nDecision: repeat\n"
        "Reason: the server asks for 2.5 s\nWait: 2.5 s"
    )


def test_an_attempt_without_a_response():
    assert line(CUT_OFF, "json", "error") == (
        '{"date":"2026-08-15T08:23:58.123Z","level":"error","method":"GET",'
        '"url":"https://api.mypurecloud.ie/api/v2/users/me","requestHeaders":{},"attempt":1,'
        '"failure":"connect: no route to https://[REDACTED]@proxy"}'
    )
    assert line(CUT_OFF, "text", "error") == (
        "ERROR: 2026-08-15T08:23:58.123Z\n=== REQUEST ===\n"
        "URL: https://api.mypurecloud.ie/api/v2/users/me\nMethod: GET\n=== RESPONSE ===\n"
        "=== ATTEMPT ===\nAttempt: 1\nFailure: connect: no route to https://[REDACTED]@proxy"
    )


def test_a_reply_that_cannot_be_read_is_an_error_in_spite_of_its_status():
    unread = msgspec.structs.replace(CREATED, decision=GiveUp("expected an object at $"))
    record = json.loads(line(unread, "json", "error"))
    assert (record["level"], record["statusCode"], record["reason"]) == (
        "error",
        201,
        "expected an object at $",
    )


@pytest.mark.parametrize("status", [100, 199, 200, 299, 300, 304, 401, 500])
def test_what_is_a_failure_where_nothing_was_decided(status):
    trip = RoundTrip(request=REQUEST, outcome=Response(status), wall=WALL)
    assert trip.fails == (status not in range(200, 300))


def test_text_is_the_default_format():
    entry = log_entry(CREATED, LoggingConfiguration(level="debug"))
    assert entry.formatted() == entry.formatted("text") == entry.to_text()


def test_the_duplicate_header_of_the_official_readme():
    record = json.loads(line(CREATED, "json", "trace"))
    assert record["responseHeaders"]["Server"] == "Google, FrontEnd"
    assert "\n\tServer: Google, FrontEnd\n" in line(CREATED, "text", "trace")


def test_json_fields_are_in_the_official_order():
    assert list(json.loads(line(REFUSED, "json", "trace"))) == [
        *("date", "level", "method", "url", "requestHeaders", "responseHeaders"),
        *("correlationId", "statusCode", "requestBody", "responseBody"),
        *("attempt", "decision", "reason"),
    ]


@pytest.mark.parametrize("level", ["none", None, "error"])
def test_nothing_is_looked_at_when_the_level_wants_nothing(level):
    class Untouchable:
        def __getattr__(self, name):
            raise AssertionError(f"{name} was read")

    response = Response(200)
    for name in ("headers", "body"):
        msgspec.structs.force_setattr(response, name, Untouchable())
    trip = RoundTrip(request=Untouchable(), outcome=response, wall=WALL)
    assert log_entry(trip, LoggingConfiguration(level=level, request_body=True)) is None


def test_the_level_numbers_are_those_of_the_standard_library_and_the_official_sdk():
    assert LEVEL_NUMBERS == {"trace": 5, "debug": logging.DEBUG, "error": logging.ERROR}


def test_a_header_without_a_value_has_no_line():
    trip = msgspec.structs.replace(CREATED, outcome=Response(201, Headers([("Empty", "")])))
    assert "Empty" not in line(trip, "text", "trace")
    assert json.loads(line(trip, "json", "trace"))["responseHeaders"] == {"Empty": ""}


def test_further_lines_of_a_body_begin_with_a_tab():
    trip = msgspec.structs.replace(
        REFUSED, outcome=Response(400, body=b'{\r\n  "code": "x"\n}'), decision=None
    )
    assert '\nBody: {\n\t  "code": "x"\n\t}\n' in line(trip, "text", "error", request_body=False)


# --- what must not be in a line --------------------------------------------------------------------


@formats
@pytest.mark.parametrize("trip", [CREATED, REFUSED, LIMITED, CUT_OFF])
def test_no_secret_is_in_a_line_or_a_repr(trip, format):
    assert "hunter2" not in line(trip, format, "trace")
    assert "hunter2" not in repr(log_entry(trip, LoggingConfiguration(level="trace")))
    assert "hunter2" not in repr(trip)


@formats
@pytest.mark.parametrize(
    ("url", "flag"),
    [
        ("https://login.mypurecloud.ie/oauth/token", False),
        ("https://gw/login/oauth/token?x=1", False),
        ("https://gw/login/oauth/token/", False),
        ("https://gw/tokens", True),
    ],
)
def test_a_token_exchange_never_logs_a_body(url, flag, format):
    trip = RoundTrip(
        request=Request("POST", url, body=b"grant_type=x&custom=hunter2"),
        outcome=Response(400, body=b'{"custom":"hunter2"}'),
        wall=WALL,
        hides_bodies=flag,
    )
    assert "hunter2" not in line(trip, format, "trace")
    other = msgspec.structs.replace(
        trip,
        request=msgspec.structs.replace(trip.request, url="https://gw/tokens"),
        hides_bodies=False,
    )
    assert line(other, format, "trace").count("hunter2") == 2


def test_names_of_the_users_own_are_hidden_too():
    mine = Redaction(headers={"accept"}, query={"pageSize"}, body={"name"})
    settings = LoggingConfiguration(level="trace", request_body=True)
    entry = log_entry(CREATED, settings, mine)
    assert entry.request_headers["Accept"] == "[REDACTED]"
    assert "pageSize=[REDACTED]" in entry.url
    assert entry.request_body == '{"name":"[REDACTED]","password":"[REDACTED]"}'


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\x85", "\u2028", "\x1b[2J\n"])
def test_nothing_that_a_server_sends_begins_a_line_of_its_own(end):
    forged = f"x{end}=== RESPONSE ===\n\nERROR: 2026"
    trip = RoundTrip(
        request=Request(
            "GET", f"https://h/{end}Method: PUT", Headers.received([(f"a{end}b", forged)])
        ),
        outcome=Response(
            500,
            Headers.received([("ININ-Correlation-Id", forged), ("Content-Type", "text/plain")]),
            forged.encode(),
        ),
        wall=WALL,
        decision=GiveUp(forged),
    )
    lines = line(trip, "text", "error").splitlines()
    begun = [text.split(":")[0] for text in lines if not text.startswith("\t")]
    assert begun == [
        *("ERROR", "=== REQUEST ===", "URL", "Method", "Headers", "=== RESPONSE ===", "Status"),
        *("Headers", "CorrelationId", "Body", "=== ATTEMPT ===", "Attempt", "Decision", "Reason"),
    ]
    assert "\x1b" not in "".join(lines)
    assert len(line(trip, "json", "error").splitlines()) == 1 or end in {"\x85", "\u2028"}


texts = st.text(st.characters(), max_size=20)  # half surrogate pairs as well


@given(
    st.builds(
        RoundTrip,
        request=st.builds(
            Request,
            texts,
            texts,
            st.lists(st.tuples(texts, texts), max_size=2).map(Headers.received),
            st.none() | st.binary(max_size=20),
        ),
        outcome=st.builds(
            Response,
            st.integers(100, 599),
            st.lists(st.tuples(texts, texts), max_size=2).map(Headers.received),
            st.binary(max_size=20),
        )
        | st.builds(TransportFailure, texts, kind=st.just("closed"), sent=st.booleans()),
        wall=st.floats(0, 4e9),
        attempt=st.integers(1, 99),
        decision=st.none() | st.builds(Repeat, st.floats(0, 1e9), texts) | st.builds(GiveUp, texts),
    ),
    st.sampled_from(["trace", "debug", "error"]),
)
def test_any_attempt_makes_a_line_that_a_file_can_take(trip, level):
    settings = LoggingConfiguration(level=level, request_body=True, response_body=True)
    entry = log_entry(trip, settings)
    if entry is None:
        assert level == "error"
        assert not trip.fails
        return
    assert b"\n" not in entry.to_json().encode()
    assert json.loads(entry.to_json())["attempt"] == trip.attempt
    assert entry.to_text().encode().count(b"=== ATTEMPT ===\n") == 1
    assert entry.level == ("error" if trip.fails else level)


# --- from what a driver sees to a round trip --------------------------------------------------------


def sent(wanted=None, session=None, attempts=0):
    state = start(wanted or operation(), session or lifecycle_session(retry=RETRY), now=at(0))
    assert isinstance(state, Sending)
    for _ in range(attempts):
        waiting = state.failed(UNSENT, now=at(0))
        assert isinstance(waiting, Waiting)
        state = waiting.woke(lifecycle_session(), now=at(waiting.until))
        assert isinstance(state, Sending)
    return state


def trip_of(state, outcome):
    failed = isinstance(outcome, TransportFailure)
    then = state.failed(outcome, now=at(1)) if failed else state.received(outcome, now=at(1))
    return RoundTrip.of(state, state.request, outcome, then, now=at(1))


RETRY = RetryConfiguration(max_retry_time_sec=600)


def test_an_attempt_is_numbered_and_dated():
    trip = trip_of(sent(attempts=2), reply())
    assert (trip.attempt, trip.wall, trip.decision, trip.fails) == (3, WALL_0 + 1, None, False)


def test_a_repeat_has_its_wait_and_its_reason():
    trip = trip_of(sent(), reply(429, "7"))
    assert isinstance(trip.decision, Repeat)
    assert trip.decision.seconds == 7
    assert "7 s" in trip.decision.why
    assert not trip.fails


def test_a_failure_has_its_reason():
    trip = trip_of(sent(), reply(400))
    assert isinstance(trip.decision, GiveUp)
    assert trip.decision.why
    assert trip.fails


def test_a_failure_of_the_transport_that_ends_the_call():
    trip = trip_of(sent(session=lifecycle_session()), CUT)
    assert isinstance(trip.decision, GiveUp)
    assert trip.fails


def test_a_refused_token_is_no_failure_yet():
    trip = trip_of(sent(session=lifecycle_session(vault=with_token())), reply(401))
    assert trip.decision == Repeat(0.0, "the access token was rejected; retrying with a new one")
    assert not trip.fails


def test_a_reply_that_cannot_be_read_is_a_failure_whatever_its_status():
    trip = trip_of(sent(operation(returns="UserMe")), reply(200, body=b"[]"))
    assert trip.decision == GiveUp("the request was made, but its response cannot be decoded")
    assert trip.fails


def test_what_was_deleted_by_an_attempt_whose_answer_was_lost_is_no_failure():
    waiting = sent(operation("DELETE")).failed(CUT, now=at(0))
    assert isinstance(waiting, Waiting)
    again = waiting.woke(lifecycle_session(), now=at(waiting.until))
    assert isinstance(again, Sending)
    trip = trip_of(again, reply(404))
    assert trip.returned
    assert not trip.fails


def test_the_exchange_of_a_grant_is_known_whatever_its_url():
    grant = ClientCredentials("id", "secret")
    trip = trip_of(start_exchange(grant, lifecycle_session(), now=at(0)), reply(500))
    assert trip.hides_bodies
    assert not trip_of(sent(), reply()).hides_bodies


def test_files_are_not_logged():
    request = Request("PUT", "https://files.example/1", body=b"a file")
    transfer = start_transfer(request, lifecycle_session(), now=at(0))
    assert isinstance(transfer, Sending)
    assert trip_of(transfer, reply()).hides_bodies


# --- lines for logs of many voices ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("trip", "line"),
    [
        (CREATED, f"POST {URL}: 201 [c0ffee]"),
        (REFUSED, f"POST {URL}: 400, attempt 3, given up (a 400 is not retryable) [c0ffee]"),
        (
            LIMITED,
            (
                f"POST {URL}: 429, attempt 2, sent again after 2.5 s (the server asks for 2.5 s) "
                "[c0ffee]"
            ),
        ),
        (
            msgspec.structs.replace(LIMITED, decision=Repeat(0.0, "a new token")),
            f"POST {URL}: 429, attempt 2, sent again after 0 s (a new token) [c0ffee]",
        ),
        (
            CUT_OFF,
            (
                "GET https://api.mypurecloud.ie/api/v2/users/me: connect: no route to "
                "https://[REDACTED]@proxy"
            ),
        ),
    ],
)
def test_one_line_of_words(trip, line):
    assert str(log_entry(trip, LoggingConfiguration(level="trace"))) == line


@given(st.text())
def test_a_line_of_words_is_one_line(text):
    headers = Headers.received([("ININ-Correlation-Id", text)])
    trip = RoundTrip(request=REQUEST, outcome=Response(200, headers), wall=WALL)
    assert len(str(log_entry(trip, LoggingConfiguration(level="debug"))).splitlines()) == 1
    assert len(str(log_notice(text, now=at(0))).splitlines()) <= 1


def test_a_notice_is_redacted_and_formatted():
    found = log_notice("password=hunter2\nhost = x", now=Now(0, WALL))
    assert found.formatted() == (
        "WARNING: 2026-08-15T08:23:58.123Z\nMessage: password=[REDACTED]\n\thost = x"
    )
    assert json.loads(found.formatted("json")) == {
        "date": "2026-08-15T08:23:58.123Z",
        "level": "warning",
        "message": "password=[REDACTED]\nhost = x",
    }
    assert str(found) == "password=[REDACTED] host = x"


def test_leaves_that_did_not_fit_are_told_without_their_values():
    def response(count):
        issues = tuple(
            Issue(f"$.a[{n}]", "no number; None instead", "hunter2") for n in range(count)
        )
        return ApiResponse(200, Headers(), None, b"", issues)

    assert issues_notice("get_a", response(0), now=at(0)) is None
    found = issues_notice("get_a", response(2), now=at(0))
    assert found is not None
    assert found.message == (
        "get_a: decoding issues (2): $.a[0]: no number; None instead; $.a[1]: no number; None instead"
    )
    most = issues_notice("get_a", response(5), now=at(0))
    assert most is not None
    assert most.message.endswith("; $.a[4]: no number; None instead")
    many = issues_notice("get_a", response(12), now=at(0))
    assert many is not None
    assert many.message.endswith("; and 7 more")
    assert "hunter2" not in many.message


def test_a_wait_that_closes_the_gate_for_all_is_told_like_any():
    policy = RetryConfiguration(max_retry_time_sec=60)
    shared = lifecycle_session(retry=policy)
    shared = replace(shared, pacer=Pacer.of(Pacing(limit=1, window=1)))
    need = start(operation(), shared, now=at(0))
    shared, sending = reserve_permit(shared, need, now=at(0))
    state = sending.received(reply(429, "7"), now=at(0))
    assert isinstance(state, ClosingGate)
    entry = log_entry(trip_of(sending, reply(429, "7")), LoggingConfiguration(level="debug"))
    assert entry.decision == "repeat"
    assert entry.wait == 7
