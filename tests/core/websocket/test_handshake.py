import base64
import hashlib

import pytest

from genesys_core.errors import InvalidValueError
from genesys_core.transport import Origin
from genesys_core.websocket import (
    Failed,
    HandshakeDone,
    Text,
    WebSocket,
    WebSocketAddress,
)
from genesys_core.websocket.handshake import Accepted, Upgrade
from genesys_core.websocket.permessage_deflate import Deflate
from tests.helpers.websocket_frames import (
    DEFLATE,
    TEXT,
    URL,
    CountingBytes,
    accept_of,
    accepting,
    frame,
)


def connect(url=URL, **options):
    return WebSocket.connect(url, random_bytes=CountingBytes(), **options)


def fields(request: bytes) -> dict[str, str]:
    lines = request.decode().split("\r\n")[1:]
    return dict(line.split(": ", 1) for line in lines if line)


def every_way(response, **options):
    """The events of a response fed whole and byte by byte, which must be the same."""
    whole, bytewise = connect(**options), connect(**options)
    data = response(whole.data_to_send()) if callable(response) else response
    bytewise.data_to_send()
    events = [*whole.receive_data(data), *whole.receive_eof()]
    singly = [event for byte in data for event in bytewise.receive_data(bytes((byte,)))]
    assert [*singly, *bytewise.receive_eof()] == events
    return events


# Addresses


def address(host, port, scheme, target):
    return WebSocketAddress(Origin(scheme, host, port), target)


@pytest.mark.parametrize(
    ("url", "found", "authority"),
    [
        ("ws://a.example/x?y=z", address("a.example", 80, "http", "/x?y=z"), "a.example"),
        ("wss://A.example", address("a.example", 443, "https", "/"), "a.example"),
        ("wss://a.example:80/", address("a.example", 80, "https", "/"), "a.example:80"),
        ("ws://[::1]:9/", address("::1", 9, "http", "/"), "[::1]:9"),
        ("ws://bücher.example/", address("xn--bcher-kva.example", 80, "http", "/"), None),
        (" ws://a.example?q ", address("a.example", 80, "http", "/?q"), "a.example"),
    ],
)
def test_addresses(url, found, authority):
    assert WebSocketAddress.parse(url) == found
    assert authority is None or found.authority == authority


@pytest.mark.parametrize(
    "url",
    [
        "",
        "streaming.example.com",
        "http://a.example/secret",
        "ws:///secret",
        "ws://a.example/secret#fragment",
        "ws://user:secret@a.example/",
        "ws://a.example:99999/secret",
        "ws://a.example:0/secret",
        "ws://[::1/secret",
        "ws://a b/secret",
        "ws://a..b/secret",
        "ws://a.example/secret päth",
        "ws://a.example/secret\x00",
    ],
)
def test_addresses_that_are_refused_without_being_shown(url):
    with pytest.raises(InvalidValueError) as caught:
        connect(url)
    assert "secret" not in str(caught.value)


def test_neither_channel_nor_credentials_are_shown():
    ws = connect("wss://a.example/channels/secret")
    assert "secret" not in repr(ws)
    assert "secret" not in repr(WebSocketAddress.parse("wss://a.example/channels/secret"))


# The handshake


def test_the_request():
    ws = connect("wss://a.example:444/x?y", headers={"User-Agent": "me"}, subprotocols=["p", "q"])
    request = ws.data_to_send()
    assert request.startswith(b"GET /x?y HTTP/1.1\r\n")
    assert ws.data_to_send() == b""
    key = base64.b64encode(CountingBytes()(16)).decode()
    assert fields(request) == {
        "Host": "a.example:444",
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Key": key,
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Protocol": "p, q",
        "Sec-WebSocket-Extensions": "permessage-deflate; client_max_window_bits",
        "User-Agent": "me",
    }


@pytest.mark.parametrize(
    "headers",
    [
        {"Upgrade": "x"},
        {"Host": "x"},
        {"sec-websocket-key": "x"},
        {"X": "secret\r\nInjected: 1"},
        {"X": "secret\x01"},
        {"bad name": "secret"},
    ],
)
def test_headers_that_are_refused_without_their_values_being_shown(headers):
    with pytest.raises(InvalidValueError) as caught:
        connect(headers=headers)
    assert "secret" not in str(caught.value)


def test_a_subprotocol_cannot_add_a_header():
    with pytest.raises(InvalidValueError) as caught:
        connect(subprotocols=["secret\r\nInjected: 1"])
    assert "secret" not in str(caught.value)


def test_the_first_frames_may_come_with_the_response():
    events = every_way(lambda request: accepting(request) + frame(TEXT, b"first"))
    assert isinstance(events[0], HandshakeDone)
    assert events[1] == Text("first")


def test_what_the_server_chose_is_reported():
    def response(request):
        return accepting(request, b"Sec-WebSocket-Protocol: p", b"X-Server: s")

    done = every_way(response, subprotocols=["p", "q"])[0]
    assert (done.subprotocol, done.extensions, done.headers["x-server"]) == ("p", (), "s")


def test_informational_responses_are_passed_over():
    def response(request):
        early = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
        return early + accepting(request)

    assert isinstance(every_way(response)[0], HandshakeDone)


@pytest.mark.parametrize("status", [200, 301, 302, 307, 400, 401, 403, 404, 410, 426, 500, 503])
def test_refusals_are_reported_with_status_and_headers(status):
    response = (
        b"HTTP/1.1 %d No\r\nLocation: https://b.example/\r\nContent-Length: 3\r\n\r\nno!" % status
    )
    (failed,) = every_way(response)
    message = f"the server rejected the WebSocket handshake (status {status})"
    assert failed == Failed("handshake", message, status=status, headers=failed.headers, code=1006)
    assert failed.headers["location"] == "https://b.example/"


def test_a_refusal_is_reported_before_its_body():
    ws = connect()
    ws.data_to_send()
    (failed,) = ws.receive_data(b"HTTP/1.1 404 No\r\nContent-Length: 1000\r\n\r\n")
    assert failed.status == 404
    assert ws.over


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        (b"Upgrade: websocket", b"Upgrade: h2c", "no 'Upgrade: websocket'"),
        (b"Upgrade: websocket", b"X: y", "no 'Upgrade: websocket'"),
        (b"Connection: Upgrade", b"Connection: close", "no 'Connection: Upgrade'"),
        (b"Accept: ", b"Accept: x", "a wrong Sec-WebSocket-Accept"),
        (b"Sec-WebSocket-Accept: ", b"X: ", "a wrong Sec-WebSocket-Accept"),
        (
            b"\r\n\r\n",
            b"\r\nSec-WebSocket-Protocol: unasked\r\n\r\n",
            "a subprotocol that was not offered",
        ),
    ],
)
def test_handshakes_that_are_not_valid_are_refused(old, new, problem):
    (failed,) = every_way(lambda request: accepting(request).replace(old, new))
    assert (failed.kind, failed.status, failed.code) == ("handshake", 101, 1006)
    assert failed.message == f"the server's handshake is invalid: {problem} (status 101)"


def test_an_accept_given_twice_is_refused():
    def response(request):
        return accepting(request, b"Sec-WebSocket-Accept: " + accept_of(request))

    assert isinstance(every_way(response)[0], Failed)


def test_tokens_are_compared_without_case():
    def response(request):
        upper = accepting(request).replace(b"Upgrade: websocket", b"upgrade: WebSocket")
        return upper.replace(b"Connection: Upgrade", b"connection: keep-alive, UPGRADE")

    assert isinstance(every_way(response)[0], HandshakeDone)


def outcome(compression, *extra):
    """What comes of a handshake that the server accepts with these headers."""
    address = WebSocketAddress.parse(URL)
    upgrade = Upgrade(
        address, nonce=bytes(16), headers=(), subprotocols=(), compression=compression
    )
    return upgrade.receive(accepting(upgrade.request, *extra))


@pytest.mark.parametrize(
    ("compression", "extra", "deflate"),
    [
        (False, (), None),
        (True, (), None),
        (True, (DEFLATE + b"; server_no_context_takeover",), Deflate(15, True, False)),
    ],
)
def test_compression_that_was_offered_may_be_agreed(compression, extra, deflate):
    accepted = outcome(compression, *extra)
    assert isinstance(accepted, Accepted)
    assert accepted.deflate == deflate


@pytest.mark.parametrize(
    ("compression", "extension", "problem"),
    [
        (False, b"permessage-deflate", "an extension that was not offered"),
        (True, b"permessage-bzip2", "an extension that was not offered"),
        (
            True,
            b"permessage-deflate; client_max_window_bits=7",
            "window bits outside the range 8 to 15",
        ),
    ],
)
def test_compression_that_was_not_offered_is_refused(compression, extension, problem):
    failed = outcome(compression, b"Sec-WebSocket-Extensions: " + extension)
    assert isinstance(failed, Failed)
    assert failed.message == f"the server's handshake is invalid: {problem} (status 101)"


def test_the_digest_is_declared_to_protect_nothing(monkeypatch):
    """FIPS builds of OpenSSL refuse SHA-1 otherwise."""
    sha1 = hashlib.sha1

    def only_without_security(data, *, usedforsecurity=True):
        if usedforsecurity:
            raise ValueError("disabled for FIPS")
        return sha1(data, usedforsecurity=False)

    address = WebSocketAddress.parse(URL)
    upgrade = Upgrade(address, nonce=bytes(16), headers=(), subprotocols=(), compression=False)
    response = accepting(upgrade.request)
    monkeypatch.setattr(hashlib, "sha1", only_without_security)
    assert isinstance(upgrade.receive(response), Accepted)


FOREIGN = "the server's response is not HTTP/1.1"
ENDED = "the connection closed before the server's response was complete"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", ENDED),
        (b"HTTP/1.1 101 Sw", ENDED),
        (b"SSH-2.0-OpenSSH\r\n\r\n", FOREIGN),
        (b"\x16\x03\x01\r\n\r\n", FOREIGN),
        (b"\x00" * 70000, FOREIGN),
    ],
)
def test_servers_that_do_not_speak_http(data, message):
    ws = connect()
    ws.data_to_send()
    failed = [*ws.receive_data(data), *ws.receive_eof()][0]
    assert failed == Failed("handshake", message, code=1006)


@pytest.mark.parametrize("early", [b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 3])
@pytest.mark.parametrize(("size", "is_accepted"), [(65536, True), (65537, False)])
@pytest.mark.parametrize("read", [1 << 20, 65535, 40_000])
def test_a_response_has_64_kibibytes_at_most_however_it_arrives(early, size, is_accepted, read):
    ws = connect()
    head = early + accepting(ws.data_to_send(), b"X: ")
    data = head.replace(b"X: ", b"X: " + b"x" * (size - len(head))) + frame(TEXT, b"first")
    events = [
        event for at in range(0, len(data), read) for event in ws.receive_data(data[at : at + read])
    ]
    if is_accepted:
        assert isinstance(events[0], HandshakeDone)
        assert events[1:] == [Text("first")]
    else:
        assert events == [Failed("handshake", FOREIGN, code=1006)]


def test_a_path_must_be_encoded_already():
    with pytest.raises(
        InvalidValueError, match="characters that must be percent-encoded"
    ) as caught:
        WebSocketAddress.parse("wss://a.example/secret?x=\u00fc")
    assert "secret" not in str(caught.value)
