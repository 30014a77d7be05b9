import base64

import pytest

from genesys_core.errors import ConnectionClosedError, InvalidValueError
from genesys_core.websocket import (
    Closed,
    Failed,
    HandshakeDone,
    Pong,
    Text,
    WebSocket,
)
from tests.helpers.websocket_frames import (
    CLOSE,
    FIN,
    PING,
    PONG,
    TEXT,
    URL,
    CountingBytes,
    accepting,
    close_frame,
    frame,
    opened,
    unmasked,
)


def test_a_conversation():
    ws = opened()
    ws.send_text('{"message":"ping"}')
    ws.ping(b"p")
    assert unmasked(ws.data_to_send()) == [(FIN | TEXT, b'{"message":"ping"}'), (FIN | PING, b"p")]
    assert ws.receive_data(frame(PONG, b"p") + frame(TEXT, b"pong")) == (Pong(b"p"), Text("pong"))
    ws.close(1000, "bye")
    assert unmasked(ws.data_to_send()) == [(FIN | CLOSE, b"\x03\xe8bye")]
    # What the server had sent before it saw the close still counts.
    last = frame(TEXT, b"last") + frame(PING) + close_frame(1000)
    assert ws.receive_data(last) == (Text("last"), Closed(1000, ""))
    assert ws.over
    assert ws.data_to_send() == b""


def test_nothing_can_be_sent_before_the_handshake_is_done():
    ws = WebSocket.connect(URL, random_bytes=CountingBytes())
    assert not ws.is_open
    for act in (lambda: ws.send_text("x"), ws.ping):
        with pytest.raises(ConnectionClosedError) as caught:
            act()
        assert caught.value.sent is False
    ws.close()
    request = ws.data_to_send()
    assert b"GET" in request
    ws.receive_data(accepting(request))
    assert ws.is_open


@pytest.mark.parametrize(
    "end", [lambda ws: ws.close(), lambda ws: ws.receive_data(close_frame(1001))]
)
def test_nothing_can_be_sent_after_a_close(end):
    ws = opened()
    end(ws)
    assert not ws.is_open
    with pytest.raises(ConnectionClosedError):
        ws.send_text("x")
    sent = ws.data_to_send()
    ws.close()
    assert ws.data_to_send() == b""
    assert len(unmasked(sent)) == 1


def test_the_close_of_the_server_is_answered_with_its_code():
    ws = opened()
    assert ws.receive_data(close_frame(1001, b"going away")) == (Closed(1001, "going away"),)
    assert unmasked(ws.data_to_send()) == [(FIN | CLOSE, b"\x03\xe9")]


def test_an_end_without_a_close_is_a_failure():
    ws = opened()
    (failed,) = ws.receive_eof()
    assert (failed.kind, failed.code) == ("closed", 1006)
    assert ws.over
    assert not ws.is_open
    with pytest.raises(ConnectionClosedError):
        ws.send_text("x")
    ws.close()
    assert ws.data_to_send() == b""
    assert ws.receive_eof() == ()
    assert ws.receive_data(frame(TEXT, b"late")) == ()


def test_an_end_after_a_close_is_none():
    ws = opened()
    ws.receive_data(close_frame(1000))
    assert ws.receive_eof() == ()


def test_an_end_inside_a_message():
    ws = opened()
    assert ws.receive_data(frame(TEXT, b"whole")[:4]) == ()
    assert isinstance(ws.receive_eof()[0], Failed)


def test_a_failure_tells_the_server_why():
    ws = opened()
    (failed,) = ws.receive_data(frame(TEXT, b"\xff"))
    assert unmasked(ws.data_to_send()) == [(FIN | CLOSE, failed.code.to_bytes(2, "big"))]


MAY_BE_SENT = [*range(1000, 1004), *range(1007, 1012), *range(3000, 5000)]


def test_codes_that_must_not_be_sent():
    ws = opened()
    for code in {*range(-1, 5001), 65535, 65536} - {*MAY_BE_SENT}:
        with pytest.raises(InvalidValueError):
            ws.close(code)
    assert ws.data_to_send() == b""


@pytest.mark.parametrize("code", [*MAY_BE_SENT[:10], 4999])
def test_codes_that_may_be_sent(code):
    ws = opened()
    ws.close(code)
    assert unmasked(ws.data_to_send()) == [(FIN | CLOSE, code.to_bytes(2, "big"))]


def test_a_close_is_a_normal_one_unless_the_caller_says_otherwise():
    ws = opened()
    ws.close()
    assert unmasked(ws.data_to_send()) == [(FIN | CLOSE, b"\x03\xe8")]


def test_control_frames_have_125_bytes_at_most():
    ws = opened()
    ws.ping(b"x" * 125)
    ws.close(1000, "ü" * 61 + "x")
    assert [len(payload) for _, payload in unmasked(ws.data_to_send())] == [125, 125]
    with pytest.raises(InvalidValueError):
        opened().ping(b"x" * 126)
    with pytest.raises(InvalidValueError):
        opened().close(1000, "ü" * 62)


def test_a_lone_surrogate_cannot_be_sent():
    ws = opened()
    with pytest.raises(InvalidValueError):
        ws.send_text("\ud800")
    assert ws.data_to_send() == b""
    assert ws.is_open


@pytest.mark.parametrize("max_size", [0, -1])
def test_a_limit_must_allow_something(max_size):
    with pytest.raises(InvalidValueError):
        WebSocket.connect(URL, random_bytes=CountingBytes(), max_size=max_size)


def test_a_limit_of_one_byte_allows_one():
    assert opened(max_size=1).receive_data(frame(TEXT, b"x")) == (Text("x"),)
    assert opened(max_size=1).receive_data(frame(TEXT, b"xy"))[0].code == 1009


def test_a_message_has_16_mebibytes_at_most_unless_the_caller_says_otherwise():
    largest = (16 << 20).to_bytes(8, "big")
    ws = open_by_default()
    assert ws.receive_data(bytes((FIN | TEXT, 127)) + largest) == ()
    ws = open_by_default()
    (failed,) = ws.receive_data(bytes((FIN | TEXT, 127)) + ((16 << 20) + 1).to_bytes(8, "big"))
    assert (failed.kind, failed.code) == ("too_big", 1009)


def test_a_connection_takes_sixteen_random_bytes_and_four_for_each_frame():
    """RFC 6455 sections 4.1 and 5.3."""
    source, sizes = CountingBytes(), []

    def counted(size):
        sizes.append(size)
        return source(size)

    ws = WebSocket.connect(URL, random_bytes=counted)
    request = ws.data_to_send()
    key = request.partition(b"Sec-WebSocket-Key: ")[2].partition(b"\r\n")[0]
    assert len(base64.b64decode(key)) == 16
    ws.receive_data(accepting(request))
    ws.send_text("x")
    ws.ping()
    assert sizes == [16, 4, 4]


def test_the_repr_tells_the_phase():
    ws = WebSocket.connect(URL, random_bytes=CountingBytes())
    assert repr(ws) == "WebSocket(WebSocketAddress(ws://streaming.example.com/...), Upgrade)"
    assert repr(opened()) == "WebSocket(WebSocketAddress(ws://streaming.example.com/...), Frames)"
    ended = opened()
    ended.receive_eof()
    assert repr(ended) == "WebSocket(WebSocketAddress(ws://streaming.example.com/...), over)"


# Before the connection is open


def connecting(url=URL, **options) -> tuple[WebSocket, bytes]:
    ws = WebSocket.connect(url, random_bytes=CountingBytes(), **options)
    return ws, ws.data_to_send()


def open_by_default() -> WebSocket:
    """A client without any options, whose handshake is done."""
    ws, request = connecting()
    ws.receive_data(accepting(request))
    return ws


@pytest.mark.parametrize(("options", "is_offered"), [({}, True), ({"compression": False}, False)])
def test_compression_is_offered_unless_the_caller_says_otherwise(options, is_offered):
    _, request = connecting(**options)
    assert (b"\r\nSec-WebSocket-Extensions: permessage-deflate" in request) is is_offered


def test_frames_that_arrive_with_the_response_are_read():
    ws, request = connecting()
    done, *events = ws.receive_data(accepting(request) + frame(TEXT, b"x") + close_frame(1000))
    assert isinstance(done, HandshakeDone)
    assert events == [Text("x"), Closed(1000, "")]


def test_a_refusal_is_the_end():
    ws, _ = connecting()
    (failed,) = ws.receive_data(b"HTTP/1.1 403 No\r\n\r\n")
    assert (failed.kind, failed.status) == ("handshake", 403)
    assert ws.over


def test_an_end_before_the_answer_is_a_failure_of_whoever_owed_it():
    ws, _ = connecting()
    (failed,) = ws.receive_eof()
    assert (failed.kind, failed.status) == ("handshake", None)


def test_a_response_may_come_in_pieces():
    ws = WebSocket.connect(URL, random_bytes=CountingBytes())
    response = accepting(ws.data_to_send())
    for at in range(len(response) - 1):
        assert ws.receive_data(response[at : at + 1]) == ()
    assert not ws.is_open
    ws.receive_data(response[-1:])
    assert ws.is_open


@pytest.mark.parametrize("cut", range(1, 6))
def test_a_bad_gateway_is_a_close_like_any_other(cut):
    data = close_frame(1014, b"bad gateway")
    ws = opened()
    assert ws.receive_data(data[:cut]) == ()
    assert ws.receive_data(data[cut:]) == (Closed(1014, "bad gateway"),)
    assert unmasked(ws.data_to_send()) == [(FIN | CLOSE, b"\x03\xf6")]
