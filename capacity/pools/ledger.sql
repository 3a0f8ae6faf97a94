-- The ledger's guard. Loaded by migration; `capacity/pools/ledger.py` is its only caller.
--
-- Both functions run with the owner's rights, because the application role may not write the
-- columns they keep: inserting an entry is the only way to commit capacity.

-- Supply follows from the terms (capacity.pools.arithmetic says the same in Python). A deficit grows
-- only here, when the terms change; a posting can only shrink it.
CREATE OR REPLACE FUNCTION capacity_pool_supply() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    usable bigint;
    reserve bigint;
    terms_changed boolean;
BEGIN
    IF TG_OP = 'INSERT' THEN
        -- A new pool has promised nothing, whatever the statement says.
        NEW.committed_general := 0;
        NEW.committed_critical := 0;
        NEW.committed_reserve := 0;
        NEW.held := 0;
        NEW.granted := 0;
    END IF;
    -- Where crews are below minimum, failures are mended late, so the reserve for them is raised: up to double.
    NEW.supply := NEW.powered_on - NEW.out_of_service - NEW.organic_growth
        - (NEW.failure_reserve * NEW.failure_reserve_permille + 999) / 1000
        + NEW.lever_release;
    usable := greatest(NEW.supply, 0);
    reserve := (usable * NEW.reserve_permille + 999) / 1000;
    NEW.supply_critical := usable - reserve;
    NEW.supply_open := NEW.supply_critical * NEW.gate_permille / 1000;

    terms_changed := TG_OP = 'INSERT' OR NEW.supply IS DISTINCT FROM OLD.supply
        OR NEW.supply_open IS DISTINCT FROM OLD.supply_open
        OR NEW.supply_critical IS DISTINCT FROM OLD.supply_critical;
    IF TG_OP = 'UPDATE' AND NOT terms_changed THEN
        NEW.deficit_open := least(OLD.deficit_open, greatest(NEW.committed_general - NEW.supply_open, 0));
        NEW.deficit_critical := least(OLD.deficit_critical,
            greatest(NEW.committed_general + NEW.committed_critical - NEW.supply_critical, 0));
        NEW.deficit := least(OLD.deficit, greatest(NEW.held + NEW.granted - usable, 0));
    ELSE
        NEW.deficit_open := greatest(NEW.committed_general - NEW.supply_open, 0);
        NEW.deficit_critical := greatest(NEW.committed_general + NEW.committed_critical - NEW.supply_critical, 0);
        NEW.deficit := greatest(NEW.held + NEW.granted - usable, 0);
    END IF;
    RETURN NEW;
END $$;

DROP TRIGGER IF EXISTS pool_supply ON capacity_pool;
CREATE TRIGGER pool_supply BEFORE INSERT OR UPDATE ON capacity_pool
    FOR EACH ROW EXECUTE FUNCTION capacity_pool_supply();

-- The guarded UPDATE. A hold or grant moves the pool only where granted + held + n stays within the
-- supply of its level and of every level above; a release always moves it back.
CREATE OR REPLACE FUNCTION capacity_post_entry() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    released capacity_ledgerentry%ROWTYPE;
    n bigint := NEW.quantity;
    sign integer := 1;
BEGIN
    IF NEW.kind IN ('release_hold', 'release_grant') THEN
        SELECT * INTO released FROM capacity_ledgerentry WHERE id = NEW.releases_id;
        IF released.pool_id <> NEW.pool_id OR released.quantity <> NEW.quantity OR released.level <> NEW.level
            OR released.kind <> substr(NEW.kind, 9) THEN
            RAISE EXCEPTION 'a release repeats the entry it releases' USING ERRCODE = 'check_violation';
        END IF;
        sign := -1;
    END IF;
    UPDATE capacity_pool SET
        committed_general = committed_general + CASE WHEN NEW.level = 'general' THEN sign * n ELSE 0 END,
        committed_critical = committed_critical + CASE WHEN NEW.level = 'critical' THEN sign * n ELSE 0 END,
        committed_reserve = committed_reserve + CASE WHEN NEW.level = 'reserve' THEN sign * n ELSE 0 END,
        held = held + CASE WHEN NEW.kind IN ('hold', 'release_hold') THEN sign * n ELSE 0 END,
        granted = granted + CASE WHEN NEW.kind IN ('grant', 'release_grant') THEN sign * n ELSE 0 END
    WHERE id = NEW.pool_id
      AND (sign = -1 OR (
          held + granted + n <= greatest(supply, 0)
          AND (NEW.level = 'reserve' OR committed_general + committed_critical + n <= supply_critical)
          AND (NEW.level <> 'general' OR committed_general + n <= supply_open)
      ));
    IF NOT FOUND THEN
        RAISE EXCEPTION 'the pool does not hold % more', n USING ERRCODE = 'VR001';
    END IF;
    RETURN NEW;
END $$;

DROP TRIGGER IF EXISTS ledger_posts ON capacity_ledgerentry;
CREATE TRIGGER ledger_posts BEFORE INSERT ON capacity_ledgerentry
    FOR EACH ROW EXECUTE FUNCTION capacity_post_entry();
