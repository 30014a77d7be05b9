"""``genesys-cloud doctor``: broken set-ups, each named."""

import socket
import ssl
import threading
from contextlib import contextmanager
from email.utils import formatdate

import pytest

from genesys_cloud.cli.connection import client_options
from genesys_cloud.simulator import running_simulator
from genesys_core.command_line.usage import UsageError
from tests.helpers.command import run_command
from tests.helpers.server import Raw, Reply, Stall, scripted_server

pytestmark = pytest.mark.usefixtures("clean_home")

TOKEN = {
    "GENESYSCLOUD_ACCESS_TOKEN": "t" * 40,
    "HTTPS_PROXY": "",
    "HTTP_PROXY": "",
    "NO_PROXY": "*",
}


@pytest.fixture(scope="module")
def platform():
    with running_simulator() as running:
        yield running


def credentials(platform, **changed):
    found = {
        "GENESYSCLOUD_HOST": platform.url,
        "GENESYSCLOUD_OAUTHCLIENT_ID": platform.client_id,
        "GENESYSCLOUD_OAUTHCLIENT_SECRET": platform.client_secret,
    }
    return {
        **found,
        **{f"GENESYSCLOUD_OAUTHCLIENT_{name}": value for name, value in changed.items()},
    }


def failure(done):
    """The step that failed, and its cause."""
    (line,) = [line for line in done.out.splitlines() if line.startswith("FAIL")]
    step, _, rest = line.removeprefix("FAIL").strip().partition(" ")
    return step, rest.strip().partition(":")[0]


def examine(*options, environment=None, before=()):
    return run_command(*before, "doctor", *options, environment=environment or TOKEN)


def at(handler, *options, environment=None):
    with scripted_server(handler) as server:
        return examine(*options, environment=environment, before=("--host", server.url))


def answering(me, *, topic=None):
    def handler(seen):
        if seen.target.startswith("/api/v2/users/me"):
            return me
        if seen.target.startswith("/api/v2/notifications"):
            return topic or Reply(403, {"message": "no", "code": "missing.any.permissions"})
        return Reply(json={})

    return handler


def test_a_set_up_without_a_problem(platform):
    done = examine(environment=credentials(platform))
    assert (done.code, done.err) == (0, "")
    assert [line.split()[1] for line in done.out.splitlines()] == [
        "configuration",
        "connection",
        "token",
        "user",
        "channel",
    ]
    assert "user001@example.com" in done.out


def test_a_token_without_a_user():
    refused = Reply(
        400, {"message": "This request requires a user context.", "code": "bad.request"}
    )
    done = at(answering(refused, topic=Reply(json={"id": "c"})))
    assert done.code == 0, done.out
    assert "the token belongs to an OAuth client" in done.out


def test_configuration(clean_home):
    folder = clean_home / ".genesyscloudpython"
    folder.mkdir()
    folder.joinpath("config").write_text("[retry]\nretry_max = many\n")
    done = examine()
    assert failure(done) == ("configuration", "configuration")
    assert done.code == 2


def test_region():
    done = examine(before=("--region", "eu_wst_1"))
    assert failure(done) == ("configuration", "configuration")
    assert "known regions" in done.out


def test_profile():
    assert failure(examine(before=("--profile", "nope"))) == ("configuration", "configuration")


def test_a_missing_profile_names_the_sign_in_that_makes_it(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    with pytest.raises(UsageError) as caught:
        client_options({"profile": "nope"})
    assert "run genesys-cloud --profile nope login" in str(caught.value)


def test_dns():
    done = examine(before=("--host", "http://nowhere.invalid"))
    assert failure(done) == ("connection", "DNS")
    assert done.code == 9


def test_connection_refused():
    assert failure(examine(before=("--host", "http://127.0.0.1:1"))) == (
        "connection",
        "connection refused",
    )


def test_timeout():
    done = at(lambda seen: Stall(), "--timeout", "0.2")
    assert failure(done) == ("connection", "timeout")
    assert done.code == 10


def test_a_proxy_that_does_not_listen():
    environment = {**TOKEN, "NO_PROXY": ""}
    done = examine(
        "--proxy",
        "http://127.0.0.1:1",
        before=("--host", "http://x.example"),
        environment=environment,
    )
    assert failure(done) == ("connection", "proxy")


def test_a_proxy_that_wants_credentials():
    refused = Raw(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
    environment = {**TOKEN, "NO_PROXY": ""}
    with scripted_server(lambda seen: refused) as proxy:
        done = examine(
            "--proxy", proxy.url, before=("--host", "https://x.example"), environment=environment
        )
    assert failure(done) == ("connection", "proxy credentials")


def handshake(certificate):
    """Completes the handshake of a connection."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)

    def answer(connection):
        with context.wrap_socket(connection, server_side=True) as wrapped:
            wrapped.recv(65536)

    return answer


def plain_text(connection):
    """Takes a handshake for a request, as a server without TLS does."""
    with connection:
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")


@contextmanager
def accepting(answer):
    """Accepts connections one after the other."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve():
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                try:
                    answer(connection)
                except OSError:
                    connection.close()

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)
    thread.join()


@pytest.mark.parametrize(
    ("names", "is_trusted", "not_after", "cause"),
    [
        (["127.0.0.1"], False, None, "certificate"),
        (["other.example"], True, None, "host name"),
        (["127.0.0.1"], True, "2020-01-01", "expired certificate"),
    ],
)
def test_certificates(names, is_trusted, not_after, cause, tmp_path):
    import datetime

    trustme = pytest.importorskip("trustme")
    authority = trustme.CA()
    ends = (
        None
        if not_after is None
        else datetime.datetime.fromisoformat(f"{not_after}T00:00:00+00:00")
    )
    certificate = (
        authority.issue_cert(*names, not_after=ends) if ends else authority.issue_cert(*names)
    )
    ca = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(ca)
    with accepting(handshake(certificate)) as port:
        options = ("--ca", str(ca)) if is_trusted else ()
        done = examine(*options, before=("--host", f"https://127.0.0.1:{port}"))
    assert failure(done) == ("connection", cause), done.out


def test_a_server_without_tls():
    with accepting(plain_text) as port:
        done = examine(before=("--host", f"https://127.0.0.1:{port}"))
    assert failure(done) == ("connection", "TLS")


def test_clock():
    headers = (("Date", formatdate(1_000_000_000, usegmt=True)),)
    done = at(lambda seen: Reply(json={}, headers=headers))
    assert failure(done) == ("connection", "clock")
    assert done.code == 1


def test_a_sign_in_page_of_the_network():
    page = Reply(200, body=b"<html>sign in</html>", headers=(("Content-Type", "text/html"),))
    assert failure(at(lambda seen: page)) == ("connection", "unexpected response")
    moved = Reply(302, headers=(("Location", "http://portal.example"),))
    assert failure(at(lambda seen: moved)) == ("connection", "unexpected response")


def test_no_credentials(platform):
    done = examine(environment={"GENESYSCLOUD_HOST": platform.url})
    assert failure(done) == ("token", "no credentials")
    assert done.code == 3


def test_a_wrong_secret(platform):
    done = examine(environment=credentials(platform, SECRET="wrong"))
    assert failure(done) == ("token", "client secret")
    assert "wrong" not in done.out


def test_a_client_of_another_region(platform):
    done = examine(environment=credentials(platform, ID="elsewhere"))
    assert failure(done) == ("token", "unknown client")


def test_a_token_that_is_not_accepted(platform):
    environment = {**TOKEN, "GENESYSCLOUD_HOST": platform.url}
    done = examine(environment=environment)
    assert failure(done) == ("token", "token")
    assert "t" * 40 not in done.out


def test_a_permission():
    refused = Reply(403, {"message": "Missing: directory:user:view", "code": "missing.permissions"})
    done = at(answering(refused))
    assert failure(done) == ("user", "permission")
    assert "directory:user:view" in done.out
    assert done.code == 4


def test_notifications():
    done = at(answering(Reply(json={"id": "u", "name": "Ann"})), "--timeout", "3")
    assert failure(done)[0] == "channel"
    assert "missing" in done.out or "no" in done.out


def test_the_platform_fails():
    assert failure(at(lambda seen: Reply(503, {"message": "x"}))) == ("connection", "platform")
