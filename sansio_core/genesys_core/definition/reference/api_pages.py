"""Writes the pages about APIs, with a section for each method.

Invariants: every method of an API has one section on a page of that API, even if other APIs also
have it.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

import msgspec

from genesys_core.calls.listing import PagingStyle
from genesys_core.definition.read.definition import (
    Api,
    ApiOperation,
    ApiParameter,
    ApiPermissions,
    Array,
    Map,
    ModelDef,
    Plain,
    Ref,
    Type,
)
from genesys_core.definition.read.jobs import FoundJobs
from genesys_core.definition.read.listings import find_filters, find_item_type, find_listing
from genesys_core.definition.read.naming import to_camel_case
from genesys_core.definition.read.read_only_posts import only_reads
from genesys_core.definition.reference.markdown import (
    code_block,
    folded_block,
    inline_code,
    plain_text,
    write_heading,
    write_table,
    write_tabs,
)
from genesys_core.definition.reference.places import (
    ReferenceLinks,
    api_page,
    api_pages,
    describe_values,
)
from genesys_core.definition.words.known_limits import find_limits
from genesys_core.definition.words.links import platform_link
from genesys_core.definition.words.parameters import describe_limits, describe_parameter
from genesys_core.definition.words.summaries import replaced_paths, summarize_operation

__all__ = ["ModelExample", "api_page_texts"]

ModelExample = Callable[[str], object]
"""A function that returns an example of a model as JSON, given the model's name in the definition."""

_EXAMPLE_LINES: Final = 60
"""The maximum number of lines in an example; a longer example is omitted, because the section of
its model lists the fields."""


def api_page_texts(
    api: Api,
    models: Mapping[str, ModelDef],
    jobs: Mapping[str, FoundJobs],
    places: ReferenceLinks,
    example: ModelExample | None,
) -> dict[str, str]:
    """Return an API's pages by path; a large API has several pages, and an index of them.

    Args:
        api: the API.
        models: all models by class name.
        jobs: the job families of operations that start jobs, by method and path.
        places: creates links to models and permissions.
        example: returns the example of a model to show as a response; if ``None``, the pages have
            no example responses.
    """
    pages = api_pages(api)
    start = api_page(api.name)
    about = f"API {inline_code(f'client.{api.name}')}, class {inline_code(api.class_name)}"
    summaries = _summaries(api)
    texts: dict[str, str] = {}
    if start not in pages:
        parts = (
            (f"[{_part_name(page)}]({api.name}/{_part_name(page)}.md)", str(len(operations)))
            for page, operations in pages.items()
        )
        count = len(api.operations)
        lines = [f"# {plain_text(api.tag)}", "", f"{about}: {count} methods, grouped by path.", ""]
        texts[start] = "\n".join([*lines, *write_table(("page", "methods"), parts)])
    for page, operations in pages.items():
        title = api.tag if page == start else f"{api.tag}: {_part_name(page)}"
        lines = [f"# {plain_text(title)}", "", f"{about}: {len(operations)} methods.", ""]
        lines += write_table(
            ("method", ""),
            (
                (f"[{inline_code(one.name)}](#{one.name})", summaries[one.name])
                for one in operations
            ),
        )
        for operation in operations:
            job = jobs.get(f"{operation.method} {operation.path}")
            lines += [
                write_heading(2, operation.name, operation.name),
                "",
                summaries[operation.name],
                "",
                *_description(operation, summaries[operation.name]),
                *write_table(("", ""), _facts(operation, models, job, places, page)),
                *write_table(
                    ("parameter", "in", "type", ""),
                    _parameter_rows(operation, models, places, page),
                ),
                *write_tabs(_calls(api, operation, models, job)),
                *_examples(operation, models, example),
            ]
        texts[page] = "\n".join(lines)
    return texts


def _part_name(page: str) -> str:
    return page.rpartition("/")[2].removesuffix(".md")


def _summaries(api: Api) -> dict[str, str]:
    """Return the summary of each method: the definition's, or one derived from the operation."""
    replaced = replaced_paths(api.operations)
    return {
        one.name: plain_text(one.summary) or f"{plain_text(summarize_operation(one, replaced))}."
        for one in api.operations
    }


def _description(operation: ApiOperation, summary: str) -> list[str]:
    description = plain_text(operation.description)
    return [description, ""] if description and description != summary else []


def _facts(
    operation: ApiOperation,
    models: Mapping[str, ModelDef],
    job: FoundJobs | None,
    places: ReferenceLinks,
    page: str,
) -> list[tuple[str, str]]:
    replies = (
        "nothing" if one is None else places.type(one, page) for one in operation.return_types
    )
    facts = [
        ("request", f"{operation.method} {inline_code(operation.path)}"),
        ("reply", " or ".join(replies)),
    ]
    if operation.permissions is not None and operation.permissions.names:
        facts.append(("permissions", _permissions(operation.permissions, places, page)))
    listing = find_listing(operation, models)
    if listing is not None:
        items = places.type(find_item_type(operation, models), page)
        facts.append(("paging", f"{_STYLES[listing.style]}; items: {items}"))
    if job is not None:
        items = places.type(job.item, page)
        facts.append(("job", f"polled with {inline_code(job.status.name)}; items: {items}"))
    if only_reads(operation):
        facts.append(("retries", "reads only, so it is retried like a GET"))
    if operation.accept != "application/json":
        facts.append(("accepts", inline_code(operation.accept)))
    if operation.preview:
        facts.append(("preview", "the platform may change or remove it at any time"))
    if operation.deprecated:
        facts.append(("deprecated", "do not use it in new programs"))
    link = platform_link(operation.method, operation.path)
    return [*facts, ("platform", f"[API Explorer]({link})")]


_STYLES: Final[Mapping[PagingStyle, str]] = {
    "page": "by page number",
    "token": "by a token",
    "link": "by `nextUri`",
    "index": "by index",
    "time": "by date",
    "single": "all items on one page",
}


def _permissions(permissions: ApiPermissions, places: ReferenceLinks, page: str) -> str:
    links = [places.permission(name, page) for name in permissions.names]
    if len(links) == 1:
        return links[0]
    return f"{'all' if permissions.all else 'any'} of {', '.join(links)}"


def _parameter_rows(
    operation: ApiOperation, models: Mapping[str, ModelDef], places: ReferenceLinks, page: str
) -> Iterator[tuple[str, ...]]:
    listing, fields = find_listing(operation, models), find_filters(operation, models)
    for one in operation.parameters:
        words = plain_text(one.description or describe_parameter(one, listing, fields))
        limits = plain_text(describe_limits(find_limits(operation, one)))
        yield _parameter_row(one, [words, limits], places, page)


def _parameter_row(
    parameter: ApiParameter, words: Iterable[str], places: ReferenceLinks, page: str
) -> tuple[str, ...]:
    notes = [
        "**required**" if parameter.required else "",
        *words,
        describe_values(parameter.type),
        f"sent as {inline_code(parameter.wire)}"
        if parameter.wire != to_camel_case(parameter.name)
        else "",
    ]
    where = "body" if parameter.location == "body" else parameter.location
    return (
        inline_code(parameter.name),
        where,
        places.type(parameter.type, page),
        "; ".join(filter(None, notes)),
    )


def _calls(
    api: Api, operation: ApiOperation, models: Mapping[str, ModelDef], job: FoundJobs | None
) -> list[tuple[str, str, str]]:
    arguments = ", ".join(one.name for one in operation.parameters if one.required)
    call = f"client.{api.name}.{operation.name}"
    if job is not None:
        sync = f"job = {call}.run({arguments})\njob.wait()"
        asynchronous = f"job = await {call}.run({arguments})\nawait job.wait()"
    elif find_listing(operation, models) is not None:
        loop = f"for item in {call}.paginate({arguments}):\n    print(item)"
        sync, asynchronous = loop, f"async {loop}"
    else:
        start = "" if operation.returns is None else "reply = "
        sync = f"{start}{call}({arguments})"
        asynchronous = f"{start}await {call}({arguments})"
    return [
        ("sync", "python", sync),
        ("asyncio and trio", "python", asynchronous),
        ("command line", "bash", _command(api, operation)),
    ]


def _command(api: Api, operation: ApiOperation) -> str:
    words = ["genesys-cloud", api.name, operation.name]
    for one in operation.parameters:
        name = one.name.strip("_")
        if one.location == "path":
            words.append(name.upper())
        elif one.required and one.location != "body":
            words += [f"--{name.replace('_', '-')}", name.upper()]
    if operation.body is not None:
        words.append("KEY=VALUE...")
    return " ".join(words)


def _examples(
    operation: ApiOperation, models: Mapping[str, ModelDef], example: ModelExample | None
) -> list[str]:
    if example is None:
        return []
    shown: list[str] = []
    body = operation.body
    for title, type_ in (("Body", body.type if body else None), ("Reply", operation.returns)):
        text = "" if type_ is None else _as_text(_value(type_, models, example))
        if 0 < text.count("\n") < _EXAMPLE_LINES:  # one line, such as null, explains nothing
            shown += [f"{title}:", "", *code_block("json", text), ""]
    return folded_block("Example response of the simulator", shown) if shown else []


def _as_text(value: object) -> str:
    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode()


def _value(type_: Type, models: Mapping[str, ModelDef], example: ModelExample) -> object:
    match type_:
        case Ref(name=name):
            return example(models[name].wire)
        case Array(items=items):
            return [_value(items, models, example)]
        case Map(values=values):
            return {"key": _value(values, models, example)}
        case Plain(values=(first, *_)):
            return first
        case Plain():
            return None
