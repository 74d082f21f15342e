"""What staff see of the catalogue and may set over it. The source is the truth: nothing is added or deleted here."""

from apps.courses.admin import courses, enrolments, entries, exams, held_deletions, terms

__all__ = ["courses", "enrolments", "entries", "exams", "held_deletions", "terms"]
