import dataclasses
from collections.abc import Callable, Mapping


@dataclasses.dataclass(frozen=True, slots=True)
class Catalogue:
    """`headlines` gives each kind its title and body, formats over course, term, entry, when, old, new and differences.

    `entries` names the kinds of entries, `fields` what may differ, `why` tells why a notification rang or did not,
    `announced` why an announcement for each audience rang. `test` is title and body of a test. `begins` are titles of reminders, over course and minutes; `tomorrow`, `only_class`, `classes` and
    `exam` tell of tomorrow, over count and place. `plural` says which of `classes` goes with a count.
    """

    weekdays: tuple[str, str, str, str, str, str, str]
    months: tuple[str, ...]
    day: str
    more: str
    summary: str
    nothing: str
    headlines: Mapping[str, tuple[str, str]]
    entries: Mapping[str, str]
    fields: Mapping[str, str]
    why: Mapping[str, str]
    announced: Mapping[str, str]
    test: tuple[str, str]
    begins: Mapping[str, str]
    tomorrow: str
    only_class: str
    classes: tuple[str, ...]
    plural: Callable[[int], int]
    exam: str
