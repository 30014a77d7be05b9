"""A published definition of an imaginary workshop, and packages that are generated from it.

The documents hold what real ones hold: descriptions, listings, jobs and topics with their schemas.
"""

import importlib
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

from genesys_cloud.definition import generate
from tests.strategies.definition import Json, array, body, mapping, model, path, query, ref

__all__ = ["WORKSHOP", "WORKSHOP_TOPICS", "own_package", "write_documents"]

TEXT: Json = {"type": "string"}
INTEGER: Json = {"type": "integer", "format": "int32"}


def _operation(name: str, *parameters: Json, status: str = "200", **more: Any) -> Json:
    returns = more.pop("returns", None)
    reply = {"description": "done"} | ({} if returns is None else {"schema": returns})
    more.setdefault("responses", {status: reply})
    return {
        "tags": more.pop("tags", ["Lamps"]),
        "operationId": name,
        "parameters": list(parameters),
        **more,
    }


WORKSHOP: Json = {
    "swagger": "2.0",
    "info": {"version": "7.1.0"},
    "paths": {
        "/api/v2/users/me": {
            "get": _operation(
                "getUsersMe",
                returns=ref("UserMe"),
                tags=["Users"],
                summary="The person at the bench.",
                description="Knows where\nthe lamps are.",
            )
        },
        "/api/v2/lamps": {
            "get": _operation(
                "getLamps",
                query("pageSize", **INTEGER),
                query("pageNumber", **INTEGER),
                query("state", enum=["lit", "dark"]),
                returns=ref("LampEntityListing"),
            ),
            "post": _operation("postLamps", body(ref("Lamp")), returns=ref("Lamp"), status="201"),
        },
        "/api/v2/lamps/{lampId}": {
            "get": _operation("getLamp", path("lampId"), returns=ref("Lamp")),
            "delete": _operation(
                "deleteLamp", path("lampId"), status="204", tags=["Lamps", "Configuration"]
            ),
        },
        "/api/v2/lamps/{lampId}/picture": {
            "post": _operation(
                "postLampPicture",
                path("lampId"),
                {"name": "file", "in": "formData", "type": "file", "required": True},
                {"name": "title", "in": "formData", "type": "string"},
                {"name": "tags", "in": "formData", "type": "array", "items": TEXT},
                consumes=["multipart/form-data"],
                returns=ref("Lamp"),
            ),
            "get": _operation(
                "getLampPicture", path("lampId"), returns={"type": "file"}, produces=["image/png"]
            ),
        },
        "/api/v2/lamps/logins": {
            "post": _operation(
                "postLampsLogins",
                {"name": "user", "in": "formData", "type": "string", "required": True},
                {"name": "password", "in": "formData", "type": "string", "format": "password"},
                consumes=["application/x-www-form-urlencoded"],
                status="204",
            )
        },
        "/api/v2/lamps/orders": {
            "post": _operation(
                "postLampsOrders",
                body(ref("Order")),
                responses={
                    "200": {"description": "made", "schema": ref("Order")},
                    "202": {"description": "will be made", "schema": ref("LampJob")},
                    "204": {"description": "nothing to do"},
                },
            ),
            "get": _operation("getLampsOrders", returns=array(ref("Order"))),
        },
        "/api/v2/lamps/jobs": {
            "post": _operation(
                "postLampsJobs", body(ref("LampJobRequest")), returns=ref("LampJob"), status="202"
            )
        },
        "/api/v2/lamps/jobs/{jobId}": {
            "get": _operation("getLampsJob", path("jobId"), returns=ref("LampJob"))
        },
        "/api/v2/lamps/jobs/{jobId}/results": {
            "get": _operation(
                "getLampsJobResults",
                path("jobId"),
                query("pageSize", **INTEGER),
                query("pageNumber", **INTEGER),
                returns=ref("LampEntityListing"),
            )
        },
    },
    "definitions": {
        "UserMe": model({"id": TEXT, "name": TEXT, "bench": ref("Bench")}),
        "Bench": model({"id": TEXT, "lamps": array(ref("Lamp"))}),
        "Lamp": model(
            {
                "id": {**TEXT, "readOnly": True},
                "state": {"type": "string", "enum": ["lit", "dark"], "description": "How it is."},
                "watts": {"type": "number", "description": 'Of "light",\nat most 60.'},
                "boughtOn": {"type": "string", "format": "date"},
                "labels": mapping(TEXT),
            },
            required=["state"],
            description='Gives "light".\n\nUntil it\'s dark.',
        ),
        "LampEntityListing": model(
            {
                "entities": array(ref("Lamp")),
                "pageSize": INTEGER,
                "pageNumber": INTEGER,
                "pageCount": INTEGER,
                "total": INTEGER,
            }
        ),
        "Order": model(
            {"id": TEXT, "orderType": TEXT, "for": ref("Order")},
            required=["orderType"],
            discriminator="orderType",
            description="An order.",
        ),
        "Repair": {"allOf": [ref("Order"), model({"parts": array(TEXT), "lamp": ref("Lamp")})]},
        "Purchase": {
            "allOf": [ref("Order"), model({"count": INTEGER, "until": TEXT})],
            "x-discriminator-value": "purchase",
        },
        "LampJobRequest": model({"state": TEXT}),
        "LampJob": model(
            {
                "id": TEXT,
                "state": {"type": "string", "enum": ["RUNNING", "SUCCEEDED", "FAILED"]},
            }
        ),
    },
}
"""The Swagger document."""

WORKSHOP_TOPICS: Json = {
    "entities": [
        {
            "id": "v2.lamps.{id}",
            "schema": {
                "id": "urn:jsonschema:lamps:event:v2:Lamp",
                "type": "object",
                "properties": {"id": TEXT, "lit": {"type": "boolean"}},
            },
        }
    ]
}
"""The topics, as published."""


def write_documents(folder: Path) -> Path:
    """Save both documents as ``definition fetch`` does; return the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "swagger.json").write_text(json.dumps(WORKSHOP), encoding="utf-8")
    (folder / "topics.json").write_text(json.dumps(WORKSHOP_TOPICS), encoding="utf-8")
    return folder


@contextmanager
def own_package(root: Path, name: str = "acme_workshop") -> Iterator[ModuleType]:
    """Generate a package into a folder, and import it for as long as the block.

    Each has a unique name: of two imports with the same name, the first would lose its modules.
    """
    assert name not in sys.modules, f"{name} is imported already"
    generate(root, definition=write_documents(root / "documents"), package=name, strict=True)
    sys.path.insert(0, str(root))
    importlib.invalidate_caches()
    try:
        yield importlib.import_module(name)
    finally:
        sys.path.remove(str(root))
        for module in [
            one for one in sys.modules if one.split(".")[0] == name.split(".", maxsplit=1)[0]
        ]:
            del sys.modules[module]
