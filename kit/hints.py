"""Telling the background that there is something to do, as a hint that may be lost.

What is due is found from rows, on a schedule; a hint only makes it happen now. So a broker that
does not answer delays work and fails nothing.
"""

import logging
from typing import Any

from django.db import transaction
from kombu.exceptions import OperationalError

logger = logging.getLogger("vorrang.hints")


def hint(task: Any, *args: Any) -> None:
    """Send a Celery task once the present transaction is committed, if the broker can be reached."""

    def send() -> None:
        try:
            task.delay(*args)
        except (OperationalError, OSError) as error:
            logger.warning("The broker does not answer; %s waits for its schedule: %s", task.name, error)

    transaction.on_commit(send)
