-- What is searched, as the product keeps it: keys begin with the org, policies are forced, the vectors are generated.
CREATE TABLE projects (
  org_id uuid NOT NULL, id uuid NOT NULL, name text NOT NULL, description text NOT NULL, created_at timestamptz NOT NULL,
  search_vector tsvector GENERATED ALWAYS AS (
    setweight(to_tsvector('english', name), 'A') || setweight(to_tsvector('simple', name), 'A') ||
    setweight(to_tsvector('english', description), 'B') || setweight(to_tsvector('simple', description), 'B')) STORED,
  PRIMARY KEY (org_id, id)
);
CREATE TABLE tasks (
  org_id uuid NOT NULL, id uuid NOT NULL, project_id uuid NOT NULL, title text NOT NULL, description text NOT NULL,
  created_at timestamptz NOT NULL,
  search_vector tsvector GENERATED ALWAYS AS (
    setweight(to_tsvector('english', title), 'A') || setweight(to_tsvector('simple', title), 'A') ||
    setweight(to_tsvector('english', description), 'B') || setweight(to_tsvector('simple', description), 'B')) STORED,
  PRIMARY KEY (org_id, id)
);
-- A channel belongs to a project; who may read the project may read it.
CREATE TABLE messages (
  org_id uuid NOT NULL, id uuid NOT NULL, project_id uuid NOT NULL, seq bigint NOT NULL, content text NOT NULL,
  created_at timestamptz NOT NULL,
  search_vector tsvector GENERATED ALWAYS AS (
    setweight(to_tsvector('english', content), 'C') || setweight(to_tsvector('simple', content), 'C')) STORED,
  PRIMARY KEY (org_id, id)
);
CREATE INDEX projects_search ON projects USING gin (search_vector);
CREATE INDEX tasks_search ON tasks USING gin (search_vector);
CREATE INDEX messages_search ON messages USING gin (search_vector);
CREATE INDEX messages_recent ON messages (org_id, created_at);
CREATE INDEX messages_of_project ON messages (org_id, project_id, created_at);

DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['projects', 'tasks', 'messages'] LOOP
    EXECUTE format('ALTER TABLE %I OWNER TO poc_owner', t);
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY of_org ON %I TO poc_app USING (org_id = (SELECT nullif(current_setting(''app.current_org_id'', true), '''')::uuid))', t);
    EXECUTE format('CREATE POLICY look_up ON %I FOR SELECT TO poc_search USING (true)', t);
    EXECUTE format('GRANT SELECT, INSERT ON %I TO poc_app', t);
    EXECUTE format('GRANT SELECT ON %I TO poc_search', t);
  END LOOP;
END $$;

-- Both forms of each word: the stem, so that "uploads" finds "uploading"; as it is, so that names and other languages do.
CREATE FUNCTION search_query(q text) RETURNS tsquery LANGUAGE sql IMMUTABLE AS $$
  SELECT websearch_to_tsquery('english', q) || websearch_to_tsquery('simple', q);
$$;

-- Text with <mark> as its only markup: everything else is escaped before the marks are put in.
CREATE FUNCTION search_snippet(body text, query tsquery) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT replace(replace(ts_headline('english',
      replace(replace(replace(translate(body, E'\uE000\uE001', ''), '&', '&amp;'), '<', '&lt;'), '>', '&gt;'),
      query, E'StartSel=\uE000, StopSel=\uE001, MaxWords=30, MinWords=12, MaxFragments=1'),
    E'\uE000', '<mark>'), E'\uE001', '</mark>');
$$;
