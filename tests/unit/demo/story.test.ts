import { describe, expect, test } from 'bun:test'
import type { Message, Task } from '../../../src/contracts/resources.ts'
import { Approval, verdictOf } from '../../../src/demo/approval.ts'
import type { Caller } from '../../../src/demo/caller.ts'
import { playStory } from '../../../src/demo/story.ts'
import { task } from '../../../ui/tests/support/samples.ts'

describe('the verdict of an answer', () => {
  test.each([
    ['yes', 'go'],
    ['Yes, go ahead.', 'go'],
    ['👍', 'go'],
    ['OK, ship it', 'go'],
    ['no', 'hold'],
    ['Yes, but not today', 'hold'],
    ['wait a minute', 'hold'],
    ['Know what I had for lunch', 'unclear'],
    ['Hello', 'unclear'],
  ] as const)('%p is %p', (text, verdict) => {
    expect(verdictOf(text)).toBe(verdict)
  })
})

const CHANNEL = 'general'
const IDS = { forge: 'id-forge', probe: 'id-probe' }

const message = (content: string, more: Partial<Message> = {}) =>
  ({
    id: `id of ${content}`,
    channel_id: CHANNEL,
    seq: 1,
    content,
    mentions: [],
    sender: { id: 'ines', type: 'human', display_name: 'Ines Carvalho' },
    ...more,
  }) as unknown as Message

/** A server that has what the story needs, and tells what was done. */
function stage(tasks: Task[] = []) {
  const done: string[] = []
  const caller = (name: string): Caller => ({
    async call<T>(method: string, path: string, body: object = {}) {
      const [, kind, id, what] = path.split(/[/?]/)
      const found = tasks.find((one) => one.id === id)
      const given = body as Record<string, string>
      if (method === 'GET') {
        if (found) return found as T
        return {
          data:
            kind === 'tasks'
              ? tasks
              : kind === 'channels'
                ? [{ id: 'rel', name: 'releases' }]
                : [{ id: 'p' }],
        } as T
      }
      if (what === 'transition' && found) {
        found.status = given.to_status as Task['status']
        done.push(`moves to ${found.status}`)
      } else if (what === 'evidence' && found) {
        found.evidence.push({ ...task(1).evidence[0], ...body } as Task['evidence'][number])
        done.push(`${name} adds ${given.type}`)
      } else if (what === 'messages' && path.endsWith('deliveries')) done.push(`reports ${given.state}`)
      else if (what === 'messages') done.push(`${name}: ${given.content?.slice(0, 12)}`)
      else {
        tasks.push({ ...task(90 + tasks.length), ...body, status: 'backlog', evidence: [] } as Task)
        done.push(`creates ${given.title}`)
      }
      return (found ?? tasks.at(-1)) as T
    },
    untilPresent: async () => undefined,
  })
  const approval = new Approval()
  const play = (signal = new AbortController().signal, answer_ms = 60_000) =>
    playStory(
      {
        forge: caller('forge'),
        probe: caller('probe'),
        tomasz: async (_, content) => {
          done.push(`tomasz: ${content.slice(0, 10)}`)
          const sender = { id: 'tomasz', type: 'human', display_name: 'Tomasz Nowak' } as const
          approval.take(message(content, { mentions: [IDS.forge], sender }))
        },
        ids: IDS,
        approval,
      },
      CHANNEL,
      { step_ms: 0, answer_ms },
      signal,
    )
  /** Says it as soon as the agent asks. */
  const answer = async (content: string, more: Partial<Message> = {}) => {
    while (!approval.take(message(content, more))) await Bun.sleep(1)
  }
  return { tasks, done, approval, play, answer }
}

describe('the story of the demo', () => {
  test('asks, goes on with a yes, and ends with a completed task and its evidence', async () => {
    const { tasks, done, play, answer } = stage()
    const played = play()
    await answer('@forge yes', { mentions: [IDS.forge] })
    await played
    expect(tasks[0]).toMatchObject({ title: 'Release 4.2.2 to all crews', status: 'complete' })
    expect(tasks[0]?.evidence.map(({ type }) => type)).toEqual(['pr_link', 'test_results'])
    expect(done).toContain('reports answered')
    expect(done.filter((one) => one.startsWith('moves'))).toEqual([
      'moves to in-progress',
      'moves to in-review',
      'moves to complete',
    ])
    expect(done.some((one) => one.startsWith('tomasz'))).toBe(false)
  })

  test('goes on by itself: Tomasz answers when nobody else does', async () => {
    const { tasks, done, play } = stage()
    await play(undefined, 5)
    expect(done).toContain('tomasz: @forge yes')
    expect(done).toContain('reports answered')
    expect(done).toContain('forge: Thank you, T')
    expect(tasks[0]).toMatchObject({ status: 'complete' })
  })

  test('is held back by a no for as long as nobody says go; an unclear answer is asked again', async () => {
    const { tasks, done, approval, play, answer } = stage()
    const played = play(undefined, 30_000)
    await answer('Hello')
    await answer('no')
    while (tasks[0]?.status !== 'in-progress' || !done.includes('forge: I hold it ba')) await Bun.sleep(1)
    // A question to somebody else is none of its business.
    expect(approval.take(message('@probe is that tested?', { mentions: [IDS.probe] }))).toBe(false)
    expect(approval.take(message('yes', { channel_id: 'another' }))).toBe(false)
    await answer('go')
    await played
    expect(done).toContain('forge: Was that a y')
    expect(tasks[0]).toMatchObject({ status: 'complete' })
  })

  test('continues one that was interrupted, and then begins the next', async () => {
    const { tasks, done, play } = stage()
    const stop = new AbortController()
    const first = play(stop.signal)
    while (tasks[0]?.status !== 'in-review') await Bun.sleep(1)
    stop.abort()
    await expect(first).rejects.toThrow()
    await play(undefined, 1)
    expect(tasks.map(({ status }) => status)).toEqual(['complete'])
    expect(tasks[0]?.evidence).toHaveLength(2)
    await play(undefined, 1)
    expect(tasks.map(({ title }) => title)).toEqual([
      'Release 4.2.2 to all crews',
      'Release 4.2.3 to all crews',
    ])
    expect(done.filter((one) => one.startsWith('creates'))).toHaveLength(2)
  })
})
