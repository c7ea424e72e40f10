import assert from 'node:assert/strict'
import { GatewayClient } from '../../../bridge/src/gateway/client.ts'
import type { GatewayAuth } from '../../../bridge/src/gateway/handshake.ts'
import { GatewayRefused } from '../../../bridge/src/gateway/port.ts'
import { Watch } from './watch.ts'

/** A running gateway with the agents `main` and `scout`, whose model is the scripted one. */
export interface GatewayUnderTest {
  /** From its own machine: the shared token is enough. */
  url: string
  /** As from another machine: a device needs an approval. */
  remote_url: string
  token: string
  version: RegExp
  /** SIGKILL, and a start on what is left. */
  restart(): Promise<void>
  /** SIGTERM without waiting for the end, which comes after the turns under way. */
  drain(): Promise<void>
  /** Lets models go on that `HOLD name`. */
  open(name: string): void
  /** What the model was asked so far in turns whose text has `part`: under which name, and with which system prompt. */
  asked(part: string): { model: string; system_prompt: string }[]
  /** `openclaw devices approve <request id>`. */
  approve(request_id: string): Promise<void>
  /** `openclaw devices remove <device id>`. */
  removeDevice(device_id: string): Promise<void>
}

/** `needs`: it stops the gateway, so that no other rule can run meanwhile. */
export type Rule = [title: string, holds: (gateway: GatewayUnderTest) => Promise<void>, needs?: 'restart']

export const OWNED = /^agent:[a-z]+:mc:/

export interface Connected extends AsyncDisposable {
  client: GatewayClient
  watch: Watch
}

export async function connect({ url, token }: { url: string; token: string }): Promise<Connected> {
  return await connectAs(url, { kind: 'token', token })
}

export function begin(url: string, auth: GatewayAuth): Connected {
  const owns = (key: string) => OWNED.test(key)
  const client = new GatewayClient({ url, auth, owns, version: '0.0.0-test' })
  return { client, watch: new Watch(client), [Symbol.asyncDispose]: () => client.close() }
}

export async function connectAs(url: string, auth: GatewayAuth): Promise<Connected> {
  const made = begin(url, auth)
  await made.client.connected(AbortSignal.timeout(90_000))
  return made
}

export const newKey = (agent = 'main') => `agent:${agent}:mc:acme:project:${crypto.randomUUID()}`
export const newGate = () => crypto.randomUUID()
export const newRun = () => `mc-acme-${crypto.randomUUID()}`

export async function refusal(attempt: Promise<unknown>): Promise<GatewayRefused> {
  const error = await attempt.then(
    () => undefined,
    (thrown) => thrown,
  )
  assert.ok(error instanceof GatewayRefused, `expected a refusal, got ${error}`)
  return error
}

/** Waits until a turn has started in the sense of its model being asked. */
export async function started({ client, watch }: Connected, session_key: string, message: string) {
  const run_id = newRun()
  const reply = await client.startTurn({ session_key, run_id, message })
  assert.deepEqual(reply, { status: 'accepted' })
  await watch.event('started', run_id)
  return run_id
}

export async function answered({ client, watch }: Connected, session_key: string, message: string) {
  const run_id = newRun()
  await client.startTurn({ session_key, run_id, message })
  const reply = await watch.settled(run_id)
  return { run_id, reply }
}
