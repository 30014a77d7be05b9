"""The code generator, which turns the API definition into source files.

Invariants: generation is a pure function. The same definition and topics yield identical files,
byte for byte.
"""

from collections.abc import Mapping

from genesys_core.definition.read.definition import ApiDefinition
from genesys_core.definition.read.jobs import find_jobs, started_jobs
from genesys_core.definition.read.parse import parse_definition
from genesys_core.definition.shards import make_shards
from genesys_core.definition.write import (
    api_facades as facades,
)
from genesys_core.definition.write import (
    jobs,
    listings,
    model_facade,
    model_stubs,
    operations,
    own_package,
    topics,
)
from genesys_core.definition.write import (
    model_tables as models,
)
from genesys_core.definition.write.layout import BUILT_IN, Layout
from genesys_core.definition.write.moving_guide import differences_table
from genesys_core.errors import InvalidValueError

__all__ = ["GENERATED_ROOTS", "build_sources", "generate", "name_differences"]

GENERATED_ROOTS: tuple[str, ...] = BUILT_IN.roots
"""The folders of a checkout that contain only generated files, as paths relative to its root."""


def generate(definition: Mapping[str, object], topics: Mapping[str, object]) -> dict[str, str]:
    """Return this library's generated source files for a definition.

    Args:
        definition: a parsed Swagger 2.0 document, as published at ``/api/v2/docs/swagger``.
        topics: a parsed topic file, ``{"notifications": [{"topic": ..., "class": ...}]}``.

    Returns:
        The text of each file by its path relative to the repository root; ``/`` is the separator.

    Raises:
        InvalidValueError: the definition has no operations, or the definition or topic file is
            malformed; the message gives the locations of the invalid parts.
    """
    return build_sources(parse_definition(definition, topics))


def name_differences(definition: Mapping[str, object], topics: Mapping[str, object]) -> str:
    """Return the migration guide's Markdown table of names that differ from the official SDK's.

    Takes the same arguments and raises the same exceptions as :func:`generate`.
    """
    return differences_table(parse_definition(definition, topics))


def build_sources(definition: ApiDefinition, layout: Layout = BUILT_IN) -> dict[str, str]:
    """Return the source files generated from an API definition: each text by its relative path.

    Args:
        definition: the API definition to generate code for.
        layout: the names and paths of the modules, in a checkout of this library or in a user's own
            package.

    Raises:
        InvalidValueError: the definition has no operations.
    """
    if not definition.apis:
        raise InvalidValueError("definition: has no operations; pass the platform's API definition")
    return {
        **_models(definition, layout),
        **_operations(definition, layout),
        **_facades(definition, layout),
        **own_package.package_sources(definition, layout),
    }


def _models(definition: ApiDefinition, layout: Layout) -> dict[str, str]:
    folder = f"{layout.core_path}/models"
    order = make_shards(definition)
    by_name = {model.name: model for model in definition.models}
    homes = {name: shard.module for shard in order for name in shard.models}
    files = {
        f"{folder}/{shard.module}.py": models.shard_source(definition, shard, by_name)
        for shard in order
    }
    stubs = {
        f"{folder}/{shard.module}.pyi": model_stubs.shard_stub(definition, shard, by_name, homes)
        for shard in order
    }
    return {
        f"{folder}/__init__.py": model_facade.facade_source(definition, order, layout),
        f"{folder}/__init__.pyi": model_facade.facade_stub(definition, order),
        **files,
        **stubs,
    }


def _operations(definition: ApiDefinition, layout: Layout) -> dict[str, str]:
    folder = f"{layout.core_path}/api"
    by_name = {model.name: model for model in definition.models}
    families = find_jobs(definition)
    started = started_jobs(families)
    return {
        f"{folder}/_jobs.py": jobs.jobs_source(definition, families, layout),
        f"{folder}/_listings.py": listings.listings_source(definition),
        f"{folder}/__init__.py": operations.package_source(definition),
        layout.topics_path: topics.topics_source(definition, layout),
        **{
            f"{folder}/{api.name}.py": operations.api_source(
                definition, api, by_name, started, layout
            )
            for api in definition.apis
        },
    }


def _facades(definition: ApiDefinition, layout: Layout) -> dict[str, str]:
    folder = layout.apis_path
    models = {model.name: model for model in definition.models}
    jobs = started_jobs(find_jobs(definition))
    return {
        f"{folder}/__init__.py": facades.package_source(definition, layout),
        f"{folder}/_clients.py": facades.clients_source(definition, layout),
        **{
            f"{folder}/{api.name}.py": facades.facade_source(definition, api, layout)
            for api in definition.apis
        },
        **{
            f"{folder}/{api.name}.pyi": facades.facade_stub(definition, api, models, jobs, layout)
            for api in definition.apis
        },
    }
