ALTER FUNCTION belongs_elsewhere(uuid) OWNER TO mc_owner;
DROP FUNCTION find_tasks(uuid, text);
DROP FUNCTION sequence_before(uuid, timestamptz);
DROP FUNCTION find_events(uuid, uuid[], text[], uuid, uuid, uuid, uuid, timestamptz, timestamptz, bigint, bigint, boolean, int);
DROP FUNCTION search_messages(uuid, text, uuid[], timestamptz, timestamptz, int, int);
DROP FUNCTION search_tasks(uuid, text, uuid, timestamptz, timestamptz, int, int);
DROP FUNCTION search_projects(uuid, text, uuid, timestamptz, timestamptz, int, int);
DROP FUNCTION message_query(text);
DROP FUNCTION search_query(text);
DROP FUNCTION search_snippet(text, tsquery);
DROP FUNCTION auth_made_org(uuid, text, text);
DROP FUNCTION auth_org_count();
DROP FUNCTION auth_invite(text);
DROP FUNCTION auth_api_key(text);
DROP FUNCTION auth_orgs(uuid, uuid[]);
DROP FUNCTION auth_memberships(uuid);
DROP FUNCTION auth_org(text);
DO $$
DECLARE t record;
BEGIN
  FOR t IN SELECT tablename FROM pg_policies WHERE schemaname = 'public' AND policyname = 'look_up' LOOP
    EXECUTE format('DROP POLICY look_up ON %I', t.tablename);
  END LOOP;
END $$;
REVOKE ALL ON organizations, memberships, api_keys, invites, sub_agents, users, idempotency_keys FROM mc_auth;
REVOKE ALL ON projects, tasks, task_projects, messages, channels, events FROM mc_search;
