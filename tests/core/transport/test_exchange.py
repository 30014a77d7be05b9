"""One request over one connection: what is done next, and what each failure says."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesys_core.errors import GenesysCloudError
from genesys_core.http.headers import Headers
from genesys_core.http.limits import ResponseLimits
from genesys_core.http.messages import Request, Timeout, TransportFailure
from genesys_core.transport.dialer import ResolvingHost
from genesys_core.transport.exchange import Exchange, Step, may_resend
from genesys_core.transport.origins import Origin
from genesys_core.transport.pool import Pool, PoolLimits
from genesys_core.transport.proxies import Proxy
from genesys_core.transport.routes import Route
from tests.helpers.exchange_driver import DIRECT, GET, METHODS, REPLY, Driver, at, run_exchange

POST = Request("POST", "http://h/x", body=b"hello", timeout=GET.timeout)


def fails(work, kind: str, sent: bool) -> str:
    with pytest.raises(TransportFailure) as caught:
        work()
    assert (caught.value.kind, caught.value.sent) == (kind, sent), caught.value
    return caught.value.message


# --- a call that succeeds ---------------------------------------------------------------------


def test_a_call_opens_a_connection_writes_and_reads():
    driver = Driver()
    exchange = driver.begin()
    assert driver.step is Step.DIAL
    dialing = exchange.dial(now=at(0))
    assert isinstance(dialing, ResolvingHost)
    assert dialing.until == 1
    driver.connect()
    assert (driver.step, exchange.until) == (Step.WRITE, 3)
    driver.write()
    assert driver.written.startswith(b"GET /x HTTP/1.1\r\nHost: h\r\n")
    assert (driver.step, exchange.until) == (Step.READ, 2)
    for byte in REPLY[:-1]:
        driver.clock += 1
        driver.receive(bytes([byte]))
        assert (driver.step, exchange.until) == (Step.READ, driver.clock + 2)
    driver.receive(REPLY[-1:])
    assert driver.step is Step.RESPOND
    assert (exchange.response.status, exchange.response.body) == (200, b"ok")
    driver.release()
    assert driver.idle == 1


def test_the_next_call_uses_the_connection_once_it_was_looked_at():
    driver = Driver()
    driver.call()
    driver.begin()
    assert driver.step is Step.CHECK
    driver.connect()
    assert (driver.step, driver.opened) == (Step.WRITE, 1)


def test_several_connections_to_one_origin_compete():
    driver = Driver(pool=Pool(PoolLimits(connections=3)))
    first = driver.begin()
    assert not first.competes
    second = driver.begin()
    assert first.competes
    assert second.competes
    driver.release()
    assert not second.competes  # it has no connection any more


@pytest.mark.parametrize("size", [1, 2, 7])
def test_a_request_is_written_in_as_many_pieces_as_the_socket_takes(size):
    driver = Driver()
    driver.begin(POST)
    driver.connect()
    while driver.step is Step.WRITE:
        driver.write(size)
    assert driver.written.endswith(b"\r\n\r\nhello")
    assert driver.step is Step.READ


def test_a_write_that_took_nothing_is_tried_again():
    driver = Driver()
    driver.begin()
    driver.connect()
    driver.write(0)
    assert driver.step is Step.WRITE


def test_a_write_of_which_some_bytes_may_have_been_sent_counts_as_sent():
    driver = Driver()
    exchange = driver.begin(POST)
    driver.connect()
    exchange.partly_written()
    fails(lambda: exchange.timed_out(now=at(9)), "timeout", sent=True)


# --- the connection is not what it seemed -----------------------------------------------------


def test_bytes_that_nobody_asked_for_close_a_connection_before_it_is_used():
    driver = Driver()
    driver.call()
    driver.begin()
    driver.step = driver.exchange.checked(readable=True, now=at(0))
    assert driver.step is Step.CLOSE
    lease = driver.exchange.lease
    assert lease is not None
    assert lease.connection == "socket 1"
    driver.connect()
    assert (lease.connection, driver.opened) == ("socket 2", 2)
    driver.write()
    driver.receive(REPLY)
    assert driver.step is Step.RESPOND
    assert driver.pool.statistics().open == 1


def test_a_connection_that_was_closed_belongs_to_the_lease_no_more():
    driver = Driver()
    driver.call()
    driver.begin()
    driver.step = driver.exchange.checked(readable=True, now=at(0))
    assert driver.exchange.closed(now=at(7)) is Step.DIAL
    lease = driver.exchange.lease
    assert lease is not None
    assert (lease.connection, lease.http, lease.opened) == (None, None, at(7))


def test_a_connection_that_turns_out_broken_when_looked_at_is_replaced():
    driver = Driver()
    driver.call()
    driver.begin()
    assert driver.exchange.broke("Bad file descriptor", now=at(0)) is Step.CLOSE


def end(driver: Driver, how: str) -> Step:
    if how == "close":
        return driver.exchange.received(b"", now=at(0))
    return driver.exchange.broke("Connection reset by peer", now=at(0))


@pytest.mark.parametrize("how", ["close", "reset"])
@pytest.mark.parametrize("method", METHODS)
def test_a_reused_connection_that_ends_before_any_reply_repeats_what_may_be_repeated(method, how):
    driver = Driver()
    driver.call()
    driver.ask(Request(method, "http://h/x"))
    if method in {"POST", "PATCH"}:
        message = fails(lambda: end(driver, how), "closed", sent=True)
        assert message.startswith("h:80: ")
        return
    driver.step = end(driver, how)
    assert driver.step is Step.CLOSE
    driver.connect()
    assert driver.opened == 2
    driver.written = b""
    driver.write()
    assert driver.written.startswith(method.encode())
    # Once only: the second connection was never idle.
    fails(lambda: end(driver, how), "closed", sent=True)


@pytest.mark.parametrize("streams", [False, True])
def test_a_response_states_whether_an_earlier_connection_may_have_taken_the_request(streams):
    driver = Driver()
    driver.call()
    assert not driver.exchange.response.resent
    driver.ask(Request("DELETE", "http://h/x"), streams=streams)
    driver.step = driver.exchange.received(b"", now=at(0))
    driver.connect()
    driver.write()
    driver.receive(REPLY)
    assert driver.exchange.response.resent


@pytest.mark.parametrize("method", METHODS)
def test_a_reused_connection_that_took_no_byte_repeats_every_method(method):
    driver = Driver()
    driver.call()
    driver.begin(Request(method, "http://h/x", body=b"x"))
    driver.connect()
    driver.step = driver.exchange.broke("Broken pipe", now=at(0))
    assert driver.step is Step.CLOSE
    driver.connect()
    assert driver.step is Step.WRITE
    fails(lambda: driver.exchange.broke("Broken pipe", now=at(0)), "closed", sent=False)


def test_a_request_of_which_no_byte_was_written_before_is_not_resent():
    driver = Driver()
    driver.call()
    driver.begin(Request("DELETE", "http://h/x"))
    driver.connect()
    driver.step = driver.exchange.broke("Broken pipe", now=at(0))
    driver.connect()
    driver.write()
    driver.receive(REPLY)
    assert not driver.exchange.response.resent


@pytest.mark.parametrize("how", ["close", "reset"])
@pytest.mark.parametrize("method", METHODS)
def test_a_fresh_connection_that_ends_is_a_failure(method, how):
    driver = Driver()
    driver.ask(Request(method, "http://h/x"))
    fails(lambda: end(driver, how), "closed", sent=True)
    driver.release()
    assert driver.pool.statistics().open == 0


@pytest.mark.parametrize("how", ["close", "reset"])
@pytest.mark.parametrize("method", METHODS)
def test_one_byte_of_a_reply_forbids_to_repeat(method, how):
    driver = Driver()
    driver.call()
    driver.ask(Request(method, "http://h/x"))
    driver.receive(b"H")
    fails(lambda: end(driver, how), "closed", sent=True)


@pytest.mark.parametrize("method", METHODS)
def test_a_reply_that_is_no_http_is_not_repeated(method):
    driver = Driver()
    driver.call()
    driver.ask(Request(method, "http://h/x"))
    fails(lambda: driver.receive(b"garbage\r\n\r\n"), "protocol", sent=True)


def test_a_break_of_tls_is_not_repeated():
    driver = Driver()
    driver.call()
    driver.ask()
    broken = lambda: driver.exchange.broke("bad record mac", kind="tls", now=at(0))  # noqa: E731
    assert fails(broken, "tls", sent=True) == "h:80: bad record mac"


@pytest.mark.parametrize(
    ("method", "stale", "written", "whole", "resent"),
    [
        (
            method,
            stale,
            written,
            whole,
            stale and whole and (not written or method not in {"POST", "PATCH"}),
        )
        for method in METHODS
        for stale in (False, True)
        for written in (False, True)
        for whole in (False, True)
    ],
)
def test_what_may_be_resent(method, stale, written, whole, resent):
    assert may_resend(method, stale=stale, written=written, whole=whole) is resent


# --- early responses --------------------------------------------------------------------------


def test_a_response_that_comes_while_the_request_is_written_is_the_response():
    driver = Driver()
    driver.begin(POST)
    driver.connect()
    driver.write(20)
    driver.receive(b"HTTP/1.1 413 Too large\r\nContent-Length: 0\r\n")
    assert driver.step is Step.WRITE
    driver.receive(b"\r\n")
    assert driver.step is Step.RESPOND
    assert driver.exchange.response.status == 413
    driver.release()
    assert driver.idle == 0  # the rest of the request was not sent


def test_an_informational_response_while_the_request_is_written_changes_nothing():
    driver = Driver()
    driver.begin(POST)
    driver.connect()
    driver.write(20)
    driver.receive(b"HTTP/1.1 103 Early Hints\r\n\r\n")
    assert driver.step is Step.WRITE
    driver.write(1 << 20)
    driver.receive(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
    driver.release()
    assert driver.idle == 1


def test_a_server_that_stops_reading_may_have_answered():
    driver = Driver()
    driver.begin(POST)
    driver.connect()
    driver.write(20)
    driver.step = driver.exchange.broke("Broken pipe", now=at(0))
    assert driver.step is Step.READ
    driver.receive(b"HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n")
    assert driver.exchange.response.status == 401
    driver.release()
    assert driver.idle == 0


def test_a_server_that_stops_reading_and_says_nothing_is_a_failure():
    driver = Driver()
    driver.begin(POST)
    driver.connect()
    driver.write(20)
    driver.step = driver.exchange.broke("Broken pipe", now=at(0))
    fails(lambda: driver.receive(b""), "closed", sent=True)


# --- proxies ----------------------------------------------------------------------------------

PROXY = Proxy.parse("http://jo:secret@p:3128")
REFUSAL = b"HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n"


def test_a_forwarding_proxy_is_given_the_whole_url_and_its_credentials_each_time():
    driver = Driver(Route(DIRECT.origin, PROXY))
    for _ in range(2):
        driver.written = b""
        driver.call()
        assert driver.written.startswith(b"GET http://h/x HTTP/1.1\r\nHost: h\r\n")
        assert b"Proxy-Authorization: Basic am86c2VjcmV0\r\n" in driver.written
    assert driver.opened == 1


@pytest.mark.parametrize("route", [DIRECT, Route(Origin("https", "h", 443), PROXY, is_tunnel=True)])
def test_no_origin_gets_what_belongs_to_a_proxy_and_its_407_is_a_response(route):
    driver = Driver(route)
    assert driver.call(reply=REFUSAL).status == 407
    assert b"Proxy-" not in driver.written
    assert driver.written.startswith(b"GET /x ")


@pytest.mark.parametrize("how", ["closed", "reset"])
def test_the_407_of_a_forwarding_proxy_needs_no_end(how):
    driver = Driver(Route(DIRECT.origin, PROXY))
    driver.ask(POST)
    driver.receive(b"HTTP/1.1 407 No\r\nContent-Length: 9\r\n\r\nwho")
    if how == "closed":
        fails(lambda: driver.receive(b""), "proxy", sent=False)
    else:
        reset = "Connection reset by peer"
        fails(lambda: driver.exchange.broke(reset, now=at(0)), "proxy", sent=False)


@pytest.mark.parametrize("reply", [b"", REPLY[:-1]])
@pytest.mark.parametrize("how", ["close", "reset"])
def test_a_forwarding_proxy_that_ends_without_a_407_is_a_failure_like_others(how, reply):
    driver = Driver(Route(DIRECT.origin, PROXY))
    driver.ask(POST)
    if reply:
        driver.receive(reply)
    message = fails(lambda: end(driver, how), "closed", sent=True)
    assert message.startswith("h:80 (through the proxy p:3128): ")
    assert "407" not in message


@pytest.mark.parametrize("streams", [False, True])
def test_the_407_of_a_forwarding_proxy_is_its_own_word(streams):
    driver = Driver(Route(DIRECT.origin, PROXY))
    driver.ask(POST, streams=streams)
    message = fails(lambda: driver.receive(REFUSAL), "proxy", sent=False)
    assert message == "h:80 (through the proxy p:3128): proxy authentication failed (407)"


# --- time -------------------------------------------------------------------------------------


def test_a_call_waits_for_its_turn_and_then_goes_on():
    driver = Driver()
    driver.begin()
    first = driver.exchange
    driver.clock = 10
    second = driver.begin()
    assert (driver.step, second.until) == (Step.WAIT, 14)
    assert second.begin(now=at(13)) is Step.WAIT
    assert second.until == 14
    driver.pool.release(first, now=at(13))
    assert second.begin(now=at(13)) is Step.DIAL


@pytest.mark.parametrize("looks", [True, False])
def test_a_wait_for_the_pool_ends(looks):
    driver = Driver()
    driver.begin()
    first = driver.exchange
    second = driver.begin()
    late = second.begin if looks else second.timed_out
    message = fails(lambda: late(now=at(4)), "timeout", sent=False)
    assert message == "h:80: no connection in the pool became available within 4 s"
    assert first.lease is not None


def test_a_wait_for_the_pool_without_timeout_goes_on_after_each_look():
    driver = Driver()
    driver.begin()
    first = driver.exchange
    second = driver.begin(Request("GET", "http://h/x", timeout=Timeout(pool=None)))
    assert (driver.step, second.until) == (Step.WAIT, None)
    assert second.begin(now=at(1e9)) is Step.WAIT
    assert first.lease is not None


def test_a_call_that_waits_for_a_pool_that_is_closed_is_refused():
    driver = Driver()
    driver.begin()
    first = driver.exchange
    second = driver.begin()
    driver.pool.close()
    with pytest.raises(GenesysCloudError, match="closed in the meantime; nothing was sent"):
        second.begin(now=at(0))
    assert first.lease is not None


def test_a_call_that_a_closed_pool_refused_has_nothing_to_release():
    driver = Driver()
    driver.pool.close()
    exchange: Exchange[str] = Exchange(GET, DIRECT)
    with pytest.raises(GenesysCloudError, match="the client is closed"):
        driver.pool.acquire(exchange, DIRECT, now=at(0))
    driver.pool.release(exchange, now=at(0))
    assert (exchange.lease, exchange.is_waiting) == (None, False)


def expiring(at_second: float, **timeouts: float | None) -> Request:
    phases = {"connect": 1, "read": 2, "write": 3, "pool": 4, **timeouts}
    return Request("POST", "http://h/x", body=b"x", timeout=Timeout(**phases), expires=at_second)


DEADLINE = "h:80: the call's deadline passed"


def test_a_call_whose_deadline_is_over_begins_nothing():
    driver = Driver()
    driver.clock = 5
    assert fails(lambda: driver.begin(expiring(5)), "timeout", sent=False) == DEADLINE


def test_the_deadline_is_over_before_the_timeout_of_a_phase():
    driver = Driver()
    driver.begin(expiring(1.5))
    driver.connect()
    exchange = driver.exchange
    assert exchange.until == 1.5
    assert fails(lambda: exchange.timed_out(now=at(1.5)), "timeout", sent=False) == DEADLINE
    driver.write(1)
    assert fails(lambda: exchange.timed_out(now=at(1.5)), "timeout", sent=True) == DEADLINE
    driver.write()
    assert exchange.until == 1.5
    assert fails(lambda: exchange.timed_out(now=at(1.5)), "timeout", sent=True) == DEADLINE


def test_each_phase_has_its_time():
    driver = Driver()
    driver.begin(expiring(100))
    driver.connect()
    exchange = driver.exchange
    assert exchange.until == 3
    message = fails(lambda: exchange.timed_out(now=at(3)), "timeout", sent=False)
    assert message == "h:80: the request could not be written within 3 s"
    driver.write()
    assert exchange.until == 2
    message = fails(lambda: exchange.timed_out(now=at(3)), "timeout", sent=True)
    assert message == "h:80: no response was received within 2 s"


def test_a_phase_without_timeout_waits_for_ever_or_for_the_deadline():
    driver = Driver()
    driver.ask(Request("GET", "http://h/", timeout=Timeout(read=None)))
    assert driver.exchange.until is None
    driver = Driver()
    driver.ask(expiring(50, read=None))
    assert driver.exchange.until == 50


# --- requests that cannot be sent -------------------------------------------------------------


@pytest.mark.parametrize("uploads", [False, True])
def test_a_request_that_is_no_http_leaves_the_connection_as_it_was(uploads):
    driver = Driver()
    driver.call()
    driver.begin(Request("GE T", "http://h/"), uploads=uploads)
    fails(driver.connect, "protocol", sent=False)
    driver.release()
    assert driver.idle == 1


# --- bodies in pieces -------------------------------------------------------------------------

UPLOAD = Request("PUT", "http://h/x", timeout=GET.timeout)


def upload(driver: Driver, chunks: Iterator[bytes]) -> None:
    while driver.step is not Step.READ:
        match driver.step:
            case Step.WRITE:
                driver.write()
            case Step.CHECK:
                driver.step = driver.exchange.checked(readable=False, now=at(driver.clock))
            case Step.BODY:
                driver.step = driver.exchange.body(next(chunks, None), now=at(driver.clock))


def test_a_body_goes_out_in_the_pieces_that_the_caller_gives():
    driver = Driver()
    driver.begin(UPLOAD, uploads=True)
    driver.connect()
    upload(driver, iter([b"hello", b"", b" world"]))
    assert driver.written.endswith(b"\r\n\r\n5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n")
    driver.receive(REPLY)
    driver.release()
    assert driver.idle == 1


def test_a_body_of_known_length_ends_without_a_mark():
    driver = Driver()
    driver.begin(Request("PUT", "http://h/x", Headers({"Content-Length": "5"})), uploads=True)
    driver.connect()
    upload(driver, iter([b"he", b"llo"]))
    assert driver.written.endswith(b"\r\n\r\nhello")


@pytest.mark.parametrize("chunks", [[b"hell"], [b"hello!"]])
def test_a_body_of_another_length_than_announced_breaks_the_request(chunks):
    driver = Driver()
    driver.begin(Request("PUT", "http://h/x", Headers({"Content-Length": "5"})), uploads=True)
    driver.connect()
    fails(lambda: upload(driver, iter(chunks)), "protocol", sent=True)
    driver.release()
    assert driver.idle == 0


def test_a_response_between_two_pieces_of_a_body_ends_the_upload():
    driver = Driver()
    driver.ask(UPLOAD, uploads=True)
    driver.step = driver.exchange.checked(readable=False, now=at(0))
    driver.step = driver.exchange.body(b"hello", now=at(0))
    driver.write()
    assert driver.step is Step.CHECK
    driver.step = driver.exchange.checked(readable=True, now=at(0))
    assert driver.step is Step.READ
    driver.receive(b"HTTP/1.1 102 Processing\r\n\r\n")
    assert driver.step is Step.CHECK  # more of the body is wanted still
    driver.step = driver.exchange.checked(readable=True, now=at(0))
    driver.receive(b"HTTP/1.1 413 Too large\r\nContent-Length: 3\r\n\r\n")
    assert driver.step is Step.READ
    driver.receive(b"no!")
    assert (driver.step, driver.exchange.response.status) == (Step.RESPOND, 413)
    driver.release()
    assert driver.idle == 0


def test_a_response_in_the_middle_of_a_piece_ends_the_upload():
    driver = Driver()
    driver.ask(UPLOAD, uploads=True)
    driver.step = driver.exchange.checked(readable=False, now=at(0))
    driver.step = driver.exchange.body(b"hello", now=at(0))
    driver.write(3)
    driver.receive(b"HTTP/1.1 100 Continue\r\n\r\n")
    assert driver.step is Step.WRITE
    driver.receive(b"HTTP/1.1 413 Too large\r\nContent-Length: 3\r\n\r\n")
    assert driver.step is Step.READ
    driver.receive(b"no!")
    assert driver.step is Step.RESPOND


@pytest.mark.parametrize("taken", [False, True])
def test_a_body_that_was_begun_is_not_sent_again(taken):
    driver = Driver()
    driver.call()
    driver.ask(UPLOAD, uploads=True)
    assert driver.step is Step.CHECK
    driver.step = driver.exchange.checked(readable=not taken, now=at(0))
    if taken:
        assert driver.step is Step.BODY
        driver.step = driver.exchange.body(b"hello", now=at(0))
        driver.write()
        driver.step = driver.exchange.checked(readable=True, now=at(0))
        fails(lambda: driver.receive(b""), "closed", sent=True)
    else:
        driver.receive(b"")
        assert driver.step is Step.CLOSE


EXPECTING = Request("PUT", "http://h/x", Headers({"Expect": "100-continue"}), timeout=GET.timeout)


def test_a_body_waits_for_leave_and_goes_out_when_it_comes():
    driver = Driver()
    driver.ask(EXPECTING, uploads=True)
    assert (driver.step, driver.exchange.until) == (Step.READ, 1)
    driver.receive(b"HTTP/1.1 100 Continue\r\n\r\n")
    upload(driver, iter([b"x"]))
    assert driver.written.endswith(b"1\r\nx\r\n0\r\n\r\n")


def test_a_body_goes_out_after_a_while_without_leave():
    driver = Driver()
    driver.ask(EXPECTING, uploads=True)
    driver.step = driver.exchange.timed_out(now=at(1))
    assert driver.step is Step.BODY
    upload(driver, iter([b"x"]))
    assert driver.written.endswith(b"1\r\nx\r\n0\r\n\r\n")
    fails(lambda: driver.exchange.timed_out(now=at(9)), "timeout", sent=True)


def test_the_deadline_ends_the_wait_for_leave():
    driver = Driver()
    headers = Headers({"Expect": "100-continue"})
    driver.ask(Request("PUT", "http://h/x", headers, expires=0.5), uploads=True)
    assert driver.exchange.until == 0.5
    assert fails(lambda: driver.exchange.timed_out(now=at(0.5)), "timeout", sent=True) == DEADLINE


def test_a_refusal_instead_of_leave_is_the_response():
    driver = Driver()
    driver.ask(EXPECTING, uploads=True)
    driver.receive(b"HTTP/1.1 417 No\r\nContent-Length: 0\r\n\r\n")
    assert driver.step is Step.RESPOND
    driver.release()
    assert driver.idle == 0


# --- responses in pieces ----------------------------------------------------------------------


def test_a_response_is_read_piece_by_piece():
    driver = Driver()
    driver.ask(streams=True)
    driver.receive(REPLY[:5])
    assert driver.step is Step.READ
    driver.receive(REPLY[5:-1])
    assert driver.step is Step.RESPOND
    exchange = driver.exchange
    assert (exchange.response.status, exchange.response.body) == (200, b"")
    assert exchange.read_body(now=at(4)) == b"o"
    assert exchange.until == 2
    assert exchange.read_body(now=at(5)) is None
    assert exchange.until == 7
    assert exchange.received(b"k", now=at(6)) is Step.RESPOND
    assert exchange.read_body(1, now=at(6)) == b"k"
    assert exchange.read_body(now=at(6)) == b""
    driver.release()
    assert driver.idle == 1


def test_what_is_not_read_of_a_response_ends_the_connection():
    driver = Driver()
    driver.ask(streams=True)
    driver.exchange.stop()
    driver.receive(REPLY[:-1])
    driver.exchange.stop()
    driver.release()
    assert driver.idle == 0
    driver.ask(streams=True)
    driver.receive(REPLY)  # all of it is here
    driver.exchange.stop()
    driver.release()
    assert driver.idle == 1


def test_a_response_that_breaks_off_is_a_failure():
    for end_of_it in (
        lambda exchange: exchange.received(b"", now=at(1)),
        lambda exchange: exchange.broke("Connection reset by peer", now=at(1)),
    ):
        driver = Driver()
        driver.ask(streams=True)
        driver.receive(REPLY[:-1])
        assert fails(lambda: end_of_it(driver.exchange), "closed", sent=True).startswith("h:80: ")  # noqa: B023


def test_the_rest_of_a_response_has_its_time_and_the_deadline():
    driver = Driver()
    driver.ask(expiring(9), streams=True)
    driver.receive(REPLY[:-1])
    assert driver.exchange.read_body(1, now=at(1)) == b"o"
    assert driver.exchange.read_body(now=at(8)) is None
    assert driver.exchange.until == 9
    message = fails(lambda: driver.exchange.timed_out(now=at(2)), "timeout", sent=True)
    assert message == "h:80: no further data was received within 2 s"
    # Also where the data is here, and only the consumer is slow.
    assert fails(lambda: driver.exchange.read_body(now=at(9)), "timeout", sent=True) == DEADLINE


def test_content_that_cannot_be_decoded_is_a_failure():
    driver = Driver()
    driver.ask(streams=True)
    driver.receive(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\nok")
    fails(lambda: driver.exchange.read_body(now=at(0)), "protocol", sent=True)


def test_a_call_may_have_limits_of_its_own():
    driver = Driver()
    driver.ask(limits=ResponseLimits(body=1))
    fails(lambda: driver.receive(REPLY), "protocol", sent=True)


# --- whatever happens -------------------------------------------------------------------------


@given(st.binary(max_size=80))
def test_any_course_of_events_ends_in_a_response_or_a_failure_and_loses_no_place(data):
    run_exchange(data)


EVENTS = (0 * 32 + 5, 1 * 32, 2 * 32, 3 * 32 + 3, 255)
"""A few bytes come, it breaks, time is over, few bytes go out or something comes, all goes well."""


@pytest.mark.parametrize(
    "depth", [1, *(pytest.param(depth, marks=pytest.mark.slow) for depth in (2, 3))]
)
def test_every_course_of_the_first_events_ends_well(depth):
    """Exhaustive: every method, kind of body, reply and order of events."""
    for kind, reply in product(range(48), range(6)):
        for events in product(EVENTS, repeat=depth):
            run_exchange(bytes((kind, reply, *events)))


def test_a_resend_that_reaches_nobody_says_that_the_first_may_have():
    driver = Driver()
    driver.call()
    driver.ask()
    driver.receive(b"")
    assert driver.exchange.closed(now=at(0)) is Step.DIAL
    failure = TransportFailure("connecting to h:80 failed: refused", kind="connect", sent=False)
    found = driver.exchange.dial_failed(failure)
    assert (found.message, found.kind, found.sent) == (failure.message, "connect", True)
    driver.begin()
    assert driver.exchange.dial_failed(failure).sent is False
