"""``client.auth`` in every flavour, against the simulator and a login host that errs."""

from __future__ import annotations

import base64
import time
from urllib.parse import parse_qs

import pytest

from genesys_cloud import (
    AuthorizationCode,
    Client,
    ClientCredentials,
    Pkce,
    RefreshToken,
    Saml2Bearer,
    Token,
    compute_pkce_code_challenge,
    generate_pkce_code_verifier,
)
from genesys_cloud.simulator import running_simulator
from genesys_cloud.system_clock import read_clocks
from genesys_cloud.token_stores import MemoryTokenStore, TokenKey, TokenStoreError
from genesys_core import errors
from genesys_core.api import users
from genesys_core.hosts import Hosts
from tests.helpers.flavours import Api, every_flavour, settled
from tests.helpers.server import Reply, Seen, refused_url, scripted_server
from tests.strategies.loopback import Visitor
from tests.strategies.oauth import MARK
from tests.strategies.simulator import Desk


@pytest.fixture(scope="module")
def simulator():
    with running_simulator() as running:
        yield running


def service(simulator) -> ClientCredentials:
    return ClientCredentials(simulator.client_id, simulator.client_secret)


@every_flavour
def test_a_client_knows_of_its_token(run, simulator):
    async def scenario(api: Api) -> None:
        auth = api.client.auth
        assert (auth.signed_in, auth.token, auth.expires_at, auth.expires_in) == (
            False,
            None,
            None,
            None,
        )
        assert (auth.scope, auth.token_type, auth.store_failure) == (None, None, None)
        await api.send(users.get_users_me())
        assert auth.signed_in
        assert (auth.token_type, auth.scope) == ("bearer", None)
        assert 0 < auth.expires_in <= auth.token.expires_in
        assert auth.expires_at == auth.token.expires_at > time.time()
        # Clients of other options share it.
        assert api.client.with_options(timeout=5).auth.token is auth.token

    run(scenario, host=simulator.url, auth=service(simulator))


@every_flavour
def test_a_token_is_refreshed_by_hand_where_the_caller_is_in_control(run, simulator):
    """As the official README shows: ``expires_in`` is looked at, and refreshed by hand."""

    async def scenario(api: Api) -> None:
        auth = api.client.auth
        first = await settled(auth.refresh())
        assert (await api.send(users.get_users_me())).id
        assert auth.expires_in > 0
        second = await settled(auth.refresh())
        assert second.access_token != first.access_token
        assert auth.token == second
        simulator._portal.call(simulator.simulator.state.tokens.clear)
        with pytest.raises(errors.AuthenticationError):
            await api.send(users.get_users_me())
        assert auth.token == second
        await settled(auth.refresh())
        assert (await api.send(users.get_users_me())).id

    run(scenario, host=simulator.url, auth=service(simulator), refresh_access_token=False)


def code_of(simulator, **more) -> str:
    """A code, as a browser would bring it."""
    desk = Desk(simulator.simulator)
    desk.now = read_clocks()
    return simulator._portal.call(lambda: Visitor(desk).code(**more))


@every_flavour
def test_every_grant_is_exchanged_by_hand(run, simulator):
    redirect = "http://127.0.0.1:8765/callback"

    async def scenario(api: Api) -> None:
        auth, client_id = api.client.auth, simulator.client_id
        verifier = generate_pkce_code_verifier()
        code = code_of(
            simulator,
            redirect_uri=redirect,
            code_challenge=compute_pkce_code_challenge(verifier),
            code_challenge_method="S256",
        )
        token = await settled(auth.exchange(Pkce(client_id, code, verifier, redirect)))
        assert token.refresh_token
        assert auth.token == token
        kept = RefreshToken(client_id, refresh_token=token.refresh_token)
        rotated = await settled(auth.exchange(kept))
        assert rotated.refresh_token not in {None, token.refresh_token}
        code = code_of(simulator, redirect_uri=redirect)
        grant = AuthorizationCode(client_id, simulator.client_secret, code, redirect)
        await settled(auth.exchange(grant))
        assert (await api.send(users.get_users_me())).email == simulator.email
        # The grant is the client's: a token that is refused is renewed by it.
        simulator._portal.call(simulator.simulator.state.tokens.clear)
        assert (await api.send(users.get_users_me())).email == simulator.email
        saml = f"<samlp:Response><NameID>{simulator.email}</NameID></samlp:Response>".encode()
        org = simulator.simulator.state.organization["name"]
        assertion = base64.urlsafe_b64encode(saml).decode()
        vouched = Saml2Bearer(client_id, simulator.client_secret, org, assertion)
        assert (await settled(auth.exchange(vouched))).refresh_token is None
        simulator._portal.call(simulator.simulator.state.tokens.clear)
        assert (await api.send(users.get_users_me())).email == simulator.email
        # One that is refused leaves all as it was.
        before = auth.token
        with pytest.raises(errors.InvalidGrantError, match="already used"):
            await settled(auth.exchange(grant))
        assert auth.token == before

    run(scenario, host=simulator.url)


@every_flavour
def test_signing_out_revokes_the_token_and_its_refresh_token(run, simulator):
    store = MemoryTokenStore()
    key = TokenKey(simulator.client_id, Hosts.resolve(host=simulator.url).login)

    async def scenario(api: Api) -> None:
        auth, redirect = api.client.auth, "http://127.0.0.1:8765/callback"
        code = code_of(simulator, redirect_uri=redirect)
        grant = AuthorizationCode(simulator.client_id, simulator.client_secret, code, redirect)
        token = await settled(auth.exchange(grant))
        assert store.load(key) == token
        assert await settled(auth.sign_out()) is None
        assert (auth.signed_in, auth.token, store.load(key)) == (False, None, None)
        assert token.access_token not in simulator.simulator.state.tokens
        assert token.refresh_token not in simulator.simulator.state.refresh_tokens
        with pytest.raises(errors.GenesysCloudError, match="the client is signed out"):
            await api.send(users.get_users_me())
        await settled(auth.sign_out())  # once more is no error
        await settled(auth.exchange(service(simulator)))
        assert (await api.send(users.get_users_me())).id

    run(scenario, host=simulator.url, token_store=store)


@every_flavour
def test_signing_out_where_nobody_answers_says_so_and_forgets_all_the_same(run):
    async def scenario(api: Api) -> None:
        with pytest.raises(errors.ConnectError) as caught:
            await settled(api.client.auth.sign_out())
        assert "signed out anyway" in caught.value.__notes__[-1]
        assert api.client.auth.token is None

    run(scenario, host=refused_url(), access_token="t")


@every_flavour
def test_a_token_from_elsewhere_takes_the_place_of_the_clients(run, simulator):
    async def scenario(api: Api) -> None:
        token = Token(simulator.access_token())
        assert await settled(api.client.auth.use(token)) is None
        assert (await api.send(users.get_users_me())).id
        assert api.client.auth.token == token

    run(scenario, host=simulator.url)


@every_flavour
def test_a_refusal_by_hand_is_the_login_hosts_own(run):
    refusal = Reply(401, {"error": "invalid_client", "description": "client not found"})

    async def scenario(api: Api) -> None:
        for work in (api.client.auth.refresh, lambda: api.client.auth.exchange(grant)):
            with pytest.raises(errors.InvalidClientError, match="client not found") as caught:
                await settled(work())
            assert (caught.value.error, caught.value.status) == ("invalid_client", 401)
        await settled(api.client.auth.use(Token("a")))
        with pytest.raises(errors.GenesysCloudError, match="pass the client a grant as `auth`"):
            await settled(api.client.auth.refresh())

    grant = ClientCredentials("id", "secret")
    with scripted_server(lambda _: refusal) as server:
        run(scenario, host=server.url, auth=grant)


@every_flavour
def test_what_a_client_tells_of_its_token_shows_no_secret(run):
    def answer(seen: Seen) -> Reply:
        return Reply(json={"access_token": f"{MARK}a", "refresh_token": MARK, "scope": "users"})

    async def scenario(api: Api) -> None:
        await settled(api.client.auth.refresh())
        auth = api.client.auth
        assert repr(auth).endswith(
            "Auth(signed_in=True, token_type='bearer', expires_at=None, scope='users')"
        )
        assert MARK not in f"{auth!r}{auth}{auth.token!r}{vars(auth)}"

    with scripted_server(answer) as server:
        run(scenario, host=server.url, auth=RefreshToken("id", MARK, MARK))
        assert parse_qs(server.requests[0].body.decode())["refresh_token"] == [MARK]


def test_a_static_token_is_nothing_for_a_store():
    with pytest.raises(errors.ConfigurationError, match="token_store and access_token"):
        Client(access_token="t", token_store=MemoryTokenStore(), trust_env=False)


def test_the_errors_of_stores_are_errors_of_the_library():
    assert issubclass(TokenStoreError, errors.GenesysCloudError)
