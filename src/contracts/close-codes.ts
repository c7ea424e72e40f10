/** WebSocket close codes. A client treats every code but `revoked` as "resume from my last seq". */
export const CLOSE = {
  /** The credentials ended: sign in again, do not reconnect. */
  revoked: 4001,
  /** The client did not read; it lost nothing, it resumes. */
  slow_consumer: 4002,
  /** Ten frames in a row that this protocol does not know. */
  protocol_error: 4003,
  /** More frames waiting than one client may have. */
  flooding: 4029,
  /** The server drains or restarts; come back with jitter. */
  restarting: 1012,
  /** Nothing was heard of the peer, whose connection is cut; never sent. */
  silent: 1006,
  /** A frame above the limit (sent by the runtime itself). */
  too_large: 1009,
} as const
