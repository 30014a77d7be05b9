"""Any requests at all get responses, and the same requests get the same responses.

Invariants: no exception; a status from 200 to 599; the platform's headers; a JSON content type means
a JSON body; error bodies repeat status and correlation id; a second simulator that is told the same
answers the same to the byte; no secret of the world ever comes back; browsers are sent home and
nowhere else; no code and no refresh token is exchanged twice. In bytes, whatever a client writes, what
is done with its connection comes to an end once the client has closed it.
"""

from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from urllib.parse import quote, urlencode

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from genesys_core.clock import Now
from genesys_core.http.headers import Headers
from genesys_core.http.messages import Request, Response
from genesys_core.simulator import PlatformState, RateLimit, Settings, Simulator, World
from genesys_core.simulator.wire.faults import Closed, FaultyPlatform, Rule
from genesys_core.simulator.wire.http_connection import ServerConnection
from genesys_core.simulator.wire.steps import Close, HangUp, WireStep, Write
from tests.strategies.loopback import CHALLENGE, REDIRECT, VERIFIER
from tests.strategies.simulator import definition, paths, unhurried

__all__ = ["TARGETS", "check", "hold_conversation"]

_NOTHING = {"swagger": "2.0", "paths": {}, "definitions": {}}
_SETTINGS = Settings(token_lifetime=100, rate_limit=RateLimit(limit=2), login_prefixes=("login",))
_WORLD = World.sample(users=3, queues=2)
_CLIENT = _WORLD.clients[0]
_TOKEN = Simulator(definition(), world=_WORLD, settings=_SETTINGS).issue_token(
    _CLIENT.id, now=Now(0, 0)
)
_USER = f"/api/v2/users/{_CLIENT.user_id}"

_QUEUE = f"/api/v2/routing/queues/{_WORLD.queues[0]['id']}"
_BASIC = b64encode(f"{_CLIENT.id}:{_CLIENT.secret}".encode()).decode()
_BEARER = ("Authorization", f"Bearer {_TOKEN}")
_JSON = ("Content-Type", "application/json")
_FORM = ("Content-Type", "application/x-www-form-urlencoded")

_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(st.text(max_size=5), inside),
    max_leaves=5,
)
_names = st.sampled_from(["title", "version", "manager", "addresses", "id", "division", "state"])
_documents = st.builds(
    lambda least, more: msgspec.json.encode({**least, **more}),
    st.sampled_from([{"name": "n", "email": "e", "divisionId": "d", "version": 1}, {}]),
    st.dictionaries(_names, _values, max_size=2),
)
_bodies = st.none() | _documents | st.binary(max_size=40)
_methods = st.sampled_from(["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"])
_queries = st.text(max_size=8).map(quote) | st.sampled_from(
    [
        "pageSize=2",
        "pageNumber=2",
        "pageSize=x",
        "expand=presence",
        "id=%00",
        "state=any",
        "a=%ff&&=",
    ]
)
_known_paths = st.sampled_from(
    ["/api/v2/users", "/api/v2/users/me", "/api/v2/routing/queues", _USER, _QUEUE]
)

# The first of each kind is the same in every simulator, whatever came before it.
_CODE, _REFRESH, _SESSION = (
    PlatformState().new_secret(kind) for kind in ("code", "refresh", "session")
)
_EXCHANGE = {"grant_type": "authorization_code", "code": _CODE, "redirect_uri": REDIRECT}
_PUBLIC = {"client_id": _CLIENT.id, "code_verifier": VERIFIER}
_SAML2 = {"grant_type": "urn:ietf:params:oauth:grant-type:saml2-bearer", "orgName": "simulator"}
_forms = st.sampled_from(
    [
        b"grant_type=client_credentials",
        b"grant_type=x",
        b"",
        b"a=1&a=2",
        *(
            urlencode(form).encode()
            for form in (
                _EXCHANGE,
                {**_EXCHANGE, **_PUBLIC},
                {"grant_type": "refresh_token", "refresh_token": _REFRESH},
                {"grant_type": "refresh_token", "refresh_token": _REFRESH, **_PUBLIC},
                {**_SAML2, "assertion": "PGEvPg"},
                {**_SAML2, "assertion": "<a/>"},
            )
        ),
    ]
)
_asks = st.fixed_dictionaries(
    {
        "client_id": st.just(_CLIENT.id),
        "redirect_uri": st.just(REDIRECT) | st.sampled_from(["", "http://example.com/", "\r\n"]),
        "response_type": st.sampled_from(["code", "token", "x"]),
    },
    optional={
        "state": st.text(max_size=5),
        "prompt": st.sampled_from(["login", ""]),
        "org": st.sampled_from(["simulator", "x"]),
        "provider": st.text(max_size=3),
        "login_hint": st.text(max_size=5),
        "code_challenge": st.just(CHALLENGE),
        "code_challenge_method": st.sampled_from(["S256", "plain"]),
    },
)
_answers = st.sampled_from(
    [
        urlencode({"email": "user001@example.com", "password": password, "action": action}).encode()
        for password in (_WORLD.password, "x")
        for action in ("sign-in", "refuse")
    ]
)


@st.composite
def _api_calls(draw: st.DrawFn) -> Request:
    """Calls with a token, most of them understood."""
    target = f"{draw(_known_paths | paths())}?{draw(_queries)}"
    return Request(draw(_methods), target, Headers((_BEARER, _JSON)), draw(_bodies))


@st.composite
def _logins(draw: st.DrawFn) -> Request:
    """Token requests, some of them granted."""
    target = draw(st.sampled_from(["/oauth/token", "/login/oauth/token", "/oauth/x"]))
    basic = f"Basic {draw(st.just(_BASIC) | st.text(max_size=8) | st.just('eDp5'))}"
    secret = [("Authorization", basic)] if draw(st.booleans()) else []
    headers = Headers.received((_FORM, *secret))
    return Request("POST", target, headers, draw(_forms | st.binary(max_size=20)))


@st.composite
def _visits(draw: st.DrawFn) -> Request:
    """Browsers on the login page, most of them with what it takes to sign in."""
    path = draw(st.sampled_from(["/oauth/authorize", "/oauth/authorize", "/logout"]))
    target = f"{path}?{urlencode(draw(_asks), errors='replace')}"
    cookie = draw(st.sampled_from([(), (("Cookie", f"simulator_session={_SESSION}"),)]))
    if draw(st.booleans()):
        return Request("GET", target, Headers.received(cookie))
    body = draw(_answers | st.binary(max_size=20))
    return Request("POST", target, Headers.received((_FORM, *cookie)), body)


@st.composite
def _noise(draw: st.DrawFn) -> Request:
    """Anything that the message seam can hold."""
    url = draw(st.binary(max_size=30).map(lambda raw: raw.decode("latin-1")) | st.text(max_size=9))
    fields = draw(st.lists(st.tuples(st.just("Authorization"), st.text(max_size=9)), max_size=2))
    return Request(
        draw(_methods | st.text(max_size=9)), url, Headers.received(fields), draw(_bodies)
    )


_requests = _api_calls() | _logins() | _visits() | _noise()


@unhurried
@given(st.lists(st.tuples(_requests, st.floats(0, 60)), max_size=6))
def check(conversation: list[tuple[Request, float]]) -> None:
    """Hold one conversation with two simulators."""
    first, second = _hold(conversation), _hold(conversation)
    assert first == second
    for (request, _), response in zip(conversation, first, strict=True):
        _examine(request, response)
    bodies = [request.body or b"" for request, _ in conversation]
    for secret in (_CODE, _REFRESH):
        spent = [secret.encode() in body for body in bodies]
        granted = [b'"access_token"' in response.body for response in first]
        assert sum(a and b for a, b in zip(spent, granted, strict=True)) <= 1


def hold_conversation(data: bytes) -> None:
    """Make a conversation of any bytes, and hold it; for coverage-guided engines."""
    check.hypothesis.fuzz_one_input(data)  # type: ignore[attr-defined]  # added by @given


def _hold(conversation: Sequence[tuple[Request, float]]) -> list[Response]:
    simulator = Simulator(definition(), world=_WORLD, settings=_SETTINGS)
    simulator.issue_token(_CLIENT.id, now=Now(0, 0))
    responses, clock = [], 0.0
    for request, pause in conversation:
        clock += pause
        responses.append(simulator.respond(request, now=Now(clock, clock)))
    assert sum(simulator.state.counts.values()) == len(conversation)
    return responses


def _examine(request: Request, response: Response) -> None:
    assert 200 <= response.status <= 599
    assert response.headers.get_list("server") == ["Google", "FrontEnd"]
    context_id = response.headers["inin-correlation-id"]
    assert _CLIENT.secret.encode() not in response.body
    assert _WORLD.password.encode() not in response.body
    assert response.headers.get("location", REDIRECT).startswith(REDIRECT)
    if request.method == "HEAD":
        assert response.body == b""
    elif response.headers.get("content-type", "").endswith("json"):
        body = msgspec.json.decode(response.body)
        if response.status >= 400 and "error" not in body:
            assert (body["status"], body["contextId"]) == (response.status, context_id)


def connect(data: bytes) -> None:
    """The input is what a client writes before it closes."""
    rules = [Rule(Closed(), first=3)]
    connection = ServerConnection(FaultyPlatform(Simulator(_NOTHING), rules))
    steps: list[WireStep] = []
    for piece in (data, b""):
        for step in connection.receive_data(piece, now=Now(0, 0)):
            steps.append(step)
            if isinstance(step, Close | HangUp):
                assert all(isinstance(earlier, Write) for earlier in steps[:-1])
                return
    raise AssertionError("it does not end")


TARGETS: Mapping[str, Callable[[bytes], object]] = {
    "simulator": hold_conversation,
    "simulator_connection": connect,
}
