"""Segments of paths become words as the platform's user interface writes them."""

from __future__ import annotations

import pytest

from genesys_core.definition.read.definition import ApiDefinition
from genesys_core.definition.words.lexicon import (
    SPELLINGS,
    is_known,
    is_plural,
    spell_segment,
    split_name,
    to_plural,
    to_singular,
    with_article,
)


@pytest.mark.parametrize(
    ("segment", "words"),
    [
        ("wrapupcodes", "wrap-up codes"),
        ("contactlists", "contact lists"),
        ("dnclists", "DNC lists"),
        ("oauth", "OAuth"),
        ("Users", "users"),
        ("tts", "TTS"),
        ("notinthelexicon", "notinthelexicon"),
    ],
)
def test_segments_are_spelled(segment: str, words: str) -> None:
    assert spell_segment(segment) == words
    assert is_known(segment) == (segment != "notinthelexicon")


@pytest.mark.parametrize(
    ("singular", "plural"),
    [
        ("queue", "queues"),
        ("wrap-up code", "wrap-up codes"),
        ("category", "categories"),
        ("survey", "surveys"),
        ("address", "addresses"),
        ("status", "statuses"),
        ("match", "matches"),
        ("alias", "aliases"),
        ("case", "cases"),
        ("DID", "DIDs"),
    ],
)
def test_singular_and_plural(singular: str, plural: str) -> None:
    assert to_plural(singular) == plural
    assert to_singular(plural) == singular
    assert to_singular(singular) == singular
    assert to_plural(plural) == plural
    assert is_plural(plural)
    assert not is_plural(singular)


def test_words_without_a_plural() -> None:
    assert to_plural("message media") == to_singular("message media") == "message media"
    assert to_singular("status") == "status"


@pytest.mark.parametrize(
    "phrase",
    [
        *("a queue", "an agent", "a user", "an SMS address", "an IVR", "a DID", "an email"),
        *("a usage query", "an HRIS integration", "a SCIM user", "an Edge", "a URL", "an hour"),
        *("an OAuth client", "a unified communications integration", "an item", "a UI"),
        *("an STT engine", "a one-time code"),
    ],
)
def test_articles(phrase: str) -> None:
    _, _, noun = phrase.partition(" ")
    assert with_article(noun) == phrase


def test_a_phrase_with_the_needs_no_article() -> None:
    assert (
        with_article("the identity resolution of a queue") == "the identity resolution of a queue"
    )


def test_every_segment_is_in_the_lexicon_and_none_is_idle(bundled: ApiDefinition) -> None:
    segments = {
        segment.lower()
        for one in bundled.operations()
        for segment in one.path.removeprefix("/api/v2/").split("/")
        if not segment.startswith("{")
    } - {"me", "v2"}
    assert sorted(segment for segment in segments if not is_known(segment)) == []
    assert sorted(SPELLINGS.keys() - segments) == []


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("contactListId", "contact list"),
        ("id", "ID"),
        ("IVRId", "ivrid"),
        ("fileName", "file name"),
        ("x-y.z", "x y z"),
        ("{}", "{}"),
    ],
)
def test_names_of_parameters_are_split(name: str, words: str) -> None:
    assert split_name(name) == words
