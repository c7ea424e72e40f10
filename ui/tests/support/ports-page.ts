import type { PortsPage } from '../../../tests/e2e/support/ports-page.ts'
import { type ClockUnderTest, TIMER_RULES } from '../../../tests/support/clock-contract.ts'
import { broadcastOf, locksOf, openSource, socketOf } from '../../src/composables/browser.ts'
import { IndexedDbDeviceStore } from '../../src/device/device-store-idb.ts'
import { AheadOutboxStore } from '../../src/realtime/outbox-ahead.ts'
import { IndexedDbOutboxStore } from '../../src/realtime/outbox-idb.ts'
import { realTimers } from '../../src/realtime/timers.ts'
import { localKeys, readLocal, writeLocal } from '../../src/stores/local.ts'
import { BROADCAST_RULES, type BroadcastsUnderTest } from './broadcast-contract.ts'
import { DEVICE_STORE_RULES, type DeviceStoreUnderTest } from './device-store-contract.ts'
import { LOCKS_RULES, type LocksUnderTest } from './locks-contract.ts'
import { OUTBOX_STORE_RULES, type OutboxStoreUnderTest } from './outbox-store-contract.ts'
import type { Rule } from './rule.ts'
import { SOCKET_RULES, type SocketUnderTest } from './socket-contract.ts'
import { SOURCE_RULES, type SourceUnderTest } from './source-contract.ts'

/** Runs the contract suites on the objects of the browser that has loaded it. The server is tests/e2e/support/port-server.ts. */

let made = 0
/** A name that no rule before has used. */
const fresh = () => `port-${performance.timeOrigin}-${++made}`

async function ask(path: string, body?: unknown): Promise<string> {
  const answer = await fetch(path, { method: 'POST', body: JSON.stringify(body ?? null) })
  if (!answer.ok) throw new Error(`${path}: ${answer.status}`)
  return await answer.text()
}

async function tell(path: string, body?: unknown): Promise<void> {
  await ask(path, body)
}

async function broadcasts(): Promise<BroadcastsUnderTest> {
  const name = fresh()
  return { open: () => broadcastOf(new BroadcastChannel(name)) }
}

/** A frame of this origin has an agent of its own for locks, as a tab has. */
async function locks(): Promise<LocksUnderTest> {
  return {
    name: fresh(),
    openTab() {
      const frame = document.body.appendChild(document.createElement('iframe'))
      const { contentWindow } = frame
      if (!contentWindow) throw new Error('The frame has no window.')
      return { locks: contentWindow.navigator.locks, close: () => frame.remove() }
    },
  }
}

/** The same in a shared worker. */
async function workerLocks(): Promise<LocksUnderTest> {
  return {
    name: fresh(),
    openTab() {
      const frame = document.body.appendChild(document.createElement('iframe'))
      const { contentWindow } = frame
      if (!contentWindow) throw new Error('The frame has no window.')
      return {
        locks: locksOf(new SharedWorker('/lock-worker.js', 'locks'), contentWindow),
        close: () => frame.remove(),
      }
    },
  }
}

async function socket(): Promise<SocketUnderTest> {
  const name = fresh()
  const at = `/socket/${name}`
  return {
    socket: socketOf(new WebSocket(`ws://${location.host}${at}`)),
    server: {
      accept: () => tell(`${at}/accept`),
      refuse: () => tell(`${at}/refuse`),
      say: (text) => tell(`${at}/say`, text),
      end: (code) => tell(`${at}/end`, code),
      cut: () => tell(`${at}/cut`),
      received: async () => JSON.parse(await ask(`${at}/received`)),
    },
  }
}

async function source(): Promise<SourceUnderTest> {
  const at = `/source/${fresh()}`
  return {
    source: openSource(new URL(at, location.href).href),
    server: {
      accept: () => tell(`${at}/accept`),
      refuse: () => tell(`${at}/refuse`),
      say: (data, id) => tell(`${at}/say`, { data, id }),
      lose: () => tell(`${at}/lose`),
      lastEventId: async () => JSON.parse(await ask(`${at}/last-event-id`)),
    },
  }
}

async function forget(database: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const request = indexedDB.deleteDatabase(database)
    request.onsuccess = () => resolve()
    request.onerror = () => reject(request.error)
  })
}

async function outboxStore(): Promise<OutboxStoreUnderTest> {
  await forget('mission-control')
  return {
    store: new AheadOutboxStore(new IndexedDbOutboxStore(indexedDB), {
      read: readLocal,
      write: writeLocal,
      keys: localKeys,
    }),
  }
}

async function deviceStore(): Promise<DeviceStoreUnderTest> {
  await forget('mission-control-device')
  return { store: new IndexedDbDeviceStore(indexedDB) }
}

const timers: ClockUnderTest = {
  clock: realTimers,
  pass: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
}

function suite<Made>(
  port: string,
  rules: Rule<Made>[],
  make: () => Promise<Made>,
): [string, () => Promise<void>][] {
  return rules.map(([title, holds]) => [`${port}: ${title}`, () => holds(make)])
}

const rules = new Map([
  ...suite('broadcast channel', BROADCAST_RULES, broadcasts),
  ...suite('locks', LOCKS_RULES, locks),
  ...suite('locks of a worker', LOCKS_RULES, workerLocks),
  ...suite('socket', SOCKET_RULES, socket),
  ...suite('event source', SOURCE_RULES, source),
  ...suite('outbox store', OUTBOX_STORE_RULES, outboxStore),
  ...suite('device store', DEVICE_STORE_RULES, deviceStore),
  ...TIMER_RULES.map(([title, holds]): [string, () => Promise<void>] => [
    `timers: ${title}`,
    () => holds(timers),
  ]),
])

const page: PortsPage = {
  titles: [...rules.keys()],
  async run(title) {
    try {
      await rules.get(title)?.()
      return null
    } catch (error) {
      return error instanceof Error ? `${error.message}\n${error.stack}` : String(error)
    }
  },
}
Object.assign(globalThis, { ports: page })
