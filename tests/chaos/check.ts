import {
  type Broken,
  EVENT_OF,
  type Fact,
  type History,
  type Promised,
  type StoredEvent,
  type StoredMessage,
  type StoredOrg,
  type View,
} from './history.ts'

/**
 * Compares what was acknowledged and seen with what is stored. None means that nothing was lost, doubled, reordered,
 * invented, shown to the wrong client or written by a node that had lost the org.
 */
export function check({ facts, views, stored }: History): Broken[] {
  const orgs = new Map(stored.map((org) => [org.org_id, org]))
  const owners = new Map<string, string>()
  for (const { org_id, channels, tasks } of stored) {
    for (const messages of channels.values()) for (const { id } of messages) owners.set(id, org_id)
    for (const { id } of tasks) owners.set(id, org_id)
  }
  return [
    ...stored.flatMap((org) => [...checkNumbers(org), ...checkLog(org), ...checkFencing(org)]),
    ...checkFacts(facts, stored),
    ...views.flatMap((view) => checkView(view, orgs.get(view.org_id), owners)),
  ]
}

export function countByPromise(broken: readonly Broken[]): Map<Promised, number> {
  const counts = new Map<Promised, number>()
  for (const { promise } of broken) counts.set(promise, (counts.get(promise) ?? 0) + 1)
  return counts
}

/** Whether a client has reached the end of what is stored for it; it may still have missed something before. */
export function isCaughtUp(view: View, org: StoredOrg): boolean {
  if (view.of === 'events') {
    const last = org.events.findLast((event) => isExpected(event, view))
    const reached = view.seen.findLast((seen) => seen.kind === 'event')
    return last === undefined || (reached?.kind === 'event' && reached.sequence >= last.sequence)
  }
  const reached = new Map<string, number>()
  for (const seen of view.seen) if (seen.kind === 'message') reached.set(seen.channel_id, seen.seq)
  return [...view.channels].every((id) => (reached.get(id) ?? 0) >= (org.channels.get(id)?.at(-1)?.seq ?? 0))
}

/** `sequence` and each channel's `seq` are contiguous from 1 up to the stored heads. */
function checkNumbers({ org_id, head, events, channels, last_seqs }: StoredOrg): Broken[] {
  const broken: Broken[] = []
  const bad = (what: string) => broken.push({ promise: 'numbering', what: `org ${org_id}: ${what}` })
  events.forEach(({ sequence }, i) => {
    const before = events[i - 1]?.sequence ?? 0
    if (sequence !== before + 1) bad(`in the log ${sequence} follows ${before}`)
  })
  if (head !== (events.at(-1)?.sequence ?? 0))
    bad(`the head is ${head}, the log ends with ${events.at(-1)?.sequence}`)
  for (const [channel_id, messages] of channels)
    messages.forEach(({ seq }, i) => {
      const before = messages[i - 1]?.seq ?? 0
      if (seq !== before + 1) bad(`in channel ${channel_id} seq ${seq} follows ${before}`)
    })
  for (const [channel_id, last_seq] of last_seqs) {
    const last = channels.get(channel_id)?.at(-1)?.seq ?? 0
    if (last_seq !== last) bad(`channel ${channel_id} says last_seq ${last_seq}, its last message is ${last}`)
  }
  return broken
}

/** Every message has one event, in the order of its channel; every task one event of its creation. */
function checkLog({ org_id, events, channels, tasks }: StoredOrg): Broken[] {
  const broken: Broken[] = []
  const bad = (what: string) => broken.push({ promise: 'unlogged', what: `org ${org_id}: ${what}` })
  const logged = new Map<string, StoredEvent[]>()
  const created = new Map<string, number>()
  for (const event of events) {
    if (event.type === 'message.created' && event.channel_id !== null) append(logged, event.channel_id, event)
    if (event.type === 'task.created' && event.id !== null)
      created.set(event.id, (created.get(event.id) ?? 0) + 1)
  }
  for (const [channel_id, messages] of channels) {
    const found = logged.get(channel_id) ?? []
    if (found.length !== messages.length)
      bad(`channel ${channel_id} has ${messages.length} messages and ${found.length} events`)
    const at = messages.findIndex((message, i) => found[i]?.id !== message.id)
    if (at >= 0) bad(`message ${messages[at]?.seq} of channel ${channel_id} is not the next one in the log`)
  }
  for (const { id, title } of tasks) {
    const times = created.get(id) ?? 0
    if (times !== 1) bad(`task "${title}" has ${times} events of its creation`)
  }
  return broken
}

/** Every row was written by the node that had taken the epoch of the head row, and epochs only grow. */
function checkFencing({ org_id, writes, takes }: StoredOrg): Broken[] {
  const broken: Broken[] = []
  const bad = (what: string) => broken.push({ promise: 'fencing', what: `org ${org_id}: ${what}` })
  const takers = new Map<number, string>()
  for (const { epoch, node } of takes) {
    const before = takers.get(epoch)
    if (before !== undefined) bad(`epoch ${epoch} was taken by ${before} and by ${node}`)
    takers.set(epoch, node)
  }
  let last = 0
  for (const { sequence, epoch, node } of writes) {
    if (epoch < last) bad(`${sequence} was written at epoch ${epoch}, the one before at ${last}`)
    last = epoch
    const taker = takers.get(epoch)
    if (taker !== undefined && taker !== node)
      bad(`${sequence} was written by ${node} at epoch ${epoch}, which ${taker} had taken`)
  }
  return broken
}

/** What of a fact is in the database. */
interface Place {
  id: string
  number: number | null
  channel_id: string | null
}

/** Each acknowledged fact is stored once, where it was acknowledged; nothing is stored that nobody sent. */
function checkFacts(facts: readonly Fact[], stored: readonly StoredOrg[]): Broken[] {
  const broken: Broken[] = []
  const bad = (promise: Promised, what: string) => broken.push({ promise, what })
  const places = new Map(stored.map((org) => [org.org_id, placesOf(org)]))
  for (const fact of facts) {
    const { org_id, kind, mark, channel_id, acks, refused } = fact
    const name = `${kind} "${mark}"`
    const key = `${kind} ${mark}`
    const found = places.get(org_id)?.get(key) ?? []
    places.get(org_id)?.delete(key)
    const [ack] = acks
    if (refused !== undefined) bad('refused', `${name} was refused: ${refused}`)
    if (found.length > 1) bad('doubled', `${name} is stored ${found.length} times`)
    if (!ack) {
      if (refused === undefined) bad('unanswered', `${name} was never acknowledged`)
      continue
    }
    const other = acks.find(({ id, number }) => id !== ack.id || number !== ack.number)
    if (other) bad('two answers', `${name} was acknowledged as ${ack.number} and as ${other.number}`)
    const [place] = found
    if (!place) bad('lost', `${name} was acknowledged as ${ack.number} and is not stored`)
    else if (place.id !== ack.id || (place.number !== null && place.number !== ack.number))
      bad('misplaced', `${name} was acknowledged as ${ack.number} and is stored as ${place.number}`)
    else if (kind === 'message' && place.channel_id !== channel_id)
      bad('misplaced', `${name} is stored in another channel`)
  }
  for (const rest of places.values())
    for (const key of rest.keys()) bad('invented', `${key} is stored and was never sent`)
  return broken
}

function placesOf({ events, channels, tasks }: StoredOrg): Map<string, Place[]> {
  const places = new Map<string, Place[]>()
  const note = (key: string, place: Place) => append(places, key, place)
  for (const [channel_id, messages] of channels)
    for (const { id, seq, content } of messages) note(`message ${content}`, { id, number: seq, channel_id })
  for (const { id, title } of tasks) note(`task ${title}`, { id, number: null, channel_id: null })
  for (const { type, mark, id } of events)
    if (type === EVENT_OF.transition && mark !== null && id !== null)
      note(`transition ${mark}`, { id, number: null, channel_id: null })
  return places
}

function append<T>(lists: Map<string, T[]>, key: string, one: T): void {
  const list = lists.get(key)
  if (list) list.push(one)
  else lists.set(key, [one])
}

const FACT_TYPES: ReadonlySet<string> = new Set(Object.values(EVENT_OF))

/** Whether a stream of this client has to carry an event. */
function isExpected(event: StoredEvent, { channels }: View): boolean {
  if (!FACT_TYPES.has(event.type)) return false
  return event.channel_id === null || channels.has(event.channel_id)
}

/** One thing that a client saw or had to see, with its place in one of the orders that it follows. */
interface Item {
  /** The channel of a message; one order for all events. */
  order: string
  number: number
  id: string | null
  text: string
}

/** A client saw what is stored for it: all of it, once, in order, unaltered, and nothing else. */
function checkView(view: View, org: StoredOrg | undefined, owners: ReadonlyMap<string, string>): Broken[] {
  const broken: Broken[] = []
  const bad = (promise: Promised, what: string) => broken.push({ promise, what: `${view.name} ${what}` })
  const allowed = new Map<string, Item>()
  const awaited = new Set<string>()
  for (const [item, expected] of org ? itemsFor(view, org) : []) {
    const key = `${item.order} ${item.number}`
    allowed.set(key, item)
    if (expected) awaited.add(key)
  }
  const seen = new Set<string>()
  const last = new Map<string, number>()
  for (const one of view.seen) {
    if (one.kind === 'reset') {
      bad('reset', `lost its position: ${one.reason}`)
      continue
    }
    const item = one.kind === 'message' ? itemOf(one.channel_id, one) : eventItem(one)
    const key = `${item.order} ${item.number}`
    const name = `${item.order === EVENTS ? 'event' : `message of ${item.order}`} ${item.number} "${item.text}"`
    const owner = one.id === null ? undefined : owners.get(one.id)
    if (
      (owner !== undefined && owner !== view.org_id) ||
      (one.channel_id !== null && !view.channels.has(one.channel_id))
    ) {
      bad('foreign', `saw ${name}, which is not for it`)
      continue
    }
    const stored = allowed.get(key)
    if (!stored) bad('altered', `saw ${name}, which is not stored`)
    else if (stored.id !== item.id || stored.text !== item.text)
      bad('altered', `saw ${name}, stored is "${stored.text}"`)
    if (seen.has(key)) bad('repeated', `saw ${name} again`)
    else if (item.number < (last.get(item.order) ?? 0))
      bad('reordered', `saw ${name} after ${last.get(item.order)}`)
    seen.add(key)
    last.set(item.order, Math.max(item.number, last.get(item.order) ?? 0))
  }
  const missing = [...awaited].filter((key) => !seen.has(key))
  for (const key of missing) bad('missing', `did not see ${key} "${allowed.get(key)?.text}"`)
  return broken
}

const EVENTS = 'event'

function itemOf(channel_id: string, { seq, id, content }: StoredMessage): Item {
  return { order: channel_id, number: seq, id, text: content }
}

function eventItem({ sequence, type, id, mark, channel_id, seq }: StoredEvent): Item {
  const text = FACT_TYPES.has(type) ? `${type} ${mark} ${channel_id} ${seq}` : type
  return { order: EVENTS, number: sequence, id: FACT_TYPES.has(type) ? id : null, text }
}

/** What a client may see, each with whether it has to. */
function itemsFor(view: View, org: StoredOrg): [Item, boolean][] {
  if (view.of === 'events') return org.events.map((event) => [eventItem(event), isExpected(event, view)])
  return [...view.channels].flatMap((channel_id) =>
    (org.channels.get(channel_id) ?? []).map((message): [Item, boolean] => [
      itemOf(channel_id, message),
      true,
    ]),
  )
}
