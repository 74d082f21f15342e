"""The facts this app announces. Each is sent from one line, inside the transaction that makes it true."""

from django.dispatch import Signal

# Change sets with at least one ledger row each were recorded, in the order of their revisions.
# Sender: apps.courses.models.ChangeSet. Arguments: change_sets (list[ChangeSet], saved; their changes are in the ledger).
change_sets_recorded = Signal()
