-- The time of the last reminder that a key is due for rotation.
ALTER TABLE api_keys ADD COLUMN reminded_at timestamptz;

-- Keys of agents that are as old as their org wants them at the most, or whose last reminder is, after `p_after` in the
-- order of their ids: with the time since which that is so, and the org's time zone. Orgs that are not active get no
-- reminder. The columns of a setting are absent in an org that is older than it.
CREATE FUNCTION keys_to_rotate(p_after uuid, p_limit int)
RETURNS TABLE (org_id uuid, id uuid, due_at timestamptz, time_zone text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT k.org_id, k.id, coalesce(k.reminded_at, k.created_at) + make_interval(days => s.days), s.time_zone
  FROM api_keys k
  JOIN organizations o ON o.id = k.org_id AND o.status = 'active'
  CROSS JOIN LATERAL (SELECT
    coalesce((o.settings #>> '{authentication,api_key_rotation_reminder_days}')::int, 90) AS days,
    coalesce(o.settings ->> 'time_zone', 'UTC') AS time_zone) AS s
  WHERE k.kind = 'live' AND k.revoked_at IS NULL AND k.expires_at IS NULL AND (p_after IS NULL OR k.id > p_after)
    AND coalesce(k.reminded_at, k.created_at) + make_interval(days => s.days) <= now()
  ORDER BY k.id LIMIT p_limit;
$$;

GRANT CREATE ON SCHEMA public TO mc_auth;
ALTER FUNCTION keys_to_rotate(uuid, int) OWNER TO mc_auth;
REVOKE CREATE ON SCHEMA public FROM mc_auth;
REVOKE ALL ON FUNCTION keys_to_rotate(uuid, int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION keys_to_rotate(uuid, int) TO mc_app;
