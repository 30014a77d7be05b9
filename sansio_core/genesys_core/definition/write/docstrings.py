"""Writes the docstrings of builders and models.

Invariants: a builder's docstring begins with the operation's summary and description in the
definition. If it has neither, as in the bundled definition, a summary is derived
(:mod:`genesys_core.definition.words`). The docstring then lists the method and path, the response, the
deprecation and preview status, the permissions, the paging style or job, the error codes, the link to
the platform's documentation, and each parameter's location, type, known values, meaning and limits.
"""

from collections.abc import Collection, Mapping

from genesys_core.codec.model_tables import model_facts
from genesys_core.definition.read.definition import (
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
from genesys_core.definition.read.listings import find_filters, find_listing
from genesys_core.definition.read.read_only_posts import only_reads
from genesys_core.definition.words.known_limits import find_limits
from genesys_core.definition.words.links import platform_link
from genesys_core.definition.words.parameters import describe_limits, describe_parameter
from genesys_core.definition.words.summaries import summarize_operation
from genesys_core.definition.write.annotations import literal_values
from genesys_core.definition.write.source_text import (
    join_sentences,
    to_plain_text,
    wrap_text,
    write_docstring,
)

__all__ = ["model_docstring", "operation_docstring"]

_INDENT = "    "


def model_docstring(model: ModelDef) -> str:
    """Return the facts about a model that its field types do not express; may be empty."""
    facts = model_facts(
        "" if model.wire == model.name else to_plain_text(model.wire),
        model.fields,
        [field.name for field in model.fields if field.required],
        [field.name for field in model.fields if field.read_only],
        [field.name for field in model.fields if field.secret],
    )
    return facts or ""


def operation_docstring(
    operation: ApiOperation,
    models: Mapping[str, ModelDef],
    summary: str = "",
    *,
    is_job: bool = False,
    common_errors: Collection[str] = (),
) -> list[str]:
    """Return the lines of a builder's docstring.

    Args:
        operation: the operation that the builder is for.
        models: the models, by class name.
        summary: the first line if the operation has neither summary nor description in the
            definition; by default a derived summary.
        is_job: whether the operation starts a job that the library can wait for.
        common_errors: the error codes to omit, because most operations have them.
    """
    path = to_plain_text(operation.path)
    replies = " or ".join(map(_reply, operation.return_types))
    lines = [
        *(_words(operation) or [f"{to_plain_text(summary or summarize_operation(operation))}."]),
        "",
        f"{_INDENT}{operation.method} {path} -> {replies}.",
    ]
    sentences = _sentences(operation, models, is_job=is_job)
    facts = " ".join([*sentences, *_errors(operation, common_errors)])
    if facts:
        lines += wrap_text(facts, _INDENT)
    link = platform_link(operation.method, operation.path)
    lines.append(f"{_INDENT}{to_plain_text(link)}")
    if operation.parameters:
        listing = find_listing(operation, models)
        fields = find_filters(operation, models)
        lines += ["", f"{_INDENT}Args:"]
        for parameter in operation.parameters:
            words = describe_parameter(parameter, listing, fields)
            limits = describe_limits(find_limits(operation, parameter))
            lines += wrap_text(_parameter(parameter, words, limits), _INDENT * 2, _INDENT * 3)
    return write_docstring(lines, _INDENT)


def _words(operation: ApiOperation) -> list[str]:
    """Return the lines of an operation's summary and description; none if it has neither."""
    texts = [_one_line(operation.summary), _one_line(operation.description)]
    lines: list[str] = []
    for text in dict.fromkeys(filter(None, texts)):
        lines += [*([""] if lines else []), *wrap_text(text, _INDENT)]
    return [lines[0].strip(), *lines[1:]] if lines else []


def _one_line(text: str) -> str:
    return to_plain_text(" ".join(text.split()))


def _sentences(
    operation: ApiOperation, models: Mapping[str, ModelDef], *, is_job: bool
) -> list[str]:
    sentences = [
        "Deprecated." if operation.deprecated else "",
        "Preview: may change without notice." if operation.preview else "",
        "Read-only." if only_reads(operation) else "",
        _needs(operation.permissions),
        _authenticates(operation.schemes),
        _paging(operation, models),
        "Starts a job; ``run`` waits for it." if is_job else "",
    ]
    return [sentence for sentence in sentences if sentence]


def _errors(operation: ApiOperation, common: Collection[str]) -> list[str]:
    """Return a sentence with an operation's error codes, except for common ones."""
    found = [
        f"{to_plain_text(status)} {', '.join(f'``{to_plain_text(code)}``' for code in own)}"
        for status, codes in operation.errors
        if (own := [code for code in codes if code not in common])
    ]
    return [f"Error codes: {'; '.join(found)}."] if found else []


def _needs(permissions: ApiPermissions | None) -> str:
    if permissions is None:
        return ""
    joint = " and " if permissions.all else " or "
    return f"Requires {joint.join(f'``{to_plain_text(name)}``' for name in permissions.names)}."


def _authenticates(schemes: tuple[str, ...] | None) -> str:
    if schemes is None:
        return ""
    named = " or ".join(f"``{to_plain_text(name)}``" for name in schemes)
    return (
        f"Requires {named} instead of an access token." if schemes else "Requires no access token."
    )


def _paging(operation: ApiOperation, models: Mapping[str, ModelDef]) -> str:
    listing = find_listing(operation, models)
    if listing is None:
        return ""
    where, _, name = listing.send.partition(".")
    names = {one.wire: one.name for one in operation.parameters if one.location == "query"}
    ways = [
        f"``{names.get(name, name)}``" if where == "query" else "",
        f"``{name}`` of the body" if where == "body" else "",
        "``next_uri`` of the response" if listing.links else "",
    ]
    named = " or ".join(way for way in ways if way)
    return f"Paginated by {named}." if named else ""


def _parameter(parameter: ApiParameter, words: str, limits: str) -> str:
    """Describe a parameter: its location, type, known values, meaning and limits."""
    values = literal_values(parameter.type)
    known = f": {', '.join(map(to_plain_text, values))}" if values else ""
    # Almost all path parameters are plain strings, so their location and type are omitted.
    if (
        parameter.location == "path"
        and parameter.type == Plain("string")
        and not parameter.description
    ):
        return f"{parameter.name}: {to_plain_text('; '.join(filter(None, [words, limits])))}."
    facts = f"{parameter.name}: {_place(parameter)}{_shown(parameter.type)}{known}."
    sentences = join_sentences(parameter.description or join_sentences("", words), limits)
    return " ".join(filter(None, [facts, to_plain_text(sentences)]))


def _place(parameter: ApiParameter) -> str:
    match parameter.location:
        case "body" if parameter.name == "body":
            return ""
        case "header":
            return f"header ``{to_plain_text(parameter.wire)}``, "
        case place:
            return f"{place}, "


def _reply(type_: Type | None) -> str:
    return "nothing" if type_ is None else _shown(type_)


def _shown(type_: Type) -> str:
    """Return a type as words, such as ``list of integer``."""
    match type_:
        case Plain(kind="object" | "any"):
            return "any JSON value"
        case Plain(kind=kind):
            return kind
        case Ref(name=name):
            return f"``{name}``"
        case Array(items=items):
            return f"list of {_shown(items)}"
        case Map(values=values):
            return f"dict of {_shown(values)}"
