"""Sockets and threads: what only they can get wrong.

What every transport has to stand is in the conformance suite.
"""

from __future__ import annotations

import errno
import gc
import itertools
import os
import signal
import socket
import ssl
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from genesys_cloud.system_clock import read_clocks
from genesys_cloud.transports import resolver, socket_dialer
from genesys_cloud.transports.connection_settings import ConnectionSettings
from genesys_cloud.transports.socket_connection import SocketConnection
from genesys_cloud.transports.socket_transport import SocketTransport
from genesys_core.clock import Now
from genesys_core.errors import ConfigurationError, GenesysCloudError
from genesys_core.http.messages import Request, Timeout, TransportFailure
from genesys_core.transport import pool as pool_module
from genesys_core.transport.dialer import ResolvingHost, dial
from genesys_core.transport.happy_eyeballs import Address
from genesys_core.transport.origins import Origin
from genesys_core.transport.pool import PoolLimits
from genesys_core.transport.routes import Route
from tests.helpers.interrupts import Interrupt, each_interrupt, interrupt_at
from tests.helpers.server import Raw, Reply, Seen, Stall, refused_url, scripted_server
from tests.helpers.tls import Certificates

PATIENT = Timeout.of(20)


def echo(seen: Seen) -> Reply:
    return Reply(body=seen.target.encode())


@contextmanager
def transport(**options: object) -> Iterator[SocketTransport]:
    limits = options.pop("limits", None)
    made = SocketTransport({"trust_env": False, **options}, limits=limits)  # type: ignore[arg-type, typeddict-item]
    try:
        yield made
    finally:
        made.close()


def request(url: str, **options: object) -> Request:
    return Request("GET", url, timeout=PATIENT, **options)  # type: ignore[arg-type]


# --- interrupts -------------------------------------------------------------------------------

WATCHED = (
    "transports/socket_transport.py",
    "transports/socket_connection.py",
    "transport/exchange.py",
    "transport/owners.py",
    "transport/pool.py",
    "transport/routes.py",
    "http/http1.py",
)


def survive(wire: SocketTransport, url: str, work, *files: str) -> int:
    """Interrupt work before each instruction; after each, calls succeed and get their own replies."""
    positions, held = 0, wire.statistics().in_use
    for position in each_interrupt(lambda: work, *files):
        positions = position
        target = f"{url}/after/{position}"
        response = wire.send(request(target))
        assert response.body == f"/after/{position}".encode(), f"interrupted at {position}"
        assert wire.statistics().in_use == held, f"a place is lost, interrupted at {position}"
        if position % 200 == 0:
            for number in range(100):
                assert wire.send(request(f"{url}/{number}")).body == f"/{number}".encode()
    gc.collect()  # what an interrupt left half-made belongs to this test
    return positions


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_an_interrupt_before_any_instruction_of_a_call_loses_nothing():
    """The pool has two places: losing them would stop the test."""
    with (
        scripted_server(echo) as server,
        transport(limits=PoolLimits(connections=2)) as wire,
    ):
        wire.send(request(server.url))
        work = lambda: wire.send(request(f"{server.url}/interrupted"))  # noqa: E731
        assert survive(wire, server.url, work, *WATCHED) > 500


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_an_interrupt_before_any_instruction_of_a_call_beside_another_loses_nothing():
    """Its connection is not the only one, so it keeps the GIL."""
    with (
        scripted_server(echo) as server,
        transport(limits=PoolLimits(connections=3)) as wire,
        wire.stream(request(server.url)),
    ):
        wire.send(request(server.url))
        work = lambda: wire.send(request(f"{server.url}/interrupted"))  # noqa: E731
        files = ("transports/gil_socket.py", "transports/socket_connection.py")
        assert survive(wire, server.url, work, *files) > 100


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_an_interrupt_before_any_instruction_of_dialing_loses_nothing():
    with (
        scripted_server(echo) as server,
        transport(limits=PoolLimits(connections=2)) as wire,
    ):

        def work() -> None:
            with transport() as fresh:
                fresh.send(request(f"{server.url}/interrupted"))

        dialing = ("transports/socket_dialer.py", "transport/dialer.py", "happy_eyeballs.py")
        assert survive(wire, server.url, work, *dialing) > 300


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_an_interrupt_before_any_instruction_of_a_stream_loses_nothing():
    with (
        scripted_server(echo) as server,
        transport(limits=PoolLimits(connections=2)) as wire,
    ):

        def work() -> None:
            with wire.stream(request(f"{server.url}/s"), iter([b"a", b"b"])) as streamed:
                b"".join(streamed.chunks)

        files = ("transports/socket_transport.py", "transport/exchange.py")
        assert survive(wire, server.url, work, *files) > 500


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_a_call_that_waits_is_interrupted_and_leaves_the_queue():
    with (
        scripted_server(echo) as server,
        transport(limits=PoolLimits(connections=1)) as wire,
        wire.stream(request(server.url)),
    ):
        short = Request("GET", server.url, timeout=Timeout(pool=0.01))

        def work() -> None:
            with pytest.raises(TransportFailure):
                wire.send(short)

        for position in range(0, 3000, 7):
            interrupted, _ = interrupt_at(position, work, WATCHED)
            assert wire.statistics().waiting == 0, position
            if not interrupted:
                break
        else:
            pytest.fail("it never got through")
    gc.collect()


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_signals_at_any_time_lose_nothing():
    """A real alarm, whose handler raises, again and again in the middle of calls."""

    def alarm(*_: object) -> None:
        raise Interrupt

    before = signal.signal(signal.SIGALRM, alarm)
    try:
        with (
            scripted_server(echo) as server,
            transport(limits=PoolLimits(connections=2)) as wire,
        ):
            interrupted = 0
            for number in range(1500):
                try:
                    signal.setitimer(signal.ITIMER_REAL, 0.0001 + number % 40 * 0.00002)
                    wire.send(request(f"{server.url}/{number}"))
                    signal.setitimer(signal.ITIMER_REAL, 0)
                except Interrupt:
                    interrupted += 1
            signal.setitimer(signal.ITIMER_REAL, 0)
            assert interrupted > 10
            for number in range(100):
                assert wire.send(request(f"{server.url}/{number}")).body == f"/{number}".encode()
            assert wire.statistics().in_use == 0
            gc.collect()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_lock_that_an_interrupted_thread_held_is_free():
    with scripted_server(echo) as server, transport() as wire:
        for position in range(0, 600, 3):
            thread = threading.Thread(
                target=interrupt_at,
                args=(position, lambda: wire.send(request(server.url)), WATCHED[:1]),
            )
            thread.start()
            thread.join()
            assert wire.send(request(f"{server.url}/x")).body == b"/x"
        gc.collect()


# --- processes --------------------------------------------------------------------------------


def in_a_child(work) -> int:
    """What a forked process returns; -1 if it raises."""
    pid = os.fork()
    if pid == 0:
        code = 99
        try:
            code = work()
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # 3.12: of a fork where threads are
def test_a_child_opens_connections_of_its_own_and_leaves_those_of_its_parent_alone():
    with scripted_server(echo) as server, transport() as wire:
        wire.send(request(f"{server.url}/parent"))
        inherited = [seen.connection for seen in server.requests]

        def child() -> int:
            bodies = [wire.send(request(f"{server.url}/child/{n}")).body for n in range(5)]
            wire.close()
            return 0 if bodies == [f"/child/{n}".encode() for n in range(5)] else 1

        for _ in range(3):
            assert in_a_child(child) == 0
            assert wire.send(request(f"{server.url}/again")).body == b"/again"
        by_child = {seen.connection for seen in server.requests if "child" in seen.target}
        assert by_child.isdisjoint(inherited)
        again = {seen.connection for seen in server.requests if "again" in seen.target}
        assert again == set(inherited)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_fork_while_threads_call_and_hold_the_lock():
    with (
        scripted_server(echo) as server,
        transport(limits=PoolLimits(connections=3)) as wire,
    ):
        over = threading.Event()
        broken: list[BaseException] = []

        def calls(name: int) -> None:
            number = 0
            try:
                while not over.is_set():
                    number += 1
                    body = wire.send(request(f"{server.url}/{name}/{number}")).body
                    assert body == f"/{name}/{number}".encode()
            except BaseException as error:  # noqa: BLE001 - for the test to see
                broken.append(error)

        threads = [threading.Thread(target=calls, args=(name,)) for name in range(4)]
        for thread in threads:
            thread.start()
        for _ in range(10):
            child = lambda: wire.send(request(f"{server.url}/child")).body != b"/child"  # noqa: E731
            assert in_a_child(child) == 0
        over.set()
        for thread in threads:
            thread.join()
        assert not broken


# --- names and addresses ----------------------------------------------------------------------


def test_a_resolver_that_hangs_keeps_the_connect_timeout_and_holds_nothing_up(monkeypatch):
    hanging = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: hanging.wait(30) and [])
    with transport() as wire:
        began = time.monotonic()
        with pytest.raises(
            TransportFailure, match=r"resolving .* timed out after 0\.1 s"
        ) as caught:
            wire.send(Request("GET", "http://name.example", timeout=Timeout(connect=0.1)))
        assert (caught.value.kind, caught.value.sent) == ("timeout", False)
        assert time.monotonic() - began < 5
        threads = [each for each in threading.enumerate() if "resolver" in each.name]
        assert threads
        assert all(each.daemon for each in threads)
    hanging.set()
    for thread in threads:
        thread.join()


def test_the_resolver_gives_addresses_of_both_families():
    assert resolver.look_up("127.0.0.1", 80, is_literal=True) == [Address("127.0.0.1", 80)]
    assert resolver.look_up("::1", 80, is_literal=True) == [Address("::1", 80, is_ipv6=True)]
    loopback = Address("fe80::1", 80, is_ipv6=True, scope=socket.if_nametoindex("lo"))
    assert resolver.look_up("fe80::1%lo", 80, is_literal=True) == [loopback]
    with pytest.raises(OSError, match="cannot be resolved"):
        resolver.look_up("a" * 70 + ".example", 80)
    with pytest.raises(OSError):  # noqa: PT011 - the system's words
        resolver.look_up("fe80::1%nowhere", 80, is_literal=True)


def test_a_name_without_a_zone_fails_in_words():
    with transport() as wire, pytest.raises(TransportFailure) as caught:
        wire.send(request("http://[fe80::1%25nowhere]:9/"))
    assert (caught.value.kind, caught.value.sent) == ("connect", False)


def addresses_are(monkeypatch, *addresses: Address) -> None:
    monkeypatch.setattr(socket_dialer, "resolve_host", lambda *_, **__: list(addresses))


def test_the_first_address_that_answers_is_used(monkeypatch):
    with scripted_server(echo) as server, transport() as wire:
        port = int(server.url.rpartition(":")[2])
        refused = int(refused_url().rpartition(":")[2])
        with silent_port() as hanging:
            addresses_are(
                monkeypatch,
                Address("127.0.0.1", hanging),
                Address("127.0.0.1", refused),
                Address("127.0.0.1", port),
            )
            assert wire.send(request(f"http://name.example:{port}/x")).body == b"/x"


@contextmanager
def silent_port() -> Iterator[int]:
    """A port whose queue is full: a connection to it is neither made nor refused."""
    with socket.socket() as server, socket.socket() as filler:
        server.bind(("127.0.0.1", 0))
        server.listen(0)
        filler.connect(server.getsockname())
        with socket.socket() as another:
            another.setblocking(False)
            another.connect_ex(server.getsockname())
            yield server.getsockname()[1]


def test_an_address_that_hangs_is_given_up_with_the_timeout(monkeypatch):
    with silent_port() as hanging, transport() as wire:
        addresses_are(monkeypatch, Address("127.0.0.1", hanging))
        with pytest.raises(TransportFailure, match=r"connecting to name\.example") as caught:
            wire.send(Request("GET", "http://name.example:1/", timeout=Timeout(connect=0.2)))
        assert (caught.value.kind, caught.value.sent) == ("timeout", False)


def test_a_family_that_the_system_lacks_is_passed_over(monkeypatch):
    with scripted_server(echo) as server, transport() as wire:
        port = int(server.url.rpartition(":")[2])
        real = socket.socket

        def without_ipv6(family=socket.AF_INET, *rest, **more):
            if family == socket.AF_INET6:
                raise OSError(97, "Address family not supported by protocol")
            return real(family, *rest, **more)

        addresses_are(monkeypatch, Address("::1", port, is_ipv6=True), Address("127.0.0.1", port))
        monkeypatch.setattr(socket_dialer.socket, "socket", without_ipv6)
        assert wire.send(request(f"http://name.example:{port}/x")).body == b"/x"


# --- TLS --------------------------------------------------------------------------------------


@contextmanager
def tls_server(certificates: Certificates, version=None) -> Iterator[tuple[str, list[bool]]]:
    """Answers everything with 200; notes of each connection whether its session was resumed."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(
        certificates.directory / "server.pem", certificates.directory / "server.key"
    )
    if version:
        context.maximum_version = version
    resumed: list[bool] = []
    listener = socket.create_server(("127.0.0.1", 0))

    def serve(sock: socket.socket) -> None:
        try:
            with context.wrap_socket(sock, server_side=True) as secured:
                resumed.append(secured.session_reused)
                while data := secured.recv(65536):
                    body = b"hello" * (3000 if b"/large" in data else 1)
                    head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body)
                    secured.sendall(head + body)
        except OSError:
            pass

    def accept() -> None:
        while True:
            try:
                sock, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=serve, args=(sock,), daemon=True).start()

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield f"https://127.0.0.1:{listener.getsockname()[1]}", resumed
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()


@pytest.fixture(scope="module")
def certificates(tmp_path_factory) -> Certificates:
    return Certificates.make(tmp_path_factory.mktemp("certificates"))


@pytest.mark.parametrize("version", [None, ssl.TLSVersion.TLSv1_2])
def test_a_session_is_resumed_by_the_next_connection(certificates, version):
    with (
        tls_server(certificates, version) as (url, resumed),
        transport(verify=certificates.ca_file) as wire,
    ):
        for _ in range(3):
            with wire.stream(request(url)) as first:
                assert wire.send(request(f"{url}/large")).body == b"hello" * 3000
                assert b"".join(first.chunks) == b"hello"
            assert wire.statistics().idle == 2
            for pool in wire._pools.pools(os.getpid()):
                for lease in list(pool._pool._idle):
                    pool._pool.discard(lease)
                pool._settle()
        assert resumed[0] is False
        assert resumed[-1] is True


def test_a_context_is_shared_by_transports_of_equal_settings(certificates):
    options = {"verify": certificates.ca_file}
    with transport(**options) as one, transport(**options) as other, transport() as third:
        assert one._settings.tls_context() is other._settings.tls_context()
        assert one._settings.tls_context() is not third._settings.tls_context()


# --- the pool ---------------------------------------------------------------------------------


def test_calls_of_many_threads_share_few_connections_and_none_waits_in_vain():
    with (
        scripted_server(echo) as server,
        transport(limits=PoolLimits(connections=3)) as wire,
    ):
        broken: list[object] = []

        def work(name: int) -> None:
            for number in range(30):
                body = wire.send(request(f"{server.url}/{name}/{number}")).body
                if body != f"/{name}/{number}".encode():
                    broken.append(body)

        threads = [threading.Thread(target=work, args=(name,)) for name in range(12)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert not broken
        assert server.connections <= 3
        assert wire.statistics().waiting == 0
        assert wire.connections() <= 3


def test_connections_of_several_threads_keep_the_gil(monkeypatch):
    kept: list[SocketConnection] = []

    def keep_gil(self: SocketConnection) -> None:
        kept.append(self)

    monkeypatch.setattr(SocketConnection, "keep_gil", keep_gil)
    with scripted_server(echo) as server, scripted_server(echo) as another, transport() as wire:
        wire.send(request(server.url))
        with wire.stream(request(another.url)):
            assert not kept
            with wire.stream(request(another.url)):
                assert len(kept) == 1


def test_a_closed_transport_refuses_new_calls_and_lets_the_others_end():
    with scripted_server(echo) as server, transport() as wire:
        with wire.stream(request(f"{server.url}/under-way")) as streamed:
            wire.close()
            assert b"".join(streamed.chunks) == b"/under-way"
        with pytest.raises(GenesysCloudError, match="closed; nothing was sent"):
            wire.send(request(server.url))
        wire.close()
        assert wire.statistics().open == 0


def test_a_call_that_waits_for_a_connection_learns_that_the_transport_was_closed():
    with (
        scripted_server(echo) as server,
        transport(limits=PoolLimits(connections=1)) as wire,
        wire.stream(request(server.url)),
    ):
        errors: list[Exception] = []

        def work() -> None:
            try:
                wire.send(request(server.url))
            except GenesysCloudError as error:
                errors.append(error)

        thread = threading.Thread(target=work)
        thread.start()
        while not wire.statistics().waiting:
            time.sleep(0.001)
        wire.close()
        thread.join()
        assert "closed in the meantime" in str(errors[0])


def test_a_response_is_not_to_be_read_after_its_block():
    with scripted_server(echo) as server, transport() as wire:
        with wire.stream(request(server.url)) as streamed:
            pass
        with pytest.raises(GenesysCloudError, match="connection released"):
            next(streamed.chunks)


def test_a_deadline_ends_a_call():
    with scripted_server(lambda _: Stall()) as server, transport() as wire:
        expiring = request(server.url, expires=time.monotonic() + 0.2)
        with pytest.raises(TransportFailure, match="the call's deadline passed") as caught:
            wire.send(expiring)
        assert (caught.value.kind, caught.value.sent) == ("timeout", True)


def test_a_url_that_leads_nowhere_is_refused_before_anything_is_opened():
    with transport() as wire, pytest.raises(TransportFailure, match="URL: must be") as caught:
        wire.send(request("ftp://host/"))
    assert (caught.value.kind, caught.value.sent) == ("protocol", False)


def test_a_client_that_is_forgotten_closes_its_sockets():
    with scripted_server(echo) as server:
        before = open_descriptors()
        wire = SocketTransport({"trust_env": False})
        wire.send(request(server.url))
        gc.disable()
        del wire
        gc.enable()
        # The server's end may close a little later.
        for _ in range(1000):
            if open_descriptors() <= before:
                break
            time.sleep(0.005)
        assert open_descriptors() <= before


def open_descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


# --- proxies ----------------------------------------------------------------------------------


def test_credentials_apart_from_the_url_reach_the_proxy():
    with scripted_server(echo) as proxy:
        with transport(proxy=proxy.url, proxy_auth=("jo", "p:w")) as wire:
            assert wire.send(request("http://name.example/x")).body == b"http://name.example/x"
        assert proxy.requests[0].header("proxy-authorization") == "Basic am86cDp3"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"proxy": "ftp://open:sesame@host"}, "proxy .*must be a URL"),
        ({"proxy_auth": ("jo", "sesame")}, "proxy_auth: requires proxy="),
        ({"verify": "/nowhere.pem"}, "verify"),
    ],
)
def test_settings_that_cannot_be_used_are_errors_when_the_transport_is_made(options, words):
    with pytest.raises(ConfigurationError, match=words) as caught:
        SocketTransport({"trust_env": False, **options})
    assert "sesame" not in str(caught.value)


def test_socks_without_its_library_is_an_error_that_names_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "python_socks", None)
    with pytest.raises(ConfigurationError, match=r"genesys-cloud\[socks\]"):
        SocketTransport({"proxy": "socks5://host", "trust_env": False})


def socks_server(sock: socket.socket, port: int, asked: list[bytes], refuse: bool) -> None:
    """Speaks RFC 1928 and 1929 for one connection, and connects to a port of ours."""
    methods = sock.recv(2)[1]
    sock.recv(methods)
    sock.sendall(b"\x05\x02")
    asked.append(sock.recv(512))
    sock.sendall(b"\x01\x00")
    asked.append(sock.recv(512))
    if refuse:
        sock.sendall(b"\x05\x05\x00\x01\x00\x00\x00\x00\x00\x00")
        return
    with socket.create_connection(("127.0.0.1", port)) as onward:
        sock.sendall(b"\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00")
        onward.sendall(sock.recv(65536))
        sock.sendall(onward.recv(65536))


@pytest.mark.parametrize("refuse", [False, True])
@pytest.mark.parametrize("scheme", ["socks5", "socks5h"])
def test_a_socks_proxy_connects(scheme, refuse):
    asked: list[bytes] = []
    with scripted_server(echo) as server, socket.create_server(("127.0.0.1", 0)) as listener:
        port = int(server.url.rpartition(":")[2])

        def serve() -> None:
            sock, _ = listener.accept()
            with sock:
                socks_server(sock, port, asked, refuse)

        thread = threading.Thread(target=serve)
        thread.start()
        proxy = f"{scheme}://jo:sesame@127.0.0.1:{listener.getsockname()[1]}"
        with transport(proxy=proxy) as wire:
            if refuse:
                with pytest.raises(TransportFailure, match="SOCKS through the proxy") as caught:
                    wire.send(request(f"http://localhost:{port}/x"))
                assert (caught.value.kind, caught.value.sent) == ("proxy", False)
            else:
                assert wire.send(request(f"http://localhost:{port}/x")).body == b"/x"
        thread.join()
    assert asked[0] == b"\x01\x02jo\x06sesame"
    assert (b"localhost" in asked[1]) == (scheme == "socks5h")


def test_a_socks_proxy_that_hangs_is_given_up_with_the_timeout():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        proxy = f"socks5h://127.0.0.1:{listener.getsockname()[1]}"
        with transport(proxy=proxy) as wire, pytest.raises(TransportFailure) as caught:
            wire.send(Request("GET", "http://name.example", timeout=Timeout(connect=0.2)))
        assert (caught.value.kind, caught.value.sent) == ("timeout", False)


def test_a_connection_that_ends_under_a_request_is_replaced_for_a_get():
    replies = iter([Reply(body=b"1"), Raw(), Reply(body=b"2")])
    with scripted_server(lambda _: next(replies)) as server, transport() as wire:
        assert wire.send(request(server.url)).body == b"1"
        assert wire.send(request(server.url)).body == b"2"
        assert [seen.connection for seen in server.requests] == [1, 1, 2]


def test_a_stream_that_is_garbage_collected_during_a_step_ends_after_it(monkeypatch):
    """In the step that serves a waiting call, which needs the place of another stream."""
    make, collected, served = pool_module.Lease, ExitStack(), []

    def lease(*args):
        collected.close()  # as its finalizer, which runs in this thread
        return make(*args)

    # No connection is used twice, so a call that is served gets a new lease.
    limits = PoolLimits(connections=2, max_age=1e-9)
    with scripted_server(echo) as server, transport(limits=limits) as wire:
        waiting = threading.Thread(target=lambda: served.append(wire.send(request(server.url))))
        with wire.stream(request(server.url)), ExitStack() as abandoned:
            abandoned.enter_context(wire.stream(request(server.url)))
            waiting.start()
            while not wire.statistics().waiting:
                time.sleep(0.001)
            collected.push(abandoned.pop_all())
            monkeypatch.setattr(pool_module, "Lease", lease)
        waiting.join(20)
        assert [response.body for response in served] == [b"/"]
        statistics = wire.statistics()
        assert (statistics.in_use, statistics.waiting) == (0, 0)


def test_an_attempt_that_is_due_when_another_begins_is_not_left_out(monkeypatch):
    """As after a pause of the process between two attempts; each fails at once."""
    pause = itertools.count(1)

    def later() -> Now:
        now, seconds = read_clocks(), next(pause)
        return Now(now.monotonic + seconds, now.wall + seconds)

    refused = [int(refused_url().rpartition(":")[2].strip("/")) for _ in range(3)]
    with socket.create_server(("127.0.0.1", 0)) as listener:
        ports = [*refused, listener.getsockname()[1]]
        state = dial(Route(Origin("http", "h", 80)), timeout=20, expires=None, now=read_clocks())
        assert isinstance(state, ResolvingHost)
        step = state.resolved([Address("127.0.0.1", port) for port in ports], now=read_clocks())
        monkeypatch.setattr(socket_dialer, "read_clocks", later)
        connection = socket_dialer.open_connection(step, ConnectionSettings({"trust_env": False}))
        assert isinstance(connection, SocketConnection)
        assert connection.ends[1] == listener.getsockname()
        connection.close()


@pytest.mark.parametrize("reused", [True, False])
def test_a_timeout_of_the_system_is_a_broken_connection(monkeypatch, reused):
    """As after keep-alive probes without an answer; the call itself has no timeout."""
    read_now, errors = SocketConnection.read_now, []

    def read_or_fail(connection: SocketConnection) -> bytes | None:
        if errors:
            raise errors.pop()
        return read_now(connection)

    monkeypatch.setattr(SocketConnection, "read_now", read_or_fail)
    patient = Timeout(connect=None, read=None, write=None, pool=None)
    with scripted_server(echo) as server, transport() as wire:
        if reused:
            wire.send(request(server.url))
        errors.append(OSError(errno.ETIMEDOUT, os.strerror(errno.ETIMEDOUT)))
        asked = Request("GET", f"{server.url}/x", timeout=patient)
        if reused:  # the peer may have gone while the connection was idle
            assert wire.send(asked).body == b"/x"
            return
        with pytest.raises(TransportFailure, match="Connection timed out") as caught:
            wire.send(asked)
        assert (caught.value.kind, caught.value.sent) == ("closed", True)
