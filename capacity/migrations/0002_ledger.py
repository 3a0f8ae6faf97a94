"""The functions and triggers that guard the ledger: see `capacity/pools/ledger.sql`."""

from pathlib import Path

from django.db import migrations

LEDGER_SQL = Path(__file__).resolve().parents[1] / "pools" / "ledger.sql"


class Migration(migrations.Migration):
    dependencies = [("capacity", "0001_initial")]

    operations = [
        migrations.RunSQL(
            LEDGER_SQL.read_text(encoding="utf-8"),
            "DROP TRIGGER ledger_posts ON capacity_ledgerentry; DROP FUNCTION capacity_post_entry();"
            " DROP TRIGGER pool_supply ON capacity_pool; DROP FUNCTION capacity_pool_supply();",
        )
    ]
