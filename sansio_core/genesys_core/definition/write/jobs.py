"""Writes the module that maps each job status path to its job family.

Invariants: the generated module is imported when a job is first run, so that it does not slow down
other calls.
"""

from collections.abc import Sequence

from genesys_core.definition.read.definition import ApiDefinition, ApiOperation
from genesys_core.definition.read.jobs import FoundJobs
from genesys_core.definition.read.listings import find_listing
from genesys_core.definition.write.layout import BUILT_IN, Layout
from genesys_core.definition.write.operations import endpoint_arguments
from genesys_core.definition.write.source_text import (
    WIDTH,
    fill_lines,
    quote_string,
    write_banner,
)

__all__ = ["jobs_source"]


def jobs_source(
    definition: ApiDefinition, families: Sequence[FoundJobs], layout: Layout = BUILT_IN
) -> str:
    """Return the source of ``api/_jobs.py``, which defines the job family of each status path."""
    models = {model.name: model for model in definition.models}

    def endpoint(name: str, operation: ApiOperation | None) -> list[str]:
        if operation is None:
            return []
        arguments = endpoint_arguments(operation, find_listing(operation, models))
        start = "" if name == "status" else f"{name}="
        return [f"        {start}Endpoint(", *fill_lines(arguments, " " * 12), "        ),"]

    lines: list[str] = []
    for one in families:
        lines += [
            f"    {quote_string(one.status.path)}: JobFamily(",
            *endpoint("status", one.status),
            f"        {quote_string(one.parameter)},",
            *_state_lines(one),
            *endpoint("results", one.results),
            *_name_lines("links", one.links),
            *_name_lines("inline", one.inline),
            *([f"        upload={quote_string(one.upload)},"] if one.upload else []),
            *endpoint("cancel", one.cancel),
            *_body_lines(one),
            *_text_lines("next_step", one.next_step),
            *_name_lines("errors", one.errors),
            *_name_lines("progress", one.progress),
            *_pause_lines(one),
            "    ),",
        ]
    submits = sorted(
        (f"{submit.operation.method} {submit.operation.path}", one.status.path, submit.id_field)
        for one in families
        for submit in one.submits
    )
    return write_banner(definition.version) + "\n".join(
        [
            *_head(layout, lines),
            *lines,
            "}",
            "",
            "SUBMITS: dict[str, tuple[str, str]] = {",
            *(
                line
                for key, path, field in submits
                for line in (
                    f"    {quote_string(key)}: (",
                    f"        {quote_string(path)}, {quote_string(field)},",
                    "    ),",
                )
            ),
            "}",
            *_TAIL.splitlines(),
            "",
        ]
    )


_TITLE = '"""The job families, by status path, and the operations that start their jobs."""'


def _head(layout: Layout, lines: Sequence[str]) -> list[str]:
    text = "\n".join(lines)
    listings = [f"from {layout.package}.api import _listings as _l"] if "=_l." in text else []
    endpoint = [f"from {layout.endpoint} import Endpoint"] if lines else []
    families = ["from genesys_core.calls.job_family import JobFamily"]
    # isort sorts a user's own package after the library, which is third-party code there.
    own = layout is not BUILT_IN
    return [
        _TITLE,
        "",
        *([*families, "", *listings, *endpoint] if own else [*listings, *families, *endpoint]),
        "",
        "FAMILIES: dict[str, JobFamily] = {",
    ]


_TAIL = '''\
"""The status path of the job that an operation starts, and the response field with the job id."""'''


def _state_lines(one: FoundJobs) -> list[str]:
    if not one.state:
        return []
    pairs = [f"{quote_string(state)}: {quote_string(kind)}" for state, kind in one.states]
    return [
        f"        state={quote_string(one.state)},",
        "        states={",
        *fill_lines(pairs, " " * 12),
        "        },",
    ]


def _name_lines(field: str, names: Sequence[str]) -> list[str]:
    if not names:
        return []
    return [f"        {field}=(", *fill_lines(map(quote_string, names), " " * 12), "        ),"]


def _text_lines(field: str, text: str) -> list[str]:
    if not text:
        return []
    room = WIDTH - 20  # for the indent of 12, the quotes, and some escapes
    parts = [text[start : start + room] for start in range(0, len(text), room)]
    return [
        f"        {field}=(",
        *(f"            {quote_string(part)}" for part in parts),
        "        ),",
    ]


def _body_lines(one: FoundJobs) -> list[str]:
    if one.cancel_body is None:
        return []
    name, value = map(quote_string, one.cancel_body)
    return [f"        cancel_body={{{name}: {value}}},"]


def _pause_lines(one: FoundJobs) -> list[str]:
    if one.pauses is None:
        return []
    first, longest = one.pauses
    return [f"        pause={first!r},", f"        longest_pause={longest!r},"]
