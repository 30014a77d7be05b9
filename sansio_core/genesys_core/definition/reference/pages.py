"""Writes all pages of a definition's reference."""

from collections.abc import Sequence

from genesys_core.definition.read.definition import ApiDefinition, ModelDef
from genesys_core.definition.read.jobs import find_jobs, started_jobs
from genesys_core.definition.reference.api_pages import ModelExample, api_page_texts
from genesys_core.definition.reference.change_pages import CHANGES, DefinitionChanges, changes_text
from genesys_core.definition.reference.configuration_pages import (
    CONFIGURATION,
    configuration_text,
)
from genesys_core.definition.reference.index_pages import (
    ALL_MODELS,
    models_index_text,
    permissions_text,
    reference_index_text,
    status_text,
    topics_text,
)
from genesys_core.definition.reference.listing_pages import LISTINGS, listings_text
from genesys_core.definition.reference.model_pages import find_uses, model_page_text
from genesys_core.definition.reference.places import (
    PERMISSIONS,
    TOPICS,
    ReferenceLinks,
    model_page,
)

__all__ = ["ModelExample", "build_reference"]


def build_reference(
    definition: ApiDefinition,
    *,
    example: ModelExample | None = None,
    changes: Sequence[DefinitionChanges] = (),
) -> dict[str, str]:
    """Return a definition's reference as Markdown.

    Args:
        definition: the definition, from :func:`genesys_core.definition.read_definition`.
        example: returns a model's example, given its name in the definition; ``None`` omits the
            example responses.
        changes: reports of the changes from each version to the next, oldest first.

    Returns:
        The text of each page by its path in the reference, such as ``apis/users.md``.
    """
    places = ReferenceLinks(definition)
    models = {model.name: model for model in definition.models}
    jobs = started_jobs(find_jobs(definition))
    by_page: dict[str, list[ModelDef]] = {}
    for model in sorted(definition.models, key=lambda each: each.name):
        by_page.setdefault(model_page(model.name), []).append(model)
    uses = find_uses(definition)
    methods = [(api, one) for api in definition.apis for one in api.operations]
    return {
        "index.md": reference_index_text(definition),
        **{
            page: text
            for api in definition.apis
            for page, text in api_page_texts(api, models, jobs, places, example).items()
        },
        ALL_MODELS: models_index_text(by_page),
        **{page: model_page_text(found, uses, places) for page, found in sorted(by_page.items())},
        TOPICS: topics_text(definition, places),
        PERMISSIONS: permissions_text(definition, places),
        LISTINGS: listings_text(definition, places),
        CONFIGURATION: configuration_text(),
        CHANGES: changes_text(definition, changes, places),
        "preview.md": status_text(
            "Methods in preview",
            "The platform may change or remove these methods at any time.",
            [(api, one) for api, one in methods if one.preview],
            places,
            "preview.md",
        ),
        "deprecated.md": status_text(
            "Deprecated methods",
            "Do not use these methods in new programs.",
            [(api, one) for api, one in methods if one.deprecated],
            places,
            "deprecated.md",
        ),
    }
