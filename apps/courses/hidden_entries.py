"""Hidden entries: what a user follows by a rule and yet wants neither to see nor to hear of."""

from uuid import UUID

from apps.courses.models import Entry, HiddenEntry


def hide(*, user_id: UUID, entry_id: UUID) -> None:
    """The same again changes nothing. Raises Entry.DoesNotExist for one that the catalogue has not and the user did not hide before."""
    if HiddenEntry.objects.filter(user=user_id, entry=entry_id).exists():
        return
    entry = Entry.objects.get(pk=entry_id, course__visible=True)
    HiddenEntry.objects.bulk_create([HiddenEntry(user_id=user_id, entry=entry.pk)], ignore_conflicts=True)


def unhide(*, user_id: UUID, entry_id: UUID) -> None:
    HiddenEntry.objects.filter(user=user_id, entry=entry_id).delete()
