/**
 * Posts at a fixed rate whatever the answers are, in a process of its own: the load of `bun run chaos --overload`. Reads
 * {@link OverloadPlan} from standard input and prints {@link OverloadResult} as one line.
 */
import { RETRYABLE } from '../writers.ts'

export interface OverloadPlan {
  urls: string[]
  org: string
  headers: Record<string, string>
  channels: string[]
  /** In front of each text. */
  name: string
  /** Requests a second; without it each of `callers` has one request under way. */
  rate?: number
  callers?: number
  seconds: number
}

export interface OverloadResult {
  sent: number
  seconds: number
  /** Number of the message, its id and seq. */
  acks: [number, string, number][]
  /** Numbers of messages that were refused as not stored. */
  refused: number[]
  /** Answers by status and code. */
  answers: Record<string, number>
  /** Retryable answers without Retry-After. */
  without_retry_after: number
}

const ANSWER_MS = 15_000
const TICK_MS = 10

if (import.meta.main)
  console.log(JSON.stringify(await load(JSON.parse(await Bun.stdin.text()) as OverloadPlan)))

async function load(plan: OverloadPlan): Promise<OverloadResult> {
  const began_at = performance.now()
  const result: OverloadResult = {
    ...{ sent: 0, seconds: 0, acks: [], refused: [], answers: {} },
    without_retry_after: 0,
  }
  const going = () => performance.now() - began_at < plan.seconds * 1_000
  const open = new Set<Promise<void>>()
  const send = () => {
    const one = post(plan, result.sent++, result).finally(() => open.delete(one))
    open.add(one)
    return one
  }
  if (plan.rate === undefined)
    await Promise.all(Array.from({ length: plan.callers ?? 1 }, () => repeat(going, send)))
  else
    for (; going(); await Bun.sleep(TICK_MS)) {
      const due = ((performance.now() - began_at) / 1_000) * plan.rate
      while (result.sent < due) void send()
    }
  result.seconds = (performance.now() - began_at) / 1_000
  await Promise.all(open)
  return result
}

async function repeat(going: () => boolean, send: () => Promise<void>): Promise<void> {
  while (going()) await send()
}

async function post(plan: OverloadPlan, n: number, result: OverloadResult): Promise<void> {
  const { urls, org, headers, channels, name } = plan
  const note = (answer: string) => {
    result.answers[answer] = (result.answers[answer] ?? 0) + 1
  }
  try {
    const path = `/api/v1/orgs/${org}/channels/${channels[n % channels.length]}/messages`
    const answer = await fetch(urls[n % urls.length] + path, {
      method: 'POST',
      headers: { ...headers, 'Content-Type': 'application/json' },
      body: JSON.stringify({ content: `${name} ${n}`, client_id: `${name} ${n}` }),
      signal: AbortSignal.timeout(ANSWER_MS),
    })
    const body = (await answer.json()) as { id: string; seq: number; error?: { code: string } }
    note(`${answer.status} ${body.error?.code ?? ''}`.trim())
    if (answer.ok) result.acks.push([n, body.id, body.seq])
    if (!RETRYABLE.has(answer.status)) return
    if (!answer.headers.has('retry-after')) result.without_retry_after++
    if (body.error?.code !== 'OUTCOME_UNKNOWN') result.refused.push(n)
  } catch {
    // Refused by the kernel, or without an answer in time: whether it was stored is not known.
    note('none')
  }
}
