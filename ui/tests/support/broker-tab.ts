import type { LockAnswer, LockBroker } from '../../src/realtime/lock-broker.ts'
import { type LockPort, WorkerLocks } from '../../src/realtime/worker-locks.ts'
import { task } from './rule.ts'

/** A tab that is connected to a broker; messages arrive in tasks of their own, as between a page and a worker. */
export function brokerTab(broker: LockBroker) {
  let open = true
  let frozen = false
  let late: LockAnswer[] = []
  const port: LockPort = {
    onmessage: null,
    postMessage: (request) => task(() => open && broker.receive(client, request)),
  }
  const client = {
    send: (answer: LockAnswer) =>
      task(() => {
        if (frozen) late.push(answer)
        else if (open) port.onmessage?.({ data: answer })
      }),
  }
  broker.connect(client)
  return {
    locks: new WorkerLocks(port),
    close() {
      open = false
      broker.disconnect(client)
    },
    /** While frozen a tab hears nothing; afterwards everything at once. */
    freeze(is_frozen: boolean) {
      frozen = is_frozen
      if (frozen) return
      for (const answer of late) port.onmessage?.({ data: answer })
      late = []
    },
  }
}
