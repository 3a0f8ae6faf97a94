"""Loads the wiring that Django does not find by itself."""

from django.apps import AppConfig


class WiringConfig(AppConfig):
    name = "config"

    def ready(self) -> None:
        # The Celery app must exist before the first `shared_task` is sent; the checks register by import.
        from config import celery, production_checks  # noqa: F401
        from config.wiring import connect

        connect()
