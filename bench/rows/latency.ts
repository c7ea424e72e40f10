import { generalChannel } from '../../tests/support/client.ts'
import { percentile } from '../lib.ts'
import { openChannels, seatOf } from '../load/socket.ts'
import type { Row, Rows } from '../row.ts'
import { waitFor } from '../wait.ts'

const INTERVAL_MS = 5

const postToSeen: Row = {
  name: 'post → seen by another client, p99 at 200 messages/s',
  unit: 'ms',
  judge: [{ at_most: 50, goal: 10 }],
  async run({ admin, agent }, seconds) {
    const channel_id = (await generalChannel(admin)).id
    const sent_at = new Map<string, number>()
    const latencies: number[] = []
    const reader = await openChannels(agent, (text) => {
      const found = /"content":"(t\d+)/.exec(text)
      const at = found && sent_at.get(found[1]!)
      if (at) latencies.push(performance.now() - at)
    })
    const writer = await openChannels(seatOf(admin), () => undefined)
    const started_at = performance.now()
    for (let n = 0; performance.now() - started_at < seconds * 1000; n++) {
      const wait = started_at + n * INTERVAL_MS - performance.now()
      if (wait > 0) await Bun.sleep(wait)
      sent_at.set(`t${n}`, performance.now())
      writer.send(JSON.stringify({ type: 'message', channel_id, content: `t${n}`.padEnd(300, ' x') }))
    }
    await waitFor('the last message', () => {
      if (reader.readyState !== WebSocket.OPEN) throw new Error('the reader was closed')
      return latencies.length >= sent_at.size
    })
    reader.close()
    writer.close()
    return { product: percentile(latencies, 99), p50: percentile(latencies, 50), messages: latencies.length }
  },
}

export const latency: Rows = { latency: postToSeen }
