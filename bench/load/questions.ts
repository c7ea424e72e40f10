import type { Channel, Person } from '../../tests/support/client.ts'
import { waitFor } from '../wait.ts'
import { openChannels, seatOf } from './socket.ts'

/** A busy moment: so many channels ask at once, and then the others. */
const AT_ONCE = 5
const BURST_EVERY_MS = 500

/** One question of a person and its answer; times are milliseconds since 1970, with fractions. */
export interface Asked {
  n: number
  acknowledged_ms: number
  answered_ms: number
}

export const now = () => performance.timeOrigin + performance.now()

/** Channels for everybody, each with a conversation of its own. */
export async function openRooms(admin: Person, prefix: string, count: number): Promise<string[]> {
  const ids: string[] = []
  for (let i = 0; i < count; i++) {
    const { status, body } = await admin.in<Channel>('POST', '/channels', { name: `${prefix}-${i}` })
    if (status !== 201) throw new Error(`channel: ${JSON.stringify(body)}`)
    ids.push(body.id)
  }
  return ids
}

/**
 * Asks an agent in turn in each channel, and waits for all answers. Question `n` is `text(n)`, its answer begins with
 * `answer n.`. Asking goes over one WebSocket and answers arrive on another one, where nothing is asked for.
 */
export async function ask(
  admin: Person,
  channels: readonly string[],
  numbers: readonly number[],
  text: (n: number) => string,
): Promise<Asked[]> {
  const acknowledged = new Map<number, number>()
  const answered = new Map<number, number>()
  const reader = await openChannels(seatOf(admin), (frame) => {
    const [, n] = /"content":"answer (\d+)\./.exec(frame) ?? []
    if (n !== undefined && !answered.has(Number(n))) answered.set(Number(n), now())
  })
  const writer = await openChannels(seatOf(admin), (frame) => {
    const [, n] = /^\{"type":"ack","client_id":"ask-[^"]*-(\d+)"/.exec(frame) ?? []
    if (n !== undefined) acknowledged.set(Number(n), now())
  })
  const run = crypto.randomUUID().slice(0, 8)
  const started_at = performance.now()
  for (const [i, n] of numbers.entries()) {
    const wait_ms = started_at + Math.floor(i / AT_ONCE) * BURST_EVERY_MS - performance.now()
    if (wait_ms > 0) await Bun.sleep(wait_ms)
    const channel_id = channels[i % channels.length]
    writer.send(
      JSON.stringify({ type: 'message', channel_id, content: text(n), client_id: `ask-${run}-${n}` }),
    )
  }
  await waitFor('the last answer', () => {
    if (reader.readyState !== WebSocket.OPEN || writer.readyState !== WebSocket.OPEN)
      throw new Error('a WebSocket was closed')
    return numbers.every((n) => answered.has(n) && acknowledged.has(n))
  })
  reader.close()
  writer.close()
  return numbers.map((n) => ({
    n,
    acknowledged_ms: acknowledged.get(n) ?? Number.NaN,
    answered_ms: answered.get(n) ?? Number.NaN,
  }))
}
