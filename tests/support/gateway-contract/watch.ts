import type { Gateway, GatewayEvent, Link, TurnReply } from '../../../bridge/src/gateway/port.ts'

/** How long a test waits for something that should happen at once: a machine may be slow, a real gateway is. */
const PATIENCE_MS = 90_000

/** What a gateway said to one client, in order, and waiting for it. */
export class Watch {
  readonly events: GatewayEvent[] = []
  readonly links: Link[] = []
  readonly #waits = new Set<() => void>()

  constructor(gateway: Gateway) {
    gateway.onEvent((event) => {
      this.events.push(event)
      this.#look()
    })
    gateway.onLink((link) => {
      this.links.push(link)
      this.#look()
    })
  }

  /** Resolves with what `find` gives, as soon as it gives something. */
  async until<T>(what: string, find: () => T | undefined): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>()
    const look = () => {
      const found = find()
      if (found !== undefined) resolve(found)
    }
    const timer = setTimeout(() => {
      const heard = this.events.map(({ type, run_id }) => `${type} ${run_id}`).slice(-20)
      const links = this.links.map(({ status }) => status)
      reject(new Error(`${what}: not seen. Heard: ${heard.join(', ')}. Links: ${links.join(', ')}`))
    }, PATIENCE_MS)
    this.#waits.add(look)
    look()
    try {
      return await promise
    } finally {
      clearTimeout(timer)
      this.#waits.delete(look)
    }
  }

  event<T extends GatewayEvent['type']>(
    type: T,
    run_id: string,
  ): Promise<Extract<GatewayEvent, { type: T }>> {
    return this.until(`${type} of ${run_id}`, () => this.find(type, run_id))
  }

  find<T extends GatewayEvent['type']>(
    type: T,
    run_id: string,
  ): Extract<GatewayEvent, { type: T }> | undefined {
    const is = (event: GatewayEvent): event is Extract<GatewayEvent, { type: T }> =>
      event.type === type && event.run_id === run_id
    return this.events.find(is)
  }

  async settled(run_id: string): Promise<TurnReply> {
    return (await this.event('settled', run_id)).reply
  }

  link<S extends Link['status']>(status: S, from = 0): Promise<Extract<Link, { status: S }>> {
    const is = (link: Link): link is Extract<Link, { status: S }> => link.status === status
    return this.until(`link ${status}`, () => this.links.slice(from).find(is))
  }

  #look(): void {
    for (const look of [...this.#waits]) look()
  }
}
