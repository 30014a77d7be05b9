"""The fluent classes name every method once."""

from __future__ import annotations

from msgspec.structs import replace

from genesys_core.definition.write.api_facades import clients_source, facade_source, facade_stub
from genesys_core.definition.write.layout import package_layout
from tests.helpers.generated import DEFINITION, FILES


def test_facades_name_every_method_once() -> None:
    text = FILES["adapters/genesys_cloud/apis/oauth.pyi"]
    for name in ("delete_names", "get_names", "put_names"):
        assert text.count(f"    {name} = _Method(_api.{name})\n") == 1
    assert "class OAuthApi(_Methods, _SyncApi):" in text
    assert "class AsyncOAuthApi(_Methods, _AsyncApi):" in text
    made = FILES["adapters/genesys_cloud/apis/oauth.py"]
    assert 'OAuthApi, AsyncOAuthApi = _api_classes("OAuthApi", _api, "The 3 methods' in made
    clients = FILES["adapters/genesys_cloud/apis/_clients.py"]
    for name, title in (("oauth", "OAuth"), ("ai_studio", "AIStudio"), ("agent_ui", "AgentUI")):
        assert clients.count(f"        {name}: {title}Api\n") == 1
        assert clients.count(f"        {name}: Async{title}Api\n") == 1
    assert "The 1 method of the SCIM API." in clients


def test_the_apis_of_an_own_package_are_its_own() -> None:
    layout = package_layout("acme")
    clients = clients_source(DEFINITION, layout)
    assert "    from acme.apis.oauth import AsyncOAuthApi, OAuthApi\n" in clients
    assert 'classes=_CLASSES, home="acme.apis", topics="acme.topics"):' in clients
    for api in DEFINITION.apis:
        assert f"from acme.api import {api.name} as _api\n" in facade_source(
            DEFINITION, api, layout
        )


def test_a_description_of_an_api_is_in_the_stubs_of_its_classes() -> None:
    described = replace(DEFINITION.apis[0], description='Of "lamps".')
    models = {model.name: model for model in DEFINITION.models}
    stub = facade_stub(DEFINITION, described, models, {}, package_layout("acme"))
    assert stub.count('\n\n    Of \\"lamps\\".\n    """\n') == 2
