"""Find the customers that a register lists for a tier-1 category: by id, by domain, by name and country."""

import json
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Max

from customers import names
from customers.models import ImportRun, RegisterSnapshot
from customers.registers.adapters import REGISTERS
from customers.registers.models import MatchRun

# Organizations change one by one, too; what they say is looked at again this often.
AT_LEAST_EVERY = timedelta(hours=1)
# Any constant will do: one at a time.
MATCH_LOCK = 7_304_996
# Where a register's entry is no domain, a shared one (a city's, a host's) says little without a similar name.
SIMILAR_FROM = 0.5

_FIND = """
WITH newest AS (
    SELECT DISTINCT ON (register_id) id, register_id FROM customers_registersnapshot
    ORDER BY register_id, as_of_date DESC
), entries AS MATERIALIZED (
    SELECT entry.id, entry.key, entry.domain, entry.sort_name, entry.country, register.code,
           category.id AS category_id, register.code = ANY(%(domain_registers)s) AS lists_domains
    FROM customers_registerrow entry
    JOIN newest ON newest.id = entry.snapshot_id
    JOIN customers_register register ON register.id = newest.register_id
    JOIN customers_sectorcategory category ON category.needs_strong_evidence AND category.code =
        COALESCE(%(kinds)s::jsonb #>> ARRAY[register.code, entry.kind], %(default)s::jsonb ->> register.code)
    WHERE entry.is_active
), by_id AS (
    SELECT known.organization_id, entries.category_id, entries.id AS entry_id, 1 AS place, 'id' AS by
    FROM customers_externalid known
    JOIN entries ON upper(entries.key) = upper(known.value) AND %(id_kinds)s::jsonb ->> known.kind = entries.code
), shared AS (
    SELECT domain FROM customers_organizationdomain GROUP BY domain HAVING count(*) > 1
), by_domain AS (
    SELECT own.organization_id, entries.category_id, entries.id, 2, 'domain'
    FROM customers_organizationdomain own
    JOIN customers_organization organization ON organization.id = own.organization_id
    JOIN entries ON entries.domain = own.domain
    LEFT JOIN shared ON shared.domain = own.domain
    WHERE own.domain <> ALL(%(free_mail)s)
      AND (entries.lists_domains AND shared.domain IS NULL
           OR similarity(entries.sort_name, organization.sort_name) >= %(similar_from)s)
), known_names AS (
    -- A single word, or a name that a register gives several bodies of one country, tells nobody from another.
    SELECT sort_name, country, category_id, min(id) AS entry_id
    FROM entries WHERE position(' ' IN sort_name) > 0
    GROUP BY sort_name, country, category_id, code, lists_domains
    HAVING count(*) = 1 OR lists_domains
), by_name AS (
    SELECT organization.id, known_names.category_id, known_names.entry_id, 3, 'name'
    FROM customers_organization organization
    JOIN known_names ON known_names.sort_name = organization.sort_name AND known_names.country = organization.country
    WHERE organization.merged_into_id IS NULL
), found AS MATERIALIZED (
    SELECT DISTINCT ON (match.organization_id, match.category_id)
           match.organization_id, match.category_id, match.entry_id, match.by, organization.sort_name
    FROM (TABLE by_id UNION ALL TABLE by_domain UNION ALL TABLE by_name) match
    JOIN customers_organization organization ON organization.id = match.organization_id
    WHERE NOT organization.is_internal
    ORDER BY match.organization_id, match.category_id, match.place, match.entry_id
), gone AS (
    DELETE FROM customers_registermatch old WHERE NOT EXISTS (
        SELECT FROM found WHERE found.organization_id = old.organization_id AND found.category_id = old.category_id)
), kept AS (
    INSERT INTO customers_registermatch AS old
        (public_id, row_version, organization_id, category_id, entry_id, by, sort_name, found_at)
    SELECT gen_random_uuid(), 1, organization_id, category_id, entry_id, by, sort_name, %(at)s FROM found
    ON CONFLICT (organization_id, category_id) DO UPDATE
    SET entry_id = excluded.entry_id, by = excluded.by, sort_name = excluded.sort_name,
        row_version = old.row_version + 1
    WHERE (old.entry_id, old.by, old.sort_name) IS DISTINCT FROM (excluded.entry_id, excluded.by, excluded.sort_name)
)
SELECT count(*) FROM found
"""


def find_register_matches(*, at: datetime) -> int:
    """Make the matches what registers and organizations say now, in one statement; returns how many there are.

    Whether a claim stands is not asked here but when the list is read, so a claim filed meanwhile is never missed.
    Repeating it changes nothing.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [MATCH_LOCK])
        cursor.execute(_FIND, {**_declared(), "at": at})
        (count,) = cursor.fetchone()
        MatchRun.objects.update_or_create(pk=1, defaults={"ran_at": at, "matches": count})
        return int(count)


def matches_are_due(*, at: datetime) -> bool:
    """Whether something was imported since they were found, or it is an hour ago."""
    last = MatchRun.objects.filter(pk=1).first()
    if last is None or at - last.ran_at >= AT_LEAST_EVERY:
        return True
    newest = RegisterSnapshot.objects.aggregate(at=Max("imported_at"))["at"]
    ended = ImportRun.objects.filter(is_dry_run=False).aggregate(at=Max("ended_at"))["at"]
    return any(moment is not None and moment >= last.ran_at for moment in (newest, ended))


def _declared() -> dict[str, Any]:
    registers = REGISTERS.values()
    # An organization's id may name the register by its code, too.
    id_kinds = {kind: one.code for one in registers for kind in (one.code, *one.id_kinds)}
    return {
        "kinds": json.dumps({one.code: dict(one.categories) for one in registers}),
        "default": json.dumps({one.code: one.category for one in registers}),
        "id_kinds": json.dumps(id_kinds),
        "domain_registers": [one.code for one in registers if one.lists_domains],
        "free_mail": sorted(names.FREE_MAIL),
        "similar_from": SIMILAR_FROM,
    }
