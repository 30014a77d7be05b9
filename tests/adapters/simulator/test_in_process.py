"""The simulator without sockets: sync, asyncio, trio, several threads."""

import json
import queue
import time
from concurrent.futures import ThreadPoolExecutor

import anyio
import pytest

from genesys_cloud import (
    AsyncClient,
    AuthenticationError,
    Client,
    ClientCredentials,
    NotFoundError,
    RetryConfiguration,
    ServerError,
)
from genesys_cloud.errors import ConnectionClosedError, InvalidValueError, ProtocolError
from genesys_cloud.errors import TimeoutError as TimedOut
from genesys_cloud.notifications import Gap, Heartbeat
from genesys_cloud.simulator import InProcessSimulator, Rule, Simulator, World, faults
from genesys_core import Now
from tests.helpers.listeners import hasty
from tests.strategies.simulator import definition

FLAVOURS = ["threads", "asyncio", "trio"]
SKILLS = "/api/v2/routing/skills"


@pytest.fixture
def platform():
    return InProcessSimulator(Simulator(definition()))


def client_of(platform, **options):
    token = platform.access_token()
    return Client(access_token=token, transport=platform.transport(), trust_env=False, **options)


def call(platform, flavour, token, make):
    """Make a call with a client of each flavour."""
    if flavour == "threads":
        with Client(access_token=token, transport=platform.transport(), trust_env=False) as client:
            return make(client)

    async def main():
        transport = platform.async_transport()
        async with AsyncClient(access_token=token, transport=transport, trust_env=False) as client:
            return await make(client)

    return anyio.run(main, backend=flavour)


def test_a_client_signs_in_and_reads_what_it_wrote(platform):
    auth = ClientCredentials(platform.client_id, platform.client_secret)
    with Client(auth=auth, transport=platform.transport(), trust_env=False) as client:
        skill = client.routing.post_routing_skills({"name": "Spanish"})
        assert client.routing.get_routing_skill(skill.id).name == "Spanish"
        client.routing.delete_routing_skill(skill.id)
        with pytest.raises(NotFoundError):
            client.routing.get_routing_skill(skill.id)
    assert platform.simulator.count("POST", "/oauth/token") == 1


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_an_asynchronous_client(platform, backend):
    async def main():
        transport = platform.async_transport()
        token = platform.access_token()
        async with AsyncClient(access_token=token, transport=transport, trust_env=False) as client:
            skill = await client.routing.post_routing_skills({"name": "Spanish"})
            return (await client.routing.get_routing_skill(skill.id)).name

    assert anyio.run(main, backend=backend) == "Spanish"


def test_a_world_without_a_client_is_an_error_with_a_way_out():
    with pytest.raises(ValueError, match="no OAuth client: add one to its World"):
        InProcessSimulator(Simulator(definition(), world=World()))


def test_a_restored_state_can_be_restored_again(platform):
    token = platform.access_token()
    before = platform.snapshot()
    for _ in range(2):
        with Client(access_token=token, transport=platform.transport(), trust_env=False) as client:
            assert client.routing.get_routing_skills().entities == []
            client.routing.post_routing_skills({"name": "Spanish"})
        platform.restore(before)


def test_the_clock_is_the_tests():
    now = [Now(0.0, 1_700_000_000.0)]
    platform = InProcessSimulator(Simulator(definition()), clock=lambda: now[0])
    token = platform.access_token()
    with Client(access_token=token, transport=platform.transport(), trust_env=False) as client:
        query = {"interval": "2024-01-01T00:00:00.000Z/2024-01-02T00:00:00.000Z"}
        jobs = client.analytics
        job = jobs.post_analytics_conversations_details_jobs(query)
        assert jobs.get_analytics_conversations_details_job(job.job_id).state == "QUEUED"
        now[0] = Now(1.0, 1_700_000_001.0)
        assert jobs.get_analytics_conversations_details_job(job.job_id).state == "FULFILLED"


def test_threads_share_it(platform):
    token = platform.access_token()
    with (
        Client(access_token=token, transport=platform.transport(), trust_env=False) as client,
        ThreadPoolExecutor(8) as pool,
    ):
        names = [f"Skill {number:02d}" for number in range(40)]
        list(pool.map(lambda name: client.routing.post_routing_skills({"name": name}), names))
        listed = client.routing.get_routing_skills(page_size=100).entities
        assert sorted(each.name for each in listed) == names


# Data


def test_data_of_a_file(platform, tmp_path):
    path = tmp_path / "organization.json"
    path.write_text(json.dumps({SKILLS: [{"id": "$es", "name": "Spanish"}]}), encoding="utf-8")
    for source in (path, str(path)):
        before = platform.snapshot()
        ids = platform.load(source)
        with client_of(platform) as client:
            assert client.routing.get_routing_skill(ids["$es"]).name == "Spanish"
        platform.restore(before)
    assert platform.load({}) == {"$me": next(iter(platform.simulator.state.users))}
    with pytest.raises(FileNotFoundError):
        platform.load(tmp_path / "nothing.json")


def test_a_sample_organization(platform):
    ids = platform.load_organization()
    with client_of(platform) as client:
        assert client.groups.get_group(ids["$group"]).name == "Everyone"


# Faults and requests


@pytest.mark.parametrize(
    ("fault", "error", "done"),
    [
        (faults.Interrupted("before"), ConnectionClosedError, 0),
        (faults.Interrupted("after", "close"), ConnectionClosedError, 1),
        (faults.Interrupted("body", "silence"), TimedOut, 1),
        (faults.Garbage(), ProtocolError, 0),
        (faults.Answer(503), ServerError, 0),
        (faults.Closed(), None, 1),
        (faults.Slow("body", 3600), None, 1),
    ],
)
@pytest.mark.parametrize("flavour", FLAVOURS)
def test_faults(platform, flavour, fault, error, done):
    platform.inject(Rule(fault, "POST", SKILLS))
    token = platform.access_token()

    def create(client):
        return client.routing.post_routing_skills({"name": "Spanish"})

    def run():
        return call(platform, flavour, token, create)

    if error is None:
        assert run().name == "Spanish"
    else:
        with pytest.raises(error):
            run()
    assert platform.faults.done("POST", SKILLS) == done
    assert len(platform.requests) == 1
    assert platform.requests[0].body == b'{"name":"Spanish"}'
    assert token not in repr(platform.requests)


def test_a_retry_gets_through(platform):
    platform.inject(Rule(faults.Answer(429, {"Retry-After": "0"}), "GET", times=2))
    retry = RetryConfiguration(max_retry_time_sec=10, retry_after_default=0.01)
    with client_of(platform, retry=retry) as client:
        assert client.users.get_users_me().name
    assert [met.status for met in platform.faults.log] == [None, None, 200]


# Time


def test_time_can_be_advanced(platform):
    with client_of(platform) as client:
        assert client.users.get_users_me().name
        platform.advance(86_400)
        with pytest.raises(AuthenticationError):
            client.users.get_users_me()
    for seconds in (-1, float("inf"), float("nan")):
        with pytest.raises(ValueError, match="seconds="):
            platform.advance(seconds)


# Notifications


async def hear(platform, backend):
    """An asynchronous handler: what it hears of a change over REST and of a published event."""
    transport = platform.async_transport()
    token = platform.access_token()
    async with AsyncClient(access_token=token, transport=transport, trust_env=False) as client:
        me = (await client.users.get_users_me()).id
        topic = f"v2.users.{me}.presence"
        async with client.notification_handler() as handler:
            await handler.add_subscription(topic)
            body = {"presenceDefinition": {"systemPresence": "Busy"}}
            await client.presence.patch_user_presences_purecloud(me, body)
            first = await anext(handler)
            # From another thread, like a test that is not asynchronous.
            await anyio.to_thread.run_sync(platform.publish, topic, {"message": "from outside"})
            second = await anext(handler)
    return [first.event_body.presence_definition.system_presence, second.event_body.message]


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_notifications_of_an_asynchronous_client(platform, backend):
    assert anyio.run(hear, platform, backend, backend=backend) == ["BUSY", "from outside"]


def test_notifications_of_a_client(platform):
    with client_of(platform) as client:
        topic = f"v2.users.{client.users.get_users_me().id}.presence"
        with client.notification_handler() as handler:
            handler.add_subscription(topic)
            events = iter(handler)
            assert platform.publish(topic, {"message": "one"}).channels
            assert next(events).event_body.message == "one"


def test_an_event_with_a_valid_body_for_a_client(platform):
    with client_of(platform) as client, client.notification_handler() as handler:
        topic = "v2.telephony.providers.edges.trunks.t"
        handler.add_subscription(topic)
        events = iter(handler)
        platform.publish_event(topic, {"connectedStatus": {"connected": False}})
        body = next(events).event_body
        assert body.connected_status.connected is False
        assert body.id is not None
        platform.publish_event(topic)
        assert next(events).event_body.connected_status.connected is True
        with pytest.raises(InvalidValueError, match="connectedStatus is 3, not of type object"):
            platform.publish_event(topic, {"connectedStatus": 3})


@pytest.mark.parametrize("reset", [False, True])
def test_a_connection_that_breaks_is_replaced(platform, reset):
    with client_of(platform) as client:
        topic = f"v2.users.{client.users.get_users_me().id}.presence"
        with client.notification_handler(policy=hasty()) as handler:
            handler.add_subscription(topic)
            (channel,) = platform.simulator.state.channels
            platform.at_hub(lambda hub, now: hub.drop(channel, reset=reset))
            events = iter(handler)
            assert isinstance(next(events), Gap)
            platform.publish(topic, {"message": "again"})
            assert next(events).event_body.message == "again"


def test_a_silent_connection_is_found_by_its_missing_heartbeats(platform):
    """The client's own clock: a heartbeat comes when the simulator's is advanced."""
    states = queue.Queue()
    with (
        client_of(platform) as client,
        client.notification_handler(on_state=states.put) as handler,
    ):
        handler.add_subscription("v2.users.x.presence")
        platform.advance(30)
        while not isinstance(states.get(timeout=30), Heartbeat):
            pass


def test_restoring_closes_the_sockets_of_channels_that_are_gone(platform):
    before = platform.snapshot()
    with client_of(platform) as client, client.notification_handler() as handler:
        handler.add_subscription("v2.users.x.presence")
        assert platform.simulator.state.channels
        platform.restore(before)
        assert not platform.simulator.state.channels


def test_a_socket_can_be_read_with_a_timeout(platform):
    async def main():
        stream = await platform.transport().open_websocket("ws://x/channels/y")
        with pytest.raises(TimeoutError):
            await stream.read(time.monotonic())
        await stream.write(b"no HTTP\r\n\r\n", None)
        assert (await stream.read(None)).startswith(b"HTTP/1.1 400")
        assert await stream.read(None) == b""
        stream.close()
        stream.close()

    anyio.run(main)


class AddedTo(bytearray):
    """Bytes to which another thread adds more as they are read."""

    def __bytes__(self):
        data = b"".join([self])
        self += b"more"
        return data


def test_bytes_that_arrive_while_others_are_read_are_kept(platform):
    async def main():
        stream = await platform.transport().open_websocket("ws://x/channels/y")
        stream._received = AddedTo(b"one")
        assert await stream.read(None) == b"one"
        stream._received = bytearray(stream._received)
        assert await stream.read(time.monotonic() + 5) == b"more"
        stream.close()

    anyio.run(main)


def test_an_event_that_another_thread_publishes_comes_after_the_handshake(platform, monkeypatch):
    with client_of(platform) as client:
        channel = client.notifications.post_notifications_channels()
        topic = "v2.users.x.presence"
        client.notifications.post_notifications_channel_subscriptions(channel.id, [{"id": topic}])

    async def main():
        stream = await platform.transport().open_websocket("ws://x")
        sockets, at_hub = platform._sockets, platform._sockets.at_hub

        def then_publish(do):
            monkeypatch.undo()
            try:
                return at_hub(do)
            finally:
                platform.publish(topic, {})

        monkeypatch.setattr(sockets, "at_hub", then_publish)
        await stream.write(
            f"GET /channels/{channel.id} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\n"
            "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n".encode(),
            None,
        )
        received = await stream.read(time.monotonic() + 5)
        assert received.startswith(b"HTTP/1.1 101")
        assert topic.encode() in received
        stream.close()

    anyio.run(main)


def test_its_repr_has_no_secret(platform):
    assert repr(platform).startswith("InProcessSimulator(Simulator(")
    assert platform.client_secret not in repr(platform)


def test_traffic_on_the_clock_of_the_test():
    now = Now(0.0, 1_700_000_000.0)
    platform = InProcessSimulator(Simulator(definition()), clock=lambda: now)
    platform.start_traffic("30/min", seed=1)
    platform.advance(600)
    token = platform.access_token()
    with Client(access_token=token, transport=platform.transport(), trust_env=False) as client:
        day = "2023-11-14T00:00:00.000Z/2023-11-15T00:00:00.000Z"
        query = {"interval": day, "paging": {"pageSize": 1, "pageNumber": 1}}
        found = client.analytics.post_analytics_conversations_details_query(query)
    assert found.total_hits == len(platform.simulator.state.contact_center.conversations) > 200
