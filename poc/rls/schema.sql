-- Three tenant tables as the product has them: keys begin with the org, policies are forced, the owner is bound too.

CREATE FUNCTION current_org_id() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
  RETURN nullif(current_setting('app.current_org_id', true), '')::uuid;

CREATE TABLE organizations (
  id uuid PRIMARY KEY,
  name text NOT NULL
);

CREATE TABLE projects (
  org_id uuid NOT NULL REFERENCES organizations (id),
  id uuid NOT NULL,
  slug text NOT NULL,
  name text NOT NULL,
  PRIMARY KEY (org_id, id),
  UNIQUE (org_id, slug)
);

CREATE TABLE tasks (
  org_id uuid NOT NULL REFERENCES organizations (id),
  id uuid NOT NULL,
  project_id uuid NOT NULL,
  slug text NOT NULL,
  title text NOT NULL,
  status text NOT NULL DEFAULT 'open',
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (org_id, id),
  UNIQUE (org_id, slug),
  FOREIGN KEY (org_id, project_id) REFERENCES projects (org_id, id)
);
CREATE INDEX tasks_list ON tasks (org_id, project_id, created_at DESC);

DO $$
DECLARE t record;
BEGIN
  FOR t IN SELECT * FROM (VALUES ('organizations', 'id'), ('projects', 'org_id'), ('tasks', 'org_id')) AS v (name, org) LOOP
    EXECUTE format('ALTER TABLE %I OWNER TO poc_owner', t.name);
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t.name);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t.name);
    EXECUTE format('CREATE POLICY of_org ON %1$I TO poc_app, poc_owner USING (%2$I = (SELECT current_org_id())) '
      'WITH CHECK (%2$I = (SELECT current_org_id()))', t.name, t.org);
    EXECUTE format('CREATE POLICY look_up ON %I FOR SELECT TO poc_lookup USING (true)', t.name);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO poc_app, poc_unbound', t.name);
    EXECUTE format('GRANT SELECT ON %I TO poc_lookup', t.name);
  END LOOP;
END $$;

-- Ways round the table that must end at the same policy.
CREATE VIEW tasks_of_caller WITH (security_invoker = true) AS SELECT * FROM tasks;
CREATE VIEW tasks_of_owner AS SELECT * FROM tasks;
CREATE VIEW tasks_joined WITH (security_invoker = true) AS
  SELECT t.org_id, t.id, t.title, p.name AS project_name FROM tasks t JOIN projects p USING (org_id) WHERE p.id = t.project_id;

CREATE FUNCTION tasks_as_caller() RETURNS SETOF tasks LANGUAGE sql STABLE AS 'SELECT * FROM tasks';
CREATE FUNCTION tasks_as_caller_planned(p_org_id uuid) RETURNS SETOF tasks LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN QUERY SELECT * FROM tasks t WHERE t.org_id = p_org_id;
END $$;
CREATE FUNCTION tasks_as_owner(p_org_id uuid) RETURNS SETOF tasks
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS 'SELECT * FROM tasks t WHERE t.org_id = p_org_id';
-- The look-up role sees every row: the function itself must begin with the org of the transaction.
CREATE FUNCTION tasks_as_lookup(p_org_id uuid) RETURNS SETOF tasks
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS 'SELECT * FROM tasks t WHERE t.org_id = p_org_id AND p_org_id = current_org_id()';
CREATE FUNCTION remove_task_as_owner(p_org_id uuid, p_id uuid) RETURNS SETOF uuid
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp
AS 'DELETE FROM tasks t WHERE t.org_id = p_org_id AND t.id = p_id RETURNING t.id';

-- Functions whose arguments are shown to whoever wrote them; the planner must not call them before the policy.
CREATE FUNCTION tell(value text) RETURNS boolean LANGUAGE plpgsql COST 0.0001 AS $$
BEGIN
  RAISE NOTICE '%', value;
  RETURN true;
END $$;

-- Mistakes, kept to show that the proof would see them: whoever owns the view or function decides what it sees.
CREATE VIEW bad_view AS SELECT * FROM tasks;
CREATE MATERIALIZED VIEW bad_materialized AS SELECT * FROM tasks WITH NO DATA;
CREATE FUNCTION bad_function() RETURNS SETOF tasks LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
  AS 'SELECT * FROM tasks';
CREATE TABLE bad_global_key (org_id uuid NOT NULL, slug text NOT NULL UNIQUE);
CREATE TABLE bad_target (org_id uuid NOT NULL, id uuid PRIMARY KEY);
CREATE TABLE bad_reference (org_id uuid NOT NULL, project_id uuid NOT NULL REFERENCES bad_target (id));
CREATE TABLE bad_parent (org_id uuid NOT NULL, month int NOT NULL) PARTITION BY RANGE (month);
CREATE TABLE bad_partition PARTITION OF bad_parent FOR VALUES FROM (1) TO (13);
CREATE TABLE good_partition PARTITION OF bad_parent FOR VALUES FROM (13) TO (25);
DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['bad_target', 'bad_global_key', 'bad_reference', 'bad_parent'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY of_org ON %I TO poc_app USING (org_id = current_org_id()) WITH CHECK (org_id = current_org_id())', t);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO poc_app', t);
  END LOOP;
END $$;

ALTER VIEW tasks_of_owner OWNER TO poc_owner;
ALTER FUNCTION tasks_as_owner(uuid) OWNER TO poc_owner;
ALTER FUNCTION remove_task_as_owner(uuid, uuid) OWNER TO poc_owner;
ALTER FUNCTION tasks_as_lookup(uuid) OWNER TO poc_lookup;
GRANT SELECT, INSERT, UPDATE, DELETE ON tasks_of_caller, tasks_of_owner TO poc_app;
GRANT SELECT ON tasks_joined, bad_view, bad_materialized, bad_partition TO poc_app;
