"""Derives noun phrases from paths: the resource that a path names, and the resource's owners.

Invariants: a phrase is derived from the segments of its path: segments after the last parameter
name the resource, earlier segments its owners. If segments are misleading, the
table :data:`~genesys_core.definition.words.nouns.NOUNS` has the name, which applies to all operations
on the resource and below it.
"""

from collections.abc import Sequence

from msgspec import Struct

from genesys_core.definition.words.lexicon import (
    is_plural,
    spell_segment,
    split_name,
    to_plural,
    to_singular,
    with_article,
)
from genesys_core.definition.words.nouns import (
    DOMAINS,
    GENERIC,
    NOUNS,
    PASSED_BY,
    PLURAL_QUALIFIERS,
    WEAK,
)

__all__ = [
    "PathStep",
    "describe_item",
    "describe_owner",
    "describe_things",
    "is_several",
    "name_by_rules",
    "name_item",
    "name_things",
    "pattern_of",
    "split_path",
    "without_tail",
]


class PathStep(Struct, frozen=True):
    """Segments of a path, and the name of the parameter after them; empty if none follows."""

    segments: tuple[str, ...]
    parameter: str = ""


def split_path(path: str) -> tuple[PathStep, ...]:
    """Split a path after each parameter, without the API version; ``me`` counts as a parameter.

    A path without segments after the version becomes one step with the segment ``root``.
    """
    steps: list[PathStep] = []
    segments: list[str] = []
    for segment in path.removeprefix("/api/v2/").strip("/").split("/"):
        if segment.startswith("{") or segment == "me":
            steps.append(PathStep(tuple(segments), segment.strip("{}") or "id"))
            segments = []
        elif segment not in ("", "v2"):  # SCIM's paths also contain a version of SCIM
            segments.append(segment.lower())
    if not steps and not segments:
        segments = ["root"]
    return (*steps, PathStep(tuple(segments))) if segments else tuple(steps)


def without_tail(steps: tuple[PathStep, ...]) -> tuple[PathStep, ...]:
    """Return a path without its last segment, which must not be a parameter."""
    *start, last = steps
    if len(last.segments) > 1:
        return (*start, PathStep(last.segments[:-1]))
    return tuple(start)


def pattern_of(steps: Sequence[PathStep]) -> str:
    """Return a resource's key in :data:`NOUNS`: its path, with ``*`` in place of parameters."""
    parts: list[str] = []
    for step in steps:
        parts += [*step.segments, "me" if step.parameter == "me" else "*"]
    return "/".join(parts[:-1]).removesuffix("/divisionviews")


def name_things(steps: Sequence[PathStep]) -> str:
    """Return the name of a path's resource, from :data:`NOUNS` or derived: "queue members"."""
    reviewed, _, _ = NOUNS.get(pattern_of(steps), "").partition("|")
    return reviewed or name_by_rules(steps)


def name_by_rules(steps: Sequence[PathStep]) -> str:
    """Return the derived name of a path's resource, even if :data:`NOUNS` has another one."""
    segments = list(steps[-1].segments)
    if (
        segments[1:] and segments[-1] == "divisionviews"
    ):  # the same resources, in the caller's divisions
        segments.pop()
    if not segments:  # a parameter that follows another
        return split_name(steps[-1].parameter)
    # An area is at the start of a path; of nested areas ("telephony/providers"), the longest is removed.
    if len(steps) == 1:
        for end in (3, 2, 1):
            if len(segments) > end and "/".join(segments[:end]) in DOMAINS:
                # "settings" alone would be unclear: they stay "routing settings".
                if segments[end:] != segments[-1:] or segments[-1] not in GENERIC:
                    del segments[:end]
                break
    *qualifiers, head = segments
    return " ".join(
        [
            *(
                spell_segment(s) if s in PLURAL_QUALIFIERS else to_singular(spell_segment(s))
                for s in qualifiers
            ),
            spell_segment(head),
        ]
    )


def name_item(steps: Sequence[PathStep]) -> str:
    """Return the name of a path's resource in the singular: "queue member"."""
    _, _, singular = NOUNS.get(pattern_of(steps), "").partition("|")
    return singular or to_singular(name_things(steps))


def describe_item(steps: Sequence[PathStep], depth: int = 2) -> str:
    """Describe one resource at a path: "a member of a queue", "the current user"."""
    thing = name_item(steps)
    if steps[-1].parameter == "me":
        if thing in ("user", "agent"):
            return f"the current {thing}"
        return f"the {name_things(steps)} of the current user"
    return f"{with_article(thing)}{describe_owner(steps, depth)}"


def describe_things(
    steps: Sequence[PathStep], depth: int = 2, article: str = "the ", word: str = "of"
) -> str:
    """Describe all resources at a path: "the members of a queue"."""
    return f"{article}{to_plural(name_things(steps))}{describe_owner(steps, depth, word)}"


def describe_owner(steps: Sequence[PathStep], depth: int = 2, word: str = "of") -> str:
    """Describe up to ``depth`` owners of a path's resource: " of a queue"."""
    owned = steps[-1].segments[:1]
    for end in range(len(steps) - 1, 0, -1):
        owner = steps[:end]
        tails = owner[-1].segments[-1:]
        if depth < 1:
            return ""
        if PASSED_BY.isdisjoint((*tails, " < ".join((*owned, *tails)))):
            # "a member of a queue" is clear; "a phrase of a topic" needs the owner of the topic too.
            deeper = depth - 1 if name_item(owner) in WEAK else 0
            return f" {word} {describe_item(owner, deeper)}"
        owned = tails
    return ""


def is_several(steps: Sequence[PathStep]) -> bool:
    """Return whether a path names several resources."""
    return not steps[-1].parameter and is_plural(name_things(steps))
