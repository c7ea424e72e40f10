import { createHash } from 'node:crypto'
import {
  createReadStream,
  createWriteStream,
  lstatSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  writeFileSync,
} from 'node:fs'
import { basename, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import { pack } from 'tar-stream'

/** 1980-01-01: the oldest time that every archive program takes. */
const OLDEST = new Date(315_532_800_000)

/** `SOURCE_DATE_EPOCH` (reproducible-builds.org) in seconds, or a fixed time: the clock has no part in a build. */
export function buildTime(env: Readonly<Record<string, string | undefined>> = process.env): Date {
  const seconds = env.SOURCE_DATE_EPOCH ?? ''
  return /^\d+$/.test(seconds) ? new Date(Number(seconds) * 1000) : OLDEST
}

/**
 * Writes a folder to a `.tar.gz`, the name of the folder first in every path. Equal files give equal bytes: names are in order,
 * times are the build time, owners are nobody's, and of the modes only "executable" is kept.
 */
export async function packFolder(folder: string, archive: string, mtime = buildTime()): Promise<void> {
  const tar = pack()
  const written = pipeline(tar, createGzip(), createWriteStream(archive))
  const add = async (path: string, name: string): Promise<void> => {
    const found = lstatSync(path)
    const header = { name, mtime, uid: 0, gid: 0 }
    if (found.isSymbolicLink()) {
      tar.entry({ ...header, type: 'symlink', linkname: readlinkSync(path), mode: 0o777 })
    } else if (found.isDirectory()) {
      tar.entry({ ...header, name: `${name}/`, type: 'directory', mode: 0o755 })
      for (const child of readdirSync(path).toSorted()) await add(join(path, child), `${name}/${child}`)
    } else {
      const mode = (found.mode & 0o100) === 0 ? 0o644 : 0o755
      await pipeline(createReadStream(path), tar.entry({ ...header, size: found.size, mode }))
    }
  }
  await Promise.all([add(folder, basename(folder)).then(() => tar.finalize()), written])
}

/** SHA-256, in hex. */
export function sha256(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex')
}

export function sha256Of(file: string): string {
  return sha256(readFileSync(file))
}

/** Writes the sums of files of a folder as `sha256sum --check` and the installer read them, in the order of their names. */
export function writeSums(folder: string, names: readonly string[], to = 'SHA256SUMS'): void {
  const lines = names.toSorted().map((name) => `${sha256Of(join(folder, name))}  ${name}\n`)
  writeFileSync(join(folder, to), lines.join(''))
}
