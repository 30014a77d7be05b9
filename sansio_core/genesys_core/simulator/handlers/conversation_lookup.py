"""Lookups for conversation handlers: the conversation, the participant, the caller.

Invariants: a request for an unknown conversation or participant gets a 404 with the platform's
error code, as does a request whose path has a media type that the conversation lacks.
"""

from collections.abc import Mapping
from typing import Final

from genesys_core.simulator.conversations.rest_views import MEDIA_PATHS
from genesys_core.simulator.http.exchange import ApiCall, parse_instant
from genesys_core.simulator.http.problems import PlatformProblem, invalid_value, no_such_entity
from genesys_core.simulator.state.examples import Json
from genesys_core.simulator.state.timeline import ConversationTimeline, MediaKind, Participant

__all__ = [
    "find_conversation",
    "find_party",
    "make_refusal",
    "media_of_path",
    "number_of_contact",
    "read_time",
    "require_queue",
    "require_user",
    "require_user_context",
]

_CONTACTS: Final = ("", "api", "v2", "externalcontacts", "contacts")
_BY_PATH: Final[Mapping[str, MediaKind]] = {path: media for media, path in MEDIA_PATHS.items()}


def make_refusal(code: str, message: str, *, status: int = 400) -> PlatformProblem:
    """Return the problem that rejects a command with one of the platform's error codes."""
    return PlatformProblem(status, code, message)


def media_of_path(call: ApiCall) -> MediaKind | None:
    """Return the media type in a request's path; ``None`` if the path is for all media types."""
    return _BY_PATH.get(
        call.route.template.removeprefix("/api/v2/conversations/").partition("/")[0]
    )


def find_conversation(call: ApiCall) -> ConversationTimeline:
    """Return the conversation in a request's path.

    Raises:
        Problem: 404 if there is no such conversation, or it lacks the media type in the path.
    """
    identity = call.arguments["conversationId"]
    found = call.state.contact_center.conversations.get(identity)
    media = media_of_path(call)
    if found is None or (media is not None and media not in found.media_kinds):
        message = f"There is no conversation {identity}."
        raise make_refusal("conversation.error.conversation.not.found", message, status=404)
    return found


def find_party(call: ApiCall, conversation: ConversationTimeline) -> Participant:
    """Return the participant in a request's path.

    Raises:
        Problem: 404 if the conversation has no such participant, or if the path contains a
            communication id that is not the participant's.
    """
    identity = call.arguments["participantId"]
    found = conversation.participant(identity)
    wanted = call.arguments.get("communicationId")
    if found is None or wanted not in {None, found.session.id}:
        which = "" if wanted is None else f" with the communication {wanted}"
        message = f"The conversation has no participant {identity}{which}."
        raise make_refusal("conversation.error.not.conversation.participant", message, status=404)
    return found


def require_queue(call: ApiCall, queue_id: object) -> str:
    """Return a queue's id, after checking that the queue exists.

    Raises:
        Problem: 400 if there is no such queue.
    """
    if not isinstance(queue_id, str) or queue_id not in call.state.queues:
        message = f"There is no queue {queue_id}."
        if queue_id is None:
            message = "Specify the queueId of an existing queue."
        raise make_refusal("conversations.error.queue.not.found", message)
    return queue_id


def require_user(call: ApiCall, user_id: object) -> str:
    """Return a user's id, after checking that the user exists.

    Raises:
        Problem: 404 if there is no such user.
    """
    if not isinstance(user_id, str) or user_id not in call.state.users:
        raise no_such_entity("user", str(user_id))
    return user_id


def require_user_context(call: ApiCall) -> str:
    """Return the user id of the caller's token.

    Raises:
        Problem: 400 if the token has no user.
    """
    user_id = call.user_id
    if user_id is None:
        raise make_refusal(
            "not.a.user", "This request requires a user context; the token has none."
        )
    return user_id


def number_of_contact(call: ApiCall, wanted: Mapping[str, Json]) -> str | None:
    """Return the phone number of the external contact named in a body, or ``None``.

    Raises:
        Problem: 404 if the body names a contact that does not exist.
    """
    identity = wanted.get("contactId")
    if not isinstance(identity, str):
        return None
    contact = call.state.collections.get(_CONTACTS, {}).get(identity)
    if contact is None:
        raise no_such_entity("contact", identity)
    kind = str(wanted.get("phoneType"))
    number = contact.get(f"{kind[:1].lower()}{kind[1:]}")
    facts: Mapping[str, Json] = number if isinstance(number, Mapping) else {}
    found = facts.get("e164") or facts.get("display") or facts.get("userInput")
    return str(found) if found else None


def read_time(value: Json, *, field: str) -> int | None:
    """Return a date and time from a body in milliseconds since 1970-01-01 UTC.

    Returns:
        ``None`` if the value is not a string.

    Raises:
        Problem: 400 for a time that Python cannot represent, such as a leap second, although the
            format allows it.
    """
    if not isinstance(value, str):
        return None
    try:
        return parse_instant(value)
    except ValueError:
        raise invalid_value(value, "date-time", field=field) from None
