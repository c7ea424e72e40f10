-- Provisioning of members by SCIM. A token acts with the rights of the administrator who made it; only its hash is kept.
CREATE TABLE scim_tokens (
  org_id uuid NOT NULL REFERENCES organizations (id),
  id uuid NOT NULL,
  name text NOT NULL,
  prefix text NOT NULL,
  token_hash text NOT NULL,
  created_by uuid NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  last_used_at timestamptz,
  CONSTRAINT scim_tokens_org_id_id_pk PRIMARY KEY (org_id, id),
  CONSTRAINT scim_tokens_hash_key UNIQUE (org_id, token_hash),
  CONSTRAINT scim_tokens_member FOREIGN KEY (org_id, created_by) REFERENCES memberships (org_id, user_id) ON DELETE CASCADE
);

-- Names that a provider has for a member.
CREATE TABLE scim_users (
  org_id uuid NOT NULL REFERENCES organizations (id),
  user_id uuid NOT NULL,
  user_name text NOT NULL,
  external_id text,
  formatted text,
  given_name text,
  family_name text,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT scim_users_org_id_user_id_pk PRIMARY KEY (org_id, user_id),
  CONSTRAINT scim_users_member FOREIGN KEY (org_id, user_id) REFERENCES memberships (org_id, user_id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX scim_users_name ON scim_users (org_id, lower(user_name));

DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['scim_tokens', 'scim_users'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY org_of_app ON %I TO mc_app USING (org_id = (SELECT nullif(current_setting(''app.current_org_id'', true), '''')::uuid))
      WITH CHECK (org_id = (SELECT nullif(current_setting(''app.current_org_id'', true), '''')::uuid))', t);
    EXECUTE format('CREATE POLICY org_of_owner ON %I TO mc_owner USING (org_id = (SELECT nullif(current_setting(''app.current_org_id'', true), '''')::uuid))
      WITH CHECK (org_id = (SELECT nullif(current_setting(''app.current_org_id'', true), '''')::uuid))', t);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO mc_app', t);
    EXECUTE format('GRANT SELECT ON %I TO mc_backup', t);
  END LOOP;
END $$;
