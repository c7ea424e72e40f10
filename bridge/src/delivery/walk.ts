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
      return open.row.kind === 'command'
        ? await workers.commands.run(open, signal)
        : await workers.turns.run(open, signal)
    case 'answered':
      return await workers.outbox.post(open)
    case 'posted': {
      const report = reportOf(open.row)
      if (report?.state === 'failed' && open.ended_before) return await endAgain(open, report, workers)
      if (report) await workers.reports.end(open.row, report)
      return open.apply({ type: 'reported' })
    }
    case 'done':
      return
  }
}

/** The server may know of the failure already, and a person have set the delivery back: then it is not failed again. */
async function endAgain(open: OpenRow, report: Report, { again, reports }: Workers): Promise<void> {
  const asked = await again.isAsked(open.row)
  if (!asked) await reports.end(open.row, report)
  open.apply({ type: 'reported' })
  if (asked) again.take(open.row)
}
