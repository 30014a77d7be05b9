"""Validates the topics to which a caller subscribes.

Invariants: each topic is accepted or rejected independently of others. Names are case-insensitive.
A combined topic is accepted if any of its parts is accepted, and delivers the events of the
accepted parts.
"""

from collections.abc import Iterable, Iterator
from typing import Final

from msgspec import Struct

from genesys_core.notifications.messages import resolve_topic
from genesys_core.simulator.state.channels import ChannelTopic
from genesys_core.simulator.state.memory import PlatformState

__all__ = ["Verdict", "judge_topic"]

_MAX_LENGTH: Final = 200
_SYSTEM: Final = "v2.system."


class Verdict(Struct, frozen=True):
    """The validation result for a requested topic.

    Attributes:
        id: the topic, as spelled in the request.
        topic: the topic to subscribe to; ``None`` if the requested topic was rejected.
        reason: why the topic was rejected; empty if it was accepted.
        missing: the required permissions that the subscriber lacks.
    """

    id: str
    topic: ChannelTopic | None = None
    reason: str = ""
    missing: tuple[str, ...] = ()


def judge_topic(state: PlatformState, asked: str) -> Verdict:
    """Validate a requested topic.

    A topic is accepted if it is known and the subscriber lacks no permission for it; a combined
    topic is accepted if one of its parts is.
    """
    if len(asked) > _MAX_LENGTH:
        return Verdict(asked, reason=f"The topic is longer than {_MAX_LENGTH} characters.")
    names = tuple(name.lower() for name in _names(asked))
    permitted = tuple(
        name for name in names if _is_known(state, name) and not _missing(state, name)
    )
    if permitted:
        return Verdict(asked, ChannelTopic(asked, permitted))
    missing = tuple(sorted({each for name in names for each in _missing(state, name)}))
    if missing:
        return Verdict(asked, reason="The required permissions are missing.", missing=missing)
    return Verdict(asked, reason=f"The topic {asked} does not exist.")


def _names(asked: str) -> Iterator[str]:
    """Expand a combined topic, ``prefix?suffix&suffix``, into single topics."""
    prefix, mark, suffixes = asked.partition("?")
    if not mark:
        yield asked
        return
    for suffix in suffixes.split("&"):
        yield f"{prefix}.{suffix}"


def _is_known(state: PlatformState, name: str) -> bool:
    if name.startswith(_SYSTEM):
        return False  # delivered without a subscription
    return resolve_topic(name) is not None or _covers(state.extra_topics, name)


def _missing(state: PlatformState, name: str) -> tuple[str, ...]:
    rules = state.forbidden_topics.items()
    return next((missing for rule, missing in rules if _covers((rule,), name)), ())


def _covers(rules: Iterable[str], name: str) -> bool:
    """Return whether a topic is in the list or matches one of its templates."""
    parts = name.split(".")
    return any(_fits(rule.lower().split("."), parts) for rule in rules)


def _fits(rule: list[str], parts: list[str]) -> bool:
    return len(rule) == len(parts) and all(
        part != "" if wanted == "{id}" else part == wanted
        for wanted, part in zip(rule, parts, strict=True)
    )
