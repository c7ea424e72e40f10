import { accessSync, constants, existsSync, readdirSync, statfsSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Config } from '../config.ts'
import type { ConnectionOptions } from '../db/connection.ts'
import { connectionFromUrl } from '../db/connection-url.ts'
import { runningEmbedded } from '../db/embedded/running.ts'
import { type Examined, examineDatabase } from '../db/examine.ts'
import { embeddedFile } from '../files/embedded.ts'

/** One thing that was looked at. `note`: nothing is wrong, but perhaps not intended. */
export interface Finding {
  about: string
  state: 'ok' | 'note' | 'wrong'
  /** What is so, and what to do about it. */
  text: string
}

const MIB = 2 ** 20
/** Below this the next hours may fail: PostgreSQL stops when it cannot write. */
const FREE_BYTES_MIN = 200 * MIB
const FREE_BYTES_GOOD = 2_048 * MIB
/** Tokens and one-time links of nodes whose clocks differ by more would be refused or last too long. */
const CLOCK_MS_MAX = 5_000

export function folderFindings(config: Config, data_dir: string): Finding[] {
  const about = 'data folder'
  if (!existsSync(data_dir)) {
    const parent = nearest(data_dir)
    return writable(parent)
      ? [{ about, state: 'ok', text: `${data_dir} is made at the first start` }, diskFinding(parent)]
      : [
          {
            about,
            state: 'wrong',
            text: `${data_dir} cannot be made: ${parent} is not writable for this user.`,
          },
        ]
  }
  if (!statSync(data_dir).isDirectory())
    return [{ about, state: 'wrong', text: `${data_dir} is not a folder. Change MC_DATA_DIR.` }]
  const found: Finding[] = [
    writable(data_dir)
      ? { about, state: 'ok', text: data_dir }
      : {
          about,
          state: 'wrong',
          text: `${data_dir} is not writable for this user. Change its owner, or MC_DATA_DIR.`,
        },
    diskFinding(data_dir),
    ...secretFindings(config, join(data_dir, 'secrets')),
  ]
  for (const [name, folder] of [
    ['MC_EXPORT_DIR', config.s3_bucket === undefined ? config.export_dir : undefined],
    ['MC_ARCHIVE_DIR', config.archive_dir],
  ] as const)
    if (folder !== undefined && !writable(nearest(folder)))
      found.push({ about: name, state: 'wrong', text: `${folder} is not writable for this user.` })
  return found
}

function secretFindings(config: Config, folder: string): Finding[] {
  const about = 'secrets'
  const configured = config.jwt_secret !== undefined && config.key_pepper !== undefined
  if (configured) return [{ about, state: 'ok', text: 'MC_JWT_SECRET and MC_KEY_PEPPER are set' }]
  if (!existsSync(folder)) return [{ about, state: 'ok', text: 'are made at the first start' }]
  try {
    const open = [folder, ...readdirSync(folder).map((name) => join(folder, name))].filter(
      // Access lists of Windows are not in the mode.
      (path) => process.platform !== 'win32' && (statSync(path).mode & 0o077) !== 0,
    )
    return open.length === 0
      ? [{ about, state: 'ok', text: `in ${folder}, for this user only` }]
      : [
          {
            about,
            state: 'wrong',
            text: `Other users may read ${open.join(', ')}. Run: chmod -R go= ${folder}`,
          },
        ]
  } catch {
    // The folder belongs to the user of the server, who may be another one.
    return [
      {
        about,
        state: 'note',
        text: `${folder} is not readable for this user: run doctor as that of the server.`,
      },
    ]
  }
}

function diskFinding(folder: string): Finding {
  const { bavail, bsize } = statfsSync(folder)
  const free = bavail * bsize
  const text = `${Math.floor(free / MIB).toLocaleString('en-US')} MiB free`
  if (free < FREE_BYTES_MIN)
    return { about: 'disk', state: 'wrong', text: `${text}: make room before writes fail.` }
  return { about: 'disk', state: free < FREE_BYTES_GOOD ? 'note' : 'ok', text }
}

/** The web app is built by `npm start`; a server without it serves the API only. */
export function appFindings(): Finding[] {
  const page = join(import.meta.dir, '..', '..', 'ui', 'dist', 'index.html')
  return [
    embeddedFile('ui/index.html') !== undefined || existsSync(page)
      ? { about: 'web app', state: 'ok', text: 'is built' }
      : { about: 'web app', state: 'note', text: 'is not built: start with npm start, or run bun run build' },
  ]
}

/** Database, schema, roles and policies. */
export async function databaseFindings(
  config: Config,
  data_dir: string,
): Promise<{ found: Finding[]; clock_ahead_ms?: number }> {
  const about = 'database'
  let connection: ConnectionOptions | undefined
  try {
    connection =
      config.database_url === undefined
        ? runningEmbedded(data_dir)
        : connectionFromUrl('MC_DATABASE_URL', config.database_url)
  } catch (error) {
    return {
      found: [{ about, state: 'wrong', text: error instanceof Error ? error.message : String(error) }],
    }
  }
  if (!connection) {
    const exists = existsSync(join(data_dir, 'postgres'))
    const text = exists
      ? 'is embedded and does not run: start the server, then ask again'
      : 'is embedded, and made at the first start'
    return { found: [{ about, state: exists ? 'note' : 'ok', text }] }
  }
  const examined = await examineDatabase(connection, Date.now)
  if (!examined.reached) {
    const text = `PostgreSQL cannot be used: ${examined.reason}. Look at MC_DATABASE_URL.`
    return { found: [{ about, state: 'wrong', text }] }
  }
  const { clock_ahead_ms, server_version } = examined
  const found: Finding[] = [
    { about, state: 'ok', text: `PostgreSQL ${server_version}` },
    schemaFinding(examined),
  ]
  if (examined.schema_version === examined.schema_needed)
    found.push(
      examined.unsound.length === 0
        ? { about: 'isolation', state: 'ok', text: 'roles and row-level security keep organizations apart' }
        : { about: 'isolation', state: 'wrong', text: examined.unsound.join('\n') },
    )
  const { count, last_error } = examined.failed_mails
  if (count > 0)
    found.push({
      about: 'account mails',
      state: 'note',
      text: `${count} failed within a week; the last one: ${last_error ?? 'no reason is known'}. Whoever waits for a link may ask again.`,
    })
  // The embedded one has the clock of this machine.
  return config.database_url === undefined ? { found } : { found, clock_ahead_ms }
}

function schemaFinding({ schema_version: is, schema_needed: needed }: Examined & { reached: true }): Finding {
  const about = 'schema'
  if (is === needed) return { about, state: 'ok', text: `version ${is}` }
  if (is > needed)
    return {
      about,
      state: 'wrong',
      text: `version ${is} is newer than this program, which knows ${needed}: use the newer program.`,
    }
  return {
    about,
    state: 'wrong',
    text: `version ${is}, this program needs ${needed}. Run: mission-control migrate up`,
  }
}

export function clockFinding(ahead_ms: number): Finding {
  const about = 'clock'
  const seconds = (Math.abs(ahead_ms) / 1000).toFixed(1)
  if (Math.abs(ahead_ms) <= CLOCK_MS_MAX)
    return { about, state: 'ok', text: `${seconds} s from that of the database` }
  return {
    about,
    state: 'wrong',
    text: `The clock of the database is ${seconds} s ${ahead_ms > 0 ? 'ahead of' : 'behind'} this one: let NTP set both.`,
  }
}

function writable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK)
    return true
  } catch {
    // Not there, or not for this user.
    return false
  }
}

/** The folder itself, or the nearest one above it that exists. */
function nearest(folder: string): string {
  return existsSync(folder) || dirname(folder) === folder ? folder : nearest(dirname(folder))
}
