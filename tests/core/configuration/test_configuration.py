"""Configurations: the same from both formats, merged by precedence, shown without secrets."""

import copy
import pickle

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from genesys_core.confidential import REDACTED
from genesys_core.configuration import (
    DEFAULTS,
    Configuration,
    Credentials,
    GeneralConfiguration,
    LoggingConfiguration,
    ReauthenticationConfiguration,
    merge,
)
from genesys_core.configuration.configuration import python_field
from genesys_core.errors import ConfigurationError, InvalidValueError
from genesys_core.hosts import Gateway, Hosts, Region
from genesys_core.session.retry import DEFAULT_BUDGET, RetryConfiguration
from tests.strategies.configuration import (
    APPENDIX_A_INI,
    APPENDIX_A_JSON,
    configurations,
    file_configurations,
    ini_texts,
)

APPENDIX_A = Configuration(
    logging=LoggingConfiguration(
        level="trace",
        format="text",
        to_console=False,
        file_path="/var/log/dotnetsdk.log",
        request_body=False,
        response_body=False,
    ),
    retry=RetryConfiguration(max_retry_time_sec=10, retry_max=5, retry_wait_min=3),
    reauthentication=ReauthenticationConfiguration(
        refresh_access_token=True, refresh_token_wait_max=10
    ),
    general=GeneralConfiguration(live_reload_config=True, host="https://api.mypurecloud.com"),
    gateway=Gateway(
        host="mygateway.mydomain.myextension",
        protocol="https",
        port=1443,
        path_params_login="myadditionalpathforlogin",
        path_params_api="myadditionalpathforapi",
        username="username",
        password="password",
    ),
)


@pytest.mark.parametrize("text", [APPENDIX_A_INI, APPENDIX_A_JSON], ids=["INI", "JSON"])
def test_the_official_reference_files_mean_the_same(text):
    assert Configuration.from_text(text) == APPENDIX_A
    assert Configuration.from_text(text).warnings == ()


@given(file_configurations)
def test_any_configuration_written_as_ini_and_as_json_reads_back_equal(configuration):
    from_ini = Configuration.from_text(configuration.to_ini())
    from_json = Configuration.from_text(configuration.to_json())
    assert from_ini == from_json == configuration
    assert hash(from_ini) == hash(configuration)


@given(st.text() | ini_texts)
@example("[a]\n" * 3)
@example('{"logging": ' * 20_000)
@example("[[[[\n")
def test_any_text_is_a_configuration_or_a_configuration_error(text):
    problems = ()
    try:
        configuration = Configuration.from_text(text, source="config")
        assert Configuration.from_text(configuration.to_ini()) == configuration
    except ConfigurationError as error:
        problems = error.problems
    assert all(line.startswith("config:") for line in problems)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\ufeff",
        "\n\n# nothing yet\n; or ever\n",
        "[logging]\n[gateway]\n",
        "{}",
        '{"retry": null}',
    ],
)
def test_an_empty_file_gives_nothing(text):
    configuration = Configuration.from_text(text)
    assert configuration == Configuration()
    assert configuration.warnings == configuration.origins == ()


@pytest.mark.parametrize(
    "text",
    [
        "[logging]\nlog_level =\nlog_to_console =\n[gateway]\nhost =\nport = \npassword = ''\n",
        '{"logging": {"log_level": "", "log_to_console": null}, "gateway": {"host": null}}',
    ],
)
def test_an_empty_value_is_not_given(text):
    assert Configuration.from_text(text) == Configuration()


@pytest.mark.parametrize(
    "line",
    [
        "retry_max = 5",
        "retry_wait_min = 1",
        "retry_after_default = 1",
        "backoff_interval = 60",
    ],
)
def test_a_file_that_asks_for_retries_gets_them_within_the_default_budget(line):
    configuration = Configuration.from_text(f"[retry]\n{line}\n")
    assert configuration.retry.enabled
    assert configuration.retry.max_retry_time_sec == DEFAULT_BUDGET
    assert configuration.origin("retry", "max_retry_time_sec") == "default"


@pytest.mark.parametrize("key", ["retry_wait_max", "max_retry_time_sec"])
def test_a_budget_of_zero_in_a_file_switches_retries_off(key):
    assert not Configuration.from_text(f"[retry]\n{key} = 0\nretry_max = 5\n").retry.enabled


@pytest.mark.parametrize("text", ["", "[retry]\n", "[retry]\nretry_max =\n", '{"retry": {}}'])
def test_a_file_that_says_nothing_of_retries_leaves_them_off(text):
    found = merge(Configuration.from_text(text), DEFAULTS)
    assert not found.retry.enabled


@pytest.mark.parametrize("key", ["retry_wait_max", "max_retry_time_sec"])
def test_a_shortest_wait_above_the_budget_of_a_file_is_a_problem(key):
    with pytest.raises(ConfigurationError) as caught:
        Configuration.from_text(f"[retry]\n{key} = 10\nretry_wait_min = 20\n", source="config")
    (problem,) = caught.value.problems
    assert problem.startswith("config:3: [retry] retry_wait_min = 20: must not exceed")
    assert f"{key} = 10" in problem
    with pytest.raises(ConfigurationError, match="the default budget of 120 s"):
        Configuration.from_text("[retry]\nretry_wait_min = 121\n")


@pytest.mark.parametrize("key", ["retry_wait_max", "max_retry_time_sec"])
def test_both_names_of_the_retry_budget_set_it(key):
    configuration = Configuration.from_text(f"[retry]\n{key} = 7.5\n", source="config")
    assert configuration.retry == RetryConfiguration(max_retry_time_sec=7.5)
    assert configuration.origin("retry", "max_retry_time_sec") == "config:2"
    assert configuration.origin("retry", "retry_wait_max") == "config:2"
    assert configuration.origin("retry", "retry_max") == "default"


def test_both_names_of_the_retry_budget_may_say_the_same():
    text = "[retry]\nretry_wait_max = 10\nmax_retry_time_sec = 10.0\n"
    assert Configuration.from_text(text).retry == RetryConfiguration(max_retry_time_sec=10)


def test_values_count_for_equality_and_origins_do_not():
    ini = Configuration.from_text(APPENDIX_A_INI, source="a")
    json = Configuration.from_text(APPENDIX_A_JSON + "\n", source="b")
    assert ini.origins != json.origins
    assert (ini == json, ini != json, hash(ini) == hash(json)) == (True, False, True)
    assert ini != Configuration()
    assert ini != APPENDIX_A_INI


def test_a_configuration_cannot_be_changed():
    with pytest.raises(AttributeError):
        APPENDIX_A.retry = None
    assert copy.deepcopy(APPENDIX_A) == APPENDIX_A
    with pytest.raises(TypeError, match="Gateway cannot be pickled"):
        pickle.dumps(APPENDIX_A)
    without = Configuration.from_text(APPENDIX_A_INI.replace("password = password", ""))
    assert pickle.loads(pickle.dumps(without)) == without != APPENDIX_A


def test_a_value_that_no_file_can_hold_is_not_written():
    for configuration, name in [
        (Configuration(general=GeneralConfiguration(region=Region.eu_west_1)), "general.region"),
        (Configuration(credentials=Credentials(access_token="hunter2")), "credentials"),
        (Configuration(retry=RetryConfiguration(retry_wait_max=5)), "retry.retry_wait_max"),
        (Configuration(retry=RetryConfiguration(repeat_unsafe=True)), "retry.repeat_unsafe"),
        (Configuration(logging=LoggingConfiguration(file_path="a\nb")), "logging.log_file_path"),
        (Configuration(gateway=Gateway("gw", password="hunter2\n")), "gateway.password"),
    ]:
        for write in (configuration.to_ini, configuration.to_json):
            with pytest.raises(InvalidValueError, match=name) as caught:
                write()
            assert "hunter" not in str(caught.value)


# --- precedence ---------------------------------------------------------------------------------


def test_arguments_win_over_environment_over_file_over_defaults():
    arguments = Configuration(logging=LoggingConfiguration(level="debug"))
    environment = Configuration.from_environment({"GENESYSCLOUD_REGION": "eu-west-1"})
    file = Configuration.from_text(
        "[logging]\nlog_level = trace\nlog_format = json\n"
        "[general]\nhost = https://api.mypurecloud.de\nlive_reload_config = no\n",
        source="config",
    )
    merged = merge(arguments, environment, file, DEFAULTS)
    assert merged.logging == LoggingConfiguration(
        level="debug", format="json", to_console=True, request_body=False, response_body=False
    )
    assert merged.general == GeneralConfiguration(live_reload_config=False, region=Region.eu_west_1)
    origins = [
        merged.origin(*name.split("."))
        for name in (
            "logging.log_level",
            "general.region",
            "logging.log_format",
            "logging.log_to_console",
            "general.host",
        )
    ]
    assert origins == ["argument", "environment GENESYSCLOUD_REGION", "config:3", "default", None]


@given(configurations)
def test_nothing_changes_a_configuration_when_merged(configuration):
    assert merge(configuration, Configuration()) == configuration
    assert merge(Configuration(), configuration) == configuration
    assert merge(configuration) == configuration


@given(configurations, configurations, configurations)
def test_merging_is_associative(first, second, third):
    left, right = merge(merge(first, second), third), merge(first, merge(second, third))
    assert left == right
    assert left.describe() == right.describe()
    assert merge(first, second, third) == left


@given(configurations, configurations)
def test_the_higher_configuration_always_wins(higher, lower):
    shown = {setting[:2]: setting for setting in merge(higher, lower).describe()}
    for setting in higher.describe():
        if setting.value is not None:
            assert shown[setting[:2]] == setting


def test_what_holds_only_together_is_taken_whole():
    lower = Configuration(
        retry=RetryConfiguration(max_retry_time_sec=60, retry_max=9),
        gateway=Gateway("old.example.com", username="me", password="hunter2"),
        general=GeneralConfiguration(host="https://api.mypurecloud.de"),
        credentials=Credentials(client_id="id", client_secret="hunter2"),
    )
    higher = Configuration(
        retry=RetryConfiguration(retry_max=1),
        gateway=Gateway("new.example.com"),
        general=GeneralConfiguration(region=Region.eu_west_1),
        credentials=Credentials(access_token="token"),
    )
    assert merge(higher, lower) == higher


def test_warnings_of_all_sources_are_kept():
    first = Configuration.from_text("[a]\n", source="one")
    second = Configuration.from_text("[b]\n", source="two")
    merged = merge(first, second)
    assert [line.split(":")[0] for line in merged.warnings] == ["one", "two"]


def test_the_defaults_are_those_of_the_official_sdks():
    shown = {f"{s.section}.{s.key}": s.value for s in DEFAULTS.describe() if s.value is not None}
    assert shown == {
        "logging.log_level": "none",
        "logging.log_format": "text",
        "logging.log_to_console": "true",
        "logging.log_request_body": "false",
        "logging.log_response_body": "false",
        "retry.max_retry_time_sec": "0",
        "retry.retry_max": "5",
        "retry.retry_after_default": "3",
        "retry.backoff_interval": "300",
        "retry.repeat_unsafe (argument only)": "false",
        "reauthentication.refresh_access_token": "true",
        "reauthentication.refresh_token_wait_max": "10",
        "general.live_reload_config": "true",
        "general.host": "https://api.mypurecloud.com",
    }
    assert {s.origin for s in DEFAULTS.describe()} == {"default", None}


# --- what is shown ------------------------------------------------------------------------------


def test_every_setting_is_described_with_its_origin_and_secrets_masked():
    environment = Configuration.from_environment(
        {
            "GENESYSCLOUD_OAUTHCLIENT_ID": "id",
            "GENESYSCLOUD_OAUTHCLIENT_SECRET": "hunter2",
            "GENESYSCLOUD_ACCESS_TOKEN": "hunter3",
        }
    )
    merged = merge(environment, Configuration.from_text(APPENDIX_A_INI, source="config"))
    shown = {(s.section, s.key): (s.value, s.origin) for s in merged.describe()}
    assert shown["logging", "log_to_console"] == ("false", "config:4")
    assert shown["gateway", "port"] == ("1443", "config:21")
    assert shown["gateway", "password"] == ("[REDACTED]", "config:25")
    assert shown["general", "region"] == (None, None)
    assert shown["credentials", "client_id"] == ("id", "environment GENESYSCLOUD_OAUTHCLIENT_ID")
    assert shown["credentials", "client_secret"][0] == "[REDACTED]"
    assert shown["credentials", "access_token"][0] == "[REDACTED]"
    assert "hunter" not in f"{merged!r} {merged.describe()}"


@given(configurations)
def test_no_secret_is_in_the_repr_or_the_description(configuration):
    secrets = {
        "gateway": {"password": "hunter2"},
        "credentials": {"client_secret": "hunter2", "access_token": "hunter2"},
    }
    gateway = Gateway("gw", **secrets["gateway"])
    higher = Configuration(gateway=gateway, credentials=Credentials(**secrets["credentials"]))
    merged = merge(higher, configuration)
    assert "hunter2" not in f"{merged!r} {merged.describe()}"


def test_the_origin_of_an_unknown_setting_is_none():
    assert APPENDIX_A.origin("logging", "log_colour") is None
    assert APPENDIX_A.origin("logging", "log_level") == "argument"


def test_a_setting_of_a_region_shows_its_name():
    configuration = Configuration(general=GeneralConfiguration(region=Region.eu_west_1))
    shown = {s.key: s.value for s in configuration.describe() if s.section == "general"}
    assert shown == {"live_reload_config": None, "host": None, "region": "eu_west_1"}


def test_hosts_follow_from_the_region_the_host_or_the_gateway():
    assert merge(Configuration(), DEFAULTS).hosts == Hosts.resolve()
    region = Configuration(general=GeneralConfiguration(region=Region.eu_west_1))
    assert merge(region, DEFAULTS).hosts == Hosts.resolve(region="eu_west_1")
    host = Configuration(general=GeneralConfiguration(host="http://h"), gateway=Gateway("g"))
    assert host.hosts == Hosts.resolve(host="http://h", gateway=Gateway("g"))
    with pytest.raises(InvalidValueError):
        Configuration(general=GeneralConfiguration(host="ftp://h")).hosts  # noqa: B018


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        ("[retry]\nretry_wait_max = 1\nmax_retry_time_sec = 2\n", ["c:3: [retry] retry_wait_max = 1 and"]),
        ("[retry]\nretry_wait_max = 2\nmax_retry_time_sec = 2\n", []),
        ("[retry]\nretry_wait_max = 5\nretry_wait_min = 6\n", ["c:3: [retry] retry_wait_min = 6: must not exceed retry_wait_max = 5"]),
        ("[retry]\nretry_wait_min = 1e6\n", ["c:2: [retry] retry_wait_min = 1000000.0: must not exceed the default budget"]),
        ("[retry]\nretry_wait_max = soon\nretry_wait_min = 1e6\n", ["c:2: [retry] retry_wait_max = 'soon'"]),
        ("[retry]\nretry_wait_max = 0\nretry_wait_min = 6\n", []),
        ("[retry]\nretry_wait_max = 0.5\n", []),
        ("[retry]\nretry_wait_max = 0.5\nretry_wait_min = 0.8\n", ["c:3: [retry] retry_wait_min = 0.8: must not exceed"]),
        ("[gateway]\nport = 1\n", ["c:2: [gateway]: must have a host"]),
        ("[gateway]\nport = 1\nusername = me\n", ["c:2: [gateway]: must have a host"]),
    ],
)  # fmt: skip
def test_keys_that_are_right_one_by_one_may_be_wrong_together(text, problems):
    try:
        Configuration.from_text(text, source="c")
        found = []
    except ConfigurationError as error:
        found = list(error.problems)
    assert len(found) == len(problems)
    assert all(line.startswith(words) for line, words in zip(found, problems, strict=True)), found


def test_a_description_masks_secrets_and_names_regions():
    configuration = Configuration(
        general=GeneralConfiguration(region=Region.eu_west_1, live_reload_config=False),
        credentials=Credentials(client_id="id", client_secret="hunter2"),
    )
    shown = {f"{one.section}.{one.key}": one.value for one in configuration.describe()}
    assert shown["general.region"] == "eu_west_1"
    assert shown["general.live_reload_config"] == "false"
    assert shown["credentials.client_secret"] == REDACTED
    assert shown["retry.retry_max"] is None


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("[retry]\nretry_wait_max = 10\nmax_retry_time_sec = 20\n", 3),
        ("[retry]\nmax_retry_time_sec = 20\nretry_wait_max = 10\n", 3),
    ],
)
def test_two_budgets_of_a_file_must_agree(text, line):
    with pytest.raises(ConfigurationError) as caught:
        Configuration.from_text(text, source="config")
    (problem,) = caught.value.problems
    assert problem == (
        f"config:{line}: [retry] retry_wait_max = 10 and max_retry_time_sec = 20: both set "
        "the retry budget and must not differ; keep one of them"
    )


def test_a_budget_with_a_problem_of_its_own_is_the_only_problem():
    with pytest.raises(ConfigurationError) as caught:
        Configuration.from_text("[retry]\nretry_wait_max = x\nretry_wait_min = 500\n")
    assert len(caught.value.problems) == 1


def test_a_gateway_without_a_host_is_a_problem():
    with pytest.raises(ConfigurationError, match="must have a host if it has other keys"):
        Configuration.from_text("[gateway]\nport = 443\n")


@pytest.mark.parametrize(
    ("section", "key", "expected"),
    [
        ("logging", "log_level", ("LoggingConfiguration", "level")),
        ("retry", "retry_max", ("RetryConfiguration", "retry_max")),
        ("retry", "retry_wait_max", ("RetryConfiguration", "max_retry_time_sec")),
        ("gateway", "host", ("Gateway", "host")),
    ],
)
def test_a_key_has_a_class_and_a_field_in_python(section, key, expected):
    assert python_field(section, key) == expected


def test_only_what_is_set_has_an_origin():
    configuration = Configuration.from_text("[logging]\nlog_level = debug\n", source="c")
    assert configuration.origins == (("logging.log_level", "c:2"),)


def test_an_empty_value_is_not_written():
    configuration = Configuration(gateway=Gateway("gw", path_params_login="", username=""))
    assert configuration.to_ini() == "[gateway]\nhost = gw\nprotocol = https\n"


def test_a_setting_without_a_key_says_so_and_names_the_one_that_means_another_thing():
    for retry, problem in [
        (
            RetryConfiguration(retry_wait_max=5),
            (
                "retry.retry_wait_max: cannot be set in a file (retry_wait_max is the budget "
                "there); remove it from the configuration first"
            ),
        ),
        (
            RetryConfiguration(repeat_unsafe=True),
            "retry.repeat_unsafe: cannot be set in a file; remove it from the configuration first",
        ),
    ]:
        with pytest.raises(InvalidValueError) as caught:
            Configuration(retry=retry).to_ini()
        assert str(caught.value) == problem


def test_a_value_of_the_wrong_kind_is_refused_at_once():
    for build, words in [
        (lambda: Configuration(logging="debug"), "logging must be a LoggingConfiguration"),
        (lambda: Configuration.from_text(b"[logging]"), "text must be a str"),
        (lambda: Configuration.from_environment([]), "environment must be a mapping"),
        (lambda: merge(Configuration(), None), "a configuration to merge must be a Configuration"),
    ]:
        with pytest.raises(TypeError, match=words):
            build()
