import type { LogHead } from '../contracts/relay.ts'
import type { Elsewhere } from './elsewhere.ts'
import type { OrgEdge } from './org-edge.ts'
import { isTransient } from './retry.ts'

/** An edge that heard nothing of its org for so long compares itself with the stored head. */
export const SILENCE_MS = 5_000
/** The same while others cannot be heard: with the interval of {@link HeadWatch.tick}, twice a second. */
export const DEAF_MS = 400
/** A request at an edge that nobody watches: the time between two looks, and that of the statement. */
const DEAF_REQUEST_MS = 1_000

interface Ports {
  elsewhere: Pick<Elsewhere, 'hears' | 'heads'>
  /** Edges that have to follow their log: those with connections. */
  watched(): OrgEdge[]
  /** The org is gone. */
  gone(org_id: string): void
  /** Counts statements for heads. */
  polled?(): void
  failed(stage: string, error: unknown): void
}

/**
 * Compares edges with the stored heads when nothing was heard, in one statement for all of them: the bus may lose messages,
 * and an owner may die between COMMIT and publication.
 */
export class HeadWatch {
  readonly #ports: Ports
  #reading = false

  constructor(ports: Ports) {
    this.#ports = ports
  }

  /** Called twice a second. Never rejects. */
  async tick(now: number): Promise<void> {
    if (this.#reading) return
    const edges = this.#ports.watched()
    if (!edges.some((edge) => now - edge.confirmed_at >= this.#patience(edge, DEAF_MS))) return
    this.#reading = true
    try {
      this.#ports.polled?.()
      const heads = await this.#ports.elsewhere.heads(edges.map(({ org_id }) => org_id))
      for (const edge of edges) this.#compare(edge, heads.get(edge.org_id), now)
    } catch (error) {
      // Without the database nothing is stored that an edge could miss.
      if (!isTransient(error)) this.#ports.failed('read the heads of organizations', error)
    } finally {
      this.#reading = false
    }
  }

  #compare(edge: OrgEdge, head: LogHead | undefined, now: number): void {
    if (head) void edge.follow(head, now)
    else this.#ports.gone(edge.org_id)
  }

  /** Whether a request may rely on an edge that it did not watch. */
  isFresh(edge: OrgEdge, now: number): boolean {
    return now - edge.confirmed_at < this.#patience(edge, DEAF_REQUEST_MS)
  }

  #patience({ org_id }: OrgEdge, deaf_ms: number): number {
    return this.#ports.elsewhere.hears(org_id) ? SILENCE_MS : deaf_ms
  }
}
