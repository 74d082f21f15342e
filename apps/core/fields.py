"""Fields of request bodies that take what is meant and nothing else."""

from typing import Any

from rest_framework import serializers


class Text(serializers.CharField):
    """DRF's own also takes numbers, and writes them down as text."""

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)
