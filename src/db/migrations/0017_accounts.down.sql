DROP INDEX account_emails_open;
DROP INDEX scim_users_external;
ALTER TABLE scim_users DROP COLUMN user_name_key;
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
  RETURN n;
END $$;
DROP TABLE account_pictures;
