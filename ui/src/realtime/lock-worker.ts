import { type LockAnswer, LockBroker, type LockRequest } from './lock-broker.ts'

/** The shared worker of WorkerLocks. */

/** With three unanswered pings a crashed tab holds a lock for 20 s at most. */
const PING_EVERY_MS = 5_000

const broker = new LockBroker()
// The types of the page do not know the event of a shared worker.
globalThis.addEventListener('connect', (event: Event) => {
  const [port] = event instanceof MessageEvent ? event.ports : []
  if (!port) return
  const client = { send: (answer: LockAnswer) => port.postMessage(answer) }
  broker.connect(client)
  port.onmessage = ({ data }: MessageEvent<LockRequest>) => broker.receive(client, data)
  // Newer browsers say at once that the page of a port has ended.
  port.addEventListener('close', () => broker.disconnect(client))
})
setInterval(() => broker.ping(), PING_EVERY_MS)
