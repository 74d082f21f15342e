"""What happens in a week: the same list is played by the product and by the model."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class Action:
    """`what`: course, delete, term, snapshot, override, announce (of the faculty); choose, sign_in, sign_out, deactivate (of `who`)."""

    at: datetime
    what: str
    name: str
    who: str = ""
    data: dict[str, Any] = field(default_factory=dict)
    silenced: bool = False
