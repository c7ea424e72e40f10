-- Mails to accounts, which belong to no org: a link for a new password, a link that confirms an address, and the word that
-- an address has changed. A row names what its mail is about; text and link are made when it is sent. For a forgotten
-- password there is a row whether the address has an account or not, so that asking tells nothing.
CREATE TABLE account_emails (
  id uuid PRIMARY KEY,
  kind text NOT NULL CONSTRAINT account_emails_kind_check CHECK (kind IN ('password_reset', 'email_confirm', 'email_changed')),
  address text NOT NULL,
  account_id uuid REFERENCES users (id) ON DELETE CASCADE,
  status text NOT NULL CONSTRAINT account_emails_status_check CHECK (status IN ('pending', 'sent', 'failed')),
  attempts integer NOT NULL DEFAULT 0,
  -- Attempts whose outcome is unknown: the mail may have been delivered.
  doubts integer NOT NULL DEFAULT 0,
  -- Set while an attempt is under way, and left when its outcome is unknown.
  sealed_at timestamptz,
  last_error text,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  sent_at timestamptz
);
CREATE INDEX account_emails_address ON account_emails (lower(address), sent_at);
CREATE INDEX account_emails_age ON account_emails (updated_at);
CREATE INDEX account_emails_account ON account_emails (account_id);
GRANT SELECT, INSERT, UPDATE, DELETE ON account_emails TO mc_app;
GRANT SELECT ON account_emails TO mc_backup;

-- A link that confirms an address and is older than this is used up.
ALTER TABLE users ADD COLUMN email_set_at timestamptz;

-- Second factors of accounts. The secret is encrypted by the server; a code works once, for which the step of the last one
-- is kept.
CREATE TABLE second_factors (
  account_id uuid PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
  secret text NOT NULL,
  confirmed_at timestamptz,
  last_step bigint NOT NULL DEFAULT 0,
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE recovery_codes (
  account_id uuid NOT NULL REFERENCES second_factors (account_id) ON DELETE CASCADE,
  code_hash text NOT NULL,
  used_at timestamptz,
  PRIMARY KEY (account_id, code_hash)
);
-- Signed tokens that were used, by their hash, until they would end anyway.
CREATE TABLE spent_tokens (name text PRIMARY KEY, expires_at timestamptz NOT NULL);
CREATE INDEX spent_tokens_expired ON spent_tokens (expires_at);
GRANT SELECT, INSERT, UPDATE, DELETE ON second_factors, recovery_codes, spent_tokens TO mc_app;
GRANT SELECT ON second_factors, recovery_codes, spent_tokens TO mc_backup;

-- Passkeys of accounts (WebAuthn): public keys, so nothing here signs anybody in.
CREATE TABLE passkeys (
  id uuid PRIMARY KEY,
  account_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  credential_id text NOT NULL UNIQUE,
  public_key text NOT NULL,
  -- Signatures that the authenticator has counted; those of synchronized passkeys do not count and stay at 0.
  counter bigint NOT NULL,
  transports text[] NOT NULL DEFAULT '{}',
  name text NOT NULL,
  synced boolean NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  last_used_at timestamptz
);
CREATE INDEX passkeys_account ON passkeys (account_id, created_at);
GRANT SELECT, INSERT, UPDATE, DELETE ON passkeys TO mc_app;
GRANT SELECT ON passkeys TO mc_backup;
