"""Who may say who somebody is: OpenID Connect issuers as OIDC_ISSUERS configures them, and what is known of the big ones."""

from dataclasses import dataclass, field

ANY_DOMAIN = "*"


@dataclass(frozen=True, slots=True)
class Known:
    """Facts about a provider that nobody needs to configure. `spellings` are other values of `iss` that its tokens carry."""

    issuer: str
    jwks_uri: str
    spellings: frozenset[str] = frozenset()
    vouches_for_email: bool = False


# Google, "Verify the Google ID token on your server side": `iss` with or without https://. Apple, "Sign in with Apple REST API": only
# verified addresses are given. Facebook, "OIDC Token for Limited Login": the spelling of `iss` has changed over the years.
KNOWN = {
    "google": Known(
        "https://accounts.google.com",
        "https://www.googleapis.com/oauth2/v3/certs",
        spellings=frozenset({"accounts.google.com"}),
    ),
    "apple": Known(
        "https://appleid.apple.com", "https://appleid.apple.com/auth/keys", vouches_for_email=True
    ),
    "facebook": Known(
        "https://www.facebook.com",
        "https://limited.facebook.com/.well-known/oauth/openid/jwks/",
        spellings=frozenset({"https://facebook.com", "https://limited.facebook.com"}),
    ),
}


@dataclass(frozen=True, slots=True)
class Issuer:
    """One provider. Domains are in lower case.

    `issuer` is what its identities are kept under, `spellings` the other values of `iss` it may use. Without `jwks_uri` its discovery
    document names it. `vouches_for_email`: its addresses are verified although its tokens do not say so. `link_by_email`: the domains
    whose addresses open an account that is there already. `roles`: the role of newcomers, by the domain of their address.
    """

    provider: str
    issuer: str
    audiences: frozenset[str]
    jwks_uri: str = ""
    spellings: frozenset[str] = frozenset()
    vouches_for_email: bool = False
    link_by_email: frozenset[str] = frozenset()
    nonce_required: bool = False
    roles: dict[str, str] = field(default_factory=dict, hash=False)

    def links(self, domain: str) -> bool:
        return not self.link_by_email.isdisjoint({ANY_DOMAIN, domain})
