-- What retention needs of the database: the application may drop nothing by itself, and what was dropped stays away.

CREATE OR REPLACE FUNCTION capacity_usage_open_month(wanted date) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    first date := date_trunc('month', wanted);
    name text := 'capacity_usagesample_' || to_char(first, 'YYYYMM');
BEGIN
    IF first < DATE '2000-01-01' OR first > now() + interval '32 days' THEN
        RAISE EXCEPTION 'No samples are kept of %.', to_char(first, 'YYYY-MM') USING ERRCODE = 'check_violation';
    END IF;
    PERFORM pg_advisory_xact_lock(7304996);
    IF to_regclass('public.' || name) IS NULL THEN
        IF EXISTS (SELECT 1 FROM capacity_droppedmonth WHERE month >= first) THEN
            RAISE EXCEPTION 'The samples of % were dropped.', to_char(first, 'YYYY-MM')
                USING ERRCODE = 'check_violation';
        END IF;
        -- Made beside and then attached: readers of other months are not held up.
        EXECUTE format('CREATE TABLE %I (LIKE capacity_usagesample INCLUDING ALL)', name);
        EXECUTE format(
            'ALTER TABLE capacity_usagesample ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
            name, first::timestamp AT TIME ZONE 'UTC', (first + interval '1 month')::timestamp AT TIME ZONE 'UTC'
        );
    END IF;
END $$;

-- The first month that a policy of so many full months keeps; null where it keeps everything.
CREATE FUNCTION capacity_usage_kept_from(months integer) RETURNS date
LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
    SELECT (date_trunc('month', now() AT TIME ZONE 'UTC') - make_interval(months => months))::date
$$;

CREATE OR REPLACE FUNCTION capacity_usage_drop_month(wanted date) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    first date := date_trunc('month', wanted);
    name text := 'capacity_usagesample_' || to_char(first, 'YYYYMM');
    kept integer := (SELECT sample_months FROM capacity_usageretention ORDER BY id DESC LIMIT 1);
BEGIN
    IF kept IS NULL OR first >= capacity_usage_kept_from(greatest(kept, 2)) THEN
        RAISE EXCEPTION 'The samples of % are still to be kept.', to_char(first, 'YYYY-MM')
            USING ERRCODE = 'check_violation';
    END IF;
    IF to_regclass('public.' || name) IS NULL THEN
        RETURN false;
    END IF;
    EXECUTE format('DROP TABLE %I', name);
    INSERT INTO capacity_droppedmonth (month, at) VALUES (first, now()) ON CONFLICT (month) DO NOTHING;
    RETURN true;
END $$;

-- Hours, days and forecasts beyond the policy in force go; it checks the policy itself.
CREATE FUNCTION capacity_usage_drop_rollups(OUT hours bigint, OUT days bigint, OUT forecasts bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    policy capacity_usageretention;
    hours_from timestamptz;
BEGIN
    SELECT * INTO policy FROM capacity_usageretention ORDER BY id DESC LIMIT 1;
    hours := 0; days := 0; forecasts := 0;
    IF policy.hour_months IS NOT NULL THEN
        hours_from := capacity_usage_kept_from(greatest(policy.hour_months, 3))::timestamp AT TIME ZONE 'UTC';
        DELETE FROM capacity_usagehour WHERE hour < hours_from;
        GET DIAGNOSTICS hours = ROW_COUNT;
        DELETE FROM capacity_usageforecast WHERE made_at < hours_from;
        GET DIAGNOSTICS forecasts = ROW_COUNT;
    END IF;
    IF policy.day_months IS NOT NULL THEN
        DELETE FROM capacity_usageday WHERE day < capacity_usage_kept_from(greatest(policy.day_months, 14));
        GET DIAGNOSTICS days = ROW_COUNT;
    END IF;
END $$;
