"""
Settings. Everything that differs between two machines comes from the environment; secrets may be files
(`SECRET_KEY_FILE` beside `SECRET_KEY`). Nothing here knows a production secret.
"""

import re
import sys
from pathlib import Path

import environ
from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.FileAwareEnv()

# --- what kind of place this is -------------------------------------------------------------------------
DEMO_MODE = env.bool("DEMO_MODE", False)
PRODUCTION = env.bool("PRODUCTION", not DEMO_MODE)
DEBUG = False
if PRODUCTION and DEMO_MODE:
    raise ImproperlyConfigured(
        "DEMO_MODE offers sign-in as any role by one click; it cannot be on where PRODUCTION is. Unset one of them."
    )
VAR_DIR = Path(env("VAR_DIR", default=str(BASE_DIR / "var")))
REFERENCE_DATA = Path(env("REFERENCE_DATA", default=str(BASE_DIR.parent / "shared" / "data")))

SECRET_KEY = env("SECRET_KEY", default="")
if not SECRET_KEY:
    if PRODUCTION and "test" not in sys.argv:
        raise ImproperlyConfigured(
            "SECRET_KEY is not set. Give it in the environment, or a path in SECRET_KEY_FILE."
        )
    SECRET_KEY = "not-a-secret-and-refused-in-production-" + "0" * 32
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
if "*" in ALLOWED_HOSTS and PRODUCTION:
    raise ImproperlyConfigured("ALLOWED_HOSTS may not be '*': name the hosts that people use.")
SITE_NAME = env("SITE_NAME", default="Aldermoor")
SITE_URL = env("SITE_URL", default="http://localhost:8000")

# --- applications ---------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.contrib.postgres",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django.forms",
    "django_htmx",
    "portal",
    "investors",
    "issuance",
    "indices",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "portal.http.middleware.ContentSecurityPolicy",
    "portal.http.middleware.ReadableCookies",
    "portal.http.answers.ApiAnswers",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "portal.accounts.middleware.RequireSecondFactor",
    "portal.accounts.middleware.OwnSite",
    "portal.http.middleware.Refusals",
]
ROOT_URLCONF = "portal.urls"
WSGI_APPLICATION = "portal.wsgi.application"
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
                "portal.http.context.site",
            ],
            "builtins": [
                "portal.http.templatetags.figures",
                "portal.http.templatetags.parts",
                "portal.http.templatetags.saved",
            ],
        },
    }
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

# --- PostgreSQL -----------------------------------------------------------------------------------------
# DATABASE_URL signs in as the application's role; migrations run with DATABASE_OWNER_URL (docs/adr/0003).
DATABASES = {"default": env.db_url("DATABASE_URL", default="postgres://portal_app@/portal")}
DATABASES["default"].update(
    ENGINE="django.db.backends.postgresql",
    CONN_MAX_AGE=env.int("CONN_MAX_AGE", 60),
    CONN_HEALTH_CHECKS=True,
    ATOMIC_REQUESTS=False,
)
DATABASES["default"].setdefault("OPTIONS", {}).update(
    application_name=env("APPLICATION_NAME", default="portal"),
    prepare_threshold=5 if env.bool("DATABASE_PREPARE", default=True) else None,
    options=(
        f"-c timezone=UTC -c statement_timeout={env.int('STATEMENT_TIMEOUT_MS', 15000)} "
        f"-c lock_timeout={env.int('LOCK_TIMEOUT_MS', 10000)} -c idle_in_transaction_session_timeout=60000"
    ),
)
DATABASE_APP_ROLE = env("DATABASE_APP_ROLE", default="portal_app")
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- broker, cache, workers -----------------------------------------------------------------------------
BROKER_URL = env("BROKER_URL", default="redis://127.0.0.1:6379/0")
CACHE_URL = env("CACHE_URL", default="")
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": CACHE_URL}
    if CACHE_URL
    else {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "portal_cache"}
}
CELERY_BROKER_URL = BROKER_URL
CELERY_TASK_DEFAULT_QUEUE = env("CELERY_QUEUE", default="celery")
CELERY_RESULT_BACKEND = None
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_SOFT_TIME_LIMIT = 240
CELERY_TASK_TIME_LIMIT = 270
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = "UTC"
# Only the Redis transport needs these: without the last two an abandoned task waits 100 s (docs/adr/0005).
CELERY_BROKER_TRANSPORT_OPTIONS = (
    {"visibility_timeout": 300, "unacked_restore_interval": 5, "unacked_restore_throttle": 1}
    if BROKER_URL.startswith(("redis", "sentinel"))
    else {"confirm_publish": True}
)
CELERY_BEAT_SCHEDULE_FILENAME = str(VAR_DIR / "beat-schedule")
# Beat only wakes sweepers: what is due stands in the database, so a missed or doubled beat does no harm.
SWEEP_SECONDS = env.float("SWEEP_SECONDS", 30.0)
OUTBOX_RESEND_AFTER_SECONDS = env.float("OUTBOX_RESEND_AFTER_SECONDS", 300.0)
CELERY_BEAT_SCHEDULE = {
    "outbox: resend what was lost": {"task": "portal.outbox.resend_lost", "schedule": SWEEP_SECONDS},
    "stablecoins: read the chain": {"task": "investors.stablecoins.read", "schedule": 60.0},
    "webhooks: messages of what has happened": {"task": "portal.webhooks.fan_out", "schedule": 5.0},
    "offerings: finish settlements": {"task": "issuance.offerings.sweep", "schedule": SWEEP_SECONDS},
    "corporate actions: pay what is due": {
        "task": "issuance.corporate_actions.sweep",
        "schedule": SWEEP_SECONDS,
    },
    "votes: open and close what is due": {"task": "issuance.voting.sweep", "schedule": SWEEP_SECONDS},
    "indices: let a simulated market go on": {"task": "indices.prices.extend_simulation", "schedule": 600.0},
    "indices: prices of the providers": {"task": "indices.prices.fetch", "schedule": 900.0},
    "indices: prices that lack": {"task": "indices.prices.look_for_stale", "schedule": 3600.0},
    "indices: levels and rebalances": {"task": "indices.levels.sweep", "schedule": SWEEP_SECONDS},
    "indices: dealing runs": {"task": "indices.subscriptions.sweep", "schedule": SWEEP_SECONDS},
    "indices: levels and rebalances up to the last close": {
        "task": "indices.levels.sweep",
        "schedule": SWEEP_SECONDS,
    },
    "indices: deal orders": {"task": "indices.subscriptions.sweep", "schedule": SWEEP_SECONDS},
    "closed accounts and data exports: what is over": {"task": "investors.closure.sweep", "schedule": 3600.0},
    "kyc: expire what is due": {"task": "investors.kyc.expire_due", "schedule": 3600.0},
    "kyc: remind before the last day": {"task": "investors.kyc.remind_due", "schedule": 3600.0},
}

# --- people ---------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "portal.User"
# auth.W004 does not see that the address is unique whatever its case: an index over lower(email) says so.
SILENCED_SYSTEM_CHECKS = ["auth.W004"]
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_LOGOUT_REDIRECT_URL = "/"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_ADAPTER = "portal.accounts.adapter.AccountAdapter"
ACCOUNT_FORMS = {"reset_password": "portal.accounts.forms.CountedResetPasswordForm"}
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = f"[{SITE_NAME}] "
# Money and ownership want a proof of who is there that is no older than this; so do allauth's own pages.
STEP_UP_SECONDS = ACCOUNT_REAUTHENTICATION_TIMEOUT = env.int("STEP_UP_SECONDS", 600)
STAFF_IDLE_SECONDS = env.int("STAFF_IDLE_SECONDS", 900)
ISSUER_HOME, HOUSE_HOME = "/console/", "/compliance/"
# 0 trusts no X-Forwarded-For; behind our proxy the last entry is its own.
ALLAUTH_TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXY_COUNT", 1 if env.bool("BEHIND_TLS_PROXY", False) else 0)
MFA_FORMS = {
    "authenticate": "portal.accounts.forms.CountedAuthenticateForm",
    "reauthenticate": "portal.accounts.forms.CountedReauthenticateForm",
    "authenticate_webauthn": "portal.accounts.forms.CountedAuthenticateWebAuthnForm",
    "reauthenticate_webauthn": "portal.accounts.forms.CountedReauthenticateWebAuthnForm",
    "login_webauthn": "portal.accounts.forms.CheckedLoginWebAuthnForm",
    "add_webauthn": "portal.accounts.forms.CheckedAddWebAuthnForm",
    "signup_webauthn": "portal.accounts.forms.CheckedSignupWebAuthnForm",
}
MFA_PASSKEY_SIGNUP_ENABLED = True
# Browsers give passkeys to http://localhost; only a demonstration runs there.
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = DEMO_MODE
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_TOLERANCE = 0
MFA_ADAPTER = "portal.accounts.adapter.EncryptingMFAAdapter"
USERSESSIONS_TRACK_ACTIVITY = True
USERSESSIONS_ADAPTER = "portal.accounts.adapter.SessionsAdapter"
EMAIL_BACKEND = env("EMAIL_BACKEND", default="django.core.mail.backends.filebased.EmailBackend")
EMAIL_FILE_PATH = str(VAR_DIR / "mail")
DEFAULT_FROM_EMAIL = env("DEFAULT_FROM_EMAIL", default="portal@localhost")
# Keys that encrypt personal data and second factors: "id:base64 of 32 bytes", newest first (docs/security.md).
FIELD_KEYS = env.list("FIELD_KEYS", default=[])
if PRODUCTION and not FIELD_KEYS and "test" not in sys.argv:
    raise ImproperlyConfigured(
        "FIELD_KEYS is not set: personal data could not be encrypted (docs/security.md)."
    )

# --- records --------------------------------------------------------------------------------------------
AUDIT_ORIGIN = env("AUDIT_ORIGIN", default="portal.localhost/log")
AUDIT_SIGNING_KEY_FILE = env("AUDIT_SIGNING_KEY_FILE", default=str(VAR_DIR / "keys" / "audit-signing.pem"))
# What signs certificates and agreements: a private key and its certificate in PEM form (docs/operators.md).
PAPER_SIGNING_KEY_FILE = env("PAPER_SIGNING_KEY_FILE", default=str(VAR_DIR / "keys" / "paper-signing.pem"))
PAPER_SIGNING_CERTIFICATE_FILE = env(
    "PAPER_SIGNING_CERTIFICATE_FILE", default=str(VAR_DIR / "keys" / "paper-signing.crt")
)
DOCUMENT_ROOT = env("DOCUMENT_ROOT", default=str(VAR_DIR / "documents"))
DOCUMENT_MAX_BYTES = env.int("DOCUMENT_MAX_BYTES", 20 * 1024 * 1024)
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024

# --- banks: the house's accounts, one per currency (docs/operators.md); configuration, so that nobody at a page redirects deposits
SAMPLE_ACCOUNTS = [
    {"currency": "USD", "holder": "Sample Client Money", "bank": "Sample Bank of Minnesota",
     "identifier": "091000019/7700112233", "company_id": "1234567890"},
    {"currency": "EUR", "holder": "Sample Client Money", "bank": "Sample Bank Berlin",
     "identifier": "DE02120300000000202051", "bic": "BYLADEM1001"},
    {"currency": "GBP", "holder": "Sample Client Money", "bank": "Sample Bank London",
     "identifier": "GB33BUKB20201555555555", "bic": "BUKBGB22"},
]  # fmt: skip
HOUSE_BANK_ACCOUNTS = env.json("HOUSE_BANK_ACCOUNTS", default=SAMPLE_ACCOUNTS if DEMO_MODE else [])
for _account in HOUSE_BANK_ACCOUNTS:
    if not {"currency", "holder", "bank", "identifier"} <= set(_account) <= {*SAMPLE_ACCOUNTS[0], "bic"}:
        raise ImproperlyConfigured(
            "HOUSE_BANK_ACCOUNTS names for each account currency, holder, bank and identifier; bic and company_id where there is one."
        )
BANK_ACCOUNT_COOLING_OFF_HOURS = env.int("BANK_ACCOUNT_COOLING_OFF_HOURS", 72)

# Deposits in a stablecoin: a node to read, the token's contract and the house's address. Without a URL there are none.
STABLECOIN = {
    "url": env("STABLECOIN_NODE_URL", default=""),
    "chain_id": env.int("STABLECOIN_CHAIN_ID", 1),
    "contract": env("STABLECOIN_CONTRACT", default=""),
    "receiver": env("STABLECOIN_RECEIVER", default=""),
    "confirmations": env.int("STABLECOIN_CONFIRMATIONS", 64),
    "first_block": env.int("STABLECOIN_FIRST_BLOCK", 0),
}
if STABLECOIN["url"] and not str(STABLECOIN["url"]).startswith(("https://", "http://")):
    raise ImproperlyConfigured("STABLECOIN_NODE_URL must begin with https:// or, on the same host, http://.")
if STABLECOIN["url"] and not all(
    re.fullmatch("0x[0-9a-fA-F]{40}", str(STABLECOIN[name])) for name in ("contract", "receiver")
):
    raise ImproperlyConfigured(
        "STABLECOIN_NODE_URL is set: STABLECOIN_CONTRACT and STABLECOIN_RECEIVER must be addresses of 40 hexadecimal digits after 0x."
    )
# --- identity provider: none by default, officers look at the papers themselves (docs/identity-provider.md) ---
IDENTITY_PROVIDER_URL = env("IDENTITY_PROVIDER_URL", default="")
IDENTITY_PROVIDER_TOKEN = env("IDENTITY_PROVIDER_TOKEN", default="")
# Signing secrets of its webhooks; several while one is being changed for another.
IDENTITY_PROVIDER_SECRET = env("IDENTITY_PROVIDER_SECRET", default="").split()
IDENTITY_PROVIDER_TIMEOUT_SECONDS = env.float("IDENTITY_PROVIDER_TIMEOUT_SECONDS", 10.0)
if IDENTITY_PROVIDER_URL and not (IDENTITY_PROVIDER_SECRET and IDENTITY_PROVIDER_TOKEN):
    raise ImproperlyConfigured(
        "IDENTITY_PROVIDER_URL is set without IDENTITY_PROVIDER_TOKEN and IDENTITY_PROVIDER_SECRET: its answers could not be trusted."
    )
if IDENTITY_PROVIDER_URL and not IDENTITY_PROVIDER_URL.startswith(
    ("https://",) if PRODUCTION else ("https://", "http://")
):
    raise ImproperlyConfigured("IDENTITY_PROVIDER_URL must begin with https://: it is sent personal data.")

# --- prices: sources from the highest down, and providers that are asked for the last closed days ---
# PRICE_PROVIDERS: [{"name": "coingecko", "tokens": {"BTC": "bitcoin"}, "key": "…", "url": "…"}, …]; docs/operators.md
PRICE_SOURCES = env.list("PRICE_SOURCES", default=[])
PRICE_PROVIDERS = env.json("PRICE_PROVIDERS", default=[])
PRICE_PROVIDER_TIMEOUT_SECONDS = env.float("PRICE_PROVIDER_TIMEOUT_SECONDS", 10.0)
for _provider in PRICE_PROVIDERS:
    if _provider.get("name") not in ("coingecko", "coinmetrics", "coinbase") or not _provider.get("tokens"):
        raise ImproperlyConfigured(
            "PRICE_PROVIDERS names for each provider its name (coingecko, coinmetrics, coinbase) and its tokens."
        )

# --- HTTP -----------------------------------------------------------------------------------------------
SECURE_COOKIES = env.bool("SECURE_COOKIES", PRODUCTION)
SESSION_COOKIE_NAME = "__Host-session" if SECURE_COOKIES else "session"
CSRF_COOKIE_NAME = "__Host-csrf" if SECURE_COOKIES else "csrf"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_COOKIES
SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", SECURE_COOKIES)
SECURE_HSTS_SECONDS = 31_536_000 if SECURE_COOKIES else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = SECURE_COOKIES
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if env.bool("BEHIND_TLS_PROXY", False) else None
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CSRF_FAILURE_VIEW = "portal.http.views.csrf_refused"

# Requests to the API in a minute for each token, person or unknown address.
API_RATE_PER_MINUTE = env.int("API_RATE_PER_MINUTE", 600)
# Webhooks go to public addresses only; tests and a sandbox may allow the others.
WEBHOOK_ALLOW_PRIVATE = env.bool("WEBHOOK_ALLOW_PRIVATE", False)
WEBHOOK_TIMEOUT_SECONDS = env.float("WEBHOOK_TIMEOUT_SECONDS", 15.0)
if WEBHOOK_ALLOW_PRIVATE and PRODUCTION:
    raise ImproperlyConfigured(
        "WEBHOOK_ALLOW_PRIVATE lets anybody reach this place's own network; it cannot be on where PRODUCTION is."
    )
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "portal.http.tokens.BearerAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": [
        "rest_framework.permissions.IsAuthenticated",
        "portal.http.tokens.WithinScopes",
    ],
    "DEFAULT_THROTTLE_CLASSES": ["portal.http.tokens.Paced"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["portal.http.parsers.StrictJSONParser"],
    "DEFAULT_SCHEMA_CLASS": "portal.http.schema.Described",
    "EXCEPTION_HANDLER": "portal.http.problems.exception_handler",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Portal API",
    "VERSION": "1.0.0",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "portal.http.schema.describe_problems",
    ],
}

# --- language, time, static files -----------------------------------------------------------------------
USE_TZ = True
TIME_ZONE = "UTC"
USE_I18N = True
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("de", "Deutsch")]
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = ["portal.http.locales"]
STATIC_URL = "/static/"
STATIC_ROOT = Path(env("STATIC_ROOT", default=str(VAR_DIR / "static")))
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = env.bool("WHITENOISE_USE_FINDERS", not PRODUCTION)

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": env("LOG_LEVEL", default="INFO")},
}
