import { resolve } from 'node:path'
import { type Config, ConfigError, loadConfig } from '../config.ts'
import {
  appFindings,
  clockFinding,
  databaseFindings,
  type Finding,
  folderFindings,
} from './doctor-findings.ts'
import { mailFinding, nodeFindings, portFinding } from './doctor-network.ts'
import { publicFindings } from './doctor-public.ts'

const SIGNS = { ok: 'ok    ', note: 'note  ', wrong: 'WRONG ' } as const

/**
 * `doctor`: looks at configuration, folders, database, roles, clock and network, says what is wrong and what to do.
 * Changes nothing, beside a running server or without one. The exit code is 1 when something is wrong.
 */
export async function doctor(env: Record<string, string | undefined>): Promise<number> {
  let config: Config
  const findings: Finding[] = []
  try {
    const loaded = loadConfig(env)
    config = loaded.config
    findings.push({ about: 'configuration', state: 'ok', text: 'every setting is valid' })
    for (const text of loaded.warnings) findings.push({ about: 'configuration', state: 'note', text })
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    for (const text of error.problems) findings.push({ about: 'configuration', state: 'wrong', text })
    return report(findings)
  }
  const data_dir = resolve(config.data_dir)
  findings.push(...folderFindings(config, data_dir), ...appFindings())
  const { found, clock_ahead_ms } = await databaseFindings(config, data_dir)
  findings.push(...found)
  if (clock_ahead_ms !== undefined) findings.push(clockFinding(clock_ahead_ms))
  findings.push(...(await nodeFindings(config)))
  const port = await portFinding(config)
  findings.push(port.found, ...(await publicFindings(config, port.server)))
  const mail = await mailFinding(config)
  if (mail) findings.push(mail)
  return report(findings)
}

function report(findings: readonly Finding[]): number {
  const width = Math.max(...findings.map(({ about }) => about.length)) + 2
  for (const { about, state, text } of findings)
    console.log(`${SIGNS[state]}${about.padEnd(width)}${text.replaceAll('\n', `\n${' '.repeat(6 + width)}`)}`)
  const wrong = findings.filter(({ state }) => state === 'wrong').length
  console.log(wrong === 0 ? '\nNothing is wrong.' : `\n${wrong} wrong.`)
  return wrong === 0 ? 0 : 1
}
