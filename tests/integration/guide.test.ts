import { afterAll, beforeAll, expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ERROR_STATUS, type ErrorCode } from '../../src/contracts/errors.ts'
import type { Project, Task, User } from '../../src/contracts/resources.ts'
import { type Agent, addAgent, generalChannel, type Message, type Person, setUp } from '../support/client.ts'
import { contractOf } from '../support/contract.ts'
import { startServer, type TestServer } from '../support/server.ts'

const GUIDE = join(import.meta.dir, '..', '..', 'docs', 'guides', 'for-agents.md')

let server: TestServer
let admin: Person
let agent: Agent
let task: Task
let message: Message

beforeAll(async () => {
  server = await startServer()
  admin = await setUp(server)
  agent = await addAgent(admin, 'forge')
  const project = await admin.in<Project>('POST', '/projects', {
    name: 'Offline sync',
    type: 'software',
    description: 'Entries of the last session.',
  })
  await admin.in('PUT', `/projects/${project.body.id}/users/${agent.user.id}`)
  const made = await admin.in<Task>('POST', '/tasks', {
    title: 'Resume uploads after an app kill',
    description: 'Entries of the last session must be uploaded.',
    project_ids: [project.body.id],
    assignee_ids: [agent.user.id],
  })
  task = made.body
  const general = await generalChannel(admin)
  message = (
    await admin.in<Message>('POST', `/channels/${general.id}/messages`, { content: '@forge please look' })
  ).body
})
afterAll(() => server.stop())

/** The guide's commands, in order; `stream` marks those that curl ends by itself when their time is over. */
function blocksOf(text: string): { stream: boolean; script: string }[] {
  return [...text.matchAll(/^```bash( stream)?\n([\s\S]*?)^```$/gm)].map(([, stream, script]) => ({
    stream: stream !== undefined,
    script: script ?? '',
  }))
}

const has_tools = Bun.which('curl') !== null && Bun.which('jq') !== null

test.skipIf(!has_tools)('every command of the guide does what the guide says', async () => {
  const blocks = blocksOf(readFileSync(GUIDE, 'utf8'))
  expect(blocks.length).toBeGreaterThanOrEqual(8)
  // One shell for all of them, as a reader would have it; a block that fails ends it, but curl's own time limit (28).
  const script = blocks
    .map(({ stream, script }, i) =>
      stream
        ? `set +e\n${script}code=$?\nset -e\n[ $code -eq 0 ] || [ $code -eq 28 ]\necho "== done ${i}"`
        : `${script}\necho "== done ${i}"`,
    )
    .join('\n')
  const child = Bun.spawn(['bash', '-e', '-u', '-o', 'pipefail', '-c', script], {
    env: {
      PATH: process.env.PATH ?? '',
      MC_URL: server.url,
      MC_ORG: agent.org,
      MC_API_KEY: agent.key,
      NO_PROXY: 'localhost',
      no_proxy: 'localhost',
    },
    stdout: 'pipe',
    stderr: 'pipe',
  })
  const [out, err, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ])
  expect({
    code,
    err: err.replaceAll(/curl: \(28\).*\n/g, ''),
    done: out.match(/== done/g)?.length,
  }).toEqual({
    code: 0,
    err: '',
    done: blocks.length,
  })
  expect(out).toContain('stream.opened')

  const after = await admin.in<Task>('GET', `/tasks/${task.id}`)
  expect([after.body.status, after.body.priority]).toEqual(['complete', 'high'])
  expect(after.body.evidence.map(({ type }) => type)).toEqual(['pr_link'])
  expect((await admin.in<User>('GET', `/users/${agent.user.id}`)).body.client).toMatchObject({
    state: 'ready',
  })
  const messages = await admin.in<{ data: Message[] }>('GET', `/channels/${message.channel_id}/messages`)
  expect(messages.body.data.map(({ sender }) => sender.display_name)).toContain('forge')
  const asked = messages.body.data.find(({ seq }) => seq === message.seq)
  expect(asked?.deliveries.map(({ state }) => state)).toEqual(['working'])
})

test('the refusal that the guide shows is one', async () => {
  const shown = /^```json\n([\s\S]*?)^```$/m.exec(readFileSync(GUIDE, 'utf8'))?.[1] ?? ''
  const refusal: unknown = JSON.parse(shown)
  const contract = await contractOf(server.url)
  expect(contract.problems({ $ref: '#/components/schemas/Error' }, refusal)).toEqual([])
  const { code, status } = (refusal as { error: { code: ErrorCode; status: number } }).error
  expect(ERROR_STATUS[code]).toBe(status as never)
})
