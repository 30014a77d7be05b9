"""Cross-origin requests of browsers."""

import pytest

from genesys_core.http.headers import Headers
from genesys_core.http.messages import Request
from genesys_core.simulator.http.cross_origin import answer_preflight, cross_origin_headers
from tests.strategies.simulator import Desk

ORIGIN = ("Origin", "https://app.example.com")
WANTED = ("Access-Control-Request-Method", "PATCH")


def options(*headers, method="OPTIONS"):
    return Request(method, "/api/v2/users/me", Headers(headers))


def test_a_preflight_request_is_answered():
    reply = answer_preflight(options(ORIGIN, WANTED))
    assert reply is not None
    assert (reply.status, reply.body) == (204, None)
    assert dict(reply.headers) == {
        "Access-Control-Allow-Methods": "GET, HEAD, POST, PUT, PATCH, DELETE",
        "Access-Control-Max-Age": "600",
    }


def test_what_the_browser_asks_for_is_allowed():
    reply = answer_preflight(
        options(
            ORIGIN,
            WANTED,
            ("Access-Control-Request-Headers", "authorization,purecloud-sdk"),
            ("Access-Control-Request-Private-Network", "true"),
        )
    )
    assert reply is not None
    fields = dict(reply.headers)
    assert fields["Access-Control-Allow-Headers"] == "authorization,purecloud-sdk"
    assert fields["Access-Control-Allow-Private-Network"] == "true"


@pytest.mark.parametrize(
    "request_", [options(), options(ORIGIN), options(WANTED), options(ORIGIN, WANTED, method="GET")]
)
def test_other_requests_are_no_preflight_requests(request_):
    assert answer_preflight(request_) is None


def test_pages_may_read_every_response_to_them():
    assert cross_origin_headers(options()) == ()
    assert dict(cross_origin_headers(options(ORIGIN))) == {
        "Access-Control-Allow-Origin": "*",
        "Access-Control-Expose-Headers": "*",
    }


@pytest.mark.parametrize("path", ["/api/v2/users/me", "/oauth/token", "/api/v2/unknown"])
def test_the_platform_answers_it_without_a_token_and_lets_pages_read_errors(path):
    desk = Desk()
    preflight = desk.send("OPTIONS", path, headers=(ORIGIN, WANTED))
    assert (preflight.status, preflight.body) == (204, b"")
    assert preflight.headers["access-control-allow-origin"] == "*"
    refused = desk.send("GET", path, headers=(ORIGIN,))
    assert refused.status >= 400
    assert refused.headers["access-control-allow-origin"] == "*"
    plain = desk.send("GET", path)
    assert "access-control-allow-origin" not in plain.headers
