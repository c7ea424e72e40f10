import type { Task } from '../../src/contracts/resources.ts'
import { MockGateway } from '../support/mock-gateway/gateway.ts'
import { RealGateway } from '../support/openclaw/gateway.ts'
import type { OpenClawVersion } from '../support/openclaw/install.ts'
import { DONE, scriptOf, type Work, workOf } from './work.ts'

/** The gateway of the gate, with an agent that works. */
export interface AgentGateway {
  /** For people. */
  readonly name: string
  /** Who sends the agent's requests, for people. */
  readonly hands: string
  readonly url: string
  readonly token: string
  /** Prompts that reached the agent's model so far. */
  prompts(): string[]
  /** What went wrong in the agent's work. */
  readonly problems: string[]
  stop(): Promise<void>
}

/** Access of the agent to the API, as the environment of its gateway. */
export interface Access {
  MC_URL: string
  MC_ORG: string
  MC_API_KEY: string
}

/** OpenClaw: the agent works in its session, by the gateway's own tool `exec`. */
export async function realGateway(version: OpenClawVersion, access: Access): Promise<AgentGateway> {
  const problems: string[] = []
  const real = await RealGateway.start(version, {
    env: { ...access },
    script({ user, results }) {
      const work = workOf(user)
      if (!work) return undefined
      const [result] = results
      if (work.requests.length > 0 && result === undefined)
        return { tool: 'exec', input: { command: scriptOf(work) } }
      if (result === undefined || result.includes(DONE)) return { text: work.say }
      problems.push(result)
      return { text: 'I could not do it: the server refused.' }
    },
  })
  return {
    name: `OpenClaw ${version}`,
    hands: 'the agent, by curl in the `exec` tool of its gateway session',
    url: real.url,
    token: real.token,
    prompts: () => real.model.calls.map(({ user }) => user),
    problems,
    stop: () => real.stop(),
  }
}

/** The mock gateway has no tools: the requests of a turn are sent from here, in the agent's name. */
export function mockGateway(access: Access): AgentGateway {
  const problems: string[] = []
  const mock = new MockGateway()
  let worked = 0
  const prompts = () => mock.turns.map(({ prompt }) => prompt)
  const timer = setInterval(() => {
    for (const prompt of prompts().slice(worked)) {
      worked++
      const work = workOf(prompt)
      if (work) doWork(work, access).catch((error: unknown) => problems.push(String(error)))
    }
  }, LOOK_MS)
  return {
    name: 'the mock gateway',
    hands: 'this script, in the name of the agent',
    url: mock.url,
    token: mock.token,
    prompts,
    problems,
    async stop() {
      clearInterval(timer)
      await mock.stop()
    },
  }
}

const LOOK_MS = 20

async function doWork({ task, requests }: Work, { MC_URL, MC_ORG, MC_API_KEY }: Access): Promise<void> {
  const api = `${MC_URL}/api/v1/orgs/${MC_ORG}`
  const headers = { Authorization: `Bearer ${MC_API_KEY}`, 'Content-Type': 'application/json' }
  let id = 'id' in task ? task.id : ''
  if ('status' in task) {
    const query = `assigned_to=me&status=${task.status}&sort=created_at&order=desc`
    const { data } = (await (await fetch(`${api}/tasks?${query}`, { headers })).json()) as { data: Task[] }
    id = data[0]?.id ?? ''
  }
  for (const { path, body } of requests) {
    const url = `${api}/tasks/${id}/${path}`
    const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) })
    if (!answer.ok) throw new Error(`${path}: ${await answer.text()}`)
  }
}
