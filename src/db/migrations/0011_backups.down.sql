DROP FUNCTION backup_schedules(uuid, int);
DROP POLICY backups ON exports;
REVOKE SELECT (org_id, backup, created_at) ON exports FROM mc_auth;
DROP INDEX organizations_backup, exports_backups;
ALTER TABLE exports NO FORCE ROW LEVEL SECURITY;
DELETE FROM exports WHERE backup IS NOT NULL;
ALTER TABLE exports FORCE ROW LEVEL SECURITY;
ALTER TABLE exports DROP CONSTRAINT exports_cause_check, DROP COLUMN backup, ALTER COLUMN requested_by SET NOT NULL;
