"""The simulator over real sockets."""

import contextlib
import socket
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import anyio
import pytest

from genesys_cloud.simulator import (
    OAuthClient,
    RunningSimulator,
    ServerLimits,
    Settings,
    Simulator,
    World,
    application,
    bundled_definition,
    running_simulator,
)
from genesys_core.clock import Now
from tests.helpers.threads import threads_end
from tests.strategies.simulator import WALL

httpx = pytest.importorskip("httpx")

ME = "/api/v2/users/me"


@pytest.fixture
def running():
    with running_simulator() as simulator:
        yield simulator


@pytest.fixture
def http(running):
    bearer = {"Authorization": f"Bearer {running.access_token()}"}
    with httpx.Client(base_url=running.url, headers=bearer, trust_env=False) as client:
        yield client


def address(running: RunningSimulator) -> tuple[str, int]:
    url = httpx.URL(running.url)
    assert url.port is not None
    return url.host, url.port


def talk(running, raw):
    """Send bytes, and return all that comes until the server closes."""
    with socket.create_connection(address(running), timeout=30) as connection:
        connection.sendall(raw)
        return b"".join(iter(lambda: connection.recv(65536), b""))


def test_a_token_and_a_call(running):
    with httpx.Client(base_url=running.url, trust_env=False) as client:
        granted = client.post(
            "/oauth/token",
            auth=(running.client_id, running.client_secret),
            data={"grant_type": "client_credentials"},
        )
        assert granted.status_code == 200
        bearer = {"Authorization": f"Bearer {granted.json()['access_token']}"}
        assert client.get(ME, headers=bearer).json()["name"] == "User 001"
    assert running.simulator.count("POST", "/oauth/token") == 1


def test_a_state_is_restored_while_it_is_served(running, http):
    token = running.access_token()
    before = running.snapshot()
    bearer = {"Authorization": f"Bearer {token}"}
    for _ in range(2):
        made = http.post("/api/v2/routing/skills", headers=bearer, json={"name": "Spanish"})
        assert made.status_code == 200
        running.restore(before)
    assert http.get("/api/v2/routing/skills", headers=bearer).json()["total"] == 0


def test_header_lines_are_repeated_and_nothing_is_added_to_them(http):
    response = http.get(ME)
    assert response.headers.get_list("server") == ["Google", "FrontEnd"]
    assert response.headers["inin-correlation-id"]
    assert response.headers["content-type"] == "application/json"


def test_an_encoded_slash_is_not_a_slash(http):
    assert http.get("/api/v2/users/a%2Fb?expand=x%26y").json()["entityId"] == "a/b"


def test_replies_without_a_body(http):
    queue = http.get("/api/v2/routing/queues").json()["entities"][0]
    deleted = http.delete(queue["selfUri"])
    assert (deleted.status_code, deleted.content) == (204, b"")
    head = http.head(ME)
    assert (head.status_code, head.content) == (200, b"")


def test_bodies_of_many_reads_arrive_whole(http):
    home = http.get("/api/v2/authorization/divisions/home").json()["id"]
    body = {"name": "n" * 500_000, "email": "e", "divisionId": home}
    created = http.post("/api/v2/users", json=body)
    assert created.json()["name"] == body["name"]


@pytest.mark.slow
def test_one_connection_carries_many_calls_and_many_threads_call_at_once(running, http):
    for _ in range(50):
        assert http.get(ME).status_code == 200
    with ThreadPoolExecutor(10) as pool:
        statuses = list(pool.map(lambda _: http.get(ME).status_code, range(100)))
    assert statuses == [200] * 100
    assert running.simulator.count("GET", ME) == 150


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_from_within_an_event_loop(backend):
    async def call():
        with running_simulator() as running:
            bearer = {"Authorization": f"Bearer {running.access_token()}"}
            async with httpx.AsyncClient(base_url=running.url, trust_env=False) as client:
                return await client.get(ME, headers=bearer)

    assert anyio.run(call, backend=backend).status_code == 200


def test_the_application_needs_no_server():
    simulator = Simulator(bundled_definition())
    client = next(iter(simulator.state.clients.values()))
    token = simulator.issue_token(client.id, now=Now(0, 0))

    async def call():
        transport = httpx.ASGITransport(application(simulator, clock=lambda: Now(0, 0)))
        async with httpx.AsyncClient(transport=transport, base_url="http://simulator") as http:
            return await http.get(ME, headers={"Authorization": f"Bearer {token}"})

    assert anyio.run(call).json()["id"] == client.user_id


def test_the_clock_may_be_another():
    now = [Now(0, WALL)]
    with (
        running_simulator(settings=Settings(token_lifetime=10), clock=lambda: now[0]) as running,
        httpx.Client(base_url=running.url, trust_env=False) as client,
    ):
        bearer = {"Authorization": f"Bearer {running.access_token()}"}
        assert client.get(ME, headers=bearer).status_code == 200
        now[0] = Now(10, WALL + 10)
        assert client.get(ME, headers=bearer).json()["code"] == "credentials.expired"


def test_a_simulator_of_ones_own_is_served():
    world = World(clients=(OAuthClient(id="c", secret="s"),))
    own = Simulator(bundled_definition(), world=world)
    with running_simulator(own) as running:
        assert running.simulator is own
        assert (running.client_id, running.client_secret) == ("c", "s")


def test_several_run_side_by_side():
    with running_simulator() as one, running_simulator() as other:
        assert one.url != other.url
        assert one.simulator is not other.simulator


def test_nothing_is_left_behind_not_even_with_idle_connections():
    with threads_end(), running_simulator() as running:
        client = httpx.Client(base_url=running.url, trust_env=False)
        client.get(ME)
        silent = socket.create_connection(address(running))
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(address(running))
    assert silent.recv(1) == b""
    silent.close()
    client.close()


def test_an_error_in_the_block_ends_the_server_too():
    with threads_end(), pytest.raises(LookupError), running_simulator():
        raise LookupError


def test_a_port_that_is_taken_is_an_error_and_leaves_nothing(running):
    host, port = address(running)
    taken = pytest.raises(OSError, match="in use")
    with threads_end(), taken, running_simulator(host=host, port=port):
        pass


def test_settings_that_contradict_each_other():
    simulator = Simulator(bundled_definition())
    with (
        pytest.raises(ValueError, match="settings"),
        running_simulator(simulator, settings=Settings()),
    ):
        pass
    nobody = Simulator(bundled_definition(), world=World())
    with pytest.raises(ValueError, match="no OAuth client"), running_simulator(nobody):
        pass


def test_ipv6():
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("this machine has no IPv6 loopback")
    with running_simulator(host="::1") as running:
        assert httpx.get(f"{running.url}/", trust_env=False).status_code == 404


def test_no_secret_is_shown(running):
    assert running.client_secret not in repr(running)
    assert running.access_token() not in repr(running)


CLOSE = b"Host: x\r\nConnection: close\r\n\r\n"


@pytest.mark.parametrize(
    ("target", "status"),
    [(b"http://elsewhere/api/v2/nothing", b"404"), (b"*", b"404"), (b"/api/v2/users/me", b"401")],
)
def test_any_form_of_target_is_the_simulators_to_answer(running, target, status):
    reply = talk(running, b"GET " + target + b" HTTP/1.1\r\n" + CLOSE)
    assert reply.startswith(b"HTTP/1.1 " + status)
    assert b"ININ-Correlation-Id" in reply


def test_what_is_no_http_and_who_leaves_early_harm_nobody_else(running, http):
    assert talk(running, b"\x16\x03\x01 nonsense\r\n\r\n").startswith(b"HTTP/1.1 400")
    with socket.create_connection(address(running)) as connection:
        connection.sendall(
            b"POST /oauth/token HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n\r\nhalf"
        )
    assert http.get(ME).status_code == 200
    assert running.simulator.count("POST", "/oauth/token") == 0


def test_a_request_for_a_websocket_is_answered_like_any(running):
    upgrade = (
        b"GET /api/v2/x HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )
    with socket.create_connection(address(running), timeout=30) as connection:
        connection.sendall(upgrade)
        assert connection.recv(100).startswith(b"HTTP/1.1 404")


# Limits, and clients that are slow or odd


def test_a_body_that_is_too_large_is_refused_while_it_is_sent(running):
    host, port = address(running)
    with socket.create_connection((host, port), timeout=30) as connection:
        head = b"POST /api/v2/users HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
        chunk = b"10000\r\n" + b"x" * 65536 + b"\r\n"
        sender = threading.Thread(target=send_all, args=(connection, head + chunk * 170))
        sender.start()
        # Read to the end, which a reset would not reach.
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    sender.join()
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b'"code":"request.entity.too.large"' in answer


def send_all(connection, data):
    with contextlib.suppress(OSError):  # the server ends before everything is sent
        connection.sendall(data)


def test_a_head_that_is_too_large_is_refused(running):
    answer = talk(running, b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"y" * 70_000 + b"\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 431 ")


def test_a_chunked_body_and_a_client_that_waits_for_permission(running):
    bearer = f"Authorization: Bearer {running.access_token()}\r\n".encode()
    head = (
        b"POST /api/v2/routing/skills HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        b"Transfer-Encoding: chunked\r\nExpect: 100-continue\r\nConnection: close\r\n" + bearer
    )
    with socket.create_connection(address(running), timeout=30) as connection:
        connection.sendall(head + b"\r\n")
        assert connection.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(
            b'8\r\n{"name":\r\n6;x=y\r\n"Maya"}\r\n0\r\nTrailer: x\r\n\r\n'.replace(b"6;", b"7;")
        )
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert b'"name":"Maya"' in answer


def test_requests_may_follow_each_other_without_waiting(running):
    one = b"GET /api/v2/nothing HTTP/1.1\r\nHost: x\r\n\r\n"
    last = b"GET /api/v2/nothing HTTP/1.1\r\n" + CLOSE
    assert talk(running, one * 499 + last).count(b"HTTP/1.1 404 ") == 500


def test_a_client_that_closes_its_side_still_gets_the_answer(running):
    with socket.create_connection(address(running), timeout=30) as connection:
        connection.sendall(b"GET /api/v2/nothing HTTP/1.1\r\nHost: x\r\n\r\n")
        connection.shutdown(socket.SHUT_WR)
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    assert answer.startswith(b"HTTP/1.1 404 ")


def test_a_request_that_takes_too_long_is_refused():
    with running_simulator(limits=ServerLimits(request_time=0.05)) as running:
        assert talk(running, b"GET / HTTP/1.1\r\nHost: x").startswith(b"HTTP/1.1 408 ")
        running.all_closed()


def test_the_time_of_a_request_is_the_clocks():
    now = [Now(0, WALL)]
    limits = ServerLimits(request_time=0.01)
    with (
        running_simulator(limits=limits, clock=lambda: now[0]) as running,
        socket.create_connection(address(running), timeout=30) as connection,
    ):
        connection.sendall(b"GET / HTTP/1.1\r\n")
        connection.settimeout(0.1)
        with pytest.raises(TimeoutError):  # the timer runs again and again, and the clock stands
            connection.recv(1)
        now[0] = Now(1, WALL + 1)
        connection.settimeout(30)
        assert connection.recv(100).startswith(b"HTTP/1.1 408 ")


def test_what_was_answered_is_written_before_the_end():
    with running_simulator() as running:
        bearer = f"Authorization: Bearer {running.access_token()}\r\n".encode()
        connection = socket.create_connection(address(running), timeout=30)
        connection.sendall(b"GET /api/v2/users?pageSize=60 HTTP/1.1\r\n" + bearer + CLOSE)
        assert connection.recv(1) == b"H"
    with connection:
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    assert answer.endswith(b"}")
    assert b"User 060" in answer


def test_a_page_of_another_origin_may_call_it(running):
    preflight = (
        b"OPTIONS /api/v2/users/me HTTP/1.1\r\nOrigin: https://app.example.com\r\n"
        b"Access-Control-Request-Method: GET\r\nAccess-Control-Request-Headers: authorization\r\n"
    )
    answer = talk(running, preflight + CLOSE)
    assert answer.startswith(b"HTTP/1.1 204 ")
    assert b"Access-Control-Allow-Origin: *\r\n" in answer
    assert b"Access-Control-Allow-Headers: authorization\r\n" in answer
    refused = talk(running, b"GET /api/v2/users/me HTTP/1.1\r\nOrigin: null\r\n" + CLOSE)
    assert refused.startswith(b"HTTP/1.1 401 ")
    assert b"Access-Control-Allow-Origin: *\r\n" in refused


@pytest.mark.slow
def test_it_needs_no_web_framework():
    code = (
        "import sys; sys.modules['starlette'] = sys.modules['hypercorn'] = None\n"
        "from genesys_cloud.simulator import running_simulator\n"
        "with running_simulator() as running: print(running.url)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("http://127.0.0.1:")


# As an ASGI application


def messages(scope, *received):
    """What the application sends after it has received some messages."""
    sent, queue = [], [*received]

    async def receive():
        return queue.pop(0)

    async def send(message):
        sent.append(message)

    anyio.run(application(Simulator(bundled_definition())), scope, receive, send)
    return sent


def test_the_application_starts_and_stops():
    received = [{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}]
    sent = messages({"type": "lifespan"}, *received)
    assert [each["type"] for each in sent] == [
        "lifespan.startup.complete",
        "lifespan.shutdown.complete",
    ]


def test_the_application_turns_websockets_away():
    assert messages({"type": "websocket"}, {"type": "websocket.connect"}) == [
        {"type": "websocket.close"}
    ]


def test_the_application_answers_nobody_who_left():
    scope = {"type": "http", "method": "POST", "path": "/x", "query_string": b"", "headers": []}
    half = {"type": "http.request", "body": b"{", "more_body": True}
    assert messages(scope, half, {"type": "http.disconnect"}) == []


def test_the_application_reads_paths_as_they_were_sent():
    scope = {
        "type": "http",
        "method": "GET",
        "path": "/api/v2/a/b",
        "raw_path": b"/api/v2/a%2Fb",
        "query_string": b"x=1",
        "headers": [(b"origin", b"x")],
    }
    start, body = messages(scope, {"type": "http.request"})
    assert start["status"] == 404
    assert (b"content-length", str(len(body["body"])).encode()) in start["headers"]
    assert (b"Access-Control-Allow-Origin", b"*") in start["headers"]
    head, empty = messages({**scope, "method": "HEAD"}, {"type": "http.request"})
    assert empty["body"] == b""
    assert not any(name == b"content-length" for name, _ in head["headers"])
