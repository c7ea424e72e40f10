-- Group commit over orgs: plain messages of several orgs in one transaction share the cost of a statement and the flush
-- to disk. The function belongs to a role that may add messages and move heads, and nothing else;
-- its policies admit the orgs whose heads it has just locked at the epochs it was given, in this transaction only.
GRANT USAGE ON SCHEMA public TO mc_lane;
GRANT SELECT, UPDATE ON org_heads, channels TO mc_lane;
GRANT SELECT, INSERT, UPDATE ON channel_reads TO mc_lane;
GRANT INSERT ON messages, events, message_client_ids, recent_commands TO mc_lane;

DO $$
DECLARE
  t text;
  condition constant text := 'org_id = ANY ((SELECT nullif(current_setting(''app.lane_org_ids'', true), '''')::uuid[])::uuid[])';
BEGIN
  FOREACH t IN ARRAY ARRAY['org_heads', 'channels', 'channel_reads'] LOOP
    EXECUTE format('CREATE POLICY orgs_of_lane ON %I TO mc_lane USING (%s) WITH CHECK (%2$s)', t, condition);
  END LOOP;
  FOREACH t IN ARRAY ARRAY['messages', 'events', 'message_client_ids', 'recent_commands'] LOOP
    EXECUTE format('CREATE POLICY orgs_of_lane ON %I FOR INSERT TO mc_lane WITH CHECK (%s)', t, condition);
  END LOOP;
END $$;

-- Waits for no lock that a request of one org may hold: heads and unread marks that are locked leave their org out, and
-- any other wait ends the statement after 50 ms; its batches are then stored one by one.
-- Returns the orgs whose batches were stored. An org that was left out (another epoch or batch, a lock) has its batch
-- stored alone by its lane, which gets the reason there.
CREATE FUNCTION lane_write_together(p_heads json, p_seqs json, p_messages json, p_replies json, p_marks json)
RETURNS uuid[] LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET lock_timeout = '50ms' AS $$
DECLARE
  locked uuid[];
  busy uuid[];
BEGIN
  PERFORM set_config('app.lane_org_ids', (SELECT array_agg(r.org_id)::text FROM json_to_recordset(p_heads) AS r(org_id uuid)), true);
  SELECT coalesce(array_agg(own.org_id), '{}') INTO locked FROM (
    SELECT h.org_id FROM json_to_recordset(p_heads) AS r(org_id uuid, epoch bigint, batch bigint)
    JOIN org_heads h ON h.org_id = r.org_id AND h.epoch = r.epoch AND h.batch = r.batch - 1
    ORDER BY h.org_id FOR UPDATE OF h SKIP LOCKED) AS own;
  PERFORM set_config('app.lane_org_ids', locked::text, true);
  WITH mark AS MATERIALIZED (
    SELECT org_id, channel_id, user_id FROM json_to_recordset(p_marks) AS r(org_id uuid, channel_id uuid, user_id uuid)
    WHERE org_id = ANY (locked)
  ), free AS MATERIALIZED (
    SELECT c.org_id, c.channel_id, c.user_id FROM channel_reads c JOIN mark USING (org_id, channel_id, user_id)
    ORDER BY c.org_id, c.channel_id, c.user_id FOR UPDATE OF c SKIP LOCKED
  )
  SELECT array_agg(DISTINCT org_id) INTO busy FROM (
    SELECT c.org_id, c.channel_id, c.user_id FROM channel_reads c JOIN mark USING (org_id, channel_id, user_id)
    EXCEPT SELECT org_id, channel_id, user_id FROM free) AS taken;
  IF busy IS NOT NULL THEN
    locked := ARRAY(SELECT unnest(locked) EXCEPT SELECT unnest(busy));
    PERFORM set_config('app.lane_org_ids', locked::text, true);
  END IF;
  WITH m AS MATERIALIZED (
    SELECT * FROM json_to_recordset(p_messages) AS r(
      org_id uuid, id uuid, channel_id uuid, seq bigint, sender_id uuid, sender_type text, sender_name text, kind text,
      content text, mentions uuid[], ignored_mentions text[], client_id text, content_hash text, reply_to uuid,
      created_at timestamptz, sequence bigint, project_ids uuid[])
    WHERE org_id = ANY (locked)
  ), stored AS (
    INSERT INTO messages (org_id, id, channel_id, seq, sender_id, sender_type, sender_name, kind, content, mentions,
                          ignored_mentions, client_id, reply_to, created_at)
    SELECT org_id, id, channel_id, seq, sender_id, sender_type, sender_name, coalesce(kind, 'text'), content, coalesce(mentions, '{}'),
           coalesce(ignored_mentions, '{}'), client_id, reply_to, created_at FROM m
  ), known AS (
    INSERT INTO message_client_ids (org_id, channel_id, sender_id, client_id, message_id, seq, content_hash, created_at)
    SELECT org_id, channel_id, sender_id, client_id, id, seq, content_hash, created_at FROM m WHERE client_id IS NOT NULL
  )
  INSERT INTO events (org_id, sequence, type, actor_id, actor_type, actor_name, project_ids, channel_id, message_id,
                      message_seq, subject_ids, created_at)
  SELECT org_id, sequence, 'message.created', sender_id, sender_type, sender_name, coalesce(project_ids, '{}'), channel_id,
         id, seq, coalesce(mentions, '{}'), created_at FROM m;
  IF p_replies IS NOT NULL THEN
    INSERT INTO recent_commands (org_id, command_id, reply, created_at)
    SELECT org_id, command_id, reply, now() FROM json_to_recordset(p_replies) AS r(org_id uuid, command_id text, reply jsonb)
    WHERE org_id = ANY (locked);
  END IF;
  UPDATE channels c SET last_seq = r.last_seq FROM json_to_recordset(p_seqs) AS r(org_id uuid, id uuid, last_seq bigint)
  WHERE r.org_id = ANY (locked) AND c.org_id = r.org_id AND c.id = r.id AND c.last_seq < r.last_seq;
  PERFORM store_marks((SELECT json_agg(r) FROM json_array_elements(p_marks) AS r WHERE (r ->> 'org_id')::uuid = ANY (locked)));
  UPDATE org_heads h SET sequence = r.sequence, batch = r.batch, updated_at = now()
  FROM json_to_recordset(p_heads) AS r(org_id uuid, sequence bigint, batch bigint)
  WHERE h.org_id = r.org_id AND r.org_id = ANY (locked);
  RETURN locked;
END $$;

GRANT CREATE ON SCHEMA public TO mc_lane;
ALTER FUNCTION lane_write_together(json, json, json, json, json) OWNER TO mc_lane;
REVOKE CREATE ON SCHEMA public FROM mc_lane;
REVOKE ALL ON FUNCTION lane_write_together(json, json, json, json, json) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION lane_write_together(json, json, json, json, json) TO mc_app;
