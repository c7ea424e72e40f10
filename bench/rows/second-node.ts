import { makeOrgAt, personAt, startNodes, type TestNodes } from '../../tests/support/nodes.ts'
import { cpuMicros } from '../load/cpu.ts'
import { measureRoom, type RoomProtocol } from '../load/room.ts'
import { openChannels, seatOf } from '../load/socket.ts'
import { profiled, raiseLimits } from '../product.ts'
import type { Row, Rows } from '../row.ts'
import { waitFor } from '../wait.ts'

const CLIENTS = 500
const SENDERS = 10
const WINDOW = 4
/**
 * The same work for both: at saturation each has batches of the size that its own delays make, and a batch of 13 messages
 * costs each connection one system call as one of 8 does.
 */
const MESSAGES_PER_SECOND = 200
/** Frames after which each client has been reached several times. */
const WARM_FRAMES = CLIENTS * 20

const secondNode: Row = {
  name: `CPU time per delivered frame with ${CLIENTS} clients on two nodes at ${MESSAGES_PER_SECOND} messages/s, by that with all on the owner`,
  unit: '×',
  judge: [{ at_most: 1.18, goal: 1.05 }],
  async run(_, seconds) {
    const cluster = await startNodes(2, {
      env: { MC_LOG_LEVEL: 'error', MC_RATE_LIMITS: 'off', ...profiled() },
    })
    try {
      const org = await makeOrgAt(cluster.admin, 'bench')
      await raiseLimits(org.person)
      await org.person.in('POST', `/channels/${org.channel_id}/messages`, { content: 'Who owns this?' })
      const owner = await cluster.settledOwner(org.id)
      const other = cluster.nodes.find((node) => node !== owner)
      if (!other) throw new Error('a cluster of one node')
      const room = (urls: readonly string[]) => {
        let n = 0
        let frames = 0
        const protocol: RoomProtocol = {
          connect: (onFrame) => {
            const url = urls[n++ % urls.length]!
            return openChannels(seatOf(personAt(org.person, { url })), (text) => {
              if (text.startsWith('{"type":"message"')) frames++
              onFrame(text)
            })
          },
          encode: (content) =>
            JSON.stringify({
              type: 'message',
              channel_id: org.channel_id,
              content,
              client_id: crypto.randomUUID(),
            }),
          isMessage: (text) => text.startsWith('{"type":"message"'),
          isAnswer: (text) => text.startsWith('{"type":"ack"'),
        }
        return { protocol, frames: () => frames }
      }
      const both = [owner.url, other.url]
      const alone = await perFrame(cluster, room([owner.url]), seconds, MESSAGES_PER_SECOND)
      const spread = await perFrame(cluster, room(both), seconds, MESSAGES_PER_SECOND)
      const full_alone = await perFrame(cluster, room([owner.url]), seconds)
      const full_spread = await perFrame(cluster, room(both), seconds)
      return {
        product: spread.cpu_us / alone.cpu_us,
        'µs per frame, all on the owner': alone.cpu_us,
        'µs per frame, half on each node': spread.cpu_us,
        'frames/s, all on the owner': alone.rate,
        'frames/s, half on each node': spread.rate,
        'by that with all on the owner at saturation, ×': full_spread.cpu_us / full_alone.cpu_us,
        'frames/s at saturation, all on the owner': full_alone.rate,
        'frames/s at saturation, half on each node': full_spread.rate,
      }
    } finally {
      await cluster.stop()
    }
  },
}

/** CPU time of nodes and Redis per frame that reached a client, in microseconds. */
async function perFrame(
  { nodes, redis }: TestNodes,
  { protocol, frames }: { protocol: RoomProtocol; frames(): number },
  seconds: number,
  per_second?: number,
): Promise<{ cpu_us: number; rate: number }> {
  const pids = [...nodes.map(({ pid }) => pid), redis.pid]
  const load = {
    clients: CLIENTS,
    senders: SENDERS,
    window: WINDOW,
    seconds: seconds + 1,
    ...(per_second ? { per_second } : {}),
  }
  const running = measureRoom(protocol, load)
  await waitFor('the room to be warm', () => frames() >= WARM_FRAMES)
  const [cpu, before] = [cpuMicros(pids), frames()]
  await Bun.sleep(seconds * 1_000)
  const [cpu_after, after] = [cpuMicros(pids), frames()]
  const rate = await running
  return { cpu_us: (cpu_after - cpu) / (after - before), rate }
}

export const secondNodes: Rows = { 'second-node': secondNode }
