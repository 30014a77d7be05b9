"""The Redis protocol: any division of the bytes gives the same replies, and anything else is an error."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesys_core.redis.resp import (
    RedisProtocolError,
    RedisReplyError,
    ReplyReader,
    encode_command,
)


def test_a_command_is_a_list_of_strings():
    assert encode_command("SET", b"\xff", 12) == b"*3\r\n$3\r\nSET\r\n$1\r\n\xff\r\n$2\r\n12\r\n"


def encode(reply) -> bytes:
    match reply:
        case None:
            return b"$-1\r\n"
        case int():
            return b":%d\r\n" % reply
        case bytes():
            return b"$%d\r\n%b\r\n" % (len(reply), reply)
        case _:
            return b"*%d\r\n" % len(reply) + b"".join(map(encode, reply))


replies = st.recursive(
    st.none() | st.integers(-(2**63), 2**63 - 1) | st.binary(max_size=9),
    lambda inner: st.lists(inner, max_size=3),
    max_leaves=6,
)


@given(sent=st.lists(replies, max_size=4), cuts=st.lists(st.integers(0, 200), max_size=5))
def test_replies_are_read_however_they_arrive(sent, cuts):
    data, reader, got = b"".join(map(encode, sent)), ReplyReader(), []
    ends = sorted({*(min(cut, len(data)) for cut in cuts), len(data)})
    for first, last in zip([0, *ends], ends, strict=False):
        reader.feed(data[first:last])
        while (found := reader.take()) is not None:
            got += found
    assert got == sent


def take(data: bytes):
    reader = ReplyReader()
    reader.feed(data)
    return reader.take()


def test_simple_strings_errors_and_absent_lists():
    assert take(b"+OK\r\n") == (b"OK",)
    assert take(b"*-1\r\n") == (None,)
    (error,) = take(b"-NOAUTH Authentication required.\r\n")
    assert isinstance(error, RedisReplyError)
    assert (error.kind, str(error)) == ("NOAUTH", "NOAUTH Authentication required.")
    assert take(b"") is None
    assert take(b"*2\r\n:1\r\n") is None
    assert take(b"$3\r\nab") is None


@pytest.mark.parametrize(
    "data",
    [
        b"HTTP/1.1 400 Bad Request\r\n",
        b"\x15\x03\x03",
        b":x\r\n",
        b":" + b"9" * 20 + b"\r\n",
        b"$1\r\nabc\r\n",
        b"*1\r\n" * 10 + b":1\r\n",
    ],
)
def test_what_is_not_redis_is_an_error(data):
    with pytest.raises(RedisProtocolError, match="does not speak RESP2"):
        take(data)


def test_the_bounds_of_a_number_are_those_of_64_bits():
    assert take(b":9223372036854775807\r\n") == (2**63 - 1,)
    assert take(b":-9223372036854775808\r\n") == (-(2**63),)


def test_lists_may_be_eight_deep():
    reply = 1
    for _ in range(8):
        reply = [reply]
    assert take(b"*1\r\n" * 8 + b":1\r\n") == (reply,)
    with pytest.raises(RedisProtocolError, match="does not speak RESP2"):
        take(b"*1\r\n" * 9 + b":1\r\n")


def test_of_what_is_not_redis_twenty_bytes_are_shown():
    with pytest.raises(RedisProtocolError) as caught:
        take(b"HTTP/1.1 400 Bad Request\r\n")
    assert str(caught.value) == (
        "the server does not speak RESP2: b'HTTP/1.1 400 Bad Req'; check that it is a Redis server, and whether it expects TLS"
    )


def test_a_reply_has_a_mebibyte_at_most():
    text = b"x" * ((1 << 20) - len(b"$1048566\r\n\r\n"))
    reply = b"$%d\r\n%b\r\n" % (len(text), text)
    assert len(reply) == 1 << 20
    assert take(reply) == (text,)
    reader = ReplyReader()
    with pytest.raises(RedisProtocolError, match="longer than 1048576 bytes"):
        reader.feed(reply.replace(b"\r\n", b"\r\nx", 1))


def test_the_limit_is_met_before_the_reply_is_complete():
    reader = ReplyReader()
    reader.feed(b"$99999999\r\n")
    with pytest.raises(RedisProtocolError, match="longer than"):
        reader.feed(bytes(1 << 20))


@given(data=st.binary(max_size=60))
def test_any_bytes_are_replies_or_an_error(data):
    reader = ReplyReader()
    reader.feed(data)
    try:
        while reader.take() is not None:
            pass
    except RedisProtocolError:
        pass
