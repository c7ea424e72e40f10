-- Other spellings of a word that a search did not find: they are looked up for a word only that nothing in scope has, and
-- first among the newest messages, by their lexemes in memory: the text index is read once for each lexeme and month.
-- `(SELECT query)` hides the hundreds of lexemes from the planner, which would estimate each for each month and index.
DROP FUNCTION search_spellings(uuid, text[], jsonb);

-- Contents of the newest `p_window` messages that have one of the lexemes, as far as the channels are among the given ones.
CREATE FUNCTION spellings_by_time(p_org_id uuid, p_lexemes text[], p_channel_ids uuid[], p_from timestamptz, p_to timestamptz, p_window int)
RETURNS TABLE (body text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET plan_cache_mode = 'force_custom_plan'
SET enable_seqscan = off SET enable_bitmapscan = off SET jit = off AS $$
#variable_conflict use_column
BEGIN
  RETURN QUERY
    WITH newest AS MATERIALIZED (
      SELECT m.channel_id, m.content, m.search_vector FROM messages m
      WHERE m.org_id = p_org_id AND p_org_id = current_org_id()
        AND (p_from IS NULL OR m.created_at >= p_from) AND (p_to IS NULL OR m.created_at < p_to)
      ORDER BY m.id DESC LIMIT p_window),
    words AS MATERIALIZED (
      SELECT w.content, unnest(tsvector_to_array(w.search_vector)) AS lexeme FROM newest w WHERE w.channel_id = ANY (p_channel_ids))
    SELECT w.content FROM words w WHERE w.lexeme IN (SELECT unnest(p_lexemes)) LIMIT 40;
END $$;

-- The same of all messages, in no order.
CREATE FUNCTION spellings_by_index(p_org_id uuid, p_lexemes text[], p_channel_ids uuid[], p_from timestamptz, p_to timestamptz)
RETURNS TABLE (body text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET plan_cache_mode = 'force_custom_plan'
SET enable_seqscan = off SET enable_indexscan = off SET jit = off AS $$
#variable_conflict use_column
DECLARE
  query tsquery := (SELECT string_agg(quote_literal(lexeme), ' | ') FROM unnest(p_lexemes) AS lexeme)::tsquery;
BEGIN
  IF cardinality(p_channel_ids) BETWEEN 1 AND 24 THEN
    SELECT query && string_agg(quote_literal(channel_lexeme(c)), ' | ')::tsquery INTO query FROM unnest(p_channel_ids) AS c;
  END IF;
  RETURN QUERY SELECT m.content FROM messages m
    WHERE m.org_id = p_org_id AND p_org_id = current_org_id() AND m.search_vector @@ (SELECT query) AND m.channel_id = ANY (p_channel_ids)
      AND (p_from IS NULL OR m.created_at >= p_from) AND (p_to IS NULL OR m.created_at < p_to) LIMIT 40;
END $$;

-- Texts that have one of the words near `p_word`, of what a search in this scope may find: a few of each kind, in no order.
-- None when something in scope has the word itself.
CREATE FUNCTION search_spellings(p_org_id uuid, p_word text, p_near text[], p_scope jsonb)
RETURNS TABLE (body text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET plan_cache_mode = 'force_custom_plan' SET enable_seqscan = off SET jit = off AS $$
#variable_conflict use_column
DECLARE
  scope search_scope := jsonb_populate_record(NULL::search_scope, p_scope);
  since timestamptz := greatest(scope."from", scope.messages_from);
  known tsquery := term_query(p_word, false, true);
  lexemes text[];
  query tsquery;
BEGIN
  IF p_org_id IS DISTINCT FROM current_org_id() OR cardinality(p_near) = 0 THEN RETURN; END IF;
  IF NOT 'messages' = ANY (scope.types) THEN scope.channel_ids := '{}'; END IF;
  SELECT array_agg(lexeme) INTO lexemes FROM (
    SELECT word AS lexeme FROM unnest(p_near) AS word
    UNION SELECT unnest(ts_lexize('word_stem', word)) FROM unnest(p_near) AS word) AS forms;
  SELECT string_agg(quote_literal(lexeme), ' | ')::tsquery INTO query FROM unnest(lexemes) AS lexeme;
  IF cardinality(scope.channel_ids) > 0 AND (
      EXISTS (SELECT FROM messages_by_time(p_org_id, known, scope.channel_ids, since, scope."to", NULL, 2000))
      OR EXISTS (SELECT FROM messages_by_index(p_org_id, known, scope.channel_ids, since, scope."to", NULL))) THEN
    RETURN;
  END IF;
  IF 'projects' = ANY (scope.types) THEN
    RETURN QUERY SELECT p.name || ' ' || p.description FROM projects p
      WHERE p.org_id = p_org_id AND p.search_vector @@ (SELECT query || known)
        AND (scope.project_ids IS NULL OR p.id = ANY (scope.project_ids)) AND (scope.include_archived OR p.stage <> 'end-of-life')
        AND (scope."from" IS NULL OR p.created_at >= scope."from") AND (scope."to" IS NULL OR p.created_at < scope."to") LIMIT 20;
  END IF;
  IF 'tasks' = ANY (scope.types) THEN
    RETURN QUERY SELECT t.title || ' ' || t.description FROM tasks t
      WHERE t.org_id = p_org_id AND t.search_vector @@ (SELECT query || known)
        AND (scope.task_id IS NULL OR t.id = scope.task_id) AND (scope.include_archived OR t.archived_at IS NULL)
        AND (scope.project_id IS NULL OR EXISTS (SELECT FROM task_projects tp
          WHERE tp.org_id = t.org_id AND tp.task_id = t.id AND tp.project_id = scope.project_id))
        AND (scope."from" IS NULL OR t.created_at >= scope."from") AND (scope."to" IS NULL OR t.created_at < scope."to") LIMIT 20;
  END IF;
  IF cardinality(scope.channel_ids) > 0 THEN
    RETURN QUERY SELECT f.body FROM spellings_by_time(p_org_id, lexemes, scope.channel_ids, since, scope."to", 2000) AS f;
    IF NOT FOUND THEN
      RETURN QUERY SELECT f.body FROM spellings_by_index(p_org_id, lexemes, scope.channel_ids, since, scope."to") AS f;
    END IF;
  END IF;
END $$;

-- 2 to 3 for a match in the title, 1 to 2 for one in the description, 3 more for the title itself. Without settings of its
-- own, so that it becomes a part of the query that calls it: called a thousand times, it took most of a search.
CREATE OR REPLACE FUNCTION title_rank(title text, vector tsvector, query tsquery, in_title tsquery, wanted text) RETURNS real
LANGUAGE sql IMMUTABLE AS $$
  SELECT (ts_rank_cd(vector, query, 32) + CASE
    WHEN fold_text(title) = wanted THEN 5
    WHEN vector @@ in_title THEN 2
    WHEN octet_length(title) <> length(title) AND search_words(title) @@ query THEN 2
    ELSE 1 END)::real;
$$;

-- Whether the org has more messages in this range than `p_window`.
CREATE FUNCTION messages_reach(p_org_id uuid, p_from timestamptz, p_to timestamptz, p_as_of uuid, p_window int) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET plan_cache_mode = 'force_custom_plan'
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_sort = off SET jit = off AS $$
BEGIN
  RETURN EXISTS (SELECT FROM messages m
    WHERE m.org_id = p_org_id AND p_org_id = current_org_id() AND (p_as_of IS NULL OR m.id <= p_as_of)
      AND (p_from IS NULL OR m.created_at >= p_from) AND (p_to IS NULL OR m.created_at < p_to)
    ORDER BY m.id DESC OFFSET p_window LIMIT 1);
END $$;

-- The newest 1,000 messages that match, with their ranks. Reading all matches of a word in every tenth of a million
-- messages takes a quarter of a second, walking back until 1,000 were found takes 10,000 rows; for a rare word it is the
-- other way round. So the newest 2,000 messages tell how frequent the words are at present: 40 of them mean 1,000 among
-- 50,000.
CREATE OR REPLACE FUNCTION search_messages(p_org_id uuid, p_query tsquery, p_channel_ids uuid[], p_from timestamptz, p_to timestamptz, p_as_of uuid)
RETURNS TABLE (id uuid, created_at timestamptz, rank real)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET plan_cache_mode = 'force_custom_plan' AS $$
#variable_conflict use_column
DECLARE
  walked constant int := 60000;
  often int;
  found_ids uuid[];
  times timestamptz[];
  vectors tsvector[];
BEGIN
  IF cardinality(p_channel_ids) = 0 THEN RETURN; END IF;
  SELECT count(*) INTO often FROM messages_by_time(p_org_id, p_query, p_channel_ids, p_from, p_to, p_as_of, 2000);
  IF often >= 40 THEN
    SELECT array_agg(id), array_agg(created_at), array_agg(search_vector) INTO found_ids, times, vectors
    FROM messages_by_time(p_org_id, p_query, p_channel_ids, p_from, p_to, p_as_of, walked);
  END IF;
  -- Fewer than 1,000 are all of them when the walk came to the end.
  IF found_ids IS NULL OR cardinality(found_ids) < 1000 AND messages_reach(p_org_id, p_from, p_to, p_as_of, walked) THEN
    SELECT array_agg(id), array_agg(created_at), array_agg(search_vector) INTO found_ids, times, vectors
    FROM messages_by_index(p_org_id, p_query, p_channel_ids, p_from, p_to, p_as_of);
  END IF;
  -- Recency counts from the newest match, so that the order does not change from page to page.
  RETURN QUERY SELECT f.id, f.created_at,
      ((0.5 + ts_rank_cd(f.search_vector, p_query, 32) / 2) / (1 + extract(epoch FROM max(f.created_at) OVER () - f.created_at) / 2592000))::real
    FROM unnest(found_ids, times, vectors) AS f(id, created_at, search_vector);
END $$;

GRANT CREATE ON SCHEMA public TO mc_search;
ALTER FUNCTION spellings_by_time(uuid, text[], uuid[], timestamptz, timestamptz, int) OWNER TO mc_search;
ALTER FUNCTION spellings_by_index(uuid, text[], uuid[], timestamptz, timestamptz) OWNER TO mc_search;
ALTER FUNCTION search_spellings(uuid, text, text[], jsonb) OWNER TO mc_search;
ALTER FUNCTION messages_reach(uuid, timestamptz, timestamptz, uuid, int) OWNER TO mc_search;
REVOKE CREATE ON SCHEMA public FROM mc_search;

REVOKE ALL ON FUNCTION spellings_by_time(uuid, text[], uuid[], timestamptz, timestamptz, int),
  spellings_by_index(uuid, text[], uuid[], timestamptz, timestamptz), search_spellings(uuid, text, text[], jsonb),
  messages_reach(uuid, timestamptz, timestamptz, uuid, int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION search_spellings(uuid, text, text[], jsonb) TO mc_app;
