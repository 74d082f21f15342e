"""Production: behind TLS, nothing of the demo, nothing that only a developer needs."""

from django.core.exceptions import ImproperlyConfigured

from config.settings.base import *
from config.settings.base import env

if env.debug:
    raise ImproperlyConfigured("DEBUG: must not be on in production")
if env.fcm_emulator_host:
    raise ImproperlyConfigured("FCM_EMULATOR_HOST: must not be set in production")
for issuer in env.oidc_issuers.values():
    if issuer.issuer.startswith("http:") or issuer.jwks_uri.startswith("http:"):
        raise ImproperlyConfigured(f"OIDC_ISSUERS: {issuer.provider}: must be https in production")

SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_SSL_REDIRECT = True
SECURE_REDIRECT_EXEMPT = [r"^health/"]
SECURE_HSTS_SECONDS = 31_536_000
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
ADMIN_SECOND_FACTOR = env.admin_second_factor or "required"
