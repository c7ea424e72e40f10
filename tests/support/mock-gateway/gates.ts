/** Models that wait for a test: `HOLD name` in a prompt goes on when the test opens `name`. */
export class Gates {
  readonly #gates = new Map<string, PromiseWithResolvers<void>>()

  /** Resolves once the gate is open; at once when it is. */
  passed(name: string): Promise<void> {
    return this.#gate(name).promise
  }

  open(name: string): void {
    this.#gate(name).resolve()
  }

  #gate(name: string): PromiseWithResolvers<void> {
    const known = this.#gates.get(name)
    if (known) return known
    const gate = Promise.withResolvers<void>()
    this.#gates.set(name, gate)
    return gate
  }
}
