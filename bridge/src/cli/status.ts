import { type Static, Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { Nullable } from '../../../src/contracts/schema.ts'
import type { Config } from '../config/config.ts'
import { counted, spanText } from '../health/words.ts'
import { FAILED } from './mistakes.ts'
import type { Print } from './print.ts'

/** The health report as far as it is shown. Another program may listen at the address, so the answer is checked. */
const Report = Type.Object({
  status: Type.String(),
  reasons: Type.Array(Type.String()),
  version: Type.String(),
  uptime_seconds: Type.Number(),
  agents: Type.Array(
    Type.Object({
      name: Type.String(),
      org_slug: Type.String(),
      status: Type.String(),
      stream: Type.Object({ mode: Type.String() }),
      last_event_age_seconds: Nullable(Type.Number()),
      sessions: Type.Number(),
      queue: Type.Number(),
      working_turns: Type.Number(),
    }),
  ),
  gateway: Type.Object({ status: Type.String(), version: Nullable(Type.String()) }),
  server: Type.Object({ reachable: Type.Boolean(), version: Nullable(Type.String()) }),
  state: Type.Object({ unfinished: Type.Number(), oldest_unsent_seconds: Nullable(Type.Number()) }),
})
type Report = Static<typeof Report>

/** A running bridge answers at once; one that does not within this time is not well. */
const TIMEOUT_MS = 5_000

/** Shows what a running bridge does. Returns 0 when all is well, else 1. */
export async function statusCommand({ health }: Config, json: boolean, print: Print): Promise<number> {
  const url = `${healthUrl(health)}/health`
  const body = await ask(url)
  if (body === undefined) {
    print.err(`No bridge answers at ${url}. Start one with: mc-bridge run`)
    return FAILED
  }
  if (!Value.Check(Report, body)) {
    print.err(`What answers at ${url} is no bridge. Is health.port of another program?`)
    return FAILED
  }
  print.out(json ? JSON.stringify(body, null, 2) : reportText(body))
  return body.status === 'ok' ? 0 : FAILED
}

/** The report; null for an answer that is no JSON, undefined without an answer. */
async function ask(url: string): Promise<unknown> {
  let response: Response
  try {
    response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS), redirect: 'manual' })
  } catch {
    // Nobody listens, or whoever does says nothing.
    return undefined
  }
  return await response.json().catch(() => null)
}

/** The address of the health report as this machine reaches it: one that stands for all addresses is that of loopback. */
export function healthUrl({ host, port }: Config['health']): string {
  const reachable = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host
  return `http://${reachable.includes(':') ? `[${reachable}]` : reachable}:${port}`
}

function reportText(report: Report): string {
  const { gateway, server, state } = report
  return [
    `mc-bridge ${report.version}, up for ${spanText(report.uptime_seconds * 1_000)}: ${report.status}`,
    ...report.reasons.map((reason) => `  - ${reason}`),
    '',
    `Mission Control  ${server.reachable ? 'reachable' : 'not reachable'}${versionText(server.version)}`,
    `Gateway          ${gateway.status}${versionText(gateway.version)}`,
    `Waiting          ${waiting(state)}`,
    '',
    ...table(report.agents.map(agentRow)),
  ].join('\n')
}

const versionText = (version: string | null) => (version === null ? '' : `, version ${version}`)

function waiting({ unfinished, oldest_unsent_seconds }: Report['state']): string {
  if (unfinished === 0) return 'nothing'
  const age =
    oldest_unsent_seconds === null ? '' : `, the oldest for ${spanText(oldest_unsent_seconds * 1_000)}`
  return `${counted(unfinished, 'message')}${age}`
}

function agentRow(agent: Report['agents'][number]): string[] {
  const seen = agent.last_event_age_seconds
  return [
    agent.name,
    agent.org_slug,
    agent.status === 'ok' ? agent.stream.mode : `${agent.status}, ${agent.stream.mode}`,
    `${agent.working_turns} working, ${agent.queue} waiting`,
    counted(agent.sessions, 'session'),
    seen === null ? 'no event yet' : `last event ${spanText(seen * 1_000)} ago`,
  ]
}

/** Rows with columns of equal width. */
function table(rows: string[][]): string[] {
  const widths = (rows[0] ?? []).map((_, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0)))
  return rows.map((row) =>
    row
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join('   ')
      .trimEnd(),
  )
}
