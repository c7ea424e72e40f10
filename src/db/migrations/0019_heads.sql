-- Where the logs of several orgs end, in one statement: a node compares all its open streams with it.
GRANT SELECT ON org_heads TO mc_auth;
CREATE POLICY look_up ON org_heads FOR SELECT TO mc_auth USING (true);

CREATE FUNCTION heads_of(p_org_ids uuid[]) RETURNS TABLE (org_id uuid, log text, sequence bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT h.org_id, h.log, h.sequence FROM org_heads h WHERE h.org_id = ANY (p_org_ids);
$$;

GRANT CREATE ON SCHEMA public TO mc_auth;
ALTER FUNCTION heads_of(uuid[]) OWNER TO mc_auth;
REVOKE CREATE ON SCHEMA public FROM mc_auth;
REVOKE ALL ON FUNCTION heads_of(uuid[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION heads_of(uuid[]) TO mc_app;
