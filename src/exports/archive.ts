import { pipeline, Readable } from 'node:stream'
import { createGzip } from 'node:zlib'
import { pack as createPack, type Pack } from 'tar-stream'

/** One file of an archive; `bytes` is its exact size, which tar writes before the content. */
export interface ArchiveFile {
  name: string
  bytes: number
  content: AsyncIterable<string | Uint8Array>
}

/** Equal content makes equal files: entries carry no time and no owner. */
const NO_TIME = new Date(0)

/**
 * A tar.gz of the files, in their order, as it is read: every step waits for the next one, so memory does not depend on
 * the size. A reader that stops ends the source too.
 */
export function archiveOf(files: AsyncIterable<ArchiveFile>): AsyncIterable<Uint8Array> {
  const pack = createPack()
  const gzip = createGzip()
  // A failure of any part reaches the reader of the last one.
  pipeline(Readable.from(pack), gzip, () => undefined)
  gzip.once('close', () => pack.destroy())
  // Reported to the reader by the pipeline.
  pack.on('error', () => undefined)
  fill(pack, files).catch((error: unknown) => gzip.destroy(asError(error)))
  return gzip
}

async function fill(pack: Pack, files: AsyncIterable<ArchiveFile>): Promise<void> {
  for await (const { name, bytes, content } of files) {
    const stored = Promise.withResolvers<void>()
    const entry = pack.entry({ name, size: bytes, mtime: NO_TIME, mode: 0o600 }, (error) =>
      error ? stored.reject(error) : stored.resolve(),
    )
    // Awaited below; a failure before that must not count as unhandled.
    stored.promise.catch(() => undefined)
    entry.on('error', () => undefined)
    for await (const chunk of content) {
      if (pack.destroyed) throw new Error('The archive is not read any more')
      if (!entry.write(chunk)) await roomIn(entry)
    }
    entry.end(null)
    await stored.promise
  }
  pack.finalize()
}

/** Settles when the entry takes more, or is closed. */
async function roomIn(entry: ReturnType<Pack['entry']>): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const wake = () => resolve()
  entry.once('drain', wake).once('close', wake)
  await promise
  entry.off('drain', wake).off('close', wake)
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error))
}
