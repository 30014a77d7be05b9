"""The world that a simulator starts with."""

from genesys_core.confidential import REDACTED
from genesys_core.simulator.state.definition import Schema
from genesys_core.simulator.state.world import (
    World,
    active_emails,
    find_by_email,
    is_active,
    user_state,
)
from tests.strategies.simulator import definition, misfits


def test_a_world_is_as_large_as_asked_for_and_what_the_definition_declares():
    world = World.sample(users=3, queues=2)
    assert (len(world.users), len(world.queues), len(world.clients)) == (3, 2, 1)
    for model, records in (("User", world.users), ("UserMe", world.users), ("Queue", world.queues)):
        for record in records:
            assert misfits(definition(), Schema(ref=f"#/definitions/{model}"), record) == []


def test_ids_are_the_seeds_own():
    assert World.sample(seed=1) == World.sample(seed=1)
    one, other = World.sample(seed=1), World.sample(seed=2)
    assert one.clients[0].secret != other.clients[0].secret
    assert not {user["id"] for user in one.users} & {user["id"] for user in other.users}


def test_the_client_stands_for_the_first_user_or_for_nobody():
    assert World.sample(users=2).clients[0].user_id == World.sample(users=2).users[0]["id"]
    assert World.sample(users=0).clients[0].user_id is None


def test_a_secret_is_never_shown():
    world = World.sample()
    assert world.clients[0].secret not in repr(world)
    assert world.password not in f"{world!r} {world.__rich_repr__()}"
    assert REDACTED in repr(world.clients[0])


USERS = {
    "1": {"id": "1", "email": "Ann@example.com"},
    "2": {"id": "2", "email": "bob@example.com", "state": "inactive"},
    "3": {"id": "3", "email": "", "state": "active"},
    "4": {"id": "4", "state": "deleted"},
}


def test_only_active_users_may_sign_in():
    assert [user_state(user) for user in USERS.values()] == [
        "active",
        "inactive",
        "active",
        "deleted",
    ]
    assert active_emails(USERS) == ["Ann@example.com"]
    assert [is_active(USERS, one) for one in "1234"] == [True, False, True, False]
    assert not is_active(USERS, "nobody")


def test_a_user_is_found_by_email_in_whatever_case():
    assert find_by_email(USERS, "ANN@EXAMPLE.COM") == USERS["1"]
    assert find_by_email(USERS, "bob@example.com") is None
    assert find_by_email(USERS, "carol@example.com") is None
    assert find_by_email(USERS, "") is None, "a user without an email is not found by none"
