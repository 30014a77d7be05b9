import base64

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
from tests.helpers.websocket_frames import TEXT, URL, CountingBytes, accept_of, accepting, frame


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
    assert (failed.kind, failed.status) == ("handshake", status)
    assert failed.headers["location"] == "https://b.example/"


def test_a_refusal_is_reported_before_its_body():
    ws = connect()
    ws.data_to_send()
    (failed,) = ws.receive_data(b"HTTP/1.1 404 No\r\nContent-Length: 1000\r\n\r\n")
    assert failed.status == 404
    assert ws.over


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"Upgrade: websocket", b"Upgrade: h2c"),
        (b"Upgrade: websocket", b"X: y"),
        (b"Connection: Upgrade", b"Connection: close"),
        (b"Accept: ", b"Accept: x"),
        (b"Sec-WebSocket-Accept: ", b"X: "),
        (b"\r\n\r\n", b"\r\nSec-WebSocket-Protocol: unasked\r\n\r\n"),
    ],
)
def test_handshakes_that_are_not_valid_are_refused(old, new):
    (failed,) = every_way(lambda request: accepting(request).replace(old, new))
    assert (failed.kind, failed.status) == ("handshake", 101)


def test_an_accept_given_twice_is_refused():
    def response(request):
        return accepting(request, b"Sec-WebSocket-Accept: " + accept_of(request))

    assert isinstance(every_way(response)[0], Failed)


def test_tokens_are_compared_without_case():
    def response(request):
        upper = accepting(request).replace(b"Upgrade: websocket", b"upgrade: WebSocket")
        return upper.replace(b"Connection: Upgrade", b"connection: keep-alive, UPGRADE")

    assert isinstance(every_way(response)[0], HandshakeDone)


@pytest.mark.parametrize(
    "data",
    [b"", b"HTTP/1.1 101 Sw", b"SSH-2.0-OpenSSH\r\n\r\n", b"\x16\x03\x01\r\n\r\n", b"\x00" * 70000],
)
def test_servers_that_do_not_speak_http(data):
    ws = connect()
    ws.data_to_send()
    failed = [*ws.receive_data(data), *ws.receive_eof()][0]
    assert (failed.kind, failed.status) == ("handshake", None)


def test_a_path_must_be_encoded_already():
    with pytest.raises(
        InvalidValueError, match="characters that must be percent-encoded"
    ) as caught:
        WebSocketAddress.parse("wss://a.example/secret?x=\u00fc")
    assert "secret" not in str(caught.value)
