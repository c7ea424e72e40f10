import { mkdir } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import { writeInto } from './folder.ts'

/** Writes a file for this user only, at any path: whole and on the disk, or not at all. */
export async function writePrivateFile(path: string, content: AsyncIterable<Uint8Array>): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  await writeInto(dirname(path), basename(path), content)
}
