"""Background work: the Celery app and when each periodic task runs.

A message is only a hint to look (see docs/architecture.md), so every task may be lost, doubled or
late without harm, and the intervals below are the longest that a lost hint can delay something.
"""

import os

from celery import Celery
from celery.signals import beat_init, worker_init
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

TASK_TIME_LIMIT = 600  # seconds
HEARTBEAT_EVERY = 10  # seconds
CYCLE = 60  # seconds

app = Celery("vorrang")
app.conf.update(
    broker_url=settings.BROKER_URL,
    timezone="UTC",
    task_ignore_result=True,
    task_always_eager=settings.IN_TESTS,
    task_eager_propagates=True,
    task_time_limit=TASK_TIME_LIMIT,
    # A task is acknowledged when it is done, and given to another worker when its worker was killed.
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    worker_prefetch_multiplier=1,
    # Without a broker the worker waits for it, however long; the web server gives up after one try.
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,
    task_publish_retry_policy={"max_retries": 1, "interval_start": 0, "interval_max": 0.2},
)
if settings.BROKER_URL.startswith(("redis://", "rediss://")):
    app.conf.broker_transport_options = {
        # Longer than any task may run, or a long one would be delivered twice.
        "visibility_timeout": TASK_TIME_LIMIT + 300,
        # How soon the work of a killed worker is given to another.
        "unacked_restore_interval": 10,
        "unacked_restore_throttle": 1,
        "socket_connect_timeout": 2,
        "socket_keepalive": True,
    }
app.conf.beat_schedule = {
    "heartbeat": {"task": "config.heartbeat", "schedule": HEARTBEAT_EVERY, "options": {"expires": HEARTBEAT_EVERY}},
    "seal the journal": {"task": "journal.seal", "schedule": 5, "options": {"expires": 60}},
    "look at crews and pools": {"task": "watch.look", "schedule": CYCLE, "options": {"expires": CYCLE}},
}
app.autodiscover_tasks()
# Slices of an app are found only by name.
app.autodiscover_tasks(["capacity.watch"])


@worker_init.connect
@beat_init.connect
def _refuse_unsafe_start(**_: object) -> None:
    from config.production_checks import refuse_unsafe_start

    refuse_unsafe_start()
