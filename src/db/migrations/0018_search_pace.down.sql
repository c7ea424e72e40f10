GRANT CREATE ON SCHEMA public TO mc_search;
-- The newest 1,000 messages that match, with their ranks. Reading all matches of a word in every tenth of a million
-- messages takes a quarter of a second, walking back until 1,000 were found takes 10,000 rows; for a rare word it is the
-- other way round. So the newest 2,000 messages tell how frequent the words are at present.
CREATE OR REPLACE FUNCTION search_messages(p_org_id uuid, p_query tsquery, p_channel_ids uuid[], p_from timestamptz, p_to timestamptz, p_as_of uuid)
RETURNS TABLE (id uuid, created_at timestamptz, rank real)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET plan_cache_mode = 'force_custom_plan' AS $$
#variable_conflict use_column
DECLARE
  often int;
  found_ids uuid[];
  times timestamptz[];
  vectors tsvector[];
BEGIN
  IF cardinality(p_channel_ids) = 0 THEN RETURN; END IF;
  SELECT count(*) INTO often FROM messages_by_time(p_org_id, p_query, p_channel_ids, p_from, p_to, p_as_of, 2000);
  IF often >= 60 THEN
    SELECT array_agg(id), array_agg(created_at), array_agg(search_vector) INTO found_ids, times, vectors
    FROM messages_by_time(p_org_id, p_query, p_channel_ids, p_from, p_to, p_as_of, 40000);
  END IF;
  IF found_ids IS NULL OR cardinality(found_ids) < 1000 THEN
    SELECT array_agg(id), array_agg(created_at), array_agg(search_vector) INTO found_ids, times, vectors
    FROM messages_by_index(p_org_id, p_query, p_channel_ids, p_from, p_to, p_as_of);
  END IF;
  -- Recency counts from the newest match, so that the order does not change from page to page.
  RETURN QUERY SELECT f.id, f.created_at,
      ((0.5 + ts_rank_cd(f.search_vector, p_query, 32) / 2) / (1 + extract(epoch FROM max(f.created_at) OVER () - f.created_at) / 2592000))::real
    FROM unnest(found_ids, times, vectors) AS f(id, created_at, search_vector);
END $$;

DROP FUNCTION messages_reach(uuid, timestamptz, timestamptz, uuid, int);
-- 2 to 3 for a match in the title, 1 to 2 for one in the description, 3 more for the title itself.
CREATE OR REPLACE FUNCTION title_rank(title text, vector tsvector, query tsquery, in_title tsquery, wanted text) RETURNS real
LANGUAGE sql IMMUTABLE SET search_path = public, pg_temp AS $$
  SELECT (ts_rank_cd(vector, query, 32) + CASE
    WHEN fold_text(title) = wanted THEN 5
    WHEN vector @@ in_title THEN 2
    WHEN octet_length(title) <> length(title) AND search_words(title) @@ query THEN 2
    ELSE 1 END)::real;
$$;

DROP FUNCTION search_spellings(uuid, text, text[], jsonb);
DROP FUNCTION spellings_by_index(uuid, text[], uuid[], timestamptz, timestamptz);
DROP FUNCTION spellings_by_time(uuid, text[], uuid[], timestamptz, timestamptz, int);
-- Texts that have one of the given words, of what a search in this scope may find: a few of each kind, in no order.
CREATE FUNCTION search_spellings(p_org_id uuid, p_words text[], p_scope jsonb)
RETURNS TABLE (body text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET plan_cache_mode = 'force_custom_plan' SET enable_seqscan = off SET jit = off AS $$
#variable_conflict use_column
DECLARE
  scope search_scope := jsonb_populate_record(NULL::search_scope, p_scope);
  query tsquery;
  narrowed tsquery;
BEGIN
  IF p_org_id IS DISTINCT FROM current_org_id() THEN RETURN; END IF;
  SELECT string_agg(quote_literal(lexeme), ' | ')::tsquery INTO query FROM (
    SELECT word AS lexeme FROM unnest(p_words) AS word
    UNION SELECT unnest(ts_lexize('word_stem', word)) FROM unnest(p_words) AS word) AS forms;
  IF query IS NULL THEN RETURN; END IF;
  narrowed := query;
  IF cardinality(scope.channel_ids) BETWEEN 1 AND 24 THEN
    SELECT query && string_agg(quote_literal(channel_lexeme(c)), ' | ')::tsquery INTO narrowed FROM unnest(scope.channel_ids) AS c;
  END IF;
  IF 'projects' = ANY (scope.types) THEN
    RETURN QUERY SELECT p.name || ' ' || p.description FROM projects p
      WHERE p.org_id = p_org_id AND p.search_vector @@ query
        AND (scope.project_ids IS NULL OR p.id = ANY (scope.project_ids)) AND (scope.include_archived OR p.stage <> 'end-of-life')
        AND (scope."from" IS NULL OR p.created_at >= scope."from") AND (scope."to" IS NULL OR p.created_at < scope."to") LIMIT 20;
  END IF;
  IF 'tasks' = ANY (scope.types) THEN
    RETURN QUERY SELECT t.title || ' ' || t.description FROM tasks t
      WHERE t.org_id = p_org_id AND t.search_vector @@ query
        AND (scope.task_id IS NULL OR t.id = scope.task_id) AND (scope.include_archived OR t.archived_at IS NULL)
        AND (scope.project_id IS NULL OR EXISTS (SELECT FROM task_projects tp
          WHERE tp.org_id = t.org_id AND tp.task_id = t.id AND tp.project_id = scope.project_id))
        AND (scope."from" IS NULL OR t.created_at >= scope."from") AND (scope."to" IS NULL OR t.created_at < scope."to") LIMIT 20;
  END IF;
  IF 'messages' = ANY (scope.types) AND cardinality(scope.channel_ids) > 0 THEN
    RETURN QUERY SELECT m.content FROM messages m
      WHERE m.org_id = p_org_id AND m.search_vector @@ narrowed AND m.channel_id = ANY (scope.channel_ids)
        AND (scope."from" IS NULL OR m.created_at >= scope."from") AND (scope."to" IS NULL OR m.created_at < scope."to")
        AND (scope.messages_from IS NULL OR m.created_at >= scope.messages_from) LIMIT 40;
  END IF;
END $$;
ALTER FUNCTION search_spellings(uuid, text[], jsonb) OWNER TO mc_search;
REVOKE CREATE ON SCHEMA public FROM mc_search;
REVOKE ALL ON FUNCTION search_spellings(uuid, text[], jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION search_spellings(uuid, text[], jsonb) TO mc_app;
