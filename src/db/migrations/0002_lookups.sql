-- Look-ups before an org is known: functions of a role that owns nothing else and sees only these tables.
GRANT SELECT ON organizations, memberships, api_keys, invites, sub_agents, users, idempotency_keys TO mc_auth;
CREATE POLICY look_up ON organizations FOR SELECT TO mc_auth USING (true);
CREATE POLICY look_up ON memberships FOR SELECT TO mc_auth USING (true);
CREATE POLICY look_up ON api_keys FOR SELECT TO mc_auth USING (true);
CREATE POLICY look_up ON invites FOR SELECT TO mc_auth USING (true);
CREATE POLICY look_up ON sub_agents FOR SELECT TO mc_auth USING (true);
CREATE POLICY look_up ON idempotency_keys FOR SELECT TO mc_auth USING (true);

CREATE FUNCTION auth_org(p_slug text) RETURNS TABLE (id uuid, slug text, name text, status text, settings jsonb)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT o.id, o.slug, o.name, o.status, o.settings FROM organizations o WHERE o.slug = p_slug;
$$;

-- Memberships of an account. A session that was opened before `account_since` does not enter.
CREATE FUNCTION auth_memberships(p_account_id uuid)
RETURNS TABLE (org_id uuid, user_id uuid, display_name text, account_since timestamptz, slug text, name text, org_status text,
  role text, status text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT m.org_id, m.user_id, m.display_name, m.account_since, o.slug, o.name, o.status, m.role, m.status
  FROM memberships m JOIN organizations o ON o.id = m.org_id WHERE m.account_id = p_account_id;
$$;

-- Whole orgs of a member, several at once: a list of them is one look-up and not one for each.
CREATE FUNCTION auth_orgs(p_account_id uuid, p_ids uuid[])
RETURNS TABLE (id uuid, slug text, name text, status text, deletion_at timestamptz, role text, settings jsonb,
  created_at timestamptz, updated_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT o.id, o.slug, o.name, o.status, o.deletion_at, m.role, o.settings, o.created_at, o.updated_at
  FROM memberships m JOIN organizations o ON o.id = m.org_id
  WHERE m.account_id = p_account_id AND m.status = 'active' AND m.org_id = ANY (p_ids);
$$;

CREATE FUNCTION auth_api_key(p_key_id text)
RETURNS TABLE (org_id uuid, slug text, org_status text, id uuid, key_id text, kind text, user_id uuid, sub_agent_id uuid,
  bcrypt_hash text, hmac text, expires_at timestamptz, revoked_at timestamptz, member_role text, member_status text,
  display_name text, username text, member_type text, task_id uuid, sub_agent_status text, sub_agent_expires_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT k.org_id, o.slug, o.status, k.id, k.key_id, k.kind, k.user_id, k.sub_agent_id, k.bcrypt_hash, k.hmac,
         k.expires_at, k.revoked_at, m.role, m.status, coalesce(m.display_name, ''), coalesce(m.username, ''), m.type,
         s.task_id, s.status, s.expires_at
  FROM api_keys k
  JOIN organizations o ON o.id = k.org_id
  LEFT JOIN memberships m ON m.org_id = k.org_id AND m.user_id = k.user_id
  LEFT JOIN sub_agents s ON s.org_id = k.org_id AND s.id = k.sub_agent_id
  WHERE k.key_id = p_key_id;
$$;

CREATE FUNCTION auth_invite(p_token_hash text)
RETURNS TABLE (org_id uuid, org_slug text, org_name text, org_status text, id uuid, purpose text, email text, user_id uuid, display_name text,
  expires_at timestamptz, accepted_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT i.org_id, o.slug, o.name, o.status, i.id, i.purpose, i.email, i.user_id, m.display_name, i.expires_at, i.accepted_at
  FROM invites i JOIN organizations o ON o.id = i.org_id
  JOIN memberships m ON m.org_id = i.org_id AND m.user_id = i.user_id
  WHERE i.token_hash = p_token_hash;
$$;

CREATE FUNCTION auth_org_count() RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$ SELECT count(*) FROM organizations; $$;

-- The answer to a repeated request that created an org, which is not known yet.
CREATE FUNCTION auth_made_org(p_account_id uuid, p_route text, p_key text) RETURNS TABLE (fingerprint text, reply jsonb)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT i.fingerprint, i.reply FROM memberships m
  JOIN idempotency_keys i ON i.org_id = m.org_id AND i.principal_id = p_account_id AND i.route = p_route AND i.key = p_key
  WHERE m.account_id = p_account_id AND i.created_at > now() - interval '24 hours';
$$;

-- Search. Under row-level security the planner uses an index only for leakproof operators, and neither @@ nor && nor
-- ILIKE is one. So these look-ups belong to a role with its own policy; each begins with the org's condition itself.
GRANT SELECT ON projects, tasks, task_projects, messages, channels, events TO mc_search;
CREATE POLICY look_up ON projects FOR SELECT TO mc_search USING (true);
CREATE POLICY look_up ON tasks FOR SELECT TO mc_search USING (true);
CREATE POLICY look_up ON task_projects FOR SELECT TO mc_search USING (true);
CREATE POLICY look_up ON messages FOR SELECT TO mc_search USING (true);
CREATE POLICY look_up ON channels FOR SELECT TO mc_search USING (true);
CREATE POLICY look_up ON events FOR SELECT TO mc_search USING (true);

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

-- Tasks whose title or description has words that begin with those of `q` (in scripts without spaces: has its
-- characters side by side), with what the list filters and sorts by.
CREATE FUNCTION find_tasks(p_org_id uuid, p_q text)
RETURNS TABLE (org_id uuid, id uuid, title text, status text, priority text, type text, is_blocked boolean,
  priority_rank smallint, status_rank smallint, archived_at timestamptz, created_at timestamptz, updated_at timestamptz)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET plan_cache_mode = 'force_custom_plan' AS $$
DECLARE
  query tsquery;
BEGIN
  SELECT string_agg(quote_literal(token) || ':*', ' & ')::tsquery INTO query FROM unnest(text_tokens(fold_text(p_q), false)) AS token;
  IF query IS NULL THEN RETURN; END IF;
  RETURN QUERY SELECT t.org_id, t.id, t.title, t.status, t.priority, t.type, t.is_blocked, t.priority_rank, t.status_rank,
      t.archived_at, t.created_at, t.updated_at
    FROM tasks t WHERE t.org_id = p_org_id AND p_org_id = current_org_id() AND t.search_vector @@ query;
END $$;

-- The last sequence of an org that is certainly older than a time (0: none), by halving: times rise with sequences, but
-- for a clock that was set back, hence the five minutes.
CREATE FUNCTION sequence_before(p_org_id uuid, p_time timestamptz) RETURNS bigint
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  low bigint;
  high bigint;
  middle bigint;
  found timestamptz;
BEGIN
  IF p_org_id IS DISTINCT FROM current_org_id() THEN RETURN 0; END IF;
  SELECT e.sequence INTO low FROM events e WHERE e.org_id = p_org_id ORDER BY e.sequence LIMIT 1;
  SELECT e.sequence INTO high FROM events e WHERE e.org_id = p_org_id ORDER BY e.sequence DESC LIMIT 1;
  low := low - 1;
  WHILE low < high LOOP
    middle := (low + high + 1) / 2;
    SELECT e.created_at INTO found FROM events e WHERE e.org_id = p_org_id AND e.sequence = middle;
    IF found < p_time - interval '5 minutes' THEN low := middle; ELSE high := middle - 1; END IF;
  END LOOP;
  RETURN coalesce(low, 0);
END $$;

-- Sequences of the events that match a list's filters, newest first or oldest first. `p_channel_ids` are the channels
-- that the reader may read; null: all. For a reader of some channels, messages (most events by far) are searched
-- separately, so the search does not scan messages of other channels. Planned for its values, so absent filters cost
-- nothing.
CREATE FUNCTION find_events(p_org_id uuid, p_channel_ids uuid[], p_types text[], p_project_id uuid, p_task_id uuid, p_channel_id uuid,
  p_actor_id uuid, p_from timestamptz, p_to timestamptz, p_after bigint, p_before bigint, p_ascending boolean, p_limit int)
RETURNS TABLE (sequence bigint, created_at timestamptz)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  in_order text := format(' ORDER BY e.sequence %s LIMIT $12', CASE WHEN p_ascending THEN 'ASC' ELSE 'DESC' END);
  wanted text := $q$
    SELECT e.sequence, e.created_at FROM events e
    WHERE e.org_id = $1 AND e.sequence > $10 AND e.sequence < $11 AND ($3 IS NULL OR e.type = ANY ($3))
      AND ($4 IS NULL OR e.project_ids @> ARRAY[$4]) AND ($5 IS NULL OR e.task_id = $5)
      AND ($6 IS NULL OR e.channel_id = $6) AND ($7 IS NULL OR e.actor_id = $7)
      AND ($8 IS NULL OR e.created_at >= $8) AND ($9 IS NULL OR e.created_at < $9) $q$;
  apart boolean := p_channel_ids IS NOT NULL AND p_channel_id IS NULL;
  after bigint := CASE WHEN p_from IS NULL THEN p_after ELSE greatest(p_after, sequence_before(p_org_id, p_from)) END;
  before bigint := CASE WHEN p_to IS NULL THEN p_before
    ELSE least(p_before, sequence_before(p_org_id, p_to + interval '10 minutes') + 1) END;
BEGIN
  IF p_org_id IS DISTINCT FROM current_org_id() THEN RETURN; END IF;
  RETURN QUERY EXECUTE
    CASE WHEN apart THEN
      'SELECT * FROM ((' || wanted || $q$ AND e.type <> 'message.created'$q$ || in_order || ') UNION ALL (' ||
      wanted || $q$ AND e.type = 'message.created' AND e.channel_id = ANY ($2)$q$ || in_order || ')) AS e' || in_order
    ELSE wanted || ' AND ($2 IS NULL OR e.channel_id = ANY ($2))' || in_order END
  USING p_org_id, p_channel_ids, p_types, p_project_id, p_task_id, p_channel_id, p_actor_id, p_from, p_to, after, before, p_limit;
END $$;

-- Each function belongs to the role with the fewest sufficient grants.
GRANT CREATE ON SCHEMA public TO mc_auth, mc_search;
ALTER FUNCTION auth_org(text) OWNER TO mc_auth;
ALTER FUNCTION belongs_elsewhere(uuid) OWNER TO mc_auth;
GRANT EXECUTE ON FUNCTION belongs_elsewhere(uuid) TO mc_owner;
ALTER FUNCTION auth_memberships(uuid) OWNER TO mc_auth;
ALTER FUNCTION auth_orgs(uuid, uuid[]) OWNER TO mc_auth;
ALTER FUNCTION auth_api_key(text) OWNER TO mc_auth;
ALTER FUNCTION auth_invite(text) OWNER TO mc_auth;
ALTER FUNCTION auth_org_count() OWNER TO mc_auth;
ALTER FUNCTION auth_made_org(uuid, text, text) OWNER TO mc_auth;
ALTER FUNCTION search_projects(uuid, text, uuid, timestamptz, timestamptz, int, int) OWNER TO mc_search;
ALTER FUNCTION search_tasks(uuid, text, uuid, timestamptz, timestamptz, int, int) OWNER TO mc_search;
ALTER FUNCTION search_messages(uuid, text, uuid[], timestamptz, timestamptz, int, int) OWNER TO mc_search;
ALTER FUNCTION find_tasks(uuid, text) OWNER TO mc_search;
ALTER FUNCTION sequence_before(uuid, timestamptz) OWNER TO mc_search;
ALTER FUNCTION find_events(uuid, uuid[], text[], uuid, uuid, uuid, uuid, timestamptz, timestamptz, bigint, bigint, boolean, int) OWNER TO mc_search;
REVOKE CREATE ON SCHEMA public FROM mc_auth, mc_search;

REVOKE ALL ON FUNCTION sequence_before(uuid, timestamptz) FROM PUBLIC;
REVOKE ALL ON FUNCTION auth_org(text), auth_memberships(uuid), auth_orgs(uuid, uuid[]), auth_api_key(text), auth_invite(text), auth_org_count(), auth_made_org(uuid, text, text),
  search_projects(uuid, text, uuid, timestamptz, timestamptz, int, int), search_tasks(uuid, text, uuid, timestamptz, timestamptz, int, int),
  search_messages(uuid, text, uuid[], timestamptz, timestamptz, int, int), find_events(uuid, uuid[], text[], uuid, uuid, uuid, uuid, timestamptz, timestamptz, bigint, bigint, boolean, int), find_tasks(uuid, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION auth_org(text), auth_memberships(uuid), auth_orgs(uuid, uuid[]), auth_api_key(text), auth_invite(text), auth_org_count(), auth_made_org(uuid, text, text),
  search_projects(uuid, text, uuid, timestamptz, timestamptz, int, int), search_tasks(uuid, text, uuid, timestamptz, timestamptz, int, int),
  search_messages(uuid, text, uuid[], timestamptz, timestamptz, int, int), find_events(uuid, uuid[], text[], uuid, uuid, uuid, uuid, timestamptz, timestamptz, bigint, bigint, boolean, int), find_tasks(uuid, text) TO mc_app;
