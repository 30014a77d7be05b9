"""Queue settings for conversations: alerting times, after-call work.

Invariants: a queue without such settings, or a deleted one, has the defaults. The default alerting
times are guesses.
"""

from collections.abc import Mapping
from typing import Final

from genesys_core.simulator.state.examples import Json
from genesys_core.simulator.state.memory import PlatformState
from genesys_core.simulator.state.timeline import MediaKind

__all__ = ["acw_timeout", "alerting_seconds", "wrap_up_prompt"]

_SETTINGS: Final[Mapping[MediaKind, str]] = {
    "voice": "call",
    "callback": "callback",
    "email": "email",
    "message": "message",
}
_ALERTING: Final[Mapping[MediaKind, float]] = {
    "voice": 8.0,
    "callback": 30.0,
    "email": 300.0,
    "message": 30.0,
}
_PROMPTS: Final[Mapping[str, str]] = {
    "MANDATORY": "mandatory",
    "OPTIONAL": "optional",
    "MANDATORY_TIMEOUT": "timeout",
    "MANDATORY_FORCED_TIMEOUT": "forcedTimeout",
    "AGENT_REQUESTED": "agentRequested",
}


def alerting_seconds(state: PlatformState, queue_id: str | None, media: MediaKind) -> float:
    """Return the number of seconds for which a queue alerts an agent, for one media type."""
    settings = _inside(_inside(_queue(state, queue_id), "mediaSettings"), _SETTINGS[media])
    seconds = settings.get("alertingTimeoutSeconds")
    return float(seconds) if isinstance(seconds, int | float) and seconds > 0 else _ALERTING[media]


def wrap_up_prompt(state: PlatformState, queue_id: str | None) -> str:
    """Return a queue's wrap-up prompt, spelled as in a participant's ``wrapupPrompt``."""
    settings = _inside(_queue(state, queue_id), "acwSettings")
    return _PROMPTS.get(str(settings.get("wrapupPrompt")), "optional")


def acw_timeout(state: PlatformState, queue_id: str | None) -> int | None:
    """Return a queue's limit on after-call work in milliseconds; ``None`` if it has no limit."""
    timeout = _inside(_queue(state, queue_id), "acwSettings").get("timeoutMs")
    is_limited = wrap_up_prompt(state, queue_id) in {"timeout", "forcedTimeout"}
    return int(timeout) if is_limited and isinstance(timeout, int | float) else None


def _queue(state: PlatformState, queue_id: str | None) -> Mapping[str, Json]:
    return state.queues.get(queue_id or "", {})


def _inside(settings: Mapping[str, Json], name: str) -> Mapping[str, Json]:
    found = settings.get(name)
    return found if isinstance(found, Mapping) else {}
