"""Settings for every environment; what differs is read from the environment.

`VORRANG_ENV` is `development` (default), `production` or `test`. Production refuses to start
unsafe: see `config/production_checks.py`.
"""

import os
from pathlib import Path
from typing import Any

import dj_database_url
from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = Path(os.environ.get("VORRANG_DATA_DIR", BASE_DIR / "var"))

VORRANG_ENV = os.environ.get("VORRANG_ENV", "development")
IN_PRODUCTION = VORRANG_ENV == "production"
IN_TESTS = VORRANG_ENV == "test"
DEBUG = os.environ.get("VORRANG_DEBUG") == "1" and not IN_TESTS

# No default in production: the checks refuse an empty or short key.
SECRET_KEY = os.environ.get("VORRANG_SECRET_KEY", "" if IN_PRODUCTION else "only-for-development-and-tests")
_hosts = [host for host in os.environ.get("VORRANG_HOSTS", "").split(",") if host]
ALLOWED_HOSTS = _hosts if IN_PRODUCTION else [*_hosts, "localhost", "127.0.0.1", "[::1]", "testserver"]
CSRF_TRUSTED_ORIGINS = [f"https://{host}" for host in _hosts] if IN_PRODUCTION else []

INSTALLED_APPS = [
    "pgtrigger",
    # `kit` comes first: its `migrate` command replaces Django's.
    "kit",
    "journal",
    "users",
    "customers",
    "priorities",
    "capacity",
    "config",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.contrib.humanize",
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "axes",
    "csp",
    "django_filters",
    "django_htmx",
    "rest_framework",
    "drf_spectacular",
    "knox",
]

MIDDLEWARE = [
    "config.health.HealthMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "config.middleware.RequestIdMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "users.middleware.ActorMiddleware",
    # Every page needs a signed-in person unless its view says `@login_not_required`.
    "users.middleware.SignInMiddleware",
    "config.middleware.PreferencesMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "config.middleware.RefusalMiddleware",
    "users.fresh_step.FreshStepMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "django.template.context_processors.i18n",
                "config.navigation.frame",
            ],
            "builtins": [
                "django.templatetags.i18n",
                "django.templatetags.l10n",
                "django.templatetags.static",
                "kit.templatetags.ui",
            ],
        },
    }
]

# The application connects as a role that owns nothing; `migrate` alone connects as the owner.
DATABASE_URL = os.environ.get("DATABASE_URL", "postgresql://vorrang_app@127.0.0.1:5432/vorrang")
DATABASE_OWNER_URL = os.environ.get("DATABASE_OWNER_URL", "")
DATABASES = {"default": dj_database_url.parse(DATABASE_URL, conn_max_age=60, conn_health_checks=True)}
DATABASES["default"].setdefault("OPTIONS", {}).setdefault("connect_timeout", 5)  # seconds
# Every question is short; compiling one would take longer than answering it.
_asked_for = DATABASES["default"]["OPTIONS"].get("options", "")
DATABASES["default"]["OPTIONS"]["options"] = f"{_asked_for} -c jit=off".strip()
if IN_TESTS and (_test_db := os.environ.get("VORRANG_TEST_DB")):
    DATABASES["default"]["TEST"] = {"NAME": _test_db}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

BROKER_URL = os.environ.get("BROKER_URL", "redis://127.0.0.1:6379/0")

AUTH_USER_MODEL = "users.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
PASSWORD_HASHERS = (
    ["django.contrib.auth.hashers.MD5PasswordHasher"]
    if IN_TESTS
    else [
        "django.contrib.auth.hashers.PBKDF2PasswordHasher",
        "django.contrib.auth.hashers.ScryptPasswordHasher",
    ]
)
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/today/"
ACCOUNT_LOGOUT_REDIRECT_URL = "/trust/"
ACCOUNT_ADAPTER = "users.adapter.StaffAccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGIN_BY_CODE_ENABLED = False
ACCOUNT_SESSION_REMEMBER = False  # The cookie goes with the browser; the session ends after twelve hours at most.
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False  # Whoever asks for a new password for a stranger sends them no mail.
ACCOUNT_EMAIL_NOTIFICATIONS = True  # A changed password or second factor is told to its owner by mail.
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "Vorrang"
# Five wrong passwords lock an account for one address only, so nobody can lock out somebody else.
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_USERNAME_CALLABLE = "users.lockout.account_of"
AXES_CLIENT_IP_CALLABLE = "users.lockout.address_of"
AXES_LOCKOUT_CALLABLE = "users.lockout.locked_out"
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False  # Trying again does not prolong it.
AXES_ENABLED = os.environ.get("VORRANG_LOCKOUT", "1") == "1"

SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_IDLE_SECONDS = 30 * 60
CSRF_COOKIE_HTTPONLY = False
CSRF_FAILURE_VIEW = "config.errors.csrf_failed"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
if IN_PRODUCTION:
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_SECURE = True
    SECURE_SSL_REDIRECT = os.environ.get("VORRANG_TLS_REDIRECT", "1") == "1"
    SECURE_HSTS_SECONDS = 365 * 24 * 3600
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
    if os.environ.get("VORRANG_BEHIND_PROXY") == "1":
        ALLAUTH_TRUSTED_PROXY_COUNT = 1  # Whose word on the client's address counts; for `users.lockout` too.
        SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "manifest-src": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "object-src": [NONE],
    }
}

LANGUAGE_CODE = "de"
LANGUAGES = [("de", _("German")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"
USE_THOUSAND_SEPARATOR = True

STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "kit.bundles.BundleFinder",
]
STORAGES: dict[str, dict[str, Any]] = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if IN_PRODUCTION
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = not IN_PRODUCTION
WHITENOISE_AUTOREFRESH = DEBUG
MEDIA_ROOT = DATA_DIR / "files"
# Evidence is served by a view that asks who wants it, never by its address.
STORAGES["evidence"] = {
    "BACKEND": "django.core.files.storage.FileSystemStorage",
    "OPTIONS": {
        "location": DATA_DIR / "evidence",
        "base_url": None,
        "file_permissions_mode": 0o600,
        "directory_permissions_mode": 0o700,
    },
}
# Reads a file from its standard input and ends with 0 (clean) or 1 (infected), as `clamdscan -` does.
EVIDENCE_SCAN_COMMAND = os.environ.get("VORRANG_SCAN_COMMAND", "")
EVIDENCE_SCAN_REQUIRED = IN_PRODUCTION or os.environ.get("VORRANG_SCAN_REQUIRED") == "1"

DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2_000

EMAIL_BACKEND = os.environ.get(
    "VORRANG_EMAIL_BACKEND",
    "django.core.mail.backends.locmem.EmailBackend" if IN_TESTS else "django.core.mail.backends.console.EmailBackend",
)
DEFAULT_FROM_EMAIL = os.environ.get("VORRANG_MAIL_FROM", "vorrang@localhost")

# Gives the texts of a name's TXT records; tests put their own in its place.
DOMAIN_RESOLVER = "customers.proofs.dns.look_up"

# Who a list page's saved views belong to is the business of users; `kit` only shows them.
LIST_SAVED_VIEWS = "users.queries.saved_views"

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["config.api.ApiTokenAuthentication", "config.api.ApiSessionAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["kit.wire.StrictJSONParser"],
    "DEFAULT_FILTER_BACKENDS": ["kit.wire.StrictFilters"],
    "DEFAULT_PAGINATION_CLASS": "kit.wire.KeysetPagination",
    "URL_FORMAT_OVERRIDE": None,
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "config.api.refuse",
    "DEFAULT_THROTTLE_CLASSES": ["config.api.ApiRate"],
    "DEFAULT_THROTTLE_RATES": {"user": "1200/min"},
    # Whose address counts: the proxy's report where there is one proxy, else the connection's own.
    "NUM_PROXIES": 1 if os.environ.get("VORRANG_BEHIND_PROXY") == "1" else 0,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Vorrang API",
    "DESCRIPTION": "Govern scarce capacity: the same rules as the pages.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "ENUM_NAME_OVERRIDES": {
        "ClaimState": "customers.models.ClaimState",
        "EvidenceKind": "customers.models.EvidenceKind",
        "RejectionReason": "customers.reasons.RejectionReason",
        "InformationReason": "customers.reasons.InformationReason",
        "Condition": "capacity.regions.models.Condition",
        "PlanState": "capacity.response.models.PlanState",
        "ProposalState": "capacity.regions.threshold_models.ProposalState",
        "OverrideKind": "priorities.models.OverrideKind",
        "OverrideReason": "priorities.models.OverrideReason",
        "OverrideState": "priorities.models.OverrideState",
        "PolicyState": "priorities.models.PolicyState",
        "RequestState": "capacity.requests.models.RequestState",
    },
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "config.api.describe_commands_and_problems",
    ],
}
KNOX_TOKEN_MODEL = "users.ApiToken"  # noqa: S105 - names a model
REST_KNOX = {"TOKEN_TTL": None, "AUTO_REFRESH": False}

if IN_TESTS or not BROKER_URL.startswith(("redis://", "rediss://")):
    CACHES: dict[str, dict[str, Any]] = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
else:
    CACHES = {
        "default": {
            "BACKEND": "kit.caching.ForgivingRedisCache",
            "LOCATION": BROKER_URL,
            "OPTIONS": {"socket_connect_timeout": 1, "socket_timeout": 1},  # seconds
        }
    }

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"request_id": {"()": "config.middleware.RequestIdFilter"}},
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(request_id)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["request_id"]}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {"vorrang": {"level": "INFO"}, "axes": {"level": "ERROR"}},
}
SILENCED_SYSTEM_CHECKS = [
    "auth.W004",  # An address is held once whatever its case: `user_email_once`, which the check does not see.
]
