"""The worker's schedule lane: what is to be done every so often, by one worker of however many there are.

SCHEDULE in the settings names the jobs, functions that return how many things they did, and how often each is run.
"""

from django.conf import settings
from django.db.models.functions import Now
from django.utils.module_loading import import_string

from apps.core.models import ScheduledJob


def run_due() -> int:
    """Each job that is due, once. A job that did something may have more to do, so it is due again at once.

    One that raises is run again when its time comes, and does not keep the others from theirs.
    """
    done = 0
    resting = ScheduledJob.objects.resting()
    for path, every in settings.SCHEDULE.items():
        if (
            path not in resting
            and ScheduledJob.objects.claim(path, every)
            and (number := import_string(path)())
        ):
            done += number
            ScheduledJob.objects.filter(name=path).update(due_at=Now())
    return done
