"""Two duty managers who sign at the same moment: one signature counts, the other hears of it."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from capacity.regions.actions.confirm_condition import confirm_condition
from capacity.regions.actions.refuse_condition import refuse_condition
from capacity.regions.conditions import NotProposedAnyMore
from capacity.regions.models import ConditionDeclaration, Region
from tests import make
from users.roles import Role


@pytest.mark.django_db(transaction=True)
def test_a_proposal_is_answered_once():
    make.region("westeurope")
    proposal = make.declared("westeurope", "constrained", confirmed=False)
    actors = [make.acting(Role.DUTY_MANAGER, fresh_at=make.NOW) for _ in range(8)]

    def answer(number: int) -> str:
        try:
            if number % 2:
                refuse_condition(
                    actor=actors[number], declaration_id=proposal.public_id, answer="Not yet.", at=make.NOW
                )
            else:
                confirm_condition(actor=actors[number], declaration_id=proposal.public_id, at=make.NOW)
        except NotProposedAnyMore:
            return "late"
        finally:
            connection.close()
        return "answered"

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(answer, range(8)))
    assert sorted(answers) == ["answered"] + ["late"] * 7
    declaration = ConditionDeclaration.objects.get()
    expected = "constrained" if declaration.is_in_force else "normal"
    assert Region.objects.get().condition == expected
