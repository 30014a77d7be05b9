"""Planted secrets, a busy client, and a search of everything that came out of it.

Records at every level in both formats with all bodies on, the log file, the console, the program's
own handlers at their most curious, spans and metrics, reprs, errors and their tracebacks: none of
them may hold any of the secrets.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import inspect
import json
import logging
import pkgutil
import re
import signal
import sys
import threading
from urllib.parse import quote, unquote

import anyio
import msgspec
import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

import genesys_cloud
import genesys_core
from genesys_cloud import (
    AsyncClient,
    Client,
    ClientCredentials,
    Gateway,
    RefreshToken,
    RetryConfiguration,
    Saml2Bearer,
    Token,
)
from genesys_cloud.cli.app import app
from genesys_cloud.config import Configuration
from genesys_cloud.config.file import read_snapshot
from genesys_cloud.observability.opentelemetry import Telemetry
from genesys_cloud.token_stores import FileTokenStore, MemoryTokenStore
from genesys_cloud.transports.hooks import Hooks
from genesys_core import errors, models
from genesys_core.api import users
from genesys_core.calls.auth_actions import TokenSnapshot
from genesys_core.calls.operation import raw_operation
from genesys_core.clock import Now
from genesys_core.codec.decoding import decode
from genesys_core.codec.encoding import to_json
from genesys_core.configuration import LoggingConfiguration
from genesys_core.http.headers import Headers
from genesys_core.http.messages import Request, Response
from genesys_core.oauth import AuthorizationCode, Pkce
from tests.helpers.flavours import Api, every_flavour, settled
from tests.helpers.listeners import Listener, Told, listening
from tests.helpers.planted_secrets import (
    ASSERTION,
    SECRETS,
    Captured,
    Curious,
    assert_absent,
    refusal,
    repeated,
)
from tests.helpers.server import Raw, Reply, Stall, scripted_server
from tests.strategies.secrets import SPELLINGS

NOW = Now(0.0, 0.0)
QUICK = RetryConfiguration(max_retry_time_sec=60, retry_after_default=0)


def platform(seen):
    """Grants, refuses, stumbles and fails, and repeats what it was told as servers do."""
    if seen.path == "/oauth/token":
        return token_reply(seen)
    if seen.path == "/api/v2/cut":
        return Raw(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nhalf")
    planted = SECRETS["token in an error"]
    said = {
        "message": "this is no good",
        "code": "bad.request",
        "details": [{"password": SECRETS["new password"], "clientSecret": planted}],
        "nested": f'{{"refresh_token": "{planted}"}}',
    }
    headers = (
        ("Set-Cookie", f"session={SECRETS['cookie']}"),
        ("Location", f"https://me:{SECRETS['user information']}@h/x?access_token={planted}"),
        ("ININ-Correlation-Id", "c0ffee"),
    )
    if seen.header("authorization") == f"Bearer {SECRETS['access token']}":
        return Reply(401, said, headers=headers)
    if seen.path == "/api/v2/users/me":
        return Reply(200, {"id": "1", "version": "no number"}, headers=headers)
    return Reply(int(seen.path.rpartition("/")[2]), said, headers=headers)


def token_reply(seen):
    if b"code=" in seen.body or seen.header("x-refuse"):
        return Reply(400, {"error": "invalid_grant", "description": "no such code"})
    first = b"client_credentials" in seen.body
    return Reply(
        json={
            "access_token": SECRETS["access token" if first else "second access token"],
            "refresh_token": SECRETS["refresh token" if first else "rotated refresh token"],
            "expires_in": 86400,
        }
    )


def calls():
    """One of each kind of ending."""
    user = models.CreateUser(name="Ann", password=SECRETS["password"])
    query = {"access_token": SECRETS["query token"], "code": SECRETS["code"], "a": "1"}
    headers = {"X-Api-Key": SECRETS["api key"], "Cookie": SECRETS["cookie"]}
    return [
        users.get_users_me(),  # 401, a new token, then 200 with a leaf that does not fit
        raw_operation("GET", "/api/v2/400", query=query, headers=headers),
        raw_operation("GET", "/api/v2/503", query=query),
        raw_operation("POST", "/api/v2/400", body={"newPassword": SECRETS["new password"]}),
        raw_operation("POST", "/api/v2/409", body=user),
        raw_operation("GET", "/api/v2/cut"),
        raw_operation("GET", "/api/v2/users/me").with_options(strict=True),
    ]


@pytest.fixture
def captured():
    """What the program's own handlers get, at the lowest level."""
    found = Captured()
    logger, handler = logging.getLogger("genesys_cloud"), Curious(found)
    logger.addHandler(handler)
    logger.setLevel(1)
    yield found
    logger.removeHandler(handler)
    logger.setLevel(logging.NOTSET)


@pytest.fixture
def telemetry():
    spans, reader = InMemorySpanExporter(), InMemoryMetricReader()
    tracers, meters = (
        TracerProvider(shutdown_on_exit=False),
        MeterProvider([reader], shutdown_on_exit=False),
    )
    tracers.add_span_processor(SimpleSpanProcessor(spans))
    yield (
        Telemetry(tracer_provider=tracers, meter_provider=meters),
        lambda: [
            *(span.to_json() for span in spans.get_finished_spans()),
            repr(reader.get_metrics_data()),
        ],
    )
    tracers.shutdown()
    meters.shutdown()


@every_flavour
@pytest.mark.parametrize("format", ["text", "json"])
@pytest.mark.parametrize("level", ["trace", "debug", "error"])
def test_no_secret_comes_out(  # noqa: PLR0917 - parametrized, and fixtures
    run, level, format, captured, telemetry, capsys, tmp_path
):
    log = tmp_path / "log"
    grants = [
        AuthorizationCode("id", SECRETS["client secret"], SECRETS["code"], "https://me"),
        Pkce("id", SECRETS["code"], SECRETS["verifier"], "https://me"),
    ]

    async def scenario(api: Api) -> None:
        for call in calls():
            try:
                found = await api.send_raw(call)
            except errors.GenesysCloudError as error:
                captured.error(error)
            else:
                captured.of(found, found.issues)
        captured.of(api.client, api.client._cell.session, api.client.stats())

    async def refused(api: Api) -> None:
        with pytest.raises(errors.InvalidGrantError) as caught:
            await api.send(users.get_users_me())
        captured.error(caught.value)

    said = {
        "logging": LoggingConfiguration(
            level=level,
            format=format,
            to_console=True,
            file_path=str(log),
            request_body=True,
            response_body=True,
        ),
        "telemetry": telemetry[0],
        "retry": QUICK,
    }
    auth = ClientCredentials("id", SECRETS["client secret"])
    with scripted_server(platform) as server:
        host = server.url.replace("http://", "")
        name, _, port = host.partition(":")
        gateway = Gateway(name, "http", int(port), password=SECRETS["gateway password"])
        run(scenario, gateway=gateway, auth=auth, **said)
        for grant in grants:
            run(refused, host=server.url, auth=grant, **said)
    captured.of(auth, *grants, gateway, RefreshToken("id", "s", SECRETS["refresh token"]))
    console = capsys.readouterr()
    came_out = [*captured.texts, log.read_text(), console.out, console.err, *telemetry[1]()]

    assert "c0ffee" in log.read_text()
    assert "[REDACTED]" in log.read_text()
    arrived = unquote(repr(server.requests))
    for secret in (
        "client secret",
        "second access token",
        "password",
        "new password",
        "query token",
    ):
        shown = SECRETS[secret] if secret != "client secret" else "Basic "
        assert shown in arrived, f"the {secret} was never in play"
    assert_absent(came_out)


@every_flavour
def test_no_secret_comes_out_of_a_file_that_is_followed(run, captured, capsys, tmp_path):
    path = tmp_path / "config"
    path.write_text(f"[gateway]\nhost = gw.example\npassword = {SECRETS['gateway password']}\n")

    async def scenario(api: Api) -> None:
        setup = api.client._setup
        path.write_text(
            f"[gateway]\nport = x\npassword = {SECRETS['gateway password']}\n"
            f"secret {SECRETS['password']}\n[unknown]\nkey = {SECRETS['api key']}\n"
        )
        setup._reload(read_snapshot(path))
        captured.of(setup.configuration, setup.configuration.describe(), setup._follower)

    run(scenario, config_file=path)
    with pytest.raises(errors.ConfigurationError) as caught:
        Configuration.from_file(path)
    captured.error(caught.value)
    console = capsys.readouterr()
    came_out = [*captured.texts, console.out, console.err]
    assert any("change rejected" in text for text in came_out)
    assert_absent(came_out)


class Broken(MemoryTokenStore):
    """A store that cannot be written, and repeats what it was to write."""

    def save(self, key, token):
        raise OSError(f"cannot write {token.access_token} {token.refresh_token}")


@every_flavour
@pytest.mark.parametrize("broken", [True, False])
def test_no_secret_comes_out_of_client_auth_and_token_stores(  # noqa: PLR0917 - fixtures
    run, broken, captured, telemetry, capsys, tmp_path
):
    path, log = tmp_path / "tokens.json", tmp_path / "log"
    store = Broken() if broken else FileTokenStore(path)
    kept = RefreshToken("id", SECRETS["client secret"], SECRETS["refresh token"])
    code = AuthorizationCode("id", SECRETS["client secret"], SECRETS["code"], "https://me")

    async def scenario(api: Api) -> None:
        auth = api.client.auth
        captured.of(await settled(auth.exchange(kept)), await settled(auth.refresh()))
        await api.send(users.get_users_me())
        with pytest.raises(errors.InvalidGrantError) as refused:
            await settled(auth.exchange(code))
        captured.error(refused.value)
        captured.of(auth, auth.token, vars(auth), store, auth.store_failure, api.client)
        captured.of(api.client._cell.session, api.client._tokens, vars(api.client._tokens))
        assert (auth.store_failure is not None) == broken
        assert broken or SECRETS["rotated refresh token"] in path.read_text()
        with pytest.raises(errors.ApiError) as failed:
            await settled(auth.sign_out())
        captured.error(failed.value)
        with pytest.raises(errors.GenesysCloudError) as signed_out:
            await api.send(users.get_users_me())
        captured.error(signed_out.value)
        await settled(auth.use(Token(SECRETS["access token"]), kept))
        captured.of(
            auth, api.client._cell.session, TokenSnapshot.of(api.client._cell.session, now=NOW)
        )

    def answers(seen):
        if seen.path == "/api/v2/tokens/me":
            return Reply(503, {"message": "try later"})
        return platform(seen)

    logging_to = LoggingConfiguration(
        level="trace", to_console=True, file_path=str(log), request_body=True, response_body=True
    )
    with scripted_server(answers) as server:
        said = {"logging": logging_to, "telemetry": telemetry[0], "token_store": store}
        run(scenario, host=server.url, auth=kept, **said)
    console = capsys.readouterr()
    came_out = [*captured.texts, log.read_text(), console.out, console.err, *telemetry[1]()]
    if broken:
        assert any("the token store failed: OSError" in text for text in came_out)
    else:
        assert SECRETS["rotated refresh token"] not in path.read_text()  # signed out
    assert_absent(came_out)


GRANTS = {
    "client credentials": ClientCredentials("id", SECRETS["client secret"]),
    "authorization code": AuthorizationCode(
        "id", SECRETS["client secret"], SECRETS["code"], "https://me"
    ),
    "pkce": Pkce("id", SECRETS["code"], SECRETS["verifier"], "https://me"),
    "refresh token": RefreshToken("id", SECRETS["client secret"], SECRETS["refresh token"]),
    "public refresh token": RefreshToken("id", None, SECRETS["refresh token"]),
    "saml": Saml2Bearer("id", SECRETS["client secret"], "acme", ASSERTION),
}
QUICK_ONES = {"as it is", "client credentials"}


def some_quick(names):
    """All of them; what the quick suite leaves out says nothing new of a flavour."""
    return [
        pytest.param(name, marks=() if name in QUICK_ONES else pytest.mark.slow) for name in names
    ]


ERRORS = (301, 400, 401, 403, 404, 409, 418, 429, 500, 503)


@pytest.fixture
def everywhere(captured, telemetry, capsys, tmp_path, monkeypatch):
    """Options of a client that shows all that it can, and a search of what it showed."""
    monkeypatch.setenv("PYTHONASYNCIODEBUG", "1")
    curious = Curious(captured)
    logging.getLogger("asyncio").addHandler(curious)
    logging.getLogger("asyncio").setLevel(1)
    log = tmp_path / "log"
    options = {
        "logging": LoggingConfiguration(
            level="trace",
            format="json",
            to_console=True,
            file_path=str(log),
            request_body=True,
            response_body=True,
        ),
        "telemetry": telemetry[0],
        "retry": QUICK,
        "hooks": Hooks(before_request=[captured.hook], after_response=[captured.hook]),
    }

    def search():
        console = capsys.readouterr()
        captured.texts += [log.read_text(), console.out, console.err, *telemetry[1]()]
        assert_absent(captured.texts)

    yield captured, options, search
    logging.getLogger("asyncio").removeHandler(curious)
    logging.getLogger("asyncio").setLevel(logging.NOTSET)


def slow_callbacks():
    """What asyncio's debugger says of every step that it takes."""
    with contextlib.suppress(RuntimeError):
        asyncio.get_running_loop().slow_callback_duration = 0


@every_flavour
@pytest.mark.parametrize("spelling", some_quick(SPELLINGS))
def test_no_secret_comes_out_of_a_platform_that_repeats_it(run, spelling, everywhere):
    captured, options, search = everywhere

    async def scenario(api: Api) -> None:
        slow_callbacks()
        user = models.CreateUser(name="Ann", password=SECRETS["password"])
        for status in ERRORS if spelling == "as it is" else (400, 500):
            for call in (
                raw_operation("GET", f"/api/v2/{status}", headers={"Cookie": SECRETS["cookie"]}),
                raw_operation("POST", f"/api/v2/{status}", body=user),
                raw_operation("PUT", f"/api/v2/{status}", body={"pin": SECRETS["password"]}),
            ):
                with pytest.raises(errors.ApiError) as caught:
                    await api.send(call)
                assert caught.value.status == status
                captured.error(caught.value)
        body = {"name": "Ann", "password": SECRETS["password"]}
        headers = {"X-Api-Key": SECRETS["api key"]}
        for call in (
            lambda: api.client.users.post_users(body),
            lambda: api.client.request("PATCH", "/api/v2/400", body=body, headers=headers),
        ):
            with pytest.raises(errors.ApiError) as caught:
                await settled(call())
            captured.error(caught.value)
        for garbage in ("html", "cut", "no-http"):
            with pytest.raises(errors.GenesysCloudError) as caught:
                await api.send(raw_operation("POST", f"/api/v2/{garbage}", body={}))
            captured.error(caught.value)
        found = await api.send_raw(users.get_users_me())
        assert found.issues
        captured.of(found, found.issues, api.client, vars(api.client))

    def answers(seen):
        last = seen.path.rpartition("/")[2]
        said = SPELLINGS[spelling](repeated(seen)).encode()
        if last == "html":
            return Reply(200, body=b"<html>" + said)
        if last == "cut":
            return Raw(b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n" + said)
        if last == "no-http":
            return Raw(said + b"\r\n\r\n")
        if last == "me":
            return Reply(200, {"id": "1", "version": repeated(seen)})
        return refusal(seen, 500 if last == "users" else int(last), spelling)

    with scripted_server(answers) as server:
        run(scenario, host=server.url, access_token=SECRETS["access token"], **options)
    assert len(server.requests) > 10
    assert any("[REDACTED]" in text for text in captured.texts)
    search()


@every_flavour
@pytest.mark.parametrize("grant", some_quick(GRANTS))
def test_no_secret_comes_out_of_a_login_host_that_repeats_it(run, grant, everywhere):
    captured, options, search = everywhere
    grant = GRANTS[grant]

    async def scenario(api: Api) -> None:
        slow_callbacks()
        for _ in (*SPELLINGS, *ERRORS, "html", "cut", "no-http", "no token"):
            with pytest.raises(errors.GenesysCloudError) as caught:
                await settled(api.client.auth.exchange(grant))
            captured.error(caught.value)
            with pytest.raises(errors.GenesysCloudError) as caught:
                await api.send(users.get_users_me())
            captured.error(caught.value)
        captured.of(api.client.auth, api.client._cell.session, grant)

    def answers(seen):
        nonlocal asked
        asked += 1
        which = (asked // 2) % (len(SPELLINGS) + 14)
        if which < len(SPELLINGS):
            return refusal(seen, 400, list(SPELLINGS)[which])
        said = repeated(seen).encode()
        return {
            10: Reply(200, body=b"<html>" + said),
            11: Raw(b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n" + said),
            12: Raw(said + b"\r\n\r\n"),
            13: Reply(200, {"access_token": "", "refresh_token": said.decode()}),
        }.get(which - len(SPELLINGS)) or refusal(seen, ERRORS[which - len(SPELLINGS)], "as it is")

    asked = -1
    with scripted_server(answers) as server:
        run(scenario, host=server.url, auth=grant, **options | {"retry": None})
    assert asked > 40
    search()


@every_flavour
@pytest.mark.parametrize("spelling", ["as it is", "percent-encoded throughout", "in JSON"])
def test_no_secret_comes_out_of_a_proxy_that_repeats_it(run, spelling, everywhere):
    captured, options, search = everywhere
    password = quote(SECRETS["proxy password"], safe="")

    async def scenario(api: Api) -> None:
        slow_callbacks()
        for call in (users.get_users_me(), raw_operation("POST", "/api/v2/x", body={})):
            with pytest.raises(errors.GenesysCloudError) as caught:
                await api.send(call)
            captured.error(caught.value)
        captured.of(api.client, api.client._transport, vars(api.client._transport))

    def answers(seen):
        text = " ".join(SPELLINGS[spelling](repeated(seen)).split())
        if seen.method == "CONNECT":
            head = f'HTTP/1.1 407 no {text}\r\nProxy-Authenticate: Basic realm="{text}"\r\n'
            return Raw(f"{head}Content-Length: {len(text)}\r\n\r\n{text}".encode())
        return refusal(seen, 407 if seen.method == "GET" else 502, spelling)

    with scripted_server(answers) as server:
        options["proxy"] = server.url.replace("http://", f"http://user:{password}@")
        for host in ("http://api.example", "https://api.example"):
            run(scenario, host=host, access_token=SECRETS["access token"], **options)
    assert {seen.method for seen in server.requests} >= {"GET", "CONNECT"}
    assert all(seen.header("proxy-authorization") for seen in server.requests)
    search()


@every_flavour
def test_no_secret_comes_out_of_notifications(run, everywhere):
    """Channels that cannot be made, sockets that are refused, and words for the operator."""
    captured, options, search = everywhere
    told = Told()

    async def scenario(api: Api) -> None:
        slow_callbacks()

        def enough():
            return len(told.states) > 5

        async def listen(listener: Listener) -> None:
            handler, topic = listener.handler, "v2.users.u1.presence"
            if not hasattr(handler, "__anext__"):
                with pytest.raises(errors.TimeoutError) as caught:
                    handler.add_subscription(topic, timeout=0.2)
                captured.error(caught.value)
                await listener.wait_for(enough)
            else:
                async with anyio.create_task_group() as group:
                    group.start_soon(handler.add_subscription, topic)
                    await listener.wait_for(enough)
                    group.cancel_scope.cancel()
            captured.of(handler, vars(handler), vars(handler._driver), vars(handler._driver.state))

        await listening(api, listen, told=told)
        captured.of(*told.states, api.client)

    def answers(seen):
        nonlocal asked
        asked += 1
        if seen.path != "/api/v2/notifications/channels":
            # The handshake of the socket, and then what the channel is asked.
            return refusal(seen, 403, "as it is")
        if seen.method == "GET":
            return Reply(json={"entities": []})
        if asked < 4:
            return refusal(seen, 500, "as it is")
        uri = server.url.replace("http", "ws")
        return Reply(json={"id": "c1", "connectUri": f"{uri}/sockets/{quote(SECRETS['channel'])}"})

    asked = 0
    with scripted_server(answers) as server:
        run(scenario, host=server.url, access_token=SECRETS["access token"], **options)
    assert any(quote(SECRETS["channel"]) in seen.target for seen in server.requests)
    captured.of(*(state.error for state in told.states if hasattr(state, "error")))
    search()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows wakes no thread by a signal")
def test_no_secret_is_in_the_traceback_of_an_interrupt():
    """Ctrl-C while a request is under way, whose bytes somebody has in a variable."""
    captured = Captured()

    def interrupt(_):
        signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)
        return Stall()

    # A shell's background job ignores the signal, and so would Python in it.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with scripted_server(interrupt) as server:
            client = Client(host=server.url, access_token=SECRETS["access token"])
            with client, pytest.raises(KeyboardInterrupt) as caught:
                client.users.post_users({"name": "Ann", "password": SECRETS["password"]})
            captured.error(caught.value)
    finally:
        signal.signal(signal.SIGINT, before)
    assert_absent(captured.texts)


@pytest.mark.parametrize("kind", [Client, AsyncClient])
@pytest.mark.parametrize(
    "wrong",
    [{"host": "no host"}, {"deadline": -1.0}, {"verify": "/nowhere.pem"}, {"headers": {"a b": ""}}],
)
def test_no_secret_comes_out_of_a_client_that_cannot_be_made(kind, wrong):
    captured = Captured()
    password = quote(SECRETS["proxy password"], safe="")
    with pytest.raises(errors.GenesysCloudError) as caught:
        kind(
            access_token=SECRETS["access token"],
            proxy=f"http://user:{password}@127.0.0.1:1",
            gateway=Gateway("g.example", password=SECRETS["gateway password"]),
            trust_env=False,
            **wrong,
        )
    captured.error(caught.value)
    assert_absent(captured.texts)


PLANTED = SECRETS["api key"]
BODY = {"name": "Ann", "password": SECRETS["password"]}
QUERY = {"access_token": SECRETS["query token"]}
FIELDS = {"X-Api-Key": SECRETS["api key"]}
REFUSED = {
    "a value that JSON lacks": lambda client: client.users.post_users(BODY | {"x": {1}}),
    "the same, in a model": lambda client: client.users.post_users(
        models.CreateUser(name={1}, password=SECRETS["password"])
    ),
    "the same, encoded alone": lambda _: to_json(BODY | {"x": {1}}),
    "a document of another type": lambda _: to_json(
        models.CreateUser(), base=json.dumps([BODY]).encode()
    ),
    "a key": lambda client: client.users.post_users(BODY | {"division_id": "d"}),
    "a body of another kind": lambda client: client.users.post_users([BODY]),
    "an unknown argument": lambda client: client.users.post_users(body=BODY, nope=1),
    "the same, raw": lambda client: client.users.post_users.raw(body=BODY, nope=1),
    "a missing argument": lambda client: client.users.patch_user(body=BODY),
    "a body to a path": lambda client: client.request("POST", "/x", body=BODY | {"x": {1}}),
    "a method": lambda client: client.request("G T", "/x", query=QUERY, body=BODY, headers=FIELDS),
    "a path": lambda client: client.request("GET", 5, query=QUERY, body=BODY, headers=FIELDS),
    "a query": lambda client: client.request("GET", "/x", query=QUERY | {"x": object()}),
    "a query of another type": lambda client: client.request("GET", "/x", query=[QUERY]),
    "a header": lambda client: client.request("GET", "/x", headers=FIELDS | {"a b": "c"}),
    "its value": lambda client: client.request("GET", "/x", headers={"X-Api-Key": f"{PLANTED}\n"}),
    "headers of another type": lambda client: client.request("GET", "/x", headers=[FIELDS]),
    "a client's option": lambda client: client.with_options(headers=FIELDS, timeout="x"),
    "an operation's option": lambda _: users.get_users_me().with_options(
        headers=FIELDS, query=QUERY, timeout="x"
    ),
    "a response, in strict mode": lambda _: decode(
        models.CreateUser, json.dumps(BODY | {"name": []}).encode(), strict=True
    ),
    "a response that is no JSON": lambda _: decode(models.CreateUser, PLANTED.encode()),
}


@pytest.mark.parametrize("kind", [Client, AsyncClient])
@pytest.mark.parametrize("refused", REFUSED.values(), ids=REFUSED)
def test_no_secret_is_in_the_traceback_of_what_was_refused(kind, refused):
    """Some tracebacks show the variables of our frames, and these are not the caller's own."""
    client = kind(host="http://127.0.0.1:1", trust_env=False)

    async def used():
        result = refused(client)
        return await result if inspect.isawaitable(result) else result

    captured = Captured()
    with pytest.raises((errors.GenesysCloudError, TypeError)) as caught:
        asyncio.run(used())
    captured.error(caught.value)
    assert_absent(captured.texts)


@pytest.mark.parametrize(
    "wrong",
    [
        {"nope": 1},
        {"auth": ("id", SECRETS["client secret"])},
        {"auth": {"client_secret": SECRETS["client secret"]}},
        {"access_token": [SECRETS["access token"]]},
    ],
)
@pytest.mark.parametrize("kind", [Client, AsyncClient])
def test_no_secret_is_in_the_traceback_of_a_wrong_type(kind, wrong):
    captured = Captured()
    with pytest.raises(TypeError) as caught:
        kind(host="http://127.0.0.1:1", headers=FIELDS, trust_env=False, **wrong)
    captured.error(caught.value)
    assert_absent(captured.texts)


def test_no_option_of_a_command_takes_a_secret_that_a_list_of_processes_shows():
    """Secrets come from the environment or a file; a proxy's URL may, and its help says so."""
    found = {}
    for command in commands_of(app):
        for parameter in inspect.signature(command).parameters.values():
            option = getattr(parameter.annotation, "__metadata__", [None])[0]
            found[parameter.name] = getattr(option, "help", "")
    suspects = {name for name in found if re.search("secret|password|token|proxy|auth|key", name)}
    assert suspects == {"token_file", "proxy"}
    assert "Use HTTPS_PROXY if it contains a password" in found["proxy"]


def commands_of(typer_app):
    yield from (command.callback for command in typer_app.registered_commands)
    for group in typer_app.registered_groups:
        yield from commands_of(group.typer_instance)


def test_no_secret_shows_in_what_a_call_is_made_of():
    captured = Captured()
    planted = SECRETS["query token"]
    url = f"https://me:{SECRETS['user information']}@h/x?access_token={planted}&code={planted}"
    fields = {"Location": url, "Set-Cookie": planted, "X-Api-Key": planted}
    captured.of(*calls(), Request("GET", url, Headers(fields)), Response(302, Headers(fields)))
    captured.of(Headers(fields))
    assert_absent(captured.texts)


def test_the_search_would_find_a_secret(captured):
    """The test above can fail."""
    logging.getLogger("genesys_cloud").error("token %s", SECRETS["access token"])
    assert any(SECRETS["access token"] in text for text in captured.texts)


GENERATED = ("genesys_core.models", "genesys_core.api", "genesys_cloud.apis")


def structs_of(*packages):
    """Each Struct that a module of our own defines, models aside."""
    for package in packages:
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if found.name.startswith(GENERATED) or found.name.endswith("__main__"):
                continue
            for value in vars(importlib.import_module(found.name)).values():
                if isinstance(value, type) and issubclass(value, msgspec.Struct):
                    yield value


def test_rich_shows_no_more_than_a_repr_of_ones_own():
    """msgspec's own ``__rich_repr__`` has all fields; a class that hides one has to say so twice."""
    found = set(structs_of(genesys_core, genesys_cloud))
    own = [each for each in found if each.__repr__ is not msgspec.Struct.__repr__]
    assert len(own) > 20
    for each in own:
        assert each.__rich_repr__ is not msgspec.Struct.__rich_repr__, each
