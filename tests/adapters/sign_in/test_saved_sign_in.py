"""The sign-in that is kept for later commands."""

import stat

import httpx
import pytest

from genesys_cloud import Client, Gateway
from genesys_cloud.login import exchange_grant
from genesys_cloud.sign_in.saved_sign_in import DEFAULT_TOKEN_FILE, SavedSignIn, SignInTarget
from genesys_cloud.simulator import Settings, running_simulator
from genesys_cloud.token_stores import TokenStoreError
from genesys_cloud.transports import HttpxTransport
from genesys_core.api import users
from genesys_core.clock import Now
from genesys_core.errors import ConnectError, InvalidGrantError
from genesys_core.http.messages import TransportFailure
from genesys_core.oauth.grants import Pkce
from genesys_core.oauth.tokens import Token
from tests.strategies.loopback import CHALLENGE, REDIRECT, VERIFIER, query_of

PLACE = SignInTarget("c", host="http://127.0.0.1:1")
TOKEN = Token("hunter2", refresh_token="hunter3")


@pytest.fixture
def signed_in(tmp_path):
    return SavedSignIn(tmp_path / "deep" / "tokens.json")


class Clock:
    def __init__(self):
        self.now = Now(0.0, 1_700_000_000.0)

    def __call__(self):
        return self.now

    def sleep(self, seconds):
        self.now = Now(self.now.monotonic + seconds, self.now.wall + seconds)


def test_it_is_there_until_it_is_forgotten(signed_in):
    assert signed_in.load() is None
    signed_in.save(PLACE, TOKEN)
    again = SavedSignIn(signed_in.path)
    assert again.load() == (PLACE, TOKEN)
    again.forget(PLACE)
    again.forget(PLACE)
    assert again.load() is None
    assert again.target() is None


def test_only_the_owner_reads_it_and_secrets_are_in_the_token_file_alone(signed_in):
    gateway = Gateway("g.example.com", port=1, path_params_api="a", password=None)
    target = SignInTarget("c", gateway=gateway)
    signed_in.save(target, TOKEN)
    assert signed_in.target() == target
    files = [path for path in signed_in.path.parent.iterdir() if path.stat().st_size]
    assert {path.name for path in files} == {"tokens.json", "tokens.sign-in.json"}
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
    assert "hunter" not in signed_in.path.with_name("tokens.sign-in.json").read_text()


def test_a_gateways_password_is_not_kept(signed_in):
    gateway = Gateway("g.example.com", username="u", password="hunter2")
    signed_in.save(SignInTarget("c", gateway=gateway), TOKEN)
    assert "hunter" not in signed_in.path.with_name("tokens.sign-in.json").read_text()
    assert signed_in.load()[0] == SignInTarget("c", gateway=Gateway("g.example.com"))


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b'{"client_id": 1}', b"\xff", b"{"])
def test_what_is_not_ours_is_refused_and_left_alone(signed_in, content):
    signed_in.path.parent.mkdir()
    other = signed_in.path.with_name("tokens.sign-in.json")
    other.write_bytes(content)
    with pytest.raises(TokenStoreError, match=r"tokens\.sign-in\.json.*move it away"):
        signed_in.load()
    with pytest.raises(TokenStoreError):
        signed_in.save(PLACE, TOKEN)
    assert other.read_bytes() == content
    assert not signed_in.path.exists()


def test_what_cannot_be_read_or_written_is_an_error_in_words(signed_in):
    signed_in.path.with_name("tokens.sign-in.json").mkdir(parents=True)
    with pytest.raises(TokenStoreError, match="cannot be read"):
        signed_in.load()
    with pytest.raises(TokenStoreError, match="cannot be removed"):
        signed_in.forget(PLACE)
    with pytest.raises(TokenStoreError, match="cannot be written"):
        signed_in._write(b"{}")
    assert not list(signed_in.path.parent.glob(".sign-in.*"))


def test_the_home_directory_is_the_default(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    signed_in = SavedSignIn()
    signed_in.save(PLACE, TOKEN)
    assert DEFAULT_TOKEN_FILE.replace("~", str(tmp_path)) == str(signed_in.path)
    assert signed_in.path.is_file()


def test_places_say_where_they_are():
    assert str(SignInTarget("c", region="eu_west_1")) == "eu_west_1"
    assert str(SignInTarget("c", host="http://x")) == "http://x"
    assert str(SignInTarget("c", gateway=Gateway("g"))) == "us_east_1 through the gateway g"


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def simulator(clock):
    with running_simulator(settings=Settings(token_lifetime=1000), clock=clock) as running:
        yield running


@pytest.fixture
def target(simulator):
    return SignInTarget(simulator.client_id, host=simulator.url)


def signed(simulator, target, clock):
    """A token by PKCE, with a refresh token."""
    fields = {
        "client_id": target.client_id,
        "redirect_uri": REDIRECT,
        "response_type": "code",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
    }
    who = {"email": simulator.email, "password": simulator.password, "action": "sign-in"}
    url = f"{simulator.url}/oauth/authorize"
    answer = httpx.post(url, params=fields, data=who, trust_env=False)
    code = query_of(answer.headers["location"])["code"]
    grant = Pkce(target.client_id, code, VERIFIER, REDIRECT)
    return exchange_grant(grant, target.hosts, transport=None, clock=clock)


def test_a_token_that_lasts_is_handed_out_without_a_request(signed_in, simulator, target, clock):
    token = signed(simulator, target, clock)
    signed_in.save(target, token)
    before = simulator.simulator.count("POST", "/oauth/token")
    assert signed_in.renewed_token(target, clock=clock) == token
    assert simulator.simulator.count("POST", "/oauth/token") == before


def test_an_ended_token_is_renewed_and_the_rotated_one_kept(signed_in, simulator, target, clock):
    first = signed(simulator, target, clock)
    signed_in.save(target, first)
    clock.sleep(1000)
    second = signed_in.renewed_token(target, clock=clock)
    assert second.access_token != first.access_token
    assert second.refresh_token != first.refresh_token
    assert signed_in.load() == (target, second)
    with Client(**target.options(second)) as client:
        assert client.send(users.get_users_me()).email == simulator.email
    clock.sleep(1000)
    assert signed_in.renewed_token(target, clock=clock).access_token != second.access_token


def test_a_refusal_to_renew_is_the_platforms_error(signed_in, simulator, target, clock):
    signed_in.save(target, signed(simulator, target, clock))
    clock.sleep(1000)
    simulator.simulator.state.refresh_tokens.clear()
    with pytest.raises(InvalidGrantError, match="sign in again"):
        signed_in.renewed_token(target, clock=clock)


def test_without_a_refresh_token_it_is_handed_out_as_it_is(signed_in, target, clock):
    signed_in.save(target, Token("a", expires_at=0.0, expires_in=1))
    assert signed_in.renewed_token(target, clock=clock).access_token == "a"
    signed_in.store.delete(target.key)
    assert signed_in.renewed_token(target, clock=clock) is None


def test_an_ending_token_serves_on_when_the_platform_cannot_be_reached(signed_in, clock):
    class Down(HttpxTransport):
        def send(self, request):
            raise TransportFailure("down", kind="connect", sent=False)

    ending = Token("a", expires_in=1000, expires_at=clock.now.wall + 10, refresh_token="b")
    signed_in.save(PLACE, ending)
    transport = Down()
    assert signed_in.renewed_token(PLACE, transport=transport, clock=clock) == ending
    clock.sleep(10)
    with pytest.raises(ConnectError, match="down"):
        signed_in.renewed_token(PLACE, transport=transport, clock=clock)
    assert signed_in.load() == (PLACE, ending)
    transport.close()
