import { afterAll, beforeAll, expect, test } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Connected, connectAs, newKey, newRun } from '../../support/gateway-contract/connected.ts'
import { type GatewayProcess, startMockGateway } from '../../support/mock-gateway/process.ts'

const TOKEN = 'test-gateway-token'

let folder: string
let gateway: GatewayProcess
let made: Connected

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'mc-mock-gateway-'))
  gateway = await startMockGateway({ folder, token: TOKEN })
  made = await connectAs(gateway.url, { kind: 'token', token: TOKEN })
})

afterAll(async () => {
  await made.client.close()
  await gateway.stop()
  rmSync(folder, { recursive: true, force: true })
})

test('a mock gateway that is killed keeps its transcript and forgets its turns', async () => {
  const { client, watch } = made
  const session_key = newKey()
  const done = newRun()
  await client.startTurn({ session_key, run_id: done, message: 'ECHO kept' })
  await watch.settled(done)
  const running = newRun()
  await client.startTurn({ session_key, run_id: running, message: 'SLOW 60000 ECHO resumed' })
  await watch.event('started', running)
  expect(await gateway.turns()).toMatchObject([{ run_id: done }, { run_id: running }])

  const from = watch.links.length
  await gateway.kill()
  await watch.link('away', from)
  await gateway.restart()
  await watch.link('connected', from)
  const { rows } = await client.history(session_key, 10)
  expect(rows.slice(0, 2)).toMatchObject([
    { role: 'user', run_id: done },
    { role: 'assistant', run_id: done, text: 'kept' },
  ])
  const turns = await gateway.turns()
  expect(turns.map(({ run_id }) => run_id)).not.toContain(running)
})

test('a mock gateway says what a test lets it say, and closes what a test lets it close', async () => {
  const { watch } = made
  const session_key = newKey()
  const run_id = await gateway.announce(session_key, 'an announcement')
  expect(await watch.event('final', run_id)).toMatchObject({ session_key, text: 'an announcement' })
  await gateway.set({ version: '2026.8.1' })
  const from = watch.links.length
  await gateway.drop(1012)
  expect(await watch.link('connected', from)).toMatchObject({ version: '2026.8.1' })
})

test('a mock gateway that is terminated says goodbye', async () => {
  const { watch } = made
  const from = watch.links.length
  await gateway.kill('SIGTERM')
  await watch.link('away', from)
  await gateway.restart()
  await watch.link('connected', from)
})
