"""Staffing raises the failure reserve, and says why it changed a supply: the pool's trigger reckons with it."""

from pathlib import Path

from django.db import migrations, models

LEDGER_SQL = Path(__file__).resolve().parents[1] / "pools" / "ledger.sql"


class Migration(migrations.Migration):

    dependencies = [
        ('capacity', '0012_rosters_and_papers'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='pool',
            name='pool_terms_are_sane',
        ),
        migrations.AddField(
            model_name='pool',
            name='failure_reserve_permille',
            field=models.PositiveSmallIntegerField(default=1000),
        ),
        migrations.AddField(
            model_name='supplychange',
            name='reasons',
            field=models.JSONField(blank=True, default=list),
        ),
        migrations.AddConstraint(
            model_name='pool',
            constraint=models.CheckConstraint(condition=models.Q(('failure_reserve__gte', 0), ('failure_reserve_permille__gte', 1000), ('failure_reserve_permille__lte', 2000), ('gate_permille__lte', 1000), ('organic_growth__gte', 0), ('out_of_service__gte', 0), ('powered_on__gte', 0), ('reserve_permille__lte', 1000)), name='pool_terms_are_sane'),
        ),
        # The functions are replaced in place; what is stored follows with the next look at the crews.
        migrations.RunSQL(LEDGER_SQL.read_text(encoding="utf-8"), migrations.RunSQL.noop),
    ]
