import type { Page } from '../contracts/lists.ts'
import type { Channel, Message, Project, Task } from '../contracts/resources.ts'
import type { EvidenceType, TaskStatus } from '../contracts/vocabulary.ts'
import type { Approval } from './approval.ts'
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
 * answer to a completed task with its evidence. One that was interrupted is continued. Ends when `signal` aborts.
 */
export async function playStory(
  cast: Cast,
  channel_id: string,
  pace: Pace,
  signal: AbortSignal,
): Promise<void> {
  const { forge, probe, ids } = cast
  let said = 0
  const say = async (agent: Caller, content: string, more: object = {}, where = channel_id) => {
    const client_id = `story-${task.id}-${said++}-${Date.now()}`
    await agent.call('POST', `/channels/${where}/messages`, { content, client_id, ...more })
  }
  const step = async () => {
    await pause(pace.step_ms, signal)
    signal.throwIfAborted()
  }
  const move = async (to_status: TaskStatus, comment: string) => {
    task = await forge.call<Task>('POST', `/tasks/${task.id}/transition`, { to_status, comment })
  }
  const prove = async (agent: Caller, type: EvidenceType, url: string) => {
    if (task.evidence.some((one) => one.type === type)) return
    await agent.call('POST', `/tasks/${task.id}/evidence`, { type, url })
    task = await forge.call<Task>('GET', `/tasks/${task.id}`)
  }

  let task = await releaseTask(forge, ids)
  const patch = Number(TITLE.exec(task.title)?.[1])
  const version = `4.2.${patch}`
  await say(
    forge,
    `${version} is built: the banner names what waits, “8 photos of Brenner tunnel wait for a signal”. _${task.title}_ is on the board.`,
  )
  await step()
  await say(probe, '@forge I take the kill test for it: 3 phone models, 50 kills each.')
  if (task.status === 'backlog') await move('in-progress', 'On it, with probe.')
  await step()
  await prove(forge, 'pr_link', `https://git.fieldnote.example/app/pulls/${428 + patch}`)
  await say(
    forge,
    `Pull request ${428 + patch} is on the task. ${version} is at 10 % of the crews since this morning.`,
  )
  for (const [i, phone] of PHONES.entries()) {
    await step()
    const sum = i === PHONES.length - 1 ? ' **150 of 150**, nothing lost and nothing sent twice.' : ''
    await say(probe, `${phone} model: 50 of 50 recovered.${sum}`)
  }
  await prove(probe, 'test_results', `https://ci.fieldnote.example/runs/${4750 + patch}`)
  await step()
  if (task.status !== 'in-review') await move('in-review', 'Both pieces of evidence are there.')
  await say(
    forge,
    `@ines-carvalho @tomasz-nowak ${version} is ready: reviewed, 150 of 150, and no error in the first 10 %. **May it go out to everybody?** A yes here is enough; a no holds it back.`,
  )
  const { by, reply_to } = await agreement(cast, channel_id, pace, signal, say, move)
  if (task.status !== 'in-review') await move('in-review', `${by} agreed.`)
  await say(forge, `Thank you, ${by}. Going to 100 %.`, reply_to === undefined ? {} : { reply_to })
  await step()
  await say(probe, `I watch the upload rate meanwhile: 17 of 17 phones have ${version} and have caught up.`)
  await step()
  await move('complete', `${by} agreed in the channel. ${version} is at 100 %.`)
  const releases = await channelNamed(forge, 'releases')
  if (releases) await say(forge, `${version} is at 100 %: the banner names what waits.`, {}, releases.id)
  await say(
    forge,
    `Done: _${task.title}_ is complete, with its evidence and with who agreed. Mention me with \`@forge\` when you want to know how something works, or \`@probe\` to have it tested.`,
  )
}

/** Who agreed, and to which message that is to be answered. A person who says no is waited for; silence is answered by Tomasz. */
async function agreement(
  { forge, ids, tomasz, approval }: Cast,
  channel_id: string,
  { step_ms, answer_ms }: Pace,
  signal: AbortSignal,
  say: (agent: Caller, content: string, more?: object) => Promise<void>,
  move: (to_status: TaskStatus, comment: string) => Promise<void>,
): Promise<{ by: string; reply_to?: string }> {
  let held = false
  for (;;) {
    const answer = await approval.answer(channel_id, held ? Number.POSITIVE_INFINITY : answer_ms, signal)
    signal.throwIfAborted()
    if (answer === undefined) {
      await tomasz(channel_id, '@forge yes. I read it, and the first hour looks good.')
      await pause(step_ms, signal)
      return { by: 'Tomasz' }
    }
    const { message, verdict } = answer
    await answered(forge, ids.forge, message)
    const by = message.sender.display_name.split(' ')[0] ?? message.sender.display_name
    if (verdict === 'go') return { by, reply_to: message.id }
    const reply_to = { reply_to: message.id }
    if (verdict === 'unclear') await say(forge, 'Was that a yes? `yes` or `no` is enough for me.', reply_to)
    else {
      if (!held) await move('in-progress', `${by} holds it back.`)
      held = true
      await say(forge, 'I hold it back at 10 %. Say `go` here when it may go on; I wait.', reply_to)
    }
  }
}

/** Reports the message as answered when it mentioned the agent: people see how far it is. */
async function answered(forge: Caller, id: string, { channel_id, seq, mentions }: Message): Promise<void> {
  if (!mentions.includes(id)) return
  await forge.call('POST', `/channels/${channel_id}/messages/${seq}/deliveries`, { state: 'answered' })
}

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

async function channelNamed(forge: Caller, name: string): Promise<Channel | undefined> {
  const { data } = await forge.call<Page<Channel>>('GET', '/channels?per_page=100')
  return data.find((channel) => channel.name === name)
}
