"""Every kind of wrong value for every argument: refused in words, where it is given.

Whatever is passed to a constructor or public method is taken, or refused with a documented error. A
``TypeError`` says what is wanted, what was got, and gives an example; none of the errors speaks of an
attribute of some object inside.
"""

from __future__ import annotations

import asyncio
import datetime
import inspect
import itertools
import pkgutil
import random
import re
from collections.abc import Callable, Mapping
from contextlib import asynccontextmanager
from functools import cache, partial
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import trio

from genesys_cloud import (
    AsyncClient,
    AuthorizationCode,
    Client,
    ClientCredentials,
    Configuration,
    Gateway,
    Hooks,
    Implicit,
    Pacing,
    Pkce,
    RefreshToken,
    Region,
    RetryConfiguration,
    Saml2Bearer,
    Telemetry,
    Timeout,
    Token,
    compute_pkce_code_challenge,
    generate_pkce_code_verifier,
)
from genesys_cloud.budgets import FileBudget
from genesys_cloud.client.options import ClientOptions
from genesys_cloud.config.file import configuration_from_file, merge
from genesys_cloud.login import BrowserSignIn, sign_in
from genesys_cloud.notifications import HandlerOptions
from genesys_cloud.system_clock import read_clocks
from genesys_cloud.testing import AsyncMockTransport, MockTransport, json_response
from genesys_cloud.token_stores import FileTokenStore
from genesys_cloud.transports import AsyncHttpxTransport, HttpxTransport, SocketTransport
from genesys_cloud.transports.awaited import AwaitedChunks
from genesys_core import Headers, Options, Response, api
from genesys_core.api import users
from genesys_core.calls.operation import raw_operation
from genesys_core.calls.prepare import prepare_request
from genesys_core.clock import Now
from genesys_core.configuration.sections import (
    Credentials,
    GeneralConfiguration,
    LoggingConfiguration,
    ReauthenticationConfiguration,
)
from genesys_core.errors import GenesysCloudError
from genesys_core.hosts import Hosts
from genesys_core.http.messages import Streamed
from genesys_core.http.multipart import Part
from genesys_core.http.redaction import Redaction
from genesys_core.notifications.dispatch import typed_topics
from genesys_core.oauth.authorization import prepare_authorize_url, prepare_logout_url
from genesys_core.session.session import Settings


class Odd:
    """An object that is nothing in particular."""


async def _coroutine_function() -> None: ...


WRONG: Mapping[str, object] = {
    "None": None,
    "True": True,
    "zero": 0,
    "negative": -1,
    "number": 7,
    "float": 1.5,
    "nan": float("nan"),
    "infinity": float("inf"),
    "huge": 10**400,
    "empty text": "",
    "text": "text",
    "odd text": "a\r\nb\x00\ud800",
    "bytes": b"bytes",
    "tuple": ("id", "secret"),
    "empty tuple": (),
    "list": ["id", "secret"],
    "set": {"a", "b"},
    "dictionary": {"a": 1},
    "empty dictionary": {},
    "dictionary of wrong keys": {1: 2},
    "nested": {"a": {"b": [None]}},
    "object": Odd(),
    "class": Odd,
    "function": lambda: None,
    "coroutine function": _coroutine_function,
    "date": datetime.date(2026, 1, 1),
    "path": Path("/nowhere/at/all"),
    "grant": ClientCredentials("id", "secret"),
    "implicit": Implicit("id", "http://127.0.0.1:8080/callback"),
    "grant class": ClientCredentials,
    "token": Token("token"),
    "retry": RetryConfiguration(60),
    "operation": users.get_users_me(),
}

_RULE = re.compile(r"must be .+, not .+; for example .+|unexpected .+; use one of .+", re.DOTALL)
_INSIDE = re.compile(r"has no attribute|'NoneType'|object is not|not supported between|unhashable")


RUNNERS: list[asyncio.Runner] = []


@pytest.fixture(scope="module", autouse=True)
def one_event_loop():
    """To make an event loop takes longer than what these coroutines do in it."""
    with asyncio.Runner() as runner:
        RUNNERS.append(runner)
        yield
    RUNNERS.clear()


def complaint(call: Callable[[], object]) -> str | None:
    """What is wrong with how a call went; ``None`` if nothing is."""
    try:
        result = call()
        if inspect.iscoroutine(result):
            RUNNERS[0].run(result)
    except TypeError as error:
        return None if _RULE.search(str(error)) else f"TypeError: {error}"
    except GenesysCloudError as error:
        return f"{type(error).__name__}: {error}" if _INSIDE.search(str(error)) else None
    except Exception as error:  # noqa: BLE001 - none of them may leave
        return f"{type(error).__name__}: {error}"
    return None


def begin_sign_in(client_id, client, *, grant="pkce", port=0, redirect_uri=None, clock=read_clocks):
    """Begin a sign-in, by a client of this function's own where none is given, and end it."""
    with Client(trust_env=False, transport=MockTransport(answer)) as right:
        given = right if client is None else client
        BrowserSignIn(
            client_id, given, grant=grant, port=port, redirect_uri=redirect_uri, clock=clock
        ).close()


def sign_in_in_vain(client_id, sign_in_timeout=1.0):
    """Let nobody sign in, by a clock that goes on for a year whenever it is read."""
    years = (Now(year * 3.2e7, year * 3.2e7) for year in itertools.count())
    options = {"trust_env": False, "transport": MockTransport(answer), "clock": years.__next__}
    with pytest.raises(TimeoutError):
        sign_in(client_id, sign_in_timeout=sign_in_timeout, open_browser=str, **options)


# --- constructors and functions: a right call, in which one argument at a time is replaced ------------

VERIFIER = "v" * 50
CALLS: Mapping[str, tuple[Callable[..., object], Mapping[str, object]]] = {
    "Gateway": (Gateway, {"host": "gw.example"}),
    "RetryConfiguration": (RetryConfiguration, {}),
    "Timeout": (Timeout, {}),
    "Pacing": (Pacing, {}),
    "ClientCredentials": (ClientCredentials, {"client_id": "a", "client_secret": "b"}),
    "AuthorizationCode": (
        AuthorizationCode,
        {"client_id": "a", "client_secret": "b", "code": "c", "redirect_uri": "https://x/y"},
    ),
    "Pkce": (
        Pkce,
        {"client_id": "a", "code": "c", "code_verifier": VERIFIER, "redirect_uri": "https://x/y"},
    ),
    "RefreshToken": (
        RefreshToken,
        {"client_id": "a", "client_secret": "b", "refresh_token": "c"},
    ),
    "Saml2Bearer": (
        Saml2Bearer,
        {"client_id": "a", "client_secret": "b", "org_name": "c", "assertion": "PHNhbWw+"},
    ),
    "Implicit": (Implicit, {"client_id": "a", "redirect_uri": "https://x/y"}),
    "Token": (Token, {"access_token": "t"}),
    "Hooks": (Hooks, {}),
    "LoggingConfiguration": (LoggingConfiguration, {}),
    "ReauthenticationConfiguration": (ReauthenticationConfiguration, {}),
    "GeneralConfiguration": (GeneralConfiguration, {}),
    "Credentials": (Credentials, {}),
    "Configuration": (Configuration, {}),
    "Configuration.from_text": (Configuration.from_text, {"text": ""}),
    "Configuration.from_environment": (Configuration.from_environment, {"environment": {}}),
    "Configuration.from_file": (Configuration.from_file, {}),
    "configuration_from_file": (configuration_from_file, {}),
    "merge": (merge, {"higher": Configuration()}),
    "Redaction": (Redaction, {}),
    "Options": (Options, {}),
    "Hosts.resolve": (Hosts.resolve, {}),
    "Region.of": (Region.of, {"text": "eu_west_1"}),
    "Headers": (Headers, {}),
    "Response": (Response, {"status": 200}),
    "raw_operation": (raw_operation, {"method": "GET", "path": "/x"}),
    "Operation.with_options": (users.get_users_me().with_options, {}),
    "Part": (Part, {"name": "a", "content": b""}),
    "Telemetry": (Telemetry, {}),
    "FileTokenStore": (FileTokenStore, {"path": "tokens.json"}),
    "FileBudget": (FileBudget, {"path": "budget"}),
    "compute_pkce_code_challenge": (compute_pkce_code_challenge, {"code_verifier": VERIFIER}),
    "generate_pkce_code_verifier": (generate_pkce_code_verifier, {}),
    "prepare_authorize_url": (
        prepare_authorize_url,
        {"hosts": Hosts.resolve(), "client_id": "a", "redirect_uri": "https://x/y"},
    ),
    "prepare_logout_url": (prepare_logout_url, {"hosts": Hosts.resolve(), "client_id": "a"}),
    "BrowserSignIn": (begin_sign_in, {"client_id": "a", "client": None}),
    "sign_in": (sign_in_in_vain, {"client_id": "a"}),
    "MockTransport": (MockTransport, {"handler": print}),
    "AsyncMockTransport": (AsyncMockTransport, {"handler": print}),
    "SocketTransport": (SocketTransport, {}),
    "HttpxTransport": (HttpxTransport, {}),
    "AsyncHttpxTransport": (AsyncHttpxTransport, {}),
    "typed_topics": (typed_topics, {"topics": ["v2.users.1.presence"]}),
}


def parameters() -> list[tuple[str, str]]:
    return [
        (name, parameter.name)
        for name, (call, _) in CALLS.items()
        for parameter in inspect.signature(call).parameters.values()
        if parameter.kind not in {parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL}
    ]


@pytest.mark.parametrize(("name", "argument"), parameters())
def test_a_wrong_value_is_refused_in_words_by_every_constructor(name, argument, monkeypatch):
    monkeypatch.setenv("HOME", "/nowhere/at/all")
    call, right = CALLS[name]
    assert complaint(lambda: call(**right)) is None
    complaints = {
        kind: words
        for kind, wrong in WRONG.items()
        if (words := complaint(lambda wrong=wrong: call(**{**right, argument: wrong})))
    }
    assert complaints == {}


# --- clients: a wrong argument is refused at once, not by the first call ------------------------------


def answer(_: object) -> Response:
    return json_response({"name": "Ann"})


OPTIONS = [*ClientOptions.__annotations__, "transport", "hooks"]
CONNECTING = {"verify", "cert", "proxy", "proxy_auth"}


@pytest.fixture(autouse=True)
def nothing_is_read_or_followed(monkeypatch, tmp_path):
    """Files named by chance are neither there nor waited for by a thread."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("genesys_cloud.client.setup.Follower", lambda *_: None)


def made_and_used(**options: Any) -> None:
    options = {"trust_env": False, "transport": MockTransport(answer), **options}
    client = Client(**options)
    if {**options, "transport": None} != options and options["transport"] is not None:
        client.users.get_users_me()
    client.close()


async def made_and_used_async(**options: Any) -> None:
    options = {"trust_env": False, "transport": AsyncMockTransport(answer), **options}
    async with AsyncClient(**options) as client:
        if options["transport"] is not None:
            await client.users.get_users_me()


@pytest.mark.parametrize("argument", OPTIONS)
@pytest.mark.parametrize("use", [made_and_used, made_and_used_async])
def test_a_wrong_argument_of_a_client_is_refused_in_words(use, argument, capsys):
    complaints = {
        kind: words
        for kind, wrong in WRONG.items()
        if (words := complaint(lambda wrong=wrong: use(**{argument: wrong})))
    }
    capsys.readouterr()  # what has no effect in a file of that name is logged
    assert complaints == {}


@pytest.mark.parametrize("client", [Client, AsyncClient])
@pytest.mark.parametrize(
    ("options", "words"),
    [
        (
            {"auth": ("id", "secret")},
            "auth must be a grant or None, not a tuple; for example Client",
        ),
        ({"auth": "secret"}, "auth must be a grant or None, not a str"),
        ({"auth": {"client_id": "id"}}, "auth must be a grant or None, not a dict"),
        ({"auth": Implicit("id", "https://x/y")}, "auth must be a grant or None, not an Implicit"),
        ({"auth": ClientCredentials}, "auth must be a grant or None, not the class ClientCred"),
        ({"retry": {"retry_max": 5}}, "retry must be a RetryConfiguration or None, not a dict"),
        ({"gateway": {"host": "x"}}, r"gateway must be a Gateway or None, not a dict; .*\(host"),
        ({"logging": "debug"}, r"logging must be a LoggingConfiguration .*\(level='debug'\)"),
        ({"config": {"retry": {}}}, "config must be a Configuration or None, not a dict"),
        (
            {"pacing": 300},
            r"pacing must be a Pacing or None, not an int; for example Pacing\(limit",
        ),
        ({"telemetry": True}, "telemetry must be an Observer or None, not a bool"),
        ({"transport": object()}, "transport must be a transport with the methods send and close"),
        ({"hooks": print}, "hooks must be Hooks or None, not a"),
        ({"strict": "false"}, "strict must be True or False, not a str"),
        ({"keep_unknown": 1.5}, "keep_unknown must be True, False or 'items', not a float"),
        ({"token_store": "tokens.json"}, r"token_store must be .*FileTokenStore\(path\)"),
        ({"deadline": "5"}, "deadline must be a number of seconds or None, not a str"),
    ],
)
def test_the_error_says_what_to_pass_and_nothing_of_the_value(client, options, words):
    with pytest.raises(TypeError, match=words) as caught:
        client(trust_env=False, **options)
    assert "secret" not in str(caught.value).replace("client_secret", "")


# --- methods ------------------------------------------------------------------------------------------

ME = users.get_users_me()
METHODS: Mapping[str, Callable[[Any, Any], object]] = {
    "send(operation)": lambda c, v: c.send(v),
    "send_raw(operation)": lambda c, v: c.send_raw(v),
    "pages(operation)": lambda c, v: c.pages(v),
    "paginate(operation)": lambda c, v: c.paginate(v),
    "request(method)": lambda c, v: c.request(v, "/x"),
    "request(path)": lambda c, v: c.request("GET", v),
    "request(query=)": lambda c, v: c.request("GET", "/x", query=v),
    "request(body=)": lambda c, v: c.request("POST", "/x", body=v),
    "request(headers=)": lambda c, v: c.request("GET", "/x", headers=v),
    **{
        f"with_options({name}=)": lambda c, v, name=name: c.with_options(**{name: v}).send(ME)
        for name in ("headers", "timeout", "deadline", "retry", "strict", "keep_unknown")
    },
    **{
        f"Operation.with_options({name}=)": lambda c, v, name=name: c.send(
            ME.with_options(**{name: v})
        )
        for name in ("headers", "query", "timeout", "deadline", "retry", "strict", "keep_unknown")
    },
    "get_user(user_id)": lambda c, v: c.users.get_user(v),
    "get_users_me(expand=)": lambda c, v: c.users.get_users_me(expand=v),
    "get_users(page_size=)": lambda c, v: c.users.get_users(page_size=v),
    "patch_user(body)": lambda c, v: c.users.patch_user("id", v),
    "auth.exchange(grant)": lambda c, v: c.auth.exchange(v),
    "auth.use(token)": lambda c, v: c.auth.use(v),
    "auth.use(grant)": lambda c, v: c.auth.use(Token("x"), v),
    "download(source)": lambda c, v: c.download(v, "file"),
    "download(max_redirects=)": lambda c, v: c.download(ME, "file", max_redirects=v),
    "download(max_bytes=)": lambda c, v: c.download(ME, "file", max_bytes=v),
    # One that can be called is the caller's own code, and so is what it raises.
    "download(progress=)": lambda c, v: c.download(
        ME, "file", progress=v if not callable(v) else None
    ),
    "download(timeout=)": lambda c, v: c.download(ME, "file", timeout=v),
    "upload(url)": lambda c, v: c.upload(v, b"x"),
    "upload(headers=)": lambda c, v: c.upload("https://x.example/u", b"x", headers=v),
    "upload(method=)": lambda c, v: c.upload("https://x.example/u", b"x", method=v),
    "upload(authenticate=)": lambda c, v: c.upload("https://x.example/u", b"x", authenticate=v),
    "upload(timeout=)": lambda c, v: c.upload("https://x.example/u", b"x", timeout=v),
    "notification_handler(unknown)": lambda c, v: c.notification_handler(unknown=v),
}


def called(method: Callable[[Any, Any], object], wrong: object) -> None:
    with Client(transport=MockTransport(answer), trust_env=False, access_token="t") as client:
        result = method(client, wrong)
        if inspect.isgenerator(result):
            list(result)


async def called_async(method: Callable[[Any, Any], object], wrong: object) -> None:
    transport = AsyncMockTransport(answer)
    async with AsyncClient(transport=transport, trust_env=False, access_token="t") as client:
        result = method(client, wrong)
        if inspect.isasyncgen(result):
            async for _ in result:
                pass
        elif inspect.isawaitable(result):
            await result


@pytest.mark.parametrize("name", METHODS)
@pytest.mark.parametrize("call", [called, called_async])
def test_a_wrong_argument_of_a_method_is_refused_in_words(call, name):
    complaints = {
        kind: words
        for kind, wrong in WRONG.items()
        if (words := complaint(lambda wrong=wrong: call(METHODS[name], wrong)))
    }
    assert complaints == {}


def test_the_result_of_a_call_cannot_be_paged():
    with (
        Client(transport=MockTransport(answer), trust_env=False, access_token="t") as client,
        pytest.raises(
            TypeError, match=r"operation must be .*, not an? UserMe; for example genesys_core"
        ),
    ):
        list(client.paginate(client.users.get_users_me()))


@pytest.mark.parametrize("name", HandlerOptions.__annotations__)
def test_a_wrong_option_of_a_notification_handler_is_refused_in_words(name):
    async def made(wrong: object) -> None:
        transport = AsyncMockTransport(answer)
        async with AsyncClient(transport=transport, trust_env=False) as client:
            client.notification_handler(**{name: wrong})

    complaints = {
        kind: words
        for kind, wrong in WRONG.items()
        if (words := complaint(lambda wrong=wrong: made(wrong)))
    }
    assert complaints == {}


# --- the builders of all operations ---------------------------------------------------------------------

SETTINGS = Settings(hosts=Hosts.resolve())


@cache
def builders() -> list[Callable[..., Any]]:
    return [
        function
        for module in pkgutil.iter_modules(api.__path__)
        for function in vars(import_module(f"{api.__name__}.{module.name}")).values()
        if inspect.isfunction(function) and function.__module__.startswith(api.__name__)
    ]


def refused_in_words(builder: Callable[..., Any]) -> dict[tuple[str, str, str], str]:
    parameters = inspect.signature(builder).parameters.values()
    right = {each.name: "x" for each in parameters if each.default is each.empty}

    def request(argument: str, wrong: object) -> object:
        return prepare_request(builder(**{**right, argument: wrong}), SETTINGS)

    return {
        (builder.__name__, each.name, kind): words
        for each in parameters
        for kind, wrong in WRONG.items()
        if (words := complaint(partial(request, each.name, wrong)))
    }


def test_a_wrong_argument_of_a_builder_is_sent_or_refused_in_words():
    for builder in random.Random(12).sample(builders(), 100):
        assert refused_in_words(builder) == {}


@pytest.mark.slow
def test_a_wrong_argument_of_any_builder_is_sent_or_refused_in_words():
    assert len(builders()) >= 3508
    for builder in builders():
        assert refused_in_words(builder) == {}


# --- what the caller's own code returns ---------------------------------------------------------------


@pytest.mark.parametrize("kind", WRONG)
def test_a_transport_that_returns_no_response_is_told_so(kind):
    transport = MockTransport(lambda _: WRONG[kind])
    with (
        Client(transport=transport, trust_env=False) as client,
        pytest.raises(TypeError, match="the result of a transport must be a Response, not"),
    ):
        client.users.get_users_me()


def test_a_transport_of_the_other_flavor_is_refused_in_words():
    message = "must be synchronous, but AsyncMockTransport.send is a coroutine function; use an "
    with pytest.raises(TypeError, match=re.escape(message)):
        Client(transport=AsyncMockTransport(answer), trust_env=False)
    message = "must be asynchronous, but the result of {}.send cannot be awaited; use a Client"
    with pytest.raises(TypeError, match=re.escape(message.format("MockTransport"))):
        AsyncClient(transport=MockTransport(answer), trust_env=False)

    async def call():
        inner = MockTransport(answer)
        async with AsyncClient(transport=Delegating(inner), trust_env=False) as client:
            return await client.users.get_users_me()

    for shown in (asyncio.run(capture(call)), trio.run(capture, call)):
        assert message.format("Delegating") in shown


async def capture(call):
    with pytest.raises(TypeError) as caught:
        await call()
    return str(caught.value)


class Delegating:
    """Plain functions that return awaitables."""

    def __init__(self, transport):
        self._transport = transport

    def send(self, request):
        return self._transport.send(request)

    def close(self):
        return self._transport.close()


class DelegatingStreams(Delegating):
    @asynccontextmanager
    async def stream(self, request, content=None):
        response = await self._transport.send(request)
        yield Streamed(response.status, response.headers, AwaitedChunks(iter([b"streamed"])))


def test_a_transports_methods_may_be_functions_that_return_awaitables(tmp_path):
    async def main(transport):
        async with AsyncClient(transport=transport, trust_env=False) as client:
            assert (await client.users.get_users_me()).name == "Ann"
            path = await client.download("/api/v2/users/me", tmp_path / "me.json")
            return path.read_bytes()

    inner = AsyncMockTransport(answer)
    assert asyncio.run(main(Delegating(inner))) == answer(None).body
    assert asyncio.run(main(DelegatingStreams(inner))) == b"streamed"


@pytest.mark.parametrize("kind", sorted(WRONG.keys() - {"None"}))
def test_a_hook_that_returns_something_else_is_told_so(kind):
    for hooks, wanted in (
        (Hooks(before_request=[lambda _: WRONG[kind]]), "a Request or None, not"),
        (Hooks(after_response=[lambda *_: WRONG[kind]]), "a Response or None, not"),
    ):
        with (
            Client(transport=MockTransport(answer), hooks=hooks, trust_env=False) as client,
            pytest.raises(TypeError, match=f"the result of a hook must be {wanted}"),
        ):
            client.users.get_users_me()


@pytest.mark.parametrize(
    "headers",
    [[("Content-Type", "application/json")], {"Content-Type": "application/json"}],
)
def test_a_transport_may_return_plain_headers(headers):
    transport = MockTransport(lambda _: Response(200, headers, b'{"name": "Ann"}'))
    with Client(transport=transport, trust_env=False) as client:
        assert client.users.get_users_me().name == "Ann"
