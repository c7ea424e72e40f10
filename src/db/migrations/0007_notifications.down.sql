DROP INDEX notifications_unread;
CREATE INDEX notifications_user ON notifications USING btree ("org_id","user_id","created_at","id");
