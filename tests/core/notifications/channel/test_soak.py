"""Weeks of a life with trouble every hour, on a fake clock: nothing is lost untold, nothing grows."""

import random

import msgspec
import pytest

from genesys_core.notifications.channel.events import Gap
from tests.helpers.channel_world import NO_LONGER, SOCKET_CLOSING, TOKEN_REVOKED, World, api_error

HOURS = 24 * 7 * 3
TOPICS = ["a", "b", "c"]


class Trouble:
    """What happens in a bad hour."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.world = World(TOPICS)
        self.world.heal()

    def strike(self) -> None:
        world, kinds = (
            self.world,
            [self.breaks, self.closes, self.silence, self.moves, self.expires],
        )
        self.chance.choice([*kinds, self.displaced, self.user, self.refuses])()
        for _ in range(self.chance.randrange(4)):
            world.publish(self.chance.choice(TOPICS))
            world.advance(self.chance.random() * 3)
        world.run(150)

    def socket(self) -> int:
        return self.chance.choice(sorted(self.world.links))

    def breaks(self) -> None:
        self.world.break_off(self.socket())

    def closes(self) -> None:
        self.world.close(self.socket())

    def silence(self) -> None:
        self.world.links[self.socket()].silent = True

    def moves(self) -> None:
        self.world.send(self.socket(), self.chance.choice([SOCKET_CLOSING, TOKEN_REVOKED]))

    def expires(self) -> None:
        self.world.expire(self.world.running.connected_channel or "")

    def displaced(self) -> None:
        self.world.displace(self.world.running.connected_channel or "")

    def user(self) -> None:
        self.world.want(self.chance.sample(TOPICS, self.chance.randrange(4)))

    def refuses(self) -> None:
        self.breaks()
        self.world.advance(2)
        for call in tuple(self.world.calls):
            self.world.reply(call, api_error(self.chance.choice([429, 500, 503])))


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
def test_three_weeks(seed):
    trouble = Trouble(seed)
    world = trouble.world
    sizes = []
    for _ in range(HOURS):
        trouble.strike()
        assert world.running.settled
        for topic in TOPICS:
            world.publish(topic)
        for _ in range(36):
            world.advance(100)
            world.heal()
        sizes.append(len(msgspec.json.encode(world.running.facts)))
    world.check_no_loss()
    assert world.time > HOURS * 3600
    assert sum(isinstance(event, Gap) for event in world.events) > HOURS / 3
    assert len(world.handed_out()) > HOURS
    assert max(sizes[HOURS // 2 :]) <= max(sizes[: HOURS // 2]) + 100
    assert NO_LONGER in world.handed_out()
