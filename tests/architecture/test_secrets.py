"""Planted secrets, a busy client, and a search of everything that came out of it.

Records at every level in both formats with all bodies on, the log file, the console, the program's
own handlers at their most curious, spans and metrics, reprs, errors and their tracebacks: none of
them may hold any of the secrets.
"""

from __future__ import annotations

import importlib
import logging
import pickle
import pkgutil
import traceback
from base64 import b64encode

import msgspec
import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

import genesys_cloud
import genesys_core
from genesys_cloud import ClientCredentials, Gateway, RefreshToken, RetryConfiguration, Token
from genesys_cloud.config import Configuration
from genesys_cloud.config.file import read_snapshot
from genesys_cloud.observability.opentelemetry import Telemetry
from genesys_cloud.token_stores import FileTokenStore, MemoryTokenStore
from genesys_core import errors, models
from genesys_core.api import users
from genesys_core.calls.auth_actions import TokenSnapshot
from genesys_core.calls.operation import raw_operation
from genesys_core.clock import Now
from genesys_core.configuration import LoggingConfiguration
from genesys_core.http.headers import Headers
from genesys_core.http.messages import Request, Response
from genesys_core.oauth import AuthorizationCode, Pkce
from tests.helpers.flavours import Api, every_flavour, settled
from tests.helpers.server import Raw, Reply, scripted_server

SECRETS = {
    name: f"planted{name.replace(' ', '')}{'q' * 43}"
    for name in (
        "client secret",
        "access token",
        "second access token",
        "refresh token",
        "rotated refresh token",
        "password",
        "new password",
        "code",
        "verifier",
        "cookie",
        "api key",
        "gateway password",
        "token in an error",
        "query token",
        "user information",
    )
}
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


def assert_absent(texts):
    basic = b64encode(f"id:{SECRETS['client secret']}".encode()).decode()
    for name, secret in {**SECRETS, "Basic header": basic}.items():
        for text in texts:
            assert secret not in text, f"the {name} came out"


class Captured:
    """All that came out, as text."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def error(self, error: errors.GenesysCloudError) -> None:
        self.texts += [str(error), repr(error), *traceback.format_exception(error)]
        self.of(error.attempts)

    def of(self, *values: object) -> None:
        self.texts += [text for value in values for text in (repr(value), str(value))]


class Curious(logging.Handler):
    """Formats each record with everything on it."""

    def __init__(self, captured: Captured) -> None:
        super().__init__(level=1)
        self._captured = captured

    def emit(self, record: logging.LogRecord) -> None:
        self._captured.texts += [
            record.getMessage(),
            repr(vars(record)),
            repr(pickle.dumps(record)),
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
    arrived = repr(server.requests)
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


def test_no_secret_shows_in_what_a_call_is_made_of():
    captured = Captured()
    planted = SECRETS["query token"]
    url = f"https://me:{planted}@h/x?access_token={planted}&code={planted}"
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
