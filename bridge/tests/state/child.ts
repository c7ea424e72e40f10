/**
 * Works on a state file until it is killed, and says each thing on standard output once it is stored: `r <n>` for an event
 * with its row, `m <id> <step>` for a move.
 */
import { writeSync } from 'node:fs'
import { openState } from '../../src/state/open.ts'
import { STEPS, type Step } from '../../src/state/port.ts'
import { message } from './rows.ts'

const say = (line: string) => writeSync(1, `${line}\n`)
const state = openState(process.argv[2] ?? '')
say('open')

const NEXT: Record<Step, Step> = {
  received: 'submitted',
  submitted: 'accepted',
  accepted: 'answered',
  answered: 'posted',
  posted: 'done',
  done: 'done',
}
let n = Number(state.cursor('scout')?.slice('log.'.length) ?? 0)
for (;;) {
  n += 1
  state.receive('scout', `log.${n}`, message(`e${n}`, { seq: n, text: 'x'.repeat((n * 997) % 9_000) }))
  say(`r ${n}`)
  for (const row of state.unfinished('scout').slice(0, 3)) {
    const to = NEXT[row.step]
    state.advance(row, to, to === 'answered' ? { answer: 'y'.repeat((n * 991) % 9_000), text: '' } : {})
    say(`m ${row.id} ${STEPS.indexOf(to)}`)
  }
}
