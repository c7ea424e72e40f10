DROP FUNCTION search_spellings(uuid, text[], jsonb);
DROP FUNCTION search_page(uuid, jsonb, text, jsonb, int, int, int);
DROP FUNCTION search_matches(uuid, tsquery, text, search_scope);
DROP TYPE search_scope;
DROP FUNCTION search_projects(uuid, tsquery, text, uuid[], boolean, timestamptz, timestamptz, uuid);
DROP FUNCTION search_tasks(uuid, tsquery, text, uuid, uuid, boolean, timestamptz, timestamptz, uuid);
DROP FUNCTION search_messages(uuid, tsquery, uuid[], timestamptz, timestamptz, uuid);
DROP FUNCTION messages_by_time(uuid, tsquery, uuid[], timestamptz, timestamptz, uuid, int);
DROP FUNCTION messages_by_index(uuid, tsquery, uuid[], timestamptz, timestamptz, uuid);
DROP FUNCTION title_rank(text, tsvector, tsquery, tsquery, text);
DROP FUNCTION title_query(tsquery);
DROP FUNCTION terms_query(jsonb);
DROP FUNCTION term_query(text, boolean, boolean);
DROP FUNCTION word_completions(text);

DROP INDEX projects_search;
ALTER TABLE projects DROP COLUMN search_vector;
ALTER TABLE projects ADD COLUMN search_vector tsvector GENERATED ALWAYS AS (setweight(to_tsvector('english', coalesce(name, '')), 'A') || setweight(to_tsvector('simple', coalesce(name, '')), 'A') || setweight(to_tsvector('english', coalesce(description, '')), 'B') || setweight(to_tsvector('simple', coalesce(description, '')), 'B')) STORED;
CREATE INDEX projects_search ON projects USING gin (search_vector);

DROP INDEX messages_search;
ALTER TABLE messages DROP COLUMN search_vector;
ALTER TABLE messages ADD COLUMN search_vector tsvector GENERATED ALWAYS AS (setweight(to_tsvector('words', coalesce(content, '')), 'C')) STORED;
CREATE INDEX messages_search ON messages USING gin (search_vector);
SELECT lean_statistics(child.inhrelid::regclass::text) FROM pg_inherits AS child WHERE child.inhparent = 'messages'::regclass;
DROP FUNCTION search_words(text);
DROP FUNCTION channel_lexeme(uuid);

-- Text with <mark> as its only markup: everything else is escaped before the marks are put in.
CREATE FUNCTION search_snippet(body text, query tsquery) RETURNS text LANGUAGE sql IMMUTABLE SET search_path = public, pg_temp AS $$
  SELECT replace(replace(ts_headline('words',
      replace(replace(replace(replace(replace(translate(body, E'\uE000\uE001', ''), '&', '&amp;'), '<', '&lt;'), '>', '&gt;'), '"', '&quot;'), '''', '&#39;'),
      query, E'StartSel=\uE000, StopSel=\uE001, MaxWords=30, MinWords=12, MaxFragments=1'),
    E'\uE000', '<mark>'), E'\uE001', '</mark>');
$$;

CREATE FUNCTION search_query(q text) RETURNS tsquery LANGUAGE sql IMMUTABLE SET search_path = public, pg_temp AS $$
  SELECT websearch_to_tsquery('english', q) || websearch_to_tsquery('simple', q);
$$;

-- The same for messages, whose words are kept by their stems only: without the frequent ones of English, or with them.
CREATE FUNCTION message_query(q text) RETURNS tsquery LANGUAGE sql IMMUTABLE SET search_path = public, pg_temp AS $$
  SELECT websearch_to_tsquery('english', q) || websearch_to_tsquery('words', q);
$$;

CREATE FUNCTION search_projects(p_org_id uuid, p_q text, p_project_id uuid, p_from timestamptz, p_to timestamptz, p_limit int, p_offset int)
RETURNS TABLE (id uuid, title text, snippet text, rank real, project_ids uuid[], created_at timestamptz, total bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  WITH q AS (SELECT search_query(p_q) AS query),
  hits AS (
    SELECT p.id, p.name, p.description, p.created_at, ts_rank_cd(p.search_vector, q.query, 32) * 4 AS rank, q.query
    FROM projects p, q
    WHERE p.org_id = p_org_id AND p_org_id = current_org_id() AND p.search_vector @@ q.query AND p.stage <> 'end-of-life'
      AND (p_project_id IS NULL OR p.id = p_project_id)
      AND (p_from IS NULL OR p.created_at >= p_from) AND (p_to IS NULL OR p.created_at < p_to)
  ),
  page AS (SELECT *, count(*) OVER () AS total FROM hits ORDER BY rank DESC, id LIMIT p_limit OFFSET p_offset)
  SELECT id, name, search_snippet(name || E'\n' || description, query), rank::real, ARRAY[id], created_at, total FROM page;
$$;

CREATE FUNCTION search_tasks(p_org_id uuid, p_q text, p_project_id uuid, p_from timestamptz, p_to timestamptz, p_limit int, p_offset int)
RETURNS TABLE (id uuid, title text, snippet text, rank real, project_ids uuid[], created_at timestamptz, total bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  WITH q AS (SELECT search_query(p_q) AS query),
  hits AS (
    SELECT t.id, t.title, t.description, t.created_at, ts_rank_cd(t.search_vector, q.query, 32) * 3 AS rank, q.query
    FROM tasks t, q
    WHERE t.org_id = p_org_id AND p_org_id = current_org_id() AND t.search_vector @@ q.query
      AND (p_project_id IS NULL OR EXISTS (SELECT FROM task_projects tp WHERE tp.org_id = t.org_id AND tp.task_id = t.id AND tp.project_id = p_project_id))
      AND (p_from IS NULL OR t.created_at >= p_from) AND (p_to IS NULL OR t.created_at < p_to)
  ),
  page AS (SELECT *, count(*) OVER () AS total FROM hits ORDER BY rank DESC, id LIMIT p_limit OFFSET p_offset)
  SELECT page.id, title, search_snippet(title || E'\n' || description, query), rank::real,
    ARRAY(SELECT tp.project_id FROM task_projects tp WHERE tp.org_id = p_org_id AND tp.task_id = page.id), created_at, total FROM page;
$$;

-- At most the newest 1,000 messages that match are ranked: for a frequent word ranking all of them would take the better
-- part of a second at a million messages. How frequent a word is gets counted, up to 5,000, because the planner's guess is
-- far off as soon as only some channels are asked for. Ids rise with time.
CREATE FUNCTION search_messages(p_org_id uuid, p_q text, p_channel_ids uuid[], p_from timestamptz, p_to timestamptz, p_limit int, p_offset int)
RETURNS TABLE (id uuid, channel_id uuid, seq bigint, sender_name text, snippet text, rank real, project_ids uuid[], created_at timestamptz, total bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET plan_cache_mode = 'force_custom_plan' AS $$
#variable_conflict use_column
DECLARE
  query tsquery := message_query(p_q);
  newest uuid[];
  matches int;
BEGIN
  IF p_org_id IS DISTINCT FROM current_org_id() THEN RETURN; END IF;
  SELECT count(*) INTO matches FROM (
    SELECT FROM messages m WHERE m.org_id = p_org_id AND m.search_vector @@ query LIMIT 5001) AS found;
  IF matches > 5000 THEN
    newest := ARRAY(
      SELECT w.id FROM (
        SELECT m.id, m.channel_id, m.search_vector FROM messages m
        WHERE m.org_id = p_org_id AND (p_from IS NULL OR m.created_at >= p_from) AND (p_to IS NULL OR m.created_at < p_to)
        ORDER BY m.id DESC LIMIT 10000) AS w
      WHERE w.channel_id = ANY (p_channel_ids) AND w.search_vector @@ query LIMIT 1000);
  END IF;
  IF newest IS NULL OR cardinality(newest) < p_offset + p_limit THEN
    newest := ARRAY(
      SELECT h.id FROM (
        SELECT m.id FROM messages m
        WHERE m.org_id = p_org_id AND m.search_vector @@ query AND m.channel_id = ANY (p_channel_ids)
          AND (p_from IS NULL OR m.created_at >= p_from) AND (p_to IS NULL OR m.created_at < p_to) OFFSET 0) AS h
      ORDER BY h.id DESC LIMIT 1000);
  END IF;
  RETURN QUERY
    WITH page AS (
      SELECT m.id, m.channel_id, m.seq, m.sender_name, m.content, m.created_at, count(*) OVER () AS total,
        (ts_rank_cd(m.search_vector, query, 32) / (1 + extract(epoch FROM now() - m.created_at) / 2592000))::real AS rank
      FROM messages m WHERE m.org_id = p_org_id AND m.id = ANY (newest) ORDER BY rank DESC, m.id LIMIT p_limit OFFSET p_offset
    )
    SELECT page.id, page.channel_id, page.seq, page.sender_name, search_snippet(page.content, query), page.rank,
      CASE WHEN c.project_id IS NULL THEN '{}' ELSE ARRAY[c.project_id] END, page.created_at, page.total
    FROM page JOIN channels c ON c.org_id = p_org_id AND c.id = page.channel_id ORDER BY page.rank DESC, page.id;
END $$;

GRANT CREATE ON SCHEMA public TO mc_search;
ALTER FUNCTION search_projects(uuid, text, uuid, timestamptz, timestamptz, int, int) OWNER TO mc_search;
ALTER FUNCTION search_tasks(uuid, text, uuid, timestamptz, timestamptz, int, int) OWNER TO mc_search;
ALTER FUNCTION search_messages(uuid, text, uuid[], timestamptz, timestamptz, int, int) OWNER TO mc_search;
REVOKE CREATE ON SCHEMA public FROM mc_search;
REVOKE ALL ON FUNCTION search_projects(uuid, text, uuid, timestamptz, timestamptz, int, int), search_tasks(uuid, text, uuid, timestamptz, timestamptz, int, int),
  search_messages(uuid, text, uuid[], timestamptz, timestamptz, int, int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION search_projects(uuid, text, uuid, timestamptz, timestamptz, int, int), search_tasks(uuid, text, uuid, timestamptz, timestamptz, int, int),
  search_messages(uuid, text, uuid[], timestamptz, timestamptz, int, int) TO mc_app;
