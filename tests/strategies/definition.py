"""What the generator's tests share: a small definition full of traps, and random ones."""

import ast
import importlib
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any, get_type_hints

from hypothesis import strategies as st

from genesys_core.definition.read.naming import to_camel_case

Json = dict[str, Any]

STRING: Json = {"type": "string"}


def ref(name: str) -> Json:
    return {"$ref": f"#/definitions/{name}"}


def array(items: Json) -> Json:
    return {"type": "array", "items": items}


def mapping(values: Json) -> Json:
    return {"type": "object", "additionalProperties": values}


def model(properties: Json, **more: Any) -> Json:
    return {"type": "object", "properties": properties, **more}


# Names that generated source uses itself, or that Python keeps for itself.
SHADOWING = [
    *("list", "dict", "str", "int", "float", "bool", "frozenset", "Literal", "Any", "Open"),
    *("field", "Struct", "Model", "datetime", "date", "ClassVar", "name", "None", "True"),
    *("False", "print", "type", "object", "property"),
]

# Names that are no identifiers, or no free ones.
ODD_NAMES = [
    *("site.id", "pass", "from", "class", "id", "format", "field", "$ref", "$schema", "__dict__"),
    *("__slots__", "__init__", "__class__", "__secrets__", "self", "property"),
    *("customI18nLabels", "A1", "2fa", "größe", "_type", "Resources", "OAuthClient"),
    *("urn:ietf:params:scim:2.0:User", "inheritIPv4", "resourceURIs", "", "with space", "---"),
]

MODELS: Json = {
    "Names": model(dict.fromkeys(ODD_NAMES, STRING)),
    "Collisions": model({"fooBar": STRING, "foo_bar": {"type": "integer"}, "foo-bar": STRING}),
    # The fields that hide helpers come first, those that need them after.
    "Shadows": model(
        dict.fromkeys(SHADOWING, STRING)
        | {
            "texts": array(STRING),
            "counts": mapping({"type": "integer"}),
            "whole": {"type": "integer"},
            "real": {"type": "number"},
            "yes": {"type": "boolean"},
            "when": {"type": "string", "format": "date-time"},
            "day": {"type": "string", "format": "date"},
            "state": {"type": "string", "enum": ["on", "off"]},
            "states": array({"type": "string", "enum": ["on", "off"]}),
            "open.ended": {},
            "clientSecret": STRING,
        }
    ),
    "List": model({"list": ref("List"), "items": array(ref("Any"))}),
    "Any": model({"any": {}, "literal": ref("Literal")}),
    "Literal": model({"values": mapping(ref("Warning"))}),
    "Warning": model(
        {"text": {**STRING, "description": 'It\'s "odd"\\: ü\n\n\x00 """'}},
        description='It\'s "odd"\\: ü\n\n\x00 """',
    ),
    "Described": model({"a": {**STRING, "description": "word " * 30}}, description="word " * 30),
    "Model": model({"model": STRING}),
    "str": model({"str": STRING, "more": STRING}),
    "class": model({"class": ref("str")}),
    "address": model({"line": STRING}),
    "HidesItsType": model({"address": ref("address"), "addresses": array(ref("address"))}),
    "knot": model({"knot": ref("knot"), "knots": mapping(array(ref("knot")))}),
    "First": model({"second": ref("Second"), "name": STRING}),
    "Second": model({"thirds": array(ref("Third"))}),
    "Third": model({"first": ref("First"), "empty": ref("Empty")}),
    "Empty": model({}),
    "Bare": {"type": "object"},
    "Moments": model(
        {
            "month": {"type": "string", "format": "year-month"},
            "months": array({"type": "string", "format": "year-month"}),
            "local": {"type": "string", "format": "local-date-time"},
            "instant": {"type": "string", "format": "date-time"},
            "day": {"type": "string", "format": "date"},
            "days": array({"type": "string", "format": "date"}),
            "id": {"type": "string", "format": "uuid"},
        }
    ),
    "Enums": model(
        {
            "odd": {"type": "string", "enum": ["a-b", "1", "", "None", "ü", "with space", "a-b"]},
            "quotes": {"type": "string", "enum": ['"', "'", '"""', "'''", "\\", "\n", "]] = 1"]},
            "family": {"type": "integer", "enum": ["2", "23"]},
            "many": {"type": "string", "enum": [f"value number {n}, with words" for n in range(9)]},
            "again": {
                "type": "string",
                "enum": [f"value number {n}, with words" for n in range(9)],
            },
        },
        required=["odd", "quotes"],
    ),
    "Odd Name-With.Signs": model({"readOnly": {**STRING, "readOnly": True}}),
    "Extended": {"allOf": [ref("Warning"), model({"extra": {"allOf": [ref("Names")]}})]},
    "Unreached": model({"warning": ref("Warning")}),
    "Beast": model({"kind": STRING, "next": ref("Beast")}, discriminator="kind"),
    "Yak": {"allOf": [ref("Beast"), model({"wool": {"type": "number"}})]},
    **{
        f"RareBeastNumber{n}": {"allOf": [ref("Beast")], "x-discriminator-value": f"rare {n}"}
        for n in range(5)
    },
    "Tool": model({"kind": STRING}, discriminator="kind"),
    "Saw": {"allOf": [ref("Tool")]},
    "Zoo": model(
        {
            "tool": ref("Tool"),
            "beasts": array(ref("Beast")),
            "Beast": ref("Beast"),
            "any": ref("Beast"),
        }
    ),
    "Event": model({"names": ref("Names")}),
    "User": model({"password": STRING, "passwordCount": {"type": "integer"}, "token": ref("Any")}),
}
"""Models by the names that the definition gives them."""


def operation(
    name: str, tags: str, *parameters: Json, returns: Json | None = None, **more: Any
) -> Json:
    response: Json = {"description": ""} | ({} if returns is None else {"schema": returns})
    return {
        "tags": tags.split(),
        "operationId": name,
        "parameters": list(parameters),
        "responses": {"default": response},
        **more,
    }


def query(name: str, **more: Any) -> Json:
    return {"name": name, "in": "query", "required": False, **STRING, **more}


def path(name: str, **more: Any) -> Json:
    return {"name": name, "in": "path", "required": True, **STRING, **more}


def body(schema: Json, *, required: bool = True, name: str = "body") -> Json:
    return {"name": name, "in": "body", "required": required, "schema": schema}


PATHS: Json = {
    "/api/v2/names/{id}": {
        "get": operation(
            "getNames",
            "OAuth SCIM",
            path("id"),
            query("site.id"),
            query("id"),
            query("self"),
            query("from", required=True),
            query("list", **array({"type": "string", "enum": ["b", "a"]})),
            query("since", format="date"),
            query("times", **array({"type": "string", "format": "date-time"})),
            query("pageNumber", type="integer"),
            {"name": "If-Match", "in": "header", "type": "string"},
            returns=ref("Names"),
            **{"x-inin-requires-permissions": {"type": "ANY", "permissions": ["a:b:c", "d:e:f"]}},
        ),
        "put": operation(
            "putNames", "OAuth", path("id"), body(ref("Names")), returns=array(ref("Names"))
        ),
        "delete": operation("deleteNames", "OAuth", path("id"), deprecated=True),
    },
    "/api/v2/lists/query": {
        "post": operation(
            "postListsQuery",
            "AIStudio",
            body(ref("Shadows"), required=False),
            returns=ref("List"),
        ),
    },
    "/api/v2/lists": {
        "parameters": [query("shared")],
        "get": operation("list", "AgentUI", returns=mapping({"type": "object"})),
        "post": operation(
            "import",
            "AgentUI",
            body(array(ref("Enums")), name="things"),
            returns={"type": "object"},
            **{"x-inin-preview": True},
        ),
        "patch": operation("patchLists", "AgentUI", body({"type": "string"}), returns=STRING),
    },
    '/api/v2/odd"""\\/{id}': {
        "get": operation(
            "getOdd",
            "IPv6Tools",
            path("id", enum=['"""', "\\"]),
            query("many", enum=[f"value number {n}, with words" for n in range(9)]),
            returns=ref("Odd Name-With.Signs"),
            produces=["text/plain"],
        ),
        "head": operation("headOdd", "IPv6Tools", path("id"), returns=ref("class")),
        "post": operation(
            "postOdd",
            "IPv6Tools",
            path("id"),
            body({"type": "object"}, required=False),
            returns=array({"type": "object"}),
        ),
    },
    "/api/v2/moments": {
        "get": operation("getMoments", "Users", returns=ref("Moments")),
        "post": operation("postMoments", "Users", body(ref("User")), returns=ref("First")),
        "put": operation("putMoments", "Users", body({}), returns=ref("knot")),
        "options": operation("optionsMoments", "Users", returns=ref("HidesItsType")),
        "patch": operation(
            "patchMoments",
            "Users",
            {"name": "file", "in": "formData", "type": "file", "required": True},
            {"name": "list", "in": "formData", "type": "array", "items": STRING},
            responses={
                "200": {"schema": ref("Zoo")},
                "201": {"schema": ref("Beast")},
                "202": {"schema": {"type": "file"}},
                "204": {},
            },
        ),
    },
    "/api/v2/untagged": {"get": operation("getUntagged", "", returns=ref("Extended"))},
}

TRAPS: Json = {
    "swagger": "2.0",
    "info": {"version": "v2", "x-sdk-version": "1.2.3"},
    "paths": PATHS,
    "definitions": MODELS,
}
"""A definition in which every name that could go wrong occurs."""

TRAP_TOPICS: Json = {
    "notifications": [
        {"topic": "v2.names.{id}", "class": "Event"},
        {"topic": 'v2."odd"\\', "class": "Event"},
    ]
}


CORE = "sansio_core/genesys_core/"


@contextmanager
def generated_package(
    files: Mapping[str, str], folder: Path, name: str
) -> Iterator[tuple[ModuleType, ModuleType]]:
    """The generated ``models`` and ``api`` as packages of their own, for as long as the block."""
    for relative, text in files.items():
        if relative.startswith(CORE):
            target = folder / name / relative.removeprefix(CORE)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")
    sys.path.insert(0, str(folder))
    importlib.invalidate_caches()
    try:
        yield importlib.import_module(f"{name}.models"), importlib.import_module(f"{name}.api")
    finally:
        sys.path.remove(str(folder))
        for module in [one for one in sys.modules if one.split(".")[0] == name]:
            del sys.modules[module]


def check_stub(text: str, models: ModuleType) -> list[str]:
    """Compare each class of a shard's stub with the class that is made at run time.

    Args:
        text: the stub.
        models: the package of models, which holds the classes.

    Returns:
        The names of the classes.
    """
    body = ast.parse(text).body
    classes = [node for node in body if isinstance(node, ast.ClassDef)]
    unions = [node.target.id for node in body if isinstance(node, ast.AnnAssign)]  # type: ignore[union-attr]
    names = [*(node.name for node in classes), *unions]
    namespace: dict[str, Any] = {name: getattr(models, name) for name in names}
    for node in body:
        if isinstance(node, ast.ImportFrom) and node.level:
            namespace |= {alias.name: getattr(models, alias.name) for alias in node.names}
        elif isinstance(node, ast.ImportFrom | ast.Assign):
            exec(compile(ast.Module([node], []), "stub", "exec"), namespace)
    for node in classes:
        _check_class(node, namespace)
    return names


def _check_class(node: ast.ClassDef, namespace: Json) -> None:
    made = namespace[node.name]
    assert [made.__base__] == [eval(ast.unparse(base), namespace) for base in node.bases]
    shown = ast.get_docstring(node)
    assert " ".join((made.__doc__ or "").split()) == " ".join((shown or "").split()), node.name
    declared = [one for one in node.body if isinstance(one, ast.AnnAssign)]
    types = {one.target.id: one.annotation for one in declared}  # type: ignore[union-attr]
    read = {name: eval(ast.unparse(one), namespace) for name, one in types.items()}
    found = get_type_hints(made)
    found.pop("__secrets__", None)
    assert read == found, node.name
    assert list(read) == list(made.__struct_fields__), node.name
    wires = [
        one.value.keywords[0].value.value
        if isinstance(one.value, ast.Call)
        else to_camel_case(name)  # type: ignore[attr-defined]
        for name, one in zip(types, declared, strict=True)
    ]
    assert wires == list(made.__struct_encode_fields__), node.name


odd_texts = st.text(max_size=6) | st.sampled_from([*SHADOWING, *ODD_NAMES])
# Properties with other names are omitted with a finding: they have tests of their own.
_property_names = odd_texts.filter(lambda text: not re.search(r'["\\\x00-\x1f]', text))
_model_names = ("A", "B", "List", "str", "a b", "None")

api_schemas = st.recursive(
    st.builds(
        lambda kind, form, enum: {"type": kind} | form | enum,
        st.sampled_from(["string", "integer", "number", "boolean", "object", "null"]),
        st.sampled_from(["date", "date-time", "year-month", "uuid"]).map(lambda f: {"format": f})
        | st.just({}),
        st.lists(odd_texts, max_size=3).map(lambda values: {"enum": values}) | st.just({}),
    )
    | st.sampled_from(_model_names).map(ref)
    | st.just({}),
    lambda inner: inner.map(array) | inner.map(mapping),
    max_leaves=3,
)

_models = st.fixed_dictionaries(
    {
        name: st.builds(
            lambda properties, required, text, more: model(
                properties, required=required, description=text, **more
            ),
            st.dictionaries(_property_names, api_schemas, max_size=4),
            st.lists(odd_texts, max_size=2),
            odd_texts,
            # A definition extends earlier ones only, so that no circle is a finding.
            st.fixed_dictionaries(
                {},
                optional={
                    "discriminator": odd_texts,
                    "allOf": st.lists(
                        st.sampled_from(_model_names[:number]).map(ref),
                        max_size=2,
                    ),
                }
                if number
                else {"discriminator": odd_texts},
            ),
        )
        for number, name in enumerate(_model_names)
    }
)

api_parameters = st.builds(
    lambda name, place, required, schema: (
        body(schema, required=required, name=name)
        if place == "body"
        else {"name": name, "in": place, "required": required, "type": "file"}
        if place == "formData" and required
        else {"name": name, "in": place, "required": required, **STRING, "enum": ["x", '"""']}
    ),
    odd_texts,
    st.sampled_from(["path", "query", "header", "body", "formData"]),
    st.booleans(),
    api_schemas,
)


@st.composite
def definitions(draw: st.DrawFn) -> Json:
    """Small Swagger documents with names from everywhere; each operation's name is its own."""
    paths: Json = {}
    for number in range(draw(st.integers(0, 3))):
        given_parameters = draw(st.lists(api_parameters, max_size=4))
        bodies = [one for one in given_parameters if one["in"] == "body"]
        others = ("body", "formData") if bodies else ("body",)
        kept = [one for one in given_parameters if one["in"] not in others] + bodies[:1]
        # A path parameter is in the path, or it would be omitted with a finding.
        kept = [one for one in kept if one["in"] != "path" or re.fullmatch("[^{}]+", one["name"])]
        places = "".join(f"/{{{one['name']}}}" for one in kept if one["in"] == "path")
        statuses = draw(st.lists(st.sampled_from(["200", "201", "202", "204"]), unique=True))
        paths[f"/api/v2/{number}/" + draw(odd_texts) + places] = {
            draw(st.sampled_from(["get", "put", "post", "delete", "patch"])): operation(
                f"operation{number}",
                draw(st.sampled_from(["Users", "OAuth", "Users Common", ""])),
                *kept,
                returns=draw(st.none() | api_schemas),
                deprecated=draw(st.booleans()),
                **(
                    {"responses": {key: {"schema": draw(api_schemas)} for key in statuses}}
                    if statuses
                    else {}
                ),
            )
        }
    return {
        **TRAPS,
        "info": {"version": draw(odd_texts)},
        "paths": paths,
        "definitions": draw(_models),
    }
