-- Unread notifications of a user: counted at every load of the app, and read with their messages. The list goes by the
-- event, so the index by time has no reader.
CREATE INDEX notifications_unread ON notifications (org_id, user_id, event_sequence) WHERE read_at IS NULL;
DROP INDEX notifications_user;

-- Notifications of all orgs are removed after a year, read or not.
CREATE INDEX notifications_age ON notifications (created_at);
GRANT SELECT (org_id, id, created_at), DELETE ON notifications TO mc_care;
CREATE POLICY old ON notifications TO mc_care USING (created_at < now() - interval '12 months');

CREATE FUNCTION sweep_notifications(p_rows int) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  n bigint;
BEGIN
  DELETE FROM notifications x USING (
    SELECT org_id, id FROM notifications WHERE created_at < now() - interval '12 months' ORDER BY created_at LIMIT p_rows) AS found
  WHERE x.org_id = found.org_id AND x.id = found.id;
  GET DIAGNOSTICS n = ROW_COUNT;
  RETURN n;
END $$;

GRANT CREATE ON SCHEMA public TO mc_care;
ALTER FUNCTION sweep_notifications(int) OWNER TO mc_care;
REVOKE CREATE ON SCHEMA public FROM mc_care;
REVOKE ALL ON FUNCTION sweep_notifications(int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sweep_notifications(int) TO mc_app;
