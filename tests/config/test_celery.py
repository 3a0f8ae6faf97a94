"""The schedule names tasks that exist, and the settings keep work that a killed worker held."""

from config.celery import TASK_TIME_LIMIT, app


def test_every_task_of_ours_is_scheduled_so_that_a_lost_message_only_delays_it():
    app.loader.import_default_modules()
    ours = {name for name in app.tasks if not name.startswith("celery.")}
    assert {entry["task"] for entry in app.conf.beat_schedule.values()} == ours


def test_a_task_is_given_to_another_worker_only_when_it_cannot_run_any_more():
    assert app.conf.task_acks_late
    assert app.conf.task_reject_on_worker_lost
    assert app.conf.worker_prefetch_multiplier == 1
    assert app.conf.task_time_limit == TASK_TIME_LIMIT
    assert app.conf.broker_transport_options.get("visibility_timeout", TASK_TIME_LIMIT + 1) > TASK_TIME_LIMIT
