"""Which request meets what, and what the platform has done by then."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesys_core.clock import Now
from genesys_core.errors import InvalidValueError
from genesys_core.http.headers import Headers
from genesys_core.http.messages import Request, TransportFailure
from genesys_core.simulator.wire.faults import (
    Answer,
    Closed,
    FaultPlan,
    FaultyPlatform,
    Garbage,
    Interrupted,
    Met,
    Rule,
    Slow,
)
from tests.strategies.simulator import WALL, Desk

QUEUES = "/api/v2/routing/queues"
USER = "/api/v2/users/{userId}"


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Answer(100), "status=100: must be from 200 to 599"),
        (lambda: Answer(600), "status=600: must be"),
        (lambda: Answer(429, {"Retry-After": "1\r\n"}), "Retry-After"),
        (lambda: Answer(200, {"content-length": "1"}), "are set by the server"),
        (lambda: Answer(200, [("Transfer-Encoding", "chunked")]), "are set by the server"),
        (
            lambda: Interrupted("now"),
            "at='now': must be one of request, before, after, head, body",
        ),
        (lambda: Interrupted("body", "fire"), "by='fire': must be one of reset, close, silence"),
        (lambda: Slow("tail", 1), "part='tail': must be one of head, body"),
        (lambda: Slow("body", -1), "seconds=-1: must be 0 or more"),
        (lambda: Slow("body", float("inf")), "seconds=inf"),
        (lambda: Slow("body", float("nan")), "seconds=nan"),
        (lambda: Slow("body", 1, 0), "size=0: must be 1 or more"),
        (lambda: Rule(Closed(), first=0), "first=0: must be 1 or more"),
        (lambda: Rule(Closed(), times=0), "times=0: must be 1 or more"),
    ],
)
def test_what_cannot_be_is_refused(make, words):
    with pytest.raises(InvalidValueError, match=words):
        make()


def met(plan: FaultPlan, *requests: tuple[str, str]) -> list[object]:
    """What each of some requests, given by method and path, meets."""
    found: list[object] = []
    for method, path in requests:
        plan, fault = plan.meets(method, path, None)
        found.append(fault)
    return found


def test_a_storm_has_a_beginning_and_an_end():
    busy = Answer(503)
    plan = FaultPlan.of([Rule(busy, first=2, times=3)])
    assert met(plan, *[("GET", "/x")] * 6) == [None, busy, busy, busy, None, None]
    for_ever = FaultPlan.of([Rule(busy, first=2, times=None)])
    assert met(for_ever, *[("GET", "/x")] * 50) == [None, *[busy] * 49]


def test_a_rule_counts_only_what_it_concerns():
    plan = FaultPlan.of([Rule(Closed(), "POST", "/x", first=2)])
    requests = [("POST", "/x"), ("GET", "/x"), ("POST", "/y"), ("POST", "/x")]
    assert met(plan, *requests) == [None, None, None, Closed()]


def test_a_path_may_be_a_template_or_what_is_sent():
    for path in (USER, "/api/v2/users/1"):
        plan = FaultPlan.of([Rule(Closed(), path=path)])
        assert plan.meets("GET", "/api/v2/users/1", USER)[1] == Closed()
        assert plan.meets("GET", "/api/v2/users/2", None)[1] is None


def test_of_two_that_are_due_the_earlier_holds_and_both_have_counted():
    first, other = Answer(502), Answer(503)
    plan = FaultPlan.of([Rule(first), Rule(other, times=2)])
    assert met(plan, *[("GET", "/x")] * 3) == [first, other, None]


def test_a_plan_is_a_value_that_can_be_asked_twice():
    plan = FaultPlan.of([Rule(Closed())])
    assert plan.meets("GET", "/x") == plan.meets("GET", "/x")
    assert plan == FaultPlan.of([Rule(Closed())])
    assert FaultPlan().meets("GET", "/x") == (FaultPlan(), None)


methods = st.sampled_from(["GET", "POST"])
paths = st.sampled_from(["/a", "/b"])
rules = st.lists(
    st.builds(
        Rule,
        st.integers(400, 599).map(Answer),
        method=st.none() | methods,
        path=st.none() | paths,
        first=st.integers(1, 4),
        times=st.none() | st.integers(1, 4),
    ),
    max_size=4,
)


@given(rules, st.lists(st.tuples(methods, paths), max_size=12))
def test_any_plan_meets_any_requests_by_their_number(rules, requests):
    """Written the other way round: by looking back at all requests so far."""
    expected: list[object] = []
    for end in range(1, len(requests) + 1):
        due = []
        for rule in rules:
            alike = [
                rule.method in (None, one) and rule.path in (None, other)
                for one, other in requests[:end]
            ]
            last = rule.first + (10**9 if rule.times is None else rule.times)
            if alike[-1] and rule.first <= sum(alike) < last:
                due.append(rule.fault)
        expected.append(due[0] if due else None)
    assert met(FaultPlan.of(rules), *requests) == expected


NOW = Now(0.0, WALL)


def asked(*rules: Rule, method="POST", path=QUEUES) -> tuple[FaultyPlatform, object]:
    """A platform that was asked for one thing, and its answer."""
    desk = Desk()
    platform = FaultyPlatform(desk.simulator, rules)
    headers = {"Authorization": f"Bearer {desk.log_in()}", "Content-Type": "application/json"}
    body = b'{"name":"new"}' if method == "POST" else None
    request = Request(method, path, Headers(headers), body)
    return platform, platform.answers(request, platform.meets(request), now=NOW)


@pytest.mark.parametrize(
    ("fault", "status", "made"),
    [
        (None, 200, 1),
        (Closed(), 200, 1),
        (Slow("body", 1), 200, 1),
        (Interrupted("request"), None, 0),
        (Interrupted("before"), None, 0),
        (Interrupted("after"), 200, 1),
        (Interrupted("head"), 200, 1),
        (Interrupted("body"), 200, 1),
        (Garbage(), None, 0),
        (Answer(502), None, 0),
        (Answer(504, done=True), 200, 1),
    ],
)
def test_what_was_done_is_on_record(fault, status, made):
    platform, _ = asked(*([] if fault is None else [Rule(fault)]))
    assert list(platform.log) == [Met("POST", QUEUES, QUEUES, fault, status)]
    assert len(platform.simulator.state.queues) == 5 + made
    assert platform.came("POST", QUEUES) == 1
    assert platform.done("POST", QUEUES) == made == int(platform.log[0].done)
    assert (platform.came("GET", QUEUES), platform.done("GET", QUEUES)) == (0, 0)


def test_what_the_platform_refused_it_has_not_done():
    platform, response = asked(method="GET", path="/api/v2/users/nobody?expand=presence")
    assert list(platform.log) == [Met("GET", "/api/v2/users/nobody", USER, None, 404)]
    assert (response.status, platform.done("GET", USER)) == (404, 0)


def test_the_answer_of_a_fault_is_the_faults():
    fault = Answer(429, {"Retry-After": "7"}, b"busy")
    _, response = asked(Rule(fault))
    assert (response.status, response.headers["retry-after"], response.body) == (429, "7", b"busy")


def test_what_is_recorded_can_be_forgotten():
    platform, _ = asked()
    platform.clear()
    assert (platform.came("POST", QUEUES), platform.done("POST", QUEUES)) == (0, 0)
    assert not platform.log


def test_only_counts_show():
    platform, _ = asked(Rule(Answer(502)))
    assert repr(platform) == f"FaultyPlatform({platform.simulator!r}, 1 rules)"


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (Interrupted("before"), "closed"),
        (Interrupted("after", "close"), "closed"),
        (Interrupted("body", "silence"), "timeout"),
        (Garbage(), "protocol"),
    ],
)
def test_without_a_connection_a_fault_is_a_failure(fault, kind):
    platform = FaultyPlatform(Desk().simulator)
    platform.inject(Rule(fault))
    request = Request("GET", QUEUES, Headers())
    with pytest.raises(TransportFailure, match="injected fault") as caught:
        platform.respond(request, now=NOW)
    assert (caught.value.kind, caught.value.sent) == (kind, True)
    assert platform.respond(request, now=NOW).status == 401


@pytest.mark.parametrize("fault", [Slow("body", 9), Closed(), Answer(502)])
def test_without_a_connection_other_faults_are_responses(fault):
    platform = FaultyPlatform(Desk().simulator, [Rule(fault)])
    request = Request("GET", QUEUES, Headers())
    expected = 502 if isinstance(fault, Answer) else 401
    assert platform.respond(request, now=NOW).status == expected


def test_an_added_rule_counts_from_then_on():
    platform = FaultyPlatform(Desk().simulator)
    request = Request("GET", QUEUES, Headers())
    assert platform.meets(request) is None
    platform.inject(Rule(Closed(), first=2))
    assert [platform.meets(request) for _ in range(2)] == [None, Closed()]
    platform.inject(Rule(Answer(502)))
    assert [platform.meets(request) for _ in range(2)] == [Answer(502), None]
