DROP FUNCTION heads_of(uuid[]);
DROP POLICY look_up ON org_heads;
REVOKE SELECT ON org_heads FROM mc_auth;
