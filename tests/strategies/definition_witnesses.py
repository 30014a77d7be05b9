"""A program for the definition that :mod:`tests.strategies.definition_changes` edits.

``acme`` is the package that is generated from it.
"""

from collections.abc import Mapping

__all__ = ["PROGRAM", "UNSEEN", "WITNESSES"]

PROGRAM = """\
from datetime import datetime

from acme import Client, models


def calls(client: Client, body: models.In, now: datetime) -> None:
    client.q.delete_z()
    client.q.get_preview(a="1")
    client.q.get_q()
    client.q.get_q(mode="y")
    client.q.get_q(expand=["a"])
    client.q.get_q(n=25)
    client.q.get_q(at=now)
    client.q.get_q("k", "l")  # of the definition with two more parameters
    client.q.post_q(body)
    client.q.post_q({"name": "x"})
    client.q.get_q_id_k("i", "k")


def replies(client: Client, body: models.In) -> None:
    for item in client.q.post_q(body=body):
        print((item.id or "").upper())
    if reply := client.q.get_q():
        print((reply.id or "").upper())


def reads(one: models.Out, other: models.Err) -> None:
    print((one.id or "").upper())
    print((one.size or 0) + 1)
    print(*(tag.upper() for tag in one.tags or []))
    print(*(text.upper() for row in one.rows or [] for text in row))
    print(one.when and one.when.hour)
    print((one.ro or "").upper())
    print(one.state == "B")
    print((one.bymap or {})["x"] == "B")
    print(one.err and one.err.text)  # of the definition with models that extend another
    print(other.text)


def makes(now: datetime) -> None:
    models.Out(id="1", tags=["a"], rows=[["a"]], when=now, ro="r", state="B")
    models.Out(size=1, bymap={"x": "B"})
    models.In(opt="x")
    models.In(name="y")
    models.Unused(a="a")
    models.Topic(t="t")
"""
"""What a program may do with the definition; all of it is valid."""

WITNESSES: Mapping[str, str] = {
    "path-removed": "client.q.delete_z()",
    "operation-removed": 'client.q.post_q({"name": "x"})',
    "deprecated-operation-removed": 'client.q.post_q({"name": "x"})',
    "method-renamed": "client.q.get_q()",
    "required-parameter-added": "client.q.get_q()",
    "parameter-removed": 'client.q.get_q(mode="y")',
    "parameter-made-required": "client.q.get_q()",
    "parameter-made-optional": 'client.q.post_q({"name": "x"})',
    "positional-parameter-made-optional": 'client.q.get_q("k", "l")',
    "parameter-type-changed": "client.q.get_q(n=25)",
    "parameter-item-type-changed": 'client.q.get_q(expand=["a"])',
    "body-model-changed": "client.q.post_q(body)",
    "response-model-changed": 'print((reply.id or "").upper())',
    "response-body-removed": "for item in client.q.post_q(body=body):",
    "response-item-changed": 'print((item.id or "").upper())',
    "tag-removed": "client.q.get_q()",
    "unreferenced-model-removed": 'models.Unused(a="a")',
    "model-removed": 'models.In(opt="x")',
    "property-removed": "print((one.size or 0) + 1)",
    "property-type-changed": "print((one.size or 0) + 1)",
    "property-item-type-changed": "print(*(tag.upper() for tag in one.tags or []))",
    "property-nested-type-changed": (
        "print(*(text.upper() for row in one.rows or [] for text in row))"
    ),
    "property-date-format-changed": "print(one.when and one.when.hour)",
    "all-properties-removed": "print(other.text)",
    "inheritance-changed": "print(one.err and one.err.text)",
}
"""By rule, a statement of the program that is an error after the change."""

UNSEEN: Mapping[str, str] = {
    "required-parameters-reordered": "both are `str`: only the request shows that they are swapped",
    "parameter-date-format-changed": "`datetime` is a subclass of `date`; the server rejects the value",
    "required-property-added-to-request": "all fields of models are optional; the server rejects the body",
    "media-types-changed": "the body has a different format, but the same type",
    "topic-removed": "topic names are plain strings; the server rejects the subscription",
    "topic-model-changed": "topic names are plain strings; the events have a different model",
}
"""Rules that weigh ``major`` for Python, though no type checker sees it, and why."""
