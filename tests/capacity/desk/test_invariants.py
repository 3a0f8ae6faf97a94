"""The invariants hold after real acts, and each kind of breach is found."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from capacity.desk.invariants import breaches
from capacity.review.actions.approve_request import approve_request
from tests import make
from tests.conftest import owner_connection
from users.roles import Role

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def granted():
    make.pool(powered_on=1000)
    request = make.tier1_request(quantity=10)
    approve_request(
        actor=make.acting(Role.CAPACITY_REVIEWER), request_id=request.public_id, region_code="westeurope", at=make.NOW
    )
    return request


def test_they_hold_after_a_grant(granted):
    out = StringIO()
    call_command("check_invariants", stdout=out)
    assert "rules hold" in out.getvalue()


@pytest.mark.parametrize(
    ("tampering", "rule"),
    [
        ("UPDATE capacity_pool SET granted = granted + 1, committed_general = committed_general + 1", "ledger"),
        ("UPDATE capacity_capacityrequest SET state = 'declined'", "last move"),
        ("UPDATE capacity_ranking SET result = jsonb_set(result, '{score}', '999')", "facts"),
        ("DELETE FROM journal_entry WHERE subject_type = 'request'", "journal"),
    ],
)
def test_what_the_owner_tampers_with_is_found(granted, tampering, rule):
    owner = owner_connection()
    try:
        with owner.cursor() as cursor:
            for table in ("capacity_capacityrequest", "capacity_ranking", "journal_entry"):
                cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
            cursor.execute(tampering)
            for table in ("capacity_capacityrequest", "capacity_ranking", "journal_entry"):
                cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
    finally:
        owner.close()
    assert any(rule in breach.rule for breach in breaches())
    with pytest.raises(CommandError):
        call_command("check_invariants", stderr=StringIO())
