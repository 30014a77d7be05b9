"""``/api/v2/tokens``: whose token it is, and its end."""

from genesys_core.clock import Now
from genesys_core.simulator.handlers.tokens import delete_tokens_me
from genesys_core.simulator.http.exchange import ApiCall, Reply
from genesys_core.simulator.state.definition import Schema
from genesys_core.simulator.state.memory import PlatformState
from genesys_core.simulator.state.world import ROLES
from tests.helpers.token_requests import exchanged, refreshed
from tests.strategies.loopback import SAML2, Visitor, fragment_of
from tests.strategies.simulator import Desk, definition, misfits

ME = "/api/v2/tokens/me"


def test_it_says_whose_it_is():
    desk = Desk()
    info = desk.call("GET", ME).json
    assert misfits(definition(), Schema(ref="#/definitions/TokenInfo"), info) == []
    assert info["organization"]["name"] == "simulator"
    assert info["OAuthClient"]["id"] == desk.client.id


def test_a_token_is_valid_until_it_is_revoked_or_expires():
    desk = Desk()
    desk.log_in()
    assert (desk.call("HEAD", ME).status, desk.call("DELETE", ME).status) == (204, 204)
    assert desk.call("HEAD", ME).status == 401
    assert desk.call("GET", ME).json["code"] == "bad.credentials"
    desk.log_in()
    desk.sleep(86_400)
    assert desk.call("GET", ME).json["code"] == "credentials.expired"


def test_revoking_ends_the_whole_sign_in_and_no_other():
    desk = Desk()
    visitor, other = Visitor(desk), Visitor(desk)
    first = exchanged(desk, visitor.code()).json
    second = exchanged(desk, other.code()).json
    assert desk.call("DELETE", ME, token=first["access_token"]).status == 204
    assert refreshed(desk, first["refresh_token"]).json["error"] == "invalid_grant"
    assert desk.call("GET", ME, token=second["access_token"]).status == 200
    assert refreshed(desk, second["refresh_token"]).status == 200


def test_revoking_leaves_other_tokens_of_the_client_alone():
    desk = Desk()
    first, second = desk.log_in(), desk.log_in()
    desk.call("DELETE", ME, token=first)
    assert desk.call("GET", ME, token=second).status == 200


def test_a_user_can_be_signed_out_everywhere():
    desk = Desk()
    visitor = Visitor(desk)
    users = list(desk.simulator.state.users.values())
    code = visitor.code(email=users[1]["email"])
    pair = exchanged(desk, code).json
    mine = fragment_of(visitor.submit(response_type="token").headers["location"])["access_token"]
    assert desk.call("DELETE", "/api/v2/tokens/nobody", token=mine).status == 404
    assert desk.call("DELETE", f"/api/v2/tokens/{users[1]['id']}", token=mine).status == 204
    assert desk.call("GET", ME, token=pair["access_token"]).status == 401
    assert refreshed(desk, pair["refresh_token"]).status == 400
    assert desk.call("GET", ME, token=mine).status == 200


def test_the_type_of_a_client_is_its_first_grants():
    desk = Desk()
    assert SAML2 in desk.client.grants
    assert desk.call("GET", ME).json["OAuthClient"]["authorizedGrantType"] == "CLIENT-CREDENTIALS"


def test_signing_out_without_a_token_is_nothing_to_do():
    found = definition().routes.find(ME)
    call = ApiCall(
        found.routes["DELETE"], ME, {}, {}, None, None, Now(0, 0), PlatformState(), definition()
    )
    assert delete_tokens_me(call) == Reply(204)


def test_a_client_that_was_created_is_described_with_its_name():
    desk = Desk()
    role = next(iter(desk.simulator.state.collections[ROLES]))
    body = {"name": "Nightly", "authorizedGrantType": "CLIENT-CREDENTIALS", "roleIds": [role]}
    made = desk.call("POST", "/api/v2/oauth/clients", body).json
    granted = desk.grant(
        {"grant_type": "client_credentials"}, credentials=(made["id"], made["secret"])
    )
    shown = desk.call("GET", "/api/v2/tokens/me", token=granted.json["access_token"]).json
    client = shown["OAuthClient"]
    assert (client["name"], client["authorizedGrantType"]) == ("Nightly", "CLIENT-CREDENTIALS")
