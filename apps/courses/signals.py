"""The facts this app announces. Each is sent from one line, inside the transaction that makes it true."""

from django.dispatch import Signal

# A change set with at least one ledger row was recorded.
# Sender: apps.courses.models.ChangeSet. Arguments: change_set (ChangeSet, saved; its changes are in the ledger).
change_set_recorded = Signal()

# Deletions that waited for staff were approved, rejected or made moot, or wait again.
# Sender: apps.courses.models.HeldDeletions. Arguments: held (HeldDeletions, with its new state).
held_deletions_changed = Signal()
