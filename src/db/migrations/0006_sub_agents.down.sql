DROP FUNCTION set_missing_timeouts(int);
DROP POLICY overdue ON sub_agents;
REVOKE ALL (org_id, id, status, expires_at) ON sub_agents FROM mc_care;
REVOKE INSERT ON alarms FROM mc_care;
ALTER TABLE alarms NO FORCE ROW LEVEL SECURITY;
DELETE FROM alarms WHERE kind = 'sub_agent_timeout';
ALTER TABLE alarms FORCE ROW LEVEL SECURITY;
ALTER TABLE alarms DROP CONSTRAINT alarms_kind_check, ADD CONSTRAINT alarms_kind_check CHECK (kind IN ('loop_brake'));
DROP INDEX sub_agents_due, sub_agents_created, sub_agents_of_task;
CREATE INDEX sub_agents_task ON sub_agents USING btree (org_id, task_id);
ALTER TABLE sub_agents DROP CONSTRAINT sub_agents_end_check, DROP CONSTRAINT sub_agents_number,
  DROP COLUMN display_name, DROP COLUMN number;
