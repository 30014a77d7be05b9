"""Notifications of the simulator over real sockets, with a client that this project did not write."""

import contextlib
import json
import re
import socket
import threading
from concurrent.futures import ThreadPoolExecutor

import anyio
import pytest
from websockets.asyncio.client import connect as connect_async
from websockets.exceptions import ConnectionClosed, ConnectionClosedError, InvalidStatus
from websockets.sync.client import connect

from genesys_cloud.simulator import (
    Settings,
    Simulator,
    application,
    bundled_definition,
    running_simulator,
)
from genesys_core.clock import Now
from genesys_core.simulator.sockets.actions import Delivery
from genesys_core.simulator.wire.websocket_server import frame
from tests.helpers.threads import threads_end
from tests.strategies.hub import CHANNELS, HEARTBEAT, PONG
from tests.strategies.simulator import WALL

httpx = pytest.importorskip("httpx")

LIMIT = 30  # seconds, and only a safety net


class Office:
    """A simulator that runs, a token, and the first user's topics."""

    def __init__(self, running):
        self.running = running
        bearer = {"Authorization": f"Bearer {running.access_token()}"}
        self.http = httpx.Client(base_url=running.url, headers=bearer, trust_env=False)
        self.user = self.http.get("/api/v2/users/me").json()["id"]
        self.presence = f"v2.users.{self.user}.presence"

    def channel(self, *topics):
        channel = self.http.post(CHANNELS).json()
        body = [{"id": topic} for topic in topics or (self.presence,)]
        answer = self.http.post(f"{CHANNELS}/{channel['id']}/subscriptions", json=body)
        assert answer.status_code == 200
        return channel["id"], channel["connectUri"]

    def be(self, presence):
        target = f"/api/v2/users/{self.user}/presences/purecloud"
        body = {"presenceDefinition": {"systemPresence": presence}}
        assert self.http.patch(target, json=body).status_code == 200

    def at_hub(self, do):
        return self.running.at_hub(lambda hub, now: do(hub))


@contextlib.contextmanager
def office(**options):
    with running_simulator(**options) as running:
        opened = Office(running)
        with contextlib.closing(opened.http):
            yield opened


@pytest.fixture
def desk():
    with office() as opened:
        yield opened


@pytest.fixture
def line(desk):
    """A channel with a socket."""
    channel, uri = desk.channel()
    with connect(uri, proxy=None) as ws:
        yield channel, ws


def heard(ws):
    return json.loads(ws.recv(timeout=LIMIT))


def end_of(ws):
    with pytest.raises(ConnectionClosed) as caught:
        ws.recv(timeout=LIMIT)
    return caught.value


# What the platform does


def test_who_subscribes_over_rest_hears_what_is_done_over_rest(desk):
    _, uri = desk.channel(f"v2.users.{desk.user}?presence&routingStatus")
    with connect(uri, proxy=None) as ws:
        desk.be("Busy")
        desk.http.put(f"/api/v2/users/{desk.user}/routingstatus", json={"status": "IDLE"})
        presence, routing = heard(ws), heard(ws)
    assert list(presence) == ["topicName", "version", "eventBody", "metadata"]
    assert presence["topicName"] == desk.presence
    assert presence["eventBody"]["presenceDefinition"]["systemPresence"] == "BUSY"
    assert routing["topicName"] == f"v2.users.{desk.user}.routingStatus"
    assert routing["eventBody"]["routingStatus"]["status"] == "IDLE"
    published = desk.running.simulator.hub.published
    ids = [event["metadata"]["CorrelationId"] for event in (presence, routing)]
    # One change may have events of several topics.
    assert [each.correlation_id for each in published if each.channels] == ids


def test_a_ping_is_answered(line):
    _, ws = line
    ws.send('{"message":"ping"}')
    assert heard(ws) == PONG
    ws.ping("frame").wait(LIMIT)


def test_a_subscription_over_the_socket(desk, line):
    _, ws = line
    topic = f"v2.users.{desk.user}.station"
    ws.send(json.dumps({"message": "subscribe", "topics": [topic]}))
    assert heard(ws) == {"result": "200", "status": "subscribed"}
    desk.running.publish(topic, {"a": 1})
    assert heard(ws)["topicName"] == topic
    desk.running.publish_event(topic, {"associatedStation": {"id": "s"}})
    assert heard(ws)["eventBody"] == {"associatedStation": {"id": "s"}}


def test_a_handshake_for_no_channel_is_refused(desk):
    _, uri = desk.channel()
    with pytest.raises(InvalidStatus) as caught:
        connect(f"{uri}x", proxy=None)
    assert caught.value.response.status_code == 404


def test_the_path_may_have_a_gateways_prefix(desk):
    _, uri = desk.channel()
    with connect(uri.replace("/channels/", "/gateway/x/channels/"), proxy=None) as ws:
        desk.be("Busy")
        assert heard(ws)["topicName"] == desk.presence


def test_a_plain_request_to_the_sockets_port_is_told_to_upgrade(desk):
    _, uri = desk.channel()
    answer = httpx.get(uri.replace("ws://", "http://"), trust_env=False)
    assert answer.status_code == 426


def test_a_second_socket_ends_the_first(desk, line):
    _, first = line
    uri = f"ws://127.0.0.1:{desk.running.simulator.state.socket_port}/channels/{line[0]}"
    with connect(uri, proxy=None) as second:
        assert end_of(first).rcvd.code == 1001
        desk.be("Busy")
        assert heard(second)["topicName"] == desk.presence


def test_heartbeats_by_a_clock_of_ones_own():
    now = [Now(0, WALL)]
    with office(clock=lambda: now[0], settings=Settings(token_lifetime=1e6)) as desk:
        channel, uri = desk.channel()
        with connect(uri, proxy=None) as ws:
            for beat in (30, 60, 90):
                now[0] = Now(beat, WALL + beat)
                desk.running.tick()
                assert heard(ws) == HEARTBEAT
            now[0] = Now(86_400, WALL + 86_400)
            desk.running.tick()
            closed = end_of(ws).rcvd
            assert (closed.code, closed.reason) == (1001, "the channel no longer exists: expired")
        assert channel not in desk.running.simulator.state.channels


def test_heartbeats_by_the_machines_clock():
    with office(settings=Settings(heartbeat_interval=0.01)) as desk:
        _, uri = desk.channel()
        with connect(uri, proxy=None) as ws:
            assert [heard(ws) for _ in range(5)] == [HEARTBEAT] * 5


def test_a_token_that_is_revoked(desk, line):
    channel, ws = line
    desk.http.delete("/api/v2/tokens/me")
    assert heard(ws)["topicName"] == f"v2.system.token_revoked.{channel}"
    assert end_of(ws).rcvd.code == 1001


# Faults


def test_a_close_that_was_announced(desk, line):
    channel, ws = line
    desk.running.at_hub(lambda hub, now: hub.announce_closing(channel, now, wait=0.01))
    assert heard(ws)["topicName"] == "v2.system.socket_closing"
    assert end_of(ws).rcvd.code == 1001


@pytest.mark.parametrize("code", [1000, 1011, 1012, 4000])
def test_any_close_code(desk, line, code):
    channel, ws = line
    desk.at_hub(lambda hub: hub.close(channel, code, "why not"))
    closed = end_of(ws).rcvd
    assert (closed.code, closed.reason) == (code, "why not")


@pytest.mark.parametrize("reset", [False, True])
def test_a_connection_that_just_ends(desk, line, reset):
    channel, ws = line
    desk.at_hub(lambda hub: hub.drop(channel, reset=reset))
    assert end_of(ws).rcvd is None


def test_silence_is_not_an_end(desk, line):
    channel, ws = line
    desk.at_hub(lambda hub: hub.silence(channel))
    desk.be("Busy")
    pong = ws.ping()
    ws.send('{"message":"ping"}')
    for _ in range(2):  # turns of the loop: what the server would read, it has read then
        desk.at_hub(lambda hub: None)
    assert desk.running.simulator.hub.counts == {"silenced": 1}
    desk.at_hub(lambda hub: hub.drop(channel))
    assert end_of(ws).rcvd is None  # and nothing came before the end
    assert not pong.is_set()


def test_garbage_is_a_protocol_error_for_the_client(desk, line):
    channel, ws = line
    desk.at_hub(lambda hub: hub.send_bytes(channel, frame(1, b"x", flags=0xF0)))
    error = end_of(ws)
    assert isinstance(error, ConnectionClosedError)
    assert error.sent.code == 1002


def test_a_text_that_is_not_utf_8(desk, line):
    channel, ws = line
    desk.at_hub(lambda hub: hub.send_bytes(channel, frame(1, b"\xff")))
    assert end_of(ws).sent.code == 1007


def test_fragments_and_huge_frames(desk, line):
    channel, ws = line
    desk.running.publish(desk.presence, {"message": "x" * 900_000})
    assert len(heard(ws)["eventBody"]["message"]) == 900_000
    desk.at_hub(lambda hub: hub.fragment(channel, 100))
    desk.running.publish(desk.presence, {"message": "y" * 900_000})
    assert list(ws.recv_streaming())[1:]
    desk.running.publish(desk.presence, {"message": "x" * 2_000_000})
    assert end_of(ws).sent.code == 1009  # more than this client takes


def test_events_twice_and_out_of_order(desk, line):
    channel, ws = line
    desk.at_hub(lambda hub: hub.hold(channel))
    ids = [desk.running.publish(desk.presence, {}).correlation_id for _ in range(3)]
    desk.at_hub(lambda hub: hub.release(channel, [1, 0, 1, 2]))
    arrived = [heard(ws)["metadata"]["CorrelationId"] for _ in range(4)]
    assert arrived == [ids[1], ids[0], ids[1], ids[2]]


def test_handshakes_are_refused_on_demand(desk):
    _, uri = desk.channel()
    desk.at_hub(lambda hub: hub.refuse(503))
    desk.at_hub(lambda hub: hub.refuse(None))
    with pytest.raises(InvalidStatus) as caught:
        connect(uri, proxy=None, open_timeout=LIMIT)
    assert caught.value.response.status_code == 503
    host, port = re.fullmatch(r"ws://(.*):(\d+)/.*", uri).groups()
    with socket.create_connection((host, int(port)), timeout=LIMIT) as raw:
        raw.sendall(
            b"GET /channels/x HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
        )
        assert raw.recv(1) == b""
    with connect(uri, proxy=None):
        pass


# Together


def test_many_sockets_and_many_threads_and_every_event_is_accounted_for(desk):
    channels = [desk.channel() for _ in range(10)]
    topics = [desk.presence] * 50
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(connect(uri, proxy=None)) for _, uri in channels]
        with ThreadPoolExecutor(8) as pool:
            published = list(pool.map(lambda topic: desk.running.publish(topic, {}), topics))
        expected = [
            each.correlation_id for each in sorted(published, key=lambda each: each.sequence)
        ]
        for ws in sockets:
            assert [heard(ws)["metadata"]["CorrelationId"] for _ in topics] == expected
    deliveries = desk.running.simulator.hub.deliveries
    assert {each.fate for each in deliveries} == {"sent"}
    assert len(deliveries) == 500
    assert isinstance(deliveries[0], Delivery)


def test_who_leaves_without_a_word_is_forgotten(desk, monkeypatch):
    channel, uri = desk.channel()
    hub, left = desk.running.simulator.hub, threading.Event()
    forget = hub.disconnected
    monkeypatch.setattr(hub, "disconnected", lambda number: (forget(number), left.set()))
    with connect(uri, proxy=None) as ws:
        ws.socket.shutdown(socket.SHUT_RDWR)
    assert left.wait(LIMIT)
    desk.be("Busy")
    assert [(each.channel_id, each.fate) for each in hub.deliveries] == [(channel, "unconnected")]


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_from_within_an_event_loop(backend):
    async def listen():
        with office() as desk:
            _, uri = desk.channel()
            if backend == "trio":  # that client knows asyncio alone
                return await anyio.to_thread.run_sync(listen_in_thread, desk, uri)
            async with connect_async(uri, proxy=None) as ws:
                await anyio.to_thread.run_sync(desk.be, "Busy")
                return json.loads(await ws.recv())["eventBody"]

    def listen_in_thread(desk, uri):
        with connect(uri, proxy=None) as ws:
            desk.be("Busy")
            return heard(ws)["eventBody"]

    body = anyio.run(listen, backend=backend)
    assert body["presenceDefinition"]["systemPresence"] == "BUSY"


def test_nothing_is_left_behind_not_even_with_open_and_silent_sockets():
    with threads_end(), contextlib.ExitStack() as stack:
        with office() as desk:
            channels = [desk.channel() for _ in range(3)]
            sockets = [stack.enter_context(connect(uri, proxy=None)) for _, uri in channels]
            desk.at_hub(lambda hub: hub.silence(channels[1][0]))
            desk.at_hub(lambda hub: hub.close(channels[2][0]))
            port = desk.running.simulator.state.socket_port
        for ws in sockets:
            end_of(ws)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port))


def test_a_sockets_port_that_is_taken_is_an_error_and_leaves_nothing(desk):
    port = desk.running.simulator.state.socket_port
    taken = pytest.raises(OSError, match="in use")
    with threads_end(), taken, running_simulator(socket_port=port):
        pass


def test_the_application_alone_leads_to_the_port_of_the_request():
    simulator = Simulator(bundled_definition())
    client = next(iter(simulator.state.clients))
    token = simulator.issue_token(client, now=Now(0, 0))

    async def call():
        transport = httpx.ASGITransport(application(simulator, clock=lambda: Now(0, 0)))
        async with httpx.AsyncClient(transport=transport, base_url="http://own.example:81") as http:
            return await http.post(CHANNELS, headers={"Authorization": f"Bearer {token}"})

    assert anyio.run(call).json()["connectUri"].startswith("ws://own.example:81/channels/")


def test_changes_of_a_resource_with_a_topic_arrive_by_rule(desk):
    sets = "/api/v2/outbound/attemptlimits"
    made = desk.http.post(sets, json={"name": "Weekdays", "maxAttemptsPerContact": 3}).json()
    topic = f"v2.outbound.attemptlimits.{made['id']}"
    _, uri = desk.channel(topic)
    with connect(uri, proxy=None) as ws:
        changed = {**made, "maxAttemptsPerContact": 5}
        assert desk.http.put(f"{sets}/{made['id']}", json=changed).status_code == 200
        event = heard(ws)
        assert event["topicName"] == topic
        assert event["eventBody"]["maxAttemptsPerContact"] == 5
        assert event["eventBody"]["version"] == 2
        assert desk.http.put(f"{sets}/{made['id']}", json=made).status_code == 409
        assert desk.http.delete(f"{sets}/{made['id']}").is_success
        assert heard(ws)["eventBody"]["id"] == made["id"]


def test_traffic_is_heard_as_the_clock_goes_on():
    time = [Now(0.0, WALL)]
    with office(clock=lambda: time[0]) as desk:
        queue = next(iter(desk.running.simulator.state.queues))
        _, uri = desk.channel(f"v2.routing.queues.{queue}.conversations")
        with connect(uri, proxy=None, close_timeout=0.1) as ws:  # the clock stands still
            desk.running.start_traffic("60/min", seed=1)
            time[0] = Now(60.0, WALL + 60)
            desk.running.tick()
            event = heard(ws)
    purposes = [each["purpose"] for each in event["eventBody"]["participants"]]
    assert purposes[:2] == ["customer", "acd"]
