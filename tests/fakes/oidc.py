"""An OpenID Connect issuer on a port of its own: discovery, keys, and ID tokens signed by them."""

import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from apps.users.oidc.issuers import Issuer

AUDIENCE = "campus-app"
RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
ANOTHER_RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
EC = ec.generate_private_key(ec.SECP256R1())


def jwk(key: Any, id: str, **members: Any) -> dict[str, Any]:
    algorithm: Any = (
        jwt.algorithms.RSAAlgorithm if isinstance(key, rsa.RSAPrivateKey) else jwt.algorithms.ECAlgorithm
    )
    return {**algorithm.to_jwk(key.public_key(), as_dict=True), "kid": id, "use": "sig", **members}


@dataclass
class FakeIssuer:
    """`keys` is what it publishes. `answer`, when set, is what it does instead of answering a request for them."""

    url: str = ""
    keys: list[dict[str, Any]] = field(default_factory=lambda: [jwk(RSA, "1", alg="RS256")])
    answer: Callable[[BaseHTTPRequestHandler], None] | None = None
    asked: Counter[str] = field(default_factory=Counter)

    def issuer(self, **settings: Any) -> Issuer:
        return Issuer(
            **{
                "provider": "university",
                "issuer": self.url,
                "audiences": frozenset({AUDIENCE}),
                "jwks_uri": f"{self.url}/keys",
                **settings,
            }
        )

    def claims(self, **claims: Any) -> dict[str, Any]:
        now = int(time.time())
        stated = {
            "iss": self.url,
            "sub": "248289761001",
            "aud": AUDIENCE,
            "iat": now,
            "exp": now + 3600,
            "email": "alice@example.org",
            "email_verified": True,
            "given_name": "Alice",
            "family_name": "Jović",
            **claims,
        }
        return {name: value for name, value in stated.items() if value is not ...}

    def token(
        self, *, key: Any = RSA, alg: str = "RS256", headers: dict[str, Any] | None = None, **claims: Any
    ) -> str:
        """A claim given as ... is left out."""
        return jwt.encode(self.claims(**claims), key, algorithm=alg, headers={"kid": "1", **(headers or {})})


@contextmanager
def fake_issuer() -> Iterator[FakeIssuer]:
    fake = FakeIssuer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            fake.asked[self.path] += 1
            if fake.answer is not None:
                fake.answer(self)
            elif self.path == "/keys":
                send(self, {"keys": fake.keys})
            elif self.path == "/.well-known/openid-configuration":
                send(self, {"issuer": fake.url, "jwks_uri": f"{fake.url}/keys"})
            else:
                self.send_error(404)

        def log_message(self, *args: Any) -> None:
            """Nobody reads it."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    fake.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield fake
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def send(request: BaseHTTPRequestHandler, document: Any, status: int = 200, **headers: str) -> None:
    send_raw(request, json.dumps(document).encode(), status, **headers)


def send_raw(request: BaseHTTPRequestHandler, body: bytes, status: int = 200, **headers: str) -> None:
    request.send_response(status)
    for name, value in {
        "Content-Type": "application/json",
        "Content-Length": str(len(body)),
        **headers,
    }.items():
        request.send_header(name, value)
    request.end_headers()
    request.wfile.write(body)
