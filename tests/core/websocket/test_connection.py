import pytest

from genesys_core.errors import ConnectionClosedError, InvalidValueError
from genesys_core.websocket import (
    Closed,
    Failed,
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


@pytest.mark.parametrize("code", [0, 999, 1004, 1005, 1006, 1012, 1015, 2999, 5000])
def test_codes_that_must_not_be_sent(code):
    with pytest.raises(InvalidValueError):
        opened().close(code)


@pytest.mark.parametrize("code", [1000, 1001, 1011, 3000, 4999])
def test_codes_that_may_be_sent(code):
    ws = opened()
    ws.close(code)
    assert unmasked(ws.data_to_send()) == [(FIN | CLOSE, code.to_bytes(2, "big"))]


def test_control_frames_have_125_bytes_at_most():
    ws = opened()
    ws.ping(b"x" * 125)
    ws.close(1000, "ü" * 61)
    assert [len(payload) for _, payload in unmasked(ws.data_to_send())] == [125, 124]
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
