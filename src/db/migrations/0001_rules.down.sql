-- Tables are dropped by the way back of the first migration; here go the functions, policies and partitions.
DROP TABLE events_default, messages_default;
DO $$
DECLARE t record;
BEGIN
  FOR t IN SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid JOIN pg_class p ON p.oid = i.inhparent
    WHERE p.relname IN ('events', 'messages') AND c.relkind = 'r' LOOP
    EXECUTE format('DROP TABLE %I', t.relname);
  END LOOP;
  FOR t IN SELECT tablename, policyname FROM pg_policies WHERE schemaname = 'public' AND policyname IN ('org_of_app', 'org_of_owner') LOOP
    EXECUTE format('DROP POLICY %I ON %I', t.policyname, t.tablename);
  END LOOP;
  FOR t IN SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND relrowsecurity LOOP
    EXECUTE format('ALTER TABLE %I NO FORCE ROW LEVEL SECURITY', t.relname);
    EXECUTE format('ALTER TABLE %I DISABLE ROW LEVEL SECURITY', t.relname);
  END LOOP;
  FOR t IN SELECT conrelid::regclass AS relname, conname FROM pg_constraint WHERE contype = 'c' AND connamespace = 'public'::regnamespace LOOP
    EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', t.relname, t.conname);
  END LOOP;
END $$;
DROP TRIGGER tasks_completed ON tasks;
DROP TRIGGER task_dependencies_changed ON task_dependencies;
DROP FUNCTION blocker_changed();
DROP FUNCTION dependency_changed();
DROP FUNCTION note_blocked(uuid, uuid[]);
DROP TRIGGER events_append_only ON events;
DROP FUNCTION ready_probe();
DROP FUNCTION ensure_partitions(int);
DROP FUNCTION default_rows(text);
DROP FUNCTION default_months(text);
DROP FUNCTION make_partition(text, date);
DROP FUNCTION partition_extras(text, text);
DROP FUNCTION lean_statistics(text);
DROP FUNCTION refuse_change();
DROP FUNCTION delete_org_step(uuid, int);
DROP FUNCTION delete_memberships(uuid, bigint);
DROP FUNCTION belongs_elsewhere(uuid);
DROP FUNCTION lane_write(uuid, bigint, bigint, bigint, json, json, json, json, json, json);
DROP FUNCTION store_marks(json);
DROP FUNCTION lane_begin(uuid, bigint);
DROP FUNCTION lane_take(uuid);
DROP FUNCTION current_org_id();
REVOKE ALL ON ALL TABLES IN SCHEMA public FROM mc_app, mc_auth, mc_search, mc_backup;
REVOKE ALL ON SCHEMA public FROM mc_app, mc_auth, mc_search, mc_backup;
