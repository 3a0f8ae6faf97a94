"""Brings the database and the static files up to what this version of the code needs.

Runs in one process of the virtual environment, because starting Django is what takes the time.
"""

import io
import os
import sys
import traceback

from script.support.steps import CannotGoOn, main, step


def prepare(arguments: list[str]) -> None:
    """Migrate, fill in reference data, and with `--demo` fill an empty database with the demonstration."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    # As for the background (`config/celery.py`), whose forecasts the demonstration makes.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    import django

    django.setup()
    from django.conf import settings
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import call_command

    from config.production_checks import refuse_unsafe_start

    try:
        refuse_unsafe_start()
    except ImproperlyConfigured as refusal:
        raise CannotGoOn(str(refusal)) from None
    silent = io.StringIO()
    try:
        with step("Database schema"):
            call_command("migrate", interactive=False, verbosity=0, stdout=silent)
        with step("Reference data"):
            call_command("seed_reference", verbosity=0, stdout=silent)
        if settings.IN_PRODUCTION:
            with step("Static files"):
                call_command("collectstatic", interactive=False, verbosity=0, stdout=silent)
        if "--demo" in arguments:
            call_command("demo", if_empty=True)
    except Exception as error:
        traceback.print_exc(file=sys.stdout)
        raise CannotGoOn(f"The database could not be prepared: {error}") from error


if __name__ == "__main__":
    main(prepare)
