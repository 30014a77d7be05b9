"""The hand-written public surface as a stub, and what breaks programs between two of them.

``python -m tests.release.surface`` compares the sources with ``tests/release/surface.txt``, the surface of
the last release, by griffe's rules: exit code 1 if a program could break. Additions are free. ``--write``
replaces the baseline; that belongs to a release, whose changelog names each break.

Generated code is left out: models, builders and API classes follow the platform
(``genesys-cloud definition diff``).
"""

import argparse
import contextlib
import shutil
import sys
import tempfile
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import griffe

from tests.helpers.public_modules import ARGUMENTS, HAND_WRITTEN

__all__ = ["BASELINE", "breaking_changes", "public_surface"]

ROOT = Path(__file__).parents[2]
BASELINE = Path(__file__).with_name("surface.txt")

_GENERATED = ("genesys_core/api", "genesys_core/models", "genesys_cloud/apis")
_SPECIAL = {
    f"__{name}__"
    for name in ("init", "call", "enter", "exit", "aenter", "aexit", "iter", "next", "aiter")
} | {"__anext__"}


def public_surface() -> str:
    """Return the surface of the sources as a stub: a class for each module."""
    with tempfile.TemporaryDirectory() as folder:
        for root, package in (("sansio_core", "genesys_core"), ("adapters", "genesys_cloud")):
            shutil.copytree(ROOT / root / package, Path(folder) / package, ignore=_not_ours)
        loader = griffe.GriffeLoader(search_paths=[folder], allow_inspection=False)
        for package in ("genesys_core", "genesys_cloud"):
            loader.load(package, try_relative_path=False)
        loader.resolve_aliases(implicit=True, external=False)
        return "\n".join(_StubWriter(loader).lines()) + "\n"


def _not_ours(folder: str, names: list[str]) -> set[str]:
    return {
        name for name in names if f"{folder}/{name}".endswith((*_GENERATED, "__pycache__", "/data"))
    }


class _StubWriter:
    def __init__(self, loader: griffe.GriffeLoader) -> None:
        self.modules = loader.modules_collection

    def lines(self) -> Iterator[str]:
        yield "# The public surface of the last release: see tests/release/surface.py."
        for path in sorted((*HAND_WRITTEN, *ARGUMENTS)):
            yield ""
            yield f"class {path.replace('.', '__')}:"
            module = import_module(path)
            for name in sorted(set(module.__all__)):
                yield from self.exported(path, name)

    def exported(self, module: str, name: str) -> Iterator[str]:
        value = getattr(import_module(module), name)
        home = getattr(value, "__module__", None)
        found = None
        for path in (f"{home}.{getattr(value, '__name__', name)}", f"{module}.{name}"):
            found = found or self.find(path)
        if found is None:
            yield f"    {name}: object"
        else:  # whole in each module that exports it: one more of them is an addition
            yield from self.member(name, found, "    ")

    def find(self, path: str) -> griffe.Object | None:
        with contextlib.suppress(KeyError, griffe.GriffeError):
            found = self.modules.get_member(path)
            return found.final_target if found.is_alias else found
        return None

    def member(self, name: str, found: griffe.Object, indent: str) -> Iterator[str]:
        if isinstance(found, griffe.Class):
            yield f"{indent}class {name}:"
            yield from self.members(found, f"{indent}    ")
        elif isinstance(found, griffe.Function):
            yield from _function(name, found, indent)
        elif isinstance(found, griffe.Attribute) and "property" not in found.labels:
            default = "" if found.value is None else " = ..."
            yield f"{indent}{name}: {_quoted(found.annotation)}{default}"
        else:
            yield f"{indent}{name}: {_quoted(getattr(found, 'annotation', None))}"

    def members(self, owner: griffe.Class, indent: str) -> Iterator[str]:
        nothing = True
        for name, found in sorted(self.all_members(owner).items()):
            if name.startswith("_") and name not in _SPECIAL:
                continue
            if isinstance(found, griffe.Function | griffe.Attribute):
                nothing = False
                yield from self.member(name, found, indent)
        if nothing:
            yield f"{indent}..."

    def all_members(self, owner: griffe.Class) -> dict[str, griffe.Object]:
        """The members of a class and of its bases in these packages."""
        found: dict[str, griffe.Object] = {}
        for base in reversed(owner.bases):
            path = getattr(base, "canonical_path", str(base))
            parent = self.find(path)
            if isinstance(parent, griffe.Class):
                found |= self.all_members(parent)
        own = {name: one for name, one in owner.members.items() if not one.is_alias}
        return found | own  # type: ignore[operator]


def _function(name: str, found: griffe.Function, indent: str) -> Iterator[str]:
    parts: list[str] = []
    kinds = griffe.ParameterKind
    previous = None
    for one in found.parameters:
        if previous is kinds.positional_only and one.kind is not kinds.positional_only:
            parts.append("/")
        stars = {kinds.var_positional: "*", kinds.var_keyword: "**"}.get(one.kind, "")
        if one.kind is kinds.keyword_only and previous not in (
            kinds.keyword_only,
            kinds.var_positional,
        ):
            parts.append("*")
        annotation = f": {_quoted(one.annotation)}" if one.annotation is not None else ""
        default = " = ..." if one.default is not None and not stars else ""
        parts.append(f"{stars}{one.name}{annotation}{default}")
        previous = one.kind
    if previous is kinds.positional_only:
        parts.append("/")
    for label in sorted({"classmethod", "staticmethod"} & found.labels):
        yield f"{indent}@{label}"
    coroutine = "async " if "async" in found.labels else ""
    yield f"{indent}{coroutine}def {name}({', '.join(parts)}) -> {_quoted(found.returns)}: ..."


def _quoted(annotation: object) -> str:
    return repr(str(annotation).strip("\"'")) if annotation is not None else "object"


def breaking_changes(old: str, new: str) -> list[str]:
    """Return what breaks programs between two surfaces, a line each."""
    with tempfile.TemporaryDirectory() as folder:
        modules = []
        for number, text in enumerate((old, new)):
            place = Path(folder) / str(number)
            place.mkdir()
            (place / "surface.py").write_text(text, encoding="utf-8")
            modules.append(griffe.load("surface", search_paths=[place], try_relative_path=False))
        found = griffe.find_breaking_changes(*modules)
        return [_explained(one) for one in found]


def _explained(breakage: griffe.Breakage) -> str:
    path = breakage.obj.path.removeprefix("surface.").replace("__", ".", 1)
    parameter = next(
        (
            f"({value.name})"
            for value in (breakage.old_value, breakage.new_value)
            if isinstance(value, griffe.Parameter)
        ),
        "",
    )
    return f"{path}{parameter}: {breakage.kind.value}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="replace the baseline")
    surface = public_surface()
    if parser.parse_args().write:
        BASELINE.write_text(surface, encoding="utf-8")
        return 0
    found = breaking_changes(BASELINE.read_text(encoding="utf-8"), surface)
    for line in found:
        print(line)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
