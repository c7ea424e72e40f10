import { EventSource, type FetchLike } from 'eventsource'
import { bearer, credentials } from '../api/http.ts'
import { wrapped } from '../platform/wrapped.ts'
import type { SocketLike } from '../realtime/chat-socket.ts'
import type { SourceLike } from '../realtime/event-stream.ts'
import { AheadOutboxStore } from '../realtime/outbox-ahead.ts'
import { IndexedDbOutboxStore } from '../realtime/outbox-idb.ts'
import { MemoryOutboxStore, type OutboxStore } from '../realtime/outbox-store.ts'
import type { BroadcastLike } from '../realtime/shared-events.ts'
import { type LocksLike, takeTabId } from '../realtime/tabs.ts'
import { type LockPort, WorkerLocks } from '../realtime/worker-locks.ts'
import { localKeys, readLocal, writeLocal } from '../stores/local.ts'

let worker_locks: LocksLike | undefined

/** Web Locks; on insecure origins those of a shared worker, undefined without one (Chrome on Android). */
export function tabLocks(): LocksLike | undefined {
  if (typeof navigator === 'undefined') return undefined
  if (navigator.locks) return navigator.locks
  if (typeof SharedWorker === 'undefined') return undefined
  worker_locks ??= locksOf(
    new SharedWorker(new URL('../realtime/lock-worker.ts', import.meta.url), {
      type: 'module',
      name: 'mc-locks',
    }),
    window,
  )
  return worker_locks
}

/** The locks of a page in a shared worker; free when the page goes. */
export function locksOf(worker: SharedWorker, page: Window): LocksLike {
  const { port } = worker
  const locks = new WorkerLocks({
    set onmessage(run: LockPort['onmessage']) {
      port.onmessage = run
    },
    postMessage: (request) => port.postMessage(request),
  })
  // A page that may come back from the cache of the browser keeps its place until it misses pings.
  page.addEventListener('pagehide', ({ persisted }) => persisted || locks.close())
  return locks
}

/** Session storage; undefined where it is forbidden. */
function tabStorage(): Storage | undefined {
  try {
    return sessionStorage
  } catch {
    // Storage is forbidden here.
    return undefined
  }
}

let tab_id: Promise<string> | undefined

/** The id of this tab. Taken once per document: the lock of the id is held as long as the document lives. */
export function tabId(): Promise<string> {
  tab_id ??= takeTabId(tabStorage(), tabLocks())
  return tab_id
}

let store: OutboxStore | undefined

/** The store of unsent messages on this device. */
export function outboxStore(): OutboxStore {
  store ??=
    typeof indexedDB === 'undefined'
      ? new MemoryOutboxStore()
      : new AheadOutboxStore(new IndexedDbOutboxStore(indexedDB), {
          read: readLocal,
          write: writeLocal,
          keys: localKeys,
        })
  return store
}

/** The protocol of the WebSocket; a wrapped app adds its session, since a page cannot send headers with it. */
export function socketProtocols(): string[] {
  const token = wrapped()?.token
  return token === undefined ? ['mc.v1'] : ['mc.v1', `bearer.${token}`]
}

/** Adapts a WebSocket to its port: the handler types of the DOM are wider than the port's. */
export function socketOf(socket: WebSocket): SocketLike {
  return {
    get readyState() {
      return socket.readyState
    },
    set onopen(run: SocketLike['onopen']) {
      socket.onopen = run
    },
    set onmessage(run: SocketLike['onmessage']) {
      socket.onmessage = run
    },
    set onclose(run: SocketLike['onclose']) {
      socket.onclose = run
    },
    send: (text) => socket.send(text),
    close: () => socket.close(),
  }
}

/**
 * Opens an event source over fetch. The browser's own EventSource hides comments, so a heartbeat that fails to appear would
 * go unnoticed.
 */
export function openSource(url: string): SourceLike {
  let onactivity: SourceLike['onactivity'] = null
  const fetchNoting: FetchLike = async (input, init) => {
    const { body, url, status, redirected, headers } = await fetch(input, {
      ...init,
      ...credentials(),
      headers: { ...init?.headers, ...bearer() },
    })
    const noting = new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, out) {
        onactivity?.()
        out.enqueue(chunk)
      },
    })
    return { body: body?.pipeThrough(noting) ?? null, url, status, redirected, headers }
  }
  const source = new EventSource(url, { fetch: fetchNoting })
  return {
    get onactivity() {
      return onactivity
    },
    set onactivity(run: SourceLike['onactivity']) {
      onactivity = run
    },
    get readyState() {
      return source.readyState
    },
    set onopen(run: SourceLike['onopen']) {
      source.onopen = run
    },
    set onmessage(run: SourceLike['onmessage']) {
      source.onmessage = run
    },
    set onerror(run: SourceLike['onerror']) {
      source.onerror = run
    },
    close: () => source.close(),
  }
}

export function broadcastOf(channel: BroadcastChannel): BroadcastLike {
  return {
    set onmessage(run: BroadcastLike['onmessage']) {
      channel.onmessage = run
    },
    postMessage: (message) => channel.postMessage(message),
    close: () => channel.close(),
  }
}
