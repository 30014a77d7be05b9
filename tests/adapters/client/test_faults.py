"""Calls in a bad network, through all three drivers, against the simulator over real sockets.

Each scenario says what goes wrong and how the call has to end. Afterwards no connection is left, in
the client's pool or at the server, beyond the one that may serve the next call; and the simulator,
not the client, counts what was done.
"""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from inspect import isawaitable
from typing import Any

import pytest

from genesys_cloud import ClientCredentials, RetryConfiguration
from genesys_cloud.simulator import Rule, RunningSimulator, faulty_simulator
from genesys_cloud.transports import AsyncSocketTransport, SocketTransport
from genesys_core import errors
from genesys_core.api import analytics, routing, users
from genesys_core.calls.operation import Operation
from genesys_core.http.messages import Timeout
from genesys_core.session.pacing import Pacing
from genesys_core.session.retry import RETRIES_OFF
from genesys_core.simulator.wire.faults import (
    Answer,
    Closed,
    Fault,
    FaultPlan,
    Garbage,
    Interrupted,
    Slow,
)
from genesys_core.transport import PoolLimits
from tests.helpers.flavours import RUNNERS, Api, every_flavour
from tests.helpers.listeners import Listener, listening

ON = RetryConfiguration(max_retry_time_sec=60, retry_after_default=0.001, retry_wait_max=0.001)
OFF = RETRIES_OFF
SOON = {"Retry-After": "0.001"}
QUEUE = "/api/v2/routing/queues/{queueId}"


@pytest.fixture(scope="module")
def server():
    with faulty_simulator() as running:
        yield running


@dataclass(frozen=True)
class Call:
    """A call to make, and the route at which the simulator counts it."""

    method: str
    template: str
    operation: Callable[[RunningSimulator], Operation[Any]]


def user_id(server: RunningSimulator) -> str:
    return next(iter(server.simulator.state.users))


def of_user(server: RunningSimulator) -> Operation[Any]:
    user = server.simulator.state.users[user_id(server)]
    return users.patch_user(user_id(server), {"title": "changed", "version": user["version"]})


def new_queue() -> Operation[Any]:
    """A queue with an empty name, of which there can be several: also one that is sent twice."""
    return routing.post_routing_queues({"name": ""})


NEW = {"name": "new"}
INTERVAL = {"interval": "2024-01-01T00:00:00.000Z/2024-01-02T00:00:00.000Z"}
GET = Call("GET", "/api/v2/users/me", lambda _: users.get_users_me())
POST = Call("POST", "/api/v2/routing/queues", lambda _: new_queue())
PATCH = Call("PATCH", "/api/v2/users/{userId}", of_user)
PUT = Call("PUT", QUEUE, lambda _: routing.put_routing_queue("q", NEW))
DELETE = Call("DELETE", QUEUE, lambda _: routing.delete_routing_queue("q"))
QUERY = Call(
    "POST",
    "/api/v2/analytics/conversations/details/query",
    lambda _: analytics.post_analytics_conversations_details_query(INTERVAL),
)
READS_AND_IDEMPOTENT = (GET, PUT, DELETE, QUERY)
UNSAFE = (POST, PATCH)


@dataclass(frozen=True)
class Scenario:
    """What goes wrong, and how the call ends.

    ``came`` requests reach the server, ``done`` of them the platform does; ``error`` is exactly the
    type that is raised, or ``None``; ``kept`` connections are in the pool afterwards, idle.
    """

    call: Call
    faults: tuple[Fault, ...]
    came: int
    done: int
    error: type[Exception] | None = None
    kept: int = 1
    options: dict[str, Any] = field(default_factory=lambda: {"retry": ON})
    why: str = ""

    def __str__(self) -> str:
        return f"{self.call.method} {'+'.join(map(shown, self.faults))}"


def shown(fault: Fault) -> str:
    match fault:
        case Answer():
            return f"{fault.status}{'-done' if fault.done else ''}"
        case Interrupted():
            return f"{fault.by}-{fault.at}"
        case Slow():
            return f"slow-{fault.part}"
        case _:
            return type(fault).__name__.lower()


def repeated(call: Call, *faults: Fault, done: int = 1, **more: Any) -> Scenario:
    return Scenario(call, faults, came=len(faults) + 1, done=done, **more)


def given_up(call: Call, fault: Fault, error: type[Exception], **more: Any) -> Scenario:
    return Scenario(call, (fault,), came=1, error=error, **{"done": 0, **more})


def unanswered(at: str) -> int:
    """How often a request that is interrupted there has been done."""
    return 0 if at in {"request", "before"} else 1


TOO_MANY, TOO_MANY_SOON = Answer(429), Answer(429, SOON)
BUSY_SOON = Answer(503, SOON)
BURST = (Answer(502, body=b"<html>Bad Gateway</html>"), Answer(503), Answer(504, done=True))
BROKEN = [Interrupted(at, by) for at in ("request", "before", "after", "head", "body") for by in ("reset", "close")]  # fmt: skip
SILENT = [Interrupted(at, "silence") for at in ("request", "before", "after", "head", "body")]
IMPATIENT = {"retry": ON, "timeout": Timeout(read=0.5)}

STORMS = [
    *(repeated(call, *[TOO_MANY_SOON] * 5) for call in (*READS_AND_IDEMPOTENT, *UNSAFE)),
    *(repeated(call, TOO_MANY, TOO_MANY_SOON, TOO_MANY) for call in (GET, POST)),
    Scenario(GET, (TOO_MANY_SOON,) * 6, came=6, done=0, error=errors.RateLimitError, why="retried 5 times, the maximum"),
    Scenario(POST, (TOO_MANY_SOON,) * 6, came=6, done=0, error=errors.RateLimitError, why="retried 5 times, the maximum"),
    given_up(GET, TOO_MANY_SOON, errors.RateLimitError, options={"retry": OFF}, why="retries are disabled"),
    given_up(POST, Answer(429, {"Retry-After": "42"}), errors.RateLimitError, options={"retry": RetryConfiguration(max_retry_time_sec=10)}, why="the server asks for 42 s, the budget is 10 s"),
    given_up(GET, Answer(429, {"Retry-After": "86400"}), errors.RateLimitError, why="the server asks for 86400 s, more than the maximum of 180 s"),
]  # fmt: skip
BURSTS = [
    *(repeated(call, *BURST, done=2) for call in (GET, PUT, QUERY)),
    # The 504 was done all the same: the repeat finds nothing left, and that is success.
    repeated(DELETE, *BURST, done=1),
    *(repeated(call, BUSY_SOON, BUSY_SOON) for call in UNSAFE),
    *(given_up(call, fault, errors.ServerError, done=int(fault.done), why="the request may have taken effect") for call in UNSAFE for fault in BURST),
    repeated(POST, *BURST, done=2, options={"retry": RetryConfiguration(max_retry_time_sec=60, retry_after_default=0.001, repeat_unsafe=True)}),
]  # fmt: skip
BREAKS = [
    *(repeated(GET, fault, done=1 + unanswered(fault.at)) for fault in BROKEN),
    *(repeated(call, fault, done=1 + unanswered(fault.at)) for call in (PUT, QUERY) for fault in BROKEN[::4]),
    # Done or not, and found to be gone by the repeat: a success either way. (A 204 has no body.)
    *(repeated(DELETE, fault) for fault in BROKEN if fault.at != "body"),
    *(given_up(call, fault, errors.ConnectionClosedError, done=unanswered(fault.at), kept=0, why="the request may have taken effect") for call in UNSAFE for fault in BROKEN),
    # The second reset hits a connection that was kept: the request is sent again at once, which is no
    # retry, so that seven requests need five of them.
    repeated(GET, Interrupted("before"), Answer(502), Interrupted("after"), TOO_MANY, Interrupted("body"), Answer(504), done=3),
    repeated(GET, Garbage()),
    *(given_up(call, Garbage(), errors.ProtocolError, kept=0) for call in UNSAFE),
]  # fmt: skip
SILENCES = [
    *(repeated(GET, fault, done=1 + unanswered(fault.at), options=IMPATIENT) for fault in SILENT),
    *(given_up(POST, fault, errors.TimeoutError, done=unanswered(fault.at), kept=0, options=IMPATIENT) for fault in SILENT),
    *(given_up(GET, fault, errors.TimeoutError, done=unanswered(fault.at), kept=0, options={"retry": ON, "deadline": 0.5}) for fault in SILENT[1::3]),
]  # fmt: skip
SLOWNESS = [
    Scenario(GET, (Slow("head", 0, size=7),), came=1, done=1),
    Scenario(GET, (Slow("body", 0, size=7),), came=1, done=1),
    # Each read is quick, and the whole would take minutes: only the deadline ends it.
    given_up(GET, Slow("head", 0.04), errors.TimeoutError, done=1, kept=0, options={"retry": ON, "deadline": 0.5}),
    given_up(GET, Slow("body", 0.04), errors.TimeoutError, done=1, kept=0, options={"retry": ON, "deadline": 0.5}),
    given_up(POST, Slow("body", 0.04), errors.TimeoutError, done=1, kept=0, options={"retry": ON, "deadline": 0.5}),
]  # fmt: skip
ODDITIES = [
    given_up(GET, Answer(200, body=b"<html>Sign in</html>", done=True), errors.DecodeError, done=1),
    given_up(POST, Answer(200, {"Content-Type": "text/html"}, b"<html>", done=True), errors.DecodeError, done=1),
    given_up(GET, Answer(302, {"Location": "https://elsewhere.example/"}), errors.RedirectError),
    given_up(GET, Answer(500), errors.ServerError),
    given_up(PATCH, Answer(409), errors.ConflictError),
]  # fmt: skip

TABLE = [*STORMS, *BURSTS, *BREAKS, *SILENCES, *SLOWNESS, *ODDITIES]


@pytest.mark.slow
@every_flavour
@pytest.mark.parametrize("case", TABLE, ids=map(str, TABLE))
def test_a_call_ends_as_the_policy_says(run, server: RunningSimulator, case: Scenario) -> None:
    call, queues = case.call, server.simulator.state.queues
    queues["q"] = {**next(iter(queues.values())), "id": "q"}
    operation, before = call.operation(server), effects(server)

    async def scenario(api: Api) -> None:
        if case.error is None:
            await api.send(operation)
        else:
            with pytest.raises(errors.GenesysCloudError) as caught:
                await api.send(operation)
            require_told(caught.value, case)
        stats = api.client.stats()
        assert (stats.open_connections, stats.calls_under_way) == (case.kept, 0)

    rules = (Rule(fault, call.method, call.template, n) for n, fault in enumerate(case.faults, 1))
    with faults_of(server, *rules):
        run(scenario, host=server.url, access_token=server.access_token(), **case.options)
        server.all_closed()
    assert server.faults.came(call.method, call.template) == case.came
    assert server.faults.done(call.method, call.template) == case.done
    if call in UNSAFE:
        assert effects(server) - before == case.done


def effects(server: RunningSimulator) -> int:
    """Grows by one with every POST of a queue and every PATCH of the user that is done."""
    state = server.simulator.state
    return int(state.issued["queue"]) + int(str(state.users[user_id(server)]["version"]))


def require_told(error: errors.GenesysCloudError, case: Scenario) -> None:
    """The error is exactly the one expected, and tells all that happened and nothing untrue."""
    assert type(error) is case.error
    assert [attempt.number for attempt in error.attempts] == list(range(1, case.came + 1))
    told = [attempt.status for attempt in error.attempts]
    assert told == [fault.status if isinstance(fault, Answer) else None for fault in case.faults]
    assert case.why in error.attempts[-1].decision
    if case.call in UNSAFE and case.done:
        assert error.is_retry_safe is not True


@contextmanager
def faults_of(server: RunningSimulator, *rules: Rule) -> Iterator[None]:
    """Only with these faults, and with an empty record."""
    server.faults.plan = FaultPlan.of(rules)
    server.faults.clear()
    yield
    server.faults.plan = FaultPlan()


@contextmanager
def nobody_home(*, waiting: int) -> Iterator[str]:
    """A port whose owner accepts no connection; some are waiting already."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener, ExitStack() as stack:
        for _ in range(waiting):
            early = stack.enter_context(socket.socket())
            early.setblocking(False)
            early.connect_ex(listener.getsockname())
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


@pytest.mark.slow
@every_flavour
@pytest.mark.parametrize(
    ("phase", "full", "sent"), [("connect", 3, False), ("write", 0, True), ("read", 0, True)]
)
def test_each_phase_has_its_timeout(run, phase, full, sent) -> None:
    """No connection, nobody who reads, nobody who answers; a POST is repeated only after the first."""

    async def scenario(api: Api) -> None:
        name = "x" * (20_000_000 if phase == "write" else 1)
        with pytest.raises(errors.TimeoutError) as caught:
            await api.send(routing.post_routing_queues({"name": name}))
        assert (caught.value.sent, caught.value.is_retry_safe) == (sent, not sent)
        assert len(caught.value.attempts) == (1 if sent else 2)
        assert api.client.stats().open_connections == 0

    retry = RetryConfiguration(max_retry_time_sec=60, retry_max=1, retry_after_default=0.001)
    with nobody_home(waiting=full) as url:
        run(scenario, host=url, retry=retry, timeout=Timeout(**{phase: 0.3}))


@pytest.mark.slow
@every_flavour
def test_waiting_for_a_place_in_the_pool_has_its_timeout(run, server) -> None:
    async def scenario(api: Api) -> None:
        ended = await api.at_once(2, lambda: api.send(new_queue()))
        assert [type(error) for error in ended] == [errors.TimeoutError] * 2
        assert sorted(error.sent for error in ended) == [False, True]
        assert api.client.stats().open_connections == 0

    kind = SocketTransport if run is RUNNERS["sync"] else AsyncSocketTransport
    one = kind(limits=PoolLimits(connections=1))
    timeout = Timeout(read=2, pool=0.3)
    with faults_of(server, Rule(Interrupted("before", "silence"), "POST")):
        token = server.access_token()
        run(scenario, host=server.url, access_token=token, timeout=timeout, transport=one)
        server.all_closed()
    assert server.faults.came("POST", POST.template) == 1


@every_flavour
def test_a_storm_for_many_at_once(run, server: RunningSimulator) -> None:
    async def scenario(api: Api) -> None:
        made = await api.at_once(10, lambda: api.send(new_queue()))
        assert len({queue.id for queue in made}) == 10
        assert api.client.stats().calls_under_way == 0

    before = effects(server)
    retry = RetryConfiguration(max_retry_time_sec=60, retry_max=50)
    with faults_of(server, Rule(TOO_MANY_SOON, "POST", times=30)):
        options = {"retry": retry, "pacing": Pacing()}
        run(scenario, host=server.url, access_token=server.access_token(), **options)
        server.all_closed()
    assert server.faults.came("POST", POST.template) == 40
    assert effects(server) - before == 10


@every_flavour
def test_no_page_of_a_listing_is_lost(run, server: RunningSimulator) -> None:
    async def scenario(api: Api) -> None:
        found = await api.items(users.get_users(page_size=2))
        assert [user.id for user in found] == list(server.simulator.state.users)

    faults = (Interrupted("body"), Answer(503), Closed(), Interrupted("after", "close"), Garbage())
    rules = [Rule(fault, "GET", first=2 * n) for n, fault in enumerate(faults, 1)]
    with faults_of(server, *rules):
        run(scenario, host=server.url, access_token=server.access_token(), retry=ON)
        server.all_closed()
    pages = len(server.simulator.state.users) // 2
    assert server.faults.came("GET", "/api/v2/users") == pages + 4


@every_flavour
def test_a_token_is_obtained_through_it_all(run, server: RunningSimulator) -> None:
    async def scenario(api: Api) -> None:
        await api.send(users.get_users_me())

    faults = (TOO_MANY, Answer(502), Interrupted("after"), Interrupted("body", "close"))
    rules = [Rule(fault, "POST", "/oauth/token", n) for n, fault in enumerate(faults, 1)]
    grant = ClientCredentials(server.client_id, server.client_secret)
    with faults_of(server, *rules):
        run(scenario, host=server.url, auth=grant, retry=ON)
        server.all_closed()
    assert server.faults.came("POST", "/oauth/token") == 5
    assert server.faults.came("GET", GET.template) == 1


@every_flavour
def test_a_connection_that_ended_between_two_calls(run, server: RunningSimulator) -> None:
    """Seen before the next call is sent, it costs nothing; not even a POST is in doubt."""

    async def scenario(api: Api) -> None:
        for _ in range(3):
            await api.send(new_queue())
            server.all_closed()

    before = effects(server)
    with faults_of(server, Rule(Closed(), "POST", times=None)):
        run(scenario, host=server.url, access_token=server.access_token(), retry=OFF)
    assert effects(server) - before == 3


@every_flavour
def test_a_connection_that_ends_as_the_next_call_is_sent(run, server: RunningSimulator) -> None:
    """The race that nobody can see: a GET is sent again, a POST is left to the caller."""

    async def scenario(api: Api) -> None:
        await api.send(users.get_users_me())
        await api.send(users.get_users_me())
        with pytest.raises(errors.ConnectionClosedError) as caught:
            await api.send(new_queue())
        assert caught.value.is_retry_safe is False

    before = effects(server)
    lost = Interrupted("before", "close")
    with faults_of(server, Rule(lost, "GET", first=2), Rule(lost, "POST")):
        run(scenario, host=server.url, access_token=server.access_token(), retry=ON)
        server.all_closed()
    assert effects(server) == before


@every_flavour
@pytest.mark.parametrize("by", ["reset", "close"])
def test_a_server_that_goes_while_a_large_body_is_sent(run, server: RunningSimulator, by) -> None:
    async def scenario(api: Api) -> None:
        large = {"name": "x" * 20_000_000}
        with pytest.raises(errors.ConnectionClosedError) as caught:
            await api.send(routing.post_routing_queues(large))
        assert len(caught.value.attempts) == 1
        assert api.client.stats().open_connections == 0

    before = effects(server)
    with faults_of(server, Rule(Interrupted("request", by), "POST")):
        run(scenario, host=server.url, access_token=server.access_token(), retry=ON)
        server.all_closed()
    assert effects(server) == before


@pytest.mark.slow
@every_flavour
@pytest.mark.parametrize("fault", [Interrupted("body", "close"), Interrupted("body"), Interrupted("body", "silence")], ids=shown)  # fmt: skip
def test_a_download_that_breaks_off_begins_again(run, server, fault, tmp_path) -> None:
    async def scenario(api: Api) -> None:
        saved = api.client.download("/api/v2/users/me", tmp_path / "me", timeout=Timeout(read=0.5))
        if isawaitable(saved):
            await saved
        assert api.client.stats().open_connections == 1

    with faults_of(server, Rule(fault, "GET")):
        run(scenario, host=server.url, access_token=server.access_token(), retry=ON)
        server.all_closed()
    assert [path.name for path in tmp_path.iterdir()] == ["me"]
    assert json.loads((tmp_path / "me").read_bytes())["name"] == "User 001"


@every_flavour
def test_a_notification_channel_opens_through_it_all(run, server: RunningSimulator) -> None:
    """Channels opened in vain are the platform's to forget; subscriptions are made once more."""
    topic = f"v2.users.{user_id(server)}.presence"

    async def scenario(api: Api) -> None:
        async def listen(listener: Listener) -> None:
            await listener.do("add_subscription", topic)
            server.publish(topic, {"source": "PURECLOUD"})
            events = await listener.until(lambda event: event.topic_name == topic)
            assert events[-1].event_body.source == "PURECLOUD"

        await listening(api, listen)

    channels = "/api/v2/notifications/channels"
    subscriptions = f"{channels}/{{channelId}}/subscriptions"
    faults = (Answer(502), Interrupted("after"), Interrupted("body", "close"))
    rules = [
        Rule(fault, path=path, first=n)
        for path in (channels, subscriptions)
        for n, fault in enumerate(faults, 1)
    ]
    with faults_of(server, *rules):
        run(scenario, host=server.url, access_token=server.access_token(), retry=ON)
        server.all_closed()
    assert server.faults.came("POST", channels) == 4
