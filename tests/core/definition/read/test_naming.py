"""Wire names become Python's: the rule, its exceptions, and what cannot be a name."""

from __future__ import annotations

import keyword
import string

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesys_core.definition.read.naming import (
    api_name,
    api_titles,
    class_name,
    make_unique,
    method_name,
    number_name,
    tag_name,
    to_camel_case,
    to_snake_case,
)


@pytest.mark.parametrize(
    ("wire", "name"),
    [
        ("selfUri", "self_uri"),
        ("site.id", "site_id"),
        ("phone_hardwareId", "phone_hardware_id"),
        ("If-Match", "if_match"),
        ("supportedContent.id", "supported_content_id"),
        ("pass", "pass_"),
        ("from", "from_"),
        ("in", "in_"),
        ("not", "not_"),
        ("global", "global_"),
        ("self", "self_"),
        ("class", "class_"),
        ("property", "property"),
        ("id", "id"),
        ("format", "format"),
        ("$ref", "ref"),
        ("$schema", "schema"),
        ("_type", "type"),
        ("__dict__", "dict"),
        ("A1", "a1"),
        ("RD", "rd"),
        ("customI18nLabels", "custom_i18n_labels"),
        ("OAuthClient", "o_auth_client"),
        # The official SDK keeps these words together.
        ("inheritPhoneTrunkBasesIPv4", "inherit_phone_trunk_bases_ipv4"),
        ("inheritPhoneTrunkBasesIPv6", "inherit_phone_trunk_bases_ipv6"),
        ("resourceURIs", "resource_uris"),
        ("issuerURI", "issuer_uri"),
        ("URIsolated", "ur_isolated"),
        # A colon goes, a dot parts.
        (
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User",
            "urnietfparamsscimschemasextensionenterprise2_0_user",
        ),
        # What has no name left still has one.
        ("2fa", "field_2fa"),
        ("", "field"),
        ("---", "field"),
        ("größe", "gre"),
    ],
)
def test_fields_and_parameters(wire: str, name: str) -> None:
    assert to_snake_case(wire) == name


@pytest.mark.parametrize(
    ("tag", "attribute", "title"),
    [
        ("Users", "users", "Users"),
        ("OAuth", "oauth", "OAuth"),
        ("SCIM", "scim", "SCIM"),
        ("AIStudio", "ai_studio", "AIStudio"),
        ("AI Studio", "ai_studio", "AIStudio"),
        ("AgentUI", "agent_ui", "AgentUI"),
        ("TelephonyProvidersEdge", "telephony_providers_edge", "TelephonyProvidersEdge"),
        ("Telephony Providers Edge", "telephony_providers_edge", "TelephonyProvidersEdge"),
        ("Infrastructure as Code", "infrastructure_as_code", "InfrastructureAsCode"),
        ("Speech & Text Analytics", "speech_text_analytics", "SpeechTextAnalytics"),
        ("class", "class_", "Class"),
        ("Configuration", "configuration_", "Configuration"),
        ("&", "field", "Other"),
    ],
)
def test_tags(tag: str, attribute: str, title: str) -> None:
    assert (api_name(tag), tag_name(tag)) == (attribute, title)


@pytest.mark.parametrize(
    ("wire", "name"),
    [
        ("User", "User"),
        ("List", "List"),
        ("Warning", "Warning"),
        ("None", "None_"),
        ("list", "list_"),
        ("preload", "preload_"),
        ("_Hidden", "Hidden"),
        ("Odd Name-With.Signs", "Odd_Name_With_Signs"),
        # Names of types in the expressions of what operations return.
        ("date", "date_"),
        ("datetime", "datetime_"),
        ("YearMonth", "YearMonth_"),
        ("3D", "Model3D"),
        ("", "Model"),
    ],
)
def test_classes(wire: str, name: str) -> None:
    assert class_name(wire) == name


def test_an_api_never_hides_what_its_module_needs() -> None:
    names = [api_name(tag) for tag in ("Self", "Annotations", "Preload")]
    assert names == ["self_", "annotations_", "preload_"]


def test_the_name_of_a_module_is_short_enough_for_file_systems() -> None:
    assert api_name("Ab" * 200) == "_".join(["ab"] * 33) + "_a"
    assert api_name("a" * 200) == "a" * 100


def test_a_method_never_hides_what_its_module_or_class_needs() -> None:
    names = ("send", "list", "str", "annotations", "import", "getUsers")
    assert [method_name(one) for one in names] == [
        "send_",
        "list_",
        "str_",
        "annotations_",
        "import_",
        "get_users",
    ]


@given(st.text())
def test_every_name_is_a_public_identifier_that_is_free(wire: str) -> None:
    for name in (to_snake_case(wire), api_name(wire), class_name(wire), method_name(wire)):
        assert name.isidentifier()
        assert name.isascii()
        assert not keyword.iskeyword(name)
        assert not name.startswith("_")


_FIELD = st.from_regex(r"[a-z][a-z0-9]*(_[a-z0-9]+)*_?", fullmatch=True)


@given(_FIELD)
def test_camel_is_what_msgspec_makes_of_a_name(name: str) -> None:
    made = msgspec.defstruct("Made", [(name, int, 0)], rename="camel")
    assert made.__struct_encode_fields__ == (to_camel_case(name),)


@given(st.lists(st.text("ab_2", max_size=3).map(lambda text: f"x{text}")))
def test_unique_loses_no_name_and_keeps_the_first(names: list[str]) -> None:
    made = make_unique(names)
    assert len(set(made)) == len(made) == len(names)
    for number, (old, new) in enumerate(zip(names, made, strict=True)):
        if old not in names[:number] and old not in made[:number]:
            assert new == old


def test_unique_numbers_from_two() -> None:
    assert make_unique(["a", "a", "a_2", "a", "in_", "in_"]) == [
        "a",
        "a_2",
        "a_2_2",
        "a_3",
        "in_",
        "in_2",
    ]


@given(st.text(string.ascii_letters + string.digits, min_size=1))
def test_a_name_of_letters_and_digits_keeps_them_all(wire: str) -> None:
    assert to_snake_case(wire).replace("_", "") in {wire.lower(), f"field{wire.lower()}"}


@given(st.permutations(["X", "AsyncX", "AsyncAsyncX", "async x", "x"]))
def test_no_api_has_the_class_of_another(tags: list[str]) -> None:
    titles = api_titles(tags)
    classes = [f"{prefix}{title}Api" for title in titles for prefix in ("", "Async")]
    assert len(set(classes)) == len(classes)


@pytest.mark.parametrize("tags", [["X", "AsyncX"], ["AsyncX", "X"]])
def test_a_tag_named_like_an_asynchronous_class_is_numbered(tags: list[str]) -> None:
    assert dict(zip(tags, api_titles(tags), strict=True)) == {"X": "X", "AsyncX": "AsyncX_2"}


def test_many_equal_names_are_numbered_in_linear_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """All names of a document in Chinese become ``Model``."""
    calls = 0

    def count(name: str, number: int) -> str:
        nonlocal calls
        calls += 1
        return number_name(name, number)

    monkeypatch.setattr("genesys_core.definition.read.naming.number_name", count)
    assert make_unique(["a"] * 1000)[-1] == "a_1000"
    assert calls < 3000


def test_a_long_name_in_upper_case_is_split_in_linear_time() -> None:
    """It took minutes when each capital was tried as the first one of an abbreviation."""
    assert to_snake_case("A" * 200_000 + "b") == "a" * 199_999 + "_ab"
