-- What is granted under an offer campaign counts against its cap: a guarded UPDATE, as in the ledger. Loaded by
-- migration. The functions run with the owner's rights, because the application role may not write `used`.

CREATE OR REPLACE FUNCTION capacity_campaign_takes() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    campaign bigint;
    standing text;
BEGIN
    SELECT campaign_id INTO campaign FROM capacity_capacityrequest WHERE id = NEW.request_id;
    IF campaign IS NULL THEN
        RETURN NEW;
    END IF;
    -- Whoever closes it meanwhile waits for us, or we for them.
    SELECT CASE
        WHEN (NEW.at AT TIME ZONE 'UTC')::date >= starts_date AND (NEW.at AT TIME ZONE 'UTC')::date < ends_date
        THEN state ELSE 'closed'
    END INTO standing FROM capacity_offercampaign WHERE id = campaign FOR SHARE;
    -- What was held while it was live may still be signed.
    IF standing <> 'live' AND (SELECT stage FROM capacity_decision WHERE id = NEW.decision_id) <> 'second_signature' THEN
        RAISE EXCEPTION 'the campaign is not live' USING ERRCODE = 'VR003';
    END IF;
    UPDATE capacity_campaigncap SET used = used + NEW.quantity
    WHERE campaign_id = campaign AND pool_id = NEW.pool_id AND used + NEW.quantity <= cap;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'the campaign has no room for % more', NEW.quantity USING ERRCODE = 'VR002';
    END IF;
    RETURN NEW;
END $$;

DROP TRIGGER IF EXISTS campaign_takes ON capacity_grant;
CREATE TRIGGER campaign_takes BEFORE INSERT ON capacity_grant
    FOR EACH ROW EXECUTE FUNCTION capacity_campaign_takes();

CREATE OR REPLACE FUNCTION capacity_campaign_gives_back() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    UPDATE capacity_campaigncap cap SET used = cap.used - NEW.quantity
    FROM capacity_grant granted JOIN capacity_capacityrequest request ON request.id = granted.request_id
    WHERE granted.entry_id = NEW.releases_id AND cap.campaign_id = request.campaign_id AND cap.pool_id = NEW.pool_id;
    RETURN NEW;
END $$;

DROP TRIGGER IF EXISTS campaign_gives_back ON capacity_ledgerentry;
CREATE TRIGGER campaign_gives_back AFTER INSERT ON capacity_ledgerentry
    FOR EACH ROW WHEN (NEW.releases_id IS NOT NULL) EXECUTE FUNCTION capacity_campaign_gives_back();

-- Caps are part of what two people agreed on: they are written while it is planned, unused.
CREATE OR REPLACE FUNCTION capacity_campaign_cap_is_planned() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    NEW.used := 0;
    IF NOT EXISTS (SELECT 1 FROM capacity_offercampaign WHERE id = NEW.campaign_id AND state = 'planned') THEN
        RAISE EXCEPTION 'a cap is planned with its campaign' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

DROP TRIGGER IF EXISTS cap_is_planned ON capacity_campaigncap;
CREATE TRIGGER cap_is_planned BEFORE INSERT ON capacity_campaigncap
    FOR EACH ROW EXECUTE FUNCTION capacity_campaign_cap_is_planned();
