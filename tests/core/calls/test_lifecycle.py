"""The life of a call: every transition, every reachable state, any sequence of events."""

from __future__ import annotations

import re
import typing
from collections import deque

import msgspec
import pytest

from fuzz import fuzz_lifecycle
from genesys_core import errors
from genesys_core.calls import lifecycle
from genesys_core.calls.lifecycle import (
    ClosingGate,
    NeedPermit,
    NeedToken,
    Raised,
    Returned,
    Sending,
    Waiting,
    start,
)
from genesys_core.calls.responses import ApiResponse
from genesys_core.http.headers import Headers
from genesys_core.http.messages import Response, Timeout, TransportFailure
from genesys_core.oauth import ClientCredentials, Token
from genesys_core.session.pacing import Gate, Pacing, Reservation
from genesys_core.session.retry import MAX_RETRY_AFTER, RetryConfiguration
from genesys_core.session.vault import Vault
from tests.helpers.diagrams import CALL_STATES, call_transitions
from tests.strategies.calls import (
    AMBIGUOUS,
    CUT_OFF,
    SILENCE,
    UNSENT,
    WALL,
    Driver,
    at,
    operation,
    reply,
    scripted,
    session,
    token_reply,
    with_token,
)

ON = RetryConfiguration(max_retry_time_sec=60)
IDLE = session()
GRANT = ClientCredentials("id", "secret")


def sending(method="GET", **facts):
    state = start(operation(method), session(**facts), now=at(0))
    assert isinstance(state, Sending)
    return state


# --- each transition ------------------------------------------------------------------------------


def test_a_call_without_a_token_is_sent_at_once_and_bare():
    state = sending()
    assert state.request.url == "https://api.mypurecloud.ie/api/v2/things"
    assert "authorization" not in state.request.headers
    assert state.request is state.call.request


def test_a_call_with_a_token_carries_it():
    state = sending(vault=with_token())
    assert state.request.headers["authorization"] == "Bearer token-0"
    assert "authorization" not in state.call.request.headers


def test_a_call_that_needs_a_token_asks_for_it():
    state = start(operation(), session(vault=Vault(GRANT)), now=at(0))
    assert isinstance(state, NeedToken)
    assert state.rejected is None
    granted = state.granted(Token("t"), now=at(1))
    assert granted.request.headers["authorization"] == "Bearer t"


def test_the_callers_own_authorization_is_neither_replaced_nor_refreshed():
    own = operation().with_options(headers={"Authorization": "Mine"})
    state = start(own, session(vault=Vault(GRANT)), now=at(0))
    assert state.request.headers["authorization"] == "Mine"
    ended = state.received(reply(401), now=at(0))
    assert isinstance(ended.error, errors.AuthenticationError)


@pytest.mark.parametrize("retry", [None, ON])
def test_a_gate_that_cannot_be_closed_for_others_does_not_change_a_calls_own_outcome(retry):
    need = start(operation("GET"), session(pacing=Pacing(), retry=retry), now=at(0))
    closing = need.granted(now=at(0)).received(reply(429, "5"), now=at(0))
    assert isinstance(closing, ClosingGate)
    after, words = closing.not_closed(errors.BudgetError("locked")), "was not closed: locked"
    if retry is None:
        assert after == closing.closed()
        assert isinstance(after.error, errors.RateLimitError)
        assert after.error.__notes__[-1].endswith(words)
    else:
        because = f"other calls are not paused, because the shared rate limit {words}"
        assert after.why == f"{closing.closed().why}; {because}"
        assert msgspec.structs.replace(after, why="") == msgspec.structs.replace(
            closing.closed(), why=""
        )


@pytest.mark.parametrize("status", [200, 201, 202, 204, 207, 299])
def test_a_success_is_returned(status):
    ended = sending("POST").received(reply(status, body=b"{}"), now=at(1))
    assert ended == Returned(ApiResponse(status, reply().headers, None, b"{}"))


def test_a_reply_that_cannot_be_read_is_one_documented_error_with_its_history():
    state = start(operation("POST", returns="dict[str, object]"), session(), now=at(0))
    ended = state.received(reply(200, body=b"<html>"), now=at(2))
    assert isinstance(ended.error, errors.DecodeError)
    (attempt,) = ended.error.attempts
    assert (attempt.number, attempt.outcome, attempt.seconds) == (1, "HTTP 200", 2)
    assert not ended.error.is_retry_safe


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (301, errors.RedirectError),
        (400, errors.BadRequestError),
        (401, errors.AuthenticationError),
        (403, errors.PermissionDeniedError),
        (404, errors.NotFoundError),
        (409, errors.ConflictError),
        (418, errors.ApiError),
        (429, errors.RateLimitError),
        (500, errors.ServerError),
        (503, errors.ServerError),
    ],
)
def test_any_other_status_is_its_error(status, kind):
    body = b'{"message": "the words", "code": "the.code"}'
    ended = sending().received(reply(status, "7", body), now=at(1.5))
    assert type(ended.error) is kind
    assert (ended.error.message, ended.error.code) == ("the words", "the.code")
    assert ended.error.retry_after == 7
    (attempt,) = ended.error.attempts
    assert (attempt.number, attempt.status, attempt.seconds) == (1, status, 1.5)


@pytest.mark.parametrize("failure", [UNSENT, CUT_OFF, SILENCE])
def test_a_failure_of_the_transport_is_its_error(failure):
    ended = sending("POST").failed(failure, now=at(1))
    assert isinstance(ended.error, errors.TransportError)
    assert ended.error.sent is failure.sent
    assert ended.error.is_retry_safe is not failure.sent
    assert ended.error.attempts[0].outcome == failure.message
    assert ended.error.attempts[0].status is None


def test_what_can_be_done_twice_may_be_sent_again_by_the_caller_too():
    assert sending("PUT").failed(CUT_OFF, now=at(0)).error.is_retry_safe
    assert sending("GET").received(reply(500), now=at(0)).error.is_retry_safe
    assert sending("POST").received(reply(500), now=at(0)).error.is_retry_safe is None
    assert sending("POST").received(reply(429), now=at(0)).error.is_retry_safe


def test_an_earlier_doubt_makes_the_last_error_unsafe():
    policy = RetryConfiguration(max_retry_time_sec=60, repeat_unsafe=True)
    driver = Driver(session(retry=policy), scripted(CUT_OFF, reply(400)))
    error = driver.call(operation("POST")).error
    assert isinstance(error, errors.BadRequestError)
    assert not error.is_retry_safe


def test_a_429_is_waited_out_and_sent_again():
    state = sending(retry=ON)
    waiting = state.received(reply(429, "42"), now=at(1))
    assert (waiting.seconds, waiting.why) == (42, "HTTP 429, Retry-After 42 s")
    again = waiting.woke(IDLE, now=at(43))
    assert again.request.url == state.request.url
    (attempt,) = again.call.attempts
    assert attempt.decision == "retried after 42 s: HTTP 429, Retry-After 42 s"


def test_the_reason_is_a_note_and_the_message_stays_the_platforms():
    body = b'{"message": "Rate limit exceeded", "code": "too.many.requests"}'
    policy = RetryConfiguration(max_retry_time_sec=10)
    error = sending(retry=policy).received(reply(429, "42", body), now=at(0)).error
    assert error.message == "Rate limit exceeded"
    assert "Rate limit exceeded" in str(error)
    assert error.__notes__ == ["not retried: the server asks for 42 s, the budget is 10 s"]
    assert error.attempts[-1].decision == "the server asks for 42 s, the budget is 10 s"


def test_an_error_that_no_repeat_could_mend_has_no_note():
    assert not hasattr(sending(retry=ON).received(reply(404), now=at(0)).error, "__notes__")


def test_the_history_tells_every_request():
    driver = Driver(
        session(retry=ON, vault=with_token()),
        scripted(UNSENT, reply(503, "2"), reply(401), token_reply("t1"), reply(429), reply(403)),
    )
    error = driver.call(operation()).error
    assert [(a.number, a.outcome, a.seconds, a.status) for a in error.attempts] == [
        (1, "no route to host", 0, None),
        (2, "HTTP 503", 3, 503),
        (3, "HTTP 401", 5, 401),
        (4, "HTTP 429", 5, 429),
        (5, "HTTP 403", 8, 403),
    ]
    assert [a.decision for a in error.attempts] == [
        "retried after 3 s: no route to host",
        "retried after 2 s: HTTP 503, Retry-After 2 s",
        "the access token was rejected; retrying with a new one",
        "retried after 3 s: HTTP 429",
        "a 403 is not retryable",
    ]


# --- a DELETE done twice ---------------------------------------------------------------------------


@pytest.mark.parametrize("gone", [404, 410])
@pytest.mark.parametrize("doubt", AMBIGUOUS)
def test_a_repeated_delete_that_finds_nothing_left_has_succeeded(doubt, gone):
    answer = Response(gone, body=b'{"message": "no such thing"}')
    driver = Driver(session(retry=ON), scripted(doubt, answer))
    ended = driver.call(operation("DELETE", returns="dict[str, object]"))
    assert ended == Returned(ApiResponse(gone, answer.headers, None, answer.body))


def test_a_doubt_is_remembered_through_later_refusals():
    driver = Driver(session(retry=ON), scripted(CUT_OFF, reply(429, "1"), UNSENT, reply(404)))
    assert isinstance(driver.call(operation("DELETE")), Returned)


def resent(answer: Response) -> Response:
    return msgspec.structs.replace(answer, resent=True)


@pytest.mark.parametrize(
    "answers",
    [(resent(reply(404)),), (resent(reply(503, "1")), reply(404))],
    ids=["once", "retried"],
)
def test_a_delete_that_the_transport_resent_and_that_finds_nothing_left_has_succeeded(answers):
    driver = Driver(session(retry=ON), scripted(*answers))
    assert isinstance(driver.call(operation("DELETE")), Returned)


@pytest.mark.parametrize("before", [(), (reply(429, "1"),), (reply(503, "1"),), (UNSENT,)])
def test_a_delete_that_never_may_have_happened_found_nothing(before):
    driver = Driver(session(retry=ON), scripted(*before, reply(404)))
    assert isinstance(driver.call(operation("DELETE")).error, errors.NotFoundError)


@pytest.mark.parametrize("method", ["GET", "PUT", "HEAD"])
def test_only_a_delete_is_done_when_there_is_nothing(method):
    driver = Driver(session(retry=ON), scripted(CUT_OFF, reply(404)))
    assert isinstance(driver.call(operation(method)).error, errors.NotFoundError)


@pytest.mark.parametrize("method", ["POST", "PATCH"])
def test_a_read_in_posts_clothes_is_repeated(method):
    driver = Driver(session(retry=ON), scripted(CUT_OFF, reply(200)))
    assert isinstance(driver.call(operation(method, reads=True)), Returned)
    driver = Driver(session(retry=ON), scripted(CUT_OFF, reply(200)))
    assert isinstance(driver.call(operation(method)), Raised)


# --- redirects -------------------------------------------------------------------------------------


def follower(refuse):
    """The state of a call whose caller follows redirects."""
    state = sending()
    return msgspec.structs.replace(
        state, call=msgspec.structs.replace(state.call, refuse_redirect=refuse)
    )


@pytest.mark.parametrize("status", [300, 302, 399])
def test_a_redirect_is_returned_to_a_caller_that_follows_it(status):
    answer = Response(status, Headers({"Location": "/x"}), b"moved")
    ended = follower(lambda error: None).received(answer, now=at(1))
    assert isinstance(ended, Returned)
    assert (ended.response.status, ended.response.location) == (status, "/x")
    assert ended.response.raw == b""
    assert isinstance(sending().received(answer, now=at(1)).error, errors.RedirectError)


def test_a_redirect_that_the_caller_does_not_follow_is_its_error():
    refused = []

    def refuse(error):
        refused.append(error)
        return errors.GenesysCloudError("not there")

    ended = follower(refuse).received(Response(302), now=at(1))
    assert str(ended.error) == "not there"
    assert [type(error) for error in refused] == [errors.RedirectError]
    assert [(a.status, a.decision) for a in ended.error.attempts] == [
        (302, "the redirect is not followed")
    ]


@pytest.mark.parametrize("status", [299, 400, 404])
def test_only_a_redirect_is_followed(status):
    ended = follower(lambda error: None).received(reply(status), now=at(1))
    assert isinstance(ended, Returned if status < 300 else Raised)


# --- tokens ----------------------------------------------------------------------------------------


def test_a_refused_token_is_replaced_once():
    driver = Driver(
        session(vault=with_token("old")),
        scripted(reply(401), token_reply("new"), reply(401, body=b'{"message": "no"}')),
    )
    ended = driver.call(operation())
    assert isinstance(ended.error, errors.AuthenticationError)
    assert ended.error.message == "no"
    carried = [request.headers["authorization"] for request in driver.sent]
    assert carried[::2] == ["Bearer old", "Bearer new"]
    assert driver.exchanges == 1


def test_the_same_token_given_again_is_not_sent_again():
    driver = Driver(
        session(vault=with_token("old")),
        scripted(reply(401, body=b'{"message": "not valid"}'), token_reply("old")),
    )
    error = driver.call(operation()).error
    assert isinstance(error, errors.AuthenticationError)
    assert error.message == "not valid"
    assert "issued the same token" in error.__notes__[0]
    assert [request.url.rsplit("/", 1)[1] for request in driver.sent] == ["things", "token"]


def test_the_same_token_given_again_by_hand():
    need = NeedToken(sending(vault=with_token()).call, rejected=Token("t"))
    assert "issued the same token" in str(need.granted(Token("t"), now=at(0)).error)


def test_a_refusal_of_the_login_host_keeps_its_own_history():
    refusal = reply(400, body=b'{"error": "invalid_client"}')
    driver = Driver(session(vault=with_token()), scripted(reply(401), refusal))
    error = driver.call(operation()).error
    assert isinstance(error, errors.InvalidClientError)
    assert [attempt.outcome for attempt in error.attempts] == ["HTTP 400"]


def test_a_call_whose_token_cannot_be_replaced_keeps_its_history():
    need = sending(vault=with_token()).received(reply(401), now=at(0))
    ended = need.refused(errors.GenesysCloudError("there is none"))
    assert [attempt.status for attempt in ended.error.attempts] == [401]


def test_a_reply_without_a_token_is_an_oauth_error_with_its_history():
    driver = Driver(session(vault=Vault(GRANT)), scripted(reply(200, body=b"{}")))
    error = driver.call(operation()).error
    assert isinstance(error, errors.OAuthError)
    assert len(error.attempts) == 1


def test_waiting_too_long_for_anothers_exchange():
    shared = session(vault=Vault(GRANT), refresh_token_wait_max=3)
    need = start(operation(), shared, now=at(0))
    error = need.timed_out(shared, now=at(3)).error
    assert isinstance(error, errors.TimeoutError)
    assert (str(error), error.sent) == ("the token refresh took longer than 3 s", False)


def test_a_token_that_could_not_be_renewed_ahead_serves_on():
    ending = Token("ending", expires_in=100, expires_at=WALL + 5)
    shared = session(vault=Vault(GRANT, ending))
    driver = Driver(shared, scripted(reply(503), reply(401), reply(200)))
    ended = driver.call(operation())
    carried = [request.headers["authorization"] for request in driver.sent]
    assert carried[1] == "Bearer ending"
    # The renewal that was tried ahead was the call's one replacement: the 401 is final.
    assert isinstance(ended.error, errors.AuthenticationError)
    assert (driver.exchanges, len(driver.sent)) == (1, 2)


def test_a_token_that_another_call_is_renewing_serves_whom_it_takes_too_long():
    ending = Token("ending", expires_in=100, expires_at=WALL + 50)
    shared = session(vault=Vault(GRANT, ending))
    need = start(operation(), shared, now=at(45))
    assert isinstance(need, NeedToken)
    assert need.timed_out(shared, now=at(48)).request.headers["authorization"] == "Bearer ending"
    assert isinstance(need.timed_out(shared, now=at(50)), Raised)


def test_the_first_token_may_be_replaced_once():
    driver = Driver(
        session(vault=Vault(GRANT)),
        scripted(token_reply("a"), reply(401), token_reply("b"), reply(401)),
    )
    assert isinstance(driver.call(operation()).error, errors.AuthenticationError)
    assert (driver.exchanges, len(driver.sent)) == (2, 4)


# --- the deadline ----------------------------------------------------------------------------------


def test_timeouts_are_no_longer_than_what_is_left():
    state = start(operation().with_options(deadline=20), session(), now=at(100))
    assert state.request.timeout == Timeout(connect=10, read=20, write=20, pool=10)
    assert state.request.expires == 120


def test_a_calls_deadline_wins_over_the_clients():
    assert sending(deadline=30).request.expires == 30
    state = start(operation().with_options(deadline=5), session(deadline=30), now=at(0))
    assert state.request.expires == 5
    assert sending().request.expires is None


@pytest.mark.parametrize("deadline", [0, -1, float("nan"), float("inf")])
def test_a_deadline_that_cannot_be_is_refused_and_nothing_sent(deadline):
    with pytest.raises(errors.InvalidValueError, match="deadline="):
        start(operation().with_options(deadline=deadline), session(), now=at(0))
    with pytest.raises(errors.InvalidValueError, match="deadline="):
        session(deadline=deadline)


def test_a_repeat_has_what_is_left_of_the_deadline():
    waiting = sending(retry=ON, deadline=20).received(reply(429, "15"), now=at(1))
    again = waiting.woke(IDLE, now=at(16))
    assert again.request.timeout == Timeout(connect=4, read=4, write=4, pool=4)
    assert again.request.expires == 20


def test_a_wait_beyond_the_deadline_is_not_begun():
    ended = sending(retry=ON, deadline=20).received(reply(429, "20"), now=at(0))
    assert isinstance(ended.error, errors.RateLimitError)
    assert ended.error.retry_after == 20
    assert ended.error.__notes__ == ["not retried: the server asks for 20 s, the deadline is 20 s"]


def test_who_oversleeps_the_deadline_is_out_of_time():
    waiting = sending("POST", retry=ON, deadline=20).received(reply(429, "15"), now=at(0))
    error = waiting.woke(IDLE, now=at(20)).error
    assert isinstance(error, errors.TimeoutError)
    assert isinstance(error, TimeoutError)
    assert str(error) == "the call's deadline of 20 s has passed"
    assert (error.sent, error.is_retry_safe) == (False, True)
    assert [attempt.status for attempt in error.attempts] == [429]


def test_out_of_time_after_a_doubt_is_not_safe():
    policy = RetryConfiguration(max_retry_time_sec=60, repeat_unsafe=True)
    waiting = sending("POST", retry=policy, deadline=20).failed(CUT_OFF, now=at(1))
    error = waiting.woke(IDLE, now=at(21)).error
    assert (error.sent, error.is_retry_safe) == (True, False)


def test_waiting_for_a_token_counts():
    shared = session(vault=Vault(GRANT), deadline=5)
    need = start(operation(), shared, now=at(0))
    assert "deadline of 5 s" in str(need.timed_out(shared, now=at(5)).error)
    assert "longer than 10 s" in str(need.timed_out(shared, now=at(4)).error)
    assert need.granted(Token("t"), now=at(2)).request.timeout.read == 3
    assert "deadline of 5 s" in str(need.granted(Token("t"), now=at(5)).error)


def test_a_repeat_has_what_is_left_of_the_budget_and_a_second_at_least():
    policy = RetryConfiguration(max_retry_time_sec=20, retry_after_default=5)
    first = sending(retry=policy)
    assert first.request.timeout == Timeout()
    second = first.received(reply(502), now=at(1)).woke(IDLE, now=at(6))
    assert second.request.timeout == Timeout(connect=10, read=14, write=14, pool=10)
    assert second.request.expires == 20
    third = second.received(reply(502), now=at(15)).woke(IDLE, now=at(20))
    assert third.request.timeout == Timeout.of(1)


def test_a_post_that_is_repeated_is_not_cut_off_by_the_budget():
    policy = RetryConfiguration(max_retry_time_sec=20)
    state = (
        sending("POST", retry=policy).received(reply(429, "19"), now=at(0)).woke(IDLE, now=at(19))
    )
    assert state.request.timeout == Timeout()


def test_a_request_with_another_token_has_its_full_time():
    policy = RetryConfiguration(max_retry_time_sec=20)
    need = sending(retry=policy, vault=with_token()).received(reply(401), now=at(19))
    assert need.granted(Token("t"), now=at(19)).request.timeout == Timeout()


# --- permits ---------------------------------------------------------------------------------------


def need_of(**facts):
    need = start(operation(), session(pacing=Pacing(), **facts), now=at(0))
    assert isinstance(need, NeedPermit)
    return need


def test_a_permit_that_comes_after_the_deadline_is_of_no_use():
    need = need_of(deadline=5)
    assert isinstance(need.granted(now=at(4)), Sending)
    error = need.granted(now=at(5)).error
    assert isinstance(error, errors.TimeoutError)
    assert not error.sent


def test_with_retry_off_a_closed_gate_is_not_waited_for_and_a_place_is():
    later, gate = Reservation(7.0, why="1 request in 7 s"), Gate(7.0, reply(429, "7"))
    waiting = need_of().queued(later, now=at(0))
    assert (waiting.seconds, waiting.until, waiting.reservation) == (7, 7, later)
    error = need_of().queued(later, gate=gate, now=at(0)).error
    assert isinstance(error, errors.RateLimitError)
    assert error.__notes__ == [
        "not sent: all calls wait 7 s after another call's 429; retries are disabled"
    ]
    assert isinstance(need_of(retry=ON).queued(later, gate=gate, now=at(0)), Waiting)


# --- the diagram -----------------------------------------------------------------------------------


def test_the_table_of_the_docstring_is_the_code():
    rows = re.findall(r"^    ([\w.]+) +-> (.+)$", lifecycle.__doc__, re.MULTILINE)
    assert {name: set(states.split(" | ")) for name, states in rows} == call_transitions()


# --- every reachable state -------------------------------------------------------------------------

ALPHABET = (
    reply(200),
    reply(401),
    reply(404),
    reply(429),
    reply(429, "2"),
    reply(429, "181"),
    reply(503),
    reply(503, "2"),
    UNSENT,
    CUT_OFF,
)
BUDGET = 8
POLICY = RetryConfiguration(max_retry_time_sec=BUDGET, retry_max=3)


class Node(typing.NamedTuple):
    """A state, with what the path to it must remember."""

    state: typing.Any
    time: float
    refused: frozenset[str] = frozenset()
    refreshes: int = 0
    opens: float = 0.0  # when the gate opens that other calls closed

    def key(self):
        state, kind, then = self.state, type(self.state).__name__, None
        if isinstance(state, ClosingGate):
            state, then = state.then, type(state.then).__name__
        if isinstance(state, Raised):
            return kind, then, type(state.error).__name__
        if isinstance(state, Returned):
            return kind, state.response.status
        call = state.call
        repeats = sum(attempt.status != 401 for attempt in call.attempts)
        token = call.token and call.token.access_token
        waits = getattr(state, "seconds", None), getattr(state, "reservation", None)
        gate = max(self.opens, self.time)
        facts = repeats, call.refreshed, call.doubtful, token, waits, self.time, gate
        return kind, then, *facts


def successors(node):
    """Each event that the state has, with the node after it."""
    state, time = node.state, node.time
    if isinstance(state, Sending):
        for outcome in ALPHABET:
            if isinstance(outcome, TransportFailure):
                after = state.failed(outcome, now=at(time))
            else:
                after = state.received(outcome, now=at(time))
            refused, refreshes = node.refused, node.refreshes
            if isinstance(after, NeedToken):
                refused, refreshes = refused | {after.rejected.access_token}, refreshes + 1
            yield outcome, Node(after, time, refused, refreshes, node.opens)
    elif isinstance(state, NeedToken):
        for token in ("token-0", "token-1"):
            yield token, node._replace(state=state.granted(Token(token), now=at(time)))
        yield "refused", node._replace(state=state.refused(errors.GenesysCloudError("none")))
        yield "exhausted", node._replace(state=state.exhausted("there is no other"))
        yield "timed out", node._replace(state=state.timed_out(session(), now=at(time)))
    elif isinstance(state, NeedPermit):
        yield from permits(state, node)
    elif isinstance(state, ClosingGate):
        yield "closed", node._replace(state=state.closed(), opens=state.gate.until)
        yield "not closed", node._replace(state=state.not_closed(errors.BudgetError("locked")))
    elif isinstance(state, Waiting):
        yield from ends_of_waits(state, node)


def permits(need, node):
    gate = Gate(node.opens, reply(429)) if node.opens > node.time else None
    if gate is None:
        yield "granted", node._replace(state=need.granted(now=at(node.time)))
    for seconds in (2, 400):
        later = Reservation(max(node.time + seconds, node.opens), why="the limit")
        yield "queued", node._replace(state=need.queued(later, gate=gate, now=at(node.time)))


def ends_of_waits(waiting, node):
    until, now = waiting.until, at(node.time)
    assert waiting.woke(IDLE, now=now) is waiting or not waiting.seconds
    yield "woke", node._replace(state=waiting.woke(IDLE, now=at(until)), time=until)
    if waiting.reservation is not None:
        assert waiting.woke(with_gate(until - 1), now=now) is waiting
        # Another call's 429 closes the gate for longer than this call was told to wait.
        shut = waiting.woke(with_gate(until + 2), now=now)
        yield "gate", node._replace(state=shut, opens=until + 2)


PACED = session(pacing=Pacing())


def with_gate(opens):
    """A session whose gate is closed until then."""
    return msgspec.structs.replace(PACED, pacer=PACED.pacer.with_gate(Gate(opens, reply(429))))


def explored(begin):
    """All nodes by key, and all edges between keys."""
    todo, nodes, edges = deque([begin]), {begin.key(): begin}, []
    while todo:
        node = todo.popleft()
        for event, after in successors(node):
            check_edge(node, event, after)
            edges.append((node.key(), after.key()))
            if after.key() not in nodes:
                nodes[after.key()] = after
                todo.append(after)
            else:  # the key forgets nothing that matters: from equal keys the same is reached
                assert onward(after) == onward(nodes[after.key()])
    return nodes, edges


def onward(node):
    return [after.key() for _, after in successors(node)]


def check_edge(node, event, after):
    """What must hold of each step."""
    state = after.state
    assert after.refreshes <= 1
    assert after.time <= BUDGET
    if isinstance(state, Raised):
        # A call that was never sent has no attempts.
        assert isinstance(node.state, NeedToken | NeedPermit) or state.error.attempts
    if isinstance(state, Sending):
        token = state.call.token
        assert token is None or token.access_token not in after.refused
        assert state.request.headers.get("authorization") == f"Bearer {token.access_token}"
    if isinstance(state, Waiting):
        assert 0 <= state.seconds <= MAX_RETRY_AFTER
        assert len([a for a in state.call.attempts if a.status != 401]) <= POLICY.retry_max
        assert state.call.repeatable or event not in AMBIGUOUS


def longest_path(edges, begin):
    """Steps of the longest path; a cycle would recurse for ever."""
    after = {}
    for source, target in edges:
        after.setdefault(source, set()).add(target)
    lengths = {}

    def length(key, path=()):
        assert key not in path, "a call that may never end"
        if key not in lengths:
            lengths[key] = max(
                (1 + length(target, (*path, key)) for target in after.get(key, ())), default=0
            )
        return lengths[key]

    return length(begin)


@pytest.mark.parametrize(
    ("method", "paced", "count", "edge_count", "steps"),
    [
        # One request, three repeats with a wait before each, one token and a request with it.
        ("GET", False, 89, 388, 1 + 3 * 2 + 2),
        ("DELETE", False, 90, 388, 1 + 3 * 2 + 2),
        ("POST", False, 58, 247, 1 + 3 * 2 + 2),
        # Permits, waits for them and gates on top of these; the budget of 8 s ends the waits.
        ("GET", True, 433, 1387, 20),
        ("DELETE", True, 434, 1387, 20),
        ("POST", True, 318, 994, 20),
    ],
)
def test_every_reachable_state_keeps_the_invariants(method, paced, count, edge_count, steps):
    pacing = Pacing() if paced else None
    shared = session(retry=POLICY, vault=with_token(), pacing=pacing)
    begin = Node(start(operation(method), shared, now=at(0)), 0.0)
    nodes, edges = explored(begin)
    expected = {state.__name__ for state in CALL_STATES}
    assert {key[0] for key in nodes} == (
        expected if paced else expected - {"NeedPermit", "ClosingGate"}
    )
    found = len(nodes), len(edges), longest_path(edges, begin.key())
    assert found == (count, edge_count, steps)


# --- any sequence of events ------------------------------------------------------------------------


def test_any_call_ends_within_its_bounds():
    fuzz_lifecycle.check_any_call()


def test_no_token_is_in_an_issue_or_a_traceback():
    call = operation("GET", returns="UserMe")
    state = start(call, session(vault=with_token("hunter2-access")), now=at(0))
    body = b'{"id": "1", "version": "hunter2-access"}'
    returned = state.received(reply(200, body=body), now=at(1))
    (issue,) = returned.response.issues
    assert "hunter2" not in str(issue)
    raised = state.received(reply(200, body=b"<html>hunter2"), now=at(1))
    assert raised.error.__traceback__ is None
