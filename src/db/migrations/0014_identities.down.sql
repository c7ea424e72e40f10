DROP FUNCTION auth_memberships(uuid);
CREATE FUNCTION auth_memberships(p_account_id uuid)
RETURNS TABLE (org_id uuid, user_id uuid, display_name text, account_since timestamptz, slug text, name text, org_status text,
  role text, status text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT m.org_id, m.user_id, m.display_name, m.account_since, o.slug, o.name, o.status, m.role, m.status
  FROM memberships m JOIN organizations o ON o.id = m.org_id WHERE m.account_id = p_account_id;
$$;
GRANT CREATE ON SCHEMA public TO mc_auth;
ALTER FUNCTION auth_memberships(uuid) OWNER TO mc_auth;
REVOKE CREATE ON SCHEMA public FROM mc_auth;
REVOKE ALL ON FUNCTION auth_memberships(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION auth_memberships(uuid) TO mc_app;
ALTER TABLE sessions DROP COLUMN hosted_domain;
ALTER TABLE sessions DROP COLUMN method;
ALTER TABLE identities DROP COLUMN provider;
ALTER TABLE identities DROP COLUMN id;
ALTER TABLE users DROP COLUMN email_proved_at;
