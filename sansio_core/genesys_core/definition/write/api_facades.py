"""Writes the API classes, which connect builders to clients.

Invariants: a generated API class contains only names. Signatures, types and docstrings come from
the builders, through a descriptor; sync and async classes share one list of names.
"""

from collections.abc import Collection, Mapping

from genesys_core.definition.read.definition import Api, ApiDefinition, ModelDef
from genesys_core.definition.read.listings import find_listing
from genesys_core.definition.write.layout import BUILT_IN, Layout
from genesys_core.definition.write.source_text import (
    count_things,
    described_lines,
    quote_string,
    write_banner,
    write_docstring,
)

__all__ = ["clients_source", "facade_source", "facade_stub", "package_source"]


def facade_source(definition: ApiDefinition, api: Api, layout: Layout = BUILT_IN) -> str:
    """Return the source of an API's module, such as ``apis/users.py`` with its two classes."""
    name = api.class_name
    lines = [
        *write_docstring([f"{_about(api)}, sync and async."], ""),
        "",
        f"from {layout.package}.api import {api.name} as _api",
        "",
        "from genesys_cloud.api_binding import api_classes as _api_classes",
        "",
        f'__all__ = ["Async{name}", "{name}"]',
        "",
        f'{name}, Async{name} = _api_classes("{name}", _api, "{_about(api)}", __name__)',
        "",
    ]
    return write_banner(definition.version) + "\n".join(lines)


def facade_stub(
    definition: ApiDefinition,
    api: Api,
    models: Mapping[str, ModelDef],
    jobs: Collection[str],
    layout: Layout = BUILT_IN,
) -> str:
    """Return the stub of an API's module, such as ``apis/users.pyi``.

    Args:
        definition: the API definition.
        api: the API whose stub to write.
        models: the models, by class name.
        jobs: the methods and paths of the operations that start jobs.
        layout: the names and paths of the generated modules.
    """
    name = api.class_name
    methods = {
        one.name: "_Jobs"
        if f"{one.method} {one.path}" in jobs
        else "_Method"
        if find_listing(one, models) is None
        else "_Lists"
        for one in api.operations
    }
    imports = {
        "_Jobs": "JobMethod as _Jobs",
        "_Lists": "ListMethod as _Lists",
        "_Method": "Method as _Method",
    }
    described = described_lines(api.description, "    ")
    lines = [
        f"from {layout.package}.api import {api.name} as _api",
        "",
        "from genesys_cloud.api_binding import AsyncApi as _AsyncApi",
        *(
            f"from genesys_cloud.api_binding import {imports[kind]}"
            for kind in sorted(set(methods.values()))
        ),
        "from genesys_cloud.api_binding import SyncApi as _SyncApi",
        "",
        # Both classes inherit one list: a descriptor's overloads depend on the class of its instance.
        "class _Methods:",
        *(f"    {method} = {kind}(_api.{method})" for method, kind in methods.items()),
        "",
        f"class {name}(_Methods, _SyncApi):",
        *write_docstring(
            [f"{_about(api)}; each sends a request and returns the response.", *described],
            "    ",
        ),
        "",
        f"class Async{name}(_Methods, _AsyncApi):",
        *write_docstring(
            [
                f"{_about(api)}; await a call to get the response.",
                *described,
            ],
            "    ",
        ),
        "",
    ]
    return write_banner(definition.version) + "\n".join(lines)


def _about(api: Api) -> str:
    return f"The {count_things(len(api.operations), 'method')} of the {api.tag} API"


def package_source(definition: ApiDefinition, layout: Layout = BUILT_IN) -> str:
    """Return the source of ``apis/__init__.py``, which imports each API class on first use."""
    classes = {
        name: api.name
        for api in definition.apis
        for name in (f"Async{api.class_name}", api.class_name)
    }
    lines = [
        *_PACKAGE_HEAD.splitlines(),
        *(
            f"    from {layout.apis}.{module} import {name} as {name}"
            for name, module in classes.items()
        ),
        "",
        "_HOMES = {",
        *(
            f"    {quote_string(name)}: {quote_string(module)},"
            for name, module in sorted(classes.items())
        ),
        "}",
        *_PACKAGE_TAIL.splitlines(),
        "",
    ]
    return write_banner(definition.version) + "\n".join(lines)


_PACKAGE_HEAD = '''\
"""The classes of all APIs, each imported on first use."""

from importlib import import_module as _import_module
from typing import TYPE_CHECKING as _TYPE_CHECKING

if _TYPE_CHECKING:
'''

_PACKAGE_TAIL = """

def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"there is no API class {name}", name=name)
    return getattr(_import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
"""


def clients_source(definition: ApiDefinition, layout: Layout = BUILT_IN) -> str:
    """Return the source of ``apis/_clients.py``: the API attributes of the sync and async clients."""
    lines = [
        *_CLIENTS_HEAD.splitlines(),
        *(
            f"    from {layout.apis}.{api.name} import Async{api.class_name}, {api.class_name}"
            for api in definition.apis
        ),
        "",
        "_CLASSES = {",
        *(
            f"    {quote_string(api.name)}: {quote_string(api.class_name)},"
            for api in definition.apis
        ),
        "}",
        "",
        *_mixin(definition, "SyncApis", "", "Client", layout),
        *_mixin(definition, "AsyncApis", "Async", "AsyncClient", layout),
    ]
    return write_banner(definition.version) + "\n".join(lines)


_CLIENTS_HEAD = '''\
"""The API attributes of clients, such as ``client.users``: one cached attribute per API.

The module of an API is imported when its attribute is first accessed.
"""

from typing import TYPE_CHECKING

from genesys_cloud.api_binding import LazyApis

if TYPE_CHECKING:
'''


def _mixin(
    definition: ApiDefinition, name: str, prefix: str, client: str, layout: Layout
) -> list[str]:
    places = ""
    if layout is not BUILT_IN:
        topics = quote_string(f"{layout.package}.topics")
        places = f", home={quote_string(layout.apis)}, topics={topics}"
    lines = [
        "",
        f'class {name}(LazyApis, prefix="{prefix}", classes=_CLASSES{places}):',
        f'    """The APIs as attributes of ``{client}``."""',
        "",
        "    if TYPE_CHECKING:",
    ]
    for api in definition.apis:
        lines += [
            f"        {api.name}: {prefix}{api.class_name}",
            f'        """The {count_things(len(api.operations), "method")} of the {api.tag} API."""',
        ]
    return [*lines, ""]
