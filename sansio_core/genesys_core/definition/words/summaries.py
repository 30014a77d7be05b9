"""Summarizes operations in one line: a verb and its object.

Invariants: a summary is derived by rules from the method, path, body and response, or is in the
table :data:`~genesys_core.definition.words.overrides.OVERRIDES`. It has at most :data:`LONGEST`
characters, begins with a verb of :data:`VERBS`, and is unique in its API.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Final

from genesys_core.definition.read.definition import ApiOperation, Array, Ref
from genesys_core.definition.read.read_only_posts import only_reads
from genesys_core.definition.words.lexicon import read_words, with_article
from genesys_core.definition.words.nouns import LINKED, SINGLE
from genesys_core.definition.words.overrides import OVERRIDES
from genesys_core.definition.words.phrases import (
    PathStep,
    describe_item,
    describe_owner,
    describe_things,
    is_several,
    name_item,
    name_things,
    split_path,
    without_tail,
)

__all__ = ["LONGEST", "VERBS", "line_by_rules", "replaced_paths", "summarize_operation"]

LONGEST: Final = 76
"""The maximum number of characters in a summary, which must fit a docstring's first line."""

_BY_METHOD: Final[Mapping[str, str]] = {
    "GET": "Get",
    "HEAD": "Check",
    "POST": "Create",
    "PUT": "Update",
    "PATCH": "Update",
    "DELETE": "Delete",
}

_ACTIONS: Final[Mapping[str, str]] = {
    one: one.capitalize()
    for one in read_words("""
        acknowledge activate add assign cancel copy deactivate disconnect enrich execute export
        generate import infer link match merge migrate move publish query reassign reboot reconnect
        refresh remove replace reposition reschedule reset restore retrieve revert revoke search
        simulate start stop suggest synchronize terminate test train unlock unpair update validate
    """)
} | {
    "bulkadd": "Add",
    "bulkremove": "Remove",
    "bulkreplace": "Replace",
    "forceregenerate": "Regenerate",
    "rollback": "Roll back",
    "sync": "Synchronize",
}
"""Path segments that are verbs at the end of a path, each with the verb that begins the summary."""

VERBS: Final = read_words("""
    Acknowledge Activate Add Approve Archive Assign Barge Call Cancel Check Claim Clear Clone Coach
    Compare Complete Copy Count Create Deactivate Delete Detect Disable Disconnect Download Enrich
    Escalate Estimate Exchange Execute Export Finalize Generate Get Grant Import Index Infer Invoke
    Join Link List Look Mark Match Merge Migrate Monitor Move Notify Override Pin Place Preview
    Promote Publish Query Reassign Reboot Reconnect Record Refresh Regenerate Remove Replace
    Reposition Request Reschedule Reset Restore Revert Revoke Save Schedule Score Search Send Set
    Sign Simulate Start Stop Suggest Synchronize Take Terminate Test Train Transfer Translate Unlink
    Unlock Unpair Unpin Update Validate
""")
"""The verbs that summaries begin with."""


def replaced_paths(operations: Iterable[ApiOperation]) -> frozenset[str]:
    """Return the paths that support PATCH, where a PUT is described as a replacement."""
    return frozenset(one.path for one in operations if one.method == "PATCH")


def summarize_operation(operation: ApiOperation, replaced: Collection[str] = ()) -> str:
    """Return an operation's summary, without a full stop.

    Args:
        operation: the operation to summarize.
        replaced: paths at which a PUT is described as a replacement, from :func:`replaced_paths`.
    """
    return OVERRIDES.get(operation.name) or line_by_rules(operation, replaced)


def line_by_rules(operation: ApiOperation, replaced: Collection[str] = ()) -> str:
    """Return the derived summary of an operation, even if :data:`OVERRIDES` has another one."""
    steps = split_path(operation.path)
    verb = _verb(operation, replaced)
    # Each operation of SCIM has two paths; without this suffix their summaries would be equal.
    end = " (v2 path)" if "/scim/v2/" in operation.path else ""
    # If a line is too long, it names fewer owners.
    lines = [f"{_line(operation, steps, depth, verb)}{end}" for depth in (2, 1, 0)]
    return next((line for line in lines if len(line) <= LONGEST), lines[-1])


def _verb(operation: ApiOperation, replaced: Collection[str]) -> str:
    if only_reads(operation):
        return "Get"
    if operation.method == "PUT" and operation.path in replaced:
        return "Replace"
    if operation.method == "POST" and operation.path.endswith("}"):
        return "Update"  # the path has the ID of an existing resource
    return _BY_METHOD.get(operation.method, "Call")


def _line(operation: ApiOperation, steps: tuple[PathStep, ...], depth: int, verb: str) -> str:
    if steps[-1].parameter:
        return _of_item(steps, depth, verb)
    *start, last = steps
    tail, base = last.segments[-1], without_tail(steps)
    if not base or tail.endswith("jobs"):
        return _of_things(operation, steps, depth, verb)
    if "bulk" in last.segments:
        rest = tuple(one for one in last.segments if one != "bulk")
        whole = (*start, PathStep(rest)) if rest else tuple(start)
        if whole:
            return f"{_in_bulk(whole, depth, verb)} in bulk"
    if tail == "divisionviews":
        return f"List {describe_things(base, depth)} in the caller's divisions"
    # A GET of a path such as /import lists imports, it does not import.
    if tail in _ACTIONS and (operation.method != "GET" or tail in ("search", "query")):
        is_again = _has_parameter(operation, "q64")
        end = " by the q64 value of an earlier search" if is_again else ""
        return f"{_acts(_ACTIONS[tail], base, depth)}{end}"
    return _of_things(operation, steps, depth, verb)


def _has_parameter(operation: ApiOperation, *names: str) -> bool:
    return any(one.wire in names for one in operation.parameters if one.location == "query")


def _in_bulk(steps: tuple[PathStep, ...], depth: int, verb: str) -> str:
    """Return the summary of an operation on several resources, without "in bulk"."""
    tail, base = "".join(steps[-1].segments[-1:]), without_tail(steps)
    if base and tail == "divisionviews":
        return f"{verb} {describe_things(base, depth, '')} in the caller's divisions"
    if base and tail in _ACTIONS:
        return _acts(_ACTIONS[tail], base, depth)
    return f"{verb} {describe_things(steps, depth, '')}"


def _acts(verb: str, steps: tuple[PathStep, ...], depth: int) -> str:
    """Return the summary of an operation whose path ends with a verb: "Publish a form"."""
    if steps[-1].parameter:
        return f"{verb} {describe_item(steps, depth)}"
    if is_several(steps):
        return f"{verb} {describe_things(steps, depth, '', _word(verb))}"
    return f"{verb} the {name_things(steps)}{describe_owner(steps, depth)}"


def _word(verb: str) -> str:
    return {"Add": "to", "Remove": "from"}.get(verb, "of")


def _of_item(steps: tuple[PathStep, ...], depth: int, verb: str) -> str:
    tails = steps[-1].segments[-1:]
    if verb == "Get" and tails and tails[0].endswith("jobs"):
        return f"Get the status of {describe_item(steps, depth)}"
    if tails == ("divisionviews",):
        return f"{verb} {describe_item(steps, depth)} in the caller's divisions"
    if verb == "Delete" and len(steps) > 1 and LINKED.issuperset(tails):
        return f"Remove {describe_item(steps, 0)}{describe_owner(steps, depth, 'from')}"
    return f"{verb} {describe_item(steps, depth)}"


def _of_things(operation: ApiOperation, steps: tuple[PathStep, ...], depth: int, verb: str) -> str:
    name, owner = name_things(steps), describe_owner(steps, depth)
    is_single = name.rpartition(" ")[2] in SINGLE
    tail = steps[-1].segments[-1]
    if verb in ("Create", "Delete") and owner and tail in LINKED:
        verb = "Add" if verb == "Create" else "Remove"
        return f"{verb} {name}{describe_owner(steps, depth, _word(verb))}"
    if verb == "Delete" and is_several(steps) and _has_parameter(operation, "id", "ids"):
        return f"Delete {name}{owner} by their IDs"
    if verb == "Get" and is_several(steps) and not is_single:
        return f"List the {name}{owner}"
    if verb == "Create" and tail == "wrapup":
        return f"Set the {name}{owner}"
    if verb == "Create" and not is_single:
        return f"{_creation(operation, steps)}{owner}"
    return f"{verb} the {name}{owner}"


def _creation(operation: ApiOperation, steps: tuple[PathStep, ...]) -> str:
    is_list = operation.body is not None and isinstance(operation.body.type, Array)
    things = name_things(steps) if is_list else with_article(name_item(steps))
    returns = operation.returns
    if isinstance(returns, Ref) and "Upload" in returns.name and "Url" in returns.name:
        return f"Get a URL for uploading {things}"
    return f"{'Start' if steps[-1].segments[-1].endswith('jobs') else 'Create'} {things}"
