DROP TABLE passkeys;
DROP TABLE spent_tokens;
DROP TABLE recovery_codes;
DROP TABLE second_factors;
ALTER TABLE users DROP COLUMN email_set_at;
DROP TABLE account_emails;
