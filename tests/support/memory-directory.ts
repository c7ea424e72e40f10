import type { Directory } from '../../src/actors/runtime/directory.ts'
import { Fenced } from '../../src/domain/ownership.ts'

/** The entries of all nodes of one process. */
export class MemoryDirectories {
  readonly #entries = new Map<string, { node_id: string; epoch: number }>()

  /** The directory as one node sees it. */
  at(node_id: string): Directory {
    return {
      ownerOf: (org_id) => this.#entries.get(org_id)?.node_id,
      announce: async (org_id, epoch) => {
        if ((this.#entries.get(org_id)?.epoch ?? 0) > epoch) throw new Fenced('A later owner is known')
        this.#entries.set(org_id, { node_id, epoch })
      },
      release: async (org_id, epoch) => {
        const entry = this.#entries.get(org_id)
        if (entry?.node_id === node_id && entry.epoch <= epoch) this.#entries.delete(org_id)
      },
    }
  }
}
