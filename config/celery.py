"""Background work: the Celery app and when each periodic task runs.

A message is only a hint to look (see docs/architecture.md), so every task may be lost, doubled or
late without harm, and the intervals below are the longest that a lost hint can delay something.
"""

import os

from celery import Celery
from celery.signals import beat_init, worker_init
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
# Forecasts solve many small systems: more threads for each would spend six times the time waiting for one another.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

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


def _every(seconds: int, task: str) -> dict[str, object]:
    # A hint that nobody took before the next one is worth nothing any more.
    return {"task": task, "schedule": seconds, "options": {"expires": seconds}}


# Every task of ours stands here, so that none depends on a message that could be lost.
app.conf.beat_schedule = {
    "heartbeat": _every(HEARTBEAT_EVERY, "config.heartbeat"),
    "seal the journal": _every(5, "journal.seal"),
    "seal what committed very late": _every(600, "journal.sweep"),
    "verify the journal": _every(60, "journal.check"),
    "move claims along": _every(60, "customers.age_claims"),
    "remind of what runs out": _every(300, "assurance.remind"),
    "draw the monthly sample": _every(3600, "assurance.draw_audits"),
    "erase what was kept long enough": _every(3600, "customers.erase_data"),
    "sweep files of evidence": _every(3600, "customers.sweep_files"),
    "end leases on cases": _every(60, "customers.end_leases"),
    "review evidence": _every(60, "customers.review_evidence"),
    "find register matches": _every(60, "customers.find_register_matches"),
    "learn from registers": _every(60, "customers.train_matching"),
    "do waiting imports": _every(15, "customers.run_imports"),
    "compare organizations": _every(30, "customers.compare_organizations"),
    "do waiting simulations": _every(15, "allocation.run_simulations"),
    "end overrides": _every(60, "priorities.expire_overrides"),
    "ask for second signatures": _every(60, "users.ask_for_signatures"),
    "look at crews and pools": _every(CYCLE, "watch.look"),
    "remind of shifts": _every(CYCLE, "staffing.remind"),
    "keep samples of usage": _every(3600, "usage.keep"),
    "forecast usage": _every(6 * 3600, "usage.forecast"),
    "keep the order of requests": _every(CYCLE, "requests.sweep_order"),
    "look again at what waits": _every(CYCLE, "review.look_again"),
    "end leases": _every(CYCLE, "review.end_leases"),
}
app.autodiscover_tasks()
# Slices are no apps of their own.
app.autodiscover_tasks(
    [
        f"{app_name}.{tasks.parent.name}"
        for app_name in ("customers", "capacity")
        for tasks in (settings.BASE_DIR / app_name).glob("*/tasks.py")
    ]
)


@worker_init.connect
@beat_init.connect
def _refuse_unsafe_start(**_: object) -> None:
    from config.production_checks import refuse_unsafe_start

    refuse_unsafe_start()
