"""Writes the start page, and lists of models, topics, permissions, preview and deprecated methods."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from genesys_core.definition.read.definition import (
    Api,
    ApiDefinition,
    ApiOperation,
    ApiPermissions,
    ModelDef,
)
from genesys_core.definition.reference.markdown import (
    anchor_of,
    code_block,
    inline_code,
    plain_text,
    write_heading,
    write_table,
)
from genesys_core.definition.reference.places import (
    PERMISSIONS,
    TOPICS,
    ReferenceLinks,
    api_page,
)
from genesys_core.definition.write.source_text import quote_string

__all__ = [
    "ALL_MODELS",
    "models_index_text",
    "permissions_text",
    "reference_index_text",
    "status_text",
    "topics_text",
]

ALL_MODELS: Final = "all-models.md"
_OTHERS_SHOWN: Final = 3


def reference_index_text(definition: ApiDefinition) -> str:
    """Return the start page of the reference: an overview, and a table of all APIs."""
    methods = sum(len(api.operations) for api in definition.apis)
    counts = (
        f"{len(definition.operations()):,} operations ({methods:,} methods of "
        f"{len(definition.apis)} APIs), {len(definition.models):,} models and "
        f"{len(definition.topics)} notification topics"
    )
    return "\n".join(
        [
            "# Reference",
            "",
            (
                f"Generated from version {inline_code(definition.version)} of the platform's definition: "
                f"{counts}."
            ),
            "",
            (
                "Search for a method (`get_users_me`), a path (`/api/v2/users/me`), a model (`UserMe`), "
                "a permission (`routing:queue:edit`) or a topic (`v2.users.{id}.presence`)."
            ),
            "",
            f"* [Models]({ALL_MODELS})",
            f"* [Notification topics]({TOPICS})",
            f"* [Permissions]({PERMISSIONS}), with the methods that require them",
            "* [Methods in preview](preview.md) and [deprecated methods](deprecated.md)",
            "* [What changed](changes.md), by version of the definition",
            "* [Listings](listings.md): how each operation is paginated",
            "* [Configuration keys](configuration-keys.md) and environment variables",
            "* [Errors](../errors.md): the meaning of each exception class, and how to handle it",
            "",
            write_heading(2, "APIs", "apis"),
            "",
            *write_table(
                ("API", "attribute", "methods"),
                (
                    (
                        f"[{plain_text(api.tag)}]({api_page(api.name)})",
                        inline_code(f"client.{api.name}"),
                        str(len(api.operations)),
                    )
                    for api in definition.apis
                ),
            ),
        ]
    )


def models_index_text(pages: Mapping[str, Sequence[ModelDef]]) -> str:
    """Return the index of the model pages, which group models by the first word of their names."""
    rows = (
        (
            f"[{page.removeprefix('models/').removesuffix('.md')}]({page})",
            str(len(models)),
            ", ".join(inline_code(model.name) for model in models[:3])
            + (", ..." if len(models) > 3 else ""),
        )
        for page, models in sorted(pages.items())
    )
    return "\n".join(
        [
            "# Models",
            "",
            "Models are grouped by the first word of their names.",
            "",
            *write_table(("page", "models", ""), rows),
        ]
    )


def topics_text(definition: ApiDefinition, places: ReferenceLinks) -> str:
    """Return the page about notification topics and the models of their events."""
    lines = [
        "# Notification topics",
        "",
        "Subscribe to topics with a [notification handler](../notifications.md).",
        "",
    ]
    for topic, model in definition.topics:
        lines += [
            write_heading(2, topic, anchor_of(topic)),
            "",
            f"`event_body` is a {places.model(model, TOPICS)}.",
            "",
            *code_block("python", f"handler.add_subscription({quote_string(topic)})"),
            "",
        ]
    return "\n".join(lines)


def permissions_text(definition: ApiDefinition, places: ReferenceLinks) -> str:
    """Return the page about permissions, which lists the methods that require each permission."""
    needed: dict[str, list[str]] = {}
    for api in definition.apis:
        for operation in api.operations:
            if operation.permissions is not None:
                link = places.method(api.name, operation.name, PERMISSIONS)
                for name in dict.fromkeys(operation.permissions.names):
                    line = f"* {link}{_others(operation.permissions, name)}"
                    needed.setdefault(name, []).append(line)
    lines = [
        "# Permissions",
        "",
        f"{len(needed):,} permissions, and the methods that require them.",
        "",
    ]
    for name in sorted(needed):
        lines += [write_heading(2, name, anchor_of(name)), "", *needed[name], ""]
    return "\n".join(lines)


def _others(permissions: ApiPermissions, name: str) -> str:
    word = "and" if permissions.all else "or"
    others = [inline_code(other) for other in permissions.names if other != name]
    if len(others) > _OTHERS_SHOWN:
        return f" ({word} {len(others)} others)"
    return f" ({word} {', '.join(others)})" if others else ""


def status_text(
    title: str,
    words: str,
    methods: Iterable[tuple[Api, ApiOperation]],
    places: ReferenceLinks,
    page: str,
) -> str:
    """Return a page that lists methods with a common property, such as preview methods.

    Args:
        title: the page's title.
        words: a paragraph that describes what the methods have in common.
        methods: the methods to list, each with its API.
        places: creates links to methods.
        page: the path of the page in the reference; links are relative to this path.
    """
    rows = (
        (places.method(api.name, one.name, page), f"{one.method} {inline_code(one.path)}")
        for api, one in methods
    )
    return "\n".join([f"# {title}", "", words, "", *write_table(("method", "request"), rows)])
