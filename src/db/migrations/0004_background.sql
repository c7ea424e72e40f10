-- Background work of a node for all orgs at once: one statement per job for any number of orgs. The functions belong to
-- a role that may remove expired rows, postpone alarms, record the last use of members and keys, and read which tasks
-- and orgs are due; nothing else.
GRANT USAGE ON SCHEMA public TO mc_care;
GRANT SELECT, DELETE ON recent_commands, idempotency_keys, message_client_ids TO mc_care;
GRANT SELECT, UPDATE (next_at, attempts) ON alarms TO mc_care;
GRANT SELECT (id, status, deletion_at) ON organizations TO mc_care;
GRANT SELECT (org_id, id, status, completed_at, archived_at) ON tasks TO mc_care;
GRANT SELECT (org_id, user_id), UPDATE (last_active_at) ON memberships TO mc_care;
GRANT SELECT (org_id, id), UPDATE (last_used_at) ON api_keys TO mc_care;

-- Retention of replies of commands, answers by Idempotency-Key, and client_ids.
CREATE POLICY expired ON recent_commands TO mc_care USING (created_at < now() - interval '10 minutes');
CREATE POLICY expired ON idempotency_keys TO mc_care USING (created_at < now() - interval '24 hours');
CREATE POLICY expired ON message_client_ids TO mc_care USING (created_at < now() - interval '30 days');
CREATE POLICY alarms_of_care ON alarms TO mc_care USING (true) WITH CHECK (true);
CREATE POLICY last_use ON memberships TO mc_care USING (true) WITH CHECK (true);
CREATE POLICY last_use ON api_keys TO mc_care USING (true) WITH CHECK (true);
CREATE POLICY due ON organizations FOR SELECT TO mc_care USING (status = 'pending_deletion' AND deletion_at <= now());
CREATE POLICY archivable ON tasks FOR SELECT TO mc_care USING (status = 'complete' AND archived_at IS NULL);

-- Removes up to `p_rows` expired rows of each table; the policies say which rows are expired, the conditions find them by
-- their index. Returns the number of removed rows; the caller repeats it while more may remain.
CREATE FUNCTION sweep_expired(p_rows int) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  n bigint;
  removed bigint := 0;
BEGIN
  DELETE FROM recent_commands WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM recent_commands WHERE created_at < now() - interval '10 minutes' ORDER BY created_at LIMIT p_rows));
  GET DIAGNOSTICS n = ROW_COUNT;
  removed := removed + n;
  DELETE FROM idempotency_keys WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM idempotency_keys WHERE created_at < now() - interval '24 hours' ORDER BY created_at LIMIT p_rows));
  GET DIAGNOSTICS n = ROW_COUNT;
  removed := removed + n;
  DELETE FROM message_client_ids WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM message_client_ids WHERE created_at < now() - interval '30 days' ORDER BY created_at LIMIT p_rows));
  GET DIAGNOSTICS n = ROW_COUNT;
  RETURN removed + n;
END $$;

-- Takes up to `p_limit` due alarms for delivery, and returns the time until the next one (null: none). At least once: a
-- taken alarm is returned again, with exponential back-off, until its command has removed it.
CREATE FUNCTION take_due_alarms(p_limit int, OUT due json, OUT wait_ms float8)
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
  WITH taken AS (
    UPDATE alarms a SET attempts = a.attempts + 1,
      next_at = now() + least(interval '30 seconds' * power(2, least(a.attempts, 10)), interval '1 hour')
    FROM (SELECT org_id, kind, target_id FROM alarms WHERE next_at <= now() ORDER BY next_at LIMIT p_limit FOR UPDATE SKIP LOCKED) AS found
    WHERE a.org_id = found.org_id AND a.kind = found.kind AND a.target_id = found.target_id
    RETURNING a.org_id, a.kind, a.target_id, a.due_at, a.payload)
  SELECT (SELECT coalesce(json_agg(taken), '[]') FROM taken),
         (SELECT (extract(epoch FROM min(next_at) - now()) * 1000)::float8 FROM alarms WHERE next_at > now());
$$;

CREATE FUNCTION due_orgs() RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT id FROM organizations WHERE status = 'pending_deletion' AND deletion_at <= now() ORDER BY deletion_at;
$$;

-- Up to `p_limit` tasks that were completed long ago, by org, without the orgs in `p_except`.
CREATE FUNCTION archivable_tasks(p_months int, p_limit int, p_except uuid[]) RETURNS TABLE (org_id uuid, ids uuid[])
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT found.org_id, array_agg(found.id) FROM (
    SELECT t.org_id, t.id FROM tasks t
    WHERE t.status = 'complete' AND t.archived_at IS NULL AND t.completed_at < now() - make_interval(months => p_months)
      AND t.org_id <> ALL (p_except) AND t.org_id NOT IN (SELECT due_orgs())
    ORDER BY t.completed_at LIMIT p_limit) AS found
  GROUP BY found.org_id;
$$;

-- Last use of members and keys of all orgs. A row that a request has locked is skipped without waiting: the next use
-- is recorded a minute later.
CREATE FUNCTION touch_members(p_used json) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
  UPDATE memberships m SET last_active_at = now() FROM (
    SELECT x.org_id, x.user_id FROM json_to_recordset(p_used) AS r(org_id uuid, id uuid)
    JOIN memberships x ON x.org_id = r.org_id AND x.user_id = r.id FOR UPDATE OF x SKIP LOCKED) AS found
  WHERE m.org_id = found.org_id AND m.user_id = found.user_id;
$$;

CREATE FUNCTION touch_keys(p_used json) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
  UPDATE api_keys k SET last_used_at = now() FROM (
    SELECT x.org_id, x.id FROM json_to_recordset(p_used) AS r(org_id uuid, id uuid)
    JOIN api_keys x ON x.org_id = r.org_id AND x.id = r.id FOR UPDATE OF x SKIP LOCKED) AS found
  WHERE k.org_id = found.org_id AND k.id = found.id;
$$;

GRANT CREATE ON SCHEMA public TO mc_care;
ALTER FUNCTION sweep_expired(int) OWNER TO mc_care;
ALTER FUNCTION take_due_alarms(int) OWNER TO mc_care;
ALTER FUNCTION due_orgs() OWNER TO mc_care;
ALTER FUNCTION archivable_tasks(int, int, uuid[]) OWNER TO mc_care;
ALTER FUNCTION touch_members(json) OWNER TO mc_care;
ALTER FUNCTION touch_keys(json) OWNER TO mc_care;
REVOKE CREATE ON SCHEMA public FROM mc_care;
REVOKE ALL ON FUNCTION sweep_expired(int), take_due_alarms(int), due_orgs(), archivable_tasks(int, int, uuid[]), touch_members(json), touch_keys(json) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sweep_expired(int), take_due_alarms(int), due_orgs(), archivable_tasks(int, int, uuid[]), touch_members(json), touch_keys(json) TO mc_app;
