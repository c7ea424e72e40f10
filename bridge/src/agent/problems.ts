/** What keeps an agent from its work, by topic. Each is said once when it begins and once when it ends. */
export type ProblemTopic = 'gateway' | 'key' | 'server' | 'events' | 'state' | 'start'

export interface ProblemPorts {
  /** `problem` is null when it is over. Text for people. */
  onChange(topic: ProblemTopic, problem: string | null): void
}

export class Problems {
  readonly #ports: ProblemPorts
  readonly #now = new Map<ProblemTopic, string>()

  constructor(ports: ProblemPorts) {
    this.#ports = ports
  }

  set(topic: ProblemTopic, problem: string | null): void {
    if ((this.#now.get(topic) ?? null) === problem) return
    if (problem === null) this.#now.delete(topic)
    else this.#now.set(topic, problem)
    this.#ports.onChange(topic, problem)
  }

  has(topic: ProblemTopic): boolean {
    return this.#now.has(topic)
  }

  /** All of them, in a fixed order. */
  get texts(): string[] {
    return [...this.#now].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, text]) => text)
  }
}
