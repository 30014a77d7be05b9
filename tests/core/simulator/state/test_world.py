"""The world that a simulator starts with."""

from genesys_core.confidential import REDACTED
from genesys_core.simulator.state.definition import Schema
from genesys_core.simulator.state.world import World
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
