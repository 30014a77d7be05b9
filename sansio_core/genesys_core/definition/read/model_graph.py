"""The graph of references between models, and algorithms to order and traverse it.

Invariants: all algorithms are iterative and deterministic; where any order is valid, models keep
the order of the input.
"""

from collections.abc import Iterable, Mapping

from genesys_core.definition.read.definition import Array, Map, ModelDef, Plain, Ref, Type

__all__ = ["Graph", "find_closure", "find_components", "model_graph", "referenced_models"]

Graph = Mapping[str, tuple[str, ...]]


def referenced_models(type_: Type | None) -> tuple[str, ...]:
    """Return the class name of the model that a type references, if any, as a tuple."""
    match type_:
        case Ref(name=name):
            return (name,)
        case Array(items=inner) | Map(values=inner):
            return referenced_models(inner)
        case Plain() | None:
            return ()


def model_graph(models: Iterable[ModelDef]) -> dict[str, tuple[str, ...]]:
    """Return the models that each model references: its fields' types, or the members of a union."""
    return {
        model.name: tuple(
            dict.fromkeys(
                [
                    *(name for _, name in model.cases),
                    *(name for field in model.fields for name in referenced_models(field.type)),
                ]
            )
        )
        for model in models
    }


def find_closure(graph: Graph, roots: Iterable[str]) -> list[str]:
    """Return the roots and all models that are reachable from them, without duplicates."""
    found: dict[str, None] = {}
    pending = list(roots)
    while pending:
        name = pending.pop()
        if name not in found:
            found[name] = None
            pending.extend(
                reversed(graph[name])
            )  # pop() takes the last, so the first is visited next
    return list(found)


def find_components(graph: Graph, names: Iterable[str]) -> list[list[str]]:
    """Return the strongly connected components of ``names``, dependencies first (Tarjan 1972).

    Edges to models that are not in ``names`` are ignored. Within a component, the order is that of
    ``names``.
    """
    order = {name: place for place, name in enumerate(names)}
    search = _Search(graph, order)
    for name in order:
        if name not in search.index:
            search.visit(name)
    return search.found


class _Search:
    """The state of one run of Tarjan's algorithm, without recursion."""

    def __init__(self, graph: Graph, order: Mapping[str, int]) -> None:
        self.graph = graph
        self.order = order
        self.index: dict[str, int] = {}
        self.low: dict[str, int] = {}
        self.stack: list[str] = []
        self.open: set[str] = set()
        self.found: list[list[str]] = []

    def visit(self, root: str) -> None:
        self._enter(root)
        work = [(root, iter(self.graph[root]))]
        while work:
            name, children = work[-1]
            # `children` is an iterator, so the search continues after the last visited child.
            child = next((one for one in children if self._wanted(name, one)), None)
            if child is not None:
                self._enter(child)
                work.append((child, iter(self.graph[child])))
                continue
            work.pop()
            if work:
                parent = work[-1][0]
                self.low[parent] = min(self.low[parent], self.low[name])
            if self.low[name] == self.index[name]:
                self._close(name)

    def _enter(self, name: str) -> None:
        self.index[name] = self.low[name] = len(self.index)
        self.stack.append(name)
        self.open.add(name)

    def _wanted(self, name: str, child: str) -> bool:
        """Return whether to visit a child; for one on the stack, update the parent's low-link."""
        if child not in self.order:
            return False
        if child not in self.index:
            return True
        if child in self.open:
            self.low[name] = min(self.low[name], self.index[child])
        return False

    def _close(self, name: str) -> None:
        start = self.stack.index(name)
        members = self.stack[start:]
        del self.stack[start:]
        self.open.difference_update(members)
        self.found.append(sorted(members, key=self.order.__getitem__))
