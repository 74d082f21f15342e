"""The public keys of an issuer, kept by each process: fetched when needed, by one thread for all, and kept while the issuer is away."""

import math
import threading
import time
from dataclasses import dataclass
from typing import Any

import jwt
import structlog
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from apps.core.errors import Unavailable
from apps.users.oidc.fetching import NotFetched, fetch_json
from apps.users.oidc.issuers import Issuer
from apps.users.oidc.urls import acceptable

log = structlog.get_logger(__name__)

FETCH_SECONDS = 3.0
FRESH_SECONDS = 3600.0
# Whoever sends made-up key ids makes us ask no oftener than this.
PAUSE_SECONDS = 30.0
PAUSE_WITHOUT_KEYS_SECONDS = 5.0

_RSA = frozenset({"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"})
_EC = {"secp256r1": "ES256", "secp384r1": "ES384", "secp521r1": "ES512"}
SHORTEST_RSA_BITS = 2048


@dataclass(frozen=True, slots=True)
class Key:
    """`algorithms` are those a signature by this key may have: what the key says of itself, never what a token says."""

    id: str
    algorithms: frozenset[str]
    public: Any


class KeySet:
    """Thread-safe. Seconds are of `monotonic`."""

    def __init__(self, issuer: Issuer) -> None:
        self._issuer = issuer
        self._keys: tuple[Key, ...] = ()
        self._fetched = self._tried = -math.inf
        self._fetching = threading.Lock()

    def find(self, *, id: str | None, algorithm: str) -> Key | None:
        """Fetches at most once, outside any transaction. Raises Unavailable when there are no keys at all."""
        found = self._matching(id, algorithm)
        if found and monotonic() - self._fetched < FRESH_SECONDS:
            return found
        # With a key at hand nobody waits for whoever fetches already.
        if self._fetching.acquire(blocking=found is None, timeout=-1 if found else 2 * FETCH_SECONDS):
            try:
                if found or not self._matching(id, algorithm):
                    self._fetch_if_due()
            finally:
                self._fetching.release()
        if not self._keys:
            raise Unavailable(
                "The identity provider cannot be asked at the moment.",
                retry_after=math.ceil(PAUSE_WITHOUT_KEYS_SECONDS),
            )
        return self._matching(id, algorithm)

    def _matching(self, id: str | None, algorithm: str) -> Key | None:
        """A token that names no key is checked with the only one there is (OpenID Connect Core 1.0, section 10.1)."""
        fit = [key for key in self._keys if algorithm in key.algorithms and id in (key.id, None)]
        return fit[0] if len(fit) == 1 or (fit and id is not None) else None

    def _fetch_if_due(self) -> None:
        if monotonic() - self._tried < (PAUSE_SECONDS if self._keys else PAUSE_WITHOUT_KEYS_SECONDS):
            return
        try:
            keys = _fetch(self._issuer)
        except NotFetched as error:
            log.warning("oidc_keys_not_fetched", provider=self._issuer.provider, reason=str(error))
        else:
            self._keys, self._fetched = keys, monotonic()
        self._tried = monotonic()


def monotonic() -> float:
    return time.monotonic()


def _fetch(issuer: Issuer) -> tuple[Key, ...]:
    deadline = time.monotonic() + FETCH_SECONDS
    document = fetch_json(issuer.jwks_uri or _discover(issuer, deadline), deadline=deadline)
    listed = document.get("keys")
    keys = [key for jwk in (listed if isinstance(listed, list) else []) if (key := _key(jwk))]
    if not keys:
        raise NotFetched("no key that could be used")
    return tuple(keys)


def _discover(issuer: Issuer, deadline: float) -> str:
    """OpenID Connect Discovery 1.0, sections 4.1 and 4.3: the document must name the very issuer it was asked of."""
    document = fetch_json(f"{issuer.issuer.rstrip('/')}/.well-known/openid-configuration", deadline=deadline)
    if document.get("issuer") != issuer.issuer:
        raise NotFetched("the discovery document is of another issuer")
    uri = document.get("jwks_uri")
    if not isinstance(uri, str) or not acceptable(uri, plain=issuer.issuer.startswith("http:")):
        raise NotFetched("the discovery document names no https address of keys")
    return uri


def _key(jwk: Any) -> Key | None:
    """None for what is no key of ours to use: symmetric, for encryption, too short, of an unknown kind (RFC 7517, section 5)."""
    if not isinstance(jwk, dict) or jwk.get("kty") == "oct" or jwk.get("use", "sig") != "sig":
        return None
    try:
        public = jwt.PyJWK(jwk).key
    except (jwt.PyJWTError, ValueError, TypeError, KeyError):
        return None
    algorithms = _algorithms(public)
    if "alg" in jwk:
        algorithms &= {str(jwk["alg"])}
    return Key(id=str(jwk.get("kid", "")), algorithms=algorithms, public=public) if algorithms else None


def _algorithms(public: Any) -> frozenset[str]:
    match public:
        case RSAPublicKey():
            return _RSA if public.key_size >= SHORTEST_RSA_BITS else frozenset()
        case EllipticCurvePublicKey():
            return frozenset({_EC[public.curve.name]} if public.curve.name in _EC else ())
        case Ed25519PublicKey():
            return frozenset({"EdDSA"})
    return frozenset()


_sets: dict[Issuer, KeySet] = {}
_making = threading.Lock()


def keys_of(issuer: Issuer) -> KeySet:
    with _making:
        return _sets.setdefault(issuer, KeySet(issuer))


def forget() -> None:
    """For tests: what this process knows of keys."""
    _sets.clear()
