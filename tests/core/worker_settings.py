"""The suite's settings with lanes of its own, for a worker in a process of its own."""

from config.settings.test import *  # noqa: F403  # settings build on settings

WORKER_LANES = {name: f"tests.core.lanes.{name}" for name in ("busy", "faulty", "slow", "dying", "endless")}
