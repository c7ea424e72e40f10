/** Who owns an org. A hint for routing, not a lock: being wrong costs a retry, never data. */
export interface Directory {
  /** The node that owns the org, or undefined when nobody is known to; at once when it need not be asked for. */
  ownerOf(org_id: string): string | undefined | Promise<string | undefined>
  /** Says that this node owns the org at `epoch`; a lower epoch never replaces a higher one. */
  announce(org_id: string, epoch: number): Promise<void>
  /** Takes back what this node announced. */
  release(org_id: string): Promise<void>
}

/** The directory of a node that is alone: it owns whatever it is asked about. */
export class SingleNodeDirectory implements Directory {
  readonly #node_id: string
  readonly #owned = new Map<string, number>()

  constructor(node_id: string) {
    this.#node_id = node_id
  }

  ownerOf(_org_id: string): string {
    return this.#node_id
  }

  async announce(org_id: string, epoch: number): Promise<void> {
    this.#owned.set(org_id, Math.max(epoch, this.#owned.get(org_id) ?? 0))
  }

  async release(org_id: string): Promise<void> {
    this.#owned.delete(org_id)
  }
}
