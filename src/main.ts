import { ConfigError, loadConfig, printConfig } from './config.ts'
import { SERVER_VERSION } from './contracts/version.ts'
import { serve } from './serve.ts'

const HELP = `mission-control ${SERVER_VERSION}

Usage: mission-control [command]

  serve         start the server (default)
  config        print the settings that are in force, secrets masked
  --version     print the version
  --help        print this

Settings are environment variables; see docs/configuration.md.`

/** Runs a command line; answers the exit code, or undefined while a server runs. */
async function run(args: readonly string[]): Promise<number | undefined> {
  const [command = 'serve', ...rest] = args
  if (command === '--help' || command === '-h' || command === 'help' || rest.includes('--help')) {
    console.log(HELP)
    return 0
  }
  if (command === '--version' || command === '-v') {
    console.log(SERVER_VERSION)
    return 0
  }
  if (command === 'config') {
    console.log(printConfig(process.env))
    loadConfig(process.env)
    return 0
  }
  if (command === 'serve') {
    await serve(process.env)
    return undefined
  }
  console.error(`There is no command "${command}". Try: mission-control --help`)
  return 2
}

try {
  const code = await run(process.argv.slice(2))
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
