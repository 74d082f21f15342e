from apps.courses.models.calendar_feed import CalendarFeed
from apps.courses.models.change import Change, ChangeSet, Revision
from apps.courses.models.course import Course, Entry, Exam
from apps.courses.models.enrolment import Enrolment
from apps.courses.models.findable_course import FindableCourse
from apps.courses.models.held_deletions import HeldDeletions
from apps.courses.models.hidden_entry import HiddenEntry
from apps.courses.models.override import Override
from apps.courses.models.snapshot import Snapshot, SnapshotPage
from apps.courses.models.term import Term

__all__ = [
    "CalendarFeed",
    "Change",
    "ChangeSet",
    "Course",
    "Enrolment",
    "Entry",
    "Exam",
    "FindableCourse",
    "HeldDeletions",
    "HiddenEntry",
    "Override",
    "Revision",
    "Snapshot",
    "SnapshotPage",
    "Term",
]
