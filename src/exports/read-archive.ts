import { pipeline, Readable, Transform } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { extract } from 'tar-stream'
import { BadExport } from '../domain/bad-export.ts'

/** Bounds of a hostile file: they are checked while it expands. */
export interface ArchiveLimits {
  /** Expanded bytes at the most. */
  bytes_max: number
  /** Expanded bytes for each byte of the file at the most, beyond {@link RATIO_FREE_BYTES}. */
  ratio_max: number
}

/** A small file may be as repetitive as it likes. */
const RATIO_FREE_BYTES = 64 * 1024 * 1024

/** Codes of zlib for a file that is no gzip, is damaged, or ends too early. */
const IN_WORDS: Record<string, string> = {
  Z_BUF_ERROR: 'The file ends too early.',
  Z_DATA_ERROR: 'The file is not a gzip file, or it is damaged.',
}

/** Messages of tar-stream, which bounds headers itself; it gives no codes. */
const OF_TAR = /^(Invalid tar header|Unexpected end of data|Header exceeds max size|Invalid)/

/**
 * Reads the files of a tar.gz in their order, with constant memory. Throws `BadExport` for whatever is no plain archive of
 * plain files, and for one beyond the limits. Nothing is written anywhere: a name is only compared.
 */
export async function readArchive(
  source: AsyncIterable<Uint8Array>,
  limits: ArchiveLimits,
  onFile: (file: { name: string; bytes: number; content: AsyncIterable<Uint8Array> }) => Promise<void>,
): Promise<void> {
  let packed = 0
  let expanded = 0
  const counted = new Transform({
    transform(chunk: Uint8Array, _encoding, done) {
      packed += chunk.length
      done(null, chunk)
    },
  })
  const bounded = new Transform({
    transform(chunk: Uint8Array, _encoding, done) {
      expanded += chunk.length
      done(problemOf(expanded, packed, limits), chunk)
    },
  })
  const tar = extract()
  let failure: unknown
  pipeline(Readable.from(source), counted, createGunzip(), bounded, tar, (error) => {
    failure ??= error
  })
  try {
    for await (const entry of tar) {
      const { name, size: bytes, type } = entry.header
      if (type !== 'file')
        throw new BadExport(`The archive holds "${shown(name)}", which is not a plain file.`)
      await onFile({ name, bytes, content: bytesOf(entry) })
    }
  } catch (error) {
    tar.destroy()
    throw asBad(failure ?? error)
  }
  if (failure) throw asBad(failure)
}

/** The library says of the chunks only that they are values. */
async function* bytesOf(entry: AsyncIterable<unknown>): AsyncIterable<Uint8Array> {
  for await (const chunk of entry) {
    if (!(chunk instanceof Uint8Array)) throw new Error('unreachable: an entry of bytes')
    yield chunk
  }
}

function problemOf(expanded: number, packed: number, limits: ArchiveLimits): Error | null {
  if (expanded > limits.bytes_max)
    return new BadExport(`The file expands to more than ${Math.ceil(limits.bytes_max / 2 ** 20)} MiB.`)
  if (expanded > RATIO_FREE_BYTES && expanded > packed * limits.ratio_max)
    return new BadExport(`The file expands to more than ${limits.ratio_max} times its size.`)
  return null
}

/** What zlib and tar refuse is the file's fault; anything else is not. */
function asBad(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof BadExport) return error
  const code = 'code' in error ? String(error.code) : ''
  if (code in IN_WORDS) return new BadExport(IN_WORDS[code]!)
  if (OF_TAR.test(error.message)) return new BadExport('The file is not a tar archive, or it is damaged.')
  return error
}

/** A name of a hostile file in a message: short, without control characters. */
export function shown(name: string): string {
  const plain = name.replace(/[^\x20-\x7e]/g, '?')
  return plain.length > 60 ? `${plain.slice(0, 60)}…` : plain
}
