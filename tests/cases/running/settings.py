"""Settings as people write them: what starts, and what stops the start with a sentence."""

from __future__ import annotations

from tests.cases import Case

_STOPS = "site/test_settings.py::test_what_cannot_be_read_stops_the_start"
_READS = "site/test_settings.py::test_a_value_is_read_as_it_is_written"

# `input`: the environment; `right`: the name that the sentence begins with.
STOP_CASES = [
    Case("settings", name, given, right, _STOPS)
    for name, given, right in [
        ("minutes in seconds", {"PUSH_SETTLE_SECONDS": "2m"}, "PUSH_SETTLE_SECONDS"),
        ("an exponent", {"PUSH_SETTLE_SECONDS": "1e3"}, "PUSH_SETTLE_SECONDS"),
        ("a decimal comma", {"HTTP_TIMEOUT_SECONDS": "2,5"}, "HTTP_TIMEOUT_SECONDS"),
        ("not a number", {"PUSH_SETTLE_SECONDS": "nan"}, "PUSH_SETTLE_SECONDS"),
        ("without end", {"SESSION_HOURS": "inf"}, "SESSION_HOURS"),
        ("a number of nothing", {"PUSH_MAX_ATTEMPTS": ""}, "PUSH_MAX_ATTEMPTS"),
        ("digits of another script", {"Q_WORKERS": "٣"}, "Q_WORKERS"),
        ("a thousand with a mark", {"PUSH_CONCURRENCY": "1_000"}, "PUSH_CONCURRENCY"),
        ("a size with its unit", {"RESUME_MAX_BYTES": "10 MB"}, "RESUME_MAX_BYTES"),
        ("half a process", {"Q_WORKERS": "1.5"}, "Q_WORKERS"),
        ("a session of a century", {"SESSION_HOURS": "999999"}, "SESSION_HOURS"),
        ("people kept for ever", {"RETENTION_DAYS": "9999999"}, "RETENTION_DAYS"),
        ("an empty secret", {"SECRET_KEY": ""}, "SECRET_KEY"),
        ("a blank secret", {"SECRET_KEY": " " * 60}, "SECRET_KEY"),
        ("a short secret", {"SECRET_KEY": "hunter2-hunter2"}, "SECRET_KEY"),
        ("no host in production", {"ALLOWED_HOSTS": None}, "ALLOWED_HOSTS"),
        ("hosts of commas only", {"ALLOWED_HOSTS": " , "}, "ALLOWED_HOSTS"),
        ("an address as a host", {"ALLOWED_HOSTS": "https://hunter2.example"}, "ALLOWED_HOSTS"),
        (
            "an origin without its scheme",
            {"CSRF_TRUSTED_ORIGINS": "hunter2.example.com"},
            "CSRF_TRUSTED_ORIGINS",
        ),
        ("HrFlow without TLS", {"HRFLOW_API_URL": "http://hunter2.example/v1"}, "HRFLOW_API_URL"),
        ("Flatchr without TLS", {"FLATCHR_API_URL": "http://api.flatchr.io"}, "FLATCHR_API_URL"),
        (
            "a password in a peer's address",
            {"FLATCHR_CAREERS_URL": "https://user:hunter2@careers.flatchr.io"},
            "FLATCHR_CAREERS_URL",
        ),
        ("a peer's port of letters", {"HRFLOW_API_URL": "https://h:hunter2/v1"}, "HRFLOW_API_URL"),
        ("a log level of its own", {"LOG_LEVEL": "VERBOSE-hunter2"}, "LOG_LEVEL"),
        ("no log level", {"LOG_LEVEL": ""}, "LOG_LEVEL"),
        ("a mail server's port", {"EMAIL_URL": "smtp://u:p@h:hunter2"}, "EMAIL_URL"),
        ("a mail scheme", {"EMAIL_URL": "hunter2://mail.example.com"}, "EMAIL_URL"),
        ("mail to nowhere", {"EMAIL_URL": "smtp://"}, "EMAIL_URL"),
        ("an empty database", {"DATABASE_URL": ""}, "DATABASE_URL"),
        ("a reference to a database", {"DATABASE_URL": "$DATABASE_PRIVATE_URL"}, "DATABASE_URL"),
        ("an unknown database", {"DATABASE_URL": "mysql://u:hunter2@h/db"}, "DATABASE_URL"),
        ("a server without a database", {"DATABASE_URL": "postgres://u:hunter2@h"}, "DATABASE_URL"),
        ("SQLite without a file", {"DATABASE_URL": "sqlite://"}, "DATABASE_URL"),
        ("SQLite of a slash", {"DATABASE_URL": "sqlite:///"}, "DATABASE_URL"),
        ("a # in a password", {"DATABASE_URL": "postgres://u:hun#ter2@h/db"}, "DATABASE_URL"),
        ("a password like a port", {"DATABASE_URL": "postgres://h:hunter2/db"}, "DATABASE_URL"),
        ("a bracket in a password", {"DATABASE_URL": "postgres://u:[hunter2@h/d"}, "DATABASE_URL"),
        ("a port of Redis", {"REDIS_URL": "redis://:p@h:hunter2/0"}, "REDIS_URL"),
        ("Redis nowhere", {"REDIS_URL": "redis://"}, "REDIS_URL"),
        ("a proxy without a scheme", {"OUTBOUND_PROXY": "hunter2:3128"}, "OUTBOUND_PROXY"),
        ("a proxy that is none", {"OUTBOUND_PROXY": "socks5://hunter2:1080"}, "OUTBOUND_PROXY"),
        ("authorities that are not there", {"CA_BUNDLE": "/nowhere/ca.pem"}, "CA_BUNDLE_FILE"),
        ("neither yes nor no", {"DEBUG": "hunter2"}, "DEBUG"),
        ("a time zone of another world", {"TIME_ZONE": "Mars/hunter2"}, "TIME_ZONE"),
        ("a secret's file away", {"SECRET_KEY_FILE": "/nowhere/x"}, "SECRET_KEY_FILE"),
        ("a secret's file is a folder", {"SECRET_KEY_FILE": "/"}, "SECRET_KEY_FILE"),
    ]
]

_KEY = "k" * 40
# `input`: the environment and an expression over the settings `s`; `right`: what that prints.
READ_CASES = [
    Case("settings", name, given, right, _READS)
    for name, given, right in [
        ("a dollar in front", ({"SECRET_KEY": f"$ABC{_KEY}"}, "s.SECRET_KEY"), f"$ABC{_KEY}"),
        (
            "a dollar and braces",
            ({"CACHE_PREFIX": "a${HOME}b"}, "s.CACHES['default']['KEY_PREFIX']"),
            "a${HOME}b",
        ),
        (
            "a dollar in a database's password",
            (
                {"DATABASE_URL": "postgres://u:$SECRET_KEY@h/db"},
                "s.DATABASES['default']['PASSWORD']",
            ),
            "$SECRET_KEY",
        ),
        (
            "a plus in a password",
            ({"DATABASE_URL": "postgres://u:a+b%23@h/db"}, "s.DATABASES['default']['PASSWORD']"),
            "a+b#",
        ),
        (
            "options of a database's own",
            (
                {"DATABASE_URL": "postgres://u@h/db?options=-c%20lock_timeout%3D5"},
                "s.DATABASES['default']['OPTIONS']['options']",
            ),
            "-c lock_timeout=5 -c synchronous_commit=on",
        ),
        (
            "a database by its socket",
            ({"DATABASE_URL": "postgres:///db"}, "s.DATABASES['default']['NAME']"),
            "db",
        ),
        ("blanks around a number", ({"PUSH_MAX_ATTEMPTS": " 4 "}, "s.PUSH_MAX_ATTEMPTS"), "4"),
        ("half a second", ({"PUSH_SETTLE_SECONDS": "0.5"}, "s.PUSH_SETTLE_SECONDS"), "0.5"),
        ("a level in small letters", ({"LOG_LEVEL": "debug"}, "s.LOG_LEVEL"), "DEBUG"),
        (
            "a sandbox on this machine",
            ({"HRFLOW_API_URL": "http://127.0.0.1:8099/v1/"}, "s.HRFLOW_API_URL"),
            "http://127.0.0.1:8099/v1",
        ),
        ("no host while trying out", ({"DEBUG": "1", "ALLOWED_HOSTS": None}, "s.DEBUG"), "True"),
        (
            "subdomains left alone",
            ({}, "s.SECURE_HSTS_INCLUDE_SUBDOMAINS, s.SECURE_HSTS_PRELOAD"),
            "False False",
        ),
        (
            "subdomains asked for",
            ({"HSTS_INCLUDE_SUBDOMAINS": "yes"}, "s.SECURE_HSTS_INCLUDE_SUBDOMAINS"),
            "True",
        ),
        (
            "a pooler takes no options",
            (
                {"DATABASE_URL": "postgres://u@h/db", "DATABASE_POOLER": "true"},
                "s.DATABASES['default']['OPTIONS'],"
                " s.DATABASES['default']['DISABLE_SERVER_SIDE_CURSORS']",
            ),
            "{'connect_timeout': 10} True",
        ),
    ]
]

_LINES = "site/test_settings.py::test_a_line_of_dotenv"
# `input`: lines of `.env`; `right`: the value of NAME, or a number: of the line that is refused.
DOTENV_CASES = [
    Case("settings", f".env: {name}", given, right, _LINES)
    for name, given, right in [
        ("plain", "NAME=value", "value"),
        ("exported", "export NAME=value", "value"),
        ("with a dollar", "NAME=$HOME/x", "$HOME/x"),
        ("with a comment", "NAME=value  # said so", "value"),
        ("a # inside", "NAME=va#lue", "va#lue"),
        ("single quotes", r"NAME='va$\n lue'", r"va$\n lue"),
        ("double quotes", r'NAME="va\"lue" # x', 'va"lue'),
        ("empty", "NAME=", ""),
        ("only a comment", "NAME= # nothing", ""),
        ("a mark of Windows before it", "\ufeffNAME=value", "value"),
        ("lines of Windows", "OTHER=1\r\nNAME=value\r\n", "value"),
        ("no sign of equality", "OTHER=1\nhunter2", 2),
        ("a name with a blank", "MY NAME=hunter2", 1),
        ("quotes that stay open", "\nNAME='hunter2", 2),
        ("words after quotes", "NAME='x' hunter2", 1),
    ]
]

_FILES = "site/test_settings.py::test_a_file_loses_one_newline"
FILE_CASES = [
    Case("settings", f"a file {name}", given, right, _FILES)
    for name, given, right in [
        ("with a newline", "secret\n", "secret"),
        ("of Windows", "secret\r\n", "secret"),
        ("without a newline", "secret", "secret"),
        ("with two newlines", "secret\n\n", "secret\n"),
        ("with a blank", " secret \n", " secret "),
        ("with a dollar", "$secret\n", "$secret"),
    ]
]

CASES: list[Case] = [*STOP_CASES, *READ_CASES, *DOTENV_CASES, *FILE_CASES]
