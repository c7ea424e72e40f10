import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import S3rver from '@20minutes/s3rver'
import type { BucketOptions } from '../../src/files/s3.ts'

/** An S3-compatible server with one bucket. */
export interface Bucket {
  options: BucketOptions
  /** As settings of a server. */
  env: Record<string, string>
  /** Files of the server on its disk, parts of unfinished uploads included. */
  stored(): string[]
  close(): Promise<void>
}

const NAME = 'files'

/** s3rver, and before it the two calls that it does not know: to end an upload in parts, and to list those. */
export async function startBucket(): Promise<Bucket> {
  const directory = mkdtempSync(join(tmpdir(), 'mc-bucket-'))
  const uploads = join(directory, NAME, '._S3rver_uploads')
  const server = new S3rver({
    port: 0,
    address: '127.0.0.1',
    silent: true,
    directory,
    configureBuckets: [{ name: NAME, configs: [] }],
  })
  const { port } = await server.run()
  const front = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    async fetch(request) {
      const { pathname, search, searchParams } = new URL(request.url)
      const upload = searchParams.get('uploadId')
      if (request.method === 'DELETE' && upload !== null) {
        rmSync(join(uploads, upload.replace(/\W/g, '')), { recursive: true, force: true })
        return new Response(null, { status: 204 })
      }
      if (request.method === 'GET' && searchParams.has('uploads')) return new Response(listed(uploads))
      const body = request.method === 'GET' ? undefined : await request.arrayBuffer()
      const answer = await fetch(`http://127.0.0.1:${port}${pathname}${search}`, {
        method: request.method,
        headers: request.headers,
        ...(body === undefined ? {} : { body }),
      })
      // Whole, so that its length goes before it, as with every server of this protocol.
      const { status, headers } = answer
      return new Response(await answer.arrayBuffer(), { status, headers })
    },
  })
  const options = {
    endpoint: `http://127.0.0.1:${front.port}`,
    region: 'us-east-1',
    bucket: NAME,
    access_key_id: 'S3RVER',
    secret_access_key: 'S3RVER',
  }
  return {
    options,
    env: {
      MC_S3_ENDPOINT: options.endpoint,
      MC_S3_REGION: options.region,
      MC_S3_BUCKET: options.bucket,
      MC_S3_ACCESS_KEY_ID: options.access_key_id,
      MC_S3_SECRET_ACCESS_KEY: options.secret_access_key,
    },
    stored: () =>
      readdirSync(directory, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name).slice(directory.length))
        .sort(),
    async close() {
      await front.stop(true)
      await server.close()
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

function listed(uploads: string): string {
  const ids = existsSync(uploads) ? readdirSync(uploads) : []
  const rows = ids.map((id) => {
    const key = readFileSync(join(uploads, id, 'key'), 'utf8')
    return `<Upload><Key>${key}</Key><UploadId>${id}</UploadId></Upload>`
  })
  return `<ListMultipartUploadsResult>${rows.join('')}</ListMultipartUploadsResult>`
}
