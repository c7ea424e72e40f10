/**
 * Every bound of the public contract, in one place. Lengths count characters (Unicode code points), sizes count bytes.
 * A value at the bound is accepted, one over is refused.
 */
export const LIMITS = {
  /** Larger request bodies answer 413: nothing in the API needs more, and a body is held in memory whole. */
  body_bytes_max: 1024 * 1024,
  /** Deeper JSON answers 400: no resource nests deeper, and deep values are a cheap way to burn a parser's stack. */
  json_depth_max: 10,
  /** Free-form values (settings, payloads of clients) once serialized. */
  free_form_bytes_max: 64 * 1024,

  org_name_max: 100,
  time_zone_max: 64,
  org_slug_min: 3,
  org_slug_max: 50,
  display_name_max: 100,
  identifier_max: 100,
  username_max: 40,
  email_max: 254,
  password_min: 10,
  /** Longer passwords are refused instead of hashed: the work of argon2id must not grow with unauthenticated input. */
  password_max: 1024,

  /** A token that this server signed. */
  signed_token_max: 2_000,
  /** Six digits, or a recovery code as people type it. */
  second_factor_code_max: 64,

  /** Passkeys of one account. */
  passkeys_max: 20,
  passkey_name_max: 60,
  /** WebAuthn: 1,023 bytes, in base64url. */
  credential_id_max: 1_364,
  /** Far beyond what browsers answer without an attestation. */
  webauthn_data_max: 16_384,
  passkey_transport_max: 32,
  passkey_transports_max: 10,

  project_name_max: 200,
  project_links_max: 50,
  link_label_max: 200,
  task_title_max: 500,
  description_max: 50_000,
  instructions_max: 50_000,
  model_max: 100,
  /** What a sub-agent leaves at its end. A task is published whole, with those of its latest sub-agents. */
  summary_max: 10_000,
  /** Active sub-agents of one task. */
  task_sub_agents_max: 100,
  /** Ended sub-agents that a task shows, the latest; lists of sub-agents show all. */
  task_ended_sub_agents_max: 20,
  comment_max: 2_000,
  url_max: 2_048,
  /** A portrait of 512 pixels has 20 to 300 KiB. */
  picture_bytes_max: 512 * 1024,
  /** An upload, which the app scales down: 128 KiB in base64. */
  picture_text_max: 174_764,
  avatar_url_max: 200,
  channel_name_max: 80,
  channel_topic_max: 250,
  /** A task is answered and published whole, with its blockers and evidence. */
  task_blockers_max: 500,
  task_evidence_max: 500,
  /** Ids in one list of a request (assignees, projects, blockers). */
  ids_max: 100,

  message_content_max: 10_000,
  mentions_max: 50,
  /** Tokens of identity providers in an organization: one each, and a second while one is replaced. */
  scim_tokens_max: 10,
  scim_token_name_max: 100,
  scim_text_max: 255,
  /** Commands that one agent registers. */
  agent_commands_max: 100,
  command_description_max: 200,
  command_hint_max: 100,
  /** What the client of an agent says of itself. */
  client_name_max: 64,
  client_version_max: 32,
  client_detail_max: 300,
  client_instance_max: 64,
  gateway_version_max: 64,
  client_id_max: 128,
  delivery_detail_max: 500,
  idempotency_key_max: 128,
  job_kind_max: 40,
  job_error_max: 500,

  per_page_max: 100,
  per_page_default: 25,
  cursor_limit_max: 200,
  cursor_limit_default: 50,
  search_query_min: 2,
  search_query_max: 200,
  /** Matches of one type that a search counts and gives at most: the best titles and the newest messages. */
  search_matches_max: 1_000,
  /** Matches of each type in an overview. */
  search_per_type_max: 25,
  /** Keys of one `key.remind`. */
  keys_told_max: 100,
  topics_max: 500,
  /** Ids in one `notification.read`; more are told in several frames. */
  notification_ids_max: 500,

  /** A larger WebSocket frame from a client closes the socket with 1009. */
  ws_frame_bytes_max: 64 * 1024,
  /** Length of a client's inbound queue; one frame more closes with 4029. */
  ws_inbound_queue_max: 64,
  /** Bad frames in a row before the socket is closed with 4003. */
  ws_bad_frames_max: 10,
  ws_hello_deadline_ms: 10_000,
  /** Interval of pings, independent of other traffic on the socket. */
  ws_ping_interval_ms: 30_000,
  /** A peer silent for this long, across two pings, counts as gone. */
  ws_silence_max_ms: 75_000,

  /** Send queue of one consumer: over either bound it is disconnected. */
  send_queue_bytes_max: 1024 * 1024,
  send_queue_frames_max: 1_000,
  /** A write that the peer has not accepted after this time ends the stream. */
  write_stall_ms: 30_000,
  typing_expires_ms: 3_000,
  /** Debounce of `typing`: at most one frame to the others in this time. */
  typing_repeat_ms: 1_000,
} as const

/** Slugs that would collide with a path of the server. */
export const RESERVED_SLUGS: readonly string[] = [
  'api',
  'auth',
  'admin',
  'health',
  'ready',
  'metrics',
  'docs',
  'orgs',
  'login',
  'setup',
  'assets',
  'app',
  'www',
]
