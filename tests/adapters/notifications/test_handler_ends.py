"""How notification handlers end: closed, cancelled, forgotten; and what is left and told of them."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import subprocess
import sys
import threading
import weakref
from concurrent.futures import Future
from typing import Any

import anyio
import pytest
import trio

from genesys_cloud import AsyncClient, Client, Hooks
from genesys_cloud.notifications import Gap, Notification, Subscribed
from genesys_cloud.notifications.channel_driver import Driver, DriverContext
from genesys_cloud.notifications.event_queues import AsyncEventQueue
from genesys_cloud.notifications.websocket_stream import SocketOptions
from genesys_cloud.simulator import running_simulator
from genesys_core.errors import GenesysCloudError
from genesys_core.models import Channel
from genesys_core.notifications.buffer import EventBuffer, LatestEvents
from genesys_core.observability.observers import Observer
from tests.helpers.flavours import every_flavour, run_now, settled
from tests.helpers.listeners import (
    LIMIT,
    Listener,
    Told,
    channels,
    hasty,
    listening,
    no_threads_left,
)
from tests.helpers.telemetry import Kept

TOPIC = "v2.users.user-1.presence"


@pytest.fixture(scope="module")
def simulator():
    with running_simulator() as running:
        yield running


@pytest.fixture
def options(simulator):
    return {"host": simulator.url, "access_token": simulator.access_token(), "trust_env": False}


def assert_no_sockets(simulator):
    """Whether the platform sees none any more, as soon as it has noticed."""
    pause = threading.Event()
    assert any(not channels(simulator) or pause.wait(0.001) for _ in range(LIMIT * 1000))


# Cancelled


def test_a_cancelled_asyncio_task_leaves_nothing(simulator, options):
    async def listen(connected):
        async with AsyncClient(**options) as client, client.notification_handler() as handler:
            await handler.add_subscription(TOPIC)
            connected.set()
            async for _ in handler:
                pass

    async def main():
        connected = asyncio.Event()
        task = asyncio.create_task(listen(connected))
        await asyncio.wait_for(connected.wait(), LIMIT)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(main())
    assert_no_sockets(simulator)


def test_a_timeout_of_asyncio_ends_the_wait_alone(simulator, options):
    async def main():
        async with AsyncClient(**options) as client, client.notification_handler() as handler:
            await handler.add_subscription(TOPIC)
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.01):
                    await anext(handler)
            simulator.publish(TOPIC, {"message": "still there"})
            async with asyncio.timeout(LIMIT):
                assert (await anext(handler)).event_body.message == "still there"

    asyncio.run(main())


def test_a_cancelled_nursery_of_trio_leaves_nothing(simulator, options):
    async def listen(task_status):
        async with AsyncClient(**options) as client, client.notification_handler() as handler:
            await handler.add_subscription(TOPIC)
            task_status.started()
            async for _ in handler:
                pass

    async def main():
        with trio.fail_after(LIMIT):
            async with trio.open_nursery() as nursery:
                await nursery.start(listen)
                nursery.cancel_scope.cancel()

    trio.run(main)
    assert_no_sockets(simulator)


def test_a_subscription_that_is_cancelled_stays_asked_for(simulator, options):
    simulator.at_hub(lambda hub, _: hub.refuse(503, times=3))

    async def main():
        async with (
            AsyncClient(**options) as client,
            client.notification_handler(policy=hasty()) as handler,
        ):
            with trio.move_on_after(0) as scope:
                await handler.add_subscription(TOPIC)
            assert scope.cancelled_caught
            await handler.add_subscription("v2.users.user-2.presence")
            simulator.publish(TOPIC, {"message": "asked for"})
            with trio.fail_after(LIMIT):
                assert (await anext(handler)).event_body.message == "asked for"

    trio.run(main)


def test_a_handler_outside_its_block_says_so(options):
    async def main():
        async with AsyncClient(**options) as client:
            handler = client.notification_handler()
            with pytest.raises(GenesysCloudError, match="async with"):
                await handler.add_subscription(TOPIC)
            await handler.close()
            with pytest.raises(GenesysCloudError, match="closed"):
                await handler.ping()

    trio.run(main)
    asyncio.run(main())


@pytest.mark.parametrize("runner", [asyncio.run, lambda main: trio.run(lambda: main)])
def test_a_handler_may_be_made_before_there_is_a_loop_and_works_once(simulator, options, runner):
    client = AsyncClient(**options)
    handler = client.notification_handler()

    async def main():
        async with client:
            async with handler:
                await handler.add_subscription(TOPIC)
                simulator.publish(TOPIC, {"message": "there"})
                assert (await anext(handler)).event_body.message == "there"
            with pytest.raises(GenesysCloudError, match="cannot be reused"):
                async with handler:
                    raise AssertionError("it was used already")

    runner(main())


def test_a_handler_that_is_cancelled_on_its_way_in_leaves_nothing(options):
    async def main():
        async with AsyncClient(**options) as client:
            with trio.CancelScope() as scope:
                scope.cancel()
                async with client.notification_handler():
                    raise AssertionError("it was cancelled")
            assert scope.cancelled_caught

    trio.run(main)


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_a_reply_that_comes_with_the_cancellation_is_let_be(backend):
    async def main():
        answered = anyio.Event()

        async def send(_):
            with anyio.CancelScope(shield=True):  # as an exchange of tokens is
                await answered.wait()
            return Channel(id="c", connect_uri="wss://streaming.example.com/c")

        means = DriverContext(
            policy=hasty(),
            socket_options=SocketOptions({}, proxy=None, headers=None),
            send=send,
            observer=Observer(),
            warn=lambda _: None,
        )
        driver = Driver(means, AsyncEventQueue(EventBuffer()), AsyncEventQueue(LatestEvents()))
        with anyio.fail_after(LIMIT):
            async with anyio.create_task_group() as tasks:
                await tasks.start(driver.run)
                tasks.cancel_scope.cancel()
                with anyio.CancelScope(shield=True):
                    await anyio.wait_all_tasks_blocked()
                answered.set()

    anyio.run(main, backend=backend)


# Closed from elsewhere


def test_another_thread_ends_the_iteration(options):
    with no_threads_left(), Client(**options) as client:
        handler = client.notification_handler()
        handler.add_subscription(TOPIC)
        closer = threading.Thread(target=handler.close)
        closer.start()
        assert list(handler) == []
        closer.join(LIMIT)


@every_flavour
def test_a_client_that_is_closed_closes_its_handlers(run, simulator, options):
    async def main(api):
        async def scenario(listener):
            await listener.do("add_subscription", TOPIC)
            ended = api.client.with_options(headers={"X-Twin": "1"}).close()
            if isinstance(api.client, AsyncClient):
                await ended
            with pytest.raises(GenesysCloudError, match="closed"):
                await listener.do("ping")

        await listening(api, scenario)

    with no_threads_left():
        run(main, host=options["host"], access_token=options["access_token"])
    assert_no_sockets(simulator)


def test_threads_share_the_events(simulator, options):
    got: list[str] = []

    def work(handler):
        got.extend(event.event_body.message for event in handler)

    with Client(**options) as client, client.notification_handler(buffer=3) as handler:
        handler.add_subscription(TOPIC)
        threads = [threading.Thread(target=work, args=(handler,)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for number in range(100):
            simulator.publish(TOPIC, {"message": str(number)})
        pause = threading.Event()
        assert any(len(got) == 100 or pause.wait(0.001) for _ in range(LIMIT * 1000))
        handler.close()
        for thread in threads:
            thread.join(LIMIT)
    assert sorted(map(int, got)) == list(range(100))


@every_flavour
@pytest.mark.parametrize("where", ["on_notification", "on_state"])
def test_a_callback_may_close_the_handler(run, simulator, options, where):
    closed: list[object] = []

    async def main(api):
        is_async = isinstance(api.client, AsyncClient)

        async def ending(event):
            if isinstance(event, Subscribed) or where == "on_notification":
                result = kept.pop().close()
                if is_async:
                    await result
                closed.append(event)

        async def scenario(listener):
            kept.append(listener.handler)
            with contextlib.suppress(GenesysCloudError):  # it may be closed by then
                await listener.do("add_subscription", TOPIC)
            simulator.publish(TOPIC, {})
            await listener.wait_for(lambda: closed)

        kept: list[Any] = []
        callback = ending if is_async else lambda event: run_now(ending(event))
        options = {"told": callback} if where == "on_state" else {"on_notification": callback}
        await listening(api, scenario, **options)

    with no_threads_left():
        run(main, host=options["host"], access_token=options["access_token"])
    assert len(closed) == 1


def test_both_callbacks_may_close_the_handler_at_once(simulator, options):
    both, closed = threading.Barrier(2), []
    made: Future[Any] = Future()

    def close(event: object) -> None:
        if isinstance(event, Subscribed | Notification):
            both.wait(LIMIT)
            made.result(LIMIT).close()
            closed.append(event)

    with no_threads_left(), Client(**options) as client:
        handler = client.notification_handler(on_notification=close, on_state=close)
        made.set_result(handler)
        handler.add_subscription(TOPIC)
        simulator.publish(TOPIC, {})
        callbacks = handler._threads[1:]
        for thread in callbacks:
            thread.join(LIMIT)
        assert not any(thread.is_alive() for thread in callbacks)
    assert len(closed) == 2


def test_a_hook_may_close_the_handler(options):
    closed: list[object] = []

    def close(request):
        if request.url.endswith("/subscriptions?ignoreErrors=true"):
            handler.close()
            closed.append(request)

    with no_threads_left():
        with Client(**options, hooks=Hooks(before_request=[close])) as client:
            handler = client.notification_handler()
            with pytest.raises(GenesysCloudError, match="closed"):
                handler.add_subscription(TOPIC)
        handler.close()
    assert len(closed) == 1


class FailingLog(logging.Handler):
    def emit(self, record):
        raise ValueError("the log is broken")


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_iteration_raises_the_error_that_ended_the_handler_even_if_it_cannot_be_logged(
    simulator, options
):
    def rewrite(uri):
        raise RuntimeError("no gateway")

    log, failing = logging.getLogger("genesys_cloud.notifications"), FailingLog()
    log.addHandler(failing)
    try:
        with Client(**options) as client:
            handler = client.notification_handler(connect_uri=rewrite)
            with pytest.raises(RuntimeError, match="no gateway"):
                handler.add_subscription(TOPIC)
            with pytest.raises(RuntimeError, match="no gateway"):
                next(iter(handler))
            handler.close()
    finally:
        log.removeHandler(failing)


@pytest.mark.parametrize("method", ["close", "ping"])
def test_what_runs_where_the_handler_works_cannot_wait_for_it(simulator, options, method):
    said: list[GenesysCloudError] = []

    def rewrite(uri):
        with pytest.raises(GenesysCloudError, match="from another thread") as caught:
            getattr(made.result(LIMIT), method)()
        said.append(caught.value)
        return uri

    made: Future[Any] = Future()
    with Client(**options) as client:
        handler = client.notification_handler(on_state=lambda _: None, connect_uri=rewrite)
        made.set_result(handler)
        with handler:
            handler.add_subscription(TOPIC)
    assert said


FORGETFUL = """
import sys
from genesys_cloud import Client

client = Client(host=sys.argv[1], access_token=sys.argv[2], trust_env=False)
handler = client.notification_handler(on_state=lambda state: None)
handler.add_subscription("v2.users.user-1.presence")
print("subscribed")
"""


@pytest.mark.slow
def test_a_program_that_forgets_its_handler_ends(simulator, options):
    ran = subprocess.run(
        [sys.executable, "-c", FORGETFUL, simulator.url, options["access_token"]],
        capture_output=True,
        text=True,
        timeout=LIMIT,
        check=False,
    )
    assert (ran.returncode, ran.stdout) == (0, "subscribed\n"), ran.stderr


# Told


@every_flavour
def test_what_a_callback_raised_is_not_kept_for_nobody(run, simulator, options):
    class OwnError(Exception):
        """Of a class of one's own, because those of Python's cannot be referred to weakly."""

    raised: list[weakref.ref[OwnError]] = []

    def callback(event):
        error = OwnError(event)
        raised.append(weakref.ref(error))
        raise error

    async def main(api):
        made = api.client.notification_handler(on_notification=callback)
        entered = made if isinstance(api.client, AsyncClient) else contextlib.nullcontext(made)
        async with entered as handler:
            await settled(handler.add_subscription(TOPIC))
            for number in range(3):
                simulator.publish(TOPIC, {"message": str(number)})
            listener = Listener(handler, Told())
            await listener.wait_for(lambda: len(raised) == 3)

            def are_gone() -> bool:
                gc.collect()  # each time: the last one may not have been caught yet
                return all(ref() is None for ref in raised)

            await listener.wait_for(are_gone)
            await settled(handler.close())

    run(main, host=options["host"], access_token=options["access_token"])


@every_flavour
def test_telemetry_is_told_of_channels_and_lags(run, simulator, options):
    kept = Kept()

    async def main(api):
        async def scenario(listener):
            await listener.do("add_subscription", TOPIC)
            simulator.publish(TOPIC, {})
            await listener.next()
            (point,) = kept.metrics()["genesys_cloud.notification.channels"]
            assert point.value == 1

        await listening(api, scenario)

    run(
        main,
        host=options["host"],
        access_token=options["access_token"],
        telemetry=kept.telemetry,
    )
    metrics = kept.metrics()
    (lag,) = metrics["genesys_cloud.notification.lag"]
    assert lag.count == 1
    assert 0 <= lag.sum < LIMIT
    assert lag.attributes == {"genesys_cloud.notification.topic": "v2.users.{id}.presence"}
    assert metrics["genesys_cloud.notification.channels"][0].value == 0
    kept.tracers.shutdown()
    kept.meters.shutdown()


@every_flavour
def test_neither_token_nor_channel_is_shown(run, simulator, options, caplog, capsys):
    shown: list[str] = []
    secrets = [options["access_token"]]

    async def main(api):
        async def scenario(listener):
            await listener.do("add_subscription", TOPIC)
            secrets.extend(channels(simulator))
            simulator.at_hub(lambda hub, _: hub.drop(channels_of(hub)))
            event = await listener.next()
            assert isinstance(event, Gap)
            shown.extend(map(repr, listener.told.states[1:2]))
            shown.append(repr(listener.handler))
            shown.append(repr(vars(listener.handler)["_driver"].state.channels))

        await listening(api, scenario)

    with caplog.at_level(logging.DEBUG):
        run(main, host=options["host"], access_token=options["access_token"])
    own = [each.getMessage() for each in caplog.records if "notifications" in each.name]
    out = "".join([*shown, *own, *capsys.readouterr()])
    assert "may be missing" in out
    assert len(secrets) > 1
    for secret in secrets:
        assert secret not in out
    assert options["access_token"] not in caplog.text


def channels_of(hub):
    (channel,) = (each.id for each in hub.state.channels.values() if each.is_connected)
    return channel
