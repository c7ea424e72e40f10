-- A backup by the org's schedule is an export that nobody asked for: its file lies where the org's settings said, and is
-- kept for the days that they say.
ALTER TABLE exports ALTER COLUMN requested_by DROP NOT NULL,
  ADD COLUMN backup text CONSTRAINT exports_backup_check CHECK (backup IN ('local', 's3')),
  ADD CONSTRAINT exports_cause_check CHECK ((requested_by IS NULL) = (backup IS NOT NULL));
CREATE INDEX exports_backups ON exports (org_id, created_at) WHERE backup IS NOT NULL;
-- Asked for every minute.
CREATE INDEX organizations_backup ON organizations (id) WHERE settings #>> '{backup,enabled}' = 'true' AND status = 'active';

GRANT SELECT (org_id, backup, created_at) ON exports TO mc_auth;
CREATE POLICY backups ON exports FOR SELECT TO mc_auth USING (backup IS NOT NULL);

-- Orgs with a schedule of backups after `p_after` in the order of their ids, and when their last one was asked for.
CREATE FUNCTION backup_schedules(p_after uuid, p_limit int)
RETURNS TABLE (org_id uuid, schedule_cron text, destination text, time_zone text, last_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT o.id, o.settings #>> '{backup,schedule_cron}', o.settings #>> '{backup,destination}',
    coalesce(o.settings ->> 'time_zone', 'UTC'),
    (SELECT max(e.created_at) FROM exports e WHERE e.org_id = o.id AND e.backup IS NOT NULL)
  FROM organizations o
  WHERE o.settings #>> '{backup,enabled}' = 'true' AND o.status = 'active' AND (p_after IS NULL OR o.id > p_after)
  ORDER BY o.id LIMIT p_limit;
$$;

GRANT CREATE ON SCHEMA public TO mc_auth;
ALTER FUNCTION backup_schedules(uuid, int) OWNER TO mc_auth;
REVOKE CREATE ON SCHEMA public FROM mc_auth;
REVOKE ALL ON FUNCTION backup_schedules(uuid, int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION backup_schedules(uuid, int) TO mc_app;
