from typing import Any

from rest_framework.metadata import BaseMetadata
from rest_framework.request import Request


class Methods(BaseMetadata):
    """The answer to OPTIONS: the methods, as the Allow header has them. What they take stands in the OpenAPI document.

    DRF's own tries the view out to tell the fields of its form, and asks those with a PUT for an object they do not have.
    """

    def determine_metadata(self, request: Request, view: Any) -> dict[str, Any]:
        # The class of views cannot be named here: its module imports this one.
        return {"methods": view.allowed_methods}
