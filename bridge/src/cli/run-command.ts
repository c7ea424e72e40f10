import type { Log as PartsLog } from '../agent/log.ts'
import type { Surroundings } from '../config/paths.ts'
import { loadConfig } from '../config/read.ts'
import { createLog, type Log } from '../log.ts'
import { run } from '../run.ts'

/** Runs the bridge with the configuration until it is told to end. Returns the exit code; throws what `run` rejects with. */
export async function runCommand(config_flag: string | undefined, around: Surroundings): Promise<number> {
  const { config } = loadConfig(config_flag, around)
  await run(config, { env: around.env, log: forParts(createLog(config.logging)) })
  return 0
}

/** The log as the parts of the bridge call it: the sentence first. */
const forParts = (log: Log): PartsLog => ({
  info: (message, fields = {}) => log.info(fields, message),
  warn: (message, fields = {}) => log.warn(fields, message),
  error: (message, fields = {}) => log.error(fields, message),
  failed: log.failed,
})
