"""Every life: what the table in Python allows is what the database allows, move by move."""

import importlib
import itertools
from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

import pgtrigger
import pytest
from django.apps import apps
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import DatabaseError, connection, models, transaction
from django.utils import translation

from kit.transitions import Life, MoveRefused
from tests.conftest import _become

LIVES = [
    (model, trigger)
    for model in apps.get_models()
    for trigger in getattr(model._meta, "triggers", [])
    if isinstance(trigger, pgtrigger.FSM)
]


def life_of(model: type[models.Model], trigger: pgtrigger.FSM) -> Life:
    """The table beside the model whose trigger this is."""
    module = importlib.import_module(model.__module__)
    lives = [value for value in vars(module).values() if isinstance(value, Life)]
    (life,) = (life for life in lives if life.trigger().transitions == trigger.transitions)
    return life


def any_row(model: type[models.Model], state: str) -> models.Model:
    """A row that satisfies columns but no rule; rules are off where it is used."""
    values: dict[str, Any] = {}
    for field in model._meta.concrete_fields:
        if field.name == "state":
            values["state"] = state
        elif field.has_default() or field.has_db_default() or field.null or field.primary_key:
            continue
        elif field.is_relation:
            values[field.attname] = 1
        elif isinstance(field, models.DateTimeField):
            values[field.name] = datetime(2020, 3, 26, tzinfo=UTC)
        elif isinstance(field, models.DateField):
            values[field.name] = date(2020, 3, 26)
        elif isinstance(field, models.UUIDField):
            values[field.name] = uuid4()
        elif isinstance(field, ArrayField):
            values[field.name] = []
        elif isinstance(field, models.CharField | models.TextField):
            values[field.name] = ""
        else:
            values[field.name] = 1
    return model(**values)


@pytest.fixture
def as_owner(transactional_db):
    _become(settings.DATABASE_OWNER_URL)
    yield
    _become(settings.DATABASE_URL)


def test_lives_are_found():
    assert {model._meta.label for model, _trigger in LIVES} >= {
        "capacity.CapacityRequest",
        "customers.Claim",
        "priorities.Override",
    }


@pytest.mark.parametrize(("model", "trigger"), LIVES, ids=[model._meta.label for model, _trigger in LIVES])
def test_python_and_database_allow_the_same_moves(model, trigger, as_owner):
    life = life_of(model, trigger)
    states = [str(value) for value, _label in model._meta.get_field(life.field).flatchoices]
    assert {str(state) for state in life.reachable} == set(states), "the table names every state"
    allowed = set()
    with transaction.atomic():
        _leave_only(model, trigger)
        (row,) = model.objects.bulk_create([any_row(model, states[0])])
        for old, new in itertools.permutations(states, 2):
            with connection.cursor() as cursor:
                cursor.execute(f"ALTER TABLE {model._meta.db_table} DISABLE TRIGGER USER")
            model.objects.filter(pk=row.pk).update(**{life.field: old})
            _enable(model, trigger)
            if _moves(model, row, life.field, new):
                allowed.add((old, new))
        transaction.set_rollback(True)
    assert allowed == {(old, new) for old, new in itertools.permutations(states, 2) if life.allows(old, new)}


def _moves(model: type[models.Model], row: models.Model, field: str, new: str) -> bool:
    """Whether the database takes the move; any refusal but the life's own is an error of the test."""
    try:
        with transaction.atomic():
            model._default_manager.filter(pk=row.pk).update(**{field: new})
    except DatabaseError as error:
        if "Invalid transition" not in str(error):
            raise
        return False
    return True


def _leave_only(model: type[models.Model], trigger: pgtrigger.FSM) -> None:
    """Take every other rule off the table, until the rollback: only the life is asked here."""
    table = model._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        cursor.execute(
            "SELECT conname FROM pg_constraint WHERE conrelid = %s::regclass AND contype IN ('c', 'x', 'f')", [table]
        )
        for (name,) in cursor.fetchall():
            cursor.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
        cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")


def _enable(model: type[models.Model], trigger: pgtrigger.FSM) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {model._meta.db_table} ENABLE TRIGGER {trigger.get_pgid(model)}")


def test_a_move_that_is_not_in_the_table_is_refused_in_words():
    class Light(models.TextChoices):
        RED = "red", "Red"
        GREEN = "green", "Green"

    life = Life({Light.RED: {Light.GREEN}, Light.GREEN: set()})
    life.require("red", Light.GREEN)
    with pytest.raises(MoveRefused) as refused:
        life.require("green", Light.RED)
    with translation.override("en"):
        assert "“Green” to “Red”" in str(refused.value)
    assert life.final == {"green"}
    assert not life.allows("red", "red")
    assert not life.allows("blue", "red")
