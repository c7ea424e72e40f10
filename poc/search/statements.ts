/** Messages that are ranked at the most: the newest that match. A person reads ten, and ranks fade with age anyway. */
const RANKED_MAX = 1_000
/** A word that more messages have is frequent. */
const RARE_MAX = 5_000
/** The newest messages among which a frequent word is looked for first. */
const WALK_MAX = 10_000

/** Ids of the newest messages that match, by the text index. */
export const BY_INDEX = `
  SELECT h.id FROM (
    SELECT m.id, m.created_at FROM messages m
    WHERE m.org_id = p_org_id AND m.search_vector @@ query AND m.project_id = ANY (p_project_ids) OFFSET 0
  ) AS h ORDER BY h.created_at DESC LIMIT ${RANKED_MAX}`

/** The same by walking back in time, which ends early for a frequent word and may end without a find. */
export const BY_WALK = `
  SELECT w.id FROM (
    SELECT m.id, m.project_id, m.search_vector FROM messages m
    WHERE m.org_id = p_org_id ORDER BY m.created_at DESC LIMIT ${WALK_MAX}
  ) AS w WHERE w.project_id = ANY (p_project_ids) AND w.search_vector @@ query LIMIT ${RANKED_MAX}`

const MESSAGES = `
  SELECT 'message' AS type, h.id, '' AS title, search_snippet(h.content, query) AS snippet, h.rank, h.created_at
  FROM (
    SELECT m.id, m.content, m.created_at,
      (ts_rank_cd(m.search_vector, query, 32) / (1 + extract(epoch FROM now() - m.created_at) / 2592000))::real AS rank
    FROM messages m WHERE m.org_id = p_org_id AND m.id = ANY (newest) ORDER BY rank DESC, m.id LIMIT p_limit
  ) AS h`

const titled = (type: 'project' | 'task', table: string, title: string, weight: number) => `
  SELECT '${type}' AS type, h.id, h.title, search_snippet(h.title || E'\\n' || h.description, query) AS snippet, h.rank, h.created_at
  FROM (
    SELECT x.id, x.${title} AS title, x.description, x.created_at,
      (ts_rank_cd(x.search_vector, query, 32) * ${weight})::real AS rank
    FROM ${table} x WHERE x.org_id = p_org_id AND x.search_vector @@ query
      AND ${type === 'project' ? 'x.id' : 'x.project_id'} = ANY (p_project_ids)
    ORDER BY rank DESC, x.id LIMIT p_limit
  ) AS h`

/**
 * All three kinds, best first. It runs as the role that owns it, which sees every org: the org has to be the one in scope,
 * and what the caller may read comes as an argument. How frequent a word is decides how messages are found; it is asked
 * first, because the planner's guess for five projects is off by a factor of fifty.
 */
export const SEARCH_FUNCTION = `
  CREATE FUNCTION search(p_org_id uuid, p_q text, p_project_ids uuid[], p_limit int)
  RETURNS TABLE (type text, id uuid, title text, snippet text, rank real, created_at timestamptz)
  LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET plan_cache_mode = 'force_custom_plan' AS $$
  #variable_conflict use_column
  DECLARE
    query tsquery := search_query(p_q);
    newest uuid[];
    matches int;
  BEGIN
    IF p_org_id IS DISTINCT FROM nullif(current_setting('app.current_org_id', true), '')::uuid THEN RETURN; END IF;
    SELECT count(*) INTO matches FROM (
      SELECT FROM messages m WHERE m.org_id = p_org_id AND m.search_vector @@ query LIMIT ${RARE_MAX + 1}) AS matching;
    IF matches > ${RARE_MAX} THEN newest := ARRAY(${BY_WALK}); END IF;
    IF newest IS NULL OR cardinality(newest) < p_limit THEN newest := ARRAY(${BY_INDEX}); END IF;
    RETURN QUERY SELECT * FROM (
      (${titled('project', 'projects', 'name', 4)}) UNION ALL (${titled('task', 'tasks', 'title', 3)}) UNION ALL (${MESSAGES})
    ) AS found ORDER BY rank DESC, id LIMIT p_limit;
  END $$`

/** The same condition as a program would write it that asks the table itself. */
export const NAIVE = `
  SELECT m.id FROM messages m WHERE m.org_id = $1 AND m.search_vector @@ search_query($2) ORDER BY m.created_at DESC LIMIT 25`
