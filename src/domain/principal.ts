import type { Actor } from '../contracts/events.ts'
import type { Principal, SystemPrincipal } from '../contracts/principal.ts'

/** The server itself as a principal. */
export const SYSTEM: SystemPrincipal = {
  kind: 'system',
  id: null,
  display_name: 'Mission Control',
  org_id: null,
  role: null,
}

/** The server as the sender of a message or an event. */
export const SERVER: Actor = senderOf(SYSTEM)

/** The principal as events and messages name it. */
export function senderOf({ id, kind, display_name }: Principal): Actor {
  return { id, type: kind, display_name }
}
