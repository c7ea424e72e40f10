CREATE TABLE org_heads (org_id int PRIMARY KEY, cap int NOT NULL);
CREATE TABLE projects (id uuid PRIMARY KEY, name text NOT NULL);
CREATE TABLE tasks (id uuid PRIMARY KEY, title text NOT NULL);
CREATE TABLE task_projects (task_id uuid REFERENCES tasks, project_id uuid REFERENCES projects, PRIMARY KEY (task_id, project_id));
CREATE TABLE channels (id uuid PRIMARY KEY, project_id uuid REFERENCES projects);
CREATE TABLE messages (id uuid PRIMARY KEY, channel_id uuid REFERENCES channels, sender_id uuid NOT NULL, content text NOT NULL);
-- What ends it is the time, not somebody who notices: an `active` row whose time is over is over.
CREATE TABLE sub_agents (
  id uuid PRIMARY KEY, task_id uuid NOT NULL REFERENCES tasks, status text NOT NULL DEFAULT 'active',
  expires_at timestamptz NOT NULL
);
-- Found by the id that the key carries; the key itself is not here.
CREATE TABLE api_keys (
  key_id text PRIMARY KEY, sub_agent_id uuid NOT NULL REFERENCES sub_agents, bcrypt_hash text NOT NULL, hmac bytea NOT NULL,
  revoked_at timestamptz
);
