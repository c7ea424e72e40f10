/**
 * Publish and subscribe between the nodes of a cluster. Delivery is at most once: what is published while a node is not
 * connected, or before its subscription holds, never reaches that node. Messages of one publisher to one topic arrive in
 * order. Whoever needs more compares with PostgreSQL.
 */
export interface Bus {
  /** Whether the bus can be used at present. */
  readonly up: boolean
  /** Sends `text` to every subscriber of `topic`, this node's too. Answers how many nodes got it; rejects while the bus is away. */
  publish(topic: string, text: string): Promise<number>
  /**
   * Takes the messages of a topic from the time it resolves until the answered function is called; after an interruption of
   * the bus the subscription is renewed. While the bus is away it resolves at once, and the subscription holds with the
   * next `up`. Never rejects. `take` must not throw.
   */
  subscribe(topic: string, take: (text: string) => void): Promise<() => void>
  /** Tells when the bus went away or is back. After `up` every subscription holds again. */
  onChange(changed: (up: boolean) => void): () => void
  close(): Promise<void>
}
