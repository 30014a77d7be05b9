"""Notification sockets behind gateways and proxies, in TLS, and in the environment's hands."""

from __future__ import annotations

import asyncio
import threading
from threading import Lock, RLock
from types import SimpleNamespace

import anyio
import pytest

from genesys_cloud import Client
from genesys_cloud.notifications import Gap, Notification, Retrying, event_queues
from genesys_cloud.notifications.event_queues import AsyncEventQueue, ThreadEventQueue
from genesys_cloud.notifications.websocket_stream import SocketOptions, WebSocketStream
from genesys_cloud.simulator import running_simulator
from genesys_core.clock import Now
from genesys_core.errors import ConfigurationError
from genesys_core.notifications.buffer import EventBuffer
from genesys_core.transport import Proxy
from genesys_core.websocket import Failed, WebSocketEvent
from tests.helpers.flavours import RUNNERS, every_flavour
from tests.helpers.listeners import listening
from tests.helpers.proxy import PASSWORD, USER, tinyproxy
from tests.helpers.tls import Certificates, nginx

TOPIC = "v2.users.user-1.presence"


@pytest.fixture(scope="module")
def simulator():
    with running_simulator() as running:
        yield running


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    return Certificates.make(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="module")
def gateway(simulator, certificates):
    """nginx with TLS and client certificates, in front of the simulator's sockets."""
    port = simulator.simulator.state.socket_port
    location = f"""
        location /streaming/ {{
            proxy_pass http://127.0.0.1:{port}/;
            proxy_http_version 1.1;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection "upgrade";
            if ($ssl_client_verify != SUCCESS) {{ return 403; }}
            if ($http_x_gateway_key != "open sesame") {{ return 401; }}
        }}
    """
    with nginx(certificates, clients="optional", locations=location) as url:
        yield url.replace("https://", "wss://") + "/streaming"


@pytest.fixture(scope="module")
def proxy(tmp_path_factory):
    with tinyproxy(tmp_path_factory.mktemp("proxy")) as running:
        yield running


async def hears(listener, simulator):
    await listener.do("add_subscription", TOPIC)
    simulator.publish(TOPIC, {"message": "heard"})
    assert (await listener.next()).event_body.message == "heard"


@every_flavour
def test_through_a_gateway_in_mutual_tls(run, simulator, certificates, gateway):
    async def main(api):
        await listening(
            api,
            lambda listener: hears(listener, simulator),
            connect_uri=gateway,
            headers={"X-Gateway-Key": "open sesame"},
        )

    run(
        main,
        host=simulator.url,
        access_token=simulator.access_token(),
        verify=certificates.ca_file,
        cert=certificates.both,
    )


@every_flavour
def test_a_certificate_that_is_not_trusted_is_told_and_tried_again(run, simulator, gateway):
    async def main(api):
        async def scenario(listener):
            first, *_ = await listener.state(Retrying, 2)
            assert first.what == "connect"
            assert "certificate" in first.message

        await listening(api, scenario, connect_uri=gateway)

    run(main, host=simulator.url, access_token=simulator.access_token())


@every_flavour
@pytest.mark.parametrize("whose", ["the client's", "the handler's"])
def test_through_a_proxy_with_credentials(run, simulator, proxy, whose):
    before = proxy.asked("CONNECT")

    async def main(api):
        options = {} if whose == "the client's" else {"proxy": proxy.url}
        await listening(api, lambda listener: hears(listener, simulator), **options)

    client = {"proxy": proxy.url} if whose == "the client's" else {}
    run(main, host=simulator.url, access_token=simulator.access_token(), **client)
    assert proxy.asked("CONNECT") > before


@every_flavour
def test_through_a_proxy_and_tls_with_a_break_on_the_way(
    run, simulator, certificates, gateway, proxy
):
    async def main(api):
        async def scenario(listener):
            await hears(listener, simulator)
            simulator.at_hub(
                lambda hub, _: [
                    hub.drop(each.id)
                    for each in [*hub.state.channels.values()]
                    if each.is_connected
                ]
            )
            assert isinstance(await listener.next(), Gap)
            await hears(listener, simulator)

        await listening(
            api,
            scenario,
            proxy=proxy.url,
            connect_uri=gateway,
            headers={"X-Gateway-Key": "open sesame"},
        )

    run(
        main,
        host=simulator.url,
        access_token=simulator.access_token(),
        verify=certificates.ca_file,
        cert=certificates.both,
    )


@every_flavour
def test_a_proxy_that_refuses_is_told_without_its_password(run, simulator, proxy, caplog):
    async def main(api):
        async def scenario(listener):
            first, *_ = await listener.state(Retrying, 2)
            assert "it refused the tunnel (status 4" in first.message

        await listening(api, scenario, proxy=proxy.url_of(USER, "hunter2-wrong"))

    run(main, host=simulator.url, access_token=simulator.access_token())
    assert "hunter2" not in caplog.text
    assert PASSWORD not in caplog.text


# What is worked out when a handler is made


@pytest.fixture
def environment(monkeypatch):
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    return monkeypatch.setenv


@pytest.mark.parametrize(
    ("variables", "url", "host"),
    [
        ({}, "wss://streaming.example/c", None),
        ({"HTTPS_PROXY": "http://secure.proxy:1"}, "wss://streaming.example/c", "secure.proxy"),
        ({"HTTPS_PROXY": "http://secure.proxy:1"}, "ws://streaming.example/c", None),
        ({"HTTP_PROXY": "http://plain.proxy:1"}, "ws://streaming.example/c", "plain.proxy"),
        ({"ALL_PROXY": "any.proxy:1"}, "wss://streaming.example/c", "any.proxy"),
        (
            {"ALL_PROXY": "http://any.proxy:1", "NO_PROXY": "streaming.example"},
            "wss://streaming.example/c",
            None,
        ),
    ],
)
def test_the_environment_names_proxies(environment, variables, url, host):
    for name, value in variables.items():
        environment(name, value)
    proxy = SocketOptions({}, proxy=None, headers=None).settings.router.route(url).proxy
    assert (proxy and proxy.host) == host
    alone = SocketOptions({"trust_env": False}, proxy=None, headers=None)
    assert alone.settings.router.route(url).proxy is None


def test_the_handlers_proxy_wins_over_the_clients_and_that_over_the_environments(environment):
    environment("HTTPS_PROXY", "http://environment:1")
    network = {"proxy": "http://client:2"}
    url = "wss://streaming.example/c"
    options = SocketOptions(network, proxy=None, headers=None)
    assert options.settings.router.route(url).proxy == Proxy("client", 2)
    options = SocketOptions(network, proxy="http://u:p%40@handler:3", headers=None)
    proxy = options.settings.router.route(url).proxy
    assert proxy == Proxy("handler", 3, username=b"u", password=b"p@")
    assert "p@" not in repr(proxy)


def test_what_cannot_be_used_is_refused_at_once():
    with pytest.raises(ConfigurationError, match="proxy"):
        SocketOptions({"proxy": "ftp://proxy:1"}, proxy=None, headers=None)
    with pytest.raises(ConfigurationError, match="verify"):
        SocketOptions({"verify": "/no/such/file"}, proxy=None, headers=None)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("wss://[gateway/channels/secret", "must be a URL such as wss://"),
        ("https://gateway/channels/secret", "must be a URL such as wss://"),
        ("ws://gateway.invalid/channels/secret", "resolving the name of gateway.invalid:80 failed"),
        ("ws://127.0.0.1:9/channels/secret", "connecting to 127.0.0.1:9 failed"),
    ],
)
@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_whatever_goes_wrong_with_a_connection_is_its_last_event(backend, url, words):
    told: list[WebSocketEvent] = []

    async def deliver(events, read_at):
        told.extend(events)

    async def main():
        await WebSocketStream(url, SocketOptions({}, proxy=None, headers=None)).run(deliver)

    anyio.run(main, backend=backend)
    (failed,) = told
    assert isinstance(failed, Failed)
    assert failed.kind == "connect"
    assert words in failed.message
    assert "secret" not in failed.message


@pytest.mark.parametrize("flavour", ["asyncio", "sync"])
def test_events_reach_the_consumer_before_a_task_is_resumed(flavour, simulator, monkeypatch):
    early: list[bool] = []
    for queue in (AsyncEventQueue, ThreadEventQueue):
        put = queue.put

        def putting(self, events, at, put=put):
            if any(isinstance(each, Notification) for each in events):
                early.append(asyncio.current_task() is None)
            put(self, events, at)

        monkeypatch.setattr(queue, "put", putting)

    async def main(api):
        await listening(api, lambda listener: hears(listener, simulator))

    RUNNERS[flavour](main, host=simulator.url, access_token=simulator.access_token())
    assert early == [True]


def test_each_event_of_a_read_wakes_a_thread():
    queue = ThreadEventQueue(EventBuffer(10, "block"))
    both = threading.Barrier(2)

    def consume() -> None:
        queue.wait()
        both.wait(10)  # holds its event until the other thread has one too

    threads = [threading.Thread(target=consume, daemon=True) for _ in range(2)]
    for thread in threads:
        thread.start()
    while len(queue._wakers) < 2:
        threading.Event().wait(0.001)
    queue.put(("first", "second"), Now(0.0, 0.0))
    for thread in threads:
        thread.join(20)
    assert not both.broken


def test_a_thread_that_is_interrupted_as_it_wakes_wakes_another(monkeypatch):
    class Interrupted:
        """A lock; the thread that waits for one is interrupted when the first of them is released."""

        is_over = False

        def __init__(self) -> None:
            self._lock = Lock()
            self._acquired = 0

        def acquire(self) -> None:
            self._lock.acquire()
            self._acquired += 1
            if self._acquired == 2 and not Interrupted.is_over:
                Interrupted.is_over = True
                raise KeyboardInterrupt

        def release(self) -> None:
            self._lock.release()

    monkeypatch.setattr(event_queues, "threading", SimpleNamespace(Lock=Interrupted, RLock=RLock))
    queue = ThreadEventQueue(EventBuffer(10, "block"))
    found: list[object] = []

    def consume() -> None:
        try:
            found.append(queue.wait().event)
        except KeyboardInterrupt:
            found.append("interrupted")

    threads = [threading.Thread(target=consume, daemon=True) for _ in range(2)]
    for thread in threads:
        thread.start()
    while len(queue._wakers) < 2:
        threading.Event().wait(0.001)
    queue.put(("event",), Now(0.0, 0.0))
    for thread in threads:
        thread.join(5)
    assert sorted(map(str, found)) == ["event", "interrupted"]


def test_handshakes_say_who_asks():
    options = SocketOptions({}, proxy=None, headers={"X-Key": "1"})
    assert options.headers["User-Agent"].startswith("genesys-cloud/")
    assert options.headers["X-Key"] == "1"
    assert SocketOptions({}, proxy=None, headers={"user-agent": "me"}).headers["User-Agent"] == "me"


@every_flavour
def test_a_wrong_password_of_the_proxy_is_told_at_once_and_when_time_is_up(run, simulator, proxy):
    async def main(api):
        async def scenario(listener):
            failed, *_ = await listener.state(Retrying, 1)
            assert "refused the tunnel" in failed.message  # tinyproxy says 401
            if isinstance(api.client, Client):
                with pytest.raises(
                    TimeoutError, match=r"did not confirm .*: .*refused the tunnel.*; the"
                ):
                    await listener.do("add_subscription", TOPIC, timeout=0.1)

        await listening(api, scenario, proxy=proxy.url.replace(PASSWORD, "wrong"))

    run(main, host=simulator.url, access_token=simulator.access_token())
