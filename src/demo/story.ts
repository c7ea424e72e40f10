import type { Page } from '../contracts/lists.ts'
import type { Channel, Message, Project, Task } from '../contracts/resources.ts'
import type { EvidenceType, TaskStatus } from '../contracts/vocabulary.ts'
import type { Answer, Approval } from './approval.ts'
import type { Caller } from './caller.ts'
import { pause } from './pause.ts'

/** Who acts in the story. The agents use the public API; `tomasz` answers when nobody else does. */
export interface Cast {
  forge: Caller
  probe: Caller
  /** Posts as Tomasz. */
  tomasz(channel_id: string, content: string): Promise<void>
  ids: { forge: string; probe: string }
  approval: Approval
}

export interface Pace {
  /** Between two steps. */
  step_ms: number
  /** How long the agent waits for the visitor before Tomasz answers. */
  answer_ms: number
}

const TITLE = /^Release 4\.2\.(\d+) to all crews$/

/** A task of the story, which nothing else moves. */
export const isOfStory = ({ title }: Pick<Task, 'title'>) => TITLE.test(title)

const RELEASED_BEFORE = 1
const PHONES = ['First', 'Second', 'Third'] as const

/**
 * The story of a minute: two agents bring a release to the point where a person has to agree, ask, and go on with the
 * answer to a completed task with its evidence. One that was interrupted is continued. Throws when `signal` aborts.
 */
export async function playStory(
  cast: Cast,
  channel_id: string,
  pace: Pace,
  signal: AbortSignal,
): Promise<void> {
  const story = new Story(cast, channel_id, pace, signal, await releaseTask(cast.forge, cast.ids))
  await story.prepare()
  await story.ask()
  await story.release(await story.agreement())
}

/** Who agreed, and the message that is to be answered. */
interface Agreement {
  by: string
  message?: Message
}

class Story {
  readonly #cast: Cast
  readonly #channel_id: string
  readonly #pace: Pace
  readonly #signal: AbortSignal
  #task: Task

  constructor(cast: Cast, channel_id: string, pace: Pace, signal: AbortSignal, task: Task) {
    this.#cast = cast
    this.#channel_id = channel_id
    this.#pace = pace
    this.#signal = signal
    this.#task = task
  }

  get #patch(): number {
    return Number(TITLE.exec(this.#task.title)?.[1])
  }

  get #version(): string {
    return `4.2.${this.#patch}`
  }

  /** The work before the question: the card goes through the board and gets its evidence. */
  async prepare(): Promise<void> {
    const { forge, probe } = this.#cast
    const version = this.#version
    await this.#say(
      forge,
      `${version} is built: the banner names what waits, “8 photos of Brenner tunnel wait for a signal”. _${this.#task.title}_ is on the board.`,
    )
    await this.#step()
    await this.#say(probe, '@forge I take the kill test for it: 3 phone models, 50 kills each.')
    if (this.#task.status === 'backlog') await this.#move('in-progress', 'On it, with probe.')
    await this.#step()
    const pull = 428 + this.#patch
    await this.#prove(forge, 'pr_link', `https://git.fieldnote.example/app/pulls/${pull}`)
    await this.#say(
      forge,
      `Pull request ${pull} is on the task. ${version} is at 10 % of the crews since this morning.`,
    )
    for (const [i, phone] of PHONES.entries()) {
      await this.#step()
      const sum = i === PHONES.length - 1 ? ' **150 of 150**, nothing lost and nothing sent twice.' : ''
      await this.#say(probe, `${phone} model: 50 of 50 recovered.${sum}`)
    }
    await this.#prove(probe, 'test_results', `https://ci.fieldnote.example/runs/${4750 + this.#patch}`)
    await this.#step()
  }

  async ask(): Promise<void> {
    if (this.#task.status !== 'in-review') await this.#move('in-review', 'Both pieces of evidence are there.')
    await this.#say(
      this.#cast.forge,
      `@ines-carvalho @tomasz-nowak ${this.#version} is ready: reviewed, 150 of 150, and no error in the first 10 %. **May it go out to everybody?** A yes here is enough; a no holds it back.`,
    )
  }

  /** A person who says no is waited for; silence is answered by Tomasz. */
  async agreement(): Promise<Agreement> {
    let within_ms = this.#pace.answer_ms
    for (;;) {
      const answer = (await this.#answer(within_ms)) ?? (await this.#answerOfTomasz())
      // Without him the story goes on all the same.
      if (answer === undefined) return { by: 'Tomasz' }
      const { message, verdict } = answer
      await this.#answered(message)
      const by = firstNameOf(message)
      if (verdict === 'go') return { by, message }
      if (verdict === 'hold') within_ms = Number.POSITIVE_INFINITY
      await this.#holdBack(message, verdict === 'hold', by)
    }
  }

  async #answer(within_ms: number): Promise<Answer | undefined> {
    const answer = await this.#cast.approval.answer(this.#channel_id, within_ms, this.#signal)
    this.#signal.throwIfAborted()
    return answer
  }

  /** His message reaches the agent like that of anybody else. */
  async #answerOfTomasz(): Promise<Answer | undefined> {
    const answer = this.#answer(this.#pace.answer_ms)
    await this.#cast.tomasz(this.#channel_id, '@forge yes. I read it, and the first hour looks good.')
    return await answer
  }

  async release({ by, message }: Agreement): Promise<void> {
    const { forge, probe } = this.#cast
    const version = this.#version
    if (this.#task.status !== 'in-review') await this.#move('in-review', `${by} agreed.`)
    await this.#say(forge, `Thank you, ${by}. Going to 100 %.`, message)
    await this.#step()
    await this.#say(
      probe,
      `I watch the upload rate meanwhile: 17 of 17 phones have ${version} and have caught up.`,
    )
    await this.#step()
    await this.#move('complete', `${by} agreed in the channel. ${version} is at 100 %.`)
    await this.#announce(`${version} is at 100 %: the banner names what waits.`)
    await this.#say(
      forge,
      `Done: _${this.#task.title}_ is complete, with its evidence and with who agreed. Mention me with \`@forge\` when you want to know how something works, or \`@probe\` to have it tested.`,
    )
  }

  async #holdBack(message: Message, is_no: boolean, by: string): Promise<void> {
    if (is_no && this.#task.status === 'in-review') await this.#move('in-progress', `${by} holds it back.`)
    const text = is_no
      ? 'I hold it back at 10 %. Say `go` here when it may go on; I wait.'
      : 'Was that a yes? `yes` or `no` is enough for me.'
    await this.#say(this.#cast.forge, text, message)
  }

  async #announce(content: string): Promise<void> {
    const { data } = await this.#cast.forge.call<Page<Channel>>('GET', '/channels?per_page=100')
    const releases = data.find(({ name }) => name === 'releases')
    if (releases) await this.#cast.forge.call('POST', `/channels/${releases.id}/messages`, { content })
  }

  async #say(agent: Caller, content: string, reply_to?: Message): Promise<void> {
    const more = reply_to === undefined ? {} : { reply_to: reply_to.id }
    await agent.call('POST', `/channels/${this.#channel_id}/messages`, { content, ...more })
  }

  async #step(): Promise<void> {
    await pause(this.#pace.step_ms, this.#signal)
    this.#signal.throwIfAborted()
  }

  async #move(to_status: TaskStatus, comment: string): Promise<void> {
    const body = { to_status, comment }
    this.#task = await this.#cast.forge.call<Task>('POST', `/tasks/${this.#task.id}/transition`, body)
  }

  async #prove(agent: Caller, type: EvidenceType, url: string): Promise<void> {
    if (this.#task.evidence.some((one) => one.type === type)) return
    await agent.call('POST', `/tasks/${this.#task.id}/evidence`, { type, url })
    this.#task = await this.#cast.forge.call<Task>('GET', `/tasks/${this.#task.id}`)
  }

  /** People see how far the agent is with a message that mentions it. */
  async #answered({ channel_id, seq, mentions }: Message): Promise<void> {
    const { forge, ids } = this.#cast
    if (!mentions.includes(ids.forge)) return
    await forge.call('POST', `/channels/${channel_id}/messages/${seq}/deliveries`, { state: 'answered' })
  }
}

const firstNameOf = ({ sender }: Message) => sender.display_name.split(' ')[0] ?? sender.display_name

/** The release that is under way, or the next one. */
async function releaseTask(forge: Caller, ids: Cast['ids']): Promise<Task> {
  const { data } = await forge.call<Page<Task>>('GET', '/tasks?q=Release&per_page=100&include_archived=true')
  const releases = data.filter(isOfStory)
  const open = releases.find(({ status }) => status !== 'complete')
  if (open) return open
  const last = Math.max(RELEASED_BEFORE, ...releases.map(({ title }) => Number(TITLE.exec(title)?.[1])))
  const projects = await forge.call<Page<Project>>('GET', '/projects?q=Offline&per_page=100')
  return await forge.call<Task>('POST', '/tasks', {
    title: `Release 4.2.${last + 1} to all crews`,
    description:
      'The banner names what waits.\n\n1. Kill test on three phones.\n2. 10 % of the crews for an hour.\n3. Ines or Tomasz agrees.\n4. Everybody.',
    type: 'chore',
    priority: 'high',
    project_ids: projects.data.slice(0, 1).map(({ id }) => id),
    assignee_ids: [ids.forge, ids.probe],
    required_evidence_types: ['pr_link', 'test_results'],
  })
}
