-- Retention. The horizon of an org is the start of a month (UTC): at least as many months as its settings say are kept.
-- Rows before it are read by nobody, whatever the query, since the policies of the server say so. The look-ups say it
-- themselves: under a policy with a condition the planner uses no GIN index.
CREATE FUNCTION retention_horizon(p_kind text) RETURNS timestamptz LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT (date_trunc('month', now() AT TIME ZONE 'UTC') - make_interval(months =>
    coalesce((o.settings -> 'retention' ->> CASE p_kind WHEN 'events' THEN 'event_months' ELSE 'message_months' END)::int,
             CASE p_kind WHEN 'events' THEN 24 ELSE 12 END))) AT TIME ZONE 'UTC'
  FROM organizations o WHERE o.id = current_org_id();
$$;

DO $$
DECLARE
  t text;
  condition constant text := 'org_id = (SELECT nullif(current_setting(''app.current_org_id'', true), '''')::uuid)';
BEGIN
  FOREACH t IN ARRAY ARRAY['events', 'messages'] LOOP
    EXECUTE format('ALTER POLICY org_of_app ON %I USING (%s AND created_at >= (SELECT retention_horizon(%L))) WITH CHECK (%2$s)', t, condition, t);
  END LOOP;
END $$;

-- As before, and nothing before the horizon: with it as a value, the partitions before it are not planned for.
CREATE OR REPLACE FUNCTION find_events(p_org_id uuid, p_channel_ids uuid[], p_types text[], p_project_id uuid, p_task_id uuid, p_channel_id uuid,
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
  USING p_org_id, p_channel_ids, p_types, p_project_id, p_task_id, p_channel_id, p_actor_id, greatest(p_from, retention_horizon('events')), p_to, after, before, p_limit;
END $$;

-- One file of the archive each: the rows of an org and a month. `written`: the file is complete, its rows are being
-- removed; `removed`: they are gone; `restored`: they came back.
CREATE TABLE archives (
  org_id uuid NOT NULL REFERENCES organizations (id),
  kind text NOT NULL CHECK (kind IN ('events', 'messages')),
  month date NOT NULL,
  part integer NOT NULL,
  status text NOT NULL CHECK (status IN ('written', 'removed', 'restored')),
  row_count bigint NOT NULL,
  size_bytes bigint NOT NULL,
  sha256 text NOT NULL,
  file text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (org_id, kind, month, part)
);
ALTER TABLE archives ENABLE ROW LEVEL SECURITY;
ALTER TABLE archives FORCE ROW LEVEL SECURITY;
CREATE POLICY org_of_app ON archives TO mc_app
  USING (org_id = (SELECT nullif(current_setting('app.current_org_id', true), '')::uuid))
  WITH CHECK (org_id = (SELECT nullif(current_setting('app.current_org_id', true), '')::uuid));
CREATE POLICY org_of_owner ON archives TO mc_owner
  USING (org_id = (SELECT nullif(current_setting('app.current_org_id', true), '')::uuid))
  WITH CHECK (org_id = (SELECT nullif(current_setting('app.current_org_id', true), '')::uuid));
GRANT SELECT, INSERT, UPDATE, DELETE ON archives TO mc_app;
GRANT SELECT ON archives TO mc_backup;

-- Orgs after `p_after` in the order of their ids, with both horizons.
CREATE FUNCTION retention_orgs(p_after uuid, p_limit int) RETURNS TABLE (org_id uuid, events_before timestamptz, messages_before timestamptz)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE former text := current_setting('app.current_org_id', true);
BEGIN
  FOR org_id IN SELECT o.id FROM organizations o WHERE p_after IS NULL OR o.id > p_after ORDER BY o.id LIMIT p_limit LOOP
    PERFORM set_config('app.current_org_id', org_id::text, true);
    events_before := retention_horizon('events');
    messages_before := retention_horizon('messages');
    RETURN NEXT;
  END LOOP;
  PERFORM set_config('app.current_org_id', coalesce(former, ''), true);
END $$;

-- The oldest month of each kind that is due, of up to `p_orgs` orgs after `p_after`; `last_org` is where the next page
-- begins, null after the last org. The role sees when rows of an org were made, nothing else of them.
GRANT SELECT (org_id, id, created_at) ON messages TO mc_care;
GRANT SELECT (org_id, sequence, created_at) ON events TO mc_care;
CREATE POLICY times ON messages FOR SELECT TO mc_care USING (true);
CREATE POLICY times ON events FOR SELECT TO mc_care USING (true);
CREATE FUNCTION retention_due(p_after uuid, p_orgs int, OUT due json, OUT last_org uuid)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  org record;
  oldest timestamptz;
  n int := 0;
BEGIN
  SET LOCAL TimeZone = 'UTC';
  due := '[]';
  FOR org IN SELECT * FROM retention_orgs(p_after, p_orgs) LOOP
    n := n + 1;
    last_org := org.org_id;
    SELECT e.created_at INTO oldest FROM events e WHERE e.org_id = org.org_id AND e.created_at < org.events_before ORDER BY e.sequence LIMIT 1;
    IF FOUND THEN due := (due::jsonb || jsonb_build_object('org_id', org.org_id, 'kind', 'events', 'month', date_trunc('month', oldest)::date))::json; END IF;
    SELECT m.created_at INTO oldest FROM messages m WHERE m.org_id = org.org_id AND m.created_at < org.messages_before ORDER BY m.id LIMIT 1;
    IF FOUND THEN due := (due::jsonb || jsonb_build_object('org_id', org.org_id, 'kind', 'messages', 'month', date_trunc('month', oldest)::date))::json; END IF;
  END LOOP;
  IF n < p_orgs THEN last_org := NULL; END IF;
END $$;

-- The rows of an org and a month that are due, in the order of their key after `p_place`.
CREATE FUNCTION archive_page(p_org_id uuid, p_kind text, p_month date, p_place text, p_limit int)
RETURNS TABLE (place text, line text) LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  first timestamptz := p_month::timestamp AT TIME ZONE 'UTC';
  past timestamptz := (p_month + interval '1 month') AT TIME ZONE 'UTC';
BEGIN
  PERFORM set_config('app.current_org_id', p_org_id::text, true);
  past := least(past, retention_horizon(p_kind));
  IF p_kind = 'events' THEN
    RETURN QUERY SELECT e.sequence::text, (to_jsonb(e) - 'org_id')::text FROM events e
      WHERE e.org_id = p_org_id AND e.created_at >= first AND e.created_at < past AND (p_place IS NULL OR e.sequence > p_place::bigint)
      ORDER BY e.sequence LIMIT p_limit;
  ELSE
    RETURN QUERY SELECT m.id::text, (to_jsonb(m) - 'org_id' - 'search_vector' || jsonb_build_object('deliveries', coalesce(
        (SELECT jsonb_agg(to_jsonb(d) - 'org_id' ORDER BY d.agent_id) FROM message_deliveries d
         WHERE d.org_id = m.org_id AND d.channel_id = m.channel_id AND d.seq = m.seq), '[]')))::text
      FROM messages m
      WHERE m.org_id = p_org_id AND m.created_at >= first AND m.created_at < past AND (p_place IS NULL OR m.id > p_place::uuid)
      ORDER BY m.id LIMIT p_limit;
  END IF;
END $$;

-- Removes up to `p_rows` due rows of an org and a month whose file is written; called until it returns 0.
CREATE FUNCTION remove_archived(p_org_id uuid, p_kind text, p_month date, p_rows int) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  first timestamptz := p_month::timestamp AT TIME ZONE 'UTC';
  past timestamptz := (p_month + interval '1 month') AT TIME ZONE 'UTC';
  n bigint;
BEGIN
  PERFORM set_config('app.current_org_id', p_org_id::text, true);
  PERFORM FROM archives a WHERE a.org_id = p_org_id AND a.kind = p_kind AND a.month = p_month AND a.status = 'written' FOR UPDATE;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'The rows of % have no file in the archive', p_month USING ERRCODE = 'object_not_in_prerequisite_state';
  END IF;
  past := least(past, retention_horizon(p_kind));
  PERFORM set_config('app.removing', 'on', true);
  IF p_kind = 'events' THEN
    DELETE FROM events WHERE org_id = p_org_id AND created_at >= first AND created_at < past AND sequence = ANY (ARRAY(
      SELECT e.sequence FROM events e WHERE e.org_id = p_org_id AND e.created_at >= first AND e.created_at < past
      ORDER BY e.sequence LIMIT p_rows));
    GET DIAGNOSTICS n = ROW_COUNT;
  ELSE
    WITH gone AS (
      DELETE FROM messages WHERE org_id = p_org_id AND created_at >= first AND created_at < past AND id = ANY (ARRAY(
        SELECT m.id FROM messages m WHERE m.org_id = p_org_id AND m.created_at >= first AND m.created_at < past
        ORDER BY m.id LIMIT p_rows))
      RETURNING channel_id, seq
    ), deliveries AS (
      DELETE FROM message_deliveries d USING gone WHERE d.org_id = p_org_id AND d.channel_id = gone.channel_id AND d.seq = gone.seq
    )
    SELECT count(*) INTO n FROM gone;
  END IF;
  PERFORM set_config('app.removing', '', true);
  RETURN n;
END $$;

-- Stores lines of the archive again; rows that are still there stay as they are. Returns how many came back.
CREATE FUNCTION restore_archived(p_org_id uuid, p_kind text, p_month date, p_lines json) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE n bigint;
BEGIN
  SET LOCAL TimeZone = 'UTC';
  SET LOCAL lock_timeout = '2s';
  PERFORM set_config('app.current_org_id', p_org_id::text, true);
  IF p_month::timestamp AT TIME ZONE 'UTC' < retention_horizon(p_kind) THEN
    RAISE EXCEPTION 'The month % is beyond what the organization keeps', p_month USING ERRCODE = 'object_not_in_prerequisite_state';
  END IF;
  PERFORM pg_advisory_xact_lock(727002);
  PERFORM make_partition(p_kind, p_month);
  IF p_kind = 'events' THEN
    INSERT INTO events SELECT (r).* FROM (
      SELECT jsonb_populate_record(NULL::events, line || jsonb_build_object('org_id', p_org_id)) AS r
      FROM jsonb_array_elements(p_lines::jsonb) AS line) AS rows
    ON CONFLICT DO NOTHING;
    GET DIAGNOSTICS n = ROW_COUNT;
  ELSE
    INSERT INTO messages (org_id, id, channel_id, seq, sender_id, sender_type, sender_name, kind, content, mentions,
                          ignored_mentions, client_id, reply_to, created_at)
    SELECT p_org_id, id, channel_id, seq, sender_id, sender_type, sender_name, kind, content, mentions, ignored_mentions,
           client_id, reply_to, created_at
    FROM jsonb_populate_recordset(NULL::messages, p_lines::jsonb) ON CONFLICT DO NOTHING;
    GET DIAGNOSTICS n = ROW_COUNT;
    INSERT INTO message_deliveries SELECT (r).* FROM (
      SELECT jsonb_populate_record(NULL::message_deliveries, d || jsonb_build_object('org_id', p_org_id)) AS r
      FROM jsonb_array_elements(p_lines::jsonb) AS line, jsonb_array_elements(line -> 'deliveries') AS d) AS rows
    ON CONFLICT DO NOTHING;
  END IF;
  RETURN n;
END $$;

-- Drops one partition that is older than every org's horizon and has no row left; called until it returns null. The
-- owner sees the rows of all orgs only while the policies are not forced on it: in this transaction, of this partition.
CREATE FUNCTION drop_old_partition() RETURNS text LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  parent text;
  child text;
  oldest timestamptz;
  used boolean;
BEGIN
  SET LOCAL lock_timeout = '2s';
  SET LOCAL TimeZone = 'UTC';
  PERFORM pg_advisory_xact_lock(727002);
  FOREACH parent IN ARRAY ARRAY['events', 'messages'] LOOP
    SELECT min(CASE parent WHEN 'events' THEN r.events_before ELSE r.messages_before END) INTO oldest FROM retention_orgs(NULL, NULL) r;
    FOR child IN
      SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
      WHERE i.inhparent = parent::regclass AND c.relname ~ '_\d{4}_\d{2}$'
        AND to_date(right(c.relname, 7), 'YYYY_MM') + interval '1 month' <= coalesce(oldest, '-infinity')
      ORDER BY c.relname
    LOOP
      EXECUTE format('ALTER TABLE %I NO FORCE ROW LEVEL SECURITY', child);
      EXECUTE format('SELECT EXISTS (SELECT FROM %I)', child) INTO used;
      IF NOT used THEN
        EXECUTE format('DROP TABLE %I', child);
        RETURN child;
      END IF;
      EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', child);
    END LOOP;
  END LOOP;
  RETURN NULL;
END $$;

GRANT CREATE ON SCHEMA public TO mc_auth, mc_care;
ALTER FUNCTION retention_horizon(text) OWNER TO mc_auth;
ALTER FUNCTION retention_orgs(uuid, int) OWNER TO mc_auth;
ALTER FUNCTION retention_due(uuid, int) OWNER TO mc_care;
REVOKE CREATE ON SCHEMA public FROM mc_auth, mc_care;
REVOKE ALL ON FUNCTION retention_horizon(text), retention_orgs(uuid, int), retention_due(uuid, int), archive_page(uuid, text, date, text, int),
  remove_archived(uuid, text, date, int), restore_archived(uuid, text, date, json), drop_old_partition() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION retention_horizon(text) TO mc_app, mc_search, mc_owner;
GRANT EXECUTE ON FUNCTION retention_orgs(uuid, int) TO mc_care, mc_owner;
GRANT EXECUTE ON FUNCTION retention_due(uuid, int), archive_page(uuid, text, date, text, int), remove_archived(uuid, text, date, int),
  restore_archived(uuid, text, date, json), drop_old_partition() TO mc_app;
