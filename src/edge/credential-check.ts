import type { Revocation } from '../contracts/log-event.ts'
import type { OrgEdge } from './org-edge.ts'

/** One check for all events that are read of a hole. */
const SOON_MS = 50

/** Storage of sessions and keys. */
export interface CredentialSource {
  /** Of these credentials, those that ended; looked up in case a revocation was missed. */
  endedCredentials(
    sessions: string[],
    keys: { org_id: string; id: string }[],
  ): Promise<{ sessions: string[]; keys: string[] }>
}

interface Ports extends CredentialSource {
  edges(): Iterable<OrgEdge>
  failed(stage: string, error: unknown): void
}

/** Fallback: looks the credentials of all open connections up in storage, in case a revocation was missed. */
export class CredentialCheck {
  readonly #ports: Ports
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(ports: Ports) {
    this.#ports = ports
  }

  soon(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined
      void this.check()
    }, SOON_MS)
  }

  stop(): void {
    clearTimeout(this.#timer)
  }

  /** Ends the streams and sockets of credentials that have ended. Never rejects. */
  async check(): Promise<void> {
    const sessions = new Set<string>()
    const keys = new Map<string, string>()
    for (const edge of this.#ports.edges())
      for (const { credential } of edge.sinks()) {
        const { session_id, key_id } = credential.principal
        if (session_id !== undefined) sessions.add(session_id)
        if (key_id !== undefined) keys.set(key_id, edge.org_id)
      }
    if (sessions.size + keys.size === 0) return
    try {
      const asked = [...keys].map(([id, org_id]) => ({ id, org_id }))
      const ended = await this.#ports.endedCredentials([...sessions], asked)
      // A credential that expired is reported as expired, not as revoked.
      for (const edge of this.#ports.edges()) edge.revokeExpired(Date.now())
      for (const session_id of ended.sessions) this.#revoke({ reason: 'session', session_id })
      if (ended.keys.length > 0) this.#revoke({ reason: 'key', key_ids: ended.keys })
    } catch (error) {
      this.#ports.failed('check the credentials of open streams', error)
    }
  }

  #revoke(revocation: Revocation): void {
    for (const edge of this.#ports.edges()) edge.revoke(revocation)
  }
}
