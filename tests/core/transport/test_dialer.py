"""Every way from a route to an open connection, and every way that fails."""

from __future__ import annotations

import pytest

from genesys_core.clock import Now
from genesys_core.http.messages import TransportFailure
from genesys_core.transport.dialer import (
    ConnectingThroughSocks,
    Dialed,
    DialFailed,
    OpeningSockets,
    ReceivingConnect,
    ResolvingHost,
    SendingConnect,
    StartingTls,
    describe_tls_error,
    dial,
)
from genesys_core.transport.happy_eyeballs import Address
from genesys_core.transport.origins import Origin
from genesys_core.transport.proxies import Proxy
from genesys_core.transport.routes import Route

NOW = Now(100.0, 1_700_000_000.0)
ORIGINS = [Origin("http", "origin.example", 80), Origin("https", "origin.example", 8443)]
PROXIES = [
    None,
    *(
        Proxy("proxy.example", 3128, scheme, b"opensesame", b"opensesame")
        for scheme in ("http", "https", "socks5", "socks5h")
    ),
]
ADDRESS = Address("192.0.2.1", 1)
LOCAL, PEER = ("192.0.2.9", 5), ("192.0.2.1", 1)
OK, NO = b"HTTP/1.1 200 OK\r\n\r\n", b"HTTP/1.1 407 opensesame\r\nX: opensesame\r\n\r\n"


def route_of(origin, proxy, *, tunnel=None):
    http = proxy is not None and not proxy.is_socks
    return Route(origin, proxy, http and origin.scheme == "https" if tunnel is None else tunnel)


def begin(route, timeout=10.0, expires=None):
    return dial(route, timeout=timeout, expires=expires, now=NOW)


SUCCESS = {
    ResolvingHost: lambda state: state.resolved([ADDRESS], now=NOW),
    OpeningSockets: lambda state: state.connected(LOCAL, PEER),
    ConnectingThroughSocks: lambda state: state.connected(),
    StartingTls: lambda state: state.started("http/1.1"),
    SendingConnect: lambda state: state.written(),
    ReceivingConnect: lambda state: state.received(OK),
    Dialed: lambda state: None,
}


def advance(state):
    """One step further, all being well."""
    return SUCCESS[type(state)](state)


def way(route):
    """The states of a dial that succeeds."""
    state, states = begin(route), []
    while state is not None:
        states.append(state)
        state = advance(state)
    return states


def at_step(route, count):
    """The state after so many steps that went well."""
    state = begin(route)
    for _ in range(count):
        state = advance(state)
    return state


def names(route):
    return [
        f"Tls:{state.at}" if isinstance(state, StartingTls) else type(state).__name__
        for state in way(route)
    ]


@pytest.mark.parametrize(
    ("route", "expected"),
    [
        (route_of(ORIGINS[0], None), "ResolvingHost OpeningSockets Dialed"),
        (route_of(ORIGINS[1], None), "ResolvingHost OpeningSockets Tls:origin Dialed"),
        (route_of(ORIGINS[0], PROXIES[1]), "ResolvingHost OpeningSockets Dialed"),
        (
            route_of(ORIGINS[0], PROXIES[1], tunnel=True),
            "ResolvingHost OpeningSockets SendingConnect ReceivingConnect Dialed",
        ),
        (
            route_of(ORIGINS[1], PROXIES[1]),
            "ResolvingHost OpeningSockets SendingConnect ReceivingConnect Tls:origin Dialed",
        ),
        (route_of(ORIGINS[0], PROXIES[2]), "ResolvingHost OpeningSockets Tls:proxy Dialed"),
        (
            route_of(ORIGINS[1], PROXIES[2]),
            "ResolvingHost OpeningSockets Tls:proxy SendingConnect ReceivingConnect Tls:origin Dialed",
        ),
        (route_of(ORIGINS[0], PROXIES[3]), "ConnectingThroughSocks Dialed"),
        (route_of(ORIGINS[1], PROXIES[4]), "ConnectingThroughSocks Tls:origin Dialed"),
    ],
)
def test_the_steps_of_each_way(route, expected):
    assert " ".join(names(route)) == expected
    assert way(route)[-1] == Dialed(route)


EVERY_ROUTE = [route_of(origin, proxy) for origin in ORIGINS for proxy in PROXIES]


def failures_of(state):
    """Every way in which a state can fail, with the kind that is to be told where no proxy is to blame."""
    yield state.failed("it broke"), None
    yield state.timed_out(), "timeout"
    match state:
        case ResolvingHost():
            yield state.resolved([], now=NOW), None
        case OpeningSockets():
            yield state.connected(LOCAL, LOCAL), None
            race = state.race.failed(ADDRESS, "refused", now=NOW)
            yield state.lost(race), None
        case StartingTls():
            yield state.started("h2"), "protocol"
        case ReceivingConnect():
            yield state.received(b""), None
        case _:
            pass


@pytest.mark.parametrize("route", EVERY_ROUTE, ids=repr)
def test_every_failure_says_where_and_that_nothing_was_sent(route):
    for count in range(len(way(route)) - 1):
        state = at_step(route, count)
        for failed, kind in failures_of(state):
            assert isinstance(failed, DialFailed)
            failure = failed.failure
            assert isinstance(failure, TransportFailure)
            assert failure.sent is False
            assert route.origin.address in failure.message
            if route.proxy is not None:
                assert "the proxy proxy.example:3128" in failure.message
            assert "opensesame" not in failure.message
            inner = isinstance(state, StartingTls) and state.at == "origin"
            blamed = "tls" if inner else "connect" if route.proxy is None else "proxy"
            assert failure.kind == (kind or blamed), failure.message


def test_a_socks_proxy_is_given_the_origin():
    state = begin(route_of(ORIGINS[1], PROXIES[4]))
    assert isinstance(state, ConnectingThroughSocks)
    assert (state.proxy, state.host, state.port) == (PROXIES[4], "origin.example", 8443)


def test_a_failure_reads_well():
    state = begin(route_of(ORIGINS[1], None))
    assert state.failed("Name or service not known").failure.message == (
        "resolving the name of origin.example:8443 failed: Name or service not known"
    )
    state = begin(route_of(ORIGINS[1], PROXIES[1]))
    assert state.timed_out().failure.message == (
        "resolving the name of the proxy proxy.example:3128 (to reach origin.example:8443) "
        "failed: timed out after 10 s"
    )
    tls = way(route_of(ORIGINS[1], PROXIES[1]))[-2]
    assert tls.failed("certificate verification failed").failure.message == (
        "the TLS handshake with origin.example:8443 (through the proxy proxy.example:3128) failed: "
        "certificate verification failed"
    )


def test_a_refused_tunnel_says_so_and_why():
    state = at_step(route_of(ORIGINS[1], PROXIES[1]), 3)
    assert state.received(b"HTTP/1.1 ") is state
    failure = state.received(NO[9:]).failure
    assert failure.kind == "proxy"
    assert failure.message == (
        "requesting a tunnel from the proxy proxy.example:3128 (to reach origin.example:8443) "
        "failed: it refused the tunnel: proxy authentication failed (407)"
    )


def test_bytes_that_come_through_a_tunnel_before_anything_was_asked_break_it():
    state = at_step(route_of(ORIGINS[1], PROXIES[1]), 3)
    failed = state.received(OK + b"HTTP/1.1 200 OK\r\n\r\n")
    assert isinstance(failed, DialFailed)
    assert failed.failure.kind == "proxy"


def test_every_address_that_failed_is_named():
    state = begin(route_of(ORIGINS[0], None)).resolved(
        [ADDRESS, Address("::1", 80, is_ipv6=True)], now=NOW
    )
    assert isinstance(state, OpeningSockets)
    race = state.race
    assert race.trying[0].host == "::1"
    race = race.failed(race.trying[0], "unreachable", now=NOW)
    race = race.failed(race.trying[0], "refused", now=NOW)
    assert state.lost(race).failure.message == (
        "connecting to origin.example:80 failed: ::1: unreachable; 192.0.2.1: refused"
    )


# --- literals and names -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("192.0.2.7", Address("192.0.2.7", 443)),
        ("2001:db8::1", Address("2001:db8::1", 443, is_ipv6=True)),
    ],
)
def test_an_address_needs_no_resolver(host, address):
    state = begin(Route(Origin("https", host, 443)))
    assert isinstance(state, OpeningSockets)
    assert state.addresses == (address,)
    assert state.race.starting == (address,)


def test_the_system_knows_the_number_of_a_zone():
    state = begin(Route(Origin("https", "fe80::1%eth0", 443)))
    assert isinstance(state, ResolvingHost)
    assert (state.host, state.port, state.is_literal) == ("fe80::1%eth0", 443, True)
    address = Address("fe80::1", 443, is_ipv6=True, scope=2)
    tls = state.resolved([address], now=NOW).connected(LOCAL, PEER)
    assert tls.server_name == "fe80::1"


def test_a_name_is_resolved():
    state = begin(Route(Origin("https", "h", 443)))
    assert isinstance(state, ResolvingHost)
    assert (state.host, state.port, state.is_literal) == ("h", 443, False)


# --- TLS --------------------------------------------------------------------------------------


def tls_states(route):
    return [state for state in way(route) if isinstance(state, StartingTls)]


def test_each_layer_of_tls_has_its_own_name_and_session():
    proxy_tls, origin_tls = tls_states(route_of(ORIGINS[1], PROXIES[2]))
    assert (proxy_tls.server_name, origin_tls.server_name) == ("proxy.example", "origin.example")
    (direct,) = tls_states(route_of(ORIGINS[1], None))
    (tunnelled,) = tls_states(route_of(ORIGINS[1], PROXIES[1]))
    keys = {state.session_key for state in (proxy_tls, origin_tls, direct, tunnelled)}
    assert len(keys) == 4
    assert direct.session_key == tls_states(route_of(ORIGINS[1], None))[0].session_key


def test_a_peer_need_not_choose_a_protocol():
    assert tls_states(route_of(ORIGINS[1], None))[0].started(None) == Dialed(
        route_of(ORIGINS[1], None)
    )


@pytest.mark.parametrize(
    ("reason", "verify", "words"),
    [
        (
            "CERTIFICATE_VERIFY_FAILED",
            "self-signed certificate",
            "verification failed: self-signed certificate",
        ),
        ("WRONG_VERSION_NUMBER", None, "does not use TLS"),
        ("RECORD_LAYER_FAILURE", None, "does not use TLS"),
        ("NO_SHARED_CIPHER", None, "no shared cipher"),
        (None, None, "aborted the handshake"),
    ],
)
def test_tls_errors_read_well(reason, verify, words):
    assert words in describe_tls_error(reason, verify)


# --- time -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("timeout", "expires", "until", "words"),
    [
        (10.0, None, 110.0, "timed out after 10 s"),
        (10.0, 200.0, 110.0, "timed out after 10 s"),
        (10.0, 110.0, 110.0, "timed out after 10 s"),
        (10.0, 105.0, 105.0, "the call's deadline passed"),
        (None, 105.0, 105.0, "the call's deadline passed"),
        (None, None, None, "the call's deadline passed"),
    ],
)
def test_one_moment_ends_all_steps(timeout, expires, until, words):
    state = begin(route_of(ORIGINS[1], PROXIES[2]), timeout, expires)
    while not isinstance(state, Dialed):
        assert state.until == until
        assert words in state.timed_out().failure.message
        state = advance(state)


def test_what_is_sent_to_the_proxy_says_nothing_of_a_request():
    state = way(route_of(ORIGINS[1], PROXIES[1]))[2]
    assert state.data.startswith(
        b"CONNECT origin.example:8443 HTTP/1.1\r\nHost: origin.example:8443\r\n"
    )
