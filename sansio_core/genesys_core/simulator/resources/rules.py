"""The rules that determine the state that an operation reads or changes, derived from the definition.

Invariants: the rules depend only on the definition, and are evaluated for a path on first use. A
path to which no rule applies has no state.
"""

from collections.abc import Iterator

from genesys_core.simulator.resources.collection_rules import derive_collection
from genesys_core.simulator.resources.command_rules import find_bulk_command, find_command
from genesys_core.simulator.resources.job_rules import JOB_STARTERS, derive_jobs, is_job_path
from genesys_core.simulator.resources.member_rules import derive_members
from genesys_core.simulator.resources.rule_types import (
    Collection,
    ResourceAction,
    ResourceRule,
)
from genesys_core.simulator.resources.search_rules import find_search
from genesys_core.simulator.resources.shapes import (
    ApiRoute,
    PathShapes,
    is_placeholder,
    path_key,
)
from genesys_core.simulator.resources.single_rules import find_single
from genesys_core.simulator.resources.view_rules import OwnerFinder, find_division_view, find_view
from genesys_core.simulator.state.definition import Definition

__all__ = ["ResourceRules"]


class ResourceRules:
    """The rules of a definition's operations.

    Args:
        definition: the API definition.
    """

    def __init__(self, definition: Definition) -> None:
        self._definition = definition
        self._shapes = PathShapes(definition)
        self._owners = OwnerFinder(self._shapes, self._list_owners)
        self._collections: dict[str, Collection | None] = {}
        self._found: dict[tuple[str, str], ResourceRule | None] = {}

    @classmethod
    def of(cls, definition: Definition) -> "ResourceRules":
        """Return a definition's rules, which all simulators of the definition share."""
        found = definition.derived.get(cls)
        if not isinstance(found, cls):
            found = definition.derived[cls] = cls(definition)
        return found

    def find(self, route: ApiRoute) -> ResourceRule | None:
        """Return an operation's rule, or ``None`` if the operation has no state."""
        method = "GET" if route.method == "HEAD" else route.method
        key = (method, route.template)
        if key not in self._found:
            self._found[key] = self._find(route, method)
        return self._found[key]

    def collection(self, template: str) -> Collection | None:
        """Return the stateful collection at a path, or ``None`` if there is none."""
        key = path_key(template)
        if key not in self._collections:
            self._collections[key] = self._derive(key)
        return self._collections[key]

    def parents(self, template: str) -> Iterator[tuple[str, str]]:
        """Yield the path of each parent collection and the path of its item, innermost first."""
        owner = template
        while (at := owner.rfind("/{")) >= 0:
            item = template[: template.index("}", at) + 1]
            owner = template[:at]
            if item != template:
                yield owner, item

    def _find(self, route: ApiRoute, method: str) -> ResourceRule | None:
        started = JOB_STARTERS.get((method, route.template))
        jobs = None if started is None else self.collection(started)
        if jobs is not None:
            return ResourceRule(jobs.letter, "start", jobs, jobs.entity)
        view = find_division_view(self._shapes, self.collection, route) if method == "GET" else None
        if view is not None:
            return view
        owner, _, last = route.template.rpartition("/")
        is_item = is_placeholder(last)
        known = self.collection(owner if is_item else route.template)
        action = (
            None if known is None else known.operations.get(("item" if is_item else "", method))
        )
        if known is not None and action is not None:
            return ResourceRule(known.letter, action, known, known.entity)
        return (
            self._find_results(route, method)
            or find_bulk_command(self._shapes, self.collection, route)
            or find_single(self._shapes, route, method)
            or find_command(self._shapes, self.collection, route)
            or find_search(self._shapes, self._owners, route)
            or (find_view(self._shapes, self._owners, route) if method == "GET" else None)
        )

    def _find_results(self, route: ApiRoute, method: str) -> ResourceRule | None:
        """Return the rule for a path below a job.

        The path returns the job's results or, if the job cannot be read at its own path, its status.
        """
        if method != "GET":
            return None
        for above, _ in self.parents(route.template):
            job = self.collection(above)
            if job is not None and job.states is not None:
                has_status = ("item", "GET") in job.operations
                action: ResourceAction = "results" if has_status else "read"
                return ResourceRule(job.letter, action, job, job.entity)
        return None

    def _derive(self, key: str) -> Collection | None:
        if is_job_path(key):
            return derive_jobs(self._shapes, key)
        found = derive_collection(self._shapes, key)
        if found is None or found.letter == "S":
            return derive_members(self._shapes, key) or found
        return found

    def _list_owners(self) -> Iterator[tuple[str, Collection]]:
        """Yield every collection whose items can be created, by the name of their model."""
        seen: set[str] = set()
        for route in self._definition.routes:
            template, _, last = route.template.rpartition("/")
            if not is_placeholder(last) or template in seen or route.method != "GET":
                continue
            seen.add(template)
            found = self.collection(template)
            schema = route.facts.reply_schema
            if found is not None and schema is not None and found.letter in {"A", "B"}:
                yield schema.model_name or "", found
