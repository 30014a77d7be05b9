"""The code generator: from the API definition to source files.

Invariants: generation is a pure function. The same definition and topics yield the same files, byte
for byte.
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
    topics,
)
from genesys_core.definition.write import (
    model_tables as models,
)
from genesys_core.definition.write.moving_guide import differences_table
from genesys_core.errors import InvalidValueError

__all__ = ["ADAPTERS", "CORE", "GENERATED_ROOTS", "build_sources", "generate", "name_differences"]

CORE = "sansio_core/genesys_core"
ADAPTERS = "adapters/genesys_cloud"

GENERATED_ROOTS: tuple[str, ...] = (f"{CORE}/models", f"{CORE}/api", f"{ADAPTERS}/apis")
"""The folders that contain only generated files."""


def generate(definition: Mapping[str, object], topics: Mapping[str, object]) -> dict[str, str]:
    """Generate all files.

    Args:
        definition: a parsed Swagger 2.0 document, as published at ``/api/v2/docs/swagger``.
        topics: a parsed topic file, ``{"notifications": [{"topic": ..., "class": ...}]}``.

    Returns:
        The text of each file by its path relative to the repository root, separated by ``/``.

    Raises:
        InvalidValueError: one of them is malformed; the message has the location.
    """
    return build_sources(parse_definition(definition, topics))


def name_differences(definition: Mapping[str, object], topics: Mapping[str, object]) -> str:
    """Return the migration guide's Markdown table of names that differ from the official SDK's.

    Arguments and exceptions are those of :func:`generate`.
    """
    return differences_table(parse_definition(definition, topics))


def build_sources(definition: ApiDefinition) -> dict[str, str]:
    """Generate all files from a parsed definition.

    Raises:
        InvalidValueError: the definition has no operations.
    """
    if not definition.apis:
        raise InvalidValueError("definition: has no operations; pass the platform's API definition")
    return {**_models(definition), **_operations(definition), **_facades(definition)}


def _models(definition: ApiDefinition) -> dict[str, str]:
    order = make_shards(definition)
    by_name = {model.name: model for model in definition.models}
    homes = {name: shard.module for shard in order for name in shard.models}
    files = {
        f"{CORE}/models/{shard.module}.py": models.shard_source(definition, shard, by_name)
        for shard in order
    }
    stubs = {
        f"{CORE}/models/{shard.module}.pyi": model_stubs.shard_stub(
            definition, shard, by_name, homes
        )
        for shard in order
    }
    return {
        f"{CORE}/models/__init__.py": model_facade.facade_source(definition, order),
        f"{CORE}/models/__init__.pyi": model_facade.facade_stub(definition, order),
        **files,
        **stubs,
    }


def _operations(definition: ApiDefinition) -> dict[str, str]:
    by_name = {model.name: model for model in definition.models}
    families = find_jobs(definition)
    started = started_jobs(families)
    return {
        f"{CORE}/api/_jobs.py": jobs.jobs_source(definition, families),
        f"{CORE}/api/_listings.py": listings.listings_source(definition),
        f"{CORE}/api/__init__.py": operations.package_source(definition),
        f"{CORE}/notifications/_topic_models.py": topics.topics_source(definition),
        **{
            f"{CORE}/api/{api.name}.py": operations.api_source(definition, api, by_name, started)
            for api in definition.apis
        },
    }


def _facades(definition: ApiDefinition) -> dict[str, str]:
    models = {model.name: model for model in definition.models}
    jobs = started_jobs(find_jobs(definition))
    return {
        f"{ADAPTERS}/apis/__init__.py": facades.package_source(definition),
        f"{ADAPTERS}/apis/_clients.py": facades.clients_source(definition),
        **{
            f"{ADAPTERS}/apis/{api.name}.py": facades.facade_source(definition, api)
            for api in definition.apis
        },
        **{
            f"{ADAPTERS}/apis/{api.name}.pyi": facades.facade_stub(definition, api, models, jobs)
            for api in definition.apis
        },
    }
