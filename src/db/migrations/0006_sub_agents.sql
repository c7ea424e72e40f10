-- Sub-agents are counted by org: the number is in the name under which they speak. Row-level security of the owner is
-- off for the rows that are there already, of all orgs.
ALTER TABLE sub_agents NO FORCE ROW LEVEL SECURITY;
ALTER TABLE sub_agents ADD COLUMN number integer, ADD COLUMN display_name text;
UPDATE sub_agents s SET number = n.number, display_name = 'Sub-agent ' || n.number
FROM (SELECT org_id, id, row_number() OVER (PARTITION BY org_id ORDER BY created_at, id) AS number FROM sub_agents) AS n
WHERE s.org_id = n.org_id AND s.id = n.id;
ALTER TABLE sub_agents ALTER COLUMN number SET NOT NULL, ALTER COLUMN display_name SET NOT NULL,
  ADD CONSTRAINT sub_agents_number UNIQUE (org_id, number),
  ADD CONSTRAINT sub_agents_end_check CHECK ((status = 'active') = (ended_at IS NULL));
ALTER TABLE sub_agents FORCE ROW LEVEL SECURITY;
DROP INDEX sub_agents_task;
CREATE INDEX sub_agents_of_task ON sub_agents (org_id, task_id, ended_at, id);
CREATE INDEX sub_agents_created ON sub_agents (org_id, created_at, id);
CREATE INDEX sub_agents_due ON sub_agents (expires_at) WHERE status = 'active';

ALTER TABLE alarms DROP CONSTRAINT alarms_kind_check,
  ADD CONSTRAINT alarms_kind_check CHECK (kind IN ('loop_brake', 'sub_agent_timeout'));

-- The timeout of a sub-agent is an alarm that is stored with it. Safety net: sets the alarms of overdue sub-agents that
-- have none. Returns how many; the delivery of alarms does the rest.
GRANT SELECT (org_id, id, status, expires_at) ON sub_agents TO mc_care;
GRANT INSERT ON alarms TO mc_care;
CREATE POLICY overdue ON sub_agents FOR SELECT TO mc_care USING (status = 'active' AND expires_at <= now());

CREATE FUNCTION set_missing_timeouts(p_limit int) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  n int;
BEGIN
  INSERT INTO alarms (org_id, kind, target_id, due_at, next_at, payload)
  SELECT s.org_id, 'sub_agent_timeout', s.id, s.expires_at, now(), '{}' FROM sub_agents s
  WHERE s.status = 'active' AND s.expires_at <= now() AND s.org_id NOT IN (SELECT due_orgs()) AND NOT EXISTS (
    SELECT FROM alarms a WHERE a.org_id = s.org_id AND a.kind = 'sub_agent_timeout' AND a.target_id = s.id)
  ORDER BY s.expires_at LIMIT p_limit
  ON CONFLICT DO NOTHING;
  GET DIAGNOSTICS n = ROW_COUNT;
  RETURN n;
END $$;

GRANT CREATE ON SCHEMA public TO mc_care;
ALTER FUNCTION set_missing_timeouts(int) OWNER TO mc_care;
REVOKE CREATE ON SCHEMA public FROM mc_care;
REVOKE ALL ON FUNCTION set_missing_timeouts(int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION set_missing_timeouts(int) TO mc_app;
