import { maskKeys } from '../config/mask.ts'
import type { Surroundings } from '../config/paths.ts'
import { Trouble } from '../proof/step.ts'
import { Dialog, NoAnswer } from './init/dialog.ts'
import { FileKept } from './init/files.ts'
import { type InputStream, Stopped, StreamInput } from './init/input.ts'
import { SetUp } from './init/set-up.ts'
import { FAILED, MISTAKE } from './mistakes.ts'
import type { Print } from './print.ts'

export interface InitOptions {
  config: string | undefined
  /** Begin anew, and replace what is there without asking. */
  force: boolean
  /** Ask nothing. */
  yes: boolean
}

/** The person's side: where answers come from and where questions go. */
export interface Terminal {
  input: InputStream
  write(text: string): void
}

const PROCESS_TERMINAL: Terminal = {
  input: process.stdin,
  write: (text) => void process.stdout.write(text),
}

/** As a shell counts a program that ended by Ctrl-C. */
const STOPPED = 130

/**
 * Asks for what a bridge needs, proves each answer, pairs with the gateway, writes the files and sends a test message.
 * Returns 0 when the test was answered; 1 when something does not work; 2 when an answer is missing; 130 after Ctrl-C.
 */
export async function initCommand(
  options: InitOptions,
  around: Surroundings,
  print: Print,
  { input, write }: Terminal = PROCESS_TERMINAL,
): Promise<number> {
  const answers = options.yes ? undefined : new StreamInput(input)
  const dialog = new Dialog(answers, (text) => write(maskKeys(text)))
  const set_up = new SetUp(dialog, options, around)
  const stopped = () => {
    dialog.endProgress()
    const what = set_up.written
      ? 'The files are written; the rest was not done.'
      : 'No configuration was written.'
    print.err(`\nStopped. ${what}`)
    return STOPPED
  }
  const onSignal = () => process.exit(stopped())
  process.once('SIGINT', onSignal)
  try {
    await set_up.run()
    return 0
  } catch (error) {
    if (error instanceof Stopped) return stopped()
    if (error instanceof Trouble) return troubled(error, set_up.written, print)
    if (!(error instanceof NoAnswer || error instanceof FileKept)) throw error
    print.err(`\n${maskKeys(error.message)}`)
    return MISTAKE
  } finally {
    process.off('SIGINT', onSignal)
    answers?.close()
    await set_up.close()
  }
}

function troubled({ message, todo }: Trouble, written: boolean, print: Print): number {
  const again = written
    ? 'The files are written. Test again with: mc-bridge check'
    : 'No configuration was written.'
  print.err(maskKeys(['', message, ...(todo === null ? [] : [todo]), '', again].join('\n')))
  return FAILED
}
