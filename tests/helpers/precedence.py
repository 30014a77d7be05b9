"""Which source of a client's configuration wins, as a plain model that any case is compared with."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import strategies as st

from genesys_core.configuration.arguments import Arguments
from genesys_core.configuration.configuration import DEFAULTS, Configuration
from genesys_core.configuration.file_changes import FileSnapshot
from genesys_core.configuration.resolve import Sources
from genesys_core.configuration.sections import Credentials, LoggingConfiguration
from genesys_core.errors import InvalidValueError
from genesys_core.hosts import Hosts, Region
from genesys_core.oauth import ClientCredentials, Token
from genesys_core.session.retry import RETRIES_OFF
from genesys_core.session.session import no_jitter
from genesys_core.session.vault import Vault
from tests.strategies import configuration as strategies
from tests.strategies.configuration import optional

GRANT = ClientCredentials("id", "secret")
DEFAULT_FILE = "/home/me/.genesyscloudpython/config"

_ALWAYS = {
    "GENESYSCLOUD_OAUTHCLIENT_ID",
    "GENESYSCLOUD_OAUTHCLIENT_SECRET",
    "GENESYSCLOUD_ACCESS_TOKEN",
    "HOME",
}
words = st.sampled_from(["one", "two", "three"])
environments = st.fixed_dictionaries(
    {
        "GENESYSCLOUD_REGION": st.sampled_from(["us_west_2", "ap-northeast-1", "x.example"]),
        "GENESYSCLOUD_HOST": st.sampled_from(["https://z.example", "http://127.0.0.1:8080"]),
        "kept": st.sampled_from(["GENESYSCLOUD_REGION", "GENESYSCLOUD_HOST", None]),
    },
    optional={
        "GENESYSCLOUD_OAUTHCLIENT_ID": words,
        "GENESYSCLOUD_OAUTHCLIENT_SECRET": words,
        "GENESYSCLOUD_ACCESS_TOKEN": words,
        "HOME": words,
    },
)
environments = environments.map(
    lambda found: {
        name: text for name, text in found.items() if text and name in {found["kept"], *_ALWAYS}
    }
)
places = st.one_of(
    st.just({}),
    strategies.hosts.map(lambda host: {"host": host}),
    st.sampled_from([Region.eu_west_1, "eu-central-1", "y.example"]).map(lambda r: {"region": r}),
)
credentials = st.builds(
    Credentials,
    client_id=optional(words),
    client_secret=optional(words),
    access_token=optional(words),
)
configs = st.builds(
    lambda config, who: msgspec.structs.replace(config, credentials=who),
    strategies.configurations,
    credentials,
)
arguments = st.builds(
    lambda place, token, rest: Arguments(**place, **token, **rest),
    places,
    st.one_of(
        st.just({}),
        st.just({"auth": GRANT}),
        words.map(lambda token: {"access_token": token}),
    ),
    st.fixed_dictionaries(
        {},
        optional={
            "gateway": strategies.gateways,
            "refresh_access_token": st.booleans(),
            "refresh_token_wait_max": strategies.seconds,
            "retry": strategies.retries,
            "live_reload_config": st.booleans(),
            "logging": strategies.loggings,
            "config": configs,
        },
    ),
)


class Layers:
    """The plain model: the sources in their order, each asked in turn for one value."""

    def __init__(self, said: Arguments, environ: dict[str, str], file: Configuration) -> None:
        environment = Configuration.from_environment(environ)
        self.said = said
        self.given = [said.config or Configuration(), environment, file]

    def first(self, argument: object, part: str, field: str) -> object:
        found = [getattr(getattr(each, part), field) for each in (*self.given, DEFAULTS)]
        return next(value for value in (argument, *found, None) if value is not None)

    def whole(self, part: str) -> object:
        found = [getattr(each, part) for each in self.given]
        return next((each for each in (getattr(self.said, part), *found) if each), None)

    def place(self) -> dict[str, object]:
        own = {"host": self.said.host, "region": self.said.region}
        found = [{"host": g.general.host, "region": g.general.region} for g in self.given]
        return next((each for each in (own, *found) if any(each.values())), {})

    def vault(self) -> Vault:
        renew = self.first(
            self.said.refresh_access_token, "reauthentication", "refresh_access_token"
        )
        if self.said.auth:
            return Vault(self.said.auth, renew=renew)
        found = [Credentials(access_token=self.said.access_token)]
        found += [each.credentials for each in self.given]
        who = next((each for each in found if each != Credentials()), Credentials())
        if who.access_token:
            return Vault(token=Token(who.access_token), renew=renew)
        if who.client_id and who.client_secret:
            return Vault(ClientCredentials(who.client_id, who.client_secret), renew=renew)
        return Vault(renew=renew)


def check_precedence(said: Arguments, environ: dict[str, str], file: Configuration) -> None:
    """Every value is that of the first source that gives it."""
    layers = Layers(said, environ, file)
    wait = layers.first(said.refresh_token_wait_max, "reauthentication", "refresh_token_wait_max")
    sources = Sources.gather(said, environ, default_file=DEFAULT_FILE)
    snapshot = FileSnapshot(file.to_ini())
    if wait > 1e9:
        with pytest.raises(InvalidValueError, match="refresh_token_wait_max"):
            sources.resolve(snapshot)
        return
    resolved = sources.resolve(snapshot)
    settings, merged = resolved.settings, resolved.configuration
    gateway = layers.whole("gateway")
    assert settings.hosts == Hosts.resolve(**layers.place(), gateway=gateway)
    assert settings.retry == (layers.whole("retry") or RETRIES_OFF)
    assert settings.refresh_token_wait_max == wait
    for name in LoggingConfiguration.__struct_fields__:
        own = getattr(said.logging, name, None)
        default = getattr(DEFAULTS.logging, name)
        assert getattr(resolved.logging, name) == next(
            (
                value
                for value in (own, *(getattr(each.logging, name) for each in layers.given))
                if value is not None
            ),
            None,
        )
        if getattr(resolved.logging, name) is None:
            assert getattr(merged.logging, name) == default
    live = layers.first(said.live_reload_config, "general", "live_reload_config")
    assert resolved.follows_file == (live and sources.path is not None)
    assert sources.session(resolved, no_jitter).vault == layers.vault()
