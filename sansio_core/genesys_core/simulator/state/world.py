"""The initial entities of the simulator: OAuth clients, users, queues.

Invariants: a world is deterministic. The same seed yields the same people, ids and secrets on any
machine; all people are fictitious.
"""

from collections.abc import Mapping
from typing import ClassVar, Final, Literal, TypeAlias

from genesys_core.confidential import Confidential
from genesys_core.simulator.state.examples import Json, uuid_shaped

__all__ = [
    "ALL_GRANTS",
    "DIVISIONS",
    "GROUPS",
    "ROLES",
    "START",
    "SYSTEM_PRESENCES",
    "TEAMS",
    "WRAP_UP_CODES",
    "ChangeKind",
    "OAuthClient",
    "Record",
    "World",
    "active_emails",
    "find_by_email",
    "home_division",
    "is_active",
    "presence_definition",
    "reference_of",
    "user_state",
]

Record = dict[str, Json]
"""An entity as a JSON object in the platform's format."""

ChangeKind: TypeAlias = Literal["created", "updated", "deleted"]
"""The kinds of change to a record."""

START: Final = "2024-01-01T08:00:00.000Z"
"""The creation date of all initial entities."""


ALL_GRANTS: Final = (
    "client_credentials",
    "authorization_code",
    "implicit",
    "urn:ietf:params:oauth:grant-type:saml2-bearer",
)
"""All grants that a client may use; the authorization code grant includes refresh tokens."""


class OAuthClient(Confidential, frozen=True):
    """An OAuth client of the simulated organization.

    Attributes:
        id: the id of the client.
        secret: the secret of the client; hidden in the repr.
        grants: the grants that the client may use, from :data:`ALL_GRANTS`.
        user_id: the id of the user whom the client's own tokens represent. On the platform, tokens
            for client credentials have no user; ``None`` simulates this, so that
            ``/api/v2/users/me`` is rejected.
        redirect_uris: the permitted redirect URIs, compared exactly. If empty, any loopback URI is
            permitted.
        token_lifetime: seconds until the client's tokens expire; ``None`` for the lifetime in the
            settings.
    """

    __secrets__: ClassVar[frozenset[str]] = frozenset({"secret"})

    id: str
    secret: str
    grants: tuple[str, ...] = ("client_credentials",)
    user_id: str | None = None
    redirect_uris: tuple[str, ...] = ()
    token_lifetime: float | None = None


class World(Confidential, frozen=True):
    """The initial entities of a simulator; simulators can share a world, because each copies it.

    Attributes:
        clients: the OAuth clients.
        users: JSON objects of the type ``User``, each with an ``id``, a ``name`` and a ``version``.
        queues: JSON objects of the type ``Queue``, each with an ``id`` and a ``name``.
        password: the password with which all users sign in; if it is empty, sign-in is disabled.
        org: the short name of the organization.
        roles: the names of roles by the id of a user or client; by default every client and the
            first user have the role ``Master Admin``, and every other user ``employee``.
    """

    __secrets__: ClassVar[frozenset[str]] = frozenset({"password"})

    clients: tuple[OAuthClient, ...] = ()
    users: tuple[Record, ...] = ()
    queues: tuple[Record, ...] = ()
    password: str = ""
    org: str = "simulator"
    roles: Mapping[str, tuple[str, ...]] = {}

    @classmethod
    def sample(cls, *, users: int = 60, queues: int = 5, seed: int = 0) -> "World":
        """Create a world with one client, users and queues; the client acts for the first user.

        The client may use all grants, unlike clients on the platform, which have a single grant
        type.

        Args:
            users: the number of users.
            queues: the number of queues.
            seed: the seed from which ids and secrets are generated.
        """
        home = reference_of(home_division(seed))
        people = tuple(_user(n, uuid_shaped(seed, "user", n), home) for n in range(1, users + 1))
        client = OAuthClient(
            id=uuid_shaped(seed, "client"),
            secret=uuid_shaped(seed, "secret").replace("-", ""),
            grants=ALL_GRANTS,
            user_id=str(people[0]["id"]) if people else None,
        )
        lines = tuple(_queue(n, uuid_shaped(seed, "queue", n), home) for n in range(1, queues + 1))
        password = uuid_shaped(seed, "password")
        return cls(clients=(client,), users=people, queues=lines, password=password)


DIVISIONS: Final = ("", "api", "v2", "authorization", "divisions")
"""The path segments of the division collection."""

ROLES: Final = ("", "api", "v2", "authorization", "roles")
"""The path segments of the role collection."""

GROUPS: Final = ("", "api", "v2", "groups")
"""The path segments of the group collection."""

WRAP_UP_CODES: Final = ("", "api", "v2", "routing", "wrapupcodes")
"""The path segments of the wrap-up code collection."""

TEAMS: Final = ("", "api", "v2", "teams")
"""The path segments of the team collection."""


def home_division(seed: int) -> Record:
    """Return the home division, which every organization has."""
    home = _entity("Home", "/api/v2/authorization/divisions", uuid_shaped(seed, "division"))
    return {**home, "description": "The home division", "homeDivision": True}


def reference_of(entity: Record) -> Record:
    """Return a reference to an entity: its id, name and ``selfUri``."""
    return {name: entity[name] for name in ("id", "name", "selfUri") if name in entity}


def _entity(name: str, base: str, identity: str) -> Record:
    return {"id": identity, "name": name, "selfUri": f"{base}/{identity}"}


def _user(number: int, identity: str, division: Record) -> Record:
    email = f"user{number:03d}@example.com"
    return {
        **_entity(f"User {number:03d}", "/api/v2/users", identity),
        "division": division,
        "chat": {"jabberId": f"{identity}@simulator.example.com"},
        "department": "Support" if number % 2 else "Sales",
        "email": email,
        "primaryContactInfo": [{"address": email, "mediaType": "EMAIL", "type": "PRIMARY"}],
        "addresses": [],
        "state": "active",
        "title": "Agent",
        "username": email,
        "images": [],
        "version": 1,
        "acdAutoAnswer": False,
        "presence": _presence(identity),
        "routingStatus": {"userId": identity, "status": "OFF_QUEUE", "startTime": START},
        "skills": [],
        "languages": [],
        "groups": [],
        "locations": [],
        "profileSkills": [],
        "certifications": [],
        "dateLastLogin": START,
    }


def _presence(identity: str) -> Record:
    return {
        "id": identity,
        "source": "PURECLOUD",
        "primary": True,
        "presenceDefinition": presence_definition("Available"),
        "message": "",
        "modifiedDate": START,
        "selfUri": f"/api/v2/users/{identity}/presences/purecloud",
    }


SYSTEM_PRESENCES: Final = (
    "Available",
    "Away",
    "Break",
    "Busy",
    "Idle",
    "Meal",
    "Meeting",
    "Offline",
    "On Queue",
    "Training",
)
"""The names of the system presences that every organization has, spelled as in REST."""


def presence_definition(name: str) -> Record:
    """Return the presence definition of a system presence; its id is the same in every world."""
    identity = uuid_shaped("presence", name)
    return {
        "id": identity,
        "systemPresence": name,
        "selfUri": f"/api/v2/presence/definitions/{identity}",
    }


def _queue(number: int, identity: str, division: Record) -> Record:
    return {
        **_entity(f"Queue {number:03d}", "/api/v2/routing/queues", identity),
        "division": division,
        "description": f"Simulated queue {number}",
        "dateCreated": START,
        "dateModified": START,
        **QUEUE_DEFAULTS,
    }


QUEUE_DEFAULTS: Mapping[str, Json] = {
    "memberCount": 0,
    "userMemberCount": 0,
    "joinedMemberCount": 0,
    "acwSettings": {"wrapupPrompt": "OPTIONAL", "timeoutMs": 0},
    "skillEvaluationMethod": "BEST",
    "autoAnswerOnly": True,
    "enableTranscription": False,
    "enableManualAssignment": False,
}
"""The default properties of a queue."""


def user_state(user: Record) -> Json:
    """Return a user's state: ``active``, ``inactive`` or ``deleted``."""
    return user.get("state", "active")


def active_emails(users: Mapping[str, Record]) -> list[str]:
    """Return the emails of all users who may sign in."""
    return [
        str(user["email"])
        for user in users.values()
        if user_state(user) == "active" and user.get("email")
    ]


def is_active(users: Mapping[str, Record], user_id: str) -> bool:
    """Return whether a user exists and may sign in."""
    user = users.get(user_id)
    return user is not None and user_state(user) == "active"


def find_by_email(users: Mapping[str, Record], email: str) -> Record | None:
    """Return the active user with an email, ignoring case, or ``None``."""
    wanted = email.casefold()
    for user in users.values():
        if user_state(user) == "active" and str(user.get("email") or "").casefold() == wanted:
            return user if wanted else None
    return None
