-- Pictures of people, as members see them: of a provider, taken over once, or their own. A row without one says that the
-- person wants none.
CREATE TABLE account_pictures (
  account_id uuid PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
  bytes bytea CONSTRAINT account_pictures_size CHECK (octet_length(bytes) BETWEEN 1 AND 524288),
  digest text GENERATED ALWAYS AS (encode(sha256(bytes), 'hex')) STORED,
  updated_at timestamptz NOT NULL DEFAULT now()
);
-- They are compressed already.
ALTER TABLE account_pictures ALTER COLUMN bytes SET STORAGE EXTERNAL;
GRANT SELECT, INSERT, UPDATE, DELETE ON account_pictures TO mc_app;
GRANT SELECT ON account_pictures TO mc_backup;

-- The picture ends with the account.
CREATE OR REPLACE FUNCTION delete_memberships(p_org_id uuid, p_rows bigint) RETURNS bigint
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
  DELETE FROM account_pictures WHERE account_id = ANY (members) AND NOT belongs_elsewhere(account_id);
  RETURN n;
END $$;

-- Providers look for a person by these before every change. Row-level security admits an index on the column itself only:
-- lower() is not leakproof.
ALTER TABLE scim_users ADD COLUMN user_name_key text NOT NULL GENERATED ALWAYS AS (lower(user_name)) STORED;
CREATE INDEX scim_users_key ON scim_users (org_id, user_name_key);
CREATE INDEX scim_users_external ON scim_users (org_id, external_id);

-- What waits and what failed is counted for the metrics; the sent ones are many more.
CREATE INDEX account_emails_open ON account_emails (status) WHERE status <> 'sent';
