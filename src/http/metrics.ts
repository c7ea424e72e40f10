import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'

type Figures = number | Record<string, number>

/** Metrics of this node in the Prometheus format. */
export class Metrics {
  readonly #registry = new Registry()
  readonly #batch = new Histogram({
    name: 'mc_lane_batch_size',
    help: 'Commands in one transaction of a lane.',
    buckets: [1, 2, 4, 8, 16, 32, 64, 128, 256],
    registers: [this.#registry],
  })
  readonly #commit = new Histogram({
    name: 'mc_lane_commit_seconds',
    help: 'From the start of a batch to its commit.',
    buckets: [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1, 5],
    registers: [this.#registry],
  })
  readonly #published = new Counter({
    name: 'mc_events_published_total',
    help: 'Events that owners on this node published.',
    registers: [this.#registry],
  })
  readonly #fenced = new Counter({
    name: 'mc_lanes_fenced_total',
    help: 'Lanes that lost their org to another owner.',
    registers: [this.#registry],
  })
  readonly #dropped = new Counter({
    name: 'mc_connections_ended_total',
    help: 'Streams and sockets that the server ended, by reason.',
    labelNames: ['kind', 'reason'],
    registers: [this.#registry],
  })

  readonly #mailed = new Counter({
    name: 'mc_email_attempts_total',
    help: 'Attempts to hand a mail to the mail server, by outcome.',
    labelNames: ['outcome'],
    registers: [this.#registry],
  })

  readonly #relayed = new Counter({
    name: 'mc_relay_messages_total',
    help: 'Messages between the edges of several nodes. Lost: the bus was away; dropped: over a bound.',
    labelNames: ['outcome', 'kind'],
    registers: [this.#registry],
  })
  readonly #holes = new Counter({
    name: 'mc_edge_gaps_filled_total',
    help: 'Holes in what owners published that edges filled from the database.',
    registers: [this.#registry],
  })
  readonly #polls = new Counter({
    name: 'mc_edge_heads_polled_total',
    help: 'Statements for the heads of all orgs with connections, because nothing was heard of one.',
    registers: [this.#registry],
  })
  readonly #takeovers = new Counter({
    name: 'mc_takeovers_total',
    help: 'Orgs that this node took from another node.',
    registers: [this.#registry],
  })
  readonly #calls = new Counter({
    name: 'mc_node_calls_total',
    help: 'Calls of actors on other nodes, by outcome.',
    labelNames: ['outcome'],
    registers: [this.#registry],
  })
  readonly #unknown_proxies = new Counter({
    name: 'mc_untrusted_forwards_total',
    help: 'Requests that say for whom they ask, from an address that MC_TRUSTED_PROXIES does not name.',
    registers: [this.#registry],
  })

  constructor() {
    collectDefaultMetrics({ register: this.#registry })
  }

  observe(measure: 'batch_size' | 'commit_ms' | 'queue_depth' | 'fenced' | 'published', value: number): void {
    if (measure === 'batch_size') this.#batch.observe(value)
    else if (measure === 'commit_ms') this.#commit.observe(value / 1000)
    else if (measure === 'published') this.#published.inc(value)
    else if (measure === 'fenced') this.#fenced.inc(value)
  }

  ended(kind: 'sse' | 'websocket', reason: string): void {
    this.#dropped.inc({ kind, reason })
  }

  forwardedByUnknown(): void {
    this.#unknown_proxies.inc()
  }

  tookOver(): void {
    this.#takeovers.inc()
  }

  called(outcome: 'answered' | 'nobody' | 'unanswered' | 'leaving'): void {
    this.#calls.inc({ outcome })
  }

  mailed(outcome: 'sent' | 'deferred' | 'refused' | 'unknown'): void {
    this.#mailed.inc({ outcome })
  }

  relayed(outcome: 'sent' | 'received' | 'lost' | 'invalid' | 'dropped', kind: string): void {
    this.#relayed.inc({ outcome, kind })
  }

  holeFilled(): void {
    this.#holes.inc()
  }

  headsPolled(): void {
    this.#polls.inc()
  }

  /** A gauge that is read when metrics are asked for; without a value when it cannot be read. */
  gauge(
    name: string,
    help: string,
    read: () => Figures | Promise<Figures | undefined>,
    label = 'kind',
  ): void {
    new Gauge({
      name,
      help,
      labelNames: [label],
      registers: [this.#registry],
      async collect() {
        const value = await read()
        this.reset()
        if (value === undefined) return
        if (typeof value === 'number') this.set(value)
        else for (const [key, item] of Object.entries(value)) this.set({ [label]: key }, item)
      },
    })
  }

  async text(): Promise<string> {
    return await this.#registry.metrics()
  }
}
