"""The same command on many connections at once has one effect; another command with its key has none."""

import threading
from collections import Counter

import pytest
from django.db import connection

from kit.idempotency import KeyReused, once
from kit.models import IdempotencyKey
from tests import make
from users.models import Portfolio

pytestmark = pytest.mark.django_db(transaction=True)

WORKERS = 8


def together(work) -> Counter:
    """Runs `work(number)` on as many connections, started at the same moment; how each ended."""
    start, outcomes = threading.Barrier(WORKERS), Counter()
    lock = threading.Lock()

    def one(number: int) -> None:
        try:
            start.wait()
            outcome = work(number)
        except Exception as error:
            outcome = type(error).__name__
        finally:
            connection.close()
        with lock:
            outcomes[outcome] += 1

    threads = [threading.Thread(target=one, args=(number,)) for number in range(WORKERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


def test_a_command_sent_eight_times_at_once_is_done_once():
    for turn in range(5):

        def work(_number: int, turn=turn) -> str:
            done = once(
                actor_key="me", key=f"turn-{turn}", fingerprint="same", act=lambda: make.portfolio(f"Turn {turn}")
            )
            assert done.subject == str(Portfolio.objects.get(name=f"Turn {turn}").public_id), "everybody hears the same"
            return "replayed" if done.replayed else "done"

        assert together(work) == {"done": 1, "replayed": WORKERS - 1}
    assert Portfolio.objects.count() == 5


def test_of_different_commands_with_one_key_one_is_done_and_the_others_refused():
    def work(number: int) -> str:
        act = lambda: make.portfolio(f"Number {number}")  # noqa: E731
        return "replayed" if once(actor_key="me", key="key", fingerprint=str(number), act=act).replayed else "done"

    assert together(work) == {"done": 1, KeyReused.__name__: WORKERS - 1}
    assert Portfolio.objects.count() == 1


def test_a_command_that_fails_leaves_its_key_free_for_one_of_those_that_wait():
    tries: list[int] = []

    def act() -> Portfolio:
        tries.append(1)
        if len(tries) <= 3:
            raise ZeroDivisionError
        return make.portfolio("At last")

    def work(_number: int) -> str:
        return "replayed" if once(actor_key="me", key="key", fingerprint="same", act=act).replayed else "done"

    assert together(work) == {"ZeroDivisionError": 3, "done": 1, "replayed": WORKERS - 4}
    assert Portfolio.objects.filter(name="At last").count() == 1


def test_a_rolled_back_command_leaves_no_key():
    def act() -> None:
        make.portfolio("Never")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        once(actor_key="me", key="key", fingerprint="same", act=act)
    assert not IdempotencyKey.objects.exists()
    assert not Portfolio.objects.exists()


def test_a_command_without_subject_and_a_text_as_subject():
    assert once(actor_key="me", key="key-1", fingerprint="f", act=lambda: None).subject == ""
    assert once(actor_key="me", key="key-2", fingerprint="f", act=lambda: "batch 7").subject == "batch 7"
    again = once(actor_key="me", key="key-2", fingerprint="f", act=lambda: pytest.fail("not again"))
    assert (again.subject, again.replayed, again.value) == ("batch 7", True, None)
