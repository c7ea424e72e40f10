import { addAgent, generalChannel, type Person } from '../../tests/support/client.ts'
import { anotherOrg, raiseLimits } from '../product.ts'
import { waitFor } from '../wait.ts'
import { openSender } from './sender.ts'
import { channelsUrl, seatOf } from './socket.ts'

/** Channel and credentials of one sender of stored messages. */
export interface Seat {
  url: string
  org: string
  headers: Record<string, string>
  channel_id: string
}

const BODY = 'x'.repeat(300)
const WARM_UP_MS = 1_000

export interface StoringLoad {
  acknowledged(): number
  /** Waits for the acknowledgements of messages under way, then closes. Throws when the server closed a sender. */
  stop(): Promise<void>
}

/** One sender per seat with `window` messages under way: each acknowledgement sends the next one. */
export async function startStoring(seats: readonly Seat[], window: number): Promise<StoringLoad> {
  let acknowledged = 0
  let under_way = 0
  let running = true
  const senders = await Promise.all(
    seats.map(async (seat, i) => {
      let n = 0
      const client_id = `s${i}-${Math.random()}-`
      const message = { type: 'message', channel_id: seat.channel_id, content: BODY, client_id }
      const frame = JSON.stringify(message).slice(0, -2)
      const send = () => {
        under_way++
        socket.send(`${frame}${n++}"}`)
      }
      const socket = await openSender(channelsUrl(seat), seat.headers, () => {
        acknowledged++
        under_way--
        if (running) send()
      })
      return { socket, send }
    }),
  )
  const throwIfClosed = () => {
    if (senders.some(({ socket }) => socket.ended())) throw new Error('The server closed a sender')
  }
  for (const { send } of senders) for (let i = 0; i < window; i++) send()
  await waitFor('the first acknowledgement', () => {
    throwIfClosed()
    return acknowledged > 0
  })
  return {
    acknowledged: () => acknowledged,
    async stop() {
      running = false
      await waitFor('the last acknowledgements', () => {
        throwIfClosed()
        return under_way === 0
      })
      for (const { socket } of senders) socket.close()
    },
  }
}

/** Acknowledged messages per second. */
export async function storedMessages(
  seats: readonly Seat[],
  seconds: number,
  window: number,
): Promise<number> {
  const load = await startStoring(seats, window)
  await Bun.sleep(WARM_UP_MS)
  const before = load.acknowledged()
  const started_at = performance.now()
  await Bun.sleep(seconds * 1000)
  const rate = (load.acknowledged() - before) / ((performance.now() - started_at) / 1000)
  await load.stop()
  return rate
}

/** Agents that each have a project, and so a channel, of their own: the load is storing, not fan-out. */
export async function agentsInProjects(admin: Person, count: number): Promise<Seat[]> {
  const seats: Seat[] = []
  for (let i = 0; i < count; i++) {
    const agent = await addAgent(admin, `sender-${i}`)
    const project = await admin.in<{ channel_id: string }>('POST', '/projects', {
      name: `Sender ${i}`,
      type: 'software',
      assigned_user_ids: [agent.user.id],
    })
    const { url, org, headers } = agent
    seats.push({ url, org, headers, channel_id: project.body.channel_id })
  }
  return seats
}

/** One person in each of so many orgs, alone in the channel. */
export async function peopleInOrgs(admin: Person, count: number): Promise<Seat[]> {
  const seats: Seat[] = []
  for (let i = 0; i < count; i++) {
    const person = await anotherOrg(admin, `bench-${i}`)
    await raiseLimits(person)
    const { id: channel_id } = await generalChannel(person)
    seats.push({ ...seatOf(person), channel_id })
  }
  return seats
}
