"""Kinship in the database: who stands above whom, and what became of an organization that was merged.

The rules of `update_organization` and `merge_organizations`, for everybody who reaches the tables without them.
"""

import pgtrigger

# Any constant will do: registrations look for duplicates one after the other, or two would miss each other; and no two
# changes of parents close a circle that neither sees.
REGISTRATION_LOCK = 7_304_993

_NO_CIRCLE = f"""
    PERFORM pg_advisory_xact_lock({REGISTRATION_LOCK});
    IF EXISTS (
        WITH RECURSIVE above (id) AS (
            SELECT NEW.parent_id
            UNION
            SELECT one.parent_id FROM customers_organization one JOIN above ON one.id = above.id
            WHERE one.parent_id IS NOT NULL
        )
        SELECT 1 FROM above WHERE above.id = NEW.id
    ) THEN
        RAISE EXCEPTION 'an organization does not stand below itself' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
"""  # noqa: S608

_MERGED_FOR_GOOD = """
    IF OLD.merged_into_id IS NOT NULL AND NEW.merged_into_id IS DISTINCT FROM OLD.merged_into_id THEN
        RAISE EXCEPTION 'a merged organization stays merged' USING ERRCODE = 'check_violation';
    END IF;
    IF OLD.merged_into_id IS NULL AND NEW.merged_into_id IS NOT NULL AND EXISTS (
        SELECT 1 FROM customers_organization one WHERE one.id = NEW.merged_into_id AND one.merged_into_id IS NOT NULL
    ) THEN
        RAISE EXCEPTION 'nothing is merged into a merged organization' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
"""

_FOLLOWS = """
    IF NOT EXISTS (
        SELECT 1 FROM customers_organization one
        WHERE one.id = OLD.organization_id AND one.merged_into_id = NEW.organization_id
    ) THEN
        RAISE EXCEPTION 'it belongs to its organization, and follows it only when that is merged'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
"""


def circle_trigger() -> pgtrigger.Trigger:
    """On organizations: none stands below itself."""
    return pgtrigger.Trigger(
        name="no_circle_of_parents",
        when=pgtrigger.Before,
        operation=pgtrigger.Insert | pgtrigger.UpdateOf("parent_id"),
        condition=pgtrigger.Q(new__parent__isnull=False),
        func=_NO_CIRCLE,
    )


def merge_trigger() -> pgtrigger.Trigger:
    """On organizations: merged once, for good, and into one that is not."""
    return pgtrigger.Trigger(
        name="merged_for_good",
        when=pgtrigger.Before,
        operation=pgtrigger.UpdateOf("merged_into_id"),
        func=_MERGED_FOR_GOOD,
    )


def following_trigger() -> pgtrigger.Trigger:
    """On what belongs to an organization for good: it changes hands only where the organization was merged, and only
    to the one it was merged into."""
    return pgtrigger.Trigger(
        name="follows_its_organization",
        when=pgtrigger.Before,
        operation=pgtrigger.UpdateOf("organization_id"),
        condition=pgtrigger.Condition("OLD.organization_id IS DISTINCT FROM NEW.organization_id"),
        func=_FOLLOWS,
    )
