import { describe, expect, test } from 'bun:test'
import { SubAgents } from '../../src/agent/sub-agents.ts'
import {
  KeyRefused,
  type NewMessage,
  ServerAway,
  ServerRefused,
  SubAgentOver,
  type SubAgentServer,
} from '../../src/server/port.ts'
import type { Row } from '../../src/state/port.ts'
import { GENERAL, subAgent, task } from '../support/samples.ts'

const { id, task_id, model } = subAgent()
const MESSAGE: NewMessage = { content: 'Done.', client_id: 'c-1' }

function row(change: Partial<Row> = {}): Row {
  return {
    ...{ agent: 'scout', id: 'a1', kind: 'sub_agent', channel_id: GENERAL, seq: null, reply_to: null },
    ...{ session: `agent:main:mc:acme:sub:${id}`, text: '', step: 'received', number: 1, generation: 0 },
    ...{
      attempt: 1,
      boot_id: null,
      answer: null,
      failure: null,
      parts_posted: 0,
      received_at: 0,
      updated_at: 0,
    },
    ...change,
  }
}

/** A server of which only the newest key of the sub-agent holds, until it ends. */
class Stage {
  readonly said: string[] = []
  readonly closed: string[] = []
  keys = 0
  over = false
  away = false
  readonly subAgents = new SubAgents({
    server: {
      subAgentKey: async () => {
        if (this.away) throw new ServerAway('away')
        if (this.over) throw new ServerRefused('key', 404, 'SUB_AGENT_NOT_FOUND', 'gone')
        const api_key = `key-${++this.keys}`
        return {
          id,
          task_id,
          model,
          seconds_remaining: 600,
          instructions: 'Look\nclosely',
          api_key,
        }
      },
      terminateSubAgent: async (_, reason) => {
        if (this.over) throw new ServerRefused('terminate', 409, 'INVALID_TRANSITION', 'over')
        this.#end(`terminated: ${reason}`)
      },
      task: async () => task(),
    },
    subAgentServer: (key) => this.#as(key),
  })

  #as(key: string): SubAgentServer {
    const check = () => {
      if (this.over || key !== `key-${this.keys}`) throw new KeyRefused('401')
    }
    return {
      post: async (_, { content }) => {
        check()
        this.said.push(content)
        return undefined as never
      },
      completeSubAgent: async (summary) => {
        check()
        this.#end(`completed: ${summary}`)
      },
      typing: () => void this.said.push('…'),
      close: () => void this.closed.push(key),
    }
  }

  #end(how: string): void {
    this.over = true
    this.said.push(how)
  }
}

describe('B110 a hosted sub-agent', () => {
  test('gets one key for all that it does; its turn has task and instructions as quotes', async () => {
    const stage = new Stage()
    const { subAgents, said } = stage
    expect(await subAgents.plan(row())).toEqual({
      label: `mission-control sub-agent ${id}`,
      model,
      timeout_seconds: 660,
    })
    const [header, ...lines] = (await subAgents.briefing(row())).split('\n')
    expect(header).toBe(`[Mission Control · sub-agent ${id} · task ${task_id}]`)
    expect(lines).toContain('> Fix the upload')
    expect(lines.slice(-3)).toEqual(['Instructions:', '> Look', '> closely'])
    await subAgents.post(row(), MESSAGE)
    await subAgents.end(row({ answer: 'Done.' }))
    expect(said).toEqual(['Done.', 'completed: Done.'])
    expect(stage.keys).toBe(1)
  })

  test('whose key is lost gets another one, once; keys that never hold are its end', async () => {
    const stage = new Stage()
    await stage.subAgents.post(row(), MESSAGE)
    stage.keys++
    await stage.subAgents.post(row(), MESSAGE)
    expect([stage.keys, stage.said.length, stage.closed]).toEqual([3, 2, ['key-1']])
    stage.over = true
    await expect(stage.subAgents.post(row(), MESSAGE)).rejects.toBeInstanceOf(SubAgentOver)
  })

  test('of which the server knows nothing any more is over; a server that is away is asked again', async () => {
    const stage = new Stage()
    stage.away = true
    await expect(stage.subAgents.plan(row())).rejects.toBeInstanceOf(ServerAway)
    stage.away = false
    expect((await stage.subAgents.plan(row())).model).toBe(model)
    stage.over = true
    stage.subAgents.close()
    await expect(stage.subAgents.plan(row())).rejects.toBeInstanceOf(SubAgentOver)
  })

  test('that is ended ends its turn at once, and its key is closed', async () => {
    const stage = new Stage()
    const begun = Promise.withResolvers<void>()
    const turn = stage.subAgents.during(row(), new AbortController().signal, async (signal) => {
      const { promise, resolve } = Promise.withResolvers<void>()
      signal.addEventListener('abort', () => resolve())
      begun.resolve()
      await promise
      signal.throwIfAborted()
    })
    await begun.promise
    stage.subAgents.ended(id)
    await expect(turn).rejects.toBeInstanceOf(SubAgentOver)
    await Bun.sleep(0)
    expect(stage.closed).toEqual(['key-1'])
    await expect(
      stage.subAgents.during(row(), new AbortController().signal, async () => undefined),
    ).rejects.toBeInstanceOf(SubAgentOver)
  })

  test('ends once: a second end changes nothing, and one without an answer says why', async () => {
    const silent = new Stage()
    await silent.subAgents.end(row())
    await silent.subAgents.end(row())
    expect(silent.said).toEqual(['completed: The sub-agent ended its turn without an answer.'])
    const failed = new Stage()
    await failed.subAgents.end(row({ failure: 'The gateway refused.' }))
    await failed.subAgents.end(row({ failure: 'The gateway refused.' }))
    expect(failed.said).toEqual(['terminated: The gateway refused.'])
  })

  test('without a channel says nothing and types nowhere', async () => {
    const stage = new Stage()
    await stage.subAgents.post(row({ channel_id: '' }), MESSAGE)
    stage.subAgents.typing(id, '')
    expect([stage.said, stage.keys]).toEqual([[], 0])
  })
})
