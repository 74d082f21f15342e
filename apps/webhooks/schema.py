"""What drf-spectacular does not see, since no DRF view answers it: the receiving of webhooks, and health."""

from typing import Any

from apps.core.errors import MEDIA_TYPE

Json = dict[str, Any]

_SIGNATURE = [
    {"name": name, "in": "header", "required": True, "schema": {"type": "string"}, "description": description}
    for name, description in (
        ("webhook-id", "1 to 255 of A-Z a-z 0-9 _ -, the same for every try of one event"),
        ("webhook-timestamp", "seconds since 1970, at most 5 minutes from our clock"),
        ("webhook-signature", "`v1,` and the base64 of HMAC-SHA256(key, `{id}.{timestamp}.{body}`)"),
    )
]
_SOURCE = {"name": "source", "in": "path", "required": True, "schema": {"type": "string"}}
_DELIVERY = {
    "name": "delivery",
    "in": "path",
    "required": True,
    "schema": {"type": "string", "format": "uuid"},
}
_EVENT = {
    "type": "object",
    "required": ["type", "timestamp", "data"],
    "properties": {
        "type": {"type": "string", "example": "course.updated"},
        "timestamp": {"type": "string", "format": "date-time"},
        "data": {"type": "object", "additionalProperties": True},
    },
}
_RECEIPT = {
    "type": "object",
    "required": ["status", "delivery"],
    "properties": {
        "status": {"type": "string", "enum": ["accepted", "ignored", "duplicate"]},
        "delivery": {"type": "string", "format": "uuid"},
    },
}
_HEALTH = {
    "type": "object",
    "required": ["status", "data", "message", "timestamp"],
    "properties": {
        "status": {"type": "string", "enum": ["ok", "degraded", "unavailable"]},
        "data": {"type": "object", "additionalProperties": True},
        "message": {"type": "string"},
        "timestamp": {"type": "string", "format": "date-time"},
    },
}


def add_plain_views(result: Json, **_: Any) -> Json:
    """A postprocessing hook of drf-spectacular."""
    result["paths"] |= {
        "/health/": {"get": _operation("health", "Whether this process is alive", {200: _HEALTH})},
        "/health/ready/": {
            "get": _operation(
                "health_ready", "Whether requests can be answered well", {200: _HEALTH, 503: _HEALTH}
            )
        },
        "/webhooks/{source}/": {
            "post": {
                **_operation(
                    "webhooks_receive",
                    "Receive an event of a course service",
                    {200: _RECEIPT, 202: _RECEIPT},
                    problems=(400, 401, 409, 411, 413, 415, 503),
                ),
                "parameters": [_SOURCE, *_SIGNATURE],
                "requestBody": {"required": True, "content": _content(_EVENT)},
            }
        },
        "/webhooks/{source}/deliveries/{delivery}/": {
            "get": {
                **_operation(
                    "webhooks_delivery",
                    "What became of a delivery",
                    {200: {"type": "object", "additionalProperties": True}},
                    problems=(401, 404, 503),
                ),
                "parameters": [_SOURCE, _DELIVERY, *_SIGNATURE],
            }
        },
    }
    return result


def _operation(id: str, summary: str, answers: dict[int, Json], *, problems: tuple[int, ...] = ()) -> Json:
    problem = {"$ref": "#/components/schemas/Problem"}
    responses = {
        str(status): {"description": "", "content": _content(schema)} for status, schema in answers.items()
    }
    refusals = {
        str(status): {"description": "", "content": {MEDIA_TYPE: {"schema": problem}}} for status in problems
    }
    return {
        "operationId": id,
        "summary": summary,
        "tags": [id.partition("_")[0]],
        "security": [{}],
        "responses": responses | refusals,
    }


def _content(schema: Json) -> Json:
    return {"application/json": {"schema": schema}}
