import { runCommandLine } from './cli/run.ts'
import { exitOnSignals } from './cli/signals.ts'
import { ConfigError } from './config.ts'

exitOnSignals()
try {
  const code = await runCommandLine(process.argv.slice(2), process.env)
  if (code !== undefined) process.exit(code)
} catch (error) {
  if (error instanceof ConfigError) {
    console.error('Mission Control cannot start with these settings:')
    for (const problem of error.problems) console.error(`  - ${problem}`)
  } else {
    console.error(`Mission Control cannot start: ${error instanceof Error ? error.message : String(error)}`)
    if (process.env.MC_LOG_LEVEL === 'debug' && error instanceof Error) console.error(error.stack)
  }
  process.exit(1)
}
