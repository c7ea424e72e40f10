-- The words of messages: like english, but with the words that it leaves out ("the", "who"), so that every word is found
-- while the text is parsed once.
CREATE TEXT SEARCH DICTIONARY "word_stem" (TEMPLATE = snowball, LANGUAGE = english);--> statement-breakpoint
CREATE TEXT SEARCH CONFIGURATION "words" (COPY = english);--> statement-breakpoint
ALTER TEXT SEARCH CONFIGURATION "words" ALTER MAPPING REPLACE english_stem WITH "word_stem";--> statement-breakpoint
-- Order of names and titles in lists: by the root collation of Unicode, digits by their value. The app sorts by the same
-- collation (src/contracts/collation.ts).
CREATE COLLATION "natural" (PROVIDER = icu, LOCALE = 'en-u-kn-true');--> statement-breakpoint
-- Folding of texts for look-ups: case, width, accents, vowel points and ligatures are removed. Its first branch is the
-- common case: ASCII text has as many bytes as characters.
CREATE FUNCTION fold_text(body text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN octet_length(body) = length(body) THEN lower(body COLLATE "C") COLLATE "default" ELSE
  normalize(replace(replace(replace(replace(replace(translate(
    lower(regexp_replace(normalize(body, NFKD), '[\u0300-\u036f\u0591-\u05c7\u064b-\u065f\u0670]', '', 'g') COLLATE "natural"),
    U&'\0142\00F8\0111\0127\0131\0167\03C2\200B\200C\200D\00AD\FE0E\FE0F', U&'lodhit\03C3'),
    U&'\00DF', 'ss'), U&'\00E6', 'ae'), U&'\0153', 'oe'), U&'\00FE', 'th'), U&'\00F0', 'd') COLLATE "default", NFC) END;--> statement-breakpoint
-- Tokens of a folded text: words of letters and digits, symbols (emoji), and, in scripts without spaces between words,
-- pairs of neighbours. With `ends` also the last character of a run, for the index: a query by one character is a prefix of
-- a pair, or that end. Long words are cut: an index entry is bounded.
CREATE FUNCTION text_tokens(folded text, ends boolean) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = public, pg_temp AS $$
  SELECT coalesce(array_agg(DISTINCT token), '{}') FROM (
    SELECT left(word, 100) FROM regexp_split_to_table(regexp_replace(folded, '[\u0e00-\u0eff\u0f00-\u0fff\u1000-\u109f\u1780-\u17ff\u2e80-\u2fdf\u3005-\u3007\u3040-\u30ff\u3100-\u318f\u31a0-\u31bf\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff]', ' ', 'g'), '[^[:alnum:]]+' COLLATE "natural") AS word
    UNION ALL
    SELECT symbol[1] FROM regexp_matches(folded, '[^[:alnum:][:space:][:punct:]\u0001-\u007f]' COLLATE "natural", 'g') AS symbol
    WHERE symbol[1] !~ '[\u0e00-\u0eff\u0f00-\u0fff\u1000-\u109f\u1780-\u17ff\u2e80-\u2fdf\u3005-\u3007\u3040-\u30ff\u3100-\u318f\u31a0-\u31bf\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff]'
    UNION ALL
    SELECT unnest(CASE WHEN after ~ '[\u0e00-\u0eff\u0f00-\u0fff\u1000-\u109f\u1780-\u17ff\u2e80-\u2fdf\u3005-\u3007\u3040-\u30ff\u3100-\u318f\u31a0-\u31bf\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff]' THEN ARRAY[one || after]
      WHEN ends OR before !~ '[\u0e00-\u0eff\u0f00-\u0fff\u1000-\u109f\u1780-\u17ff\u2e80-\u2fdf\u3005-\u3007\u3040-\u30ff\u3100-\u318f\u31a0-\u31bf\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff]' THEN ARRAY[one] ELSE '{}' END)
    FROM (SELECT one, coalesce(lead(one) OVER line, ' ') AS after, coalesce(lag(one) OVER line, ' ') AS before
      FROM string_to_table(folded, NULL) WITH ORDINALITY AS characters(one, place) WINDOW line AS (ORDER BY place)) AS neighbours
    WHERE one ~ '[\u0e00-\u0eff\u0f00-\u0fff\u1000-\u109f\u1780-\u17ff\u2e80-\u2fdf\u3005-\u3007\u3040-\u30ff\u3100-\u318f\u31a0-\u31bf\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff]'
  ) AS found(token) WHERE token <> '';
$$;--> statement-breakpoint
-- What a search vector holds of a text besides its words as PostgreSQL reads them. Nothing for ASCII text: folding leaves it.
CREATE FUNCTION folded_words(body text) RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = public, pg_temp AS $$
  SELECT CASE WHEN octet_length(body) = length(body) THEN ''::tsvector ELSE array_to_tsvector(text_tokens(fold_text(body), true)) END;
$$;--> statement-breakpoint
CREATE TABLE "alarms" (
	"org_id" uuid NOT NULL,
	"kind" text NOT NULL,
	"target_id" uuid NOT NULL,
	"due_at" timestamp with time zone NOT NULL,
	"next_at" timestamp with time zone NOT NULL,
	"attempts" integer DEFAULT 0 NOT NULL,
	"payload" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "alarms_org_id_kind_target_id_pk" PRIMARY KEY("org_id","kind","target_id")
);
--> statement-breakpoint
CREATE TABLE "api_keys" (
	"org_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"key_id" text NOT NULL,
	"kind" text NOT NULL,
	"user_id" uuid NOT NULL,
	"sub_agent_id" uuid,
	"prefix" text NOT NULL,
	"bcrypt_hash" text NOT NULL,
	"hmac" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"last_used_at" timestamp with time zone,
	"expires_at" timestamp with time zone,
	"revoked_at" timestamp with time zone,
	CONSTRAINT "api_keys_org_id_id_pk" PRIMARY KEY("org_id","id")
);
--> statement-breakpoint
CREATE TABLE "channel_reads" (
	"org_id" uuid NOT NULL,
	"channel_id" uuid NOT NULL,
	"user_id" uuid NOT NULL,
	"read_seq" bigint NOT NULL,
	"own_count" bigint DEFAULT 0 NOT NULL,
	"mention_count" integer DEFAULT 0 NOT NULL,
	"rewinds" integer DEFAULT 0 NOT NULL,
	"muted" boolean DEFAULT false NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "channel_reads_org_id_channel_id_user_id_pk" PRIMARY KEY("org_id","channel_id","user_id")
);
--> statement-breakpoint
CREATE TABLE "channels" (
	"org_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"name" text NOT NULL,
	"topic" text,
	"type" text NOT NULL,
	"project_id" uuid,
	"last_seq" bigint DEFAULT 0 NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "channels_org_id_id_pk" PRIMARY KEY("org_id","id")
);
--> statement-breakpoint
CREATE TABLE "events" (
	"org_id" uuid NOT NULL,
	"sequence" bigint NOT NULL,
	"type" text NOT NULL,
	"actor_id" uuid,
	"actor_type" text NOT NULL,
	"actor_name" text NOT NULL,
	"project_ids" uuid[] DEFAULT '{}' NOT NULL,
	"task_id" uuid,
	"channel_id" uuid,
	"message_id" uuid,
	"message_seq" bigint,
	"subject_ids" uuid[] DEFAULT '{}' NOT NULL,
	"payload" jsonb,
	"created_at" timestamp with time zone NOT NULL
) PARTITION BY RANGE ("created_at");
--> statement-breakpoint
CREATE TABLE "exports" (
	"org_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"requested_by" uuid NOT NULL,
	"status" text NOT NULL,
	"progress" integer DEFAULT 0 NOT NULL,
	"size_bytes" bigint,
	"sha256" text,
	"error" text,
	"path" text,
	"expires_at" timestamp with time zone,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "exports_org_id_id_pk" PRIMARY KEY("org_id","id")
);
--> statement-breakpoint
CREATE TABLE "idempotency_keys" (
	"org_id" uuid NOT NULL,
	"principal_id" uuid NOT NULL,
	"route" text NOT NULL,
	"key" text NOT NULL,
	"fingerprint" text NOT NULL,
	"status" bigint NOT NULL,
	"reply" jsonb,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "idempotency_keys_org_id_principal_id_route_key_pk" PRIMARY KEY("org_id","principal_id","route","key")
);
--> statement-breakpoint
CREATE TABLE "identities" (
	"issuer" text NOT NULL,
	"subject" text NOT NULL,
	"user_id" uuid NOT NULL,
	"email" text,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "identities_issuer_subject_pk" PRIMARY KEY("issuer","subject")
);
--> statement-breakpoint
CREATE TABLE "invites" (
	"org_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"email" text NOT NULL,
	"user_id" uuid NOT NULL,
	"purpose" text DEFAULT 'join' NOT NULL,
	"role" text NOT NULL,
	"token_hash" text NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	"accepted_at" timestamp with time zone,
	"created_by" uuid NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "invites_org_id_id_pk" PRIMARY KEY("org_id","id")
);
--> statement-breakpoint
CREATE TABLE "memberships" (
	"org_id" uuid NOT NULL,
	"user_id" uuid NOT NULL,
	"account_id" uuid,
	"account_since" timestamp with time zone,
	"type" text NOT NULL,
	"role" text NOT NULL,
	"display_name" text NOT NULL,
	"username" text NOT NULL,
	"former_usernames" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"commands" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"client" jsonb,
	"identifier" text,
	"status" text NOT NULL,
	"notification_preferences" jsonb NOT NULL,
	"last_active_at" timestamp with time zone,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "memberships_org_id_user_id_pk" PRIMARY KEY("org_id","user_id"),
	CONSTRAINT "memberships_username_key" UNIQUE("org_id","username"),
	CONSTRAINT "memberships_identifier_key" UNIQUE("org_id","identifier")
);
--> statement-breakpoint
CREATE TABLE "message_client_ids" (
	"org_id" uuid NOT NULL,
	"channel_id" uuid NOT NULL,
	"sender_id" uuid NOT NULL,
	"client_id" text NOT NULL,
	"message_id" uuid NOT NULL,
	"seq" bigint NOT NULL,
	"content_hash" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "message_client_ids_org_id_channel_id_sender_id_client_id_pk" PRIMARY KEY("org_id","channel_id","sender_id","client_id")
);
--> statement-breakpoint
CREATE TABLE "message_deliveries" (
	"org_id" uuid NOT NULL,
	"channel_id" uuid NOT NULL,
	"seq" bigint NOT NULL,
	"agent_id" uuid NOT NULL,
	"state" text NOT NULL,
	"detail" text,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "message_deliveries_org_id_channel_id_seq_agent_id_pk" PRIMARY KEY("org_id","channel_id","seq","agent_id")
);
--> statement-breakpoint
CREATE TABLE "messages" (
	"org_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"channel_id" uuid NOT NULL,
	"seq" bigint NOT NULL,
	"sender_id" uuid,
	"sender_type" text NOT NULL,
	"sender_name" text NOT NULL,
	"kind" text NOT NULL,
	"content" text NOT NULL,
	"mentions" uuid[] DEFAULT '{}' NOT NULL,
	"ignored_mentions" text[] DEFAULT '{}' NOT NULL,
	"client_id" text,
	"reply_to" uuid,
	"created_at" timestamp with time zone NOT NULL,
	"search_vector" "tsvector" GENERATED ALWAYS AS (setweight(to_tsvector('words', coalesce(content, '')), 'C')) STORED
) PARTITION BY RANGE ("created_at");
--> statement-breakpoint
CREATE TABLE "notifications" (
	"org_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"user_id" uuid NOT NULL,
	"type" text NOT NULL,
	"event_sequence" bigint NOT NULL,
	"resource" jsonb NOT NULL,
	"title" text NOT NULL,
	"read_at" timestamp with time zone,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "notifications_org_id_id_pk" PRIMARY KEY("org_id","id")
);
--> statement-breakpoint
CREATE TABLE "org_heads" (
	"org_id" uuid PRIMARY KEY NOT NULL,
	"epoch" bigint NOT NULL,
	"sequence" bigint NOT NULL,
	"batch" bigint NOT NULL,
	"log" text NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "organizations" (
	"id" uuid PRIMARY KEY NOT NULL,
	"slug" text NOT NULL,
	"name" text NOT NULL,
	"status" text NOT NULL,
	"deletion_at" timestamp with time zone,
	"settings" jsonb NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "organizations_slug_unique" UNIQUE("slug")
);
--> statement-breakpoint
CREATE TABLE "project_users" (
	"org_id" uuid NOT NULL,
	"project_id" uuid NOT NULL,
	"user_id" uuid NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "project_users_org_id_project_id_user_id_pk" PRIMARY KEY("org_id","project_id","user_id")
);
--> statement-breakpoint
CREATE TABLE "projects" (
	"org_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"name" text NOT NULL,
	"type" text NOT NULL,
	"description" text DEFAULT '' NOT NULL,
	"stage" text NOT NULL,
	"owner_id" uuid,
	"links" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"channel_id" uuid NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	"created_by" uuid NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	"archived_at" timestamp with time zone,
	"search_vector" "tsvector" GENERATED ALWAYS AS (setweight(to_tsvector('english', coalesce(name, '')), 'A') || setweight(to_tsvector('simple', coalesce(name, '')), 'A') || setweight(to_tsvector('english', coalesce(description, '')), 'B') || setweight(to_tsvector('simple', coalesce(description, '')), 'B')) STORED,
	CONSTRAINT "projects_org_id_id_pk" PRIMARY KEY("org_id","id")
);
--> statement-breakpoint
CREATE TABLE "recent_commands" (
	"org_id" uuid NOT NULL,
	"command_id" text NOT NULL,
	"reply" jsonb,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "recent_commands_org_id_command_id_pk" PRIMARY KEY("org_id","command_id")
);
--> statement-breakpoint
CREATE TABLE "sessions" (
	"id" uuid PRIMARY KEY NOT NULL,
	"user_id" uuid NOT NULL,
	"jti" text NOT NULL,
	"previous_jti" text,
	"previous_valid_until" timestamp with time zone,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	"last_seen_at" timestamp with time zone NOT NULL,
	"revoked_at" timestamp with time zone,
	"ip" text,
	"user_agent" text
);
--> statement-breakpoint
CREATE TABLE "sub_agents" (
	"org_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"task_id" uuid NOT NULL,
	"host_agent_id" uuid,
	"model" text NOT NULL,
	"instructions" text NOT NULL,
	"status" text NOT NULL,
	"created_by" uuid NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	"summary" text,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"ended_at" timestamp with time zone,
	CONSTRAINT "sub_agents_org_id_id_pk" PRIMARY KEY("org_id","id")
);
--> statement-breakpoint
CREATE TABLE "subscriptions" (
	"org_id" uuid NOT NULL,
	"user_id" uuid NOT NULL,
	"mode" text NOT NULL,
	"topics" jsonb NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "subscriptions_org_id_user_id_pk" PRIMARY KEY("org_id","user_id")
);
--> statement-breakpoint
CREATE TABLE "task_assignees" (
	"org_id" uuid NOT NULL,
	"task_id" uuid NOT NULL,
	"user_id" uuid NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "task_assignees_org_id_task_id_user_id_pk" PRIMARY KEY("org_id","task_id","user_id")
);
--> statement-breakpoint
CREATE TABLE "task_dependencies" (
	"org_id" uuid NOT NULL,
	"task_id" uuid NOT NULL,
	"blocked_by_id" uuid NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "task_dependencies_org_id_task_id_blocked_by_id_pk" PRIMARY KEY("org_id","task_id","blocked_by_id")
);
--> statement-breakpoint
CREATE TABLE "task_evidence" (
	"org_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"task_id" uuid NOT NULL,
	"type" text NOT NULL,
	"url" text NOT NULL,
	"added_by" uuid NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "task_evidence_org_id_id_pk" PRIMARY KEY("org_id","id")
);
--> statement-breakpoint
CREATE TABLE "task_projects" (
	"org_id" uuid NOT NULL,
	"task_id" uuid NOT NULL,
	"project_id" uuid NOT NULL,
	CONSTRAINT "task_projects_org_id_task_id_project_id_pk" PRIMARY KEY("org_id","task_id","project_id")
);
--> statement-breakpoint
CREATE TABLE "tasks" (
	"org_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"title" text NOT NULL,
	"description" text DEFAULT '' NOT NULL,
	"type" text NOT NULL,
	"priority" text NOT NULL,
	"status" text NOT NULL,
	"required_evidence_types" text[] DEFAULT '{}' NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	"created_by" uuid NOT NULL,
	"completed_at" timestamp with time zone,
	"archived_at" timestamp with time zone,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	"search_vector" "tsvector" GENERATED ALWAYS AS (setweight(to_tsvector('english', coalesce(title, '')), 'A') || setweight(to_tsvector('simple', regexp_replace(coalesce(title, ''), '[^[:alnum:]]+', ' ', 'g')), 'A') || setweight(to_tsvector('english', coalesce(description, '')), 'B') || setweight(to_tsvector('simple', regexp_replace(coalesce(description, ''), '[^[:alnum:]]+', ' ', 'g')), 'B') || folded_words(coalesce(title, '')) || folded_words(coalesce(description, ''))) STORED,
	"priority_rank" smallint GENERATED ALWAYS AS ((array_position(array['low','medium','high','critical'], priority) - 1)::smallint) STORED,
	"status_rank" smallint GENERATED ALWAYS AS ((array_position(array['backlog','in-progress','in-review','complete'], status) - 1)::smallint) STORED,
	"is_blocked" boolean DEFAULT false NOT NULL,
	CONSTRAINT "tasks_org_id_id_pk" PRIMARY KEY("org_id","id")
);
--> statement-breakpoint
CREATE TABLE "users" (
	"id" uuid PRIMARY KEY NOT NULL,
	"type" text NOT NULL,
	"email" text,
	"display_name" text NOT NULL,
	"password_hash" text,
	"password_set_at" timestamp with time zone,
	"status" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
ALTER TABLE "alarms" ADD CONSTRAINT "alarms_org_id_organizations_id_fk" FOREIGN KEY ("org_id") REFERENCES "public"."organizations"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "api_keys" ADD CONSTRAINT "api_keys_org_id_organizations_id_fk" FOREIGN KEY ("org_id") REFERENCES "public"."organizations"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "api_keys" ADD CONSTRAINT "api_keys_sub_agent_fk" FOREIGN KEY ("org_id","sub_agent_id") REFERENCES "public"."sub_agents"("org_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "channel_reads" ADD CONSTRAINT "channel_reads_channel" FOREIGN KEY ("org_id","channel_id") REFERENCES "public"."channels"("org_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "channels" ADD CONSTRAINT "channels_org_id_organizations_id_fk" FOREIGN KEY ("org_id") REFERENCES "public"."organizations"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "channels" ADD CONSTRAINT "channels_project_fk" FOREIGN KEY ("org_id","project_id") REFERENCES "public"."projects"("org_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "exports" ADD CONSTRAINT "exports_org_id_organizations_id_fk" FOREIGN KEY ("org_id") REFERENCES "public"."organizations"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "idempotency_keys" ADD CONSTRAINT "idempotency_keys_org_id_organizations_id_fk" FOREIGN KEY ("org_id") REFERENCES "public"."organizations"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "identities" ADD CONSTRAINT "identities_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "invites" ADD CONSTRAINT "invites_org_id_organizations_id_fk" FOREIGN KEY ("org_id") REFERENCES "public"."organizations"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "invites" ADD CONSTRAINT "invites_member" FOREIGN KEY ("org_id","user_id") REFERENCES "public"."memberships"("org_id","user_id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "memberships" ADD CONSTRAINT "memberships_org_id_organizations_id_fk" FOREIGN KEY ("org_id") REFERENCES "public"."organizations"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "memberships" ADD CONSTRAINT "memberships_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "memberships" ADD CONSTRAINT "memberships_account_id_users_id_fk" FOREIGN KEY ("account_id") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "message_deliveries" ADD CONSTRAINT "message_deliveries_channel" FOREIGN KEY ("org_id","channel_id") REFERENCES "public"."channels"("org_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "notifications" ADD CONSTRAINT "notifications_org_id_organizations_id_fk" FOREIGN KEY ("org_id") REFERENCES "public"."organizations"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "org_heads" ADD CONSTRAINT "org_heads_org_id_organizations_id_fk" FOREIGN KEY ("org_id") REFERENCES "public"."organizations"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "project_users" ADD CONSTRAINT "project_users_project" FOREIGN KEY ("org_id","project_id") REFERENCES "public"."projects"("org_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "project_users" ADD CONSTRAINT "project_users_member" FOREIGN KEY ("org_id","user_id") REFERENCES "public"."memberships"("org_id","user_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "projects" ADD CONSTRAINT "projects_org_id_organizations_id_fk" FOREIGN KEY ("org_id") REFERENCES "public"."organizations"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "sessions" ADD CONSTRAINT "sessions_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "sub_agents" ADD CONSTRAINT "sub_agents_task_fk" FOREIGN KEY ("org_id","task_id") REFERENCES "public"."tasks"("org_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "subscriptions" ADD CONSTRAINT "subscriptions_org_id_organizations_id_fk" FOREIGN KEY ("org_id") REFERENCES "public"."organizations"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "task_assignees" ADD CONSTRAINT "task_assignees_task" FOREIGN KEY ("org_id","task_id") REFERENCES "public"."tasks"("org_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "task_assignees" ADD CONSTRAINT "task_assignees_member" FOREIGN KEY ("org_id","user_id") REFERENCES "public"."memberships"("org_id","user_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "task_dependencies" ADD CONSTRAINT "task_dependencies_task" FOREIGN KEY ("org_id","task_id") REFERENCES "public"."tasks"("org_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "task_dependencies" ADD CONSTRAINT "task_dependencies_blocked_by" FOREIGN KEY ("org_id","blocked_by_id") REFERENCES "public"."tasks"("org_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "task_evidence" ADD CONSTRAINT "task_evidence_task_fk" FOREIGN KEY ("org_id","task_id") REFERENCES "public"."tasks"("org_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "task_projects" ADD CONSTRAINT "task_projects_task" FOREIGN KEY ("org_id","task_id") REFERENCES "public"."tasks"("org_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "task_projects" ADD CONSTRAINT "task_projects_project_fk" FOREIGN KEY ("org_id","project_id") REFERENCES "public"."projects"("org_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "tasks" ADD CONSTRAINT "tasks_org_id_organizations_id_fk" FOREIGN KEY ("org_id") REFERENCES "public"."organizations"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "alarms_next" ON "alarms" USING btree ("next_at");--> statement-breakpoint
CREATE INDEX "api_keys_key_id" ON "api_keys" USING btree ("key_id");--> statement-breakpoint
CREATE INDEX "api_keys_user" ON "api_keys" USING btree ("org_id","user_id","created_at");--> statement-breakpoint
CREATE INDEX "api_keys_sub_agent" ON "api_keys" USING btree ("org_id","sub_agent_id");--> statement-breakpoint
CREATE INDEX "message_deliveries_open" ON "message_deliveries" USING btree ("org_id","agent_id","updated_at") WHERE state in ('queued', 'delivered', 'working');--> statement-breakpoint
CREATE INDEX "message_deliveries_working" ON "message_deliveries" USING btree ("org_id") WHERE state = 'working';--> statement-breakpoint
CREATE INDEX "channel_reads_user" ON "channel_reads" USING btree ("org_id","user_id");--> statement-breakpoint
CREATE INDEX "channels_project" ON "channels" USING btree ("org_id","project_id");--> statement-breakpoint
CREATE INDEX "events_task" ON "events" USING btree ("org_id","task_id","sequence") WHERE task_id is not null;--> statement-breakpoint
CREATE INDEX "events_channel" ON "events" USING btree ("org_id","channel_id","sequence") WHERE channel_id is not null;--> statement-breakpoint
CREATE INDEX "events_actor" ON "events" USING btree ("org_id","actor_id","sequence");--> statement-breakpoint
CREATE INDEX "events_other" ON "events" USING btree ("org_id","sequence") WHERE type <> 'message.created';--> statement-breakpoint
CREATE INDEX "events_type" ON "events" USING btree ("org_id","type","sequence") WHERE type <> 'message.created';--> statement-breakpoint
CREATE INDEX "events_projects" ON "events" USING gin ("project_ids");--> statement-breakpoint
CREATE INDEX "exports_created" ON "exports" USING btree ("org_id","created_at","id");--> statement-breakpoint
CREATE INDEX "idempotency_keys_age" ON "idempotency_keys" USING btree ("created_at");--> statement-breakpoint
CREATE INDEX "identities_user" ON "identities" USING btree ("user_id");--> statement-breakpoint
CREATE INDEX "invites_token" ON "invites" USING btree ("token_hash");--> statement-breakpoint
CREATE INDEX "invites_user" ON "invites" USING btree ("org_id","user_id");--> statement-breakpoint
CREATE INDEX "memberships_name" ON "memberships" USING btree ("org_id","display_name" COLLATE "natural","user_id");--> statement-breakpoint
CREATE INDEX "memberships_user" ON "memberships" USING btree ("user_id");--> statement-breakpoint
CREATE UNIQUE INDEX "memberships_account" ON "memberships" USING btree ("account_id","org_id");--> statement-breakpoint
CREATE INDEX "message_client_ids_age" ON "message_client_ids" USING btree ("created_at");--> statement-breakpoint
CREATE INDEX "messages_id" ON "messages" USING btree ("org_id","id");--> statement-breakpoint
CREATE INDEX "messages_search" ON "messages" USING gin ("search_vector");--> statement-breakpoint
CREATE INDEX "notifications_user" ON "notifications" USING btree ("org_id","user_id","created_at","id");--> statement-breakpoint
CREATE INDEX "notifications_event" ON "notifications" USING btree ("org_id","user_id","event_sequence");--> statement-breakpoint
CREATE INDEX "organizations_deletion" ON "organizations" USING btree ("deletion_at") WHERE status = 'pending_deletion';--> statement-breakpoint
CREATE INDEX "project_users_user" ON "project_users" USING btree ("org_id","user_id","project_id");--> statement-breakpoint
CREATE INDEX "projects_created" ON "projects" USING btree ("org_id","created_at","id");--> statement-breakpoint
CREATE INDEX "projects_updated" ON "projects" USING btree ("org_id","updated_at","id");--> statement-breakpoint
CREATE INDEX "projects_name" ON "projects" USING btree ("org_id","name" COLLATE "natural","id");--> statement-breakpoint
CREATE INDEX "projects_stage" ON "projects" USING btree ("org_id","stage","created_at","id");--> statement-breakpoint
CREATE INDEX "projects_owner" ON "projects" USING btree ("org_id","owner_id");--> statement-breakpoint
CREATE INDEX "projects_search" ON "projects" USING gin ("search_vector");--> statement-breakpoint
CREATE INDEX "recent_commands_age" ON "recent_commands" USING btree ("created_at");--> statement-breakpoint
CREATE INDEX "sessions_user" ON "sessions" USING btree ("user_id","created_at");--> statement-breakpoint
CREATE INDEX "sub_agents_status" ON "sub_agents" USING btree ("org_id","status","created_at");--> statement-breakpoint
CREATE INDEX "sub_agents_task" ON "sub_agents" USING btree ("org_id","task_id");--> statement-breakpoint
CREATE INDEX "sub_agents_host" ON "sub_agents" USING btree ("org_id","host_agent_id");--> statement-breakpoint
CREATE INDEX "task_assignees_user" ON "task_assignees" USING btree ("org_id","user_id","task_id");--> statement-breakpoint
CREATE INDEX "task_dependencies_blocker" ON "task_dependencies" USING btree ("org_id","blocked_by_id","task_id");--> statement-breakpoint
CREATE INDEX "task_evidence_task" ON "task_evidence" USING btree ("org_id","task_id","created_at");--> statement-breakpoint
CREATE INDEX "task_projects_project" ON "task_projects" USING btree ("org_id","project_id","task_id");--> statement-breakpoint
CREATE INDEX "tasks_count" ON "tasks" USING btree ("org_id","status","priority","type","is_blocked") WHERE archived_at is null;--> statement-breakpoint
CREATE INDEX "tasks_created" ON "tasks" USING btree ("org_id","created_at","id");--> statement-breakpoint
CREATE INDEX "tasks_updated" ON "tasks" USING btree ("org_id","updated_at","id");--> statement-breakpoint
CREATE INDEX "tasks_title" ON "tasks" USING btree ("org_id","title" COLLATE "natural","created_at","id");--> statement-breakpoint
CREATE INDEX "tasks_status" ON "tasks" USING btree ("org_id","status_rank","created_at","id");--> statement-breakpoint
CREATE INDEX "tasks_priority" ON "tasks" USING btree ("org_id","priority_rank","created_at","id");--> statement-breakpoint
CREATE INDEX "tasks_archival" ON "tasks" USING btree ("completed_at") WHERE status = 'complete' and archived_at is null;--> statement-breakpoint
CREATE INDEX "tasks_search" ON "tasks" USING gin ("search_vector");--> statement-breakpoint
CREATE UNIQUE INDEX "users_account" ON "users" USING btree (lower("email"),"password_hash");