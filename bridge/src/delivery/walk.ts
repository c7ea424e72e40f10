import type { Row } from '../state/port.ts'
import type { CommandRunner } from './command-runner.ts'
import type { OpenRow } from './open-row.ts'
import type { Outbox } from './outbox.ts'
import type { Reports } from './reports.ts'
import { type Report, reportOf } from './steps.ts'
import type { TurnRunner } from './turn-runner.ts'

/** Who works on which step. */
export interface Workers {
  turns: TurnRunner
  commands: CommandRunner
  outbox: Outbox
  reports: Reports
  sub_agents: {
    /** The turn of a sub-agent, which ends with the sub-agent. Rejects with `SubAgentOver` then. */
    during(row: Row, signal: AbortSignal, work: (signal: AbortSignal) => Promise<void>): Promise<void>
    /** Tells the server how the turn ended; without effect for a sub-agent that has ended. */
    end(row: Row): Promise<void>
    /** The row is done: its session is of no use any more. */
    over(row: Row): void
  }
  again: {
    /** Whether a person asked again after a row had failed. Rejects with `ServerAway` or `KeyRefused`. */
    isAsked(row: Row): Promise<boolean>
    /** The row is over, and its message waits for another one. */
    take(row: Row): void
  }
}

/** Brings a row from its step to its end. Rejects where it meets a fault; a later call goes on from there. */
export async function walk(open: OpenRow, workers: Workers, signal: AbortSignal): Promise<void> {
  while (open.row.step !== 'done') {
    signal.throwIfAborted()
    await takeStep(open, workers, signal)
  }
}

async function takeStep(open: OpenRow, workers: Workers, signal: AbortSignal): Promise<void> {
  switch (open.row.step) {
    case 'received':
    case 'submitted':
    case 'accepted':
      if (open.row.kind === 'command') return await workers.commands.run(open, signal)
      if (open.row.kind !== 'sub_agent') return await workers.turns.run(open, signal)
      return await workers.sub_agents.during(open.row, signal, (until) => workers.turns.run(open, until))
    case 'answered':
      return await workers.outbox.post(open)
    case 'posted': {
      if (open.row.kind === 'sub_agent') return await endSubAgent(open, workers)
      const report = reportOf(open.row)
      if (report?.state === 'failed' && open.ended_before) return await endAgain(open, report, workers)
      if (report) await workers.reports.end(open.row, report)
      return open.apply({ type: 'reported' })
    }
    case 'done':
      return
  }
}

async function endSubAgent(open: OpenRow, { sub_agents }: Workers): Promise<void> {
  await sub_agents.end(open.row)
  open.apply({ type: 'reported' })
  sub_agents.over(open.row)
}

/** The server may know of the failure already, and a person have set the delivery back: then it is not failed again. */
async function endAgain(open: OpenRow, report: Report, { again, reports }: Workers): Promise<void> {
  const asked = await again.isAsked(open.row)
  if (!asked) await reports.end(open.row, report)
  open.apply({ type: 'reported' })
  if (asked) again.take(open.row)
}
