import type { Surroundings } from '../config/paths.ts'
import { loadConfig } from '../config/read.ts'
import { Secrets } from '../log/secrets.ts'
import { createLog } from '../log.ts'
import { run } from '../run.ts'

/** Runs the bridge with the configuration until it is told to end. Returns the exit code; throws what `run` rejects with. */
export async function runCommand(config_flag: string | undefined, around: Surroundings): Promise<number> {
  const { config } = loadConfig(config_flag, around)
  const secrets = new Secrets()
  await run(config, { env: around.env, log: createLog({ ...config.logging, secrets }), secrets })
  return 0
}
