"""Who may not judge a claim and what it must rest on, as the triggers of `customers.models` ask it.

The same rules as `customers.access`, for everybody who reaches the tables without it: an account manager of the
organization's portfolio, who filed the claim, and who brought evidence for it.
"""

import pgtrigger


def looks_after(person: str, organization: str) -> str:
    """SQL: whether the person is an account manager whose reach holds the organization now."""
    return f"""EXISTS (
        SELECT 1
        FROM users_roleassignment held
        JOIN customers_organization organization ON organization.id = {organization}
        LEFT JOIN users_roleassignment_portfolios scope ON scope.roleassignment_id = held.id
        WHERE held.user_id = {person} AND held.role = 'account_manager' AND held.ended_at IS NULL
          AND (scope.portfolio_id IS NULL OR scope.portfolio_id = organization.portfolio_id)
    )"""  # noqa: S608 - the parts are names of columns


def _refuse(said: str) -> str:
    return f"RAISE EXCEPTION '{said}' USING ERRCODE = 'check_violation';"


# A decision is looked at again whenever its moment or the state changes too, or somebody appointed since then could
# renew in their own name what they once decided from afar.
DECISION = f"""
    IF NEW.decided_by_id IS NOT NULL AND (
        TG_OP = 'INSERT'
        OR NEW.decided_by_id IS DISTINCT FROM OLD.decided_by_id
        OR NEW.decided_at IS DISTINCT FROM OLD.decided_at
        OR (NEW.state IS DISTINCT FROM OLD.state
            AND NEW.state IN ('verified', 'provisional', 'rejected', 'suspended', 'revoked'))
    ) THEN
        IF {looks_after("NEW.decided_by_id", "NEW.organization_id")} THEN
            {_refuse("nobody decides a claim of the own portfolio")}
        END IF;
        -- Who filed is left to the constraint, which says so.
        IF NEW.decided_by_id IS DISTINCT FROM NEW.filed_by_id AND EXISTS (
            SELECT 1 FROM customers_evidence item WHERE item.claim_id = NEW.id AND item.added_by_id = NEW.decided_by_id
        ) THEN
            {_refuse("nobody decides a claim they brought evidence for")}
        END IF;
    END IF;
    RETURN NEW;
"""  # noqa: S608

CHECK = f"""
    -- Who added the item is left to the constraint, which says so.
    IF NEW.checked_by_id IS NOT NULL AND NEW.checked_by_id IS DISTINCT FROM NEW.added_by_id AND (
        TG_OP = 'INSERT'
        OR NEW.checked_by_id IS DISTINCT FROM OLD.checked_by_id
        OR NEW.checked_at IS DISTINCT FROM OLD.checked_at
        OR NEW.holds IS DISTINCT FROM OLD.holds
    ) THEN
        IF EXISTS (
            SELECT 1 FROM customers_claim judged
            WHERE judged.id = NEW.claim_id
              AND (
                judged.filed_by_id = NEW.checked_by_id
                OR {looks_after("NEW.checked_by_id", "judged.organization_id")}
              )
        ) THEN
            {_refuse("nobody checks evidence of the own claim or portfolio")}
        END IF;
        IF EXISTS (
            SELECT 1 FROM customers_evidencefile file
            WHERE file.evidence_id = NEW.id AND file.uploaded_by_id = NEW.checked_by_id
        ) THEN
            {_refuse("nobody checks a file of their own")}
        END IF;
    END IF;
    RETURN NEW;
"""  # noqa: S608

LEASE = f"""
    IF EXISTS (
        SELECT 1 FROM customers_claim judged
        WHERE judged.id = NEW.claim_id
          AND (
            judged.filed_by_id = NEW.holder_id
            OR EXISTS (
                SELECT 1 FROM customers_evidence item
                WHERE item.claim_id = judged.id AND item.added_by_id = NEW.holder_id
            )
            OR {looks_after("NEW.holder_id", "judged.organization_id")}
          )
    ) THEN
        {_refuse("nobody takes up a case of the own claim or portfolio")}
    END IF;
    RETURN NEW;
"""  # noqa: S608

# What `customers.evidence.missing_evidence` asks for, so that nothing calls a claim verified that rests on nothing.
RESTS_ON_EVIDENCE = f"""
    IF NEW.state = 'verified' AND OLD.state IS DISTINCT FROM NEW.state AND NOT EXISTS (
        SELECT 1 FROM customers_sectorcategory category
        WHERE category.id = NEW.category_id
          AND EXISTS (
            SELECT 1 FROM customers_evidence item
            WHERE item.claim_id = NEW.id AND item.holds AND (
                item.kind IN ('register_match', 'authority_letter')
                OR (NOT category.needs_strong_evidence AND item.kind IN ('authority_certificate', 'sponsor_letter'))
            )
          )
          AND (NOT category.needs_strong_evidence OR EXISTS (
            SELECT 1 FROM customers_evidence item
            WHERE item.claim_id = NEW.id AND item.holds AND item.kind = 'domain_control'
          ))
    ) THEN
        {_refuse("a verification rests on evidence that was checked and holds")}
    END IF;
    RETURN NEW;
"""  # noqa: S608

SHOWN = f"""
    IF NEW.kind = 'domain_control' AND NEW.holds AND (TG_OP = 'INSERT' OR NEW.holds IS DISTINCT FROM OLD.holds)
    AND NOT EXISTS (
        SELECT 1 FROM customers_domainproof proof
        JOIN customers_domainchallenge challenge ON challenge.id = proof.challenge_id
        WHERE challenge.claim_id = NEW.claim_id AND challenge.domain = NEW.domain
    ) THEN
        {_refuse("control of a domain holds once it was shown")}
    END IF;
    RETURN NEW;
"""  # noqa: S608


INHERITANCE = f"""
    IF {looks_after("NEW.decided_by_id", "NEW.organization_id")} THEN
        {_refuse("nobody decides what an organization of the own portfolio inherits")}
    END IF;
    RETURN NEW;
"""


def _before(name: str, operation: pgtrigger.Operation, func: str) -> pgtrigger.Trigger:
    return pgtrigger.Trigger(name=name, operation=operation, when=pgtrigger.Before, func=func)


def decision_trigger() -> pgtrigger.Trigger:
    """On claims: nobody decides for the own portfolio, nor what they brought evidence for."""
    return _before("no_decision_in_own_portfolio", pgtrigger.Update | pgtrigger.Insert, DECISION)


def evidence_trigger() -> pgtrigger.Trigger:
    """On evidence: nobody checks for the own claim or portfolio."""
    return _before("no_check_in_own_portfolio", pgtrigger.Update | pgtrigger.Insert, CHECK)


def shown_trigger() -> pgtrigger.Trigger:
    """On evidence: control of a domain holds by what the DNS or a mailbox showed, never by somebody's word."""
    return _before("domain_control_was_shown", pgtrigger.Update | pgtrigger.Insert, SHOWN)


def lease_trigger() -> pgtrigger.Trigger:
    """On leases: nobody takes up what they may not decide."""
    return _before("no_case_in_own_portfolio", pgtrigger.Update | pgtrigger.Insert, LEASE)


def inheritance_trigger() -> pgtrigger.Trigger:
    """On inheritances: who looks after the organization does not decide what it inherits."""
    return _before("no_inheritance_in_own_portfolio", pgtrigger.Update | pgtrigger.Insert, INHERITANCE)


def basis_trigger() -> pgtrigger.Trigger:
    """On claims: what becomes verified rests on evidence that was checked and holds."""
    return _before("verification_rests_on_evidence", pgtrigger.Update, RESTS_ON_EVIDENCE)
