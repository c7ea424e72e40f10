import type { Message } from '../../../src/contracts/resources.ts'
import { isCaughtUp } from '../check.ts'
import type { StoredOrg, View } from '../history.ts'
import { randomFrom } from '../random.ts'
import { BridgeReader, type Envelope, type Reader, SseReader, seenEvent, WsReader } from '../readers.ts'
import type { Target } from '../target.ts'
import { RETRYABLE } from '../writers.ts'
import { channelsOf } from './orgs.ts'
import { type Stage, targetOf } from './stage.ts'

const GET_TRIES = 60
const GET_PAUSE_MS = 500

/** Opens so many WebSocket and SSE clients over all orgs; each third of the latter is the bridge's own client code. */
export function openAudience(stage: Stage, sockets: number, streams: number, seed: number): Reader[] {
  const place = (i: number) => {
    const org = stage.orgs[i % stage.orgs.length]!
    const is_inside = Math.floor(i / stage.orgs.length) % 2 === 0
    return { org, is_inside, random: randomFrom(seed + 104_729 * (i + 1)) }
  }
  const readers: Reader[] = []
  for (let i = 0; i < sockets; i++) {
    const { org, is_inside, random } = place(i)
    const target = targetOf(stage, org, is_inside, random)
    readers.push(new WsReader(`socket ${i} of ${org.slug}`, target, channelsOf(org, is_inside)))
  }
  for (let i = 0; i < streams; i++) {
    const { org, is_inside, random } = place(i)
    const target = targetOf(stage, org, is_inside, random)
    if (i % 3 === 2) {
      const channels = channelsOf(org, true)
      readers.push(new BridgeReader(`bridge ${i} of ${org.slug}`, target, org.agent.key, channels))
    } else readers.push(new SseReader(`stream ${i} of ${org.slug}`, target, channelsOf(org, is_inside)))
  }
  return readers
}

/** Waits until every client has reached the end of its org, or until none has seen anything new for so long. */
export async function caughtUp(
  views: readonly View[],
  stored: readonly StoredOrg[],
  silence_ms: number,
): Promise<void> {
  const orgs = new Map(stored.map((org) => [org.org_id, org]))
  const total = () => views.reduce((sum, { seen }) => sum + seen.length, 0)
  for (let last = total(), since = performance.now(); performance.now() - since < silence_ms; ) {
    if (views.every((view) => isCaughtUp(view, orgs.get(view.org_id)!))) return
    await Bun.sleep(250)
    if (total() === last) continue
    last = total()
    since = performance.now()
  }
}

/** What the lists of messages and of events answer at the end, as two more clients of each org. */
export async function readPages(stage: Stage, random: () => number): Promise<View[]> {
  return await Promise.all(
    stage.orgs.flatMap((org) => {
      const channels = channelsOf(org, true)
      const target = targetOf(stage, org, true, random)
      const view = (name: string, of: View['of']): View => ({
        ...{ name: `${name} of ${org.slug}`, org_id: org.id, of },
        ...{ channels: new Set(channels), seen: [], connects: 1 },
      })
      return [
        messagePages(view('pages of messages', 'messages'), target, channels),
        eventPages(view('pages of events', 'events'), target),
      ]
    }),
  )
}

async function messagePages(view: View, target: Target, channels: readonly string[]): Promise<View> {
  for (const channel_id of channels) {
    const newest_first = await all<Message>(target, `/channels/${channel_id}/messages?limit=200`)
    for (const { seq, id, content } of newest_first.toReversed())
      view.seen.push({ kind: 'message', channel_id, seq, id, content })
  }
  return view
}

async function eventPages(view: View, target: Target): Promise<View> {
  for (const event of await all<Envelope>(target, '/events?order=asc&limit=200'))
    view.seen.push(seenEvent(event))
  return view
}

async function all<T>(target: Target, path: string): Promise<T[]> {
  const found: T[] = []
  for (let cursor = ''; ; ) {
    const page = await get<{ data: T[]; next_cursor: string | null }>(
      target,
      path + (cursor && `&cursor=${cursor}`),
    )
    found.push(...page.data)
    if (page.next_cursor === null) return found
    cursor = page.next_cursor
  }
}

/** A node that is busy says 503, and a kept connection may be over: the same request again, as any client does. */
async function get<T>(target: Target, path: string): Promise<T> {
  for (let tries = 1; ; tries++) {
    const { status, text } = await tried(target, path)
    if (status === 200) return JSON.parse(text) as T
    if ((status !== 0 && !RETRYABLE.has(status)) || tries === GET_TRIES)
      throw new Error(`GET ${path}: ${status} ${text}`)
    await Bun.sleep(GET_PAUSE_MS)
  }
}

async function tried({ url, org, headers }: Target, path: string): Promise<{ status: number; text: string }> {
  try {
    const answer = await fetch(`${url()}/api/v1/orgs/${org}${path}`, { headers })
    return { status: answer.status, text: await answer.text() }
  } catch (error) {
    return { status: 0, text: String(error) }
  }
}
