/** The bridge as a program without its command line: `CONFIG` is the path of its configuration. */
import { homedir } from 'node:os'
import { loadConfig } from '../../bridge/src/config/read.ts'
import { run } from '../../bridge/src/run.ts'

const { config } = loadConfig(process.env.CONFIG, {
  env: process.env,
  platform: process.platform,
  home: homedir(),
  cwd: process.cwd(),
})
const say =
  (level: string) =>
  (message: string, fields: Record<string, unknown> = {}) =>
    console.error(JSON.stringify({ level, message, ...fields }))
await run(config, {
  env: process.env,
  log: {
    info: say('info'),
    warn: say('warn'),
    error: say('error'),
    failed: (stage, error) => say('error')(`failed: ${stage}`, { error: String(error) }),
  },
})
