import { homedir } from 'node:os'
import { parseArguments } from './cli/arguments.ts'
import { dispatch } from './cli/dispatch.ts'
import { explain } from './cli/mistakes.ts'
import { PROCESS_PRINT } from './cli/print.ts'

const around = { env: process.env, platform: process.platform, home: homedir(), cwd: process.cwd() }
try {
  process.exitCode = await dispatch(parseArguments(process.argv.slice(2)), around, PROCESS_PRINT)
} catch (error) {
  const { text, code } = explain(error, process.env)
  PROCESS_PRINT.err(text)
  process.exitCode = code
}
