"""Verification in the background: asked for once, carried out once, and held against the last head."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.db import connection, transaction

from journal.checking import GIVEN_UP_AFTER, ask_for_check, run_due_checks
from journal.models import ChainCheck
from journal.queries import chain_state
from journal.sealing import seal_entries
from journal.tasks import check, seal, sweep
from kit.clock import now
from tests.conftest import _become
from tests.journal.test_chain import write
from tests.sql import refused

AT = now()


@pytest.mark.django_db
def test_the_system_asks_once_a_day_and_people_when_they_want():
    write(3)
    seal_entries()
    assert run_due_checks(at=AT) == 1
    assert run_due_checks(at=AT + timedelta(hours=23)) == 0
    first = ask_for_check(asked_by=None, at=AT + timedelta(hours=23))
    assert ask_for_check(asked_by=None, at=AT + timedelta(hours=23)) == first, "asking twice makes no second"
    assert run_due_checks(at=AT + timedelta(hours=23)) == 1
    assert run_due_checks(at=AT + timedelta(hours=48)) == 1
    assert ChainCheck.objects.count() == 3
    done = ChainCheck.objects.latest("pk")
    assert (done.verified, done.unsealed, done.problem) == (3, 0, "")
    assert done.finished_at is not None


@pytest.mark.django_db
def test_a_check_whose_worker_was_killed_is_taken_up_again():
    running = ChainCheck.objects.create(asked_at=AT, started_at=AT)
    assert run_due_checks(at=AT + GIVEN_UP_AFTER - timedelta(seconds=1)) == 0
    assert run_due_checks(at=AT + GIVEN_UP_AFTER) == 1
    running.refresh_from_db()
    assert running.finished_at is not None


@pytest.mark.django_db(transaction=True)
def test_a_cut_since_the_last_check_is_found_and_stays_told():
    write(5)
    seal_entries()
    run_due_checks(at=AT)
    _become(settings.DATABASE_OWNER_URL)
    try:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE journal_seal DISABLE TRIGGER USER")
            cursor.execute("ALTER TABLE journal_entry DISABLE TRIGGER USER")
            cursor.execute("DELETE FROM journal_seal WHERE position > 3 RETURNING entry_id")
            cursor.execute("DELETE FROM journal_entry WHERE id = ANY(%s)", [[row[0] for row in cursor.fetchall()]])
            cursor.execute("ALTER TABLE journal_seal ENABLE TRIGGER USER")
            cursor.execute("ALTER TABLE journal_entry ENABLE TRIGGER USER")
    finally:
        _become(settings.DATABASE_URL)
    for hours in (25, 50):
        write(4)
        seal_entries()
        run_due_checks(at=AT + timedelta(hours=hours))
        found = chain_state().last_check
        assert found.problem, "growing past the old head does not hide it"
        assert found.fault_position <= 5


@pytest.mark.django_db
def test_what_a_check_was_asked_for_cannot_be_rewritten():
    ask_for_check(asked_by=None, at=AT)
    assert "permission denied" in refused("UPDATE journal_chaincheck SET asked_at = now()")
    assert "permission denied" in refused("DELETE FROM journal_chaincheck")


@pytest.mark.django_db
def test_the_tasks_seal_and_check():
    with transaction.atomic():
        write(2)
    assert seal() == 2
    assert sweep() == 0
    assert check() == 1
    state = chain_state()
    assert (state.sealed, state.waiting, state.pending_check) == (2, 0, None)
    assert len(state.head) == 64
