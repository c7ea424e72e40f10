import { expect, test } from 'bun:test'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { AwsClient } from 'aws4fetch'
import { FolderStorage } from '../../../src/files/folder.ts'
import { BucketStorage } from '../../../src/files/s3.ts'
import { startBucket } from '../../support/bucket.ts'
import { fileStorageContract } from '../../support/file-storage-contract.ts'

fileStorageContract('a folder', async () => {
  const root = mkdtempSync(join(tmpdir(), 'mc-files-'))
  return {
    storage: new FolderStorage(root),
    stored: async () => readdirSync(root, { recursive: true }).map(String).sort(),
    close: async () => rmSync(root, { recursive: true, force: true }),
  }
})

fileStorageContract('a bucket', async () => {
  const bucket = await startBucket()
  const storage = new BucketStorage({ ...bucket.options, part_bytes: 5 * 1024 * 1024 })
  return { storage, stored: async () => bucket.stored(), close: () => bucket.close() }
})

test('what a killed upload left goes with its key; uploads of other keys stay', async () => {
  const bucket = await startBucket()
  try {
    const storage = new BucketStorage({ ...bucket.options, part_bytes: 5 * 1024 * 1024 })
    const client = new AwsClient({
      accessKeyId: 'S3RVER',
      secretAccessKey: 'S3RVER',
      service: 's3',
      region: 'us-east-1',
    })
    for (const key of ['o/killed.bin', 'o/killed.bin.other'])
      await client.fetch(`${bucket.options.endpoint}/files/${key}?uploads`, { method: 'POST' })
    const left = () => new Set(bucket.stored().map((path) => path.split('/')[3])).size
    expect(left()).toBe(2)
    await storage.remove('o/killed.bin')
    expect(left()).toBe(1)
  } finally {
    await bucket.close()
  }
})

test('a bucket that refuses or is away is an error without the key in it', async () => {
  const bucket = await startBucket()
  try {
    const storage = new BucketStorage({ ...bucket.options, secret_access_key: 'wrong' })
    const error = await storage.write('secret/name.bin', none()).catch((thrown: Error) => thrown)
    expect(String(error)).toContain('403 SignatureDoesNotMatch')
    expect(String(error)).not.toContain('secret')
  } finally {
    await bucket.close()
  }
})

async function* none(): AsyncIterable<Uint8Array> {}
