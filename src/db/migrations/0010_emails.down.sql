DROP FUNCTION sweep_emails(int);
DROP FUNCTION store_emails(uuid, json);
ALTER TABLE memberships DROP COLUMN preference_chosen;
DROP TABLE emails;
