import { type FSWatcher, watch as watchPath } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { CredentialsUnavailable } from '../config.ts'
import { parseSecrets, SECRET_BYTES_MAX } from './entries.ts'
import type { Means, Source } from './source.ts'

/** Bits of a mode that give the group or others any access. */
const NOT_OWNER = 0o077

/**
 * A secrets file: a regular file that its owner alone can read, and the owner is who runs the bridge. A unit of systemd
 * that loads the file as a credential (`LoadCredential=`) has its own copy, under the same name, which goes first.
 */
export function secretsFile(
  path: string,
  means: Means,
  uid: number | undefined = process.getuid?.(),
): Source {
  return {
    place: `the secrets file ${path}`,
    async read() {
      const loaded = means.env.CREDENTIALS_DIRECTORY
      const text =
        (loaded ? await readLoaded(join(loaded, basename(path))) : undefined) ?? (await readOwn(path, uid))
      const entries = parseSecrets(text, path)
      if (entries) return entries
      throw new CredentialsUnavailable(
        `${path} must hold lines NAME=value, or, as .yaml or .json, names with texts as their values.`,
        false,
      )
    },
    onHint: (look, signal) => hint(dirname(path), look, signal),
  }
}

async function readLoaded(path: string): Promise<string | undefined> {
  try {
    return await Bun.file(path).text()
  } catch {
    // The unit loads other credentials: the file itself counts.
    return undefined
  }
}

/** Checks the opened file, not its path: another one may take its place in between. */
async function readOwn(path: string, uid: number | undefined): Promise<string> {
  let file: FileHandle | undefined
  try {
    file = await open(path, 'r')
    const { mode, uid: owner, size, isFile } = await factsOf(file)
    if (!isFile) throw refused(`${path} is not a file.`)
    if (uid !== undefined && (mode & NOT_OWNER) !== 0)
      throw refused(`${path} can be read or changed by others. Close it with: chmod 600 ${quoted(path)}`)
    if (uid !== undefined && owner !== uid)
      throw refused(`${path} belongs to another user. Take it over with: chown ${uid} ${quoted(path)}`)
    if (size > SECRET_BYTES_MAX) throw refused(`${path} is larger than ${SECRET_BYTES_MAX / 1024} KiB.`)
    return await file.readFile('utf8')
  } catch (error) {
    if (error instanceof CredentialsUnavailable) throw error
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error)
    if (code === 'ENOENT') throw refused(`There is no secrets file ${path}.`)
    throw new CredentialsUnavailable(`The secrets file ${path} cannot be read (${code}).`, code !== 'EACCES')
  } finally {
    await file?.close()
  }
}

async function factsOf(file: FileHandle) {
  const facts = await file.stat()
  return { mode: facts.mode, uid: facts.uid, size: facts.size, isFile: facts.isFile() }
}

const refused = (message: string) => new CredentialsUnavailable(message, false)
const quoted = (path: string) => (/^[\w@%+=:,./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`)

/**
 * Watches the folder, not the file: editors and deployment tools put a new file in its place by a rename, and a watch on
 * the file would stay with the old one. Where folders cannot be watched, polling finds the change.
 */
function hint(folder: string, look: () => void, signal: AbortSignal): void {
  let watcher: FSWatcher
  try {
    watcher = watchPath(folder, { persistent: false, signal }, look)
  } catch {
    // The folder is not there, or the system has no watches left: polling goes on.
    return
  }
  watcher.on('error', () => watcher.close())
}
