"""Comparison rules: every kind of change between two definitions, and what it breaks.

Invariants: the meaning of a rule's id never changes. Each rule has a severity for Python code, a
severity for requests and responses, and the severity of the same change in the release notes of the
official SDKs.
"""

from collections.abc import Mapping
from enum import IntEnum
from typing import Final

from msgspec import Struct

__all__ = ["PREVIEW_LIMIT", "RULES", "ChangeRule", "Weight"]


class Weight(IntEnum):
    """The severity of a change, from ``NONE`` to ``MAJOR``."""

    NONE = 0
    """The change has no effect on programs."""
    POINT = 1
    """Only the documentation changed, such as a description or the error codes."""
    MINOR = 2
    """Existing programs keep working, for example after an addition or a deprecation."""
    WARN = 3
    """Code stays valid, but its results may change, or the server may reject its requests."""
    MAJOR = 4
    """Existing code fails."""


PREVIEW_LIMIT: Final = Weight.WARN
"""The maximum severity of a change to a preview operation, because the platform may change preview
operations without notice."""


class ChangeRule(Struct, frozen=True):
    """A kind of change between two definitions, and its severities.

    Attributes:
        id: the rule's permanent id, for ignore files and JSON reports.
        about: what changed, as a phrase such as ``path removed``.
        python: the severity for Python code.
        wire: the severity for requests and responses.
        official: the severity of the same change in the official SDKs' release notes.
        why: the reason for the severities, as a phrase.
    """

    id: str
    about: str
    python: Weight
    wire: Weight
    official: Weight
    why: str

    @property
    def weight(self) -> Weight:
        """The greater of two severities: :attr:`python` and :attr:`wire`."""
        return max(self.python, self.wire)


_N, _P, _M, _W, _J = Weight

_ALL: Final = (
    ChangeRule(
        "path-removed", "path removed", _J, _J, _J, "the methods of the path no longer exist"
    ),
    ChangeRule("path-added", "path added", _M, _N, _M, "the API class gains methods"),
    ChangeRule("operation-removed", "operation removed", _J, _J, _J, "the method no longer exists"),
    ChangeRule(
        "deprecated-operation-removed",
        "deprecated operation removed",
        *(_J, _J, _J),
        "the removal was announced, but the method no longer exists",
    ),
    ChangeRule("operation-added", "operation added", _M, _N, _M, "the API class gains a method"),
    ChangeRule("method-renamed", "method renamed", _J, _N, _J, "the method has a different name"),
    ChangeRule(
        "operation-id-changed",
        "operationId changed, method name kept",
        *(_N, _N, _J),
        "Python names do not depend on operationId",
    ),
    ChangeRule("operation-deprecated", "deprecated", _M, _N, _J, "the method still works"),
    ChangeRule(
        "deprecation-withdrawn", "no longer deprecated", _P, _N, _J, "the method still works"
    ),
    ChangeRule(
        "description-changed", "description changed", _P, _N, _P, "only the documentation changes"
    ),
    ChangeRule(
        "optional-parameter-added",
        "optional parameter added",
        *(_M, _N, _J),
        "optional parameters are keyword-only",
    ),
    ChangeRule(
        "required-parameter-added",
        "required parameter added",
        _J,
        _J,
        _J,
        "existing calls do not pass the parameter",
    ),
    ChangeRule(
        "parameter-removed",
        "parameter removed",
        _J,
        _M,
        _J,
        "calls that pass the parameter raise TypeError",
    ),
    ChangeRule(
        "parameter-made-required",
        "parameter made required",
        _J,
        _J,
        _J,
        "existing calls may omit the parameter",
    ),
    ChangeRule(
        "parameter-made-optional",
        "last required parameter made optional",
        *(_J, _N, _M),
        "the parameter becomes keyword-only",
    ),
    ChangeRule(
        "positional-parameter-made-optional",
        "required parameter before the last one made optional",
        *(_J, _N, _M),
        "the parameter becomes keyword-only, and later positional arguments shift",
    ),
    ChangeRule(
        "required-parameters-reordered",
        "required parameters reordered",
        *(_J, _N, _N),
        "positional arguments are swapped without an error",
    ),
    ChangeRule(
        "optional-parameters-reordered",
        "optional parameters reordered",
        *(_N, _N, _N),
        "optional parameters are keyword-only",
    ),
    ChangeRule(
        "parameter-type-changed",
        "parameter type changed",
        _J,
        _J,
        _J,
        "the argument must have a different type",
    ),
    ChangeRule(
        "parameter-item-type-changed",
        "item type of a parameter changed",
        *(_J, _J, _N),
        "the argument must have a different type",
    ),
    ChangeRule(
        "parameter-date-format-changed",
        "date format of a parameter changed",
        *(_J, _J, _N),
        "date and datetime are different types",
    ),
    ChangeRule(
        "number-format-changed",
        "number format changed",
        _N,
        _N,
        _N,
        "the Python type, int or float, does not change",
    ),
    ChangeRule(
        "parameter-collection-format-changed",
        "format of a list in the query changed",
        *(_N, _J, _N),
        "the server expects a different list format",
    ),
    ChangeRule(
        "parameter-enum-value-removed",
        "enum value of a parameter removed",
        *(_M, _W, _N),
        "the server may reject the removed value",
    ),
    ChangeRule(
        "parameter-enum-value-added",
        "enum value of a parameter added",
        _M,
        _N,
        _N,
        "calls can pass a new value",
    ),
    ChangeRule(
        "parameter-default-changed",
        "default of a parameter changed",
        *(_N, _W, _N),
        "calls that omit the parameter may return different results",
    ),
    ChangeRule(
        "body-model-changed",
        "type of the body changed",
        _J,
        _J,
        _N,
        "the body must be a different model",
    ),
    ChangeRule(
        "response-model-changed",
        "type of the response changed",
        _J,
        _J,
        _J,
        "the method returns a different model",
    ),
    ChangeRule(
        "response-item-changed",
        "item type of the response changed",
        *(_J, _J, _N),
        "the method returns items of a different model",
    ),
    ChangeRule(
        "response-body-added",
        "response body added",
        _M,
        _N,
        _J,
        "the method returns a value instead of None",
    ),
    ChangeRule(
        "response-body-removed",
        "response body removed",
        _J,
        _J,
        _J,
        "the method returns None instead of a value",
    ),
    ChangeRule(
        "success-status-added",
        "success status added",
        _M,
        _N,
        _M,
        "the server may return an additional success status",
    ),
    ChangeRule(
        "success-status-removed",
        "success status removed",
        *(_M, _N, _J),
        "the schemas of the other success responses are compared separately",
    ),
    ChangeRule(
        "error-status-removed",
        "error status removed",
        *(_P, _P, _J),
        "the exception class depends on the status, not on the documented errors",
    ),
    ChangeRule(
        "error-status-added",
        "error status added",
        *(_P, _P, _M),
        "the exception class depends on the status, not on the documented errors",
    ),
    ChangeRule(
        "error-codes-changed", "error codes changed", _P, _P, _N, "only the documentation changes"
    ),
    ChangeRule(
        "permissions-tightened",
        "more permissions required",
        *(_N, _W, _N),
        "existing calls may fail with 403",
    ),
    ChangeRule(
        "permissions-loosened",
        "fewer permissions required",
        _N,
        _M,
        _N,
        "more callers have access",
    ),
    ChangeRule(
        "security-changed",
        "authentication or scope changed",
        _N,
        _W,
        _N,
        "the server may reject existing tokens",
    ),
    ChangeRule(
        "tag-added",
        "operation added to another API",
        _M,
        _N,
        _J,
        "a second API class has the method",
    ),
    ChangeRule(
        "tag-removed",
        "operation removed from an API",
        _J,
        _N,
        _J,
        "the API class no longer has the method",
    ),
    ChangeRule("model-added", "model added", _M, _N, _M, "programs can use a new model class"),
    ChangeRule("model-removed", "model removed", _J, _N, _J, "the model class no longer exists"),
    ChangeRule(
        "unreferenced-model-removed",
        "unreferenced model removed",
        *(_J, _N, _J),
        "programs may import the model class",
    ),
    ChangeRule("topic-added", "topic added", _M, _N, _N, "programs can subscribe to a new topic"),
    ChangeRule(
        "topic-removed",
        "topic removed",
        _J,
        _J,
        _N,
        "programs no longer receive the topic's events",
    ),
    ChangeRule(
        "topic-model-changed",
        "model of a topic changed",
        _J,
        _J,
        _N,
        "event bodies have a different model",
    ),
    ChangeRule(
        "property-removed",
        "property removed",
        *(_J, _J, _J),
        "programs that use the field raise AttributeError or TypeError",
    ),
    ChangeRule(
        "all-properties-removed",
        "all properties of a model removed",
        *(_J, _J, _N),
        "programs that use a field raise AttributeError or TypeError",
    ),
    ChangeRule(
        "optional-property-added", "optional property added", _M, _N, _M, "the model gains a field"
    ),
    ChangeRule(
        "required-property-added-to-response",
        "required property added to responses",
        *(_M, _N, _J),
        "programs do not construct response models",
    ),
    ChangeRule(
        "required-property-added-to-request",
        "required property added to requests",
        *(_J, _J, _J),
        "the server rejects bodies without the property",
    ),
    ChangeRule(
        "request-property-made-required",
        "request property made required",
        *(_N, _J, _N),
        "the server rejects bodies without the property",
    ),
    ChangeRule(
        "response-property-made-required",
        "response property made required",
        *(_M, _N, _N),
        "responses always contain the property",
    ),
    ChangeRule(
        "property-made-optional",
        "property made optional",
        *(_M, _N, _N),
        "all fields may be None anyway",
    ),
    ChangeRule(
        "property-type-changed",
        "property type changed",
        _J,
        _J,
        _J,
        "the field has a different type",
    ),
    ChangeRule(
        "property-item-type-changed",
        "item type of a property changed",
        _J,
        _J,
        _J,
        "the field has a different type",
    ),
    ChangeRule(
        "property-nested-type-changed",
        "item type of a property's nested lists changed",
        *(_J, _J, _N),
        "the field has a different type",
    ),
    ChangeRule(
        "property-date-format-changed",
        "date format of a property changed",
        *(_J, _J, _N),
        "date and datetime are different types",
    ),
    ChangeRule(
        "property-made-read-only",
        "property made read-only",
        *(_M, _W, _J),
        "the server ignores or rejects the property in requests",
    ),
    ChangeRule(
        "property-made-writable",
        "property made writable",
        _M,
        _N,
        _J,
        "requests may contain the property",
    ),
    ChangeRule(
        "property-became-enum",
        "property became an enum",
        *(_M, _N, _J),
        "enums are open: any str is still valid",
    ),
    ChangeRule(
        "property-enum-dropped",
        "property is no longer an enum",
        *(_M, _N, _J),
        "enums are open: any str is still valid",
    ),
    ChangeRule(
        "property-enum-value-removed",
        "enum value of a property removed",
        *(_M, _W, _J),
        "responses no longer contain the value, and the server may reject it",
    ),
    ChangeRule(
        "property-enum-value-added",
        "enum value of a property added",
        _M,
        _N,
        _M,
        "enums are open: any str is still valid",
    ),
    ChangeRule(
        "map-enum-value-removed",
        "enum value inside a map removed",
        *(_M, _W, _N),
        "responses no longer contain the value, and the server may reject it",
    ),
    ChangeRule(
        "map-enum-value-added",
        "enum value inside a map added",
        _M,
        _N,
        _N,
        "enums are open: any str is still valid",
    ),
    ChangeRule(
        "constraint-tightened",
        "limit tightened",
        *(_N, _W, _N),
        "the server rejects values that it used to accept",
    ),
    ChangeRule(
        "constraint-loosened", "limit loosened", _N, _M, _N, "the server accepts more values"
    ),
    ChangeRule(
        "inheritance-changed",
        "discriminator or allOf changed",
        *(_J, _J, _N),
        "values are decoded to a different type",
    ),
    ChangeRule(
        "media-types-changed",
        "media types changed",
        *(_J, _J, _N),
        "bodies are encoded in a different format",
    ),
)

RULES: Final[Mapping[str, ChangeRule]] = {rule.id: rule for rule in _ALL}
"""All rules by id; reports list changes of equal severity in the order of their rules."""
