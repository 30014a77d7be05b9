import re
from collections.abc import Iterator
from typing import Any

import h11
import pytest

from genesys_core.http import body_readers, response_head, response_reader
from genesys_core.http.limits import DEFAULT_LIMITS, ResponseLimits
from genesys_core.http.messages import TransportFailure
from genesys_core.http.response_head import (
    HeadSearch,
    ResponseHead,
    parse_head,
    parse_plain_head,
)
from tests.strategies.http1 import head, single_bytes


def test_a_plain_head():
    parsed = parse_plain_head(head("A:b", "a:\t c d", "Content-Length: 3"), DEFAULT_LIMITS)
    assert parsed is not None
    assert (parsed.status, parsed.version) == (200, "1.1")
    assert parsed.headers.raw == (("A", "b"), ("a", "c d"), ("Content-Length", "3"))
    assert parsed.headers["a"] == "b, c d"


def test_a_plain_head_never_asks_h11(monkeypatch):
    monkeypatch.setattr(h11, "Connection", None)
    for data in (
        head(),
        head(status="404"),
        head(status="503 "),
        head("Transfer-Encoding: chunked"),
        head("Content-Length: 1", "Content-Length: 2", "Transfer-Encoding: x", status="103 Early"),
    ):
        assert parse_head(data, DEFAULT_LIMITS).version == "1.1"


NOT_PLAIN = [
    head(version="1.0"),
    b"HTTP/1.1 200 OK\n\n",
    b"HTTP/1.1 200 OK\r\n\n",
    b"HTTP/1.1 200 OK\r\nA: b\n\r\n",
    head("A: \x01"),
    head("A: b "),
    head("A: b\r\n c"),
    head("Content-Length: 5, 5"),
    head("Content-Length: 1", "content-length: 1"),
    head("Content-Length: 1", "Transfer-Encoding: chunked"),
    head("Transfer-Encoding: Chunked"),
    head("A: b", status="200 a\x01"),
]


@pytest.mark.parametrize("data", NOT_PLAIN)
def test_an_odd_head_is_left_to_h11(data, monkeypatch):
    assert parse_plain_head(data, DEFAULT_LIMITS) is None
    assert parse_head(data, DEFAULT_LIMITS).status == 200
    monkeypatch.setattr(h11, "Connection", None)
    with pytest.raises(TypeError):
        parse_head(data, DEFAULT_LIMITS)


def test_what_h11_normalizes():
    parsed = parse_head(head("Content-Length: 5, 5", "A: b\r\n\tc"), DEFAULT_LIMITS)
    assert parsed.headers.raw == (("Content-Length", "5"), ("A", "b c"))
    assert parse_head(head(version="1.0"), DEFAULT_LIMITS).version == "1.0"
    assert parse_head(b"HTTP/1.0 101 X\r\n\r\n", DEFAULT_LIMITS).status == 101


@pytest.mark.parametrize(
    "data",
    [
        head("no colon"), head("A : b"), head(": b"), head("\xc4: b"), head(" folded"), head("Content-Length: -1"),
        head("Content-Length: 5, 6"), head("Content-Length: " + "0" * 21), head("Content-Length: \xb2"),
        head("Transfer-Encoding: gzip"), head("Transfer-Encoding: chunked, chunked"), head("Transfer-Encoding:"),
        head(status="099 X"), head(status="20"), head(status="2000 OK"), head(version="2.0"), b"\r\n\r\n", b"ICY 200\r\n\r\n",
    ],
)  # fmt: skip
def test_a_head_that_is_no_http_is_refused_and_not_quoted(data):
    with pytest.raises(TransportFailure, match="not valid HTTP") as raised:
        parse_head(data.replace(b"b", b"hunter2"), DEFAULT_LIMITS)
    assert (raised.value.kind, raised.value.sent) == ("protocol", True)
    assert "hunter2" not in str(raised.value)
    assert raised.value.__context__ is None  # h11's error holds the line


@pytest.mark.parametrize("character", [b"\x00", b"\x0b", b"\x0c", b"\r"])
@pytest.mark.parametrize(
    "where", [b"HTTP/1.1 200 O%bK\r\n\r\n", b"HTTP/1.1 200 OK\r\nA: %b b\r\n\r\n"]
)
def test_what_h11_refuses_in_quadratic_time_does_not_reach_it(where, character, monkeypatch):
    """With spaces before it, each of these makes h11's pattern try every split of the spaces."""
    monkeypatch.setattr(h11, "Connection", None)
    with pytest.raises(TransportFailure, match="control character"):
        parse_head(where % (b" " * 60_000 + character), DEFAULT_LIMITS)


def test_a_head_is_as_long_as_its_limit_and_no_longer():
    data = head("A: b")
    odd = data.replace(b": b", b": \x01")
    for each in (data, odd):
        assert parse_head(each, ResponseLimits(head=len(data))).status == 200
        with pytest.raises(TransportFailure, match=f"longer than {len(data) - 1} bytes"):
            parse_head(each, ResponseLimits(head=len(data) - 1))
    with pytest.raises(TransportFailure, match="longer than"):
        parse_plain_head(data, ResponseLimits(head=len(data) - 1))


@pytest.mark.parametrize("line", ["A: b", "A: \x01"])
def test_a_head_has_as_many_fields_as_allowed_and_no_more(line):
    data = head(*[line] * 5)
    assert parse_head(data, ResponseLimits(fields=5)).status == 200
    with pytest.raises(TransportFailure, match="more than 4 header fields"):
        parse_head(data, ResponseLimits(fields=4))


class TestHeadSearch:
    @pytest.mark.parametrize("end", [b"\r\n\r\n", b"\n\n", b"\n\r\n", b"\r\n\n"])
    def test_the_end_is_the_first_blank_line(self, end):
        data = b"HTTP/1.1 200 OK" + end
        assert HeadSearch(99).feed(data + b"rest\r\n\r\n") == (data, b"rest\r\n\r\n")
        search = HeadSearch(99)
        found = [search.feed(piece) for piece in single_bytes(data)]
        assert found == [None] * (len(data) - 1) + [(data, b"")]

    def test_it_starts_anew_after_a_head(self):
        search = HeadSearch(99)
        data = head(status="100 Continue")
        assert search.feed(data + data[:9]) == (data, data[:9])
        assert search.feed(data[:9]) is None
        assert search.feed(data[9:]) == (data, b"")

    @pytest.mark.parametrize("start", [b"S", b"\x16", b"HTTP/1.2", b"HTTP/1.1 x", b"HTTP/1.1 0", b"HTTP/1.1 2000", b"\r", b"h", b"HTTP/1.1 200."])  # fmt: skip
    def test_what_cannot_be_a_status_line_is_refused_at_once(self, start):
        search = HeadSearch(99)
        for piece in single_bytes(start[:-1]):
            assert search.feed(piece) is None
        with pytest.raises(TransportFailure, match=r"not an HTTP/1\.0 or HTTP/1\.1 status line"):
            search.feed(start[-1:])

    def test_a_head_that_reaches_its_limit_without_an_end_is_refused(self):
        data = head("A: b")
        assert HeadSearch(len(data)).feed(data[:-1]) is None
        with pytest.raises(TransportFailure, match="longer than"):
            HeadSearch(len(data) - 1).feed(data[:-1])

    @pytest.mark.parametrize("size", [1_000, 10_000])
    def test_each_byte_is_looked_at_a_fixed_number_of_times(self, size, monkeypatch):
        looked_at = 0

        class Counting:
            def search(self, buffer: bytearray, start: int) -> re.Match[bytes] | None:
                nonlocal looked_at
                looked_at += len(buffer) - start
                return blank_line.search(buffer, start)

        blank_line = response_head._BLANK_LINE
        monkeypatch.setattr(response_head, "_BLANK_LINE", Counting())
        search = HeadSearch(1 << 20)
        for piece in single_bytes(b"HTTP/1.1 200 OK\r\nA: " + b"\n x" * size):
            assert search.feed(piece) is None
        assert looked_at < 4 * 3 * size


def patterns() -> Iterator[tuple[str, re.Pattern[Any]]]:
    for module in (response_head, body_readers, response_reader):
        for name, value in vars(module).items():
            if isinstance(value, re.Pattern):
                yield f"{module.__name__}.{name}", value


def backtracks(parsed: Any) -> bool:
    """Whether any repetition without a small bound could give back what it has taken."""
    for operator, argument in parsed:
        match str(operator):
            case "MAX_REPEAT" | "MIN_REPEAT":
                _, most, inner = argument
                if most > 3 or backtracks(inner):
                    return True
            case "POSSESSIVE_REPEAT":
                if backtracks(argument[2]):
                    return True
            case "SUBPATTERN":
                if backtracks(argument[3]):
                    return True
            case "BRANCH":
                if any(backtracks(branch) for branch in argument[1]):
                    return True
    return False


@pytest.mark.parametrize("pattern", [pytest.param(each, id=name) for name, each in patterns()])
def test_a_pattern_over_received_bytes_never_backtracks(pattern):
    """So that hostile heads take linear time, which no clock has to prove."""
    parser = re._parser  # type: ignore[attr-defined]
    assert not backtracks(parser.parse(pattern.pattern, pattern.flags))


def test_the_look_for_backtracking_finds_it():
    parser = re._parser  # type: ignore[attr-defined]
    assert backtracks(parser.parse(r"a[ \t]*b"))
    assert backtracks(parser.parse(r"(?:a|(?:b+)?)++"))
    assert not backtracks(parser.parse(r"(?:a[ \t]*+b?)*+[0-9]{3}"))


def test_a_head_shows_no_secret():
    parsed = parse_head(head("Set-Cookie: hunter2"), DEFAULT_LIMITS)
    assert "hunter2" not in repr(ResponseHead(parsed.status, parsed.headers))


def test_what_h11_says_of_a_head_is_passed_on_without_the_bytes():
    with pytest.raises(TransportFailure, match="illegal header line") as raised:
        parse_head(b"HTTP/1.1 200 OK\r\nsecret\x7f: value\r\n\r\n", DEFAULT_LIMITS)
    assert "secret" not in str(raised.value)
