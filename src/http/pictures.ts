import { fetchPicture, NoPicture } from '../auth/providers/picture.ts'
import type { PictureStore } from '../db/picture-store.ts'
import { pictureType } from '../domain/picture.ts'

/** Beside each other. One more sign-in goes without: the next one tries again. */
const AT_ONCE = 8
const FETCH_MS = 10_000

interface Ports {
  store: Pick<PictureStore, 'isDecided' | 'takeOver'>
  /** Tells the orgs of an account. */
  tell(account_id: string): Promise<void>
  log: {
    failed(stage: string, error: unknown): void
    info(fields: Record<string, unknown>, text: string): void
  }
}

/**
 * Takes over the picture that a provider has of a person: once, beside the sign-in, which neither waits for it nor fails with
 * it. Whoever has or had a picture here keeps to that.
 */
export class PictureTakeover {
  readonly #ports: Ports
  readonly #under_way = new Map<string, Promise<void>>()
  readonly #stop = new AbortController()

  constructor(ports: Ports) {
    this.#ports = ports
  }

  /** `home` is the origin of the provider. */
  begin(account_id: string, address: string | null, home: string): void {
    const { size } = this.#under_way
    if (address === null || size >= AT_ONCE || this.#under_way.has(account_id) || this.#stop.signal.aborted)
      return
    const work = this.#take(account_id, address, home).catch((error: unknown) =>
      error instanceof NoPicture
        ? this.#ports.log.info({ reason: error.message }, 'the picture of a provider was not taken over')
        : this.#ports.log.failed('take over the picture of a provider', error),
    )
    this.#under_way.set(account_id, work)
    void work.finally(() => this.#under_way.delete(account_id))
  }

  async #take(account_id: string, address: string, home: string): Promise<void> {
    const { store, tell } = this.#ports
    if (await store.isDecided(account_id)) return
    const signal = AbortSignal.any([AbortSignal.timeout(FETCH_MS), this.#stop.signal])
    const bytes = await fetchPicture(address, home, signal)
    if (!pictureType(bytes)) throw new NoPicture('What was fetched is no picture that can be shown')
    if (await store.takeOver(account_id, bytes)) await tell(account_id)
  }

  /** Ends what is under way, and waits for it. */
  async stop(): Promise<void> {
    this.#stop.abort()
    await Promise.all(this.#under_way.values())
  }
}
