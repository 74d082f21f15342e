"""The rules of docs/notifications.md, played with lists and dictionaries. Slow, obvious, and without a line of the product.

The week is a list of actions in the order of their times. `play` returns every ring of every phone, and every message of every inbox.
"""

import copy
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from tests.flows.week import agenda
from tests.flows.week.actions import Action
from tests.flows.week.people import Person

Json = dict[str, Any]
# Of what kind, in which course, which part of it, which field of that; the empty field is the whole.
Fact = tuple[str, str, str, str]
CATEGORY = {"entry": "schedule", "term": "schedule", "exam": "exams", "course": "courses"}
SEEN = {"entry": agenda.of_entry, "exam": agenda.of_exam}
SETTLE = timedelta(seconds=30)
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


class Ring(NamedTuple):
    """`told` are the names of the actions that it tells of."""

    at: datetime
    phone: str
    told: tuple[str, ...]
    urgent: bool


class Message(NamedTuple):
    at: datetime
    person: str
    told: str


@dataclass
class Difference:
    old: Any
    new: Any
    days: dict[date, set[datetime]]


@dataclass
class ChangeSet:
    number: int
    name: str
    differences: dict[Fact, Difference]
    before: "World"
    due: datetime | None = None
    told: set[Fact] = field(default_factory=set)


@dataclass
class News:
    """A fact in a message: what it was, and whom it is for, who may be everyone who follows the course or some group it has or had."""

    old: Any
    everyone: bool
    groups: set[str]
    course_groups: set[str]


@dataclass
class Push:
    number: int
    name: str
    person: Person
    phone: str
    facts: dict[Fact, News]
    begins: datetime | None
    expires: datetime
    look_at: datetime
    summary: tuple[date, datetime] | None = None
    waits: bool = False
    announcement: Json | None = None


@dataclass
class World:
    term: Json
    courses: dict[str, Json]

    def part(self, kind: str, course: str, part: str) -> Json | None:
        if kind == "term":
            return self.term
        found = self.courses.get(course)
        if kind == "course" or found is None:
            return found
        parts = found["entries" if kind == "entry" else "exams"]
        return next((each for each in parts if each["id"] == part), None)

    def value(self, fact: Fact) -> Any:
        kind, course, part, name = fact
        found = self.part(kind, course, part)
        if name == "":
            return found
        return None if found is None else found.get(name)

    def gone(self, fact: Fact) -> bool:
        return self.part(*fact[:3]) is None

    def groups(self, course: str) -> set[str]:
        return {
            group for entry in self.courses.get(course, {}).get("entries", []) for group in entry["groups"]
        }


class Week:
    def __init__(self, term: Json, courses: list[Json], people: list[Person]) -> None:
        self.term = term
        self.sent = {course["id"]: course for course in courses}
        self.overrides: dict[tuple[str, str, str], tuple[Json, datetime | None]] = {}
        self.world = self._effective()
        self.people = {person.name: person for person in people}
        self.phones: dict[str, str | None] = {}
        self.change_sets: list[ChangeSet] = []
        self.pushes: list[Push] = []
        self.base: dict[tuple[str, str, Fact], Any] = {}
        self.told: dict[tuple[str, str, Fact], int] = {}
        self.announcements: list[tuple[datetime, str, Json]] = []
        self.rings: list[Ring] = []
        self.inbox: list[Message] = []

    def play(self, actions: list[Action], until: datetime) -> tuple[list[Ring], list[Message]]:
        left = list(actions)
        while (now := min([each.at for each in left[:1]] + self._due())) <= until:
            while left and left[0].at <= now:
                action = left.pop(0)
                getattr(self, f"do_{action.what}")(action)
            self._expire_overrides(now)
            self._make_messages(now)
            for phone in list(self.phones):
                self._look(phone, now)
        return sorted(self.rings), sorted(self.inbox)

    def _due(self) -> list[datetime]:
        forever = datetime.max.replace(tzinfo=UTC)
        return [
            forever,
            *(each.due for each in self.change_sets if each.due),
            *(each.look_at for each in self.pushes),
            *(at for at, _, _ in self.announcements),
            *(expires for _, expires in self.overrides.values() if expires),
        ]

    # What may happen.

    def do_course(self, action: Action) -> None:
        self.sent[action.data["id"]] = action.data
        self._changed(action)

    def do_delete(self, action: Action) -> None:
        del self.sent[action.data["id"]]
        self._changed(action)

    def do_term(self, action: Action) -> None:
        self.term = action.data
        self._changed(action)

    def do_snapshot(self, action: Action) -> None:
        self.sent = {course["id"]: course for course in action.data["courses"]}
        self._changed(action)

    def do_override(self, action: Action) -> None:
        self.overrides[action.data["object"]] = (action.data["fields"], action.data.get("until"))
        self._changed(action)

    def do_announce(self, action: Action) -> None:
        self.announcements.append((action.at, action.name, action.data))

    def do_choose(self, action: Action) -> None:
        person = self.people[action.who]
        for name, value in action.data.items():
            setattr(person, name, value)
        if {"quiet", "summary_hour"} & action.data.keys():
            for push in self.pushes:
                if push.person is person and push.waits:
                    push.look_at, push.summary = action.at, None

    def do_sign_in(self, action: Action) -> None:
        self.phones[action.data["phone"]] = action.who

    def do_sign_out(self, action: Action) -> None:
        self.phones[action.data["phone"]] = None

    def do_deactivate(self, action: Action) -> None:
        self.people[action.who].active = False
        self.phones = {phone: None if owner == action.who else owner for phone, owner in self.phones.items()}

    # What the catalogue says, and what became different.

    def _effective(self) -> World:
        courses = copy.deepcopy(self.sent)
        for (course, name, part), (fields, _) in self.overrides.items():
            for each in courses.get(course, {}).get(name, []):
                if each["id"] == part:
                    each.update(fields)
        return World(self.term, courses)

    def _expire_overrides(self, now: datetime) -> None:
        for key, (_, expires) in list(self.overrides.items()):
            if expires and expires <= now:
                del self.overrides[key]
                self._changed(Action(now, "expire", f"expiry of {'/'.join(key)}"))

    def _changed(self, action: Action) -> None:
        before, self.world = self.world, self._effective()
        differences = _differences(before, self.world)
        if not differences:
            return
        made = ChangeSet(len(self.change_sets) + 1, action.name, differences, before)
        self.change_sets.append(made)
        today = self._today(action.at)
        soon = (action.at + DAY).astimezone(ZoneInfo(self.term["time_zone"])).date()
        ahead = [day for each in differences.values() for day in each.days if day >= today]
        if ahead and not action.silenced:
            made.due = action.at if min(ahead) <= soon else action.at + SETTLE

    def _today(self, now: datetime) -> date:
        return now.astimezone(ZoneInfo(self.term["time_zone"])).date()

    # Who hears of it.

    def _make_messages(self, now: datetime) -> None:
        while due := [each for each in self.change_sets if each.due and each.due <= now]:
            change_set = min(due, key=lambda each: (each.due, each.number))
            self._tell(change_set, now)
            change_set.due = None
        for announcement in [each for each in self.announcements if each[0] <= now]:
            self.announcements.remove(announcement)
            self._announce(now, announcement[1], announcement[2])

    def _tell(self, change_set: ChangeSet, now: datetime) -> None:
        today = self._today(now)
        net = {
            fact: difference
            for fact, difference in self._net(change_set).items()
            if any(day >= today for day in difference.days)
        }
        for person in self.people.values():
            mine = {
                fact: self._news(fact, each, change_set)
                for fact, each in net.items()
                if self._concerns(person, fact, self._news(fact, each, change_set))
            }
            if mine:
                self.inbox.append(Message(now, person.name, change_set.name))
                days = {day for fact in mine for day in net[fact].days}
                moments = [at for fact in mine for ats in net[fact].days.values() for at in ats]
                midnight = datetime.combine(
                    max(days) + DAY, time(), ZoneInfo(self.term["time_zone"])
                ).astimezone(UTC)
                begins = min((at for at in moments if at >= now), default=None)
                self._push(change_set, person, mine, begins, min(midnight, now + 7 * DAY), now)

    def _push(
        self,
        change_set: ChangeSet,
        person: Person,
        facts: dict[Fact, News],
        begins: datetime | None,
        expires: datetime,
        now: datetime,
    ) -> None:
        if all(CATEGORY[fact[0]] in person.push_off for fact in facts):
            return
        for phone, owner in self.phones.items():
            if owner == person.name:
                self.pushes.append(
                    Push(
                        change_set.number, change_set.name, person, phone, facts, begins, expires, look_at=now
                    )
                )
                for fact, news in facts.items():
                    if self.told.get((person.name, phone, fact), 0) < change_set.number:
                        self.base.setdefault((person.name, phone, fact), news.old)

    def _announce(self, now: datetime, name: str, data: Json) -> None:
        for person in self.people.values():
            if self._addressed(person, data):
                self.inbox.append(Message(now, person.name, name))
                if "announcements" in person.push_off:
                    continue
                for phone, owner in self.phones.items():
                    if owner == person.name:
                        push = Push(0, name, person, phone, {}, None, now + 7 * DAY, look_at=now)
                        push.announcement = data
                        self.pushes.append(push)

    def _net(self, change_set: ChangeSet) -> dict[Fact, Difference]:
        """What everything that waits says about the same things as this, from before the first of it until now."""
        waiting = [each for each in self.change_sets if each.due]
        things = {fact[:3] for fact in change_set.differences if fact not in change_set.told}
        net: dict[Fact, Difference] = {}
        for each in waiting:
            for fact, difference in each.differences.items():
                if fact[:3] in things and fact not in each.told:
                    first = net.setdefault(fact, Difference(difference.old, None, {}))
                    for day, begins in difference.days.items():
                        first.days.setdefault(day, set()).update(begins)
                    if each is not change_set:
                        each.told.add(fact)
        for fact in list(net):
            net[fact].new = self.world.value(fact)
        for fact in [fact for fact in net if fact[3] == ""]:
            came_back = net[fact].old is not None and net[fact].new is not None
            for other in [other for other in net if other[:3] == fact[:3] and other != fact]:
                net[fact].days |= net.pop(other).days
            if came_back:
                net |= self._came_back(fact, net.pop(fact))
        net = {
            fact: each
            for fact, each in net.items()
            if each.old != each.new and not (fact[3] and self.world.gone(fact))
        }
        for fact in net:
            self._see_when_it_begins(fact, net)
        return net

    def _see_when_it_begins(self, fact: Fact, net: dict[Fact, Difference]) -> None:
        """On each of the days, what differs by now from what it was in the beginning."""
        kind, course, part, _ = fact
        if kind == "term":
            return
        old = new = self.world.part(kind, course, part)
        for other, each in net.items():
            if other[:3] == fact[:3]:
                old = {**(old or {}), other[3]: each.old} if other[3] else each.old
        found: dict[Fact, Difference] = {}
        if kind == "course":
            found = _differences(
                World(self.term, {course: old} if old else {}), World(self.term, {course: new} if new else {})
            )
        else:
            _compare(found, fact[:3], old, new, SEEN[kind], self.term)
        begins = next(iter(found.values())).days
        net[fact].days = {day: begins.get(day, set()) for day in net[fact].days}

    def _came_back(self, fact: Fact, whole: Difference) -> dict[Fact, Difference]:
        """What left and is there again while it waits is compared as if it had never left."""
        kind, course, _, _ = fact
        if kind == "course":
            return _differences(World(self.term, {course: whole.old}), World(self.term, {course: whole.new}))
        names = [name for name in whole.new if whole.old.get(name) != whole.new[name]]
        return {
            (*fact[:3], name): Difference(whole.old.get(name), whole.new[name], whole.days) for name in names
        }

    def _news(self, fact: Fact, difference: Difference, change_set: ChangeSet) -> News:
        kind, course, part, name = fact
        world = change_set.before if self.world.gone(fact) else self.world
        found = world.part(kind, course, part) or {}
        named: list[list[str]] = [[]]
        if kind == "entry":
            named = [difference.old, difference.new] if name == "groups" else [found["groups"]]
        if kind == "exam":
            sittings = found["sittings"]
            if name == "sittings":
                old, new = difference.old, difference.new
                sittings = [each for each in [*old, *new] if each not in old or each not in new]
            named = [each.get("groups", []) for each in sittings]
        had = change_set.before.groups(course) if kind == "course" else set()
        return News(
            difference.old,
            everyone=not all(named),
            groups={group for each in named for group in each},
            course_groups=self.world.groups(course) | had,
        )

    def _concerns(self, person: Person, fact: Fact, news: News) -> bool:
        kind, course, part, _ = fact
        if not person.active or CATEGORY[kind] in person.inbox_off or (course, part) in person.hidden:
            return False
        if kind == "term":
            return any(not of or of in self.world.courses.keys() - person.muted for of, _ in person.follows)
        if course in person.muted:
            return False
        mine = {group for of, group in person.follows if of == course}
        term_groups = {group for of, group in person.follows if of == ""}
        if "" in mine or (mine | term_groups) & news.groups:
            return True
        return news.everyone and bool(mine or term_groups & news.course_groups)

    def _addressed(self, person: Person, data: Json) -> bool:
        if not person.active or "announcements" in person.inbox_off:
            return False
        course = data.get("course")
        if course is None:
            return True
        groups = self.world.groups(course)
        follows = any(of == course or (of == "" and group in groups) for of, group in person.follows)
        return follows and course not in person.muted

    # Just before a phone rings.

    def _look(self, phone: str, now: datetime) -> None:
        due = [push for push in self.pushes if push.phone == phone and push.look_at <= now]
        alive = [push for push in due if push.expires > now and self.phones[phone] == push.person.name]
        alive = [push for push in alive if push.person.active]
        wanted = [(push, self._left(push, now)) for push in alive]
        ringing = [push for push, left in wanted if left is not None and self._may_ring(push, now)]
        for push in due:
            waits = any(push is each and left is not None for each, left in wanted) and push not in ringing
            if not waits:
                self.pushes.remove(push)
        together = [push for push in ringing if push.summary and self._in_summary(push, now)]
        for group in [[push] for push in ringing if push not in together] + ([together] if together else []):
            names = tuple(sorted(push.name for push in group))
            urgent = any(push.begins is not None and push.begins <= now + DAY for push in group)
            self.rings.append(Ring(now, phone, names, urgent))
        for push in together:
            assert push.summary
            push.person.summed_up.add(push.summary[0])
        for push, left in wanted:
            if push in ringing:
                for fact in left or ():
                    key = (push.person.name, phone, fact)
                    self.told[key] = len(self.change_sets)
                    self.base.pop(key, None)

    def _left(self, push: Push, now: datetime) -> list[Fact] | None:
        """The facts that are still to be told; None when there is nothing to ring for."""
        person = push.person
        if push.announcement is not None:
            ringing = self._addressed(person, push.announcement) and "announcements" not in person.push_off
            return [] if ringing else None
        left = []
        for fact, news in push.facts.items():
            key = (person.name, push.phone, fact)
            later = [
                other
                for other in self.pushes
                if (other.phone, other.person) == (push.phone, person)
                and other.number > push.number
                and fact in other.facts
                and self._waits_until(other, now) is None
            ]
            news_left = (
                self.told.get(key, 0) < push.number
                and not (fact[3] and self.world.gone(fact))
                and self.base.get(key, news.old) != self.world.value(fact)
                and not later
                and self._concerns(person, fact, news)
            )
            if news_left:
                left.append(fact)
        return left if any(CATEGORY[fact[0]] not in person.push_off for fact in left) else None

    def _may_ring(self, push: Push, now: datetime) -> bool:
        wait = self._waits_until(push, now)
        if wait is None:
            return True
        until, summary = wait
        push.look_at, push.summary, push.waits = min(until, push.expires), summary, True
        return False

    def _waits_until(self, push: Push, now: datetime) -> tuple[datetime, tuple[date, datetime] | None] | None:
        person = push.person
        begins = push.begins if push.begins and push.begins >= now else None
        near = begins is not None and begins <= now + DAY
        if person.summary_hour is not None and push.announcement is None and not near:
            if push.summary and self._in_summary(push, now):
                return None
            due = person.next_summary(now + timedelta(minutes=2))
            if due + HOUR <= min(push.expires, begins or push.expires):
                return due, (person.clock(due).date(), due)
        quiet = person.quiet_until(now)
        if quiet is None or (begins is not None and begins < quiet):
            return None
        return quiet, None

    def _in_summary(self, push: Push, now: datetime) -> bool:
        if push.summary is None or push.person.summary_hour is None:
            return False
        _, due = push.summary
        return due <= now < due + HOUR


def _differences(before: World, after: World) -> dict[Fact, Difference]:
    found: dict[Fact, Difference] = {}
    if before.term != after.term:
        days = agenda.differing_calendars(before.term, after.term)
        for name in after.term:
            if before.term.get(name) != after.term[name]:
                found["term", "", "", name] = Difference(before.term.get(name), after.term[name], days)
    term = after.term
    for id in before.courses.keys() | after.courses.keys():
        old, new = before.courses.get(id), after.courses.get(id)
        if old is None or new is None:
            days = agenda.differing(agenda.of_course(old, term), agenda.of_course(new, term))
            found["course", id, "", ""] = Difference(old, new, days)
            continue
        for kind, name in (("entry", "entries"), ("exam", "exams")):
            was, now = ({part["id"]: part for part in course[name]} for course in (old, new))
            for part in was.keys() | now.keys():
                _compare(found, (kind, id, part), was.get(part), now.get(part), SEEN[kind], term)
    return found


def _compare(
    found: dict[Fact, Difference],
    thing: tuple[str, str, str],
    old: Json | None,
    new: Json | None,
    see: Any,
    term: Json,
) -> None:
    if old == new:
        return
    before, after = see(old, term), see(new, term)
    days = agenda.differing(before, after)
    if thing[0] == "exam":
        # Whatever is said of an exam is of interest on all its days.
        days = agenda.differing(agenda.of_exam(old, term), {})
        for day, begins in agenda.differing(agenda.of_exam(new, term), {}).items():
            days.setdefault(day, set()).update(begins)
    if old is None or new is None:
        found[(*thing, "")] = Difference(old, new, days)
        return
    for name in new:
        if old.get(name) != new[name]:
            found[(*thing, name)] = Difference(old.get(name), new[name], days)
