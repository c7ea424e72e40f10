-- Unread notifications of a user: counted at every load of the app, and read with their messages. The list goes by the
-- event, so the index by time has no reader.
CREATE INDEX notifications_unread ON notifications (org_id, user_id, event_sequence) WHERE read_at IS NULL;
DROP INDEX notifications_user;
