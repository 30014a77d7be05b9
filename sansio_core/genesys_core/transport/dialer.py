"""The dialer: the steps to open a connection to an origin.

A state is an immutable value that *is* the step to perform; its methods are the possible outcomes
of the step, and each returns the next state::

    dial                             -> ResolvingHost | OpeningSockets | ConnectingThroughSocks
    ResolvingHost.resolved           -> OpeningSockets
    OpeningSockets.connected         -> StartingTls | SendingConnect | Dialed
    ConnectingThroughSocks.connected -> StartingTls | Dialed
    StartingTls.started              -> SendingConnect | Dialed
    SendingConnect.written           -> ReceivingConnect
    ReceivingConnect.received        -> ReceivingConnect | StartingTls | Dialed

Any of these steps may end in :class:`DialFailed`.

Invariants: one timeout covers resolving, all addresses, the proxy and TLS together. No part of a
request was sent, so failures have ``sent=False``. The message contains the host, port, proxy and
phase, but no credentials and no data from the peer. The kind is ``proxy`` if the proxy failed,
``tls`` for the origin's certificate or handshake, ``protocol`` if the peer selects a protocol other
than HTTP/1.1 with ALPN, ``timeout`` for any timeout, otherwise ``connect``. The first address that
accepts the connection is used; if TLS then fails, no other address is tried.

A driver (here with sockets) handles each state until it is :class:`Dialed` or :class:`DialFailed`,
and closes everything that it opened if the last state is not :class:`Dialed`, or if it is
interrupted::

    state = dial(route, timeout=request.timeout.connect, expires=request.expires, now=read_clocks())
    while True:
        try:
            match state:
                case ResolvingHost(host=host, port=port, is_literal=literal):
                    addresses = resolve(host, port, literal, state.until)
                    state = state.resolved(addresses, now=read_clocks())
                case OpeningSockets():
                    sock = race(state.race, state.until)      # see `happy_eyeballs.Race`
                    state = state.connected(sock.getsockname()[:2], sock.getpeername()[:2])
                case ConnectingThroughSocks(proxy=proxy):
                    sock = socks_library.connect(proxy, state.host, state.port, state.until)
                    state = state.connected()
                case StartingTls(server_name=name):
                    session = sessions.get(state.session_key)
                    sock = wrap(sock, name, alpn=["http/1.1"], session=session)
                    state = state.started(sock.selected_alpn_protocol())
                case SendingConnect(data=data):
                    sock.sendall(data)
                    state = state.written()
                case ReceivingConnect():
                    state = state.received(sock.recv(65536))
                case Dialed():
                    return sock
                case DialFailed(failure=failure):
                    raise failure
        except TimeoutError:
            state = state.timed_out()
        except ssl.SSLError as error:
            state = state.failed(describe_tls_error(error.reason, verify_message(error)))
        except OSError as error:
            state = state.failed(error.strerror)

If both the proxy and the origin use TLS, the origin's TLS runs inside the proxy's. ``session_key``
identifies which TLS session may be resumed (in addition to the TLS context and the client's
certificate, which the driver knows).
"""

from collections.abc import Hashable, Iterable
from typing import ClassVar, Final, Literal, TypeAlias

from msgspec import Struct

from genesys_core.clock import Now
from genesys_core.http.messages import FailureKind, TransportFailure
from genesys_core.transport.happy_eyeballs import Address, Race
from genesys_core.transport.origins import Origin, parse_ip
from genesys_core.transport.proxies import Proxy
from genesys_core.transport.routes import Route
from genesys_core.transport.tunnel import Tunnel, TunnelRefused

__all__ = [
    "ALPN",
    "ConnectingThroughSocks",
    "DialFailed",
    "DialState",
    "DialStep",
    "Dialed",
    "OpeningSockets",
    "ReceivingConnect",
    "ResolvingHost",
    "SendingConnect",
    "StartingTls",
    "describe_tls_error",
    "dial",
]

ALPN: Final = "http/1.1"
"""The only protocol to offer with ALPN (RFC 7301)."""

Layer: TypeAlias = Literal["proxy", "origin"]


class _Plan(Struct, frozen=True):
    """The parameters of one dial.

    Attributes:
        route: the origin and the proxy, if any.
        until: when dialing times out, on the monotonic clock; ``None`` for never.
        limit: the description of the timeout for an error message.
    """

    route: Route
    until: float | None
    limit: str

    @property
    def proxy(self) -> Proxy | None:
        return self.route.proxy

    @property
    def origin(self) -> Origin:
        return self.route.origin

    def shown(self, layer: Layer) -> str:
        """Describe the peer of a step, proxy or origin, for an error message."""
        if self.proxy is None:
            return self.origin.address
        if layer == "origin":
            return f"{self.origin.address} (through the proxy {self.proxy.address})"
        return f"the proxy {self.proxy.address} (to reach {self.origin.address})"


def dial(route: Route, *, timeout: float | None, expires: float | None, now: Now) -> "DialState":
    """Start dialing a connection.

    Args:
        route: the origin and the proxy, if any.
        timeout: seconds for all steps together; ``None`` for no timeout.
        expires: the call's deadline on the monotonic clock; ``None`` for no deadline.
        now: the current time.
    """
    # The earlier of the two, so that the failure names the one that applied.
    until, limit = expires, "the call's deadline passed"
    if timeout is not None and (expires is None or now.monotonic + timeout <= expires):
        until, limit = now.monotonic + timeout, f"timed out after {timeout:g} s"
    plan = _Plan(route, until, limit)
    proxy = route.proxy
    if proxy is not None and proxy.is_socks:
        return ConnectingThroughSocks(plan, proxy)
    host, port = (proxy.host, proxy.port) if proxy else (route.origin.host, route.origin.port)
    ip = parse_ip(host)
    if ip is not None and "%" not in host:
        address = Address(host, port, is_ipv6=":" in host)
        return OpeningSockets(plan, (address,), now)
    # The number of a zone such as %eth0 is known only to the operating system.
    return ResolvingHost(plan, host, port, is_literal=ip is not None)


class _Step(Struct, frozen=True):
    """Base class of the steps."""

    plan: _Plan

    phase: ClassVar[str]
    layer: ClassVar[Layer]
    kind: ClassVar[FailureKind] = "connect"
    """The kind of failure that is reported if the step's peer is the origin and not a proxy."""

    @property
    def until(self) -> float | None:
        """The monotonic time at which dialing times out; ``None`` for no timeout."""
        return self.plan.until

    def failed(self, reason: str) -> "DialFailed":
        """Report that the step failed.

        Args:
            reason: the operating system's message, such as ``Connection refused``.
        """
        return self._failure(reason, self._blamed)

    def timed_out(self) -> "DialFailed":
        """Report that the step timed out: :attr:`until` has passed."""
        return self._failure(self.plan.limit, "timeout")

    @property
    def _layer(self) -> Layer:
        return "origin" if self.plan.proxy is None else self.layer

    @property
    def _blamed(self) -> FailureKind:
        return "proxy" if self._layer == "proxy" else self.kind

    def _failure(self, reason: str, kind: FailureKind) -> "DialFailed":
        words = f"{self.phase.format(self.plan.shown(self._layer))} failed: {reason}"
        return DialFailed(TransportFailure(words, kind=kind, sent=False))


class ResolvingHost(_Step, frozen=True):
    """The step of resolving a host name.

    Attributes:
        host: the host name.
        port: the port for the resulting addresses.
        is_literal: whether the host is an IP address with a zone. The system parses such an address
            (``AI_NUMERICHOST``) without querying a resolver.
    """

    host: str
    port: int
    is_literal: bool

    phase = "resolving the name of {}"
    layer = "proxy"

    def resolved(self, addresses: Iterable[Address], *, now: Now) -> "OpeningSockets | DialFailed":
        """Report the addresses that the resolver returned."""
        found = tuple(addresses)
        if not found:
            return self.failed("the host name resolved to no addresses")
        return OpeningSockets(self.plan, found, now)


class OpeningSockets(_Step, frozen=True):
    """The step of connecting to the first address that accepts; the driver runs :attr:`race`.

    Attributes:
        addresses: the addresses in the resolver's order.
        began: when this step began.
    """

    addresses: tuple[Address, ...]
    began: Now

    phase = "connecting to {}"
    layer = "proxy"

    @property
    def race(self) -> Race:
        """The connection attempts that the driver must make."""
        return Race.start(self.addresses, now=self.began)

    def lost(self, race: Race) -> "DialFailed":
        """Report that the connection attempts to all addresses failed."""
        alone = len(race.failures) == 1
        reasons = (
            reason if alone else f"{address.host}: {reason}" for address, reason in race.failures
        )
        return self.failed("; ".join(reasons))

    def connected(
        self, local: tuple[object, ...], peer: tuple[object, ...]
    ) -> "StartingTls | SendingConnect | Dialed | DialFailed":
        """Report that a socket is connected to one of the addresses.

        Args:
            local: host and port of the socket's local end.
            peer: host and port of the socket's remote end.
        """
        if local == peer:
            # TCP simultaneous open: nothing listens, and the system chose this local port.
            return self.failed("Connection refused (the socket connected to itself)")
        if self.plan.proxy is None:
            return _behind_proxy(self.plan)
        if self.plan.proxy.scheme == "https":
            return _start_tls(self.plan, "proxy", self.plan.proxy.host)
        return _after_proxy(self.plan)


class ConnectingThroughSocks(_Step, frozen=True):
    """The step of connecting to the origin through a SOCKS proxy.

    Attributes:
        proxy: the SOCKS proxy; with ``socks5`` the driver resolves the origin's name, with
            ``socks5h`` the proxy does.
    """

    proxy: Proxy

    phase = "connecting with SOCKS through {}"
    layer = "proxy"

    @property
    def host(self) -> str:
        """The origin's host."""
        return self.plan.origin.host

    @property
    def port(self) -> int:
        """The origin's port."""
        return self.plan.origin.port

    def connected(self) -> "StartingTls | Dialed":
        """Report that the proxy has connected to the origin."""
        return _behind_proxy(self.plan)


class StartingTls(_Step, frozen=True):
    """The step of performing the TLS handshake on the connection.

    Attributes:
        server_name: the name to verify, and to send (SNI) unless it is an address.
        at: the peer of the handshake, proxy or origin; TLS to the origin is inside TLS to the
            proxy, if any.
    """

    server_name: str
    at: Layer

    phase = "the TLS handshake with {}"
    layer = "proxy"
    kind = "tls"

    @property
    def session_key(self) -> Hashable:
        """Key of the TLS sessions that may be resumed: sessions with the same peer and route."""
        return self.at, self.plan.route

    @property
    def _layer(self) -> Layer:
        return self.at

    def started(self, alpn: str | None) -> "SendingConnect | Dialed | DialFailed":
        """Report that the TLS handshake succeeded.

        Args:
            alpn: the protocol that the peer selected with ALPN; ``None`` if it selected none.
        """
        # RFC 7301 section 3.2: a server selects one of the offered protocols, or ignores ALPN.
        if alpn not in {None, ALPN}:
            return self._failure("the peer selected a protocol other than HTTP/1.1", "protocol")
        return _after_proxy(self.plan) if self.at == "proxy" else Dialed(self.plan.route)


class SendingConnect(_Step, frozen=True):
    """The step of sending the CONNECT request to the proxy.

    Attributes:
        tunnel: the exchange with the proxy.
    """

    tunnel: Tunnel

    phase = "requesting a tunnel from {}"
    layer = "proxy"

    @property
    def data(self) -> bytes:
        """The bytes of the CONNECT request to send."""
        return self.tunnel.request

    def written(self) -> "ReceivingConnect":
        """Report that the CONNECT request was sent."""
        return ReceivingConnect(self.plan, self.tunnel)


class ReceivingConnect(_Step, frozen=True):
    """The step of reading the proxy's response to CONNECT.

    Attributes:
        tunnel: the exchange with the proxy, with the bytes received so far.
    """

    tunnel: Tunnel

    phase = "requesting a tunnel from {}"
    layer = "proxy"

    def received(self, data: bytes) -> "ReceivingConnect | StartingTls | Dialed | DialFailed":
        """Process data from the proxy; ``b""`` means that the proxy closed the connection."""
        outcome = self.tunnel.receive(data)
        if outcome is None:
            return self
        if isinstance(outcome, TunnelRefused):
            return self.failed(f"it {outcome.reason}")
        if outcome:
            # RFC 9112 section 6.3: the bytes belong to the tunnel, in which the client sends first.
            return self.failed("the proxy sent unsolicited bytes through the tunnel")
        return _behind_proxy(self.plan)


class Dialed(Struct, frozen=True):
    """The final state: the connection is open.

    Attributes:
        route: the origin and the proxy, if any.
    """

    route: Route


class DialFailed(Struct, frozen=True):
    """The final state: the connection could not be established.

    Attributes:
        failure: the failure to raise; its ``sent`` is false.
    """

    failure: TransportFailure


DialStep: TypeAlias = (
    ResolvingHost
    | OpeningSockets
    | ConnectingThroughSocks
    | StartingTls
    | SendingConnect
    | ReceivingConnect
)
"""The dialing states that require the driver to perform a step."""

DialState: TypeAlias = DialStep | Dialed | DialFailed


def _after_proxy(plan: _Plan) -> SendingConnect | Dialed:
    """Return the step that follows the connection to the proxy."""
    if plan.route.is_tunnel and plan.proxy is not None:
        return SendingConnect(plan, Tunnel(plan.origin.address, plan.proxy))
    return Dialed(plan.route)


def _behind_proxy(plan: _Plan) -> StartingTls | Dialed:
    """Return the step after a connection to the origin, direct or through a proxy, is open."""
    origin = plan.origin
    return (
        _start_tls(plan, "origin", origin.host) if origin.scheme == "https" else Dialed(plan.route)
    )


def _start_tls(plan: _Plan, at: Layer, host: str) -> StartingTls:
    # A certificate names an address without its zone.
    return StartingTls(plan, host.partition("%")[0], at)


# OpenSSL's reasons (ssl.SSLError.reason) that users would not understand.
_TLS_REASONS: Final = {
    "WRONG_VERSION_NUMBER": "the peer does not use TLS; the port may be for plain HTTP",
    "HTTP_REQUEST": "the peer does not use TLS; the port may be for plain HTTP",
    "RECORD_LAYER_FAILURE": "the peer does not use TLS; the port may be for plain HTTP",
    "UNEXPECTED_EOF_WHILE_READING": "the peer closed the connection during the handshake",
    "UNSUPPORTED_PROTOCOL": "the peer supports no secure TLS version (1.2 or later)",
    "TLSV1_ALERT_PROTOCOL_VERSION": "the peer supports no secure TLS version (1.2 or later)",
    "TLSV13_ALERT_CERTIFICATE_REQUIRED": "the peer requires a client certificate (cert=)",
}


def describe_tls_error(reason: str | None, verify_message: str | None = None) -> str:
    """Describe a TLS error for an error message.

    Args:
        reason: OpenSSL's reason, such as ``CERTIFICATE_VERIFY_FAILED``.
        verify_message: why the certificate was not accepted, such as ``certificate has expired``.
    """
    if verify_message:
        return f"certificate verification failed: {verify_message}"
    if not reason:
        return "the peer aborted the handshake"
    return _TLS_REASONS.get(reason, reason.lower().replace("_", " "))
