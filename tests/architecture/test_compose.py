"""Containers, nginx and the code agree with each other. What nginx and Docker make of it is seen by running them."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.conf import settings

from apps.webhooks.views import MAX_BODY_BYTES
from compose.validate import faults

COMPOSE = Path(__file__).resolve().parents[2] / "compose"
ROOT = COMPOSE.parent
NGINX = COMPOSE / "prod" / "nginx"
FILES = sorted(COMPOSE.glob("*/compose.yaml"))


def services(name: str) -> dict[str, dict[str, Any]]:
    document = yaml.safe_load((COMPOSE / name / "compose.yaml").read_text())
    found: dict[str, dict[str, Any]] = document["services"]
    return found


def ours(name: str) -> dict[str, dict[str, Any]]:
    """The services that run our code."""
    return {key: service for key, service in services(name).items() if "build" in service}


def directive(file: str, name: str) -> list[str]:
    return re.findall(rf"^\s*{name}\s+(.+);$", (NGINX / file).read_text(), re.MULTILINE)


def gunicorn(name: str) -> int:
    """Read, not run: running that file changes the environment of the process."""
    [value] = re.findall(rf"^{name} = (\d+)", (ROOT / "config" / "gunicorn.py").read_text(), re.MULTILINE)
    return int(value)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.parent.name)
def test_the_compose_files_are_valid(file: Path) -> None:
    assert faults(file) == []


def test_there_is_one_for_development_and_one_for_production() -> None:
    assert [file.parent.name for file in FILES] == ["dev", "prod"]


@pytest.mark.parametrize("name", ["dev", "prod"])
def test_every_variable_is_one_that_is_read(name: str) -> None:
    read = set(re.findall(r'reader\("([A-Z_]+)"', (ROOT / "config" / "env.py").read_text()))
    read |= set(re.findall(r'environ\.get\("([A-Z_]+)"', (ROOT / "config" / "gunicorn.py").read_text()))
    read |= {f"{variable}_FILE" for variable in read} | {"DJANGO_SETTINGS_MODULE"}
    for service in ours(name).values():
        assert set(service["environment"]) <= read


def test_what_production_insists_on_stands_in_the_example_and_in_the_run_of_ci() -> None:
    needed = set(re.findall(r"\$\{([A-Z_]+):\?", (COMPOSE / "prod" / "compose.yaml").read_text()))
    assert "ALLOWED_HOSTS" in needed
    example = (COMPOSE / "prod" / "environment.example").read_text()
    assert needed <= set(re.findall(r"^([A-Z_]+)=", example, re.MULTILINE))
    ci = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text())
    assert needed <= set(ci["jobs"]["containers"]["env"])


def test_every_secret_is_mounted_where_it_is_looked_for() -> None:
    for service in ours("prod").values():
        looked_for = {
            str(value).removeprefix("/run/secrets/")
            for value in service["environment"].values()
            if str(value).startswith("/run/secrets/")
        }
        assert looked_for == set(service["secrets"])


def test_no_secret_of_production_stands_in_a_variable() -> None:
    for service in services("prod").values():
        for variable in service.get("environment", {}):
            assert not re.search(
                r"(SECRET_KEY|SECRETS|PASSWORD|TOKEN|TOKEN_KEYS|DATABASE_URL|EMAIL_URL)$", variable
            )


def test_only_the_worker_of_production_can_ring_phones() -> None:
    holders = {
        name
        for name, service in services("prod").items()
        if "google_credential" in service.get("secrets", ())
    }
    assert holders == {"worker"}


def test_only_nginx_can_be_reached_from_outside() -> None:
    published = {name for name, service in services("prod").items() if "ports" in service}
    assert published == {"nginx"}
    for service in services("dev").values():
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", ()))


def test_a_container_of_production_can_do_little_harm() -> None:
    for service in services("prod").values():
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert set(service["deploy"]["resources"]["limits"]) == {"cpus", "memory", "pids"}


def test_what_serves_starts_after_the_migrations() -> None:
    for name in ("web", "worker"):
        after = services("prod")[name]["depends_on"]
        assert after["migrate"]["condition"] == "service_completed_successfully"


def test_the_image_is_pinned_and_not_run_by_root() -> None:
    lines = (COMPOSE / "Dockerfile").read_text().splitlines()
    bases = [line.split()[1] for line in lines if line.startswith("FROM ")]
    assert re.fullmatch(r"python:3\.\d+\.\d+-slim-\w+", bases[0])
    assert [line for line in lines if line.startswith("USER ")] == ["USER 10001:10001"]
    assert not any(re.search(r"^(ARG|ENV).*(SECRET|PASSWORD|TOKEN)", line) for line in lines)


def test_only_what_is_named_reaches_an_image() -> None:
    rules = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line and line[0] != "#"]
    assert rules[0] == "*"
    allowed = {rule[1:] for rule in rules if rule.startswith("!")}
    copied = set(re.findall(r"^COPY (?!--)(\S+)", (COMPOSE / "Dockerfile").read_text(), re.MULTILINE))
    assert allowed == copied


def test_nginx_lets_the_longest_delivery_through() -> None:
    assert str(MAX_BODY_BYTES) in directive("site.conf", "client_max_body_size")


def test_nginx_is_the_one_who_closes_idle_connections() -> None:
    [idle] = directive("upstream.conf", "keepalive_timeout")
    assert int(idle.removesuffix("s")) < gunicorn("keepalive")


def test_nginx_waits_longer_than_gunicorn_lets_a_worker_be_silent() -> None:
    [patience] = directive("proxy.conf", "proxy_read_timeout")
    assert int(patience.removesuffix("s")) > gunicorn("timeout")


@pytest.mark.parametrize("prefix", settings.SECRET_PATH_PREFIXES)
def test_nginx_logs_no_path_that_is_a_secret(prefix: str) -> None:
    assert f'~^{prefix} "{prefix}…";' in (NGINX / "logs.conf").read_text()
    block = (NGINX / "site.conf").read_text().partition(f"location {prefix} {{")[2].partition("}")[0]
    assert "error_log /dev/null;" in block


def test_nginx_keeps_only_what_the_application_lets_it_and_nothing_old() -> None:
    text = "".join(file.read_text() for file in NGINX.glob("*.conf"))
    assert "proxy_cache_valid" not in text
    assert directive("cache.conf", "proxy_ignore_headers") == ["Cache-Control Expires"]
    assert directive("cache.conf", "proxy_cache_use_stale") == ["off"]
    assert directive("cache.conf", "proxy_cache_key")[0].startswith('"$this_second ')


def test_every_configuration_file_of_nginx_is_included() -> None:
    included = {name for file in NGINX.iterdir() for name in directive(file.name, "include")}
    assert included | {"nginx.conf"} == {file.name for file in NGINX.iterdir()}
