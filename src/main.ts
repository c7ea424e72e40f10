import { ConfigError, loadConfig, printConfig } from './config.ts'
import { SERVER_VERSION } from './contracts/version.ts'
import { migrate } from './db/migrate-command.ts'
import { dbSeed, demo } from './demo/commands.ts'
import { serve } from './serve.ts'

const HELP = `mission-control ${SERVER_VERSION}

Usage: mission-control [command]

  serve                   start the server (default)
  demo                    start one with demo data and two agents that talk, below <data folder>/demo
  migrate up              bring the database's schema up to date
  migrate down --to N     take it back to version N (data of newer versions is lost)
  db seed [--force]       fill an empty database with the demo organization; --force: also one in use
  config                  print the settings that are in force, secrets masked
  --version               print the version
  --help                  print this

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
  if (command === 'migrate') return await migrate(loadConfig(process.env).config, rest)
  if (command === 'db' && rest[0] === 'seed' && rest.slice(1).every((flag) => flag === '--force'))
    return await dbSeed(process.env, rest.includes('--force'))
  if (command === 'demo' && rest.length === 0) {
    await demo(process.env)
    return undefined
  }
  if (command === 'serve' && rest.length === 0) {
    await serve(process.env)
    return undefined
  }
  console.error(`There is no command "${args.join(' ')}". Try: mission-control --help`)
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
