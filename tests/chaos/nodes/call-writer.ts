import { newId } from '../../../src/contracts/ids.ts'
import type { AuthenticatedPrincipal } from '../../../src/contracts/principal.ts'
import { posting } from '../../../src/http/posting.ts'
import type { Fact } from '../history.ts'
import { ANSWER_MS, RETRY_MS, RETRYABLE, type RestWriter, type Try, type Writer } from '../writers.ts'
import type { ActorsNode } from './node.ts'

/**
 * Posts messages through a node without HTTP, as a node does that got them over HTTP. What it does not answer is sent again
 * over REST to the other nodes; an answer that comes late must still be the same.
 */
export class CallWriter implements Writer {
  readonly #node: ActorsNode
  readonly #principal: AuthenticatedPrincipal
  readonly #elsewhere: RestWriter
  readonly #note: (one: Try) => void
  #stopped = false

  constructor(
    node: ActorsNode,
    principal: AuthenticatedPrincipal,
    elsewhere: RestWriter,
    note: (one: Try) => void = () => undefined,
  ) {
    this.#node = node
    this.#principal = principal
    this.#elsewhere = elsewhere
    this.#note = note
  }

  async send(fact: Fact): Promise<void> {
    while (!this.#stopped && fact.refused === undefined) {
      const outcome = await Promise.race([this.#call(fact), Bun.sleep(ANSWER_MS).then(() => 'none' as const)])
      if (outcome === 'none') await this.#elsewhere.send(fact)
      if (fact.acks.length > 0) return
      await Bun.sleep(RETRY_MS * (0.5 + Math.random()))
    }
  }

  stop(): void {
    this.#stopped = true
  }

  async #call(fact: Fact): Promise<'answered' | 'none'> {
    const { org_id, channel_id, mark } = fact
    const began_at = performance.now()
    const posted = await this.#node.post(org_id, {
      type: 'post',
      command_id: newId(),
      posting: posting(channel_id!, { content: mark, client_id: mark }, undefined),
      principal: this.#principal,
    })
    let answer = 'none'
    if (posted && 'reply' in posted) {
      const { id, seq } = posted.reply.result.message
      fact.acks.push({ id, number: seq })
      answer = posted.reply.result.repeated ? '200' : '201'
    } else if (posted) {
      const { status, text } = posted.error
      if (!RETRYABLE.has(status)) fact.refused = `${status} ${text}`
      answer = String(status)
    }
    this.#note({ url: this.#node.id, began_at, ended_at: performance.now(), answer })
    return posted ? 'answered' : 'none'
  }
}
