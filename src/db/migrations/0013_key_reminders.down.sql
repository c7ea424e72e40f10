DROP FUNCTION keys_to_rotate(uuid, int);
ALTER TABLE api_keys DROP COLUMN reminded_at;
