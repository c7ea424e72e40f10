-- What a search vector holds of a text beside the stems of its words, with positions, so that phrases are found:
-- of ASCII text the parts of its identifiers (`AUTH-123`, `src/db/flush.ts`), which the parser reads as single tokens; of
-- any other text all words folded (without case and accents), and for scripts without spaces pairs of neighbours.
CREATE FUNCTION search_words(body text) RETURNS tsvector LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = public, pg_temp AS $$
DECLARE
  folded text;
BEGIN
  IF octet_length(body) = length(body) THEN
    SELECT string_agg(identifier[1], ' ') INTO folded
    FROM regexp_matches(body, '[[:alnum:]]+(?:[-./_:#@+\\]+[[:alnum:]]+)+', 'g') AS identifier;
    RETURN to_tsvector('simple', regexp_replace(coalesce(folded, ''), '[^[:alnum:]]+', ' ', 'g'));
  END IF;
  folded := fold_text(body);
  RETURN to_tsvector('simple', regexp_replace(folded, '[^[:alnum:]]+' COLLATE "natural", ' ', 'g'))
    || array_to_tsvector(text_tokens(folded, true));
END $$;

-- The lexeme by which the messages of a channel are found inside the text index: no word begins with `=`. A search in few
-- channels then reads the matches of these channels only, however frequent the word is elsewhere.
CREATE FUNCTION channel_lexeme(channel_id uuid) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN '=' || right(channel_id::text, 12);

DROP INDEX messages_search;
ALTER TABLE messages DROP COLUMN search_vector;
ALTER TABLE messages ADD COLUMN search_vector tsvector GENERATED ALWAYS AS (setweight(to_tsvector('words', coalesce(content, '')), 'C') || array_to_tsvector(ARRAY[channel_lexeme(channel_id)]) || CASE WHEN octet_length(content) = length(content) AND content !~ '[[:alnum:]][-./_:#@+\\]+[[:alnum:]]' THEN ''::tsvector ELSE search_words(content) END) STORED;
CREATE INDEX messages_search ON messages USING gin (search_vector);
SELECT lean_statistics(child.inhrelid::regclass::text) FROM pg_inherits AS child WHERE child.inhparent = 'messages'::regclass;

DROP INDEX projects_search;
ALTER TABLE projects DROP COLUMN search_vector;
ALTER TABLE projects ADD COLUMN search_vector tsvector GENERATED ALWAYS AS (setweight(to_tsvector('english', coalesce(name, '')), 'A') || setweight(to_tsvector('simple', regexp_replace(coalesce(name, ''), '[^[:alnum:]]+', ' ', 'g')), 'A') || setweight(to_tsvector('english', coalesce(description, '')), 'B') || setweight(to_tsvector('simple', regexp_replace(coalesce(description, ''), '[^[:alnum:]]+', ' ', 'g')), 'B') || folded_words(coalesce(name, '')) || folded_words(coalesce(description, ''))) STORED;
CREATE INDEX projects_search ON projects USING gin (search_vector);

DROP FUNCTION search_projects(uuid, text, uuid, timestamptz, timestamptz, int, int);
DROP FUNCTION search_tasks(uuid, text, uuid, timestamptz, timestamptz, int, int);
DROP FUNCTION search_messages(uuid, text, uuid[], timestamptz, timestamptz, int, int);
DROP FUNCTION search_query(text);
DROP FUNCTION message_query(text);
DROP FUNCTION search_snippet(text, tsquery);

-- Stems of the words that an unfinished word may become: "organiza" is no prefix of "organ", the stem of "organization".
CREATE FUNCTION word_completions(word text) RETURNS text[] LANGUAGE sql IMMUTABLE SET search_path = public, pg_temp AS $$
  SELECT coalesce(array_agg(DISTINCT stem), '{}') FROM (
    SELECT (ts_lexize('word_stem', word || substr(suffix, k + 1)))[1] AS stem
    FROM unnest('{ing,ings,ed,er,ers,es,ies,ied,ly,al,ally,ive,ous,ful,ness,ment,ments,able,ible,ance,ence,ity,tion,tions,ation,ations,ization,izations}'::text[]) AS suffix,
      generate_series(1, length(suffix) - 1) AS k
    WHERE right(word, k) = left(suffix, k)) AS completed
  WHERE NOT starts_with(stem, word) AND length(stem) >= 3;
$$;

-- One word, identifier or phrase as a query: by its stems, or by its parts side by side, or in scripts without spaces by
-- its pairs of neighbours. With `p_prefix` the last part may go on.
CREATE FUNCTION term_query(p_text text, p_phrase boolean, p_prefix boolean) RETURNS tsquery
LANGUAGE plpgsql IMMUTABLE SET search_path = public, pg_temp AS $$
DECLARE
  folded text := fold_text(p_text);
  parts text := btrim(regexp_replace(folded, '[^[:alnum:]]+' COLLATE "natural", ' ', 'g'));
  query tsquery := phraseto_tsquery('words', p_text);
  form tsquery;
  spelling text;
BEGIN
  -- A version is also found without the `v` before it.
  FOREACH spelling IN ARRAY CASE WHEN parts ~ '^\d+ \d' THEN ARRAY[parts, 'v' || parts] ELSE ARRAY[parts] END LOOP
    form := phraseto_tsquery('simple', spelling);
    IF p_prefix AND numnode(form) > 0 THEN form := (form::text || ':*')::tsquery; END IF;
    query := query || form;
  END LOOP;
  IF p_phrase THEN query := query || phraseto_tsquery('english', p_text) || phraseto_tsquery('simple', p_text); END IF;
  IF octet_length(folded) <> length(folded) THEN
    SELECT string_agg(quote_literal(token) || CASE WHEN p_prefix OR length(token) = 1 THEN ':*' ELSE '' END, ' & ')::tsquery
    INTO form FROM unnest(text_tokens(folded, false)) AS token;
    IF form IS NOT NULL THEN query := query || form; END IF;
  ELSIF p_prefix AND parts ~ '^[a-z]{4,40}$' THEN
    SELECT string_agg(quote_literal(stem), ' | ')::tsquery INTO form FROM unnest(word_completions(parts)) AS stem;
    IF form IS NOT NULL THEN query := query || form; END IF;
  END IF;
  RETURN (query);
END $$;

-- The query of parsed input: alternatives, each a list of terms. An alternative without a term that has to be there finds
-- nothing, and signs are no terms.
CREATE FUNCTION terms_query(p_terms jsonb) RETURNS tsquery LANGUAGE plpgsql IMMUTABLE SET search_path = public, pg_temp AS $$
DECLARE
  alternative jsonb;
  term jsonb;
  one tsquery;
  wanted tsquery;
  unwanted tsquery;
  query tsquery := ''::tsquery;
BEGIN
  FOR alternative IN SELECT * FROM jsonb_array_elements(p_terms) LOOP
    wanted := ''::tsquery;
    unwanted := ''::tsquery;
    FOR term IN SELECT * FROM jsonb_array_elements(alternative) LOOP
      one := term_query(term ->> 'text', (term ->> 'phrase')::boolean, (term ->> 'prefix')::boolean);
      IF (term ->> 'negated')::boolean THEN unwanted := unwanted || one; ELSE wanted := wanted && one; END IF;
    END LOOP;
    IF numnode(wanted) > 0 THEN
      query := query || CASE WHEN numnode(unwanted) > 0 THEN wanted && !!unwanted ELSE wanted END;
    END IF;
  END LOOP;
  RETURN (query);
END $$;

-- The same query of titles alone: in search vectors of projects and tasks they have the weight A.
CREATE FUNCTION title_query(query tsquery) RETURNS tsquery LANGUAGE sql IMMUTABLE SET search_path = public, pg_temp AS $$
  SELECT regexp_replace(query::text, '(''(?:[^'']|'''')*'')(?::(\*))?', '\1:\2A', 'g')::tsquery;
$$;

-- 2 to 3 for a match in the title, 1 to 2 for one in the description, 3 more for the title itself.
CREATE FUNCTION title_rank(title text, vector tsvector, query tsquery, in_title tsquery, wanted text) RETURNS real
LANGUAGE sql IMMUTABLE SET search_path = public, pg_temp AS $$
  SELECT (ts_rank_cd(vector, query, 32) + CASE
    WHEN fold_text(title) = wanted THEN 5
    WHEN vector @@ in_title THEN 2
    WHEN octet_length(title) <> length(title) AND search_words(title) @@ query THEN 2
    ELSE 1 END)::real;
$$;

-- The newest 1,000 messages that match, by the text index: reads all that match, so it is for words that are not frequent.
CREATE FUNCTION messages_by_index(p_org_id uuid, p_query tsquery, p_channel_ids uuid[], p_from timestamptz, p_to timestamptz, p_as_of uuid)
RETURNS TABLE (id uuid, created_at timestamptz, search_vector tsvector)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET plan_cache_mode = 'force_custom_plan'
SET enable_seqscan = off SET enable_indexscan = off SET jit = off AS $$
#variable_conflict use_column
DECLARE
  narrowed tsquery := p_query;
BEGIN
  -- More channels than this are sorted out after the index: it would be read once for each of them.
  IF cardinality(p_channel_ids) BETWEEN 1 AND 24 THEN
    SELECT p_query && string_agg(quote_literal(channel_lexeme(c)), ' | ')::tsquery INTO narrowed FROM unnest(p_channel_ids) AS c;
  END IF;
  RETURN QUERY SELECT h.id, h.created_at, h.search_vector FROM (
      SELECT m.id, m.created_at, m.search_vector FROM messages m
      WHERE m.org_id = p_org_id AND p_org_id = current_org_id() AND m.search_vector @@ narrowed AND m.channel_id = ANY (p_channel_ids)
        AND (p_as_of IS NULL OR m.id <= p_as_of)
        AND (p_from IS NULL OR m.created_at >= p_from) AND (p_to IS NULL OR m.created_at < p_to) OFFSET 0) AS h
    ORDER BY h.id DESC LIMIT 1000;
END $$;

-- The newest messages that match among the newest `p_window`, backwards in time: for frequent words, and to find out
-- whether a word is frequent. Ids rise with time.
CREATE FUNCTION messages_by_time(p_org_id uuid, p_query tsquery, p_channel_ids uuid[], p_from timestamptz, p_to timestamptz, p_as_of uuid, p_window int)
RETURNS TABLE (id uuid, created_at timestamptz, search_vector tsvector)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET plan_cache_mode = 'force_custom_plan'
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_sort = off SET jit = off AS $$
#variable_conflict use_column
BEGIN
  RETURN QUERY SELECT w.id, w.created_at, w.search_vector FROM (
      SELECT m.id, m.created_at, m.channel_id, m.search_vector FROM messages m
      WHERE m.org_id = p_org_id AND p_org_id = current_org_id() AND (p_as_of IS NULL OR m.id <= p_as_of)
        AND (p_from IS NULL OR m.created_at >= p_from) AND (p_to IS NULL OR m.created_at < p_to)
      ORDER BY m.id DESC LIMIT p_window) AS w
    WHERE w.channel_id = ANY (p_channel_ids) AND w.search_vector @@ p_query LIMIT 1000;
END $$;

-- The newest 1,000 messages that match, with their ranks. Reading all matches of a word in every tenth of a million
-- messages takes a quarter of a second, walking back until 1,000 were found takes 10,000 rows; for a rare word it is the
-- other way round. So the newest 2,000 messages tell how frequent the words are at present.
CREATE FUNCTION search_messages(p_org_id uuid, p_query tsquery, p_channel_ids uuid[], p_from timestamptz, p_to timestamptz, p_as_of uuid)
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

CREATE FUNCTION search_tasks(p_org_id uuid, p_query tsquery, p_wanted text, p_project_id uuid, p_task_id uuid, p_archived boolean,
  p_from timestamptz, p_to timestamptz, p_as_of uuid)
RETURNS TABLE (id uuid, rank real)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET plan_cache_mode = 'force_custom_plan' SET enable_seqscan = off SET jit = off AS $$
#variable_conflict use_column
DECLARE
  in_title tsquery := title_query(p_query);
BEGIN
  RETURN QUERY SELECT f.id, title_rank(f.title, f.search_vector, p_query, in_title, p_wanted) FROM (
      SELECT t.id, t.title, t.search_vector FROM tasks t
      WHERE t.org_id = p_org_id AND p_org_id = current_org_id() AND t.search_vector @@ p_query
        AND (p_task_id IS NULL OR t.id = p_task_id) AND (p_archived OR t.archived_at IS NULL)
        AND (p_project_id IS NULL OR EXISTS (SELECT FROM task_projects tp
          WHERE tp.org_id = t.org_id AND tp.task_id = t.id AND tp.project_id = p_project_id))
        AND (p_as_of IS NULL OR t.id <= p_as_of)
        AND (p_from IS NULL OR t.created_at >= p_from) AND (p_to IS NULL OR t.created_at < p_to)
      ORDER BY t.search_vector @@ in_title DESC, t.id DESC LIMIT 1000) AS f;
END $$;

CREATE FUNCTION search_projects(p_org_id uuid, p_query tsquery, p_wanted text, p_project_ids uuid[], p_archived boolean,
  p_from timestamptz, p_to timestamptz, p_as_of uuid)
RETURNS TABLE (id uuid, rank real)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET plan_cache_mode = 'force_custom_plan' SET enable_seqscan = off SET jit = off AS $$
#variable_conflict use_column
DECLARE
  in_title tsquery := title_query(p_query);
BEGIN
  RETURN QUERY SELECT f.id, title_rank(f.name, f.search_vector, p_query, in_title, p_wanted) FROM (
      SELECT p.id, p.name, p.search_vector FROM projects p
      WHERE p.org_id = p_org_id AND p_org_id = current_org_id() AND p.search_vector @@ p_query
        AND (p_project_ids IS NULL OR p.id = ANY (p_project_ids)) AND (p_archived OR p.stage <> 'end-of-life')
        AND (p_as_of IS NULL OR p.id <= p_as_of)
        AND (p_from IS NULL OR p.created_at >= p_from) AND (p_to IS NULL OR p.created_at < p_to)
      ORDER BY p.search_vector @@ in_title DESC, p.id DESC LIMIT 1000) AS f;
END $$;

-- What the caller of a search may see and asks for, as named values.
CREATE TYPE search_scope AS (types text[], channel_ids uuid[], project_ids uuid[], project_id uuid, task_id uuid, include_archived boolean,
  "from" timestamptz, "to" timestamptz, messages_from timestamptz, as_of uuid);

CREATE FUNCTION search_matches(p_org_id uuid, p_query tsquery, p_wanted text, p_scope search_scope)
RETURNS TABLE (resource_type text, id uuid, created_at timestamptz, rank real)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_column
BEGIN
  IF numnode(p_query) = 0 OR p_org_id IS DISTINCT FROM current_org_id() THEN RETURN; END IF;
  RETURN QUERY SELECT 'project', f.id, NULL::timestamptz, f.rank FROM search_projects(p_org_id, p_query, p_wanted,
    p_scope.project_ids, p_scope.include_archived, p_scope."from", p_scope."to", p_scope.as_of) AS f;
  RETURN QUERY SELECT 'task', f.id, NULL::timestamptz, f.rank FROM search_tasks(p_org_id, p_query, p_wanted,
    p_scope.project_id, p_scope.task_id, p_scope.include_archived, p_scope."from", p_scope."to", p_scope.as_of) AS f;
  RETURN QUERY SELECT 'message', f.id, f.created_at, f.rank FROM search_messages(p_org_id, p_query, p_scope.channel_ids,
    greatest(p_scope."from", p_scope.messages_from), p_scope."to", p_scope.as_of) AS f;
END $$;

-- One page of a search: matches of the wanted types by rank, at most `p_per_type` of each, with their texts; how many
-- each type has (counted up to 1,000); the newest id among them, which pins the following pages; the words that are to be
-- marked, as lexemes.
CREATE FUNCTION search_page(p_org_id uuid, p_terms jsonb, p_wanted text, p_scope jsonb, p_per_type int, p_limit int, p_offset int)
RETURNS TABLE (data jsonb, counts jsonb, as_of uuid, lexemes text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET plan_cache_mode = 'force_custom_plan' AS $$
#variable_conflict use_column
DECLARE
  query tsquery := terms_query(p_terms);
  scope search_scope := jsonb_populate_record(NULL::search_scope, p_scope);
BEGIN
  RETURN QUERY
    WITH matches AS MATERIALIZED (
      SELECT f.resource_type, f.id, f.created_at, f.rank,
        row_number() OVER (PARTITION BY f.resource_type ORDER BY f.rank DESC, f.id DESC) AS place
      FROM search_matches(p_org_id, query, fold_text(p_wanted), scope) AS f
    ),
    page AS (
      SELECT f.* FROM matches f
      WHERE f.resource_type || 's' = ANY (scope.types) AND (p_per_type IS NULL OR f.place <= p_per_type)
      ORDER BY f.rank DESC, f.id DESC LIMIT p_limit OFFSET p_offset
    ),
    whole AS (
      SELECT f.resource_type, f.id, f.rank, p.name AS title, p.description AS body, ARRAY[p.id] AS project_ids,
        NULL::uuid AS channel_id, NULL::bigint AS seq, p.created_at
      FROM page f JOIN projects p ON p.org_id = p_org_id AND p.id = f.id WHERE f.resource_type = 'project'
      UNION ALL
      SELECT f.resource_type, f.id, f.rank, t.title, t.description,
        ARRAY(SELECT tp.project_id FROM task_projects tp WHERE tp.org_id = p_org_id AND tp.task_id = f.id ORDER BY 1),
        NULL, NULL, t.created_at
      FROM page f JOIN tasks t ON t.org_id = p_org_id AND t.id = f.id WHERE f.resource_type = 'task'
      UNION ALL
      SELECT f.resource_type, f.id, f.rank, m.sender_name, m.content, array_remove(ARRAY[c.project_id], NULL), m.channel_id, m.seq, m.created_at
      FROM page f JOIN messages m ON m.org_id = p_org_id AND m.id = f.id AND m.created_at = f.created_at
        JOIN channels c ON c.org_id = p_org_id AND c.id = m.channel_id WHERE f.resource_type = 'message'
    )
    SELECT
      coalesce((SELECT jsonb_agg(jsonb_build_object('resource_type', w.resource_type, 'id', w.id, 'title', w.title, 'body', w.body,
        'rank', w.rank, 'project_ids', w.project_ids, 'channel_id', w.channel_id, 'seq', w.seq,
        'created_at', to_char(w.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')) ORDER BY w.rank DESC, w.id DESC) FROM whole w), '[]'),
      (SELECT jsonb_build_object('projects', count(*) FILTER (WHERE f.resource_type = 'project'),
        'tasks', count(*) FILTER (WHERE f.resource_type = 'task'), 'messages', count(*) FILTER (WHERE f.resource_type = 'message')) FROM matches f),
      coalesce(scope.as_of, (SELECT f.id FROM matches f ORDER BY f.id DESC LIMIT 1)),
      querytree(query);
END $$;

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

GRANT CREATE ON SCHEMA public TO mc_search;
ALTER FUNCTION messages_by_index(uuid, tsquery, uuid[], timestamptz, timestamptz, uuid) OWNER TO mc_search;
ALTER FUNCTION messages_by_time(uuid, tsquery, uuid[], timestamptz, timestamptz, uuid, int) OWNER TO mc_search;
ALTER FUNCTION search_messages(uuid, tsquery, uuid[], timestamptz, timestamptz, uuid) OWNER TO mc_search;
ALTER FUNCTION search_tasks(uuid, tsquery, text, uuid, uuid, boolean, timestamptz, timestamptz, uuid) OWNER TO mc_search;
ALTER FUNCTION search_projects(uuid, tsquery, text, uuid[], boolean, timestamptz, timestamptz, uuid) OWNER TO mc_search;
ALTER FUNCTION search_matches(uuid, tsquery, text, search_scope) OWNER TO mc_search;
ALTER FUNCTION search_page(uuid, jsonb, text, jsonb, int, int, int) OWNER TO mc_search;
ALTER FUNCTION search_spellings(uuid, text[], jsonb) OWNER TO mc_search;
REVOKE CREATE ON SCHEMA public FROM mc_search;

REVOKE ALL ON FUNCTION messages_by_index(uuid, tsquery, uuid[], timestamptz, timestamptz, uuid),
  messages_by_time(uuid, tsquery, uuid[], timestamptz, timestamptz, uuid, int),
  search_messages(uuid, tsquery, uuid[], timestamptz, timestamptz, uuid),
  search_tasks(uuid, tsquery, text, uuid, uuid, boolean, timestamptz, timestamptz, uuid),
  search_projects(uuid, tsquery, text, uuid[], boolean, timestamptz, timestamptz, uuid),
  search_matches(uuid, tsquery, text, search_scope), search_page(uuid, jsonb, text, jsonb, int, int, int),
  search_spellings(uuid, text[], jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION search_page(uuid, jsonb, text, jsonb, int, int, int), search_spellings(uuid, text[], jsonb) TO mc_app;
