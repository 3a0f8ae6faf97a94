"""The chain over the journal: sealed once in order, no gap behind a reader, and tampering shows."""

import random
import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from journal.consumers import follow
from journal.models import Entry, Seal
from journal.record import record, record_many
from journal.sealing import GENESIS, Head, canonical, chain_hash, seal_entries, verify_chain
from kit.clock import now
from kit.models import IdempotencyKey
from tests import make
from tests.conftest import _become
from tests.sql import owner_refused, refused, run
from users.access import SYSTEM

AT = make.NOW


def write(count: int = 1, **fields) -> list[Entry]:
    """Entries about subject 1, 2 and so on."""
    with transaction.atomic():
        return [
            record(
                actor=SYSTEM,
                action=fields.get("action", "role.assigned"),
                subject_type="user",
                subject_id=number,
                reason=f"Reason {number}",
                before={"regions": ["westeurope"], "quantity": number},
                after={"regions": [], "quantity": number + 1, "name": "Köln"},
                at=AT + timedelta(seconds=number),
            )
            for number in range(1, count + 1)
        ]


def in_threads(count: int, work: Callable[[int], None]) -> None:
    """Runs `work` in threads with a connection each; the first error is raised here."""
    errors: list[BaseException] = []

    def one(number: int) -> None:
        try:
            work(number)
        except BaseException as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=one, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]


# --- Writing -------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_an_entry_is_written_with_its_change_or_not_at_all():
    with pytest.raises(RuntimeError):
        record(actor=SYSTEM, action="x", subject_type="user", subject_id=1, at=AT)
    with pytest.raises(RuntimeError):
        record_many([])
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        write()
        _ = 1 / 0
    assert not Entry.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_entries_and_seals_are_append_only_for_the_application_and_for_the_owner():
    write(3)
    seal_entries()
    for table, change in (("journal_entry", "reason = 'x'"), ("journal_seal", "hash = 'x'")):
        for sql in (f"UPDATE {table} SET {change}", f"DELETE FROM {table}", f"TRUNCATE {table} CASCADE"):
            assert "permission denied" in refused(sql)
        assert "append_only" in owner_refused(f"UPDATE {table} SET {change}")
        assert "append_only" in owner_refused(f"DELETE FROM {table}")
    assert Entry.objects.filter(reason="x").count() == 0
    assert Seal.objects.count() == 3


# --- Sealing -------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_each_entry_is_sealed_to_the_one_before():
    entries = write(5)
    assert seal_entries(limit=2) == 2
    assert seal_entries() == 3
    assert seal_entries() == 0
    previous = GENESIS
    for position, (entry, seal) in enumerate(zip(entries, Seal.objects.order_by("position"), strict=True), start=1):
        assert (seal.position, seal.entry_id) == (position, entry.pk)
        previous = chain_hash(position, canonical(Entry.objects.get(pk=entry.pk)), previous)
        assert seal.hash == previous
    report = verify_chain()
    assert (report.verified, report.head, report.unsealed, report.fault) == (5, previous, 0, None)


@pytest.mark.django_db(transaction=True)
def test_a_late_commit_opens_no_gap():
    seen: list[str] = []
    late = connection.copy()
    try:
        late.set_autocommit(False)
        with late.cursor() as cursor:
            cursor.execute(
                "INSERT INTO journal_entry (public_id, at, action, subject_type, subject_id, reason)"
                " VALUES (gen_random_uuid(), now(), 'late', 'user', 'late', '') RETURNING id"
            )
            low = cursor.fetchone()[0]
        high = write()[0].pk
        assert low < high
        assert seal_entries() == 1
        follow("reader", lambda entry: seen.append(entry.action), at=now())
        assert seen == ["role.assigned"]

        late.commit()
        assert seal_entries() == 1
        follow("reader", lambda entry: seen.append(entry.action), at=now())
        assert seen == ["role.assigned", "late"], "the reader that was past its id still gets it"
        assert list(Seal.objects.order_by("position").values_list("position", "entry_id")) == [(1, high), (2, low)]
        assert verify_chain().fault is None
    finally:
        late.close()


@pytest.mark.django_db(transaction=True)
def test_what_commits_later_than_the_sealer_looks_back_is_left_to_the_sweep():
    late = connection.copy()
    try:
        late.set_autocommit(False)
        with late.cursor() as cursor:
            cursor.execute(
                "INSERT INTO journal_entry (public_id, at, action, subject_type, subject_id, reason)"
                " VALUES (gen_random_uuid(), now(), 'late', 'user', 'late', '')"
            )
        write(30)
        assert seal_entries(look_back=20) == 30
        late.commit()
        assert seal_entries(look_back=20) == 0
        assert seal_entries(look_back=None) == 1
        assert verify_chain().verified == 31
    finally:
        late.close()


@pytest.mark.django_db(transaction=True)
def test_parallel_writers_and_sealers_give_one_chain_without_gap_or_double():
    def work(number: int) -> None:
        for _round in range(10):
            if number % 2:
                write(5)
            seal_entries()

    in_threads(6, work)
    while seal_entries():
        pass
    positions = list(Seal.objects.order_by("position").values_list("position", flat=True))
    assert positions == list(range(1, 151))
    report = verify_chain()
    assert (report.verified, report.unsealed, report.fault) == (150, 0, None)


# --- Following -----------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_consumers_handle_each_entry_once_however_many_run_and_fail():
    write(120)
    seal_entries()
    dice = random.Random(20200326)

    def handle(entry: Entry) -> None:
        # Unique: a second time for the same entry would fail the test.
        IdempotencyKey.objects.create(actor_key="consumer", key=str(entry.pk), fingerprint="", created_at=AT)
        if dice.random() < 0.05:
            raise ConnectionError("the other side went away")

    def work(_number: int) -> None:
        left = 1
        while left:
            try:
                left = follow("letters", handle, at=now(), limit=7)
            except ConnectionError:
                left = 1

    in_threads(4, work)
    assert IdempotencyKey.objects.filter(actor_key="consumer").count() == 120
    assert run("SELECT position FROM journal_cursor WHERE consumer = 'letters'") == [(120,)]


@pytest.mark.django_db
def test_a_reader_gets_entries_in_the_order_of_the_chain():
    write(10)
    seal_entries()
    seen: list[int] = []
    for _round in range(4):
        follow("reader", lambda entry: seen.append(entry.pk), at=AT, limit=3)
    assert seen == list(Seal.objects.order_by("position").values_list("entry_id", flat=True))


# --- Tampering -----------------------------------------------------------------------------------

LENGTH = 40
TAMPERINGS = 400
SEED = 20200326


@pytest.fixture
def as_owner(transactional_db):
    """Django's connection with the owner's rights, for a test that overrides the database."""
    write(LENGTH)
    while seal_entries(limit=13):
        pass
    _become(settings.DATABASE_OWNER_URL)
    yield
    _become(settings.DATABASE_URL)


def _execute(sql: str, *values) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)


def _entry_at(position: int) -> int:
    return Seal.objects.get(position=position).entry_id


EDITS = (
    "action = action || '.'",
    "reason = reason || ' '",
    "reason = ''",
    "at = at + interval '1 microsecond'",
    "subject_id = '0'",
    "subject_type = 'invitation'",
    "actor_id = gen_random_uuid()",
    "request_id = gen_random_uuid()",
    "public_id = gen_random_uuid()",
    "before = NULL",
    "after = jsonb_set(after, '{quantity}', '0')",
    "after = after || '{\"more\": null}'",
)


def edit(dice: random.Random) -> tuple[int, int | None]:
    """One field of one entry."""
    position = dice.randint(1, LENGTH)
    entry = _entry_at(position)
    _execute(f"UPDATE journal_entry SET {dice.choice(EDITS)} WHERE id = %s", entry)
    return position, entry


def rehash(dice: random.Random) -> tuple[int, int | None]:
    """An edit, with its own seal made anew: the next one does not fit."""
    position = dice.randint(1, LENGTH - 1)
    entry = _entry_at(position)
    _execute("UPDATE journal_entry SET reason = 'another' WHERE id = %s", entry)
    before = Seal.objects.get(position=position - 1).hash if position > 1 else GENESIS
    made = chain_hash(position, canonical(Entry.objects.get(pk=entry)), before)
    _execute("UPDATE journal_seal SET hash = %s WHERE position = %s", made, position)
    return position + 1, _entry_at(position + 1)


def delete_entry(dice: random.Random) -> tuple[int, int | None]:
    """An entry without its seal."""
    position = dice.randint(1, LENGTH)
    entry = _entry_at(position)
    _execute("DELETE FROM journal_entry WHERE id = %s", entry)
    return position, entry


def delete_both(dice: random.Random) -> tuple[int, int | None]:
    """An entry with its seal."""
    position = dice.randint(1, LENGTH - 1)
    entry = _entry_at(position)
    _execute("DELETE FROM journal_seal WHERE position = %s", position)
    _execute("DELETE FROM journal_entry WHERE id = %s", entry)
    return position, None


def close_ranks(dice: random.Random) -> tuple[int, int | None]:
    """An entry with its seal, and the later ones moved up."""
    position = dice.randint(1, LENGTH - 1)
    entry = _entry_at(position)
    _execute("DELETE FROM journal_seal WHERE position = %s", position)
    _execute("DELETE FROM journal_entry WHERE id = %s", entry)
    _execute("UPDATE journal_seal SET position = -position WHERE position > %s", position)
    _execute("UPDATE journal_seal SET position = -position - 1 WHERE position < 0")
    return position, _entry_at(position)


def reorder(dice: random.Random) -> tuple[int, int | None]:
    """Two entries change places."""
    first, second = sorted(dice.sample(range(1, LENGTH + 1), 2))
    one, other = _entry_at(first), _entry_at(second)
    # Three statements: two seals of one entry are no moment's state.
    _execute("UPDATE journal_seal SET entry_id = -1 WHERE position = %s", first)
    _execute("UPDATE journal_seal SET entry_id = %s WHERE position = %s", one, second)
    _execute("UPDATE journal_seal SET entry_id = %s WHERE position = %s", other, first)
    return first, other


def cut(dice: random.Random) -> tuple[int, int | None]:
    """The end: entries and seals, nothing of the rest touched."""
    kept = dice.randint(0, LENGTH - 1)
    lost = list(Seal.objects.filter(position__gt=kept).values_list("entry_id", flat=True))
    _execute("DELETE FROM journal_seal WHERE position > %s", kept)
    _execute("DELETE FROM journal_entry WHERE id = ANY(%s)", lost)
    return kept + 1, None


def forge(dice: random.Random) -> tuple[int, int | None]:
    """An edit, and every seal from there on made anew: only a head kept elsewhere tells."""
    position = dice.randint(1, LENGTH)
    _execute("UPDATE journal_entry SET reason = 'another' WHERE id = %s", _entry_at(position))
    previous = Seal.objects.get(position=position - 1).hash if position > 1 else GENESIS
    for seal in Seal.objects.filter(position__gte=position).order_by("position"):
        previous = chain_hash(seal.position, canonical(Entry.objects.get(pk=seal.entry_id)), previous)
        _execute("UPDATE journal_seal SET hash = %s WHERE position = %s", previous, seal.position)
    return LENGTH, _entry_at(LENGTH)


def test_every_tampering_is_found_where_it_begins(as_owner):
    head = Head(LENGTH, verify_chain().head)
    dice = random.Random(SEED)
    ways = (edit, rehash, delete_entry, delete_both, close_ranks, reorder, cut, forge)
    for number in range(TAMPERINGS):
        way = ways[number % len(ways)]
        with transaction.atomic():
            for table in ("journal_entry", "journal_seal"):
                _execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
            position, entry = way(dice)
            fault = verify_chain(head).fault
            transaction.set_rollback(True)
        assert fault is not None, f"{way.__name__}, seed {SEED}, number {number}: not found"
        assert (fault.position, fault.entry_id) == (position, entry), f"{way.__name__}, seed {SEED}, number {number}"
    assert verify_chain(head).fault is None, "and everything is as it was"


def test_without_a_head_kept_elsewhere_a_cut_is_found_by_who_has_read_further(as_owner):
    follow("reader", lambda entry: None, at=AT)
    with transaction.atomic():
        for table in ("journal_entry", "journal_seal"):
            _execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        cut(random.Random(SEED))
        assert verify_chain().fault.problem == "cut"
        transaction.set_rollback(True)


def test_the_command_names_the_first_broken_entry(as_owner, capsys):
    call_command("verify_journal")
    said = capsys.readouterr().out
    head = said.rsplit(" ", 1)[1].strip()
    assert said.startswith(f"{LENGTH} sealed entries hold, 0 wait")
    call_command("verify_journal", "--head", head)
    with pytest.raises(CommandError, match="no head"):
        call_command("verify_journal", "--head", "12")
    with pytest.raises(CommandError, match=rf"position {LENGTH}, entry \d+ \(hash\)"):
        call_command("verify_journal", "--head", f"{LENGTH}:{'0' * 64}")
    with transaction.atomic():
        _execute("ALTER TABLE journal_entry DISABLE TRIGGER USER")
        entry = _entry_at(7)
        _execute("UPDATE journal_entry SET reason = '' WHERE id = %s", entry)
        with pytest.raises(CommandError, match=rf"position 7, entry {entry} \(hash\); 6 positions before it hold"):
            call_command("verify_journal")
        transaction.set_rollback(True)
