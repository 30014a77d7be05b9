"""The state diagrams of ``docs/states.md`` and ``docs/embedding.md``, drawn from the code.

The states of a call and the steps of a token transaction are read from the annotations of their
transitions; those of a notification channel are found by exploring the machine. ``python -m
tests.helpers.diagrams`` writes them into the pages; a test says when what is there is not current.
"""

from __future__ import annotations

import re
import typing
from collections.abc import Callable, Iterator
from pathlib import Path
from types import UnionType
from typing import Any

from genesys_core.calls import lifecycle, token_transaction
from genesys_core.jobs import waiting
from genesys_core.notifications.channel.channel import Running
from genesys_core.notifications.channel.connection import Listening
from genesys_core.notifications.channel.facts import Facts
from tests.helpers.channel_exploration import explore

PAGE = Path(__file__).parents[2] / "docs" / "states.md"
EMBEDDING = PAGE.with_name("embedding.md")
"""It has the diagram of a call too."""

Edges = set[tuple[str, str, str]]
"""From a state to a state, and what leads there."""

CALL_STATES = (
    lifecycle.NeedToken,
    lifecycle.NeedPermit,
    lifecycle.Sending,
    lifecycle.ClosingGate,
    lifecycle.Waiting,
    lifecycle.Returned,
    lifecycle.Raised,
)


WAIT_STATES = (waiting.Polling, waiting.Pausing, waiting.WaitEnded, waiting.WaitFailed)


def state_names(hint: Any) -> set[str]:
    """The names of the classes in an annotation."""
    if typing.get_origin(hint) in {typing.Union, UnionType}:
        return {name for member in typing.get_args(hint) for name in state_names(member)}
    return {(typing.get_origin(hint) or hint).__name__}


def call_transitions() -> dict[str, set[str]]:
    """Each transition of a call, such as ``Sending.failed``, with the states that it may lead to."""
    found = _transitions(lifecycle.start, CALL_STATES)
    # The same need as of now, which is no transition.
    assert found.pop("NeedToken.joined") == {"NeedToken"}
    return found


def _transitions(
    start: Callable[..., object], kinds: tuple[type[object], ...]
) -> dict[str, set[str]]:
    functions = {start.__name__: start}
    for state in kinds:
        for name, method in vars(state).items():
            if not name.startswith("_") and callable(method):
                functions[f"{state.__name__}.{name}"] = method
    found = {}
    for name, function in functions.items():
        states = state_names(typing.get_type_hints(function)["return"])
        if states <= {state.__name__ for state in kinds}:
            found[name] = states
    return found


def wait_edges() -> Edges:
    """A wait, from its first poll to its end."""
    found = _transitions(waiting.start_wait, WAIT_STATES)
    return _edges(found) | {(end, "[*]", "") for end in ("WaitEnded", "WaitFailed")}


def call_edges() -> Edges:
    """The life of a call."""
    return _edges(call_transitions()) | {(end, "[*]", "") for end in ("Returned", "Raised")}


def _edges(transitions: dict[str, set[str]]) -> Edges:
    edges = set()
    for transition, states in transitions.items():
        before, _, name = transition.rpartition(".")
        edges |= {(before or "[*]", after, name) for after in states}
    return edges


def transaction_edges() -> Edges:
    """The steps of a token transaction."""
    edges = set()
    begin = token_transaction.begin_transaction
    for function in (
        begin,
        token_transaction.response_received,
        *typing.get_overloads(token_transaction.store_answered),
    ):
        hints = typing.get_type_hints(function)
        before = {"[*]"} if function is begin else state_names(hints["step"])
        if len(before) < 4:  # not the overload for any step of the store
            after = state_names(typing.get_args(hints["return"])[1])
            edges |= {(one, two, function.__name__) for one in before for two in after}
    return edges | {("Ended", "[*]", "")}


def channel_edges() -> tuple[Edges, Edges, Edges]:
    """One connection of a channel; its topics; and a planned move to another channel."""
    found: tuple[Edges, Edges, Edges] = (set(), set(), set())
    seen: dict[str, Any] = {}
    for edge in explore(seen):
        kind = re.split(r"[ ,]", edge.input)[0]
        after = edge.step.state
        pairs = [*zip(_facets(edge.before.facts), _facets(_facts(after)), found, strict=True)]
        for before, now, edges in pairs:
            if before != now and before is not None and now is not None:
                edges.add((before, now, kind))
    found[0].update({("[*]", "BackingOff", "start_channel"), ("Stopped", "[*]", "")})
    found[1].add(("[*]", "OutOfSync", "connected"))
    found[2].add(("[*]", "Alone", ""))
    return found


def _facts(state: object) -> Facts | None:
    return state.facts if isinstance(state, Running) else None


def _facets(facts: Facts | None) -> tuple[str | None, str | None, str | None]:
    """The name of the primary connection, of its topics, and of the move."""
    if facts is None:
        return "Stopped", None, None
    primary = facts.primary
    topics = type(primary.sync).__name__ if isinstance(primary, Listening) else None
    parts = [
        name
        for name, part in (("Successor", facts.successor), ("Draining", facts.draining))
        if part is not None
    ]
    return type(primary).__name__, topics, "And".join(parts) or "Alone"


def mermaid(edges: Edges) -> str:
    """A Mermaid diagram; edges between the same states are one."""
    labels: dict[tuple[str, str], list[str]] = {}
    for before, after, label in sorted(edges):
        labels.setdefault((before, after), []).append(label)
    lines = [
        f"    {before} --> {after}" + (f": {', '.join(names)}" if any(names) else "")
        for (before, after), names in labels.items()
    ]
    return "\n".join(["```mermaid", "stateDiagram-v2", *lines, "```"])


def diagrams(*, channel: bool = True) -> Iterator[tuple[str, str]]:
    """The diagrams by name; that of a channel takes some seconds."""
    yield "call", mermaid(call_edges())
    yield "transaction", mermaid(transaction_edges())
    yield "wait", mermaid(wait_edges())
    if channel:
        names = ("connection", "topics", "move")
        yield from zip(names, map(mermaid, channel_edges()), strict=True)


def replace_diagram(page: str, name: str, diagram: str) -> str:
    """A page with a diagram between its marks."""
    begin, end = f"<!-- diagram: {name} -->\n", "<!-- end -->"
    before, found, rest = page.partition(begin)
    assert found, f"the page has no diagram {name}"
    return f"{before}{begin}{diagram}\n{end}{rest.partition(end)[2]}"


def main() -> None:
    page = PAGE.read_text()
    for name, diagram in diagrams():
        page = replace_diagram(page, name, diagram)
    PAGE.write_text(page)
    call = mermaid(call_edges())
    EMBEDDING.write_text(replace_diagram(EMBEDDING.read_text(), "call", call))


if __name__ == "__main__":
    main()
