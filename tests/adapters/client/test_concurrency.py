"""The table of docs/concurrency.md: each cell is shown by the test that claims it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import pickle
import signal
import sys
import threading
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import trio

from genesys_cloud import (
    AsyncClient,
    Client,
    ClientCredentials,
    Configuration,
    FileTokenStore,
    GenesysCloudError,
    Hosts,
    MemoryTokenStore,
    NotFoundError,
    Options,
    Region,
    RetryConfiguration,
    Token,
    TransportFailure,
)
from genesys_cloud.api import users
from genesys_cloud.client import thread_loop
from genesys_cloud.client.thread_loop import ThreadLoop
from genesys_cloud.client.token_lock import TokenLock
from genesys_cloud.models import User
from genesys_cloud.testing import AsyncMockTransport, MockTransport, json_response
from genesys_core.oauth.token_store import TokenKey
from tests.helpers.server import Reply, Stall, scripted_server

PAGE = Path(__file__).parents[3] / "docs" / "concurrency.md"
COLUMNS = ("threads", "tasks of one loop", "several event loops", "a forked child", "a pickle")
SHOWN: dict[tuple[str, str], str] = {}
"""By row and column, the text of the cell that a test of this module shows."""

forks = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")


def shows(rows: str | tuple[str, ...], columns: str | tuple[str, ...], text: str):
    """Register a test as the one that shows some cells."""
    for row in (rows,) if isinstance(rows, str) else rows:
        for column in (columns,) if isinstance(columns, str) else columns:
            assert column in COLUMNS
            assert (row, column) not in SHOWN, (row, column)
            SHOWN[row, column] = text
    return lambda test: test


def test_each_cell_of_the_table_is_shown() -> None:
    lines = [line for line in PAGE.read_text().splitlines() if line.startswith("| ")]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    assert tuple(rows[0][1:]) == COLUMNS
    cells = {
        (row[0], column): cell
        for row in rows[1:]
        for column, cell in zip(COLUMNS, row[1:], strict=True)
    }
    assert cells == SHOWN


# --- helpers


def echo(request):
    return json_response({"id": request.url.rpartition("/")[2]})


def new_client(handler=echo, **options) -> Client:
    options = {"access_token": "t", **options}
    return Client(
        host="http://x.example", transport=MockTransport(handler), trust_env=False, **options
    )


def new_async_client(handler=echo, **options) -> AsyncClient:
    options = {"access_token": "t", **options}
    transport = AsyncMockTransport(handler)
    return AsyncClient(host="http://x.example", transport=transport, trust_env=False, **options)


def unreachable(request):
    raise TransportFailure("nothing listens", kind="connect", sent=False)


def in_threads(work: Callable[[int], object], count: int = 4) -> list[object]:
    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(work, range(count)))


async def in_tasks(work: Callable[[int], object], count: int = 4) -> list[object]:
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(work(number)) for number in range(count)]
    return [task.result() for task in tasks]


def in_child(work: Callable[[], object]) -> str:
    """What a forked child gets from a function: the text of its result, or its exception's type."""
    reader, writer = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # 3.12: threads, and a fork
        child = os.fork()
    if child == 0:
        try:
            try:
                outcome = str(work())
            except Exception as error:  # noqa: BLE001 - told to the parent
                outcome = type(error).__name__
            os.write(writer, outcome.encode())
        finally:
            os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as stream:
        outcome = stream.read()
    os.waitpid(child, 0)
    return outcome


def copied(value):
    return pickle.loads(pickle.dumps(value))


IDS = [f"u{number}" for number in range(4)]


# --- clients


@shows("`Client`", "threads", "share it")
def test_threads_share_a_client() -> None:
    client = new_client()
    assert in_threads(lambda number: client.users.get_user(IDS[number]).id) == IDS


@shows("`Client`", ("tasks of one loop", "several event loops"), "call it in worker threads")
def test_tasks_of_several_loops_call_a_client_in_worker_threads() -> None:
    client = new_client()

    async def call(number: int) -> str:
        return (await asyncio.to_thread(client.users.get_user, IDS[number])).id

    assert asyncio.run(in_tasks(call)) == IDS
    assert in_threads(lambda number: asyncio.run(call(number))) == IDS


@forks
@shows("`Client`", "a forked child", "use it: it opens its own connections")
def test_a_child_uses_a_client_over_connections_of_its_own() -> None:
    with scripted_server(lambda seen: Reply(json={"id": seen.path.rpartition("/")[2]})) as server:
        with Client(host=server.url, access_token="t", trust_env=False) as client:
            assert client.users.get_user("parent").id == "parent"
            assert in_child(lambda: client.users.get_user("child").id) == "child"
            assert client.users.get_user("parent").id == "parent"
        of = [(seen.path.rpartition("/")[2], seen.connection) for seen in server.requests]
        assert of == [("parent", 1), ("child", 2), ("parent", 1)]


@shows(("`Client`", "`AsyncClient`"), "a pickle", "`TypeError`")
@pytest.mark.parametrize("make", [new_client, new_async_client])
def test_clients_are_not_pickled(make) -> None:
    client = make()
    with pytest.raises(TypeError, match="create a client in the other process"):
        pickle.dumps(client)
    with pytest.raises(TypeError, match="create a client in the other process"):
        pickle.dumps(client.users)
    with pytest.raises(TypeError, match="Auth has connections and a token and cannot be pickled"):
        pickle.dumps(client.auth)


@shows("`AsyncClient`", "threads", "share it: a loop in each")
@shows("`AsyncClient`", "several event loops", "share it")
def test_loops_in_threads_and_one_after_another_share_an_async_client() -> None:
    client = new_async_client()

    async def call(number: int) -> str:
        return (await client.users.get_user(IDS[number])).id

    assert [asyncio.run(call(number)) for number in range(4)] == IDS

    def run(number: int) -> object:
        if number % 2:
            return asyncio.run(call(number))
        return trio.run(call, number)

    assert in_threads(run) == IDS


@shows("`AsyncClient`", "tasks of one loop", "share it")
def test_tasks_share_an_async_client() -> None:
    client = new_async_client()

    async def call(number: int) -> str:
        return (await client.users.get_user(IDS[number])).id

    assert asyncio.run(in_tasks(call)) == IDS


@forks
@shows("`AsyncClient`", "a forked child", "use it, in a loop created in the child")
def test_a_child_uses_an_async_client_in_a_loop_of_its_own() -> None:
    with scripted_server(lambda seen: Reply(json={"id": seen.path.rpartition("/")[2]})) as server:
        client = AsyncClient(host=server.url, access_token="t", trust_env=False)

        async def call(name: str) -> str:
            return (await client.users.get_user(name)).id

        assert asyncio.run(call("parent")) == "parent"
        assert in_child(lambda: asyncio.run(call("child"))) == "child"
        assert asyncio.run(call("parent")) == "parent"
        connections = {seen.path.rpartition("/")[2]: seen.connection for seen in server.requests}
        assert connections["child"] != connections["parent"]

        async def close() -> None:
            await client.close()

        asyncio.run(close())


# --- notification handlers; test_handlers.py shows that each event goes to one consumer


def consumers_of(handler) -> tuple[list[object], list[threading.Thread]]:
    ended: list[object] = []

    def consume() -> None:
        ended.append(list(handler))

    threads = [threading.Thread(target=consume) for _ in range(3)]
    for thread in threads:
        thread.start()
    return ended, threads


HANDLER, ASYNC_HANDLER = "`NotificationHandler`", "`AsyncNotificationHandler`"


@shows(HANDLER, "threads", "share it: each event goes to one thread")
def test_threads_share_a_handler_and_all_end_with_it() -> None:
    with new_client(unreachable) as client, client.notification_handler() as handler:
        ended, threads = consumers_of(handler)
        handler.close()
        for thread in threads:
            thread.join(30)
        assert ended == [[]] * 3


@shows(HANDLER, ("tasks of one loop", "several event loops"), "call it in worker threads")
def test_tasks_of_several_loops_call_a_handler_in_worker_threads() -> None:
    with new_client(unreachable) as client, client.notification_handler() as handler:

        async def consume() -> list[object]:
            return await asyncio.to_thread(list, handler)

        async def main(number: int) -> object:
            task = asyncio.create_task(consume())
            await asyncio.to_thread(handler.close)
            return await task

        assert in_threads(lambda number: asyncio.run(main(number)), 2) == [[], []]


@pytest.mark.slow
@forks
@shows(HANDLER, "a forked child", "`GenesysCloudError`: open another handler")
def test_a_child_is_told_that_the_handler_is_its_parents() -> None:
    with new_client(unreachable) as client, client.notification_handler() as handler:
        uses = {
            "iterate": lambda: next(handler),
            "add": lambda: handler.add_subscription("v2.users.u1.presence"),
            "ping": handler.ping,
        }
        for use in uses.values():
            assert in_child(use) == "GenesysCloudError"
        assert in_child(handler.close) == "None"
        assert in_child(client.close) == "None"
        ended, threads = consumers_of(handler)
        handler.close()  # the parent's is as it was
        for thread in threads:
            thread.join(30)
        assert ended == [[]] * 3


@shows((HANDLER, ASYNC_HANDLER), "a pickle", "`TypeError`")
def test_handlers_are_not_pickled() -> None:
    client = new_client(unreachable)
    for made in (client, new_async_client(unreachable)):
        handler = made.notification_handler()
        with pytest.raises(TypeError, match=f"{type(handler).__name__} has connections"):
            pickle.dumps(handler)
    client.close()


async def _used_from(handler, use: Callable[[], object]) -> str:
    try:
        await use()
    except GenesysCloudError as error:
        return str(error)
    return "used"


@shows(ASYNC_HANDLER, "threads", "no: it belongs to its loop")
@shows(ASYNC_HANDLER, "several event loops", "`GenesysCloudError`: open another handler")
@pytest.mark.parametrize("other", ["asyncio", "trio"])
def test_another_loop_is_told_that_the_handler_belongs_to_its_own(other) -> None:
    client = new_async_client(unreachable)

    async def main() -> None:
        async with client.notification_handler() as handler:
            uses = (
                lambda: handler.add_subscription("v2.users.u1.presence"),
                lambda: handler.add_subscriptions(["v2.users.u1.presence"]),
                lambda: handler.remove_subscription("v2.users.u1.presence"),
                handler.remove_all_subscriptions,
                handler.ping,
                handler.__anext__,
            )

            def elsewhere(use) -> str:
                if other == "asyncio":
                    return asyncio.run(_used_from(handler, use))
                return trio.run(_used_from, handler, use)

            for use in uses:
                said = await asyncio.to_thread(elsewhere, use)
                assert "belongs to the event loop that entered its block" in said

    asyncio.run(main())


@shows(ASYNC_HANDLER, "tasks of one loop", "share it: each event goes to one task")
def test_tasks_share_a_handler_and_all_end_with_it() -> None:
    async def main() -> list[object]:
        async with new_async_client(unreachable).notification_handler() as handler:

            async def consume(number: int) -> list[object]:
                return [event async for event in handler]

            running = asyncio.create_task(in_tasks(consume))
            await asyncio.sleep(0)
            await handler.close()
            return await running

    assert asyncio.run(main()) == [[]] * 4


@forks
@shows(ASYNC_HANDLER, "a forked child", "`GenesysCloudError`: open another handler")
def test_a_childs_loop_is_told_that_the_handler_belongs_to_its_parents() -> None:
    client = new_async_client(unreachable)

    async def main() -> str:
        async with client.notification_handler() as handler:

            def child() -> str:
                return asyncio.run(_used_from(handler, handler.__anext__))

            return in_child(child)

    assert "belongs to the event loop" in asyncio.run(main())


# --- values

VALUES = "operations, options and settings"
REPLIES = "models and responses"
SETTINGS = [
    users.get_user("u1"),
    users.get_users(page_size=3),
    Options(timeout=3),
    Region.eu_west_1,
    RetryConfiguration(retry_max=3),
    Configuration.from_text("[general]\nlive_reload_config=false"),
]


@shows(VALUES, ("threads", "tasks of one loop", "several event loops"), "share them")
@shows(
    REPLIES,
    ("threads", "tasks of one loop", "several event loops"),
    "share them unless you change them",
)
@shows(("errors",), ("threads", "tasks of one loop", "several event loops"), "share them")
@shows("grants and tokens", ("threads", "tasks of one loop", "several event loops"), "share them")
def test_values_are_shared_by_clients_in_threads_and_loops() -> None:
    operation, grant = users.get_user("u1"), ClientCredentials("id", "secret")

    def platform(request):
        if "/oauth/token" in request.url:
            return json_response({"access_token": "t", "token_type": "bearer"})
        return json_response({"id": "u1"})

    reply = User(id="u1", name="Ann")
    error = GenesysCloudError("no such user")

    def threads(number: int) -> object:
        return new_client(platform, auth=grant, access_token=None).send(operation)

    async def task(number: int) -> object:
        client = new_async_client(platform, auth=grant, access_token=None)
        found = await client.send(operation)
        with contextlib.suppress(GenesysCloudError):
            raise error
        assert reply == User(id="u1", name="Ann")
        return found

    wanted = [User(id="u1")] * 4
    assert in_threads(threads) == wanted
    assert asyncio.run(in_tasks(task)) == wanted
    assert in_threads(lambda number: asyncio.run(task(number))) == wanted
    assert operation == users.get_user("u1")
    assert "no such user" in str(error)


@forks
@shows(VALUES, "a forked child", "use them")
@shows("grants and tokens", "a forked child", "use them")
@shows((REPLIES, "errors"), "a forked child", "use the copy")
def test_a_child_uses_values() -> None:
    reply, operation = User(id="u1"), users.get_user("u2")
    grant, error = ClientCredentials("id", "secret"), GenesysCloudError("gone")

    def platform(request):
        if "/oauth/token" in request.url:
            return json_response({"access_token": "t", "token_type": "bearer"})
        return echo(request)

    def child() -> str:
        reply.id = "changed"
        error.add_note("of the child")
        return new_client(platform, auth=grant, access_token=None).send(operation).id

    assert in_child(child) == "u2"
    assert reply.id == "u1"
    assert not getattr(error, "__notes__", [])


@shows(VALUES, "a pickle", "equal value")
@shows(REPLIES, "a pickle", "equal value")
@pytest.mark.parametrize(
    "value", [*SETTINGS, User(id="u1", name="Ann")], ids=lambda v: type(v).__name__
)
def test_values_are_pickled(value) -> None:
    assert copied(value) == value


def test_a_whole_reply_is_pickled() -> None:
    reply = new_client().send_raw(users.get_user("u1"))
    assert copied(reply).data == reply.data
    assert copied(reply).status == 200


@shows("errors", "a pickle", "without secrets and bodies")
def test_errors_are_pickled_without_secrets_and_bodies() -> None:
    client = new_client(lambda request: json_response({"message": "no such user"}, 404))
    with pytest.raises(NotFoundError) as caught:
        client.users.post_users({"name": "Ann", "password": "pass-phrase"})
    pickled = pickle.dumps(caught.value)
    assert b"pass-phrase" not in pickled
    assert str(pickle.loads(pickled)) == str(caught.value)


@shows("grants and tokens", "a pickle", "`TypeError`")
@pytest.mark.parametrize("value", [ClientCredentials("id", "secret"), Token("t")])
def test_grants_and_tokens_are_not_pickled(value) -> None:
    with pytest.raises(TypeError, match="a pickle would expose its secrets"):
        pickle.dumps(value)


# --- token stores

MEMORY, FILE = "`MemoryTokenStore`", "`FileTokenStore`"
HOSTS = Hosts.resolve(host="http://x.example")
KEY = TokenKey.of(ClientCredentials("id", "secret"), HOSTS)


@pytest.fixture(params=["memory", "file"])
def store(request, tmp_path):
    return MemoryTokenStore() if request.param == "memory" else FileTokenStore(tmp_path / "tokens")


@pytest.mark.slow
@shows((MEMORY, FILE), ("threads", "tasks of one loop", "several event loops"), "share it")
def test_clients_in_threads_and_loops_exchange_one_token_between_them(store) -> None:
    exchanges = []

    def platform(request):
        if "/oauth/token" in request.url:
            exchanges.append(request)
            body = {"access_token": "t", "token_type": "bearer", "expires_in": 3600}
            return json_response(body)
        return echo(request)

    options = {"auth": ClientCredentials("id", "secret"), "access_token": None}

    def thread(number: int) -> str:
        return new_client(platform, token_store=store, **options).users.get_user(IDS[number]).id

    async def task(number: int) -> str:
        client = new_async_client(platform, token_store=store, **options)
        return (await client.users.get_user(IDS[number])).id

    assert in_threads(thread) == IDS
    assert asyncio.run(in_tasks(task)) == IDS
    assert in_threads(lambda number: asyncio.run(task(number))) == IDS
    assert len(exchanges) == 1


@forks
@shows(MEMORY, "a forked child", "the child has its own copy")
def test_a_child_has_a_copy_of_a_store_in_memory() -> None:
    store = MemoryTokenStore()
    store.save(KEY, Token("parent"))

    def child() -> str:
        found = store.load(KEY).access_token
        store.save(KEY, Token("child"))
        return found

    assert in_child(child) == "parent"
    assert store.load(KEY).access_token == "parent"


@forks
@shows(FILE, "a forked child", "share it")
def test_a_child_shares_a_store_in_a_file(tmp_path) -> None:
    store = FileTokenStore(tmp_path / "tokens")
    store.save(KEY, Token("parent"))

    def child() -> str:
        found = store.load(KEY).access_token
        store.save(KEY, Token("child"))
        return found

    assert in_child(child) == "parent"
    assert store.load(KEY).access_token == "child"


@shows(MEMORY, "a pickle", "`TypeError` if it contains a token")
def test_a_store_in_memory_is_not_pickled_with_a_token() -> None:
    store = MemoryTokenStore()
    store.save(KEY, Token("t"))
    with pytest.raises(TypeError):
        pickle.dumps(store)


@shows(FILE, "a pickle", "same file")
def test_a_pickled_store_reads_the_same_file(tmp_path) -> None:
    store = FileTokenStore(tmp_path / "tokens")
    store.save(KEY, Token("t"))
    pickled = pickle.dumps(store)
    assert pickle.loads(pickled).load(KEY).access_token == "t"


# --- signals


class Interrupted(Exception):  # noqa: N818 - as KeyboardInterrupt
    """Raised by the signal's handler."""


@pytest.mark.skipif(
    sys.platform == "win32" or threading.current_thread() is not threading.main_thread(),
    reason="signals go to the main thread",
)
def test_a_signal_ends_the_call_that_it_interrupts_and_nothing_else() -> None:
    main = threading.main_thread().ident

    def handler(seen):
        if seen.path.endswith("/slow"):
            signal.pthread_kill(main, signal.SIGUSR1)
            return Stall()
        return Reply(json={"id": "u1"})

    def interrupt(number, frame):
        raise Interrupted

    before = signal.signal(signal.SIGUSR1, interrupt)
    try:
        with (
            scripted_server(handler) as server,
            Client(
                host=server.url,
                access_token="t",
                trust_env=False,
                retry=RetryConfiguration(retry_max=5),
            ) as client,
        ):
            with pytest.raises(Interrupted):
                client.users.get_user("slow")
            assert client.users.get_user("u1").id == "u1"
            assert len([seen for seen in server.requests if seen.path.endswith("/slow")]) == 1
            with client.notification_handler() as events:
                sender = threading.Thread(target=signal.pthread_kill, args=(main, signal.SIGUSR1))
                with pytest.raises(Interrupted):  # noqa: PT012 - the signal may come at once
                    sender.start()
                    next(events)
            assert client.users.get_user("u1").id == "u1"
    finally:
        signal.signal(signal.SIGUSR1, before)


def test_threads_that_wake_the_others_at_once_orphan_no_event(monkeypatch):
    loop, seen, armed = ThreadLoop(TokenLock()), list[threading.Event](), [True]

    def meanwhile() -> None:
        loop.notify_all()
        seen.append(loop.wakeup)  # of a thread that goes to sleep now

    def event() -> threading.Event:
        if armed:  # in the middle of the first call
            armed.clear()
            other = threading.Thread(target=meanwhile)
            other.start()
            other.join()
        return threading.Event()

    monkeypatch.setattr(thread_loop, "Event", event)
    loop.notify_all()
    meanwhile()
    loop.notify_all()
    assert all(each.is_set() for each in seen)
