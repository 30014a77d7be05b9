"""All that the simulator remembers from one request to the next.

Law: this is data, and only :class:`Simulator` and its hub change it. It holds no clock, no randomness
and no code, so a deep copy is a second platform with the same past.
"""

from collections import Counter, deque
from typing import Final

from msgspec import Struct, field

from genesys_core.clock import Now
from genesys_core.simulator.state.channels import Channel, Notice
from genesys_core.simulator.state.credentials import (
    BrowserSession,
    Code,
    IssuedRefreshToken,
    IssuedToken,
)
from genesys_core.simulator.state.examples import uuid_shaped
from genesys_core.simulator.state.world import OAuthClient, Record, World

__all__ = ["PlatformState", "RateLimit", "Served", "Settings"]

_LOG_LENGTH: Final = 10_000
"""Requests remembered one by one; the counters go on for ever."""


class RateLimit(Struct, frozen=True):
    """At most ``limit`` requests of one token in any ``window`` seconds.

    The platform's own is ``platform.api``, ``token.rate.per.minute``: 300 in 60 seconds.
    """

    limit: int = 300
    window: float = 60.0


class Settings(Struct, frozen=True):
    """How the simulator behaves.

    Attributes:
        token_lifetime: seconds until a token expires; a whole day, as on the platform.
        code_lifetime: seconds until an authorization code expires (RFC 6749, 4.1.2: ten minutes at
            most).
        rate_limit: what each token may do; ``None`` for no limit.
        login_prefixes: paths before ``/oauth`` and ``/logout``, as a gateway has them (``/login``);
            the bare path is always served.
        api_prefixes: paths before ``/api/v2``, likewise.
        channel_lifetime: seconds that a notification channel lives after its last subscription.
        heartbeat_interval: seconds from one heartbeat of a socket to the next.
        connect_base: what the ``connectUri`` of channels starts with, such as
            ``wss://streaming.example.com``; without one, they lead to the host that was asked.
        exclusive_topics: whether a topic that one channel subscribes to leaves the other channels
            of the same user and client, which are told.
        seed: where ids and tokens start from.
    """

    token_lifetime: float = 86_400.0
    code_lifetime: float = 300.0
    rate_limit: RateLimit | None = None
    login_prefixes: tuple[str, ...] = ()
    api_prefixes: tuple[str, ...] = ()
    channel_lifetime: float = 86_400.0
    heartbeat_interval: float = 30.0
    connect_base: str | None = None
    exclusive_topics: bool = False
    seed: int = 0


class Served(Struct, frozen=True):
    """One request and what became of it.

    Attributes:
        method: in capitals.
        path: as it came, without the query.
        template: the route that answered, such as ``/api/v2/users/{userId}``; ``None`` for none.
        status: of the response.
        at: when it came.
    """

    method: str
    path: str
    template: str | None
    status: int
    at: Now


class PlatformState(Struct):
    """The platform's memory.

    Attributes:
        seed: what all ids are made from.
        clients: OAuth clients by id.
        organization: its ``id`` and ``name``.
        password: of all users; nobody can sign in where it is empty.
        tokens: access tokens by value.
        refresh_tokens: those not spent yet, by value.
        codes: authorization codes not spent yet, by value.
        sessions: browsers in which somebody is signed in, by the value of their cookie.
        users: by id, in the order of creation; deleted ones stay, with that state.
        queues: by id, in the order of creation.
        channels: notification channels by id.
        notices: events that no channel has been given yet.
        extra_topics: topics or templates (``v2.things.{id}``) known beside the platform's own.
        forbidden_topics: the permissions that are missing, by topic or template; such topics are
            rejected.
        socket_port: where channels have their sockets; ``None`` for the port of the request.
        issued: how many ids of each kind were made.
        spent: for each token, when its requests of the last window came (monotonic seconds).
        counts: requests by method and template.
        log: the latest requests, oldest first.
    """

    seed: int = 0
    clients: dict[str, OAuthClient] = {}
    organization: Record = {}
    password: str = ""
    tokens: dict[str, IssuedToken] = {}
    refresh_tokens: dict[str, IssuedRefreshToken] = {}
    codes: dict[str, Code] = {}
    sessions: dict[str, BrowserSession] = {}
    users: dict[str, Record] = {}
    queues: dict[str, Record] = {}
    channels: dict[str, Channel] = {}
    notices: deque[Notice] = field(default_factory=deque[Notice])
    extra_topics: set[str] = set()
    forbidden_topics: dict[str, tuple[str, ...]] = {}
    socket_port: int | None = None
    issued: Counter[str] = field(default_factory=Counter[str])
    spent: dict[str, deque[float]] = {}
    counts: Counter[tuple[str, str | None]] = field(default_factory=Counter[tuple[str, str | None]])
    log: deque[Served] = field(default_factory=lambda: deque(maxlen=_LOG_LENGTH))

    @classmethod
    def of(cls, world: World, seed: int) -> "PlatformState":
        """The first state of a world."""
        return cls(
            seed=seed,
            clients={client.id: client for client in world.clients},
            organization={"id": uuid_shaped(seed, "organization"), "name": world.org},
            password=world.password,
            users={str(user["id"]): dict(user) for user in world.users},
            queues={str(queue["id"]): dict(queue) for queue in world.queues},
        )

    def new_id(self, kind: str) -> str:
        """The next id of a kind, in the shape of a UUID."""
        self.issued[kind] += 1
        return uuid_shaped(self.seed, kind, self.issued[kind], "issued")

    def new_secret(self, kind: str) -> str:
        """The next token, code or cookie of a kind: 64 hexadecimal digits."""
        return f"{self.new_id(kind)}{self.new_id(kind)}".replace("-", "")

    def revoke(self, token: IssuedToken) -> None:
        """Take back an access token, and all else that its sign-in brought."""
        self.tokens.pop(token.value, None)
        if token.family is not None:
            self.revoke_family(token.family)

    def revoke_family(self, family: str) -> None:
        """Take back the tokens and the code of one sign-in."""
        self.tokens = {k: v for k, v in self.tokens.items() if v.family != family}
        self.refresh_tokens = {k: v for k, v in self.refresh_tokens.items() if v.family != family}
        self.codes = {k: v for k, v in self.codes.items() if v.family != family}

    def record(self, served: Served) -> None:
        """Remember a request."""
        self.counts[served.method, served.template] += 1
        self.log.append(served)

    def __repr__(self) -> str:
        sizes = f"{len(self.users)} users, {len(self.queues)} queues, {len(self.tokens)} tokens"
        return f"State({sizes}, {sum(self.counts.values())} requests)"

    # msgspec gives every Struct a `__rich_repr__` with all fields, which rich prefers to `repr`.
    def __rich_repr__(self) -> list[tuple[str, object]]:
        return [("users", len(self.users)), ("queues", len(self.queues))]
