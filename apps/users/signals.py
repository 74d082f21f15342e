"""The facts this app announces. Each is sent from one line, inside the transaction that makes it true."""

from django.dispatch import Signal

# A session was revoked: signed out, reused, or ended with its account. One that merely expires is not announced.
# Sender: apps.users.models.Session. Arguments: session (Session, saved; `revoked_reason` says why).
session_ended = Signal()

# Somebody has asked for the deletion of their account: it is inactive now, its sessions are ended, and in a while it is gone.
# Sender: apps.users.models.User. Arguments: user (User, saved).
deletion_requested = Signal()
