"""The suite's settings, for a worker in a process of its own: its apply lane knows the poisons, its push lane has a short lease."""

from config.settings.test import *  # noqa: F403  # settings extend settings

WORKER_LANES = {"apply": "tests.faults.lanes.apply_pending", "push": "tests.faults.sending.send_due"}
DELETION_LIMIT = 100  # a snapshot may hide what it likes: its terms have only a few courses
