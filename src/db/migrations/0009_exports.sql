-- Attempts at an export: one more when a worker begins, so that a server that dies at it every time does not try for ever.
ALTER TABLE exports ADD COLUMN attempts integer DEFAULT 0 NOT NULL;

-- Exports that need care, over all orgs: an expired file, a file of an export that ended without one, and an export that
-- nobody has worked on for a while.
CREATE INDEX exports_care ON exports USING btree (updated_at) WHERE path IS NOT NULL OR status IN ('pending', 'processing');
GRANT SELECT (org_id, id, status, path, expires_at, updated_at) ON exports TO mc_care;
CREATE POLICY due ON exports FOR SELECT TO mc_care USING (path IS NOT NULL OR status IN ('pending', 'processing'));

-- `stalled`: nobody has worked on it for `p_stalled_ms`. The others have a file that has to go.
CREATE FUNCTION exports_due(p_limit int, p_stalled_ms bigint) RETURNS TABLE (org_id uuid, id uuid, path text, stalled boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT e.org_id, e.id, e.path, e.status IN ('pending', 'processing') FROM exports e
  WHERE (e.path IS NOT NULL OR e.status IN ('pending', 'processing'))
    AND CASE WHEN e.status IN ('pending', 'processing') THEN e.updated_at < now() - make_interval(secs => p_stalled_ms / 1000.0)
             WHEN e.status = 'ready' THEN e.expires_at <= now()
             ELSE true END
  ORDER BY e.updated_at LIMIT p_limit;
$$;

GRANT CREATE ON SCHEMA public TO mc_care;
ALTER FUNCTION exports_due(int, bigint) OWNER TO mc_care;
REVOKE CREATE ON SCHEMA public FROM mc_care;

-- Partitions of the months of an imported org, so that its rows do not lie in the default partition.
CREATE FUNCTION make_months(p_months date[]) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  parent text;
  month date;
  n int := 0;
BEGIN
  IF cardinality(p_months) > 600 THEN
    RAISE EXCEPTION 'Too many months' USING ERRCODE = 'program_limit_exceeded';
  END IF;
  SET LOCAL lock_timeout = '2s';
  SET LOCAL TimeZone = 'UTC';
  PERFORM pg_advisory_xact_lock(727002);
  FOREACH parent IN ARRAY ARRAY['events', 'messages'] LOOP
    FOR month IN SELECT DISTINCT date_trunc('month', m)::date FROM unnest(p_months) m LOOP
      n := n + (SELECT made::int FROM make_partition(parent, month));
    END LOOP;
  END LOOP;
  RETURN n;
END $$;

REVOKE ALL ON FUNCTION exports_due(int, bigint), make_months(date[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION exports_due(int, bigint), make_months(date[]) TO mc_app;
