"""The simulator over sockets on which things go wrong."""

import socket
from concurrent.futures import ThreadPoolExecutor

import pytest

from genesys_cloud.simulator import (
    Rule,
    RunningSimulator,
    Settings,
    Simulator,
    World,
    bundled_definition,
    faults,
    faulty_simulator,
)
from genesys_core.clock import Now
from tests.helpers.threads import threads_end
from tests.strategies.simulator import WALL

httpx = pytest.importorskip("httpx")

ME = "/api/v2/users/me"
GET = f"GET {ME} HTTP/1.1\r\nHost: h\r\n\r\n".encode()
SILENCE = faults.Interrupted("body", "silence")


def connected(server: RunningSimulator) -> socket.socket:
    url = httpx.URL(server.url)
    assert url.port is not None
    return socket.create_connection((url.host, url.port), timeout=30)


def received(connection: socket.socket) -> bytes:
    """All that comes until the server closes."""
    return b"".join(iter(lambda: connection.recv(65536), b""))


def test_it_has_the_facts_of_any_simulator():
    with faulty_simulator() as server, httpx.Client(base_url=server.url, trust_env=False) as http:
        bearer = {"Authorization": f"Bearer {server.access_token()}"}
        assert http.get(ME, headers=bearer).json()["name"] == "User 001"
        granted = http.post(
            "/oauth/token",
            auth=(server.client_id, server.client_secret),
            data={"grant_type": "client_credentials"},
        )
        assert granted.status_code == 200
        assert server.simulator is server.faults.simulator
        assert server.simulator.count("GET", ME) == server.faults.done("GET", ME) == 1
        assert server.email
        assert server.password
        assert server.client_secret not in repr(server)


def test_bodies_of_many_reads_and_many_connections_at_once():
    with faulty_simulator() as server:
        bearer = {"Authorization": f"Bearer {server.access_token()}"}
        with httpx.Client(base_url=server.url, headers=bearer, trust_env=False) as http:
            body = {"name": "n" * 500_000}
            assert http.post("/api/v2/routing/queues", json=body).json()["name"] == body["name"]
            with ThreadPoolExecutor(10) as pool:
                statuses = list(pool.map(lambda _: http.get(ME).status_code, range(50)))
        server.all_closed()
    assert statuses == [200] * 50


def test_a_reset_is_a_reset_and_a_close_a_close():
    rules = [
        Rule(faults.Interrupted("after", "reset")),
        Rule(faults.Interrupted("after", "close"), first=2),
    ]
    with faulty_simulator(*rules) as server:
        with connected(server) as connection:
            connection.sendall(GET)
            with pytest.raises(ConnectionResetError):
                received(connection)
        with connected(server) as connection:
            connection.sendall(GET)
            assert received(connection) == b""


def test_nothing_is_left_behind_however_silent():
    slow = Rule(faults.Slow("head", 3600), first=2)
    with threads_end(), faulty_simulator(Rule(SILENCE), slow) as server:
        silent, slow, idle = (connected(server) for _ in range(3))
        silent.sendall(GET)
        assert silent.recv(1) == b"H"
        slow.sendall(GET)
        with pytest.raises(TimeoutError):
            server.all_closed(seconds=0.01)
    with pytest.raises(ConnectionRefusedError):
        connected(server)
    for connection in (silent, slow, idle):
        assert b"User 001" not in received(connection)
        connection.close()


@pytest.mark.parametrize("fault", [SILENCE, faults.Slow("body", 3600)])
def test_silence_and_pauses_end_when_the_client_goes(fault):
    with faulty_simulator(Rule(fault)) as server:
        with connected(server) as connection:
            connection.sendall(GET)
            assert connection.recv(1) == b"H"
        server.all_closed()


def test_who_leaves_early_harms_nobody_else():
    with faulty_simulator(Rule(faults.Slow("body", 0.001))) as server:
        with connected(server) as connection:
            connection.sendall(GET)
        with connected(server) as connection:
            connection.sendall(GET[:-2] + b"Connection: close\r\n\r\n")
            assert received(connection).startswith(b"HTTP/1.1 401 ")
        server.all_closed()


UPGRADE = b"GET /channel HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"


def test_a_request_for_a_websocket_is_answered_like_any():
    with faulty_simulator() as server, connected(server) as connection:
        connection.sendall(UPGRADE)
        assert connection.recv(100).startswith(b"HTTP/1.1 404 ")


def test_the_clock_and_the_platform_may_be_others():
    now = [Now(0, WALL)]
    own = Simulator(bundled_definition(), settings=Settings(token_lifetime=10))
    with faulty_simulator(simulator=own, clock=lambda: now[0]) as server:
        assert server.simulator is own
        bearer = {"Authorization": f"Bearer {server.access_token()}"}
        now[0] = Now(10, WALL + 10)
        answer = httpx.get(f"{server.url}{ME}", headers=bearer, trust_env=False)
        assert answer.json()["code"] == "credentials.expired"


def test_what_cannot_be_served_is_an_error_and_leaves_nothing():
    with threads_end():
        refuse_what_cannot_be_served()


def refuse_what_cannot_be_served():
    nobody = Simulator(bundled_definition(), world=World())
    with pytest.raises(ValueError, match="no OAuth client"), faulty_simulator(simulator=nobody):
        pass
    both = {"simulator": Simulator(bundled_definition()), "settings": Settings()}
    with pytest.raises(ValueError, match="settings"), faulty_simulator(**both):
        pass
    with faulty_simulator() as server:
        port = httpx.URL(server.url).port
        with pytest.raises(OSError, match="in use"), faulty_simulator(port=port):
            pass
    with pytest.raises(LookupError), faulty_simulator():
        raise LookupError
