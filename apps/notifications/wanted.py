"""What the last look before sending comes to: what a push is to tell, or why it is to tell nothing."""

import dataclasses
import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from apps.courses.beginnings import Beginning
from apps.notifications.claimed import Claimed
from apps.notifications.models import Notification
from apps.notifications.net_change import NetChange


@dataclasses.dataclass(frozen=True, slots=True)
class Reminded:
    """What a reminder is about, never empty, by start. `titles` are those of their courses by language, that of the source under ""."""

    beginnings: Sequence[Beginning]
    titles: Mapping[uuid.UUID, Mapping[str, str]]


class Wanted(NamedTuple):
    """What to tell now, nothing but itself if it is an announcement; `told_revision` is the revision it speaks of.

    `reminded` is of a reminder, which is not sent after `latest`.
    """

    push: Claimed
    changes: list[NetChange]
    told_revision: int
    reminded: Reminded | None = None
    latest: datetime | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class Unwanted:
    push: Claimed
    why: Notification.Why
