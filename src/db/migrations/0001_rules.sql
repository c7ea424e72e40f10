-- Allowed values of vocabulary columns (the schema's enums as checks).
ALTER TABLE organizations ADD CONSTRAINT organizations_status_check CHECK (status IN ('active', 'suspended', 'pending_deletion'));
ALTER TABLE users ADD CONSTRAINT users_type_check CHECK (type IN ('human', 'agent'));
ALTER TABLE users ADD CONSTRAINT users_status_check CHECK (status IN ('active', 'invited', 'deactivated'));
ALTER TABLE memberships ADD CONSTRAINT memberships_type_check CHECK (type IN ('human', 'agent'));
ALTER TABLE memberships ADD CONSTRAINT memberships_role_check CHECK (role IN ('administrator', 'contributor'));
ALTER TABLE memberships ADD CONSTRAINT memberships_status_check CHECK (status IN ('active', 'invited', 'deactivated'));
ALTER TABLE invites ADD CONSTRAINT invites_role_check CHECK (role IN ('administrator', 'contributor'));
ALTER TABLE invites ADD CONSTRAINT invites_purpose_check CHECK (purpose IN ('join', 'password'));
ALTER TABLE api_keys ADD CONSTRAINT api_keys_kind_check CHECK (kind IN ('live', 'tmp'));
ALTER TABLE projects ADD CONSTRAINT projects_type_check CHECK (type IN ('software', 'docs', 'launch'));
ALTER TABLE projects ADD CONSTRAINT projects_stage_check CHECK (stage IN ('definition', 'poc', 'development', 'testing', 'adoption', 'maintenance', 'end-of-life'));
ALTER TABLE tasks ADD CONSTRAINT tasks_type_check CHECK (type IN ('bug', 'feature', 'chore'));
ALTER TABLE tasks ADD CONSTRAINT tasks_priority_check CHECK (priority IN ('low', 'medium', 'high', 'critical'));
ALTER TABLE tasks ADD CONSTRAINT tasks_status_check CHECK (status IN ('backlog', 'in-progress', 'in-review', 'complete'));
ALTER TABLE tasks ADD CONSTRAINT tasks_evidence_check CHECK (required_evidence_types <@ ARRAY['pr_link', 'test_results', 'doc_url']);
ALTER TABLE task_evidence ADD CONSTRAINT task_evidence_type_check CHECK (type IN ('pr_link', 'test_results', 'doc_url'));
ALTER TABLE task_dependencies ADD CONSTRAINT task_dependencies_self_check CHECK (task_id <> blocked_by_id);
ALTER TABLE sub_agents ADD CONSTRAINT sub_agents_status_check CHECK (status IN ('active', 'completed', 'terminated', 'expired'));
ALTER TABLE channels ADD CONSTRAINT channels_type_check CHECK ((type = 'org_wide') = (project_id IS NULL) AND type IN ('org_wide', 'project'));
ALTER TABLE messages ADD CONSTRAINT messages_sender_check CHECK (sender_type IN ('human', 'agent', 'sub_agent', 'system'));
ALTER TABLE messages ADD CONSTRAINT messages_kind_check CHECK (kind IN ('text', 'command', 'command_output', 'system'));
ALTER TABLE message_deliveries ADD CONSTRAINT message_deliveries_state_check CHECK (state IN ('queued', 'delivered', 'working', 'answered', 'failed'));
ALTER TABLE events ADD CONSTRAINT events_actor_check CHECK (actor_type IN ('human', 'agent', 'sub_agent', 'system'));
ALTER TABLE subscriptions ADD CONSTRAINT subscriptions_mode_check CHECK (mode IN ('all', 'topics'));
ALTER TABLE alarms ADD CONSTRAINT alarms_kind_check CHECK (kind IN ('loop_brake'));
ALTER TABLE exports ADD CONSTRAINT exports_status_check CHECK (status IN ('pending', 'processing', 'ready', 'failed', 'expired'));

-- Row-level security: rows of the transaction's org only, and no row without an org. It is forced on the owner too,
-- which has a policy of its own; without the policy its functions would silently do nothing.
CREATE FUNCTION current_org_id() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
  RETURN nullif(current_setting('app.current_org_id', true), '')::uuid;

DO $$
DECLARE t record;
BEGIN
  FOR t IN
    SELECT c.relname, CASE WHEN c.relname = 'organizations' THEN 'id' ELSE 'org_id' END AS org
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND NOT a.attisdropped
      AND a.attname = CASE WHEN c.relname = 'organizations' THEN 'id' ELSE 'org_id' END
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
      AND (c.relname = 'organizations' OR a.attname = 'org_id')
  LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t.relname);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t.relname);
    EXECUTE format(
      'CREATE POLICY org_of_app ON %1$I TO mc_app USING (%2$I = (SELECT nullif(current_setting(''app.current_org_id'', true), '''')::uuid)) '
      'WITH CHECK (%2$I = (SELECT nullif(current_setting(''app.current_org_id'', true), '''')::uuid))', t.relname, t.org);
    EXECUTE format(
      'CREATE POLICY org_of_owner ON %1$I TO mc_owner USING (%2$I = (SELECT nullif(current_setting(''app.current_org_id'', true), '''')::uuid)) '
      'WITH CHECK (%2$I = (SELECT nullif(current_setting(''app.current_org_id'', true), '''')::uuid))', t.relname, t.org);
  END LOOP;
END $$;

-- Grants of the server. Events are append-only, and messages are immutable.
GRANT USAGE ON SCHEMA public TO mc_app, mc_auth, mc_search, mc_backup;
GRANT SELECT, INSERT, UPDATE, DELETE ON
  organizations, memberships, api_keys, projects, project_users, tasks, task_projects, task_assignees, task_dependencies,
  task_evidence, channels, channel_reads, message_client_ids, message_deliveries, org_heads, recent_commands, sub_agents,
  subscriptions, notifications, exports, invites, idempotency_keys, alarms, users, identities, sessions TO mc_app;
GRANT SELECT, INSERT ON messages, events TO mc_app;
GRANT SELECT ON ALL TABLES IN SCHEMA public TO mc_backup;

-- The log cannot be changed: statement triggers on the parent and (made with them) on every partition. Deleting an org
-- and retention are the only ways out; their functions say so for their own transaction, as the owner.
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  IF TG_OP = 'DELETE' AND current_user = 'mc_owner' AND current_setting('app.removing', true) = 'on' THEN
    RETURN NULL;
  END IF;
  RAISE EXCEPTION 'The event log is append-only: % on % is refused', TG_OP, TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;

CREATE TRIGGER events_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON events
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Whether a task is blocked is derived from its dependencies and the status of its blockers. It is recomputed whenever
-- one of them changes, so it cannot drift.
-- Every row is looked up by its key: the planner of a join estimates one task per org before the next statistics, and
-- then scans all tasks. `OFFSET 0` keeps the look-up of blockers from becoming such a join.
CREATE FUNCTION note_blocked(p_org_id uuid, p_task_ids uuid[]) RETURNS void LANGUAGE sql SET search_path = public, pg_temp AS $$
  UPDATE tasks t SET is_blocked = NOT t.is_blocked
  WHERE t.org_id = p_org_id AND t.id = ANY (p_task_ids) AND t.is_blocked <> EXISTS (
    SELECT FROM task_dependencies d WHERE d.org_id = p_org_id AND d.task_id = t.id
      AND (SELECT b.status FROM tasks b WHERE b.org_id = d.org_id AND b.id = d.blocked_by_id) <> 'complete' OFFSET 0);
$$;
CREATE FUNCTION dependency_changed() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN PERFORM note_blocked(NEW.org_id, ARRAY[NEW.task_id]);
  ELSIF current_setting('app.removing', true) IS DISTINCT FROM 'on' THEN PERFORM note_blocked(OLD.org_id, ARRAY[OLD.task_id]);
  END IF;
  RETURN NULL;
END $$;
CREATE FUNCTION blocker_changed() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  PERFORM note_blocked(NEW.org_id, (SELECT array_agg(d.task_id) FROM task_dependencies d WHERE d.org_id = NEW.org_id AND d.blocked_by_id = NEW.id));
  RETURN NULL;
END $$;
CREATE TRIGGER task_dependencies_changed AFTER INSERT OR DELETE ON task_dependencies
  FOR EACH ROW EXECUTE FUNCTION dependency_changed();
CREATE TRIGGER tasks_completed AFTER UPDATE OF status ON tasks
  FOR EACH ROW WHEN ((OLD.status = 'complete') <> (NEW.status = 'complete')) EXECUTE FUNCTION blocker_changed();

-- Partitions: one a month, made ahead. `moved` are rows that came while there was none for their month: they lie in the
-- default partition, where they would forbid the attachment.
CREATE FUNCTION make_partition(parent text, month date, OUT made boolean, OUT moved bigint)
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
  child text := parent || '_' || to_char(month, 'YYYY_MM');
  upper_bound date := month + interval '1 month';
BEGIN
  made := to_regclass('public.' || child) IS NULL;
  moved := 0;
  IF NOT made THEN RETURN; END IF;
  EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING DEFAULTS INCLUDING GENERATED INCLUDING CONSTRAINTS)', child, parent);
  PERFORM set_config('app.removing', 'on', true);
  EXECUTE format('WITH moved AS (DELETE FROM %1$I WHERE created_at >= %3$L AND created_at < %4$L RETURNING *) INSERT INTO %2$I (%5$s) SELECT %5$s FROM moved',
    parent || '_default', child, month::timestamptz, upper_bound::timestamptz,
    (SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute
     WHERE attrelid = parent::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''));
  GET DIAGNOSTICS moved = ROW_COUNT;
  PERFORM set_config('app.removing', '', true);
  EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', child);
  EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', child);
  PERFORM partition_extras(parent, child);
  EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', parent, child, month::timestamptz, upper_bound::timestamptz);
END $$;

-- Autovacuum analyzes growing tables repeatedly. Only columns in conditions have statistics, from a small sample: texts,
-- vectors and payloads are the most expensive and useless to the planner.
CREATE FUNCTION lean_statistics(name text) RETURNS void LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
  chosen_by constant text[] := ARRAY['org_id', 'id', 'channel_id', 'seq', 'sender_id', 'sequence', 'type', 'actor_id', 'task_id',
                                     'project_ids', 'subject_ids', 'user_id', 'created_at'];
  col text;
BEGIN
  FOR col IN SELECT attname FROM pg_attribute WHERE attrelid = name::regclass AND attnum > 0 AND NOT attisdropped LOOP
    EXECUTE format('ALTER TABLE %I ALTER COLUMN %I SET STATISTICS %s', name, col, CASE WHEN col = ANY (chosen_by) THEN 20 ELSE 0 END);
  END LOOP;
  EXECUTE format('ALTER TABLE %I SET (autovacuum_analyze_scale_factor = 0.2, autovacuum_vacuum_insert_scale_factor = 0.4)', name);
END $$;
SELECT lean_statistics('message_client_ids'), lean_statistics('recent_commands');

-- The index that makes numbers unique inside a partition, and the trigger that keeps the log as it is.
CREATE FUNCTION partition_extras(parent text, child text) RETURNS void LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  IF parent = 'events' THEN
    EXECUTE format('CREATE UNIQUE INDEX %I ON %I (org_id, sequence)', child || '_number', child);
    EXECUTE format('CREATE TRIGGER events_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()', child);
  ELSE
    EXECUTE format('CREATE UNIQUE INDEX %I ON %I (org_id, channel_id, seq)', child || '_number', child);
  END IF;
  PERFORM lean_statistics(child);
END $$;

DO $$
DECLARE parent text;
BEGIN
  FOREACH parent IN ARRAY ARRAY['events', 'messages'] LOOP
    EXECUTE format('CREATE TABLE %I PARTITION OF %I DEFAULT', parent || '_default', parent);
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', parent || '_default');
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', parent || '_default');
    -- Of this partition alone, named directly, the owner sees the rows of all orgs: they have to go to their months.
    EXECUTE format('CREATE POLICY care ON %I TO mc_owner USING (true)', parent || '_default');
    PERFORM partition_extras(parent, parent || '_default');
  END LOOP;
END $$;

-- Called before the first write and then hourly, by every node: one at a time, and without blocking other
-- sessions when no partition is missing. `months_ahead` counts from the current month. Returns figures for the operator.
CREATE FUNCTION ensure_partitions(months_ahead int DEFAULT 3)
RETURNS TABLE (made int, moved bigint, rows_in_default bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  parent text;
  month date;
  done record;
BEGIN
  SET LOCAL lock_timeout = '2s';
  SET LOCAL TimeZone = 'UTC';
  PERFORM pg_advisory_xact_lock(727002);
  made := 0;
  moved := 0;
  rows_in_default := 0;
  FOREACH parent IN ARRAY ARRAY['events', 'messages'] LOOP
    FOR month IN
      SELECT date_trunc('month', now())::date + make_interval(months => n)
      FROM generate_series(0, greatest(months_ahead, 1)) n
      UNION
      SELECT m FROM default_months(parent) m
    LOOP
      SELECT * INTO done FROM make_partition(parent, month);
      made := made + done.made::int;
      moved := moved + done.moved;
    END LOOP;
    rows_in_default := rows_in_default + default_rows(parent);
  END LOOP;
  RETURN NEXT;
END $$;

-- Months of rows in the default partition, and how many there are.
CREATE FUNCTION default_months(parent text) RETURNS SETOF date LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  RETURN QUERY EXECUTE format('SELECT DISTINCT date_trunc(''month'', created_at)::date FROM %I', parent || '_default');
END $$;

CREATE FUNCTION default_rows(parent text) RETURNS bigint LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE n bigint;
BEGIN
  EXECUTE format('SELECT count(*) FROM %I', parent || '_default') INTO n;
  RETURN n;
END $$;

-- The lane: take an org, and open a batch with the head locked at the own epoch.
CREATE FUNCTION lane_take(p_org_id uuid) RETURNS TABLE (epoch bigint, sequence bigint, batch bigint, log text)
LANGUAGE sql SET search_path = public, pg_temp AS $$
  SELECT set_config('app.current_org_id', p_org_id::text, true);
  UPDATE org_heads h SET epoch = h.epoch + 1, updated_at = now() WHERE h.org_id = p_org_id
  RETURNING h.epoch, h.sequence, h.batch, h.log;
$$;

CREATE FUNCTION lane_begin(p_org_id uuid, p_epoch bigint)
RETURNS TABLE (epoch bigint, sequence bigint, batch bigint, log text, now timestamptz)
LANGUAGE sql SET search_path = public, pg_temp AS $$
  SELECT set_config('app.current_org_id', p_org_id::text, true);
  SELECT h.epoch, h.sequence, h.batch, h.log, now() FROM org_heads h
  WHERE h.org_id = p_org_id AND h.epoch = p_epoch FOR UPDATE;
$$;

-- Effect of posts on unread marks, after the channels' last_seq is moved: own messages are counted, so that they are not
-- unread, and so are mentions. A marker moves to the end when every earlier message is read
-- or the reader's own.
CREATE FUNCTION store_marks(p_marks json) RETURNS void LANGUAGE sql SET search_path = public, pg_temp AS $$
  INSERT INTO channel_reads AS seen (org_id, channel_id, user_id, read_seq, own_count, mention_count, updated_at)
  SELECT r.org_id, r.channel_id, r.user_id, CASE WHEN r.own_count = c.last_seq THEN c.last_seq ELSE 0 END,
         CASE WHEN r.own_count = c.last_seq THEN 0 ELSE r.own_count END, r.mention_count, now()
  FROM json_to_recordset(p_marks) AS r(org_id uuid, channel_id uuid, user_id uuid, own_count bigint, mention_count int)
  JOIN channels c ON c.org_id = r.org_id AND c.id = r.channel_id
  ORDER BY r.org_id, r.channel_id, r.user_id
  ON CONFLICT (org_id, channel_id, user_id) DO UPDATE SET
    (read_seq, own_count) = (
      SELECT CASE WHEN all_read THEN c.last_seq ELSE seen.read_seq END,
             CASE WHEN all_read THEN 0 ELSE seen.own_count + excluded.own_count END
      FROM (SELECT last_seq, seen.read_seq + seen.own_count + excluded.own_count >= last_seq AS all_read FROM channels
            WHERE org_id = seen.org_id AND id = seen.channel_id) AS c),
    mention_count = seen.mention_count + excluded.mention_count,
    updated_at = excluded.updated_at;
$$;

-- One batch of a lane: locks and moves the head, then stores. Statement after statement, so that the org is in scope
-- before any row is read. Nothing is stored when the head is not at the epoch and the batch before (MC001). A batch may be
-- stored in several parts of one transaction.
CREATE FUNCTION lane_write(p_org_id uuid, p_epoch bigint, p_sequence bigint, p_batch bigint, p_seqs json, p_messages json,
  p_events json, p_notifications json, p_replies json, p_marks json)
RETURNS void LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  PERFORM set_config('app.current_org_id', p_org_id::text, true);
  UPDATE org_heads h SET sequence = p_sequence, batch = p_batch, updated_at = now()
  WHERE h.org_id = p_org_id AND h.epoch = p_epoch AND h.batch IN (p_batch - 1, p_batch);
  IF NOT FOUND THEN
    RAISE EXCEPTION 'the organization has another owner, or is gone' USING ERRCODE = 'MC001';
  END IF;
  IF p_messages IS NOT NULL THEN
    WITH m AS MATERIALIZED (
      SELECT * FROM json_to_recordset(p_messages) AS r(
        id uuid, channel_id uuid, seq bigint, sender_id uuid, sender_type text, sender_name text, kind text, content text,
        mentions uuid[], ignored_mentions text[], client_id text, content_hash text, reply_to uuid, created_at timestamptz,
        sequence bigint, project_ids uuid[])
    ), stored AS (
      INSERT INTO messages (org_id, id, channel_id, seq, sender_id, sender_type, sender_name, kind, content, mentions,
                            ignored_mentions, client_id, reply_to, created_at)
      SELECT p_org_id, id, channel_id, seq, sender_id, sender_type, sender_name, coalesce(kind, 'text'), content, coalesce(mentions, '{}'),
             coalesce(ignored_mentions, '{}'), client_id, reply_to, created_at FROM m
    ), known AS (
      INSERT INTO message_client_ids (org_id, channel_id, sender_id, client_id, message_id, seq, content_hash, created_at)
      SELECT p_org_id, channel_id, sender_id, client_id, id, seq, content_hash, created_at FROM m WHERE client_id IS NOT NULL
    )
    INSERT INTO events (org_id, sequence, type, actor_id, actor_type, actor_name, project_ids, channel_id, message_id,
                        message_seq, subject_ids, created_at)
    SELECT p_org_id, sequence, 'message.created', sender_id, sender_type, sender_name, coalesce(project_ids, '{}'),
           channel_id, id, seq, coalesce(mentions, '{}'), created_at FROM m;
  END IF;
  IF p_events IS NOT NULL THEN
    INSERT INTO events (org_id, sequence, type, actor_id, actor_type, actor_name, project_ids, task_id, channel_id,
                        subject_ids, payload, created_at)
    SELECT p_org_id, sequence, type, actor_id, actor_type, actor_name, project_ids, task_id, channel_id, subject_ids,
           payload, created_at
    FROM json_to_recordset(p_events) AS r(
      sequence bigint, type text, actor_id uuid, actor_type text, actor_name text, project_ids uuid[], task_id uuid,
      channel_id uuid, subject_ids uuid[], payload jsonb, created_at timestamptz);
  END IF;
  IF p_notifications IS NOT NULL THEN
    INSERT INTO notifications (org_id, id, user_id, type, event_sequence, resource, title, created_at)
    SELECT p_org_id, id, user_id, type, event_sequence, resource, title, created_at
    FROM json_to_recordset(p_notifications) AS r(
      id uuid, user_id uuid, type text, event_sequence bigint, resource jsonb, title text, created_at timestamptz);
  END IF;
  IF p_replies IS NOT NULL THEN
    INSERT INTO recent_commands (org_id, command_id, reply, created_at)
    SELECT p_org_id, command_id, reply, now() FROM json_to_recordset(p_replies) AS r(command_id text, reply jsonb);
  END IF;
  IF p_seqs IS NOT NULL THEN
    UPDATE channels c SET last_seq = r.last_seq FROM json_to_recordset(p_seqs) AS r(id uuid, last_seq bigint)
    WHERE c.org_id = p_org_id AND c.id = r.id AND c.last_seq < r.last_seq;
  END IF;
  PERFORM store_marks(p_marks);
END $$;

-- Whether a user, or an account, is a member of any org; needs the look-up role, which sees memberships of all.
CREATE FUNCTION belongs_elsewhere(p_user_id uuid) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$ SELECT EXISTS (SELECT FROM memberships WHERE user_id = p_user_id OR account_id = p_user_id); $$;

-- Whole-org deletion in steps, each a transaction of its own, so that neither a time limit nor a crash can undo more than
-- one. Every call removes `p_rows` rows at the most; called until `done`. The first step also removes the head: from then on
-- no command of the org can run, so a half-deleted org cannot be restored. A later call goes on, on any node.
CREATE FUNCTION delete_org_step(p_org_id uuid, p_rows int, OUT removed bigint, OUT done boolean)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  t record;
  n bigint;
  key text;
BEGIN
  removed := 0;
  done := false;
  PERFORM set_config('app.current_org_id', p_org_id::text, true);
  -- Another node is deleting this org.
  IF NOT pg_try_advisory_xact_lock(727003, hashtext(p_org_id::text)) THEN RETURN; END IF;
  IF NOT EXISTS (SELECT FROM organizations WHERE id = p_org_id) THEN
    done := true;
    RETURN;
  END IF;
  -- In the order in which a command locks: head, then org. An exception brings the head back.
  DELETE FROM org_heads WHERE org_id = p_org_id;
  GET DIAGNOSTICS removed = ROW_COUNT;
  IF NOT EXISTS (SELECT FROM organizations WHERE id = p_org_id AND status = 'pending_deletion' AND deletion_at <= now() FOR UPDATE) THEN
    RAISE EXCEPTION 'The organization is not due for deletion' USING ERRCODE = 'object_not_in_prerequisite_state';
  END IF;
  PERFORM set_config('app.removing', 'on', true);
  -- Every table with an org, from the catalogue: referencing tables before referenced ones.
  FOR t IN
    WITH RECURSIVE tenant AS (
      SELECT c.oid, c.relname::text AS name, c.relkind = 'p' AS partitioned
      FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'org_id' AND NOT a.attisdropped
      WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
    ), depth AS (
      SELECT oid, 0 AS level FROM tenant
      UNION
      SELECT con.confrelid, depth.level + 1 FROM depth JOIN pg_constraint con ON con.conrelid = depth.oid AND con.contype = 'f'
        AND con.confrelid <> con.conrelid JOIN tenant ON tenant.oid = con.confrelid
      WHERE depth.level < 20
    )
    SELECT tenant.name, tenant.partitioned FROM tenant JOIN depth USING (oid) GROUP BY 1, 2 ORDER BY max(depth.level), 1
  LOOP
    EXIT WHEN removed >= p_rows;
    IF t.name = 'memberships' THEN
      n := delete_memberships(p_org_id, p_rows - removed);
    ELSIF t.partitioned THEN
      -- A place in a table (ctid) means nothing across partitions; these are walked by the key that each has an index on.
      key := CASE t.name WHEN 'events' THEN 'sequence' WHEN 'messages' THEN 'id' END;
      EXECUTE format('DELETE FROM %1$I WHERE org_id = $1 AND %2$I = ANY (ARRAY(SELECT %2$I FROM %1$I WHERE org_id = $1 ORDER BY %2$I LIMIT $2))', t.name, key)
      USING p_org_id, p_rows - removed;
      GET DIAGNOSTICS n = ROW_COUNT;
    ELSE
      EXECUTE format('DELETE FROM %1$I WHERE ctid = ANY (ARRAY(SELECT ctid FROM %1$I WHERE org_id = $1 LIMIT $2)) AND org_id = $1', t.name)
      USING p_org_id, p_rows - removed;
      GET DIAGNOSTICS n = ROW_COUNT;
    END IF;
    removed := removed + n;
  END LOOP;
  -- Below the limit every table is empty: a small org is deleted in one step.
  IF removed < p_rows THEN
    DELETE FROM organizations WHERE id = p_org_id;
    removed := removed + 1;
    done := true;
  END IF;
  PERFORM set_config('app.removing', '', true);
END $$;

-- The accounts of people and agents that belonged to this org alone end in the same step as their memberships.
CREATE FUNCTION delete_memberships(p_org_id uuid, p_rows bigint) RETURNS bigint
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
  members uuid[];
  n bigint;
BEGIN
  WITH gone AS (
    DELETE FROM memberships WHERE org_id = p_org_id
      AND user_id = ANY (ARRAY(SELECT user_id FROM memberships WHERE org_id = p_org_id LIMIT p_rows))
    RETURNING user_id, account_id)
  SELECT count(*), coalesce(array_agg(user_id) || array_agg(account_id), '{}') INTO n, members FROM gone;
  UPDATE users SET status = 'deactivated', updated_at = now() WHERE id = ANY (members) AND NOT belongs_elsewhere(id);
  UPDATE sessions SET revoked_at = now()
  WHERE user_id = ANY (members) AND revoked_at IS NULL AND NOT belongs_elsewhere(user_id);
  RETURN n;
END $$;

-- One PL/pgSQL call, for readiness.
CREATE FUNCTION ready_probe() RETURNS boolean LANGUAGE plpgsql SET search_path = public, pg_temp AS $$ BEGIN RETURN true; END $$;

REVOKE ALL ON FUNCTION make_partition(text, date), partition_extras(text, text), lean_statistics(text), default_months(text), default_rows(text), ensure_partitions(int), delete_org_step(uuid, int), delete_memberships(uuid, bigint), belongs_elsewhere(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ensure_partitions(int), delete_org_step(uuid, int) TO mc_app;
