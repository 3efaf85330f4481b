"""Settings, all from the environment; docs/configuration.md says what each value means."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from django.utils.translation import gettext_lazy as _

from connector_site import environment as env
from connector_site.log_settings import logging_config

BASE_DIR = Path(__file__).resolve().parent.parent
# In a clone, templates and catalogues stand beside this package; in an installed wheel, inside it.
_IS_CLONE = (BASE_DIR / "templates").is_dir()
_RESOURCES = BASE_DIR if _IS_CLONE else Path(__file__).resolve().parent
VAR_DIR = (BASE_DIR if _IS_CLONE else Path.cwd()) / "var"
env.load_dotenv(BASE_DIR / ".env")

SECRET_KEY = env.secret("SECRET_KEY")
DEBUG = env.yes_or_no("DEBUG", False)
ALLOWED_HOSTS = env.hosts("ALLOWED_HOSTS", needed=not DEBUG)
CSRF_TRUSTED_ORIGINS = env.origins("CSRF_TRUSTED_ORIGINS")
# True where a proxy in front terminates TLS, and sets X-Forwarded-Proto and X-Forwarded-For itself.
BEHIND_PROXY = env.yes_or_no("BEHIND_PROXY", False)
# How many of them append to X-Forwarded-For, one behind the other.
TRUSTED_PROXIES = env.whole("TRUSTED_PROXIES", 1, minimum=1)

INSTALLED_APPS = [
    "connector_site.apps.ConnectorAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "axes",
    "csp",
    "django_htmx",
    "django_q",
    "sync",
    # Apps with rules (`logics.py`) and formats (`formats.py`) of their own: docs/integrators.md.
    *env.apps("EXTRA_APPS"),
]

MIDDLEWARE = [
    "sync.web.middleware.SecurityHeaders",
    "csp.middleware.CSPMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "sync.web.middleware.HealthFirst",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "sync.web.middleware.AuditCaller",
    "django_htmx.middleware.HtmxMiddleware",
    "sync.web.middleware.SessionLimits",
    "django.contrib.messages.middleware.MessageMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "connector_site.urls"
WSGI_APPLICATION = "connector_site.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [_RESOURCES / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# --- Database -----------------------------------------------------------------------------------
SQLITE_OPTIONS = {
    # A transaction waits for the write lock at BEGIN (up to `timeout` seconds): one that has read
    # before it asks for the lock would fail at once.
    "transaction_mode": "IMMEDIATE",
    "timeout": 30,
    # synchronous=FULL: an intent to create must survive a power loss (docs/reliability.md).
    # secure_delete: what was erased is overwritten in the file, too.
    "init_command": (
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA secure_delete=ON;"
        "PRAGMA cache_size=-16000; PRAGMA temp_store=MEMORY; PRAGMA mmap_size=134217728;"
    ),
}


# True where PgBouncer, or a pooler like it, is between this and PostgreSQL, in transaction mode.
DATABASE_POOLER = env.yes_or_no("DATABASE_POOLER", False)


def _database() -> dict[str, Any]:
    config = env.database("DATABASE_URL", f"sqlite:///{VAR_DIR / 'db.sqlite3'}")
    # Seconds. With 0, django-q2's ORM broker reconnects at every step (measured: 15 times slower).
    config["CONN_MAX_AGE"] = 60
    if config["ENGINE"].endswith("sqlite3"):
        Path(config["NAME"]).parent.mkdir(parents=True, exist_ok=True)
        config["OPTIONS"] = {**SQLITE_OPTIONS, **config.get("OPTIONS", {})}
    else:
        config["CONN_HEALTH_CHECKS"] = True
        # With a pooler a transaction may find another session than the one before it: nothing may
        # be kept in a session, and no option may be given at its start (docs/configuration.md).
        config["DISABLE_SERVER_SIDE_CURSORS"] = DATABASE_POOLER
        options = config.setdefault("OPTIONS", {})
        options.setdefault("connect_timeout", 10)  # seconds
        if not DATABASE_POOLER:
            own = str(options.get("options", ""))
            options["options"] = f"{own} -c synchronous_commit=on".strip()
    return config


DATABASES = {"default": _database()}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Cache and queue ----------------------------------------------------------------------------
REDIS_URL = env.redis("REDIS_URL")

# Seconds without an answer after which Redis counts as away: more than the broker's own wait for a
# task (1 s), less than anybody wants to look at a page that hangs.
REDIS_TIMEOUTS = {"socket_timeout": 5, "socket_connect_timeout": 5}

CACHES: dict[str, dict[str, Any]] = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "OPTIONS": {**REDIS_TIMEOUTS},
    }
    if REDIS_URL
    else {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "django_cache",
        # Above this number the backend deletes a third of all entries, among them the marks of
        # pending notifications (`sync.services.queue.notify`). Redis has limits of its own.
        "OPTIONS": {"MAX_ENTRIES": 10_000},
    }
}
CACHES["default"]["KEY_PREFIX"] = env.text("CACHE_PREFIX", "connector")

# --- Pushes -------------------------------------------------------------------------------------
PUSH_CONCURRENCY = env.whole("PUSH_CONCURRENCY", 32, minimum=1)
Q_WORKERS = env.whole("Q_WORKERS", 2, minimum=1)
PUSH_LEASE_SECONDS = env.number("PUSH_LEASE_SECONDS", 90, minimum=1)
PUSH_SETTLE_SECONDS = env.number("PUSH_SETTLE_SECONDS", 120)
PUSH_RETRY_BASE_SECONDS = env.number("PUSH_RETRY_BASE_SECONDS", 5, minimum=0.01)
PUSH_RETRY_CAP_SECONDS = env.number("PUSH_RETRY_CAP_SECONDS", 900, minimum=1)
PUSH_MAX_ATTEMPTS = env.whole("PUSH_MAX_ATTEMPTS", 6, minimum=1)
PUSH_DEADLINE_SECONDS = env.number("PUSH_DEADLINE_SECONDS", 24 * 3600, minimum=1)
HTTP_TIMEOUT_SECONDS = env.number("HTTP_TIMEOUT_SECONDS", 20, minimum=0.1)
# How long one task claims pushes before it queues the next task, so that it ends before `timeout`.
TASK_WORK_SECONDS = env.number("TASK_WORK_SECONDS", 20, minimum=1)
HRFLOW_REQUESTS_PER_MINUTE = env.whole("HRFLOW_REQUESTS_PER_MINUTE", 0)
BREAKER_PAUSE_SECONDS = env.number("BREAKER_PAUSE_SECONDS", 60, minimum=0.1)
HEARTBEAT_STALE_SECONDS = env.number("HEARTBEAT_STALE_SECONDS", 30, minimum=2)
if PUSH_LEASE_SECONDS <= HTTP_TIMEOUT_SECONDS:
    raise env.refuse(
        "PUSH_LEASE_SECONDS",
        "must be longer than HTTP_TIMEOUT_SECONDS, or a lease ends mid-request.",
    )

HRFLOW_API_URL = env.address("HRFLOW_API_URL", "https://api.hrflow.ai/v1")
FLATCHR_API_URL = env.address("FLATCHR_API_URL", "https://api.flatchr.io")
FLATCHR_CAREERS_URL = env.address("FLATCHR_CAREERS_URL", "https://careers.flatchr.io")
# Empty: connections are made directly, and the public authorities alone are trusted.
OUTBOUND_PROXY = env.proxy("OUTBOUND_PROXY")
CA_BUNDLE = env.certificates("CA_BUNDLE")
RESUME_ALLOWED_PRIVATE_HOSTS = env.words("RESUME_ALLOWED_PRIVATE_HOSTS")
RESUME_MAX_BYTES = env.whole("RESUME_MAX_BYTES", 10 * 1024 * 1024, minimum=1)
# An event of HrFlow carries the profile, and with it the text of its CV.
WEBHOOK_MAX_BYTES = env.whole("WEBHOOK_MAX_BYTES", 1024 * 1024, minimum=1024)
FIELD_ENCRYPTION_KEYS = env.keys("FIELD_ENCRYPTION_KEYS")
# For how many days are kept (docs/privacy.md): a person, from the last contact; what was sent and
# answered, from the end of the push; an entry of the audit log.
RETENTION_DAYS = env.whole("RETENTION_DAYS", 730, minimum=1, maximum=36_500)
PAYLOAD_DAYS = env.whole("PAYLOAD_DAYS", 30, maximum=36_500)
AUDIT_DAYS = env.whole("AUDIT_DAYS", 365, minimum=1, maximum=36_500)

# Once a task claims no more, each of its pushes still makes a few requests at most, and waits for
# no turn; but a name server may keep two of them waiting, each for the resolver's own limit.
_TASK_SECONDS = int(TASK_WORK_SECONDS + 5 * HTTP_TIMEOUT_SECONDS + 2 * 15) + 10
Q_CLUSTER: dict[str, Any] = {
    "name": env.text("Q_NAME", "connector"),
    "label": _("Queue"),
    "workers": Q_WORKERS,
    "timeout": _TASK_SECONDS,
    # Counted from when a task is fetched, not from when it begins: longer than `timeout`, or a task
    # would be executed twice; with few fetched ahead (`queue_limit`, `bulk`).
    "retry": _TASK_SECONDS + 60,
    "queue_limit": max(Q_WORKERS, 2),
    "bulk": 1,
    # The rows say what is to be done again, not the queue.
    "ack_failures": True,
    "max_attempts": 1,
    # A schedule that was missed while no cluster ran is executed once.
    "catch_up": False,
    # Successes are not stored: to keep to a limit, django-q2 reads all of them after each task.
    # Failures are stored, and deleted by our own purge.
    "save_limit": -1,
    "recycle": 500,
    "poll": 0.2,
}
if REDIS_URL:
    # A URL's parameters win over the client's own defaults.
    _joint = "&" if "?" in REDIS_URL else "?"
    Q_CLUSTER["redis"] = f"{REDIS_URL}{_joint}{urlencode(REDIS_TIMEOUTS)}"
else:
    Q_CLUSTER["orm"] = "default"

# --- Accounts -----------------------------------------------------------------------------------
_VALIDATORS = "django.contrib.auth.password_validation"
AUTH_PASSWORD_VALIDATORS: list[dict[str, Any]] = [
    {"NAME": f"{_VALIDATORS}.UserAttributeSimilarityValidator"},
    {"NAME": f"{_VALIDATORS}.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": f"{_VALIDATORS}.CommonPasswordValidator"},
    {"NAME": f"{_VALIDATORS}.NumericPasswordValidator"},
]
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "admin:index"
PASSWORD_RESET_TIMEOUT = 3600

# --- Signing in ---------------------------------------------------------------------------------
# Failed sign-ins: sync/web/sign_in.py says what is counted.
AXES_HANDLER = "sync.web.sign_in.SignInHandler"
AXES_FAILURE_LIMIT = env.whole("LOGIN_FAILURE_LIMIT", 5, minimum=1)
AXES_COOLOFF_TIME = timedelta(
    minutes=env.number("LOGIN_PAUSE_MINUTES", 15, minimum=1, maximum=525_600)
)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
# Failures during a pause do not prolong it: else somebody could keep a person out for good.
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_CLIENT_IP_CALLABLE = "sync.web.client_address.client_network"
AXES_USERNAME_CALLABLE = "sync.web.sign_in.name_to_keep"
AXES_LOCKOUT_CALLABLE = "sync.web.sign_in.locked_out"
AXES_DISABLE_ACCESS_LOG = True
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False
AXES_SENSITIVE_PARAMETERS = ["username", "ip_address", "csrfmiddlewaretoken", "next"]

# A session ends SESSION_HOURS after the last page, and SESSION_LONGEST_DAYS after the sign-in.
SESSION_COOKIE_AGE = int(env.number("SESSION_HOURS", 12, minimum=0.1, maximum=8760) * 3600)
SESSION_LONGEST_SECONDS = int(
    env.number("SESSION_LONGEST_DAYS", 7, minimum=0.01, maximum=365) * 86400
)
SESSION_EXPIRE_AT_BROWSER_CLOSE = env.yes_or_no("SESSION_ENDS_WITH_BROWSER", False)

# --- Language and mail --------------------------------------------------------------------------
LANGUAGES = [("en", "English"), ("fr", "Français")]
LANGUAGE_CODE = env.text("LANGUAGE_CODE", "en")
if LANGUAGE_CODE.split("-")[0] not in dict(LANGUAGES):
    raise env.refuse("LANGUAGE_CODE", "choose en or fr.")
LOCALE_PATHS = [_RESOURCES / "locale"]
FORMAT_MODULE_PATH = "connector_site.formats"
TIME_ZONE = env.time_zone("TIME_ZONE", "Europe/Paris")
USE_I18N = True
USE_TZ = True

# Sets EMAIL_BACKEND, EMAIL_HOST and the like.
globals().update(env.email("EMAIL_URL", "consolemail://"))

# --- Web ----------------------------------------------------------------------------------------
STATIC_URL = "static/"
STATIC_ROOT = VAR_DIR / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
# A page of 100 rows posts as many fields when all are ticked; a larger selection is kept on a draft
# run, and not in the form.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5000

SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = not DEBUG
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_HSTS_SECONDS = 0 if DEBUG else 365 * 24 * 3600
# Other sites under the same domain may have no TLS: for them somebody has to ask.
SECURE_HSTS_INCLUDE_SUBDOMAINS = env.yes_or_no("HSTS_INCLUDE_SUBDOMAINS", False)
SECURE_HSTS_PRELOAD = env.yes_or_no("HSTS_PRELOAD", False)
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
# A browser takes a `__Host-` cookie only over TLS and from this very host.
_COOKIE_PREFIX = "" if DEBUG else "__Host-"
SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = f"{_COOKIE_PREFIX}session", f"{_COOKIE_PREFIX}csrf"
LANGUAGE_COOKIE_NAME = f"{_COOKIE_PREFIX}language"
LANGUAGE_COOKIE_HTTPONLY, LANGUAGE_COOKIE_SECURE = True, not DEBUG
LANGUAGE_COOKIE_SAMESITE = "Lax"
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
# Everything comes from this site and nothing is inline, so an injected tag is not executed.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
        "base-uri": ["'none'"],
        "object-src": ["'none'"],
    }
}
DEFAULT_EXCEPTION_REPORTER_FILTER = "connector_site.faults.AddressesHidden"
if BEHIND_PROXY:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

LOG_LEVEL = env.one_of("LOG_LEVEL", "INFO", env.LOG_LEVELS)
LOGGING = logging_config(LOG_LEVEL)
