"""What every process shares. Values from outside come through config.env alone."""

import hmac
import os
from datetime import timedelta
from pathlib import Path
from typing import Any

from redis.backoff import NoBackoff
from redis.retry import Retry

from config.env import Environment
from config.settings.pages import *

ROOT = Path(__file__).resolve().parents[2]
env = Environment.read(os.environ)

SECRET_KEY = env.secret_key
DEBUG = env.debug
ALLOWED_HOSTS = env.allowed_hosts
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"

INSTALLED_APPS = [
    "unfold.apps.BasicAppConfig",
    "config.admin.StaffAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "corsheaders",
    "csp",
    "rest_framework",
    "django_filters",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "django_otp.plugins.otp_static",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "apps.core",
    "apps.mail",
    "apps.users",
    "apps.courses",
    "apps.notifications",
    "apps.webhooks",
]

# The request id, the log line, metrics and security headers are added outside Django, in apps/core/wsgi.py.
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "corsheaders.middleware.CorsMiddleware",
    "config.page_policy.PagePolicy",
    "config.page_middleware.Sessions",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.http.ConditionalGetMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "config.page_middleware.Authentication",
    "config.page_middleware.SecondFactor",
    "config.page_middleware.Messages",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

# Where an answer may one day be for the scripts of another site; elsewhere it does not differ by who asks.
CORS_URLS_REGEX = r"^/api/"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

# One connection a thread, kept and checked: a pool took seconds to recover after an outage, a fresh connection milliseconds.
DATABASES = {
    "default": {
        "ENGINE": "apps.core.postgresql",
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
        **env.database,
        # 0 prepares at once the statements of apps/core/prepared.py, the only ones whose cursors prepare any.
        "OPTIONS": {"connect_timeout": 1, "prepare_threshold": 0, **env.database["OPTIONS"]},
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# A cache may be slow or away, never in the way: 0.2 s at the most, which leaves room under 0.3 s, and no retries (redis-py's own would block for seconds). No
# greetings beyond SELECT when connecting, each of which could be waited for. What comes back is JSON or plain bytes, never a pickle.
_REDIS_OPTIONS: dict[str, Any] = {
    "SOCKET_CONNECT_TIMEOUT": 0.2,
    "SOCKET_TIMEOUT": 0.2,
    "CONNECTION_POOL_KWARGS": {
        "retry": Retry(NoBackoff(), 0),
        "protocol": 2,
        "driver_info": None,
    },
}
CACHES: dict[str, dict[str, Any]] = {
    "default": {
        "BACKEND": "django_redis.cache.RedisCache",
        "LOCATION": env.redis_url,
        "KEY_PREFIX": "campanile",
        "OPTIONS": _REDIS_OPTIONS | {"SERIALIZER": "django_redis.serializers.json.JSONSerializer"},
    },
    "bytes": {
        "BACKEND": "django_redis.cache.RedisCache",
        "LOCATION": env.redis_url,
        "KEY_PREFIX": "campanile-bytes",
        "OPTIONS": _REDIS_OPTIONS | {"SERIALIZER": "apps.core.bytes_cache.PlainBytes"},
    },
}

AUTH_USER_MODEL = "users.User"
AUTHENTICATION_BACKENDS = ["apps.users.backends.Accounts"]
PASSWORD_HASHERS = [
    "apps.users.hashers.Argon2",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
] + [
    {
        "NAME": "apps.users.password_rules.NotMadeOfOurWords",
        "OPTIONS": {
            "words": [
                "campanile",
                "kampanil",
                "faculty",
                "fakultet",
                "university",
                "univerzitet",
                "student",
                "password",
                "lozinka",
            ]
        },
    }
]
PASSWORD_RESET_TIMEOUT = 3600

# Of those who enter the admin: "required", or "optional" for whoever wants one. Production requires it unless told otherwise.
ADMIN_SECOND_FACTOR = env.admin_second_factor or "optional"
OTP_TOTP_ISSUER = "Campanile"
# apps/users/second_factor.py counts wrong codes, exactly and also across devices; django-otp's own delays grow for ever.
OTP_TOTP_THROTTLE_FACTOR = OTP_STATIC_THROTTLE_FACTOR = 0

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("sr", "Srpski")]
LOCALE_PATHS = [ROOT / "config" / "locale"]
USE_I18N = True
USE_TZ = True
FORMAT_MODULE_PATH = ["config.formats"]
TIME_ZONE = "UTC"

STATIC_URL = "/static/"
STATIC_ROOT: Path | None = ROOT / env.static_root
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["apps.users.authentication.AccessTokenAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["apps.core.parsers.JSONParser"],
    "DEFAULT_PAGINATION_CLASS": "apps.core.pagination.KeysetPagination",
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "apps.core.negotiation.Negotiation",
    "DEFAULT_METADATA_CLASS": "apps.core.metadata.Methods",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "apps.core.exception_handler.problem_response",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
# Where people with browsers work: they have sessions there, and errors are pages. Everywhere else errors are problem documents.
PAGE_PREFIXES = ("/admin/", "/account/", "/unsubscribe/")

SPECTACULAR_SETTINGS = {
    "TITLE": "Campanile",
    "DESCRIPTION": "The backend of a campus app: catalogue, timetable, exams, and the messages that ring phones.",
    "VERSION": "1",
    "OAS_VERSION": "3.0.3",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "apps.core.openapi.make_patches_partial",
        "apps.webhooks.schema.add_plain_views",
    ],
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": {
        "EntryKind": "apps.courses.schema.ENTRY_KINDS",
        "ExamKind": "apps.courses.schema.EXAM_KINDS",
        "PeriodKind": "apps.courses.schema.PERIOD_KINDS",
        "ChangeKind": "apps.courses.schema.CHANGE_KINDS",
        "ExceptionStatus": "apps.courses.schema.EXCEPTION_STATUSES",
        "OccurrenceStatus": "apps.courses.schema.OCCURRENCE_STATUSES",
        "AddressKind": "apps.notifications.models.device.Device.Kind",
    },
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
}
# What tokens are signed with: see apps/users/keyring.py, which the library's own settings know nothing of.
TOKEN_KEYS = env.token_keys
SIMPLE_JWT = {
    "ACCESS_TOKEN_LIFETIME": timedelta(minutes=10),
    "REFRESH_TOKEN_LIFETIME": timedelta(days=90),
    "AUDIENCE": "campanile",
    "ISSUER": "campanile",
}

LOGGING_CONFIG = "apps.core.logging.configure"
LOGGING = {"json": True, "level": "INFO"}
METRICS_TOKEN = env.metrics_token
# Below these a path is a secret, which the log must not hold.
SECRET_PATH_PREFIXES = [
    "/calendar/",
    "/unsubscribe/",
    "/account/confirm/",
    "/account/reset/",
    "/account/deletion/",
]

CATALOGUE_PUBLIC = env.catalogue_public
WEBHOOK_SECRETS = env.webhook_secrets
OIDC_ISSUERS = env.oidc_issuers
DELIVERY_RETENTION = timedelta(days=env.delivery_retention_days)
DEVICE_RETENTION = timedelta(days=env.device_retention_days)
GOOGLE_APPLICATION_CREDENTIALS = env.google_application_credentials
FIREBASE_PROJECT_ID = env.firebase_project_id
FCM_EMULATOR_HOST = env.fcm_emulator_host
FCM_MAX_PER_SECOND = env.fcm_max_per_second
SETTLE_SECONDS = env.settle_seconds
RING_LIMIT = env.ring_limit
DELETION_LIMIT = env.deletion_limit
TRUSTED_PROXIES = env.trusted_proxies
# Where people with browsers find us: what links in letters begin with.
PUBLIC_URL = env.public_url
DEFAULT_FROM_EMAIL = env.email_from
UNSUBSCRIBE_KEY = hmac.digest(SECRET_KEY.encode(), b"links that stop letters", "sha256").hex()
EXAM_EMAIL_AFTER_HOURS = env.exam_email_after_hours
vars().update(env.email)

# The worker's lanes: what each polls, see apps/core/worker.py.
WORKER_LANES = {
    "apply": "apps.webhooks.processing.apply_pending",
    "expiry": "apps.courses.expiry.expire_due",
    "fan-out": "apps.notifications.outbox.expand_due",
    "announcements": "apps.notifications.announcements.send_due",
    "push": "apps.notifications.delivery.send_due",
    "mail": "apps.mail.delivery.send_due",
    "exports": "apps.users.exporting.build_due",
    "schedule": "apps.core.schedule.run_due",
}
# How long those lanes wait that have found nothing to do and where nobody notices; the others wait 50 ms, see apps/core/worker.py. What a
# delivery brings rings at once all the same: the lane before wakes the next.
WORKER_IDLE_SECONDS = {
    "fan-out": 0.25,
    "push": 0.25,
    "expiry": 0.5,
    "announcements": 0.5,
    "mail": 0.5,
    "exports": 1.0,
    "schedule": 0.5,
}
# Two deliveries applied together cost six tenths of what they cost one after the other. So while they keep coming they are gathered for so
# long, which is a third of the time in which a change is to be seen.
WORKER_GATHER_SECONDS = {"apply": 0.1}

# What the schedule lane runs, and how often.
SCHEDULE = {
    "apps.notifications.announcements.finish": timedelta(seconds=5),
    "apps.notifications.mailing.post_due": timedelta(seconds=2),
    "apps.notifications.exam_mail.plan_unread": timedelta(minutes=1),
    "apps.mail.tidying.expire": timedelta(seconds=10),
    "apps.notifications.reminders.plan_due": timedelta(seconds=10),
    "apps.notifications.tomorrow.plan_tomorrow": timedelta(seconds=20),
    "apps.notifications.reminders.forget": timedelta(minutes=5),
    "apps.webhooks.watching.watch": timedelta(seconds=30),
    "apps.users.pruning.prune": timedelta(minutes=5),
    "apps.webhooks.pruning.prune": timedelta(minutes=5),
    "apps.users.deletion.purge": timedelta(minutes=10),
    "apps.users.exporting.sweep": timedelta(minutes=10),
    "apps.notifications.unseen.retire_unseen": timedelta(hours=1),
    "apps.notifications.unseen.remove_retired": timedelta(hours=1),
    "apps.mail.tidying.prune": timedelta(hours=1),
}

# What /health/ready/ asks, in this order; each returns nothing or raises with the reason.
READINESS_CHECKS = {
    "database": "apps.core.readiness.database",
    "cache": "apps.core.readiness.cache",
    "migrations": "apps.core.readiness.migrations",
    "workers": "apps.core.readiness.workers",
    "sources": "apps.webhooks.readiness.sources",
    "phones": "apps.notifications.readiness.phones",
    "mail": "apps.mail.readiness.mail",
}

# What /metrics asks beside its own counts; each returns Prometheus metrics, from the database.
METRICS_COLLECTORS = {
    "webhooks": "apps.webhooks.metrics.from_database",
    "phones": "apps.notifications.metrics.from_database",
    "mail": "apps.mail.metrics.from_database",
}

# What each app holds about a person, see apps/core/personal_data.py.
PERSONAL_DATA = [
    "apps.mail.personal_data.HELD",
    "apps.users.personal_data.HELD",
    "apps.courses.personal_data.HELD",
    "apps.notifications.personal_data.HELD",
]
