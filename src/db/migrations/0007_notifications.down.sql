DROP FUNCTION sweep_notifications(int);
DROP POLICY old ON notifications;
REVOKE ALL ON notifications FROM mc_care;
DROP INDEX notifications_age, notifications_unread;
CREATE INDEX notifications_user ON notifications USING btree ("org_id","user_id","created_at","id");
