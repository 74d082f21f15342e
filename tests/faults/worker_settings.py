"""The suite's settings, with an apply lane that knows the poisons, for a worker in a process of its own."""

from config.settings.test import *  # noqa: F403  # settings extend settings

WORKER_LANES = {"apply": "tests.faults.lanes.apply_pending"}
DELETION_LIMIT = 100  # a snapshot may hide what it likes: its terms have only a few courses
