/** Who owns an org. A hint for routing, not a lock: a wrong entry costs a retry, never data. */
export interface Directory {
  /** The node that owns the org, undefined when no owner is known; without a promise when no look-up is needed. */
  ownerOf(org_id: string): string | undefined | Promise<string | undefined>
  /**
   * Says that this node owns the org at `epoch`; a lower epoch never replaces a higher one. Throws `Fenced` when a later
   * owner is known. Resolves too when the entry may not be written: others find out at a call.
   */
  announce(org_id: string, epoch: number): Promise<void>
  /** Takes back this node's own entry, unless it was announced at a later epoch. Never rejects. */
  release(org_id: string, epoch: number): Promise<void>
}

/** The directory of a single node: it owns every org, so there are no entries to keep. */
export class SingleNodeDirectory implements Directory {
  readonly #node_id: string

  constructor(node_id: string) {
    this.#node_id = node_id
  }

  ownerOf(_org_id: string): string {
    return this.#node_id
  }

  async announce(_org_id: string, _epoch: number): Promise<void> {}

  async release(_org_id: string, _epoch: number): Promise<void> {}
}
