-- Mails to send: made in the transaction of their notifications or of their invite, each with its job. Whoever has no row
-- gets no mail, and a row names what the mail is about and never its text.
CREATE TABLE emails (
  org_id uuid NOT NULL REFERENCES organizations (id),
  id uuid NOT NULL,
  user_id uuid NOT NULL,
  kind text NOT NULL CONSTRAINT emails_kind_check CHECK (kind IN ('notification', 'digest', 'invite')),
  notification_ids uuid[] NOT NULL DEFAULT '{}',
  invite_id uuid,
  -- As it was at the last attempt.
  address text,
  status text NOT NULL CONSTRAINT emails_status_check CHECK (status IN ('pending', 'sent', 'failed')),
  attempts integer NOT NULL DEFAULT 0,
  -- Attempts whose outcome is unknown: the mail may have been delivered.
  doubts integer NOT NULL DEFAULT 0,
  -- Set while an attempt is under way, and left when its outcome is unknown: the content stays as it is.
  sealed_at timestamptz,
  -- Kept back because the member got several mails just before.
  held boolean NOT NULL DEFAULT false,
  last_error text,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  sent_at timestamptz,
  CONSTRAINT emails_org_id_id_pk PRIMARY KEY (org_id, id),
  CONSTRAINT emails_member FOREIGN KEY (org_id, user_id) REFERENCES memberships (org_id, user_id) ON DELETE CASCADE
);
-- The mails of a member: those that wait, and those sent within the last minutes.
CREATE INDEX emails_of_member ON emails (org_id, user_id, status, sent_at);
CREATE INDEX emails_sent ON emails (org_id, sent_at);
CREATE INDEX emails_list ON emails (org_id, status, created_at, id);
-- Asked for over all orgs.
CREATE INDEX emails_age ON emails (updated_at);

ALTER TABLE emails ENABLE ROW LEVEL SECURITY;
ALTER TABLE emails FORCE ROW LEVEL SECURITY;
CREATE POLICY org_of_app ON emails TO mc_app USING (org_id = (SELECT nullif(current_setting('app.current_org_id', true), '')::uuid))
  WITH CHECK (org_id = (SELECT nullif(current_setting('app.current_org_id', true), '')::uuid));
CREATE POLICY org_of_owner ON emails TO mc_owner USING (org_id = (SELECT nullif(current_setting('app.current_org_id', true), '')::uuid))
  WITH CHECK (org_id = (SELECT nullif(current_setting('app.current_org_id', true), '')::uuid));
GRANT SELECT, INSERT, UPDATE, DELETE ON emails TO mc_app;
GRANT SELECT ON emails TO mc_backup;

-- True from the first time that a member set its preferences; before, the organization's default holds.
ALTER TABLE memberships ADD COLUMN preference_chosen boolean NOT NULL DEFAULT false;

-- Stores mails of a batch with their jobs, after the batch itself. A notification is mailed to people who want it; the same
-- is decided again when the mail is sent.
CREATE FUNCTION store_emails(p_org_id uuid, p_emails json) RETURNS void
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
  jobs json;
BEGIN
  WITH wanted AS (
    SELECT r.* FROM json_to_recordset(p_emails) AS r(
      id uuid, user_id uuid, kind text, preferences text[], notification_ids uuid[], invite_id uuid, created_at timestamptz,
      run_at timestamptz, max_attempts int)
    JOIN memberships m ON m.org_id = p_org_id AND m.user_id = r.user_id
    JOIN organizations o ON o.id = p_org_id
    WHERE r.kind = 'invite' OR (m.type = 'human' AND m.status = 'active'
      AND m.notification_preferences ->> 'email' = ANY (r.preferences)
      AND o.settings -> 'notifications' -> 'enabled_channels' ? 'email'
      AND (m.preference_chosen OR o.settings -> 'notifications' ->> 'default_channel' = 'email'))
  ), stored AS (
    INSERT INTO emails (org_id, id, user_id, kind, notification_ids, invite_id, status, created_at, updated_at)
    SELECT p_org_id, id, user_id, kind, coalesce(notification_ids, '{}'), invite_id, 'pending', created_at, created_at FROM wanted
  )
  SELECT json_agg(json_build_object('kind', 'send_email', 'payload', json_build_object('org_id', p_org_id, 'email_id', id),
    'run_at', run_at, 'key', id, 'max_attempts', max_attempts)) INTO jobs FROM wanted;
  IF jobs IS NOT NULL THEN PERFORM enqueue_jobs(jobs); END IF;
END $$;

-- Retention, for all orgs: mails that ended a month ago go; one that waits for a day is not going to be sent any more, for
-- example because its job was lost.
GRANT SELECT (org_id, id, status, updated_at), UPDATE (status, last_error, updated_at), DELETE ON emails TO mc_care;
CREATE POLICY ended ON emails TO mc_care USING (updated_at < now() - interval '1 day') WITH CHECK (true);

CREATE FUNCTION sweep_emails(p_rows int) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  n bigint;
  swept bigint;
BEGIN
  DELETE FROM emails e USING (
    SELECT org_id, id FROM emails WHERE status <> 'pending' AND updated_at < now() - interval '30 days' ORDER BY updated_at LIMIT p_rows) AS found
  WHERE e.org_id = found.org_id AND e.id = found.id;
  GET DIAGNOSTICS swept = ROW_COUNT;
  UPDATE emails e SET status = 'failed', last_error = 'Not sent within a day.', updated_at = now() FROM (
    SELECT org_id, id FROM emails WHERE status = 'pending' AND updated_at < now() - interval '1 day' ORDER BY updated_at LIMIT p_rows
    FOR UPDATE SKIP LOCKED) AS found
  WHERE e.org_id = found.org_id AND e.id = found.id;
  GET DIAGNOSTICS n = ROW_COUNT;
  RETURN swept + n;
END $$;

GRANT CREATE ON SCHEMA public TO mc_care;
ALTER FUNCTION sweep_emails(int) OWNER TO mc_care;
REVOKE CREATE ON SCHEMA public FROM mc_care;
REVOKE ALL ON FUNCTION sweep_emails(int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sweep_emails(int) TO mc_app;
