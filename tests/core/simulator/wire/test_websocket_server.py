"""The server's side of a WebSocket, against the client that the library has."""

import pytest

from fuzz import fuzz_simulator_sockets
from genesys_core.simulator.wire.websocket_server import (
    MAX_SIZE,
    ConnectionEnded,
    Received,
    Requested,
    WebSocketServer,
    frame,
)
from genesys_core.websocket import Closed, Failed, HandshakeDone, Pong, Text, WebSocket
from tests.helpers.websocket_frames import CLOSE, CONTINUATION, PING, TEXT, CountingBytes
from tests.helpers.websocket_frames import frame as client_frame

URL = "ws://simulator.example/channels/c-1?x=y"
KEY = b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="
HEAD = (
    b"GET /channels/c-1 HTTP/1.1",
    b"Host: x",
    b"Upgrade: websocket",
    b"Connection: keep-alive, Upgrade",
    KEY,
    b"Sec-WebSocket-Version: 13",
)
MASK = b"\x00\x00\x00\x00"


def request(*lines):
    return b"\r\n".join(lines or HEAD) + b"\r\n\r\n"


def opened():
    """A client and a server after their handshake."""
    client, server = WebSocket.connect(URL, random_bytes=CountingBytes()), WebSocketServer()
    assert server.receive_data(client.data_to_send()) == (Requested("/channels/c-1?x=y"),)
    assert server.accept() == ()
    (done,) = client.receive_data(server.data_to_send())
    assert isinstance(done, HandshakeDone)
    assert done.extensions == ()
    return client, server


def status(server):
    return int(server.data_to_send().split(b" ")[1])


def sent(*frames):
    """What a server makes of frames, and its answer."""
    _, server = opened()
    return server.receive_data(b"".join(frames)), server.data_to_send()


def masked(opcode, payload=b"", **more):
    return client_frame(opcode, payload, mask=MASK, **more)


# The handshake


def test_a_handshake_byte_by_byte():
    server = WebSocketServer()
    events = [event for byte in request() for event in server.receive_data(bytes((byte,)))]
    assert events == [Requested("/channels/c-1")]
    server.accept()
    assert b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" in server.data_to_send()  # RFC 6455, 1.3


def test_what_comes_along_with_the_handshake_is_not_lost():
    server = WebSocketServer()
    server.receive_data(request() + masked(TEXT, b"early"))
    assert server.accept() == (Received("early"),)


def test_a_refused_handshake_ends_the_connection():
    server = WebSocketServer()
    server.receive_data(request())
    server.refuse(404)
    assert status(server) == 404
    assert server.over
    assert server.receive_data(b"more") == ()


@pytest.mark.parametrize(
    ("index", "line", "expected"),
    [
        (0, b"POST /channels/c-1 HTTP/1.1", 400),
        (0, b"GET /channels/c-1 HTTP/1.0", 400),
        (0, b"nonsense", 400),
        (2, b"Upgrade: h2c", 426),
        (3, b"Connection: close", 426),
        (4, b"Sec-WebSocket-Key: short", 400),
        (4, b"Sec-WebSocket-Key: !", 400),
        (5, b"Sec-WebSocket-Version: 8", 426),
    ],
)
def test_what_is_no_handshake(index, line, expected):
    server = WebSocketServer()
    lines = [line if at == index else known for at, known in enumerate(HEAD)]
    assert server.receive_data(request(*lines)) == (ConnectionEnded(1006),)
    answer = server.data_to_send()
    assert int(answer.split(b" ")[1]) == expected
    assert (b"Sec-WebSocket-Version: 13" in answer) == (expected == 426)


def test_a_head_without_end():
    server = WebSocketServer()
    assert server.receive_data(b"GET /" + b"x" * 70_000) == (ConnectionEnded(1006),)
    assert status(server) == 400


def test_nobody_there():
    server = WebSocketServer()
    assert server.receive_data(b"") == (ConnectionEnded(1006),)
    assert server.receive_data(b"") == ()


# Messages


def test_texts_both_ways():
    client, server = opened()
    client.send_text("häuser")
    assert server.receive_data(client.data_to_send()) == (Received("häuser"),)
    server.send_text("straße")
    assert client.receive_data(server.data_to_send()) == (Text("straße"),)


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65535, 65536])
@pytest.mark.parametrize("fragments", [1, 2, 7])
def test_texts_of_all_sizes_in_any_number_of_frames(size, fragments):
    client, server = opened()
    server.send_text("x" * size, fragments)
    assert client.receive_data(server.data_to_send()) == (Text("x" * size),)


def test_a_ping_stands_between_fragments():
    client, server = opened()
    server.send_text("one two", 2)
    data = server.data_to_send()
    assert frame(PING) in data
    client.receive_data(data)
    assert server.receive_data(client.data_to_send()) == ()  # the pong


def test_fragments_of_the_client_are_put_together():
    pieces = masked(TEXT, b"a", flags=0), masked(PING, b"p"), masked(CONTINUATION, b"b")
    assert sent(*pieces) == ((Received("ab"),), frame(10, b"p"))


def test_a_ping_is_answered():
    client, server = opened()
    client.ping(b"payload")
    server.receive_data(client.data_to_send())
    assert client.receive_data(server.data_to_send()) == (Pong(b"payload"),)


@pytest.mark.parametrize(
    ("frames", "code"),
    [
        ([client_frame(TEXT, b"unmasked")], 1002),
        ([masked(TEXT, b"x", flags=0xC0)], 1002),
        ([masked(3)], 1002),
        ([masked(2, b"binary")], 1003),
        ([masked(TEXT, b"\xff")], 1007),
        ([masked(TEXT, b"x" * (MAX_SIZE // 2), flags=0), masked(0, b"x" * MAX_SIZE)], 1009),
    ],
)
def test_what_a_client_must_not_do_ends_the_connection(frames, code):
    events, answer = sent(*frames, masked(TEXT, b"after"))
    assert events == (ConnectionEnded(1006),)
    assert answer[:4] == frame(CLOSE, code.to_bytes(2, "big"))[:4]


def test_a_message_of_the_greatest_size():
    assert sent(masked(TEXT, b"x" * MAX_SIZE))[0] == (Received("x" * MAX_SIZE),)


# The end


def test_a_close_by_the_client_is_answered():
    client, server = opened()
    client.close(4001)
    assert server.receive_data(client.data_to_send()) == (ConnectionEnded(4001),)
    assert client.receive_data(server.data_to_send()) == (Closed(4001, ""),)


def test_a_close_without_a_code():
    assert sent(masked(CLOSE)) == ((ConnectionEnded(1005),), frame(CLOSE, b"\x03\xe8"))


def test_a_close_by_the_server_waits_for_the_answer():
    client, server = opened()
    server.close(1001, "away")
    server.close(1000)  # only the first counts
    assert client.receive_data(server.data_to_send()) == (Closed(1001, "away"),)
    assert server.receive_data(client.data_to_send()) == (ConnectionEnded(1001),)
    assert server.data_to_send() == b""


def test_frames_that_are_not_valid():
    client, server = opened()
    server.send_bytes(frame(TEXT, b"x", flags=0x80 | 0x20))
    (failed,) = client.receive_data(server.data_to_send())
    assert isinstance(failed, Failed)


test_any_frames = pytest.mark.slow(fuzz_simulator_sockets.check_frames)
test_any_texts = fuzz_simulator_sockets.check_texts


def test_what_follows_a_close_is_not_taken():
    events, answer = sent(masked(CLOSE, b"\x03\xe8"), masked(TEXT, b"late"))
    assert len(events) == 1
    assert isinstance(events[0], ConnectionEnded)
    assert answer.startswith(bytes((0x80 | CLOSE,)))
