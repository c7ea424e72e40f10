/** WebSocket close codes. A client treats every code but `revoked` as "resume from my last seq". */
export const CLOSE = {
  /** The credentials ended: sign in again, do not reconnect. */
  revoked: 4001,
  /** The client did not read fast enough. Nothing is lost: it resumes. */
  slow_consumer: 4002,
  /** Ten invalid frames in a row. */
  protocol_error: 4003,
  /** The queue of the client's frames is full. */
  flooding: 4029,
  /** The server drains or restarts; come back with jitter. */
  restarting: 1012,
  /** The peer was silent for too long: its connection is cut, the code is never sent. */
  silent: 1006,
  /** A frame above the limit (sent by the runtime itself). */
  too_large: 1009,
} as const
