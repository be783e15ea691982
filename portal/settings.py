"""Settings, all from the environment. An empty environment runs the embedded default (docs/settings.md)."""

import os
import re
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

BASE_DIR = Path(__file__).resolve().parent.parent


def env_text(name: str, default: str = "") -> str:
    return os.environ.get(name, "").strip() or default


def env_flag(name: str, default: bool) -> bool:
    text = env_text(name, "1" if default else "0").lower()
    if text not in {"0", "1", "true", "false", "yes", "no"}:
        raise ImproperlyConfigured(f"{name}={text!r} is not a yes or no. Set it to 1 or 0.")
    return text in {"1", "true", "yes"}


def env_number(name: str, default: float, low: float, high: float) -> float:
    text = env_text(name, str(default))
    try:
        number = float(text)
    except ValueError as error:
        raise ImproperlyConfigured(f"{name}={text!r} is not a number.") from error
    if not low <= number <= high:
        raise ImproperlyConfigured(f"{name}={text} must lie between {low:g} and {high:g}.")
    return number


def env_list(name: str, default: str = "") -> list[str]:
    return [part.strip() for part in env_text(name, default).split(",") if part.strip()]


# --- State and secrets ---------------------------------------------------------------------------

KAMADO_HOME = Path(env_text("KAMADO_HOME", str(BASE_DIR / "var"))).expanduser().resolve()


def secret_key() -> str:
    """Take the key from the environment, else the one kept in KAMADO_HOME (made by `portal.embedded`)."""
    if text := env_text("KAMADO_SECRET_KEY"):
        return text
    kept = KAMADO_HOME / "secret_key"
    if kept.exists():
        return kept.read_text(encoding="ascii").strip()
    return "insecure-only-until-the-embedded-services-have-written-a-key"


SECRET_KEY = secret_key()
# Keys of before: what they have signed or sealed is still taken (docs/operations.md, Rotate keys).
SECRET_KEY_FALLBACKS = env_list("KAMADO_SECRET_KEY_FALLBACKS")
DEBUG = env_flag("KAMADO_DEBUG", False)
ALLOWED_HOSTS = env_list("KAMADO_ALLOWED_HOSTS", "localhost,127.0.0.1,[::1],testserver")
CSRF_TRUSTED_ORIGINS = env_list("KAMADO_CSRF_TRUSTED_ORIGINS")
BEHIND_TLS = env_flag("KAMADO_BEHIND_TLS", False)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = BEHIND_TLS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_TLS else None
SECURE_HSTS_SECONDS = 31_536_000 if BEHIND_TLS else 0
X_FRAME_OPTIONS = "DENY"
METRICS_TOKEN = env_text("KAMADO_METRICS_TOKEN")

# --- Application ---------------------------------------------------------------------------------

INSTALLED_APPS = [
    "unfold",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.usersessions",
    "ninja",
    "portal.base",
    "stores",
    "models_registry",
    "detections",
    "alerts",
    "portal.home",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "portal.base.middleware.compressed_pages",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "portal.base.audit.requests.audited_request",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "models_registry.middleware.reader_currency",
    "allauth.account.middleware.AccountMiddleware",
    "portal.base.middleware.portal_errors",
    "portal.home.signin.middleware.last_seen",
    "portal.home.signin.middleware.second_factor_first",
]
ROOT_URLCONF = "portal.urls"
WSGI_APPLICATION = "portal.wsgi.application"
AUTH_USER_MODEL = "base.User"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
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
            ],
        },
    }
]
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5_000
DATA_UPLOAD_MAX_MEMORY_SIZE = 16 * 1024 * 1024  # a photo of 15 MB and what is said of it

# --- Database ------------------------------------------------------------------------------------


def database(url: str) -> dict[str, object]:
    """Read `postgresql://user:password@host:port/name?host=/socket/dir` into Django's form."""
    parts = urlsplit(url)
    if parts.scheme not in {"postgres", "postgresql"}:
        raise ImproperlyConfigured(
            "DATABASE_URL must begin with postgresql://; PostgreSQL is the only database."
        )
    query = dict(parse_qsl(parts.query))
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")) or "kamado",
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": query.pop("host", "") or parts.hostname or "",
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": query,
    }


DATABASES = {"default": database(env_text("DATABASE_URL", "postgresql:///kamado"))}

# --- Redis: broker, locks, cache -----------------------------------------------------------------

REDIS_URL = env_text("REDIS_URL", f"unix://{KAMADO_HOME / 'redis' / 'redis.sock'}")
CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}}
CELERY_BROKER_URL = REDIS_URL.replace("unix://", "redis+socket://", 1)

# --- Mail, and the links in it ---------------------------------------------------------------------


def mail_server(url: str) -> dict[str, object]:
    """Read `smtp://user:password@host:587` (STARTTLS), `smtps://…:465` or `smtp-plain://host:25`."""
    parts = urlsplit(url)
    if parts.scheme not in {"smtp", "smtps", "smtp-plain"} or not parts.hostname:
        raise ImproperlyConfigured(
            "KAMADO_SMTP_URL must be smtp://user:password@host:587 (STARTTLS), smtps://… or smtp-plain://…."
        )
    return {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": parts.hostname,
        "EMAIL_PORT": parts.port or {"smtp": 587, "smtps": 465, "smtp-plain": 25}[parts.scheme],
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_TLS": parts.scheme == "smtp",
        "EMAIL_USE_SSL": parts.scheme == "smtps",
    }


def http_address(name: str) -> str:
    """Take an address that begins with http:// or https://; empty for none."""
    text = env_text(name)
    if text and urlsplit(text).scheme not in {"http", "https"}:
        raise ImproperlyConfigured(f"{name}={text!r} must begin with https:// or http://.")
    return text


PUBLIC_URL = env_text("KAMADO_PUBLIC_URL", "http://localhost:8000").rstrip("/")
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env_text("KAMADO_MAIL_FROM", "Kamado <kamado@localhost>")
EMAIL_TIMEOUT = 20
# Without a server every mail is a file: nothing is lost, and the demo's can be read.
EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
EMAIL_FILE_PATH = KAMADO_HOME / "mail"
if env_text("KAMADO_SMTP_URL"):
    globals().update(mail_server(env_text("KAMADO_SMTP_URL")))
# Called while all is well; whoever listens there rings when it falls silent (docs/alerts.md).
DEADMAN_URL = http_address("KAMADO_DEADMAN_URL")
WEBHOOKS_PRIVATE = env_flag("KAMADO_WEBHOOKS_PRIVATE", False)

# --- Sign-in (django-allauth; docs/decisions/0009-sign-in.md) ---------------------------------------


def second_factor_for() -> str:
    """Take who must have a second factor before anything else: nobody, headquarters, or everybody."""
    text = env_text("KAMADO_REQUIRE_SECOND_FACTOR", "none").lower()
    if text not in {"none", "hq", "all"}:
        raise ImproperlyConfigured(f"KAMADO_REQUIRE_SECOND_FACTOR={text!r} must be none, hq or all.")
    return text


LOGIN_URL = "/login/"
LOGIN_REDIRECT_URL = "/start/"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
PASSWORD_RESET_TIMEOUT = 3 * 60 * 60
REQUIRE_SECOND_FACTOR = second_factor_for()
# How many proxies in front of us add to X-Forwarded-For: who tries passwords is told apart by address.
ALLAUTH_TRUSTED_PROXY_COUNT = int(env_number("KAMADO_TRUSTED_PROXIES", 1 if BEHIND_TLS else 0, 0, 9))
ACCOUNT_ADAPTER = "portal.home.signin.adapters.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "email", "password1*", "password2*"]
ACCOUNT_SIGNUP_ENABLED = False
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_LOGOUT_REDIRECT_URL = "/login/"
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_REAUTHENTICATION_METHODS = ["password", "mfa"]
ACCOUNT_REAUTHENTICATION_TIMEOUT = 600
# User.email is the one address of a person; this generator looks at no other table.
ACCOUNT_PASSWORD_RESET_TOKEN_GENERATOR = "django.contrib.auth.tokens.PasswordResetTokenGenerator"  # noqa: S105
ACCOUNT_FORMS = {
    "login": "portal.home.signin.forms.SignInForm",
    "reset_password": "portal.home.signin.forms.ResetForm",
    "reset_password_from_key": "portal.home.signin.forms.NewPasswordForm",
    "change_password": "portal.home.signin.forms.ChangeForm",
    "set_password": "portal.home.signin.forms.FirstPasswordForm",
    "reauthenticate": "portal.home.signin.forms.PasswordAgainForm",
}
# A person waits after five wrong passwords or codes, an address after thirty. Signing in costs nothing.
ACCOUNT_RATE_LIMITS = {"login": "", "login_failed": "30/10m/ip,5/15m/key"}
MFA_ADAPTER = "portal.home.signin.adapters.SecondFactorAdapter"
MFA_FORMS = {
    "authenticate": "portal.home.signin.forms.CodeForm",
    "reauthenticate": "portal.home.signin.forms.CodeAgainForm",
    "activate_totp": "portal.home.signin.forms.FirstCodeForm",
}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_ALLOW_UNVERIFIED_EMAIL = True
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_USER_VERIFICATION = "required"
MFA_TOTP_ISSUER = "Kamado"
MFA_TOTP_TOLERANCE = 1
# Single sign-on
OIDC_ISSUER = env_text("KAMADO_OIDC_ISSUER").rstrip("/")
OIDC_CLIENT_ID = env_text("KAMADO_OIDC_CLIENT_ID")
OIDC_CLIENT_SECRET = env_text("KAMADO_OIDC_CLIENT_SECRET")
OIDC_NAME = env_text("KAMADO_OIDC_NAME", "SSO")
OIDC_APP = {
    "provider_id": "sso",
    "name": OIDC_NAME,
    "client_id": OIDC_CLIENT_ID,
    "secret": OIDC_CLIENT_SECRET,
    "settings": {"server_url": OIDC_ISSUER, "oauth_pkce_enabled": True},
}
SOCIALACCOUNT_ADAPTER = "portal.home.signin.adapters.SingleSignOnAdapter"
SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"APPS": [OIDC_APP] if OIDC_ISSUER else []}}

# --- Amazon Rekognition --------------------------------------------------------------------------

AWS_ENDPOINT_URL_REKOGNITION = env_text("AWS_ENDPOINT_URL_REKOGNITION")
# botocore reads it itself; here it tells that roles can be assumed although Rekognition is a local one.
AWS_ENDPOINT_URL_STS = env_text("AWS_ENDPOINT_URL_STS")
AWS_DEFAULT_REGION = env_text("AWS_DEFAULT_REGION", "ap-northeast-1")


def buckets_dir() -> Path | None:
    """Take the folder whose folders stand for S3's buckets; none means S3 itself."""
    text = env_text("KAMADO_BUCKETS_DIR")
    path = Path(text).expanduser().resolve() if text else None
    if path is not None and path.exists() and not path.is_dir():
        raise ImproperlyConfigured(f"KAMADO_BUCKETS_DIR={text!r} is not a folder.")
    return path


BUCKETS_DIR = buckets_dir()
# Pictures of trays: a folder beside the other buckets, or a bucket on S3 through django-storages.
PICTURES_BUCKET = env_text("KAMADO_PICTURES_BUCKET")
PICTURES_DIR = KAMADO_HOME / "s3" / "kamado-pictures"
# The bucket by which AWS reads them: the folder's name stands for one.
PICTURES_BUCKET_NAME = PICTURES_BUCKET or PICTURES_DIR.name
STORAGES = {
    "default": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": PICTURES_DIR},
    },
    "staticfiles": {"BACKEND": "portal.base.static_files.CollectedFiles"},
    "pictures": {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {
            "bucket_name": PICTURES_BUCKET,
            "region_name": AWS_DEFAULT_REGION,
            "endpoint_url": env_text("AWS_ENDPOINT_URL_S3") or None,
            "default_acl": None,
            "querystring_auth": True,
            "file_overwrite": True,
            "signature_version": "s3v4",
        },
    }
    if PICTURES_BUCKET
    else {
        "BACKEND": "detections.gateways.picture_files.DurableFileStorage",
        "OPTIONS": {"location": PICTURES_DIR},
    },
}
# So many trays in 15 minutes and the owner is asked before the model stops; bounds may say otherwise.
ASK_TRAYS = int(env_number("KAMADO_ASK_TRAYS", 3, 1, 1_000))
TICK_SECONDS = env_number("KAMADO_TICK_SECONDS", 5, 0.5, 60)

# --- Amazon CloudWatch ---------------------------------------------------------------------------


def cloudwatch_namespace() -> str:
    """Take where the portal's signs of life go; none means nowhere."""
    text = env_text("KAMADO_CLOUDWATCH_NAMESPACE")
    if text and not re.fullmatch(r"(?!AWS/)[A-Za-z0-9._/#-]{1,255}", text):
        raise ImproperlyConfigured(
            f"KAMADO_CLOUDWATCH_NAMESPACE={text!r} is no namespace. Write it like Kamado; AWS keeps those "
            "that begin with AWS/ to itself."
        )
    return text


def installation() -> str:
    """Take the name by which the stack in AWS knows this portal."""
    text = env_text("KAMADO_INSTALLATION", "kamado")
    if not re.fullmatch(r"[a-z][a-z0-9-]{0,22}[a-z0-9]", text):
        raise ImproperlyConfigured(
            f"KAMADO_INSTALLATION={text!r} must be 2 to 24 small letters, digits and hyphens, a letter first."
        )
    return text


CLOUDWATCH_NAMESPACE = cloudwatch_namespace()
CLOUDWATCH_CONNECTION = env_text("KAMADO_CLOUDWATCH_CONNECTION")
INSTALLATION = installation()
# Once a day, CloudWatch's count of running models is laid beside the ledger.
COMPARE_METER = env_flag("KAMADO_COMPARE_METER", False)

# --- Money ---------------------------------------------------------------------------------------

TRAY_COUNTER = "detections.selectors.trays.trays_of"
CURRENCY = env_text("KAMADO_CURRENCY", "USD").upper()
if not (len(CURRENCY) == 3 and CURRENCY.isascii() and CURRENCY.isalpha()):
    raise ImproperlyConfigured(f"KAMADO_CURRENCY={CURRENCY!r} is not a currency. Write it like JPY.")
RATE_STALE_DAYS = int(env_number("KAMADO_RATE_STALE_DAYS", 7, 1, 366))

# --- Language and time ---------------------------------------------------------------------------

LANGUAGE_CODE = "ja"
LANGUAGES = [("ja", "日本語"), ("en", "English")]
LOCALE_PATHS = [
    BASE_DIR / "portal/base/locale",
    BASE_DIR / "stores/locale",
    BASE_DIR / "models_registry/locale",
    BASE_DIR / "detections/locale",
    BASE_DIR / "alerts/locale",
]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

# --- Static files --------------------------------------------------------------------------------

STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = KAMADO_HOME / "static"
WHITENOISE_USE_FINDERS = True

# --- Logging: one line an event on stderr --------------------------------------------------------

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": env_text("KAMADO_LOG_LEVEL", "INFO")},
    "loggers": {"botocore": {"level": "WARNING"}, "boto3": {"level": "WARNING"}},
}

# --- The chrome (django-unfold) ------------------------------------------------------------------

UNFOLD = {
    "SITE_TITLE": "Kamado",
    "SITE_HEADER": "Kamado 竈",
    "SITE_SUBHEADER": _("Bread-recognition models, lit and banked on time"),
    "SITE_URL": "/",
    "SITE_SYMBOL": "bakery_dining",
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": "portal.base.site.favicon"}],
    "SHOW_LANGUAGES": True,
    "SHOW_HISTORY": False,
    "SHOW_VIEW_ON_SITE": False,
    "STYLES": ["portal.base.site.stylesheet"],
    "SIDEBAR": {"show_search": False, "navigation": "portal.base.site.navigation"},
    "COLORS": {
        "primary": {
            "50": "#fff8ed", "100": "#ffefd4", "200": "#fedba8", "300": "#fdc171", "400": "#fb9b38",
            "500": "#f97f14", "600": "#bd5009", "700": "#a0420c", "800": "#903a11", "900": "#743211",
            "950": "#3f1706",
        }
    },
}  # fmt: skip
