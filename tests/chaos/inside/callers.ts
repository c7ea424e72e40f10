import type { CommandCall, PostRequest } from '../../../src/contracts/calls.ts'
import { ApiError } from '../../../src/contracts/errors.ts'
import { newId } from '../../../src/contracts/ids.ts'
import { posting } from '../../../src/http/posting.ts'
import { pick, type Random } from '../random.ts'
import type { Change, Post } from './ledger.ts'
import { type Core, callOf, field, type Stage, type StageAgent, type StageOrg } from './stage.ts'

/** An answer that leaves nothing done, or nothing known: the same call is made again. */
const RETRIED = new Set(['UNAVAILABLE', 'OUTCOME_UNKNOWN'])
const RETRY_MS = 20
/** The next call leaves so many microtasks into its turn: from the first to well beyond the lane's own steps. */
const MICROTASKS_MAX = 60
/** An answer that a caller waits for may never come when nobody else writes. */
const ANSWER_MS = 20

/** One closed loop: an agent, and the administrator on its behalf, each call after the answer to the one before. */
export class InsideCaller {
  answered = 0
  readonly #core: Core
  readonly #nextAnswer: () => Promise<void>
  readonly #org: StageOrg
  readonly #agent: StageAgent
  readonly #random: Random
  readonly #name: string
  #made = 0
  #assigned = false
  #tasks: { id: string; title: string }[] = []
  #posts: Post[] = []

  constructor(stage: Stage, org: StageOrg, agent: StageAgent, random: Random) {
    this.#core = stage.core
    this.#nextAnswer = stage.nextAnswer
    this.#org = org
    this.#agent = agent
    this.#random = random
    this.#name = agent.caller.display_name
  }

  /** `plain` says whether messages alone are wanted at the moment. */
  async run(going: () => boolean, plain: () => boolean): Promise<void> {
    while (going()) {
      try {
        if (plain()) await this.#post(this.#openChannel())
        else await this.#act()
      } catch (error) {
        // Nothing but a refusal of the contract may come out of a call.
        this.#org.ledger.problems.push(`${this.#name}: ${String(error)}`)
      }
      await this.#pause()
    }
  }

  /** The next call leaves in the turn of the answer to this one, or of the next answer to any lane. */
  async #pause(): Promise<void> {
    if (this.#random() < 0.5) await Promise.race([this.#nextAnswer(), Bun.sleep(ANSWER_MS)])
    const offset = Math.floor(this.#random() * MICROTASKS_MAX)
    for (let i = 0; i < offset; i++) await undefined
  }

  async #act(): Promise<void> {
    const chance = this.#random()
    if (chance < 0.7) await this.#post(this.#openChannel())
    else if (chance < 0.74) await this.#postTwice()
    else if (chance < 0.78) await this.#postAgain()
    else if (chance < 0.84) await this.#createTask()
    else if (chance < 0.9) await this.#editTask()
    else if (chance < 0.94) await this.#postToProject()
    else if (chance < 0.96) await this.#toggle()
    else if (chance < 0.98) await Promise.all([this.#toggle(), this.#post(this.#agent.project_channel_id)])
    else await this.#post(newId())
  }

  #openChannel(): string {
    return pick(this.#random, this.#org.channel_ids)
  }

  // -- messages -------------------------------------------------------------------------------------------------------

  #begin(channel_id: string): Post {
    const sender_id = this.#agent.caller.id ?? ''
    const content = `${this.#name} message ${this.#made++}`
    const post: Post = { sender_id, channel_id, content, outcome: 'under way' }
    this.#org.ledger.posts.push(post)
    return post
  }

  async #post(channel_id: string): Promise<Post> {
    const post = this.#begin(channel_id)
    await this.#settle(post, () => this.#send(post, this.#random() < 0.5))
    if (post.outcome === 'acknowledged' && this.#posts.length < 100) this.#posts.push(post)
    return post
  }

  /** Two calls with one `client_id` at the same time: one effect, one answer. */
  async #postTwice(): Promise<void> {
    const post = this.#begin(this.#openChannel())
    const first = this.#settle(post, () => this.#send(post, true))
    await this.#repeat(post, first)
  }

  /** A client that lost the answer to an old message sends it again. */
  async #postAgain(): Promise<void> {
    if (this.#posts.length > 0) await this.#repeat(pick(this.#random, this.#posts))
  }

  async #repeat(post: Post, first?: Promise<unknown>): Promise<void> {
    const again: Post = { ...post, outcome: 'under way' }
    await this.#settle(again, () => this.#send(again, true))
    await first
    if (again.outcome !== post.outcome || again.place?.id !== post.place?.id)
      this.#org.ledger.problems.push(
        `"${post.content}" was answered ${answerOf(post)}, its repeat ${answerOf(again)}`,
      )
  }

  async #postToProject(): Promise<void> {
    const { outcome, content } = await this.#post(this.#agent.project_channel_id)
    if ((outcome === 'acknowledged') !== this.#assigned)
      this.#org.ledger.problems.push(`"${content}" was ${outcome}, assigned was ${this.#assigned}`)
  }

  /** By the channel's actor as a socket does it, or by the org's lane as a job does it. */
  async #send(post: Post, by_channel: boolean): Promise<void> {
    const { caller } = this.#agent
    const { channel_id, content } = post
    const posted = posting(channel_id, { content, client_id: content }, undefined)
    const command_id = newId()
    const request: PostRequest = { type: 'post', command_id, posting: posted, principal: caller }
    const { result } = by_channel
      ? await this.#core.channel(this.#org.org_id, channel_id, request)
      : await this.#core.command(this.#org.org_id, callOf('message.post', posted, caller))
    const message: unknown =
      typeof result === 'object' && result !== null ? Reflect.get(result, 'message') : null
    const seq: unknown = typeof message === 'object' && message !== null ? Reflect.get(message, 'seq') : null
    if (typeof seq !== 'number') throw new Error(`no message in ${JSON.stringify(result)}`)
    post.place = { id: field(message, 'id'), seq }
  }

  // -- tasks and assignments ------------------------------------------------------------------------------------------

  async #createTask(): Promise<void> {
    const title = `${this.#name} task ${this.#made++}`
    const key = newId()
    const idempotency = { route: 'POST /tasks', key, fingerprint: title }
    // A request that is sent again is a new call with the same key.
    const made = await this.#change(title, 'created', () => ({
      ...callOf('task.create', { title }, this.#agent.caller),
      idempotency,
    }))
    if (made) this.#tasks.push({ id: field(made, 'id'), title })
    if (this.#tasks.length > 20) this.#tasks.shift()
  }

  async #editTask(): Promise<void> {
    if (this.#tasks.length === 0) return
    const { id, title } = pick(this.#random, this.#tasks)
    const description = `edit ${this.#made++}`
    const call = callOf('task.update', { id, patch: { description } }, this.#agent.caller)
    await this.#change(title, description, () => call)
  }

  /** Ends the batch: the right to post in the project's channel comes or goes with it. */
  async #toggle(): Promise<void> {
    const user_id = this.#agent.caller.id ?? ''
    const to = this.#assigned ? 'unassigned' : 'assigned'
    const command = this.#assigned ? 'project.unassign' : 'project.assign'
    const call = callOf(command, { id: this.#agent.project_id, user_id }, this.#org.admin)
    await this.#change(user_id, to, () => call)
    this.#assigned = to === 'assigned'
  }

  /** The result of a command that leaves one event about `subject`; the same command id when it has to be sent again. */
  async #change(subject: string, mark: string, call: () => CommandCall): Promise<unknown> {
    const change: Change = { mark, outcome: 'under way' }
    const { changes } = this.#org.ledger
    changes.set(subject, [...(changes.get(subject) ?? []), change])
    let result: unknown
    let retry = false
    await this.#settle(
      change,
      async () => {
        const reply = await this.#core.command(this.#org.org_id, retry ? { ...call(), retry } : call())
        result = reply.result
      },
      () => {
        retry = true
      },
    )
    if (change.outcome === 'refused') throw new Error(`${subject}: "${mark}" was refused`)
    return result
  }

  /** Calls until there is an answer for good: acknowledged, or refused by the contract. */
  async #settle(fact: Post | Change, call: () => Promise<void>, again?: () => void): Promise<void> {
    while (fact.outcome === 'under way') {
      try {
        await call()
        fact.outcome = 'acknowledged'
      } catch (error) {
        if (!(error instanceof ApiError)) throw error
        if (RETRIED.has(error.errorCode)) {
          again?.()
          await Bun.sleep(RETRY_MS * (0.5 + this.#random()))
        } else if (error.status >= 500) throw error
        else {
          fact.outcome = 'refused'
          fact.refusal = error.errorCode
        }
      }
    }
    this.answered++
  }
}

function answerOf({ outcome, refusal, place }: Post): string {
  return `${outcome} ${refusal ?? ''}${place ? `as seq ${place.seq} (${place.id})` : ''}`
}
