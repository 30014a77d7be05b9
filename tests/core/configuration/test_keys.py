"""The table of bad files: each with its exact report.

A report has one line for each problem: file, line, section, key, the value unless it may be secret,
the rule and the way out.
"""

import re
from pathlib import Path

import pytest

from genesys_core.configuration import Configuration
from genesys_core.configuration.document import Document, Entry
from genesys_core.configuration.keys import KEYS, judge_document
from genesys_core.errors import ConfigurationError

BAD_FILES = {
    "an unknown level": (
        "[logging]\nlog_level = loud\n",
        [
            "config:2: [logging] log_level = 'loud': must be trace, debug, error or none; for example error"
        ],
    ),
    "a misspelt level": (
        "[logging]\nlog_level = trcae\n",
        [
            "config:2: [logging] log_level = 'trcae': must be trace, debug, error or none; did you mean trace?"
        ],
    ),
    "an unknown format": (
        "[logging]\nlog_format = xml\n",
        ["config:2: [logging] log_format = 'xml': must be text or json; for example text"],
    ),
    "a misspelt format": (
        "[logging]\nlog_format = jsn\n",
        ["config:2: [logging] log_format = 'jsn': must be text or json; did you mean json?"],
    ),
    "a number for a switch": (
        "[logging]\nlog_to_console = 2\n",
        ["config:2: [logging] log_to_console = '2': must be true or false; for example true"],
    ),
    "a word for a switch": (
        "[logging]\nlog_request_body = maybe\n",
        ["config:2: [logging] log_request_body = 'maybe': must be true or false; for example true"],
    ),
    "a switch with blanks in quotes": (
        '[logging]\nlog_response_body = " true "\n',
        [
            "config:2: [logging] log_response_body = ' true ': must be true or false; did you mean true?"
        ],
    ),
    "a path with a control character": (
        "[logging]\nlog_file_path = /var/\x07/log\n",
        [
            "config:2: [logging] log_file_path = '/var/\\x07/log': must be a path without control characters or lone surrogates; for example /var/log/genesys.log"
        ],
    ),
    "a word for seconds": (
        "[retry]\nretry_wait_max = soon\n",
        [
            "config:2: [retry] retry_wait_max = 'soon': must be a number of seconds, 0 or more; for example 10"
        ],
    ),
    "negative seconds": (
        "[retry]\nretry_wait_min = -3\n",
        [
            "config:2: [retry] retry_wait_min = '-3': must be a number of seconds, 0 or more; for example 10"
        ],
    ),
    "seconds with a unit": (
        "[retry]\nmax_retry_time_sec = 10s\n",
        [
            "config:2: [retry] max_retry_time_sec = '10s': must be a number of seconds, 0 or more; for example 10"
        ],
    ),
    "seconds that are no number": (
        "[retry]\nretry_wait_max = nan\n",
        [
            "config:2: [retry] retry_wait_max = 'nan': must be a number of seconds, 0 or more; for example 10"
        ],
    ),
    "seconds without end": (
        "[retry]\nretry_wait_max = inf\n",
        [
            "config:2: [retry] retry_wait_max = 'inf': must be a number of seconds, 0 or more; for example 10"
        ],
    ),
    "seconds beyond any number": (
        "[retry]\nretry_wait_max = 1e999\n",
        [
            "config:2: [retry] retry_wait_max = '1e999': must be a number of seconds, 0 or more; for example 10"
        ],
    ),
    "seconds with a comma": (
        "[retry]\nretry_after_default = 2,5\n",
        [
            "config:2: [retry] retry_after_default = '2,5': must be a number of seconds, 0 or more; for example 10"
        ],
    ),
    "seconds in another script": (
        "[retry]\nretry_wait_max = \u0661\u0660\n",
        [
            "config:2: [retry] retry_wait_max = '\u0661\u0660': must be a number of seconds, 0 or more; for example 10"
        ],
    ),
    "a fraction of a retry": (
        "[retry]\nretry_max = 2.5\n",
        ["config:2: [retry] retry_max = '2.5': must be a whole number, 0 or more; for example 5"],
    ),
    "a negative number of retries": (
        "[retry]\nretry_max = -1\n",
        ["config:2: [retry] retry_max = '-1': must be a whole number, 0 or more; for example 5"],
    ),
    "a number with an underscore": (
        "[retry]\nretry_max = 1_000\n",
        ["config:2: [retry] retry_max = '1_000': must be a whole number, 0 or more; for example 5"],
    ),
    "a number without end": (
        "[retry]\nretry_max = " + "9" * 400 + "\n",
        [
            "config:2: [retry] retry_max = '99999999999999999999999999999999999999999999999999999999999999999999999999999999...': must be a whole number, 0 or more; for example 5"
        ],
    ),
    "two budgets": (
        "[retry]\nretry_wait_max = 10\nmax_retry_time_sec = 20\n",
        [
            "config:3: [retry] retry_wait_max = 10 and max_retry_time_sec = 20: both set the retry budget and must not differ; keep one of them"
        ],
    ),
    "negative backoff": (
        "[retry]\nbackoff_interval = -0.5\n",
        [
            "config:2: [retry] backoff_interval = '-0.5': must be a number of seconds, 0 or more; for example 10"
        ],
    ),
    "a word for refresh": (
        "[reauthentication]\nrefresh_access_token = ja\n",
        [
            "config:2: [reauthentication] refresh_access_token = 'ja': must be true or false; for example true"
        ],
    ),
    "a negative wait": (
        "[reauthentication]\nrefresh_token_wait_max = -10\n",
        [
            "config:2: [reauthentication] refresh_token_wait_max = '-10': must be a number of seconds, 0 or more; for example 10"
        ],
    ),
    "an empty number in quotes with a blank": (
        '[reauthentication]\nrefresh_token_wait_max = " "\n',
        [
            "config:2: [reauthentication] refresh_token_wait_max = ' ': must be a number of seconds, 0 or more; for example 10"
        ],
    ),
    "a word for live reload": (
        "[general]\nlive_reload_config = sometimes\n",
        [
            "config:2: [general] live_reload_config = 'sometimes': must be true or false; for example true"
        ],
    ),
    "a host of another scheme": (
        "[general]\nhost = ftp://api.mypurecloud.com\n",
        [
            "config:2: [general] host = 'ftp://api.mypurecloud.com': must be the base URL of an API host; for example https://api.mypurecloud.com"
        ],
    ),
    "a host with a query": (
        "[general]\nhost = https://api.mypurecloud.com?x=1\n",
        [
            "config:2: [general] host = 'https://api.mypurecloud.com?x=1': must be the base URL of an API host; for example https://api.mypurecloud.com"
        ],
    ),
    "a host with a password": (
        "[general]\nhost = https://user:hunter2@api.mypurecloud.com\n",
        [
            "config:2: [general] host = 'https://[REDACTED]@api.mypurecloud.com': must be the base URL of an API host; for example https://api.mypurecloud.com"
        ],
    ),
    "a host with half an address": (
        "[general]\nhost = https://[::1\n",
        [
            "config:2: [general] host = 'https://[::1': must be the base URL of an API host; for example https://api.mypurecloud.com"
        ],
    ),
    "a host of blanks": (
        '[general]\nhost = "  "\n',
        [
            "config:2: [general] host = '  ': must be the base URL of an API host; for example https://api.mypurecloud.com"
        ],
    ),
    "a gateway host with a protocol": (
        "[gateway]\nhost = https://gw.example.com\n",
        [
            "config:2: [gateway] host = 'https://gw.example.com': must be a bare host name; protocol, port and paths have their own keys; for example gateway.example.com"
        ],
    ),
    "a gateway host with a port": (
        "[gateway]\nhost = gw.example.com:8443\n",
        [
            "config:2: [gateway] host = 'gw.example.com:8443': must be a bare host name; protocol, port and paths have their own keys; for example gateway.example.com"
        ],
    ),
    "a gateway host with a path": (
        "[gateway]\nhost = gw.example.com/api\n",
        [
            "config:2: [gateway] host = 'gw.example.com/api': must be a bare host name; protocol, port and paths have their own keys; for example gateway.example.com"
        ],
    ),
    "a gateway host with a password": (
        "[gateway]\nhost = user:hunter2@gw.example.com\n",
        [
            "config:2: [gateway] host = '[REDACTED]@gw.example.com': must be a bare host name; protocol, port and paths have their own keys; for example gateway.example.com"
        ],
    ),
    "a gateway protocol": (
        "[gateway]\nhost = gw\nprotocol = htps\n",
        ["config:3: [gateway] protocol = 'htps': must be https or http; did you mean https?"],
    ),
    "another gateway protocol": (
        "[gateway]\nhost = gw\nprotocol = wss\n",
        ["config:3: [gateway] protocol = 'wss': must be https or http; for example https"],
    ),
    "a gateway port of words": (
        "[gateway]\nhost = gw\nport = https\n",
        [
            "config:3: [gateway] port = 'https': must be a whole number from 0 to 65535, or -1 for none; for example 443"
        ],
    ),
    "a gateway port too high": (
        "[gateway]\nhost = gw\nport = 65536\n",
        [
            "config:3: [gateway] port = '65536': must be a whole number from 0 to 65535, or -1 for none; for example 443"
        ],
    ),
    "a gateway port too low": (
        "[gateway]\nhost = gw\nport = -2\n",
        [
            "config:3: [gateway] port = '-2': must be a whole number from 0 to 65535, or -1 for none; for example 443"
        ],
    ),
    "a gateway path with a query": (
        "[gateway]\nhost = gw\npath_params_api = api?x=1\n",
        [
            "config:3: [gateway] path_params_api = 'api?x=1': must be a plain URL path; no query, no fragment, no dot segments; for example api"
        ],
    ),
    "a gateway path that climbs": (
        "[gateway]\nhost = gw\npath_params_login = ../login\n",
        [
            "config:3: [gateway] path_params_login = '../login': must be a plain URL path; no query, no fragment, no dot segments; for example login"
        ],
    ),
    "a gateway without a host": (
        "[gateway]\nport = 443\npassword = hunter2\n",
        [
            "config:2: [gateway]: must have a host if it has other keys; set host, or remove the section"
        ],
    ),
    "a gateway with an empty host": (
        "[gateway]\nhost =\nport = 443\n",
        [
            "config:3: [gateway]: must have a host if it has other keys; set host, or remove the section"
        ],
    ),
    "a user name with a control character": (
        "[gateway]\nhost = gw\nusername = a\x00b\n",
        [
            "config:3: [gateway] username = 'a\\x00b': must be text without control characters or lone surrogates; for example one line of text"
        ],
    ),
    "a password with a control character": (
        "[gateway]\nhost = gw\npassword = hunter2\x1b\n",
        [
            "config:3: [gateway] password = [REDACTED]: must be text without control characters or lone surrogates; for example one line of text"
        ],
    ),
    "a line without a delimiter": (
        "[logging]\nlog_level\n",
        [
            'config:2: [logging] a line must have "=" or ":" after its key; write key = value, or start a comment with #'
        ],
    ),
    "a password without a delimiter": (
        "[gateway]\nhost = gw\npassword hunter2\n",
        [
            'config:3: [gateway] a line must have "=" or ":" after its key; write key = value, or start a comment with #'
        ],
    ),
    "a line before any section": (
        "hunter2\n[logging]\nlog_level = debug\n",
        [
            'config:1: a line must have "=" or ":" after its key; write key = value, or start a comment with #'
        ],
    ),
    "a line without a key": (
        "[logging]\n= debug\n",
        ['config:2: [logging] a line must have a key before its "="; write key = value'],
    ),
    "a known key before any section": (
        "log_level = debug\n",
        ["config:1: log_level: must be in a section; move it to [logging]"],
    ),
    "a key of two sections before any section": (
        "host = gw\n",
        ["config:1: host: must be in a section; move it to [general] or [gateway]"],
    ),
    "an unclosed section": (
        "[logging\nlog_level = debug\n",
        [
            'config:1: a section header must consist of "[", the name and "]" only; for example [logging]'
        ],
    ),
    "a section with text after it": (
        "[logging] log_level = debug\n",
        [
            'config:1: a section header must consist of "[", the name and "]" only; for example [logging]'
        ],
    ),
    "a section with a comment too near": (
        "[logging]# what is logged\n",
        [
            'config:1: a section header must consist of "[", the name and "]" only; for example [logging]'
        ],
    ),
    "a section without a name": (
        "[]\n",
        ["config:1: a section must have a name; for example [logging]"],
    ),
    "a section in two brackets": (
        "[[logging]]\nlog_level = debug\n",
        [
            'config:1: a section header must consist of "[", the name and "]" only; for example [logging]'
        ],
    ),
    "an unclosed quote": (
        '[logging]\nlog_file_path = "/var/log\n',
        [
            "config:2: [logging] log_file_path: a value that begins with a quote must end with the same quote; write it twice inside the value"
        ],
    ),
    "an unclosed quote of a password": (
        "[gateway]\nhost = gw\npassword = 'hunter2\n",
        [
            "config:3: [gateway] password: a value that begins with a quote must end with the same quote; write it twice inside the value"
        ],
    ),
    "text after a quote": (
        '[logging]\nlog_file_path = "/var" /log\n',
        [
            "config:2: [logging] log_file_path: a value that begins with a quote must end with the same quote; write it twice inside the value"
        ],
    ),
    "a comment too near a quote": (
        '[logging]\nlog_file_path = "/var"# logs\n',
        [
            "config:2: [logging] log_file_path: a value that begins with a quote must end with the same quote; write it twice inside the value"
        ],
    ),
    "a key twice": (
        "[logging]\nlog_level = debug\nlog_level = trace\n",
        ["config:3: [logging] log_level: is already on line 2; keep one of them"],
    ),
    "a key twice in other letters": (
        "[logging]\nlog_level = debug\nLOG_LEVEL = debug\n",
        ["config:3: [logging] log_level: is already on line 2; keep one of them"],
    ),
    "a secret key twice": (
        "[gateway]\nhost = gw\npassword = hunter2\npassword = hunter3\n",
        ["config:4: [gateway] password: is already on line 3; keep one of them"],
    ),
    "a section twice": (
        "[retry]\nretry_max = 1\n[logging]\n[Retry]\nretry_wait_min = 1\n",
        ["config:4: [retry]: is already on line 1; keep one of them"],
    ),
    "several problems": (
        "[logging]\nlog_level = loud\n[retry]\nretry_max = many\n[general\nhost = ftp://x\n[gateway]\nport = 0x50\n",
        [
            "config:2: [logging] log_level = 'loud': must be trace, debug, error or none; for example error",
            "config:4: [retry] retry_max = 'many': must be a whole number, 0 or more; for example 5",
            'config:5: a section header must consist of "[", the name and "]" only; for example [logging]',
            "config:6: [general] host = 'ftp://x': must be the base URL of an API host; for example https://api.mypurecloud.com",
            "config:8: [gateway] port = '0x50': must be a whole number from 0 to 65535, or -1 for none; for example 443",
            "config:8: [gateway]: must have a host if it has other keys; set host, or remove the section",
        ],
    ),
    "lines of every end": (
        "[logging]\r\nlog_level = a\rlog_format = b\nlog_to_console = c",
        [
            "config:2: [logging] log_level = 'a': must be trace, debug, error or none; for example error",
            "config:3: [logging] log_format = 'b': must be text or json; for example text",
            "config:4: [logging] log_to_console = 'c': must be true or false; for example true",
        ],
    ),
    "JSON: no value": (
        '{"logging": }',
        ["config:1: invalid JSON at column 13: Expecting value"],
    ),
    "JSON: cut off": (
        '{"logging": {"log_level": "debug"',
        ["config:1: invalid JSON at column 34: Expecting ',' delimiter"],
    ),
    "JSON: a comment": (
        '{\n  // levels\n  "logging": {}\n}',
        ["config:2: invalid JSON at column 3: Expecting property name enclosed in double quotes"],
    ),
    "JSON: single quotes": (
        "{'logging': {}}",
        ["config:1: invalid JSON at column 2: Expecting property name enclosed in double quotes"],
    ),
    "JSON: two documents": (
        "{}\n{}",
        ["config:2: invalid JSON at column 1: Extra data"],
    ),
    "JSON: an array": (
        '[{"logging": {}}]',
        [
            'config:1: must be one object of sections; for example {"logging": {"log_level": "debug"}}'
        ],
    ),
    "JSON: a section that is a word": (
        '{"logging": "debug"}',
        ["config:1: [logging]: must be a section with keys such as log_level"],
    ),
    "JSON: a section that is an array": (
        '{\n "retry": [{"retry_max": 1}]}',
        ["config:2: [retry]: must be a section with keys such as max_retry_time_sec"],
    ),
    "JSON: a key outside any section": (
        '{\n "log_level": "debug"\n}',
        ["config:2: log_level: must be in a section; move it to [logging]"],
    ),
    "JSON: an object as a value": (
        '{"logging": {"log_level": {"value": "debug"}}}',
        [
            "config:1: [logging] log_level: must be a single value, not an object or array; for example error"
        ],
    ),
    "JSON: an array as a value": (
        '{"gateway": {"host": "gw",\n "port": [443]}}',
        [
            "config:2: [gateway] port: must be a single value, not an object or array; for example 443"
        ],
    ),
    "JSON: an object as a password": (
        '{"gateway": {"host": "gw",\n "password": {"x": "hunter2"}}}',
        [
            "config:2: [gateway] password: must be a single value, not an object or array; for example one line of text"
        ],
    ),
    "JSON: a number as a path": (
        '{"logging": {"log_file_path": 5}}',
        ["config:1: [logging] log_file_path = 5: must be a JSON string; put it in quotes"],
    ),
    "JSON: a switch as a host": (
        '{"general": {"host": true}}',
        ["config:1: [general] host = true: must be a JSON string; put it in quotes"],
    ),
    "JSON: a number as a password": (
        '{"gateway": {"host": "gw", "password": 12345}}',
        ["config:1: [gateway] password = [REDACTED]: must be a JSON string; put it in quotes"],
    ),
    "JSON: a switch as a number": (
        '{"retry": {"retry_max": true}}',
        ["config:1: [retry] retry_max = true: must be a whole number, 0 or more; for example 5"],
    ),
    "JSON: a number as a level": (
        '{"logging": {"log_level": 1}}',
        [
            "config:1: [logging] log_level = 1: must be trace, debug, error or none; for example error"
        ],
    ),
    "JSON: a fraction as a port": (
        '{"gateway": {"host": "gw", "port": 443.0}}',
        [
            "config:1: [gateway] port = 443.0: must be a whole number from 0 to 65535, or -1 for none; for example 443"
        ],
    ),
    "JSON: not a number": (
        '{"retry": {"retry_wait_max": NaN}}',
        [
            "config:1: [retry] retry_wait_max = NaN: must be a number of seconds, 0 or more; for example 10"
        ],
    ),
    "JSON: minus infinity": (
        '{"retry": {"retry_wait_max": -Infinity}}',
        [
            "config:1: [retry] retry_wait_max = -Infinity: must be a number of seconds, 0 or more; for example 10"
        ],
    ),
    "JSON: half a surrogate pair": (
        '{"logging": {"log_file_path": "\\ud800"}}',
        [
            "config:1: [logging] log_file_path = '\\ud800': must be a path without control characters or lone surrogates; for example /var/log/genesys.log"
        ],
    ),
    "JSON: a line break in a path": (
        '{"logging": {"log_file_path": "/var\\n/log"}}',
        [
            "config:1: [logging] log_file_path = '/var\\n/log': must be a path without control characters or lone surrogates; for example /var/log/genesys.log"
        ],
    ),
    "JSON: a key twice": (
        '{"logging": {\n  "log_level": "debug",\n  "log_level": "debug"}}',
        ["config:3: [logging] log_level: is already on line 2; keep one of them"],
    ),
    "JSON: a key twice on one line": (
        '{"logging": {"log_level": "debug", "Log_Level": "debug"}}',
        ["config:1: [logging] log_level: is already on line 1; keep one of them"],
    ),
    "JSON: a section twice": (
        '{\n "retry": {"retry_max": 1},\n "retry": {"retry_max": 1}}',
        [
            "config:3: [retry] retry_max: is already on line 2; keep one of them",
            "config:3: [retry]: is already on line 2; keep one of them",
        ],
    ),
    "JSON: two budgets": (
        '{"retry": {\n "retry_wait_max": 10,\n "max_retry_time_sec": 20}}',
        [
            "config:3: [retry] retry_wait_max = 10 and max_retry_time_sec = 20: both set the retry budget and must not differ; keep one of them"
        ],
    ),
    "JSON: several problems": (
        '{\n "logging": {\n  "log_level": "loud",\n  "log_to_console": 3\n },\n "retry": {"retry_max": -1},\n "gateway": {"port": 99999}\n}',
        [
            "config:3: [logging] log_level = 'loud': must be trace, debug, error or none; for example error",
            "config:4: [logging] log_to_console = 3: must be true or false; for example true",
            "config:6: [retry] retry_max = -1: must be a whole number, 0 or more; for example 5",
            "config:7: [gateway] port = 99999: must be a whole number from 0 to 65535, or -1 for none; for example 443",
            "config:7: [gateway]: must have a host if it has other keys; set host, or remove the section",
        ],
    ),
    "JSON: an array in an array": (
        '[["logging"]]',
        [
            'config:1: a section header must consist of "[", the name and "]" only; for example [logging]'
        ],
    ),
    "a key of letters nobody uses for numbers": (
        "[retry]\nretry_max = 0x10\n",
        ["config:2: [retry] retry_max = '0x10': must be a whole number, 0 or more; for example 5"],
    ),
}


@pytest.mark.parametrize("name", BAD_FILES)
def test_each_bad_file_has_its_exact_report(name):
    text, report = BAD_FILES[name]
    with pytest.raises(ConfigurationError) as caught:
        Configuration.from_text(text, source="config")
    assert list(caught.value.problems) == report
    assert str(caught.value) == "\n".join(report)


def test_there_are_sixty_or_more():
    assert len(BAD_FILES) >= 60


def test_no_report_holds_a_secret():
    for text, _ in BAD_FILES.values():
        with pytest.raises(ConfigurationError) as caught:
            Configuration.from_text(text, source="config")
        assert "hunter" not in str(caught.value)
        assert caught.value.__cause__ is None


WARNINGS = {
    "a misspelt key": (
        "[logging]\nlog_levl = debug\n",
        ["config:2: [logging] log_levl: unknown key, ignored; did you mean log_level?"],
    ),
    "a key of another section": (
        "[logging]\nretry_max = 5\n",
        ["config:2: [logging] retry_max: unknown key, ignored; it belongs to [retry]"],
    ),
    "a key of two other sections": (
        "[logging]\nhost = gw\n",
        ["config:2: [logging] host: unknown key, ignored; it belongs to [general] or [gateway]"],
    ),
    "a key unlike any": (
        "[reauthentication]\nzzz = 1\n",
        [
            "config:2: [reauthentication] zzz: unknown key, ignored; known keys: refresh_access_token, refresh_token_wait_max"
        ],
    ),
    "a misspelt section with its keys": (
        "[loging]\nlog_level = debug\nlog_format = json\n",
        ["config:1: [loging]: unknown section, ignored; did you mean [logging]?"],
    ),
    "a section unlike any": (
        "[proxy]\nurl = http://user:hunter2@proxy\n",
        [
            "config:1: [proxy]: unknown section, ignored; known sections: logging, retry, reauthentication, general, gateway"
        ],
    ),
    "a secret under a misspelt key": (
        "[gateway]\nhost = gw\npasswort = hunter2\n",
        ["config:3: [gateway] passwort: unknown key, ignored; did you mean password?"],
    ),
    "a key outside any section": (
        "region = eu_west_1\n",
        ["config:1: region: unknown key outside any section, ignored; remove it"],
    ),
    "a very long key": (
        "[retry]\n" + "k" * 200 + " = 1\n",
        [
            "config:2: [retry] 'kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk...': unknown key, ignored; known keys: max_retry_time_sec, retry_wait_max, retry_max, retry_wait_min, retry_after_default, backoff_interval"
        ],
    ),
    "a key with blanks": (
        "[retry]\nretry max = 1\n",
        ["config:2: [retry] 'retry max': unknown key, ignored; did you mean retry_max?"],
    ),
    "JSON: a misspelt key": (
        '{\n "logging": {\n  "log_levl": "debug"\n }\n}',
        ["config:3: [logging] log_levl: unknown key, ignored; did you mean log_level?"],
    ),
    "JSON: an unknown key that is an object": (
        '{"retry": {"on": {"status": [429]}}}',
        [
            "config:1: [retry] on: unknown key, ignored; known keys: max_retry_time_sec, retry_wait_max, retry_max, retry_wait_min, retry_after_default, backoff_interval"
        ],
    ),
    "JSON: an unknown section": (
        '{\n "loging": {"log_level": "loud"},\n "$schema": "x",\n "": {}\n}',
        [
            "config:2: [loging]: unknown section, ignored; did you mean [logging]?",
            "config:3: $schema: unknown key outside any section, ignored; remove it",
            "config:4: ['']: unknown section, ignored; known sections: logging, retry, reauthentication, general, gateway",
        ],
    ),
}


@pytest.mark.parametrize("name", WARNINGS)
def test_what_has_no_effect_is_a_warning_with_the_nearest_known_name(name):
    text, warnings = WARNINGS[name]
    configuration = Configuration.from_text(text, source="config")
    assert list(configuration.warnings) == warnings
    assert "hunter" not in repr(configuration)


def test_the_example_in_the_documentation_is_valid():
    page = (Path(__file__).parents[3] / "docs" / "configuration.md").read_text()
    (example,) = re.findall(r"^```ini\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    configuration = Configuration.from_text(example)
    assert not configuration.warnings
    assert {each.section for each in configuration.describe() if each.origin} == set(KEYS)


@pytest.mark.parametrize("host", ["https://api.mypurecloud.ie", "http://127.0.0.1:8080/base"])
def test_a_host_is_kept_as_it_was_written(host):
    assert KEYS["general"]["host"].read(host) == host


@pytest.mark.parametrize(
    ("text", "value"),
    [
        *((word, True) for word in ("true", "yes", "on", "1", "True", "YES")),
        *((word, False) for word in ("false", "no", "off", "0", "False", "NO")),
    ],
)
def test_a_switch_is_on_or_off_by_eight_words(text, value):
    assert KEYS["logging"]["log_to_console"].read(text) is value


@pytest.mark.parametrize(
    ("section", "key", "text", "value"),
    [
        ("retry", "retry_max", "0", 0),
        ("retry", "retry_max", "-0", 0),
        ("retry", "retry_max", "+7", 7),
        ("retry", "retry_wait_min", "0", 0),
        ("retry", "retry_wait_min", "0.25", 0.25),
        ("retry", "retry_wait_min", "1e2", 100.0),
        ("gateway", "port", "0", 0),
        ("gateway", "port", "-1", -1),
        ("gateway", "port", "65535", 65535),
        ("logging", "log_level", "Debug", "debug"),
    ],
)
def test_a_valid_value_is_read(section, key, text, value):
    assert KEYS[section][key].read(text) == value


@pytest.mark.parametrize(
    ("section", "key"),
    [
        ("logging", "log_file_path"),
        ("general", "host"),
        ("gateway", "host"),
        ("gateway", "path_params_login"),
        ("gateway", "path_params_api"),
        ("gateway", "username"),
        ("gateway", "password"),
    ],
)
def test_text_must_be_a_string_in_json(section, key):
    (problem,) = judge_document(
        Document(entries=(Entry(section, key, "5", 1, "literal"),))
    ).problems
    assert problem.text.endswith(": must be a JSON string; put it in quotes")


def test_an_unknown_key_hides_no_key_after_it():
    judged = judge_document(
        Document(entries=(Entry("retry", "on", "x", 1), Entry("retry", "retry_max", "2", 2)))
    )
    assert judged.values == {("retry", "retry_max"): 2}
    assert [warning.line for warning in judged.warnings] == [1]


@pytest.mark.parametrize("key", ["retry", "log_level"])
def test_a_misplaced_name_after_a_section_is_a_problem_and_no_warning(key):
    judged = judge_document(
        Document((("retry", 1),), (Entry("retry", "retry_max", "2", 2), Entry("", key, "x", 3)))
    )
    assert [problem.line for problem in judged.problems] == [3]
    assert judged.warnings == ()
