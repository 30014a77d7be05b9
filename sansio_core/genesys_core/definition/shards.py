"""Assigns models to the modules that contain them (shards).

Invariants: a shard imports only earlier shards, so imports are never circular. This follows from
the assignment, because an API that reaches a model also reaches all models that the model
references. The order is checked anyway.
"""

from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct

from genesys_core.definition.read.definition import ApiDefinition
from genesys_core.definition.read.model_graph import (
    Graph,
    find_closure,
    find_components,
    model_graph,
    referenced_models,
)
from genesys_core.definition.read.naming import api_name, make_unique, to_snake_case
from genesys_core.errors import InvalidValueError

__all__ = ["EVERYDAY", "SLICE", "Shard", "make_shards"]

SLICE = 60
"""The number of models at which a shard is full; the next model starts a new shard.

Creating a class takes about 45 µs, so the first use of a model costs about 3 ms for its shard. Smaller
shards would save at most these 3 ms, and would need more files and imports.
"""

EVERYDAY: tuple[str, ...] = (
    "UserMe",
    "User",
    "UserEntityListing",
    "Queue",
    "QueueEntityListing",
    "ErrorBody",
    "Channel",
    "ChannelTopicEntityListing",
    "Conversation",
    "ConversationEntityListing",
    "AnalyticsConversationQueryResponse",
    "UsersSearchResponse",
    "GroupEntityListing",
    "Organization",
    "OAuthClientEntityListing",
    "PresenceEventUserPresence",
    "ConversationEventTopicConversation",
)
"""The models that most programs use. Each has a shard for itself and its dependencies, unless an
earlier shard contains it.

The order matters: a dependency of several of these models is in the shard of the first.
"""

_TOPICS = "notification topics"
_COMMON = "common"
_UNREACHED = "unreached"


class Shard(Struct, frozen=True):
    """A generated module that contains models.

    Attributes:
        module: the module's name, such as ``_users_1``.
        about: what the models have in common, as a sentence for the module's docstring.
        components: the models' class names, dependencies first; models of a reference cycle are in one
            component.
    """

    module: str
    about: str
    components: tuple[tuple[str, ...], ...]

    @property
    def models(self) -> tuple[str, ...]:
        """The class names of the shard's models, dependencies first."""
        return tuple(name for component in self.components for name in component)


def make_shards(definition: ApiDefinition, everyday: Sequence[str] = EVERYDAY) -> list[Shard]:
    """Assign every model to exactly one shard, and return the shards, dependencies first.

    Args:
        definition: the API definition.
        everyday: the models that get a shard for themselves and their dependencies, unless an earlier
            shard contains them.

    Raises:
        InvalidValueError: a shard would need a later one, which is a bug in this module.
    """
    graph = model_graph(definition.models)
    result = _everyday(graph, everyday)
    placed = {name for shard in result for name in shard.models}
    for group, names in _groups(definition, graph, placed):
        result += _sliced(group, find_components(graph, names))
    _check_order(result, graph)
    modules = make_unique(shard.module for shard in result)
    return [
        Shard(module, shard.about, shard.components)
        for module, shard in zip(modules, result, strict=True)
    ]


def _everyday(graph: Graph, roots: Sequence[str]) -> list[Shard]:
    result: list[Shard] = []
    placed: set[str] = set()
    for root in roots:
        # A definition other than the bundled one may lack the model.
        names = [] if root not in graph else find_closure(graph, [root])
        new = sorted(name for name in names if name not in placed)
        placed.update(new)
        if new:
            parts = tuple(map(tuple, find_components(graph, new)))
            result.append(
                Shard(
                    f"_{to_snake_case(root)}", f"``{root}`` and models that it references.", parts
                )
            )
    return result


def _groups(
    definition: ApiDefinition, graph: Graph, placed: set[str]
) -> list[tuple[str, list[str]]]:
    """Group the remaining models by their users: several APIs, one API, topics, or none."""
    reached = _reached_by(definition, graph)
    groups: dict[str, list[str]] = {}
    for name in sorted(graph):
        if name not in placed:
            groups.setdefault(_group(reached.get(name, ())), []).append(name)
    # Shared models reference only shared models, so they come first. Models that nothing reaches may
    # reference any model, so they come last.
    first, last = groups.pop(_COMMON, []), groups.pop(_UNREACHED, [])
    return [(_COMMON, first), *sorted(groups.items()), (_UNREACHED, last)]


def _group(tags: Iterable[str]) -> str:
    match tuple(tags):
        case ():
            return _UNREACHED
        case (tag,):
            return tag
        case _:
            return _COMMON


def _reached_by(definition: ApiDefinition, graph: Graph) -> dict[str, set[str]]:
    """Return the APIs whose operations reach each model; the topics count as another API."""
    roots: dict[str, list[str]] = {_TOPICS: [model for _, model in definition.topics]}
    for api in definition.apis:
        roots[api.tag] = [
            name
            for operation in api.operations
            for type_ in (*operation.return_types, *(one.type for one in operation.parameters))
            for name in referenced_models(type_)
        ]
    reached: dict[str, set[str]] = {}
    for tag, names in roots.items():
        for name in find_closure(graph, names):
            reached.setdefault(name, set()).add(tag)
    return reached


def _sliced(group: str, parts: list[list[str]]) -> list[Shard]:
    """Split a group into shards of about :data:`SLICE` models, without splitting cycles."""
    slices: list[list[tuple[str, ...]]] = []
    size = SLICE  # as if full, so that the first component opens a slice
    for part in parts:
        if size >= SLICE:
            slices.append([])
            size = 0
        slices[-1].append(tuple(part))
        size += len(part)
    base = "_topics" if group == _TOPICS else f"_{api_name(group)}"
    return [
        Shard(
            f"{base}_{number}", f"{_about(group)}, part {number} of {len(slices)}.", tuple(members)
        )
        for number, members in enumerate(slices, 1)
    ]


def _about(group: str) -> str:
    match group:
        case "common":
            return "Models that several APIs share"
        case "unreached":
            return "Models not reachable from any operation or topic"
        case "notification topics":
            return "Models of notification events"
        case _:
            return f"Models used only by the {group} API"


def _check_order(result: Sequence[Shard], graph: Graph) -> None:
    place: Mapping[str, int] = {
        name: number for number, shard in enumerate(result) for name in shard.models
    }
    for name, children in graph.items():
        for child in children:
            if place[child] > place[name]:
                raise InvalidValueError(
                    f"sharding: {name} references {child}, which is in a later shard; "
                    "this is a bug in the generator"
                )
