"""Signatures of API methods for ``help()``, ``inspect.signature`` and editors.

Invariants: a method's parameters have the names, the order and the defaults of the builder's
parameters. The return type is that of the method: a synchronous method returns the decoded
response, and an asynchronous method a coroutine that returns it. A signature is created on first
use, because its types import models.
"""

import re
from collections.abc import Callable, Coroutine, Sequence
from datetime import date, datetime
from importlib import import_module
from inspect import Parameter, Signature, signature
from sys import modules
from typing import Any, Literal, get_args, get_type_hints

from genesys_core.calls.operation import JsonObject
from genesys_core.codec.values import Open
from genesys_core.http.forms import FileValue

__all__ = ["signature_of"]

_NAMES = {
    "_Any": Any,
    "_File": FileValue,
    "_JsonObject": JsonObject,
    "_Literal": Literal,
    "_Open": Open,
    "_Sequence": Sequence,
    "_date": date,
    "_datetime": datetime,
}
"""The types that generated builder modules import only for type checkers, by their local names."""

_KNOWN_VALUES = re.compile(r"\b_\w+Values(?:_\d+)?\b")
"""Matches the type aliases of an open enum's known values; signatures show ``str`` instead."""


def signature_of(builder: Callable[..., object], *, asynchronous: bool, bound: bool) -> Signature:
    """Return the signature of the method that sends a builder's operation.

    Args:
        builder: a function in :mod:`genesys_core.api`.
        asynchronous: whether the method returns a coroutine.
        bound: whether the method is bound to an API object; otherwise the first parameter is
            ``self``.
    """
    wanted = " ".join(map(str, builder.__annotations__.values()))
    known_values = dict.fromkeys(_KNOWN_VALUES.findall(wanted), str)
    package = builder.__module__.rpartition(".api.")[0]
    models = import_module(f"{package}.models")
    names = {**vars(modules[builder.__module__]), **_NAMES, **known_values, "_m": models}
    hints = get_type_hints(builder, names)
    reply = get_args(hints["return"])[0]  # the second argument is the type of a listing's items
    shown = signature(builder)
    parameters = [
        one.replace(annotation=hints.get(name, Parameter.empty))
        for name, one in shown.parameters.items()
    ]
    if not bound:
        parameters.insert(0, Parameter("self", Parameter.POSITIONAL_ONLY))
    returned: object = reply
    if asynchronous:
        returned = Coroutine[Any, Any, reply]  # type: ignore[valid-type]
    return shown.replace(parameters=parameters, return_annotation=returned)
