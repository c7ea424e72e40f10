import { readFileSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { Value } from '@sinclair/typebox/value'
import { type Config, ConfigProblems } from './config.ts'
import { withDefaults } from './defaults.ts'
import { findingsOf, nameOf } from './findings.ts'
import { configCandidates, type Surroundings } from './paths.ts'
import { CONFIG_LIMITS, ConfigFile } from './schema.ts'
import { parseYaml } from './yaml.ts'

/** There is no configuration at any of its places. */
export class ConfigMissing extends Error {
  override name = 'ConfigMissing'

  constructor(places: readonly string[]) {
    super(
      ['There is no configuration. Looked for:', ...places.map((place) => `  - ${place}`)].join('\n') +
        '\nWrite one with: mc-bridge init',
    )
  }
}

/**
 * Finds and reads the configuration: `--config`, else `MC_BRIDGE_CONFIG`, else the first file that is there of
 * `./comms-bridge.yaml`, the person's configuration folder and `/etc/mission-control`.
 * Throws `ConfigMissing`, or `ConfigProblems` with all problems.
 */
export function loadConfig(flag: string | undefined, around: Surroundings): { path: string; config: Config } {
  const places = configCandidates(flag, around)
  const path = places.find((place) => statSync(place, { throwIfNoEntry: false })?.isFile())
  if (path === undefined) throw new ConfigMissing(places)
  return { path, config: parseConfig(read(path), path, around) }
}

function read(path: string): string {
  let bytes: Buffer
  try {
    bytes = readFileSync(path)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error)
    throw new ConfigProblems(path, [`The file cannot be read (${code}).`])
  }
  if (bytes.length > CONFIG_LIMITS.file_bytes_max)
    throw new ConfigProblems(path, [`The file is larger than ${CONFIG_LIMITS.file_bytes_max / 1024} KiB.`])
  return bytes.toString('utf8')
}

/** The configuration in a text, with defaults filled in. `path` is the place of the text. Throws `ConfigProblems`. */
export function parseConfig(text: string, path: string, around: Surroundings): Config {
  const yaml = parseYaml(text)
  if (yaml.problems.length > 0) throw new ConfigProblems(path, yaml.problems)
  // An empty file, or sections of which all lines are comments, are null.
  const value = withoutNull(yaml.value ?? {})
  const findings = findingsOf(value)
  if (findings.length === 0 && Value.Check(ConfigFile, value))
    return withDefaults(value, dirname(path), around)
  const lines = findings
    .map((finding) => ({ ...finding, line: yaml.lineOf(finding.path) }))
    .toSorted((a, b) => a.line - b.line)
    .map((finding) => `line ${finding.line}, ${nameOf(finding.path)}: ${finding.message}`)
  throw new ConfigProblems(path, lines)
}

/** A key with nothing behind it counts as left out. */
function withoutNull(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNull)
  if (typeof value !== 'object' || value === null) return value
  const kept = Object.entries(value).filter(([, part]) => part !== null)
  return Object.fromEntries(kept.map(([key, part]) => [key, withoutNull(part)]))
}
