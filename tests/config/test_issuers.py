"""OIDC_ISSUERS says who may sign people in; what is wrong with it is named by provider and field."""

import json
import re
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from apps.users.oidc.issuers import KNOWN
from apps.users.roles import Role
from config.env import Environment
from config.issuers import ROLES, read_issuers

SSO = {"issuer": "https://sso.example.edu/realms/campus", "audiences": ["campus-app"]}


def read(**providers: Any) -> Any:
    return read_issuers(json.dumps(providers))


def test_the_big_ones_need_nothing_but_an_audience() -> None:
    issuers = read(**{provider: {"audiences": ["app"]} for provider in KNOWN})

    for provider, issuer in issuers.items():
        known = KNOWN[provider]
        assert (issuer.issuer, issuer.jwks_uri, issuer.spellings) == (
            known.issuer,
            known.jwks_uri,
            known.spellings,
        )
        assert issuer.audiences == {"app"}
        assert not issuer.links("example.edu")
    assert [provider for provider, issuer in issuers.items() if issuer.vouches_for_email] == ["apple"]


def test_an_issuer_of_the_institution_is_asked_where_its_keys_are() -> None:
    said = SSO | {"link_by_email": ["Example.edu"], "roles": {"Teachers.example.edu": "teacher"}}
    issuer = read(university=said)["university"]

    assert (issuer.issuer, issuer.jwks_uri) == (SSO["issuer"], "")
    assert (issuer.links("example.edu"), issuer.links("sub.example.edu"), issuer.links("edu")) == (
        True,
        False,
        False,
    )
    assert issuer.roles == {"teachers.example.edu": "teacher"}
    assert read(university=SSO | {"link_by_email": True})["university"].links("any.example")


def test_there_are_the_roles_that_people_can_have() -> None:
    assert list(ROLES) == Role.values


@pytest.mark.parametrize(
    ("value", "fault"),
    [
        ("{", "is not JSON"),
        ("[]", "must look like"),
        ('{"google": []}', "google: must be an object"),
        ('{"Google": {}}', "'Google': a provider is named by"),
        ('{"google": {}}', "google.audiences: must be a list"),
        ('{"google": {"audiences": []}}', "google.audiences: must be a list"),
        ('{"google": {"audiences": "app"}}', "google.audiences: must be a list"),
        ('{"google": {"audiences": [""]}}', "google.audiences: must be a list"),
        ('{"google": {"audiences": ["a"], "audience": "b"}}', "google.audience: is not known"),
        ('{"google": {"audiences": ["a"], "audiences": ["b"]}}', "twice"),
        ('{"sso": {"audiences": ["a"]}}', "sso.issuer: is needed"),
        ('{"sso": {"audiences": ["a"], "issuer": "sso.example.edu"}}', "sso.issuer: must be an https://"),
        (
            '{"sso": {"audiences": ["a"], "issuer": "http://sso.example.edu"}}',
            "sso.issuer: must be an https://",
        ),
        ('{"sso": {"audiences": ["a"], "issuer": "http://127.0.0.1.example.edu"}}', "sso.issuer: must be"),
        ('{"sso": {"audiences": ["a"], "issuer": "https://a:b@sso.example.edu"}}', "sso.issuer: must be"),
        ('{"sso": {"audiences": ["a"], "issuer": "https://sso.example.edu:x"}}', "sso.issuer: must be"),
        ('{"google": {"audiences": ["a"], "jwks_uri": "file:///keys"}}', "google.jwks_uri: must be"),
        ('{"google": {"audiences": ["a"], "link_by_email": "yes"}}', "google.link_by_email: must be a list"),
        (
            '{"google": {"audiences": ["a"], "link_by_email": ["*"]}}',
            "google.link_by_email: '*' is no domain",
        ),
        (
            '{"google": {"audiences": ["a"], "vouches_for_email": "false"}}',
            "google.vouches_for_email: must be true",
        ),
        ('{"google": {"audiences": ["a"], "roles": ["teacher"]}}', "google.roles: must look like"),
        (
            '{"google": {"audiences": ["a"], "roles": {"example.edu": "rector"}}}',
            "google.roles.example.edu: must be one",
        ),
        (
            '{"google": {"audiences": ["a"], "roles": {"example.edu": ["teacher"]}}}',
            "google.roles.example.edu: must be one",
        ),
        ('{"google": {"audiences": ["a"], "roles": {"*": "staff"}}}', "google.roles: '*' is no domain"),
        (
            '{"a": {"audiences": ["a"], "issuer": "https://x.example"}, "b": {"audiences": ["b"], "issuer": "https://x.example"}}',
            "two providers have the same issuer",
        ),
    ],
)
def test_a_fault_is_named_by_provider_and_field(value: str, fault: str) -> None:
    with pytest.raises(ValueError, match=re.escape(fault)):
        read_issuers(value)


def test_the_process_does_not_start_with_a_fault() -> None:
    with pytest.raises(ImproperlyConfigured, match=r"OIDC_ISSUERS: google\.audiences: must be a list"):
        Environment.read({"OIDC_ISSUERS": '{"google": {}}'})
