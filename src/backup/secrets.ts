import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { BackupSecret } from '../contracts/backup-manifest.ts'
import type { SecretFile } from './write-backup.ts'

/** Secrets that belong to the rows, with their files below `secrets/` in the data folder. */
const FILES = { MC_JWT_SECRET: 'jwt-secret', MC_KEY_PEPPER: 'key-pepper' } as const

interface Settings {
  jwt_secret: string | undefined
  key_pepper: string | undefined
}

/** The secrets of this server for a backup. Those in the settings never go into the file: their place is elsewhere. */
export function secretsFor(
  settings: Settings,
  data_dir: string,
  with_secrets: boolean,
): { secrets: BackupSecret[]; secret_files: SecretFile[] } {
  const secrets: BackupSecret[] = []
  const secret_files: SecretFile[] = []
  for (const { name, file, text, place } of present(settings, data_dir)) {
    const in_backup = with_secrets && place === 'data folder'
    secrets.push({ name, place, in_backup, fingerprint: fingerprintOf(text) })
    if (in_backup) secret_files.push({ name: file, text: `${text}\n` })
  }
  return { secrets, secret_files }
}

/** Secrets of the backup that this server does not have: what was made with them is of no use here. */
export function lackingSecrets(
  wanted: readonly BackupSecret[],
  settings: Settings,
  data_dir: string,
): BackupSecret[] {
  const here = present(settings, data_dir)
  return wanted.filter(
    ({ name, fingerprint }) =>
      !here.some((secret) => secret.name === name && fingerprintOf(secret.text) === fingerprint),
  )
}

/** Stores a secret of a backup in the data folder. One that is there already is kept beside it. */
export function putSecret(data_dir: string, name: string, text: string): void {
  if (!Object.values(FILES).some((file) => file === name)) throw new Error(`Not a secret: ${name}`)
  const folder = join(data_dir, 'secrets')
  const path = join(folder, name)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  if (existsSync(path)) {
    if (readFileSync(path, 'utf8') === text) return
    renameSync(path, `${path}.before-restore`)
  }
  writeFileSync(`${path}.new`, text, { mode: 0o600, flush: true })
  renameSync(`${path}.new`, path)
}

interface Present {
  name: BackupSecret['name']
  file: string
  text: string
  place: BackupSecret['place']
}

function present(settings: Settings, data_dir: string): Present[] {
  const configured = { MC_JWT_SECRET: settings.jwt_secret, MC_KEY_PEPPER: settings.key_pepper }
  return (['MC_JWT_SECRET', 'MC_KEY_PEPPER'] as const).flatMap((name): Present[] => {
    const file = FILES[name]
    const path = join(data_dir, 'secrets', file)
    const of_settings = configured[name]
    if (of_settings !== undefined) return [{ name, file, text: of_settings, place: 'settings' }]
    if (!existsSync(path)) return []
    return [{ name, file, text: readFileSync(path, 'utf8').trim(), place: 'data folder' }]
  })
}

/** The secrets are random and long: a part of their sum tells them apart and gives nothing away. */
function fingerprintOf(text: string): string {
  return createHash('sha256').update('mission-control secret ').update(text).digest('hex').slice(0, 16)
}
