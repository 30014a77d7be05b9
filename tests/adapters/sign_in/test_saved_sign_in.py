"""The sign-in that is kept for later commands."""

import os
import stat
import sys

import msgspec
import pytest

from genesys_cloud import Client, Gateway
from genesys_cloud.sign_in.saved_sign_in import DEFAULT_TOKEN_FILE, SavedSignIn, SignInTarget
from genesys_cloud.simulator import running_simulator
from genesys_cloud.token_stores import TokenStoreError
from genesys_core.errors import ConfigurationError, InvalidGrantError, ProxyError
from genesys_core.oauth.grants import Pkce
from genesys_core.oauth.tokens import Token
from tests.helpers.programs import free_port
from tests.strategies.loopback import CHALLENGE, REDIRECT, VERIFIER, query_of

httpx = pytest.importorskip("httpx")

PLACE = SignInTarget("c", host="http://127.0.0.1:1")
TOKEN = Token("hunter2", refresh_token="hunter3")


@pytest.fixture(autouse=True)
def _no_settings_of_this_machine(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path / "home"))


@pytest.fixture
def signed_in(tmp_path):
    return SavedSignIn(tmp_path / "deep" / "tokens.json")


def test_it_is_there_until_it_is_forgotten(signed_in):
    assert signed_in.load() is None
    signed_in.save(PLACE, TOKEN)
    again = SavedSignIn(signed_in.path)
    assert again.load() == (PLACE, TOKEN)
    again.forget(PLACE)
    again.forget(PLACE)
    assert again.load() is None
    assert again.target() is None


def test_another_sign_in_stays_current_if_one_is_forgotten(signed_in):
    """As another process may have signed in while a token is revoked."""
    other = SignInTarget("other", host="http://127.0.0.1:1")
    signed_in.save(PLACE, TOKEN)
    signed_in.save(other, TOKEN)
    signed_in.forget(PLACE)
    assert signed_in.load() == (other, TOKEN)
    assert signed_in.store.load(PLACE.key) is None


def test_a_process_that_hangs_does_not_prevent_a_sign_in(signed_in):
    with signed_in.lock(), SavedSignIn(signed_in.path).lock(timeout=0.05):
        signed_in.store.save(PLACE.key, TOKEN)
    assert signed_in.store.load(PLACE.key) == TOKEN


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
    other.chmod(0o600)
    with pytest.raises(TokenStoreError, match=r"tokens\.sign-in\.json.*move it away"):
        signed_in.load()
    with pytest.raises(TokenStoreError):
        signed_in.save(PLACE, TOKEN)
    assert other.read_bytes() == content
    assert not signed_in.path.exists()


def test_what_cannot_be_read_or_written_is_an_error_in_words(signed_in):
    signed_in.path.with_name("tokens.sign-in.json").mkdir(parents=True)
    with pytest.raises(TokenStoreError, match="is not a regular file"):
        signed_in.load()
    with pytest.raises(TokenStoreError, match="cannot be removed"):
        signed_in.forget(PLACE)
    with pytest.raises(TokenStoreError, match="cannot be written"):
        signed_in._write(b"{}")
    assert not list(signed_in.path.parent.glob(".sign-in.*"))


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no FIFOs and modes")
def test_settings_that_somebody_else_may_have_planted_are_refused(signed_in):
    signed_in.save(PLACE, TOKEN)
    settings = signed_in.path.with_name("tokens.sign-in.json")
    settings.chmod(0o666)
    with pytest.raises(TokenStoreError, match="may have been planted"):
        signed_in.load()
    settings.rename(settings.with_name("elsewhere"))
    settings.symlink_to("elsewhere")
    with pytest.raises(TokenStoreError, match="is a symbolic link"):
        signed_in.load()
    settings.unlink()
    os.mkfifo(settings)
    with pytest.raises(TokenStoreError, match="is not a regular file"):
        signed_in.load()


def test_the_home_directory_is_the_default(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    signed_in = SavedSignIn()
    signed_in.save(PLACE, TOKEN)
    assert DEFAULT_TOKEN_FILE.replace("~", str(tmp_path)) == str(signed_in.path)
    assert signed_in.path.is_file()


def test_nobody_is_signed_in_if_the_home_directory_is_a_file(monkeypatch):
    """``HOME=/dev/null``, as in some containers and services."""
    monkeypatch.setenv("HOME", os.devnull)
    signed_in = SavedSignIn()
    assert signed_in.target() is None
    assert signed_in.load() is None
    assert signed_in.client() is None
    with pytest.raises(TokenStoreError, match="Not a directory"):
        signed_in.save(PLACE, TOKEN)


def test_places_say_where_they_are():
    assert str(SignInTarget("c", region="eu_west_1")) == "eu_west_1"
    assert str(SignInTarget("c", host="http://x")) == "http://x"
    assert str(SignInTarget("c", gateway=Gateway("g"))) == "us_east_1 through the gateway g"


@pytest.fixture(scope="module")
def simulator():
    with running_simulator() as running:
        yield running


@pytest.fixture
def target(simulator):
    return SignInTarget(simulator.client_id, host=simulator.url)


def signed(simulator, target):
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
    with Client(**target.options()) as client:
        return client.auth.exchange(Pkce(target.client_id, code, VERIFIER, REDIRECT))


def ended(token):
    return msgspec.structs.replace(token, expires_at=0.0)


def exchanges(simulator):
    return simulator.simulator.count("POST", "/oauth/token")


def test_where_nobody_is_signed_in_there_is_no_client(signed_in, target):
    assert signed_in.client() is None
    signed_in.save(target, TOKEN)
    signed_in.store.delete(target.key)
    assert signed_in.client() is None


def test_a_token_that_lasts_is_used_without_a_request(signed_in, simulator, target):
    token = signed(simulator, target)
    signed_in.save(target, token)
    before = exchanges(simulator)
    with signed_in.client() as client:
        assert client.users.get_users_me().email == simulator.email
        assert client.auth.token == token
    assert exchanges(simulator) == before


def test_an_ended_token_is_renewed_and_the_rotated_one_kept(signed_in, simulator, target):
    first = signed(simulator, target)
    signed_in.save(target, ended(first))
    with signed_in.client() as client:
        assert client.users.get_users_me().email == simulator.email
        second = client.auth.token
    assert second.access_token != first.access_token
    assert second.refresh_token != first.refresh_token
    assert signed_in.load() == (target, second)


def test_a_token_that_another_process_has_renewed_is_taken_over(signed_in, simulator, target):
    first = signed(simulator, target)
    signed_in.save(target, ended(first))
    with signed_in.client() as one, signed_in.client() as other:
        before = exchanges(simulator)
        one.users.get_users_me()
        other.users.get_users_me()
        assert other.auth.token == one.auth.token
    assert exchanges(simulator) == before + 1


def test_a_refusal_to_renew_is_the_platforms_error(signed_in, simulator, target):
    signed_in.save(target, ended(signed(simulator, target)))
    simulator.simulator.state.refresh_tokens.clear()
    with signed_in.client() as client, pytest.raises(InvalidGrantError, match="sign in again"):
        client.users.get_users_me()


def test_without_a_refresh_token_it_is_used_as_it_is(signed_in, target):
    token = Token("a" * 40, expires_at=0.0, expires_in=1)
    signed_in.save(target, token)
    with signed_in.client() as client:
        assert client.auth.token == token
        assert client.auth.expires_at == 0.0


def test_a_client_is_made_with_the_callers_options(signed_in, monkeypatch):
    signed_in.save(PLACE, TOKEN)
    with signed_in.client(proxy=f"http://127.0.0.1:{free_port()}") as client:
        assert client.configuration.hosts == PLACE.hosts
        with pytest.raises(ProxyError):
            client.users.get_users_me()
    assert signed_in.load() == (PLACE, TOKEN)


def test_a_gateway_that_came_into_the_configuration_is_told(signed_in, monkeypatch, tmp_path):
    (tmp_path / ".genesyscloudpython").mkdir()
    (tmp_path / ".genesyscloudpython" / "config").write_text("[gateway]\nhost = g.example.com\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    signed_in.save(PLACE, TOKEN)
    with pytest.raises(ConfigurationError, match=r"selects https://g\.example\.com.*sign in again"):
        signed_in.client()


def test_where_a_client_signs_in_follows_from_its_configuration():
    gateway = Gateway("g.example.com")
    for given, target in (
        ({}, SignInTarget("c", "us_east_1")),
        ({"region": "eu_west_1"}, SignInTarget("c", "eu_west_1")),
        ({"region": "example.com"}, SignInTarget("c", "example.com")),
        ({"host": "http://x"}, SignInTarget("c", host="http://x")),
        ({"gateway": gateway}, SignInTarget("c", "us_east_1", gateway=gateway)),
    ):
        with Client(**given, trust_env=False) as client:
            assert SignInTarget.of("c", client.configuration) == target
            assert target.hosts == client.configuration.hosts
