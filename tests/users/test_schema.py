from typing import Any

from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.generators import SchemaGenerator

from config.urls import api


def test_every_endpoint_of_users_is_described_without_warnings() -> None:
    GENERATOR_STATS.reset()
    generator: Any = SchemaGenerator  # the library is untyped
    ours = [route for route in api if route.callback.__module__.startswith("apps.users.views.")]
    paths = generator(patterns=ours).get_schema(request=None, public=True)["paths"]

    assert not GENERATOR_STATS
    for path, operations in paths.items():
        if not path.startswith(("/auth/", "/me/")):
            continue  # a postprocessing hook adds what no DRF view answers
        for method, operation in operations.items():
            assert operation["summary"], (path, method)
            assert {status[0] for status in operation["responses"]} >= {"2", "4"}, (path, method)
    assert paths["/me/export/"]["get"]["security"] == [{"accessToken": []}]
    assert paths["/auth/token/"]["post"]["security"] == [{}]
