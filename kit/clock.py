"""The one place that asks what time it is.

Only views, commands and tasks call it; actions and pure cores are handed the moment, so that
any of them can be replayed.
"""

from datetime import datetime

from django.utils import timezone


def now() -> datetime:
    """The current moment, aware, in UTC."""
    return timezone.now()
