/**
 * A state file in a process whose files may not grow over a size, as on a full disk. Commands by line on standard input:
 * `limit <bytes>` (`-1` for none), `row` and `move`; each is answered with a line of JSON.
 */
import { dlopen, FFIType } from 'bun:ffi'
import { statSync, writeSync } from 'node:fs'
import { openState } from '../../src/state/open.ts'
import { message } from './rows.ts'

const RLIMIT_FSIZE = 1
const SIGXFSZ = 25
const SIG_IGN = 1n
const libc = dlopen('libc.so.6', {
  setrlimit: { args: [FFIType.i32, FFIType.ptr], returns: FFIType.i32 },
  signal: { args: [FFIType.i32, FFIType.u64], returns: FFIType.u64 },
})
// Without it the kernel ends the process instead of refusing the write.
libc.symbols.signal(SIGXFSZ, SIG_IGN)

const path = process.argv[2] ?? ''
const state = openState(path)
const say = (value: unknown) => writeSync(1, `${JSON.stringify(value)}\n`)
let n = 0
say('open')

function attempt(work: () => unknown): void {
  let error: string | null = null
  try {
    work()
  } catch (thrown) {
    error = thrown instanceof Error ? thrown.name : 'unknown'
  }
  const { unfinished, bytes } = state.counts()
  say({ error, writable: state.writable, cursor: state.cursor('scout'), unfinished, bytes })
}

for await (const line of console) {
  const [command, value] = line.split(' ')
  if (command === 'limit') {
    const bytes = value === '-1' ? 0xffff_ffff_ffff_ffffn : BigInt(value ?? 0)
    say(libc.symbols.setrlimit(RLIMIT_FSIZE, new BigUint64Array([bytes, 0xffff_ffff_ffff_ffffn])))
  } else if (command === 'size') say(statSync(`${path}-wal`).size)
  else if (command === 'probe') attempt(() => state.probe())
  else if (command === 'row')
    attempt(() => {
      state.receive('scout', `log.${n + 1}`, message(`e${n + 1}`, { text: 'x'.repeat(50_000) }))
      n += 1
    })
  else if (command === 'move')
    attempt(() => {
      const row = state.unfinished('scout')[0]
      if (row) state.advance(row, 'submitted', { boot_id: 'b', generation: 0, failure: 'y'.repeat(50_000) })
    })
}
