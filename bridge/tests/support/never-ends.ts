/** A bridge whose end never comes, for signals. */
import type { Log } from '../../src/log.ts'
import { listenForSignals } from '../../src/signals.ts'

const say = (line: string) => process.stdout.write(`${line}\n`)
const log = { info: say } as Partial<Log> as Log
const ending = new AbortController()
listenForSignals(ending, log)
ending.signal.addEventListener('abort', () => say('ending'))
setInterval(() => undefined, 60_000)
say('ready')
