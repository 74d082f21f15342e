"""What is known of a committed revision: its number, and which parts of the catalogue have changed on the way to it.

An answer made at an earlier revision of nothing but parts that have not changed since is the answer at this one as well. So a change
that concerns one course costs the answers about the others nothing.
"""

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, Self

Parts = tuple[str, ...]


class News(NamedTuple):
    """The committed revision and the parts that changed after the one asked about, both from one SQL statement; None: too many to tell."""

    revision: int
    changed: Iterable[str] | None = None


@dataclass(frozen=True, slots=True)
class Committed:
    """Nothing is known of changes before `since`; `changed` has the last revision at which a part may have changed after it."""

    revision: int
    since: int
    changed: Mapping[str, int] = field(default_factory=dict)
    read_at: float = field(default_factory=time.monotonic)

    @classmethod
    def alone(cls, revision: int, *, read_at: float) -> Self:
        return cls(revision, since=revision, read_at=read_at)

    def after(self, news: News, *, read_at: float, most: int) -> "Committed":
        """What is known with the news since; of changes long ago nothing, once more than `most` parts would be remembered."""
        if news.revision < self.revision:  # restored from a backup: it will come by the same numbers again
            return Committed(news.revision, since=self.revision + 1, read_at=read_at)
        if news.changed is not None:
            changed = {**self.changed, **dict.fromkeys(news.changed, news.revision)}
            if len(changed) <= most:
                return Committed(news.revision, self.since, changed, read_at)
        return Committed(news.revision, since=max(self.since, news.revision), read_at=read_at)

    def shows(self, revision: int, parts: Parts | None) -> bool:
        """Whether what was made at that revision, of nothing but these parts, reads the same now. None: it may be made of anything."""
        if revision == self.revision:
            return True
        if parts is None or not self.since <= revision < self.revision:
            return False
        changed = self.changed
        return all(changed.get(part, 0) <= revision for part in parts)
