import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { check, countByPromise, isCaughtUp } from './check.ts'
import { EVENT_OF, type History, type Promised, type StoredOrg, type View } from './history.ts'

/** One step of a made-up run: a message into a channel of an org, a task, a transition of the last task, or another event. */
interface Step {
  org: number
  channel: number
  kind: 'message' | 'task' | 'transition' | 'other'
  /** How often the change was sent and acknowledged. */
  tries: number
}

const CHANNELS = 3

/** The run of these steps without a fault: every change acknowledged and stored, every client with all of it. */
function historyOf(orgs_count: number, steps: readonly Step[]): History {
  const stored = Array.from({ length: orgs_count }, (_, o): StoredOrg => {
    const channels = Array.from({ length: CHANNELS }, (__, c): [string, []] => [`o${o}c${c}`, []])
    const empty = { events: [], tasks: [], head: 0 }
    const takes = [{ epoch: 1, node: 'n0' }]
    return { org_id: `o${o}`, channels: new Map(channels), last_seqs: new Map(), writes: [], takes, ...empty }
  })
  const facts: History['facts'] = []
  steps.forEach(({ org: o, channel: c, kind, tries }, n) => {
    const org = stored[o % orgs_count]!
    const channel_id = `${org.org_id}c${c % CHANNELS}`
    const sequence = ++org.head
    org.writes.push({ sequence, epoch: 1, node: 'n0' })
    const task = org.tasks.at(-1)
    if (kind === 'other' || (kind === 'transition' && !task)) {
      const event = { sequence, type: 'user.created', mark: null, id: null, channel_id: null, seq: null }
      org.events.push(event)
      return
    }
    const mark = `${kind} ${n} of ${org.org_id}`
    const messages = org.channels.get(channel_id)!
    const id = kind === 'transition' ? task!.id : `id${n}`
    const seq = kind === 'message' ? messages.length + 1 : null
    const of = kind === 'message' ? channel_id : null
    org.events.push({ sequence, type: EVENT_OF[kind], mark, id, channel_id: of, seq })
    if (seq !== null) {
      messages.push({ seq, id, content: mark })
      org.last_seqs.set(channel_id, seq)
    }
    if (kind === 'task') org.tasks.push({ id, title: mark })
    const ack = { id, number: seq ?? n }
    facts.push({ org_id: org.org_id, kind, mark, channel_id: of, acks: Array(tries).fill(ack) })
  })
  return { facts, stored, views: stored.flatMap(viewsOf) }
}

/** Two clients of each kind: one reads every channel, one does not read the last. */
function viewsOf(org: StoredOrg): View[] {
  const all = [...org.channels.keys()]
  return [all, all.slice(0, -1)].flatMap((ids, i): View[] => {
    const base = { org_id: org.org_id, channels: new Set(ids), connects: 1 }
    const messages = org.events.flatMap(({ channel_id, seq, id, mark }) =>
      channel_id !== null && seq !== null && id !== null && mark !== null && ids.includes(channel_id)
        ? [{ kind: 'message' as const, channel_id, seq, id, content: mark }]
        : [],
    )
    const events = org.events
      .filter(({ channel_id }) => channel_id === null || ids.includes(channel_id))
      .map((event) => ({ kind: 'event' as const, ...event }))
    return [
      { ...base, name: `socket ${i} of ${org.org_id}`, of: 'messages', seen: messages },
      { ...base, name: `stream ${i} of ${org.org_id}`, of: 'events', seen: events },
    ]
  })
}

const step = fc.record({
  org: fc.nat(),
  channel: fc.nat(),
  kind: fc.constantFrom<Step['kind']>('message', 'message', 'message', 'task', 'transition', 'other'),
  tries: fc.integer({ min: 1, max: 3 }),
})
const histories = fc
  .tuple(fc.integer({ min: 1, max: 3 }), fc.array(step, { maxLength: 60 }))
  .map(([orgs_count, steps]) => historyOf(orgs_count, steps))

/** A choice among things by a number. */
function chosen<T>(from: readonly T[], n: number): T | undefined {
  return from[n % Math.max(1, from.length)]
}

/** Breaks a history in one place chosen by `n`; false when it has no such place. */
type Fault = (history: History, n: number) => boolean

const channelsWith = (history: History, min: number) =>
  history.stored.flatMap((org) =>
    [...org.channels.values()]
      .filter((messages) => messages.length >= min)
      .map((messages) => ({ org, messages })),
  )
const viewsWith = (history: History, of: View['of'], min: number) =>
  history.views.filter((view) => view.of === of && view.seen.length >= min)
/** Neighbours in one order of a view. */
const pairsOf = ({ seen }: View) =>
  seen.flatMap((one, i) => {
    const next = seen[i + 1]
    if (one.kind === 'message')
      return next?.kind === 'message' && next.channel_id === one.channel_id ? [i] : []
    return next ? [i] : []
  })
const isFact = (seen: View['seen'][number]) =>
  seen.kind === 'message' || (seen.kind === 'event' && seen.mark !== null)

const FAULTS: Record<string, [Promised, Fault]> = {
  'a lost message': [
    'lost',
    (history, n) => {
      const at = chosen(channelsWith(history, 1), n)
      at?.messages.splice(n % at.messages.length, 1)
      return at !== undefined
    },
  ],
  'a lost task': [
    'lost',
    (history, n) =>
      chosen(
        history.stored.filter(({ tasks }) => tasks.length > 0),
        n,
      )?.tasks.pop() !== undefined,
  ],
  'a lost event': [
    'numbering',
    (history, n) => {
      const org = chosen(
        history.stored.filter(({ events }) => events.length > 0),
        n,
      )
      org?.events.splice(n % org.events.length, 1)
      return org !== undefined
    },
  ],
  'a doubled message': [
    'doubled',
    (history, n) => {
      const at = chosen(channelsWith(history, 1), n)
      if (!at) return false
      const message = chosen(at.messages, n)!
      at.messages.push({ ...message, id: 'again', seq: at.messages.length + 1 })
      return true
    },
  ],
  'a doubled task': [
    'doubled',
    (history, n) => {
      const org = chosen(
        history.stored.filter(({ tasks }) => tasks.length > 0),
        n,
      )
      org?.tasks.push({ ...org.tasks[0]!, id: 'again' })
      return org !== undefined
    },
  ],
  'two messages in each other’s place': [
    'misplaced',
    (history, n) => {
      const at = chosen(channelsWith(history, 2), n)
      if (!at) return false
      const i = n % (at.messages.length - 1)
      const [a, b] = [at.messages[i]!, at.messages[i + 1]!]
      at.messages[i] = { ...b, seq: a.seq }
      at.messages[i + 1] = { ...a, seq: b.seq }
      return true
    },
  ],
  'a seq that is given twice': [
    'numbering',
    (history, n) => {
      const at = chosen(channelsWith(history, 2), n)
      if (!at) return false
      at.messages[at.messages.length - 1]!.seq--
      return true
    },
  ],
  'a head that is behind its log': [
    'numbering',
    (history, n) => {
      const org = chosen(
        history.stored.filter(({ head }) => head > 0),
        n,
      )
      if (org) org.head--
      return org !== undefined
    },
  ],
  'a message without its event': [
    'unlogged',
    (history, n) => {
      const org = chosen(
        history.stored.filter(({ events }) => events.some(({ seq }) => seq !== null)),
        n,
      )
      const event = org?.events.find(({ seq }) => seq !== null)
      if (event)
        Object.assign(event, { type: 'user.created', mark: null, id: null, channel_id: null, seq: null })
      return event !== undefined
    },
  ],
  'a message of nobody': [
    'invented',
    (history, n) => {
      const at = chosen(channelsWith(history, 0), n)
      at?.messages.push({ id: 'x', seq: at.messages.length + 1, content: 'of nobody' })
      return at !== undefined
    },
  ],
  'a retry with another answer': [
    'two answers',
    (history, n) => {
      const fact = chosen(history.facts, n)
      fact?.acks.push({ id: 'other', number: 77 })
      return fact !== undefined
    },
  ],
  'a change that nobody answers': [
    'unanswered',
    (history, n) => {
      const fact = chosen(history.facts, n)
      if (fact) fact.acks = []
      return fact !== undefined
    },
  ],
  'a change that is refused': [
    'refused',
    (history, n) => {
      const fact = chosen(history.facts, n)
      if (fact) fact.refused = '404'
      return fact !== undefined
    },
  ],
  'a write of a node that lost the org': [
    'fencing',
    (history, n) => {
      const org = chosen(
        history.stored.filter(({ writes }) => writes.length > 0),
        n,
      )
      if (!org) return false
      chosen(org.writes, n)!.node = 'n1'
      return true
    },
  ],
  'a write at an old epoch': [
    'fencing',
    (history, n) => {
      const org = chosen(
        history.stored.filter(({ writes }) => writes.length > 1),
        n,
      )
      if (!org) return false
      org.takes.push({ epoch: 2, node: 'n0' })
      org.writes[n % (org.writes.length - 1)]!.epoch = 2
      return true
    },
  ],
  'a message that a socket missed': ['missing', (history, n) => drop(history, 'messages', n)],
  'an event that a stream missed': ['missing', (history, n) => drop(history, 'events', n)],
  'a message that a socket saw twice': ['repeated', (history, n) => repeat(history, 'messages', n)],
  'an event that a stream saw twice': ['repeated', (history, n) => repeat(history, 'events', n)],
  'messages in another order': ['reordered', (history, n) => swap(history, 'messages', n)],
  'events in another order': ['reordered', (history, n) => swap(history, 'events', n)],
  'a message of another org': [
    'foreign',
    (history, n) => {
      const [from, to] = [chosen(viewsWith(history, 'messages', 1), n), history.views]
      const view = from && to.find(({ of, org_id }) => of === 'messages' && org_id !== from.org_id)
      view?.seen.splice(n % (view.seen.length + 1), 0, chosen(from!.seen, n)!)
      return view !== undefined
    },
  ],
  'an event of another org': [
    'foreign',
    (history, n) => {
      const from = chosen(viewsWith(history, 'events', 1), n)
      const view = from && history.views.find(({ of, org_id }) => of === 'events' && org_id !== from.org_id)
      const seen = from?.seen.find(isFact)
      if (!view || !seen) return false
      view.seen.splice(n % (view.seen.length + 1), 0, seen)
      return true
    },
  ],
  'a message of a closed channel': ['foreign', (history) => reveal(history, 'messages')],
  'an event of a closed channel': ['foreign', (history) => reveal(history, 'events')],
  'a message with another text': [
    'altered',
    (history, n) => {
      const seen = chosen(viewsWith(history, 'messages', 1), n)?.seen[0]
      if (seen?.kind !== 'message') return false
      seen.content = 'something else'
      return true
    },
  ],
  'an event of another task': [
    'altered',
    (history, n) => {
      const facts = viewsWith(history, 'events', 1).flatMap(({ seen }) => seen.filter(isFact))
      const seen = chosen(facts, n)
      if (seen?.kind !== 'event') return false
      seen.id = 'something else'
      return true
    },
  ],
  'a position that was lost': [
    'reset',
    (history, n) => {
      const view = chosen(history.views, n)
      view?.seen.push({ kind: 'reset', reason: 'retention' })
      return view !== undefined
    },
  ],
}

function drop(history: History, of: View['of'], n: number): boolean {
  const view = chosen(
    viewsWith(history, of, 1).filter(({ seen }) => seen.some(isFact)),
    n,
  )
  const at = view ? view.seen.findIndex(isFact) : -1
  if (at >= 0) view?.seen.splice(at, 1)
  return at >= 0
}

function repeat(history: History, of: View['of'], n: number): boolean {
  const view = chosen(viewsWith(history, of, 1), n)
  if (!view) return false
  view.seen.splice(n % view.seen.length, 0, view.seen[n % view.seen.length]!)
  return true
}

function swap(history: History, of: View['of'], n: number): boolean {
  const view = chosen(
    viewsWith(history, of, 2).filter((one) => pairsOf(one).length > 0),
    n,
  )
  const at = view && chosen(pairsOf(view), n)
  if (!view || at === undefined) return false
  ;[view.seen[at], view.seen[at + 1]] = [view.seen[at + 1]!, view.seen[at]!]
  return true
}

/** Shows a client something of the channel that it does not read. */
function reveal(history: History, of: View['of']): boolean {
  for (const view of history.views) {
    if (view.of !== of || view.channels.size === CHANNELS) continue
    const whole = history.views.find(
      (other) => other.of === of && other.org_id === view.org_id && other.channels.size === CHANNELS,
    )
    const hidden = whole?.seen.find(
      (seen) => 'channel_id' in seen && seen.channel_id?.endsWith(`c${CHANNELS - 1}`),
    )
    if (!hidden) continue
    view.seen.push(hidden)
    return true
  }
  return false
}

test('a run without a fault has no broken promise, and every client has caught up', () => {
  fc.assert(
    fc.property(histories, (history) => {
      expect(check(history)).toEqual([])
      for (const view of history.views)
        expect(isCaughtUp(view, history.stored.find(({ org_id }) => org_id === view.org_id)!)).toBe(true)
    }),
  )
})

test.each(Object.keys(FAULTS))('the checker finds %s', (name) => {
  const [promise, fault] = FAULTS[name]!
  let found = 0
  fc.assert(
    fc.property(histories, fc.nat(), (history, n) => {
      fc.pre(fault(history, n))
      found++
      expect([...countByPromise(check(history)).keys()]).toContain(promise)
    }),
    { numRuns: 60, maxSkipsPerRun: 1_000 },
  )
  expect(found).toBeGreaterThan(0)
})

test('a client that lacks the last message of a channel has not caught up', () => {
  const steps: Step[] = ['message', 'task', 'message'].map((kind) => ({
    org: 0,
    channel: 0,
    kind: kind as Step['kind'],
    tries: 1,
  }))
  const history = historyOf(1, steps)
  for (const view of history.views) {
    view.seen.pop()
    expect(isCaughtUp(view, history.stored[0]!)).toBe(false)
  }
})
