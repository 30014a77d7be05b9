"""OAuth clients: what is created gets tokens, what is deleted or inactive gets none."""

import pytest

from genesys_core.simulator import OAuthClient, Settings, Simulator, World
from genesys_core.simulator.state.default_roles import EMPLOYEE, role_id
from tests.strategies.simulator import Desk, definition, misfits

CLIENTS = "/api/v2/oauth/clients"
GRANT = {"grant_type": "client_credentials"}
ROLELESS = {"name": "Service", "authorizedGrantType": "CLIENT-CREDENTIALS"}
SERVICE = ROLELESS | {"roleIds": [role_id(0, EMPLOYEE)]}


def token_of(desk: Desk, client: dict[str, str]):
    return desk.grant(GRANT, credentials=(client["id"], client["secret"]))


def test_a_created_client_gets_tokens_for_itself():
    desk = Desk()
    made = desk.call("POST", CLIENTS, SERVICE).json
    answer = token_of(desk, made)
    assert (answer.status, answer.json["expires_in"]) == (200, 86_400)
    token = answer.json["access_token"]
    assert (
        desk.call("GET", "/api/v2/tokens/me", token=token).json["OAuthClient"]["id"] == made["id"]
    )
    me = desk.call("GET", "/api/v2/users/me", token=token)
    assert me.status == 400  # a client has no user
    known = definition()
    assert misfits(known, known.schemas["OAuthClient"], made) == []


def test_clients_are_listed_with_those_of_the_world():
    desk = Desk()
    made = desk.call("POST", CLIENTS, SERVICE).json
    listed = desk.call("GET", CLIENTS).json["entities"]
    assert [each["id"] for each in listed] == [desk.client.id, made["id"]]
    assert desk.call("GET", f"{CLIENTS}/{made['id']}").json == made
    assert desk.call("GET", f"{CLIENTS}/{desk.client.id}").json["secret"] == desk.client.secret


def test_a_client_has_the_lifetime_and_the_grant_that_it_was_given():
    desk = Desk()
    given = SERVICE | {"accessTokenValiditySeconds": 600}
    made = desk.call("POST", CLIENTS, given).json
    token = token_of(desk, made).json
    assert token["expires_in"] == 600
    desk.sleep(600)
    expired = desk.call("GET", "/api/v2/users", token=token["access_token"])
    assert expired.json["code"] == "credentials.expired"
    for kind in ("CODE", "TOKEN", "SAML2-BEARER", "PASSWORD"):
        other = desk.call("POST", CLIENTS, {"name": "N", "authorizedGrantType": kind}).json
        assert token_of(desk, other).json["error"] == "unauthorized_client"


def test_a_code_client_signs_users_in_at_its_redirect_uri_alone():
    desk = Desk()
    given = {
        "name": "App",
        "authorizedGrantType": "CODE",
        "registeredRedirectUri": ["https://app.example.com/back"],
    }
    made = desk.call("POST", CLIENTS, given).json
    client = desk.simulator.state.clients[made["id"]]
    assert client.redirect_uris == ("https://app.example.com/back",)
    assert client.grants == ("authorization_code",)


def test_a_new_secret_replaces_the_old_one():
    desk = Desk()
    made = desk.call("POST", CLIENTS, SERVICE).json
    renewed = desk.call("POST", f"{CLIENTS}/{made['id']}/secret").json
    assert renewed["secret"] != made["secret"]
    assert token_of(desk, made).status == 401
    assert token_of(desk, renewed).status == 200


def test_a_client_of_the_world_keeps_its_grants_with_a_new_secret():
    desk = Desk()
    renewed = desk.call("POST", f"{CLIENTS}/{desk.client.id}/secret").json
    client = desk.simulator.state.clients[desk.client.id]
    assert (client.grants, client.user_id) == (desk.client.grants, desk.client.user_id)
    assert client.secret == renewed["secret"] != desk.client.secret


def test_an_inactive_or_deleted_client_has_no_tokens():
    desk = Desk()
    made = desk.call("POST", CLIENTS, SERVICE).json
    at = f"{CLIENTS}/{made['id']}"
    token = token_of(desk, made).json["access_token"]
    changed = desk.call("PUT", at, SERVICE | {"name": "Other", "state": "inactive"}).json
    assert (changed["name"], changed["secret"]) == ("Other", made["secret"])
    assert desk.call("GET", "/api/v2/users", token=token).status == 401
    assert token_of(desk, made).status == 400
    assert desk.call("PUT", at, SERVICE).json["state"] == "inactive"
    assert desk.call("POST", f"{at}/secret").json["state"] == "inactive"
    again = desk.call("PUT", at, SERVICE | {"state": "active"}).json
    assert token_of(desk, again | {"secret": desk.call("GET", at).json["secret"]}).status == 200
    assert desk.call("DELETE", at).status == 204
    assert desk.call("GET", at).status == 404
    assert desk.call("DELETE", at).status == 404
    assert token_of(desk, made).status == 400


def test_a_client_has_the_roles_that_it_was_given():
    desk = Desk(settings=Settings(enforce_permissions=True))
    roles = {
        each["name"]: each["id"]
        for each in desk.call("GET", "/api/v2/authorization/roles").json["entities"]
    }
    home = desk.call("GET", "/api/v2/authorization/divisions/home").json["id"]
    pair = {"roleId": roles["Supervisor"], "divisionId": home}
    given = SERVICE | {"roleIds": [roles["employee"]], "roleDivisions": [pair]}
    made = desk.call("POST", CLIENTS, given).json
    subject = desk.call("GET", f"/api/v2/authorization/subjects/{made['id']}").json
    assert [each["role"]["name"] for each in subject["grants"]] == ["employee", "Supervisor"]
    token = token_of(desk, made).json["access_token"]
    assert desk.call("POST", "/api/v2/routing/queues", {"name": "Q"}, token=token).status == 200
    desk.call("PUT", f"{CLIENTS}/{made['id']}", SERVICE)
    assert desk.call("POST", "/api/v2/routing/queues", {"name": "R"}, token=token).status == 403


@pytest.mark.parametrize("given", [{}, {"roleIds": [], "roleDivisions": []}, {"roleIds": None}])
def test_a_client_that_uses_client_credentials_has_a_role(given):
    desk = Desk()
    made = desk.call("POST", CLIENTS, SERVICE).json
    at = f"{CLIENTS}/{made['id']}"
    for method, target in (("POST", CLIENTS), ("PUT", at)):
        refused = desk.call(method, target, ROLELESS | given)
        assert (refused.status, refused.json["code"]) == (400, "missing.client.roles")
    assert desk.call("GET", at).json == made
    assert desk.call("POST", CLIENTS, ROLELESS | {"authorizedGrantType": "CODE"}).status == 200
    assert desk.call("PUT", f"{CLIENTS}/nothing", ROLELESS | given).status == 404


@pytest.mark.parametrize(
    "given", [{"roleIds": ["none"]}, {"roleDivisions": [{"roleId": "none", "divisionId": "none"}]}]
)
def test_a_role_must_exist(given):
    answer = Desk().call("POST", CLIENTS, ROLELESS | given)
    assert (answer.status, "none" in answer.json["message"]) == (400, True)


def test_no_more_clients_than_the_settings_allow():
    world = World(clients=(OAuthClient(id="c", secret="s"),))
    desk = Desk(Simulator(definition(), world=world, settings=Settings(max_items=1)))
    assert desk.call("POST", CLIENTS, SERVICE).status == 400
