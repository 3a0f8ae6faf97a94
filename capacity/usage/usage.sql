-- Samples of usage: one row a pool and moment, in a table of their own for every month (UTC).
--
-- There is no foreign key to the pool: checking one would cost more than writing the row. The rollups, which are
-- written with every batch, have it, so a sample of no pool cannot be committed.

CREATE TABLE capacity_usagesample (
    pool_id bigint NOT NULL,
    at timestamptz NOT NULL,
    used double precision NOT NULL,
    total double precision,
    batch_id bigint NOT NULL,
    PRIMARY KEY (pool_id, at),
    -- NaN is larger than every number in PostgreSQL, so these refuse it too.
    CONSTRAINT usage_is_plausible CHECK (used >= 0 AND used <= 1e15),
    CONSTRAINT usage_within_total CHECK (total IS NULL OR (total >= used AND total <= 1e15))
) PARTITION BY RANGE (at);

-- The application may not create tables; this makes the one for a month, if it is a month that samples can be of.
CREATE FUNCTION capacity_usage_open_month(wanted date) RETURNS void
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
        -- Made beside and then attached: readers of other months are not held up.
        EXECUTE format('CREATE TABLE %I (LIKE capacity_usagesample INCLUDING ALL)', name);
        EXECUTE format(
            'ALTER TABLE capacity_usagesample ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
            name, first::timestamp AT TIME ZONE 'UTC', (first + interval '1 month')::timestamp AT TIME ZONE 'UTC'
        );
    END IF;
END $$;

-- Retention: samples of a month go as a whole, never those of the last two full months, whatever the policy says.
CREATE FUNCTION capacity_usage_drop_month(wanted date) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    first date := date_trunc('month', wanted);
    name text := 'capacity_usagesample_' || to_char(first, 'YYYYMM');
    kept integer := (SELECT sample_months FROM capacity_usageretention ORDER BY id DESC LIMIT 1);
BEGIN
    IF kept IS NULL OR first >= date_trunc('month', now() AT TIME ZONE 'UTC') - make_interval(months => greatest(kept, 2)) THEN
        RAISE EXCEPTION 'The samples of % are still to be kept.', to_char(first, 'YYYY-MM')
            USING ERRCODE = 'check_violation';
    END IF;
    IF to_regclass('public.' || name) IS NULL THEN
        RETURN false;
    END IF;
    EXECUTE format('DROP TABLE %I', name);
    RETURN true;
END $$;

CREATE FUNCTION capacity_usage_months() RETURNS SETOF date
LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
    SELECT to_date(right(c.relname, 6), 'YYYYMM')
      FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
     WHERE i.inhparent = 'capacity_usagesample'::regclass ORDER BY 1
$$;
