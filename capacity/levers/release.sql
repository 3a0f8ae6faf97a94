-- What levers release, as measured, and the guard of what a pool counts of it. Loaded by migration;
-- `capacity/levers/actions/follow_levers.py` lets pools follow.

-- The steps in force, each with the move that took it: every step up to the one a pulled lever stands on. A step that
-- was left and taken again is in force by the later move, so what was measured before counts no more.
CREATE OR REPLACE FUNCTION capacity_steps_in_force() RETURNS TABLE (lever_id bigint, step_id bigint, move_id bigint)
LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
    SELECT lever.id, step.id, (
        SELECT max(move.id) FROM capacity_levermove move
        LEFT JOIN capacity_leverstep old ON old.id = move.old_step_id
        WHERE move.step_id = step.id AND (old.id IS NULL OR old.position < step.position)
    )
    FROM capacity_lever lever
    JOIN capacity_leverstep stands_on ON stands_on.id = lever.step_id
    JOIN capacity_leverstep step ON step.lever_id = lever.id AND step.position <= stands_on.position
    WHERE lever.state IN ('limited', 'paused')
$$;

-- The last measurement of every step in force, by pool, in its units.
CREATE OR REPLACE FUNCTION capacity_releases_in_force()
RETURNS TABLE (lever_id bigint, step_id bigint, pool_id bigint, released bigint)
LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
    SELECT DISTINCT ON (measured.move_id, measured.pool_id)
        force.lever_id, force.step_id, measured.pool_id, greatest(measured.before_level - measured.after_level, 0)
    FROM capacity_steps_in_force() force
    JOIN capacity_levermeasurement measured ON measured.move_id = force.move_id
    ORDER BY measured.move_id, measured.pool_id, measured.id DESC
$$;

-- Whether a measurement is of a fall in use that another step in force was measured to release already: the levels
-- overlap, and so do the times from a day before the step (over which the level before is taken) to the measuring. Or
-- all of them together would release more than is powered on.
CREATE OR REPLACE FUNCTION capacity_falls_twice(
    of_move bigint, of_pool bigint, before_level bigint, after_level bigint, measured_at timestamptz
) RETURNS boolean
LANGUAGE sql VOLATILE SET search_path = public, pg_temp AS $$
    WITH others AS (
        SELECT DISTINCT ON (measured.move_id) measured.*, move.at AS taken_at
        FROM capacity_steps_in_force() force
        JOIN capacity_levermove move ON move.id = force.move_id
        JOIN capacity_levermeasurement measured ON measured.move_id = move.id
        WHERE measured.pool_id = of_pool AND measured.move_id <> of_move
        ORDER BY measured.move_id, measured.id DESC
    )
    SELECT $3 > $4 AND (
        EXISTS (
            SELECT 1 FROM others
            WHERE others.after_level < $3 AND $4 < others.before_level AND others.after_level < others.before_level
              AND others.taken_at - interval '1 day' <= $5
              AND (SELECT at FROM capacity_levermove WHERE id = of_move) - interval '1 day' <= others.measured_at
        )
        OR $3 - $4 + (SELECT coalesce(sum(greatest(others.before_level - others.after_level, 0)), 0) FROM others)
            > (SELECT powered_on FROM capacity_pool WHERE id = of_pool)
    )
$$;

-- A pool counts exactly what is measured and in force: neither a promise nor a wish.
CREATE OR REPLACE FUNCTION capacity_release_is_measured() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NEW.lever_release <> (
        SELECT coalesce(sum(released), 0) FROM capacity_releases_in_force() WHERE pool_id = NEW.id
    ) THEN
        RAISE EXCEPTION 'what levers release counts as measured' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

DROP TRIGGER IF EXISTS release_is_measured ON capacity_pool;
CREATE TRIGGER release_is_measured BEFORE UPDATE OF lever_release ON capacity_pool
    FOR EACH ROW WHEN (OLD.lever_release IS DISTINCT FROM NEW.lever_release)
    EXECUTE FUNCTION capacity_release_is_measured();
DROP TRIGGER IF EXISTS new_release_is_measured ON capacity_pool;
CREATE TRIGGER new_release_is_measured BEFORE INSERT ON capacity_pool
    FOR EACH ROW WHEN (NEW.lever_release <> 0) EXECUTE FUNCTION capacity_release_is_measured();
