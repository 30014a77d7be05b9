"""Lines about calls and progress."""

import pytest

from genesys_core.command_line.call_lines import attempt_line, progress_line, waiting_line
from genesys_core.http.messages import Request, Response, TransportFailure

REQUEST = Request("GET", "https://x.example/a")


def test_attempts():
    response = Response(200, {"ININ-Correlation-Id": "c\x1b"}, b"x" * 1234)
    assert attempt_line(REQUEST, response, 0.5) == (
        "> GET https://x.example/a: 200 after 0.500 s, 1,234 bytes, correlation id c\\x1b"
    )
    assert attempt_line(REQUEST, Response(503), 0.5).endswith("503 after 0.500 s, 0 bytes")
    failure = TransportFailure("no\nroute", kind="connect", sent=False)
    assert attempt_line(REQUEST, failure, 2).endswith("failed: no\\nroute after 2.000 s")


def test_waits():
    assert waiting_line(1.25, "rate limit") == "> waiting 1.2 s: rate limit"


@pytest.mark.parametrize(
    ("done", "total", "seconds", "line"),
    [
        (0, None, 0, "0 rows"),
        (5, None, 2, "5 rows, 2.5/s"),
        (1000, 5000, 10, "1,000 of 5,000 rows, 100.0/s, 40 s left"),
        (10, 10, 10, "10 of 10 rows, 1.0/s"),
        (0, 10, 5, "0 of 10 rows"),
        (1, 60, 1, "1 of 60 rows, 1.0/s, 59 s left"),
        (1, 61, 1, "1 of 61 rows, 1.0/s, 1 min 00 s left"),
        (1, 3600, 1, "1 of 3,600 rows, 1.0/s, 59 min 59 s left"),
        (1, 3601, 1, "1 of 3,601 rows, 1.0/s, 1 h 00 min left"),
        (1, 100, 1, "1 of 100 rows, 1.0/s, 1 min 39 s left"),
        (1, 10_000, 1, "1 of 10,000 rows, 1.0/s, 2 h 46 min left"),
    ],
)
def test_progress(done, total, seconds, line):
    assert progress_line(done, total, seconds, "rows") == line
