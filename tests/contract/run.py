"""Runs schemathesis against a simulator: no 5xx, no reply against its schema, invalid requests refused.

``python -m tests.contract.run`` with schemathesis installed (``nox -s contract`` installs it): 150 operations, another
part of the definition for each commit. ``--all`` runs all operations, ``--part N`` a certain part, ``--examples`` sets how
many requests each operation gets. Exit code 1 if a check fails. The last result of ``--all`` is in
``docs/simulator-clients.md``.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from genesys_cloud.packed_data import read_own_data
from genesys_cloud.simulator import running_simulator

SIZE = 150
CHECKS = {
    "positive": "not_a_server_error,response_schema_conformance",
    "negative": "not_a_server_error,negative_data_rejection",
}
"""The checks of valid and of invalid requests."""

WRITTEN = "Written"
"""Begins the names of models in requests."""

ERROR = {"$ref": "#/definitions/ErrorBody"}

SCIM_ERROR = {
    "type": "object",
    "properties": {"scimType": {"type": "string"}, "detail": {"type": "string"}},
}
"""An error of SCIM (RFC 7644 section 3.12), or the platform's own where a parameter is refused."""


def operations_of(document: dict[str, Any]) -> list[tuple[str, str]]:
    """All operations by path and method, in an order that mixes the APIs."""
    every = [
        (path, method)
        for path, methods in document["paths"].items()
        for method, facts in methods.items()
        if "operationId" in facts
    ]
    return sorted(every, key=lambda each: zlib.crc32("".join(each).encode()))


def parts_of(every: list[tuple[str, str]]) -> list[list[tuple[str, str]]]:
    return [every[at : at + SIZE] for at in range(0, len(every), SIZE)]


def part_of_commit(count: int) -> int:
    """The part whose turn it is, by the number of commits."""
    command = ["git", "rev-list", "--count", "HEAD"]
    counted = subprocess.run(command, capture_output=True, text=True, check=False)
    return int(counted.stdout or 0) % count


def limited(
    document: dict[str, Any], chosen: Iterable[tuple[str, str]], *, mode: str
) -> dict[str, Any]:
    """The document with some of its operations, and the models that they need.

    In the negative mode, requests are described as the simulator accepts them.
    """
    paths: dict[str, dict[str, Any]] = {}
    for path, method in chosen:
        facts = dict(document["paths"][path][method])
        if mode == "negative":
            facts["parameters"] = [accepted(each) for each in facts.get("parameters", ())]
        error = SCIM_ERROR if "/scim/" in path else ERROR
        facts["responses"] = responses_of(facts, error)
        paths.setdefault(path, {})[method] = facts
    definitions, models = document["definitions"], {}
    waiting = [*references(paths), "ErrorBody"]
    while waiting:
        name = waiting.pop()
        if name not in models:
            written = name.removeprefix(WRITTEN)
            models[name] = definitions[written]
            if name != written:
                models[name] = accepted(definitions[written]) | {"x-nullable": True}
            waiting += references(models[name])
    return {**document, "paths": paths, "definitions": models}


def accepted(part: Any) -> Any:
    """A part of a request as the simulator accepts it: open enums, and null for what is optional.

    Both are rules of the platform's clients: a newer platform may know other values, and null means absence.
    """
    if isinstance(part, list):
        return [accepted(each) for each in part]
    if not isinstance(part, dict):
        return part
    found = {
        name: accepted(each) for name, each in part.items() if name not in {"enum", "properties"}
    }
    if isinstance(part.get("$ref"), str):
        found["$ref"] = f"#/definitions/{WRITTEN}{part['$ref'].rpartition('/')[2]}"
    if isinstance(found.get("items"), dict):
        found["items"]["x-nullable"] = True
    if "properties" in part:
        required = part.get("required", ())
        found["properties"] = {
            name: accepted(each) | ({} if name in required else {"x-nullable": True})
            for name, each in part["properties"].items()
        }
    return found


def responses_of(facts: dict[str, Any], error: dict[str, Any]) -> dict[str, Any]:
    """The responses of an operation, where ``default`` is what it means in OpenAPI: all others.

    The platform's definition means success with it, and names errors or leaves them out.
    """
    responses = dict(facts["responses"])
    success = responses.pop("default", None)
    if success is not None:
        for status in ("200", "201", "202"):
            responses.setdefault(status, success)
        responses.setdefault("204", {"description": "nothing to return"})
    responses["default"] = {"description": "an error", "schema": error}
    return responses


def mend(document: dict[str, Any]) -> dict[str, Any]:
    """Correct the definition where it contradicts itself or what the platform answers; return it."""
    topic = document["definitions"]["AvailableTopic"]["properties"]["schema"]
    topic["additionalProperties"] = {}  # the values of a JSON schema are not all objects
    for model, name in (
        ("JsonSchemaDocument", "additionalProperties"),
        ("ScimV2PatchOperation", "value"),
    ):
        document["definitions"][model]["properties"][name] = {}  # any value, or a boolean
    rows = "/api/v2/flows/datatables/{datatableId}/rows"
    for path, method in (
        (rows, "post"),
        (f"{rows}/{{rowId}}", "get"),
        (f"{rows}/{{rowId}}", "put"),
    ):
        document["paths"][path][method]["responses"]["default"]["schema"] = {"type": "object"}
    for model in document["definitions"].values():
        for each in model.get("properties", {}).values():
            if each.get("type") == "integer" and "enum" in each:
                each["enum"] = [int(value) for value in each["enum"]]  # they are texts
    return document


def references(value: Any) -> Iterator[str]:
    """The models that a part of a document refers to."""
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"].rpartition("/")[2]
        for each in value.values():
            yield from references(each)
    elif isinstance(value, list):
        for each in value:
            yield from references(each)


def run(document: dict[str, Any], chosen: list[tuple[str, str]], mode: str, examples: int) -> bool:
    """Run schemathesis over some operations of a fresh simulator; return whether all checks passed."""
    with tempfile.TemporaryDirectory() as folder, running_simulator() as running:
        file = Path(folder) / "definition.json"
        file.write_text(json.dumps(limited(document, chosen, mode=mode)), encoding="utf-8")
        command = [
            *(sys.executable, "-m", "schemathesis.cli", "run", str(file)),
            *("--url", running.url, "--header", f"Authorization: Bearer {running.access_token()}"),
            *("--mode", mode, "--checks", CHECKS[mode], "--phases", "fuzzing"),
            *("--max-examples", str(examples), "--seed", "1", "--no-shrink", "--no-color"),
            *("--warnings", "off", "--suppress-health-check", "all", "--continue-on-failure"),
        ]
        return subprocess.run(command, check=False, cwd=folder).returncode == 0


def main() -> int:
    parser = argparse.ArgumentParser(description="Run schemathesis against a simulator.")
    parser.add_argument("--all", action="store_true", help="all operations instead of one part")
    parser.add_argument("--part", type=int, help="which part; by default that of the commit")
    parser.add_argument("--mode", choices=CHECKS, help="valid or invalid requests; by default both")
    parser.add_argument("--examples", type=int, default=10, help="requests for each operation")
    options = parser.parse_args()
    document = mend(json.loads(read_own_data("swagger.json.xz")))
    parts = parts_of(operations_of(document))
    chosen = options.part if options.part is not None else part_of_commit(len(parts))
    failed: list[str] = []
    for number in range(len(parts)) if options.all else [chosen % len(parts)]:
        print(f"part {number} of {len(parts)}: {len(parts[number])} operations", flush=True)
        failed += [
            f"{mode} {number}"
            for mode in ([options.mode] if options.mode else CHECKS)
            if not run(document, parts[number], mode, options.examples)
        ]
    print("failed parts:", failed or "none")
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())
