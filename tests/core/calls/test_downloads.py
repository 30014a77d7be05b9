from functools import reduce

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fuzz.fuzz_downloads import require_safe
from genesys_core import errors
from genesys_core.api import users
from genesys_core.calls.downloads import (
    HAS_CONTENT,
    LARGEST_REFUSAL,
    SUCCESS,
    Download,
    DownloadProgress,
    file_name,
    nothing_to_save,
    safe_file_name,
    without_result,
)
from genesys_core.calls.lifecycle import NeedToken, Raised, Returned, Sending, start
from genesys_core.calls.operation import Operation, Options, raw_operation
from genesys_core.calls.partial_content import PartialFile
from genesys_core.calls.responses import ApiResponse
from genesys_core.clock import Now
from genesys_core.hosts import Gateway, Hosts
from genesys_core.http.headers import Headers
from genesys_core.http.messages import Request, Response, Timeout, TransportFailure
from genesys_core.oauth import Token
from genesys_core.session.session import Session, Settings
from genesys_core.session.vault import Vault

NOW = Now(100.0, 1_700_000_000.0)
HOSTS = Hosts.resolve(host="https://api.example")
SESSION = Session(
    Settings(hosts=HOSTS, headers=Headers({"X-Client": "hunter2"})), Vault(token=Token("hunter2"))
)
OPERATION = raw_operation("GET", "/api/v2/file", headers={"X-Call": "hunter2"})


def begun(download: Download, session: Session = SESSION, now: Now = NOW) -> Request:
    state = download.begin(session, now=now)
    assert isinstance(state, Sending)
    return state.request


NO_REQUEST = Request("GET", "https://api.example/")


def followed(download: Download, location: str | None, status: int = 302) -> Download:
    """What a driver does with a redirect: the next download, or the error that the call raises."""
    state = download.begin(SESSION, now=NOW)
    fields = {} if location is None else {"Location": location}
    state = state.received(Response(status, Headers(fields), b"moved"), now=NOW)
    if isinstance(state, Raised):
        raise state.error
    assert isinstance(state, Returned)
    assert state.response.raw == b""
    following = download.redirected(state.response, begun(download), HOSTS)
    assert following is not None
    return following


# --- where to ask


@pytest.mark.parametrize(
    ("source", "url"),
    [
        (OPERATION, "https://api.example/api/v2/file"),
        (users.get_users_me(expand=["x"]), "https://api.example/api/v2/users/me?expand=x"),
        ("/api/v2/downloads/1?a=b", "https://api.example/api/v2/downloads/1?a=b"),
        ("https://api.example/api/v2/x", "https://api.example/api/v2/x"),
        ("https://API.example/x", "https://API.example/x".replace("API", "api")),
    ],
)
def test_below_the_api_the_token_goes_along(source, url):
    request = begun(Download.of(source, SESSION, now=NOW))
    assert request.url == url
    assert request.headers["authorization"] == "Bearer hunter2"
    assert request.headers["accept-encoding"] == "identity"


@pytest.mark.parametrize(
    "url",
    [
        "https://files.example/x",
        "https://api.example.evil.example/x",
        "http://api.example/x",
        "https://api.example:8443/x",
        "https://api.example/a/../x",
    ],
)
def test_anywhere_else_nothing_goes_along(url):
    request = begun(Download.of(url, SESSION, now=NOW, options=Options(headers={"X": "hunter2"})))
    assert request.url == url
    assert "hunter2" not in str(request.headers.raw)


def test_a_gateway_has_paths_that_are_not_the_apis():
    hosts = Hosts.resolve(gateway=Gateway("gw.example", path_params_api="genesys"))
    session = Session(Settings(hosts=hosts), Vault(token=Token("hunter2")))
    inside = Download.of("https://gw.example/genesys/api/v2/x", session, now=NOW)
    assert begun(inside, session).headers["authorization"] == "Bearer hunter2"
    outside = Download.of("https://gw.example/other/x", session, now=NOW)
    assert "authorization" not in begun(outside, session).headers


@pytest.mark.parametrize(
    ("prefix", "location", "url"),
    [
        ("genesys", "/api/v2/y?a=b", "https://gw.example/genesys/api/v2/y?a=b"),
        ("genesys", "y", "https://gw.example/genesys/api/v2/y"),
        ("genesys", "/genesys/api/v2/y", "https://gw.example/genesys/api/v2/y"),
        ("genesys", "/x/../api/v2/y", "https://gw.example/genesys/api/v2/y"),
        ("genesys", "/files/y", "https://gw.example/files/y"),
        ("genesys", "//gw.example/files/y", "https://gw.example/files/y"),
        ("genesys", "https://gw.example/api/v2/y", "https://gw.example/api/v2/y"),
        ("genesys", "//files.example/api/v2/y", "https://files.example/api/v2/y"),
        ("api/v2", "/api/v2/y", "https://gw.example/api/v2/api/v2/y"),
        ("api/v2", "/api/v2/api/v2/y", "https://gw.example/api/v2/api/v2/y"),
        ("", "/api/v2/y", "https://gw.example/api/v2/y"),
    ],
)
def test_a_redirect_to_an_api_path_stays_below_the_path_of_a_gateway(prefix, location, url):
    """The platform does not know that path, so a reference to ``/api/v2/...`` lacks it."""
    hosts = Hosts.resolve(gateway=Gateway("gw.example", path_params_api=prefix))
    session = Session(Settings(hosts=hosts), Vault(token=Token("hunter2")))
    download = Download.of("/api/v2/x", session, now=NOW)
    state = download.begin(session, now=NOW)
    redirect = Response(302, Headers({"Location": location}))
    state = state.received(redirect, now=NOW)
    assert isinstance(state, Returned)
    following = download.redirected(state.response, begun(download, session), hosts)
    assert following is not None
    request = begun(following, session)
    assert request.url == url
    assert ("authorization" in request.headers) == url.startswith(f"{hosts.api}/")


def test_without_a_location_the_same_url_is_the_next():
    """Drivers do not ask: the call has failed (RFC 9110, section 15.4)."""
    download = Download.of("/api/v2/x", SESSION, now=NOW)
    redirect = ApiResponse(302, Headers(), None, b"")
    following = download.redirected(redirect, begun(download), HOSTS)
    assert following is not None
    assert begun(following).url == begun(download).url


def test_a_redirect_of_another_host_is_not_the_gateways():
    hosts = Hosts.resolve(gateway=Gateway("gw.example", path_params_api="genesys"))
    session = Session(Settings(hosts=hosts), Vault(token=Token("hunter2")))
    for source in ("https://gw.example/x", "https://files.example/x"):
        download = Download.of(source, session, now=NOW)
        redirect = ApiResponse(302, Headers({"Location": "/api/v2/y"}), None, b"")
        following = download.redirected(redirect, begun(download, session), hosts)
        assert following is not None
        request = begun(following, session)
        assert request.url == source.replace("/x", "/api/v2/y")
        assert "authorization" not in request.headers


@pytest.mark.parametrize("host", ["", "https://api.example", "https://files.example"])
def test_neither_a_download_nor_its_call_shows_the_signature_of_a_link(host):
    download = Download.of(f"{host}/api/v2/x?a=1&Signature=s1gnature", SESSION, now=NOW)
    state = download.begin(SESSION, now=NOW)
    assert "s1gnature" not in repr(download)
    assert "s1gnature" not in repr(state)
    assert "/api/v2/x" in repr(state)


@pytest.mark.parametrize("source", ["", "x", "ftp://h/x", "//h/x", "https://u:p@h/"])
def test_what_is_no_url_is_refused(source):
    with pytest.raises(errors.InvalidValueError):
        Download.of(source, SESSION, now=NOW)


def test_numbers_that_cannot_be_used_are_refused():
    with pytest.raises(errors.InvalidValueError, match="max_redirects"):
        Download.of(OPERATION, SESSION, now=NOW, max_redirects=-1)
    with pytest.raises(errors.InvalidValueError, match="deadline"):
        Download.of(OPERATION, SESSION, now=NOW, options=Options(deadline=0))
    with pytest.raises(TypeError, match="max_redirects"):
        Download.of(OPERATION, SESSION, now=NOW, max_redirects="5")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="source must be an operation, an API path or a URL"):
        Download.of(5, SESSION, now=NOW)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="must be an operation"):
        without_result("/api/v2/x")  # type: ignore[arg-type]


def test_a_callers_own_coding_is_kept():
    operation = OPERATION.with_options(headers={"Accept-Encoding": "gzip"})
    request = begun(Download.of(operation, SESSION, now=NOW))
    assert request.headers["accept-encoding"] == "gzip"


# --- what to follow


@pytest.mark.parametrize(
    "location", ["https://files.example/x?Signature=a%2Bb", "//files.example/x?Signature=a%2Bb"]
)
def test_another_host_gets_neither_token_nor_headers(location):
    request = begun(followed(Download.of(OPERATION, SESSION, now=NOW), location))
    assert (request.method, request.url) == ("GET", "https://files.example/x?Signature=a%2Bb")
    assert set(request.headers) == {"accept", "accept-encoding", "user-agent"}


def test_within_the_api_it_is_the_call_as_before():
    request = begun(followed(Download.of(OPERATION, SESSION, now=NOW), "other?x={y}"))
    assert request.url == "https://api.example/api/v2/other?x=%7By%7D"
    assert request.headers["x-call"] == "hunter2"
    assert request.headers["authorization"] == "Bearer hunter2"


def test_who_has_left_stays_without():
    away = followed(Download.of(OPERATION, SESSION, now=NOW), "https://files.example/x")
    back = begun(followed(away, "https://api.example/api/v2/y"))
    assert back.url == "https://api.example/api/v2/y"
    assert "hunter2" not in str(back.headers.raw)


@pytest.mark.parametrize(
    ("status", "location", "words"),
    [
        (302, None, "the response has no Location header"),
        (302, "http://files.example/x", "from https to http"),
        (302, "http://localhost.evil.example/x", "from https to http"),
        (302, "http://127.0.0.1.evil.example/x", "from https to http"),
        (302, "ftp://files.example/x", "not an http or https URL"),
        (302, "https://user:hunter3@files.example/x", "not an http or https URL"),
        (302, "https://[::1/x", "not an http or https URL"),
        (302, "data:,x", "not an http or https URL"),
    ],
)
def test_what_is_not_followed_says_why(status, location, words):
    download = Download.of(OPERATION, SESSION, now=NOW)
    with pytest.raises(errors.RedirectError, match=words) as caught:
        followed(download, location, status)
    assert caught.value.location == location
    assert [attempt.decision for attempt in caught.value.attempts] == [
        "the redirect is not followed"
    ]
    assert "hunter3" not in str(caught.value)


@pytest.mark.parametrize(
    ("location", "where"), [("http://files.example/x", "http://files.example/x"), (None, "nowhere")]
)
def test_what_is_not_followed_says_where_it_leads(location, where):
    download = Download.of(OPERATION, SESSION, now=NOW)
    with pytest.raises(errors.RedirectError, match=f"the redirect to {where} is not followed"):
        followed(download, location)


def test_from_http_a_redirect_may_lead_to_http():
    download = Download.of("http://127.0.0.1/x", SESSION, now=NOW)
    assert begun(followed(download, "http://files.example/x")).url == "http://files.example/x"


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "LOCALHOST:8080", "[::1]", "127.1.2.3", "app.localhost"]
)
def test_on_the_machine_itself_https_may_lead_to_http(host):
    download = followed(Download.of(OPERATION, SESSION, now=NOW), f"http://{host}/x")
    assert begun(download).url == f"http://{host}/x"


@pytest.mark.parametrize("status", [300, 304, 305, 306, 399])
def test_other_statuses_are_left_as_they_are(status):
    download = Download.of(OPERATION, SESSION, now=NOW)
    with pytest.raises(errors.RedirectError) as caught:
        followed(download, "https://files.example/x", status)
    assert "the redirect to" not in str(caught.value)


def test_other_failures_are_left_as_they_are():
    download = Download.of(OPERATION, SESSION, now=NOW)
    error = errors.ConnectError("x", sent=False)
    assert download.refuse_redirect(error) is error
    for status in (299, 400, 404):
        state = download.begin(SESSION, now=NOW)
        ended = state.received(Response(status, Headers({"Location": "/x"})), now=NOW)
        assert isinstance(ended, Returned if status < 300 else Raised)
        assert (
            download.redirected(ApiResponse(status, Headers(), None, b""), NO_REQUEST, HOSTS)
            is None
        )


@pytest.mark.parametrize("source", [OPERATION, "https://files.example/x"])
def test_a_redirect_is_a_failure_only_to_a_call_that_does_not_follow_it(source):
    answer = Response(302, Headers({"Location": "/y"}))
    state = Download.of(source, SESSION, now=NOW).begin(SESSION, now=NOW)
    assert isinstance(state.received(answer, now=NOW), Returned)
    plain = start(OPERATION, SESSION, now=NOW)
    assert isinstance(plain.received(answer, now=NOW).error, errors.RedirectError)


@pytest.mark.parametrize(
    ("status", "is_followed"), [(301, True), (303, True), (307, False), (308, False)]
)
def test_a_post_is_not_repeated_elsewhere(status, is_followed):
    download = Download.of(raw_operation("POST", "/api/v2/x", body={}), SESSION, now=NOW)
    if is_followed:
        request = begun(followed(download, "https://files.example/x", status))
        assert (request.method, request.body) == ("GET", None)
    else:
        with pytest.raises(errors.RedirectError, match="the POST request would be repeated"):
            followed(download, "https://files.example/x", status)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_get_is_repeated_elsewhere(status):
    download = followed(Download.of(OPERATION, SESSION, now=NOW), "https://files.example/x", status)
    assert begun(download).url == "https://files.example/x"


def test_five_redirects_are_followed_unless_said_otherwise():
    download = Download.of(OPERATION, SESSION, now=NOW)
    for _ in range(5):
        download = followed(download, "/x")
    with pytest.raises(errors.RedirectError, match="too many redirects"):
        followed(download, "/x")


@given(st.integers(0, 6), st.lists(st.sampled_from(["/x", "https://a.example/", "//b.example/?c"])))
def test_no_more_are_followed_than_said(most, locations):
    download = Download.of(OPERATION, SESSION, now=NOW, max_redirects=most)
    for location in locations[:most]:
        download = followed(download, location)
    if len(locations) > most:
        with pytest.raises(errors.RedirectError, match="too many"):
            followed(download, locations[most])


@given(st.text())
def test_any_location_is_followed_safely_or_refused(location):
    download = Download.of(OPERATION, SESSION, now=NOW)
    answer = Response(302, Headers.received([("Location", location)]))
    state = download.begin(SESSION, now=NOW).received(answer, now=NOW)
    if isinstance(state, Raised):
        assert isinstance(state.error, errors.RedirectError)
        return
    next_download = download.redirected(state.response, begun(download), HOSTS)
    assert next_download is not None
    following = begun(next_download)
    inside = following.url.startswith("https://api.example/")
    assert inside or "hunter2" not in str(following.headers.raw)
    assert following.url.startswith("https://") or "localhost" in following.url


# --- one deadline for all of it


def test_the_deadline_holds_for_all_requests():
    download = Download.of(OPERATION, SESSION, now=NOW, options=Options(deadline=10))
    first = download.begin(SESSION, now=NOW)
    assert isinstance(first, Sending)
    assert first.request.expires == 110
    away = followed(download, "https://files.example/x")
    second = away.begin(SESSION, now=Now(104.0, NOW.wall))
    assert isinstance(second, Sending)
    assert second.request.expires == 110
    assert isinstance(away.begin(SESSION, now=Now(109.5, NOW.wall)), Sending)
    with pytest.raises(errors.TimeoutError):
        away.begin(SESSION, now=Now(110.0, NOW.wall))


@pytest.mark.parametrize(
    ("on_call", "given", "expires"),
    [(None, None, 130), (20, None, 120), (20, 5, 120), (None, 5, 105)],
)
def test_whose_deadline_counts(on_call, given, expires):
    session = Session(Settings(hosts=HOSTS, deadline=30))
    operation = OPERATION.with_options(deadline=on_call)
    download = Download.of(operation, session, now=NOW, options=Options(deadline=given))
    assert download.expires == expires


def test_without_a_deadline_there_is_none():
    assert Download.of("https://h/", SESSION, now=NOW).expires is None


def test_timeouts_go_with_the_download():
    download = Download.of(OPERATION, SESSION, now=NOW, options=Options(timeout=3))
    assert begun(download).timeout == Timeout.of(3)
    assert begun(followed(download, "https://files.example/x")).timeout == Timeout.of(3)


def test_a_token_may_have_to_be_obtained_first():
    from genesys_core.oauth import ClientCredentials

    session = Session(Settings(hosts=HOSTS), Vault(ClientCredentials("id", "secret")))
    assert isinstance(Download.of(OPERATION, session, now=NOW).begin(session, now=NOW), NeedToken)


# --- whether it came whole


@pytest.mark.parametrize(
    ("fields", "total"),
    [
        ([], None),
        ([("Content-Length", "5")], 5),
        ([("Content-Length", "5, 5")], 5),
        ([("Content-Length", "5"), ("Content-Length", "5")], 5),
        ([("Content-Length", "5, 6")], None),
        ([("Content-Length", "-5")], None),
        ([("Content-Length", "\u0665")], None),
        ([("Content-Length", "9" * 30)], None),
        ([("Content-Length", "5"), ("Content-Encoding", "gzip")], None),
        ([("Content-Length", "5"), ("Content-Encoding", "identity")], 5),
        ([("Content-Length", "5"), ("Transfer-Encoding", "chunked")], None),
    ],
)
def test_the_length_is_read_where_it_is_the_files(fields, total):
    part = PartialFile().received(200, Headers(fields))
    assert DownloadProgress.begun(part).total == total


@given(st.lists(st.integers(0, 100)), st.none() | st.integers(0, 500))
def test_only_a_whole_body_is_finished(sizes, total):
    saving = DownloadProgress(0, total)
    for size in sizes:
        saving = saving.advanced(size)
    assert saving.done == sum(sizes)
    if total in {None, sum(sizes)}:
        saving.finished()
    else:
        with pytest.raises(TransportFailure, match=f"{sum(sizes)} of {total} bytes") as caught:
            saving.finished()
        assert caught.value.sent


def test_a_file_that_is_as_large_as_announced_and_allowed_is_finished():
    DownloadProgress.begun(PartialFile(), 0).finished()
    saving = DownloadProgress(total=5, limit=5).advanced(5)
    assert saving.done == 5
    saving.finished()


@given(st.lists(st.integers(1, 100)), st.integers(0, 500))
def test_no_more_is_saved_than_wanted(sizes, limit):
    saving = DownloadProgress(limit=limit)
    if sum(sizes) <= limit:
        for size in sizes:
            saving = saving.advanced(size)
    else:
        with pytest.raises(errors.GenesysCloudError, match=f"max_bytes={limit}"):
            reduce(DownloadProgress.advanced, sizes, saving)


def test_what_is_announced_as_too_large_is_not_begun():
    part = PartialFile(size=4, total=10)
    with pytest.raises(errors.GenesysCloudError, match="max_bytes=9"):
        DownloadProgress.begun(part, 9)
    assert DownloadProgress.begun(part, 10) == DownloadProgress(4, 10, 10)
    with pytest.raises(errors.GenesysCloudError, match="max_bytes=3"):
        DownloadProgress.begun(PartialFile(size=4), 3)


def test_a_file_is_identified_by_what_is_the_same_next_time():
    inside = Download.of("/api/v2/file?x=1", SESSION, now=NOW)
    assert inside.identify(begun(inside)) == "https://api.example/api/v2/file?x=1"
    outside = Download.of("https://files.example/f?Signature=1", SESSION, now=NOW)
    assert outside.identify(begun(outside)) == "https://files.example/f"
    post = Download.of(raw_operation("POST", "/api/v2/file"), SESSION, now=NOW)
    with pytest.raises(errors.InvalidValueError, match="a POST cannot be resumed"):
        post.identify(begun(post))


def test_statuses():
    assert [status for status in range(100, 600) if status in SUCCESS] == list(range(200, 300))
    assert {200, 203, 206} == HAS_CONTENT
    assert LARGEST_REFUSAL == 2**20
    error = nothing_to_save(ApiResponse(202, Headers(), None, b""))
    assert str(error) == (
        "the response contains no file (HTTP 202): the platform is still preparing it; try again later"
    )
    assert error.is_retry_safe
    error = nothing_to_save(ApiResponse(204, Headers(), None, b""))
    assert str(error) == "the response contains no file (HTTP 204)"


def test_without_a_result_nothing_is_decoded():
    operation = without_result(users.get_users_me())
    state = Download.of(operation, SESSION, now=NOW).begin(SESSION, now=NOW)
    assert isinstance(state, Sending)
    assert not isinstance(state.received(Response(200, body=b"RIFF"), now=NOW), Raised)
    assert isinstance(operation, Operation)


# --- what to call it


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ('attachment; filename="a b.wav"', "a b.wav"),
        ("attachment; filename=plain.txt", "plain.txt"),
        ("attachment;filename=plain.txt;size=3", "plain.txt"),
        ('ATTACHMENT; FileName="x.txt"', "x.txt"),
        ("attachment; filename=x; filename*=UTF-8''%e2%82%ac%20rates.txt", "€ rates.txt"),
        ("attachment; filename*=iso-8859-1'en'%A3%20rates", "£ rates"),
        ("attachment; filename*=utf-16''x; filename=y", "y"),
        ('attachment; filename="\u00c3\u00a9.txt"', "é.txt"),
        ('attachment; filename="\u00e9.txt"', "é.txt"),
        ('attachment; filename="%C3%A9.txt"', "é.txt"),
        (r'attachment; filename="a\"b.txt"', "a_b.txt"),
        ('attachment; filename="a;b=c.txt"', "a;b=c.txt"),
        ('attachment; filename="../../etc/passwd"', "passwd"),
        (r'attachment; filename="..\\..\\boot.ini"', "boot.ini"),
        ("attachment; filename=%2e%2e%2fx", "x"),
        ("attachment; filename*=UTF-8''..%2F..%2Fx", "x"),
        ('attachment; filename="C:\\\\dir\\\\CON.txt"', "_CON.txt"),
        ('attachment; filename="nul"', "_nul"),
        ('attachment; filename="ConIn$"', "_ConIn$"),
        ('attachment; filename="conout$.txt"', "_conout$.txt"),
        ('attachment; filename="con$.txt"', "con$.txt"),
        ('attachment; filename=".bashrc"', "bashrc"),
        ('attachment; filename="x.txt. . "', "x.txt"),
        ('attachment; filename="a<b>:|?*.txt"', "a_b_____.txt"),
        ('attachment; filename="a\u202egpj.exe"', "agpj.exe"),
        ('attachment; filename="a\x00b\r\n.txt"', "ab.txt"),
        ('attachment; filename="\ud800x"', "x"),
        ("attachment", "fallback"),
        ("", "fallback"),
        (None, "fallback"),
        ('attachment; filename=""', "fallback"),
        ('attachment; filename="..."', "fallback"),
        ('attachment; filename="a/"', "fallback"),
    ],
)
def test_a_name_is_read_and_made_safe(header, name):
    assert safe_file_name(header, "fallback") == name


def test_a_fallback_is_made_safe_as_well():
    assert safe_file_name(None, "../x") == "x"
    assert safe_file_name(None, "..") == "download"
    assert safe_file_name(None) == "download"


def test_a_long_name_keeps_its_extension():
    name = safe_file_name(f'attachment; filename="{"é" * 300}.wav"')
    assert name.endswith("é.wav")
    assert len(name.encode()) <= 200
    assert len(safe_file_name(None, "x." + "y" * 300)) == 200
    assert safe_file_name(None, "x" * 300 + "." + "y" * 20) == "x" * 179 + "." + "y" * 20
    assert safe_file_name(None, "x" * 300 + "." + "y" * 21) == "x" * 200
    assert safe_file_name(None, "x" * 300) == "x" * 200


@given(st.none() | st.text() | st.text().map("attachment; filename={}".format), st.text())
def test_whatever_a_server_says_the_name_is_safe(header, fallback):
    require_safe(safe_file_name(header, fallback))


def test_a_file_is_named_by_the_server_or_by_its_url():
    request = Request("GET", "https://files.example/a/b%20c.wav?sig=x")
    assert file_name(request, Headers()) == "b c.wav"
    named = Headers({"Content-Disposition": 'attachment; filename="../d.wav"'})
    assert file_name(request, named) == "d.wav"
