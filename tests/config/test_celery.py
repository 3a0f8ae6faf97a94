"""The schedule names tasks that exist, and the settings keep work that a killed worker held."""

from config.celery import TASK_TIME_LIMIT, app


def test_every_scheduled_task_exists():
    app.loader.import_default_modules()
    missing = {entry["task"] for entry in app.conf.beat_schedule.values()} - set(app.tasks)
    assert not missing


def test_a_task_is_given_to_another_worker_only_when_it_cannot_run_any_more():
    assert app.conf.task_acks_late
    assert app.conf.task_reject_on_worker_lost
    assert app.conf.worker_prefetch_multiplier == 1
    assert app.conf.task_time_limit == TASK_TIME_LIMIT
    assert app.conf.broker_transport_options.get("visibility_timeout", TASK_TIME_LIMIT + 1) > TASK_TIME_LIMIT
