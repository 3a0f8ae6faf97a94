"""Several people acting at the same moment, each on a connection of their own."""

import threading
from collections.abc import Callable
from typing import Any

from django.db import connection, connections

from kit.refusal import Refusal


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """What each act returned or refused; any other error fails the test. Needs a test that commits."""
    start = threading.Barrier(len(acts))
    answers: list[Any] = [None] * len(acts)
    errors: list[BaseException] = []

    def work(number: int, act: Callable[[], Any]) -> None:
        try:
            connection.ensure_connection()
            start.wait()
            answers[number] = act()
        except Refusal as refusal:
            answers[number] = refusal
        except BaseException as error:
            errors.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work, args=pair) for pair in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
    return answers
