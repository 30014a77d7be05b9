"""The complete state of the simulator.

Invariants: the state is plain data, which only the simulator's code and tests modify. It
contains no clock, random generator or callbacks, so a deep copy is an independent platform with the
same history.
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
from genesys_core.simulator.state.default_roles import (
    ADMINISTRATOR,
    EMPLOYEE,
    default_roles,
    role_id,
)
from genesys_core.simulator.state.examples import Json, uuid_shaped
from genesys_core.simulator.state.jobs import JobRun, WorkEnd
from genesys_core.simulator.state.oauth_clients import OAUTH_CLIENTS, show_client
from genesys_core.simulator.state.timeline import ContactCenter
from genesys_core.simulator.state.world import (
    DIVISIONS,
    ROLES,
    START,
    OAuthClient,
    Record,
    World,
    home_division,
)

__all__ = ["PlatformState", "RateLimit", "Served", "Settings", "Unsettled"]

_LOG_LENGTH: Final = 10_000
"""The maximum number of requests in the log; the request counters have no limit."""


class RateLimit(Struct, frozen=True):
    """A rate limit: at most ``limit`` requests per token in any period of ``window`` seconds.

    The defaults are those of the platform: its limit ``token.rate.per.minute``, in the namespace
    ``platform.api``, is 300 requests in 60 seconds.
    """

    limit: int = 300
    window: float = 60.0


class Settings(Struct, frozen=True):
    """Settings of the simulator.

    Attributes:
        token_lifetime: seconds until a token expires; one day, as on the platform.
        code_lifetime: seconds until an authorization code expires (RFC 6749 section 4.1.2: at most
            ten minutes).
        rate_limit: the rate limit for each token; ``None`` disables rate limiting.
        login_prefixes: path prefixes accepted before ``/oauth`` and ``/logout``, such as a
            gateway's ``/login``; the bare path is always served.
        api_prefixes: path prefixes accepted before ``/api/v2``; the path without a prefix is always
            served.
        channel_lifetime: seconds from the last subscription until a notification channel expires.
        heartbeat_interval: seconds between the heartbeats on a WebSocket.
        connect_base: the base of channels' ``connectUri``, such as ``wss://streaming.example.com``;
            by default the host of the request.
        exclusive_topics: whether subscribing to a topic removes it from the other channels of the
            same user and client, with a notification.
        stateful: whether operations without a handler keep state according to
            :mod:`genesys_core.simulator.resources`; otherwise all of them return examples.
        max_items: the maximum number of created items in all collections together, and of users, of
            queues and of OAuth clients; further ones are rejected with a 400.
        job_duration: seconds until a job ends, not counting the time that it waits for its caller.
        listing_links: whether pages contain ``pageCount`` and links such as ``nextUri``; otherwise
            they contain ``pageCount`` only if the model requires it, and links only if no other
            property contains the next page's token.
        page_size: the number of items on a page if the request does not specify one.
        max_conversations: the maximum number of ended conversations kept; those that ended first
            are discarded.
        seed: the seed from which ids and tokens are generated.
        strict: whether unknown enum values, numbers and lengths outside the documented limits, and
            nulls in lists are rejected with a 400; otherwise the response has a
            ``Simulator-Warning``.
        enforce_permissions: whether requests without the permissions that their operation requires
            are rejected with a 403. The roles of the token's user or client grant permissions.
        check_references: whether ids in bodies must identify existing divisions, queues, users and
            so on; otherwise any id is accepted.
        max_deleted_users: the maximum number of deleted users kept; those deleted first are
            discarded.
        lag: whether creations, deletions and role grants take seconds to minutes to become visible,
            as on the platform; otherwise they are visible immediately.
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
    stateful: bool = True
    max_items: int = 100_000
    job_duration: float = 1.0
    listing_links: bool = True
    page_size: int = 25
    max_conversations: int = 10_000
    seed: int = 0
    strict: bool = False
    enforce_permissions: bool = False
    check_references: bool = True
    max_deleted_users: int = 1_000
    lag: bool = False


class Served(Struct, frozen=True):
    """A request and its outcome.

    Attributes:
        method: the HTTP method, in upper case.
        path: the path as received, without the query.
        template: the route's path template, such as ``/api/v2/users/{userId}``; ``None`` if no
            route matches.
        status: the HTTP status of the response.
        at: when the request was received.
    """

    method: str
    path: str
    template: str | None
    status: int
    at: Now


class Unsettled(Struct, frozen=True):
    """A change that is not yet visible to reads: the creation or deletion of an item.

    Attributes:
        before: the deleted item; ``None`` if an item was created.
        read: the time at which reads of the item see the change, in monotonic seconds.
        listed: the time at which listings and searches see the change, in monotonic seconds.
    """

    before: Record | None
    read: float
    listed: float


class PlatformState(Struct):
    """The platform's state.

    Attributes:
        seed: the seed from which ids and tokens are generated.
        clients: the OAuth clients by id.
        organization: the ``id`` and ``name`` of the organization.
        password: the password with which all users sign in; if it is empty, sign-in is disabled.
        tokens: the access tokens by value.
        refresh_tokens: the unused refresh tokens by value.
        codes: the unused authorization codes by value.
        sessions: the browser sessions, by the value of the session cookie.
        users: the users by id, in order of creation; a limited number of deleted users is kept,
            with the state ``deleted``.
        deleted_users: the ids of deleted users, in order of deletion.
        modified_users: the dates on which users were created or last updated, by id; unchanged
            initial users are missing.
        first_items: the number of items in all collections in the initial state.
        queues: the queues by id, in order of creation.
        collections: the items of all other collections, by the segments of the collection's path,
            then by id in order of creation.
        grants: the dates on which roles were granted, by the id of a user, client or group, then by
            the ids of role and division.
        deleted: the path segments of deleted items in collections whose items are examples until
            written.
        unsettled: the changes that are not yet visible to reads, by the segments of the item's
            path.
        singles: the values of single resources that have been written, by the segments of their
            path.
        jobs: the progress of each job, by the segments of the job's path.
        work_ends: the events to publish when jobs and other work end, by the timer's key.
        job_outcomes: the outcome of the jobs in a collection, if not success, by the collection's
            path template, such as ``/api/v2/analytics/conversations/details/jobs``; see
            :meth:`Simulator.set_job_outcome`.
        listings: the items of listings without a collection, by method and path or path
            template; see :meth:`Simulator.seed_items`.
        contact_center: the conversations, and the data used to distribute them to agents.
        channels: the notification channels by id.
        notices: the events that have not been delivered yet.
        extra_topics: topics or templates (``v2.things.{id}``) known in addition to the platform's.
        forbidden_topics: topics or templates that are rejected, each with the permissions reported
            as missing.
        socket_port: the port in the URIs of channels' WebSockets; ``None`` for the request's port.
        issued: the number of ids that have been issued, by the kind of id.
        spent: the times of the requests in the current rate limit window, in monotonic seconds, by
            token.
        counts: the number of requests, by method and path template.
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
    deleted_users: dict[str, None] = {}
    modified_users: dict[str, str] = {}
    first_items: int = 0
    queues: dict[str, Record] = {}
    collections: dict[tuple[str, ...], dict[str, Record]] = {}
    grants: dict[str, dict[tuple[str, str], str]] = {}
    deleted: set[tuple[str, ...]] = set()
    unsettled: dict[tuple[str, ...], Unsettled] = {}
    singles: dict[tuple[str, ...], Record] = {}
    jobs: dict[tuple[str, ...], JobRun] = {}
    work_ends: dict[str, WorkEnd] = {}
    job_outcomes: dict[str, str] = {}
    listings: dict[tuple[str, str], list[Json]] = {}
    contact_center: ContactCenter = field(default_factory=ContactCenter)
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
        """Create the initial state from the entities of a world."""
        home = home_division(seed)
        collections: dict[tuple[str, ...], dict[str, Record]] = {
            DIVISIONS: {str(home["id"]): home},
            ROLES: _default_roles(world, seed),
            OAUTH_CLIENTS: {client.id: show_client(client) for client in world.clients},
        }
        return cls(
            seed=seed,
            clients={client.id: client for client in world.clients},
            organization={"id": uuid_shaped(seed, "organization"), "name": world.org},
            password=world.password,
            users={str(user["id"]): dict(user) for user in world.users},
            queues={str(queue["id"]): dict(queue) for queue in world.queues},
            collections=collections,
            first_items=sum(map(len, collections.values())),
            grants={
                subject: {(role_id(seed, name), str(home["id"])): START for name in names}
                for subject, names in _roles(world).items()
            },
        )

    def count_items(self) -> int:
        """Return the number of items that count towards ``Settings.max_items``.

        These are the created items of collections, the written single resources and the deleted
        examples, but neither users nor queues.
        """
        held = sum(map(len, self.collections.values())) - self.first_items
        return held + len(self.singles) + len(self.deleted)

    def new_id(self, kind: str) -> str:
        """Return a new id for a kind of entity, in the form of a UUID."""
        self.issued[kind] += 1
        return uuid_shaped(self.seed, kind, self.issued[kind], "issued")

    def new_secret(self, kind: str) -> str:
        """Return a new value for a token, code or cookie: 64 hexadecimal digits."""
        return f"{self.new_id(kind)}{self.new_id(kind)}".replace("-", "")

    def revoke(self, token: IssuedToken) -> None:
        """Revoke an access token and all other credentials from the same sign-in."""
        self.tokens.pop(token.value, None)
        self.spent.pop(token.value, None)
        if token.family is not None:
            self.revoke_family(token.family)

    def revoke_family(self, family: str) -> None:
        """Revoke all access tokens, refresh tokens and codes that result from one sign-in."""
        for value in [value for value, each in self.tokens.items() if each.family == family]:
            del self.tokens[value]
            self.spent.pop(value, None)
        self.refresh_tokens = {k: v for k, v in self.refresh_tokens.items() if v.family != family}
        self.codes = {k: v for k, v in self.codes.items() if v.family != family}

    def record(self, served: Served) -> None:
        """Count a request and add it to the log."""
        self.counts[served.method, served.template] += 1
        self.log.append(served)

    def __repr__(self) -> str:
        sizes = f"{len(self.users)} users, {len(self.queues)} queues, {len(self.tokens)} tokens"
        return f"State({sizes}, {sum(self.counts.values())} requests)"

    # msgspec gives every Struct a `__rich_repr__` with all fields, which rich prefers to `repr`.
    def __rich_repr__(self) -> list[tuple[str, object]]:
        return [("users", len(self.users)), ("queues", len(self.queues))]


def _roles(world: World) -> dict[str, tuple[str, ...]]:
    """Return the names of the roles of each user and client of a world."""
    users = [str(user["id"]) for user in world.users]
    given = dict.fromkeys(users, (EMPLOYEE,))
    given |= dict.fromkeys([*users[:1], *(each.id for each in world.clients)], (ADMINISTRATOR,))
    return {**given, **world.roles}


def _default_roles(world: World, seed: int) -> dict[str, Record]:
    """Return the default roles, with the number of users that have them."""
    users = {str(user["id"]) for user in world.users}
    granted = Counter(
        role_id(seed, name)
        for subject, names in _roles(world).items()
        if subject in users
        for name in names
    )
    return {
        identity: {**role, "userCount": granted[identity]}
        for identity, role in default_roles(seed).items()
    }
