import type { StoredPicture } from '../db/picture-store.ts'
import { pictureType } from '../domain/picture.ts'

/** A day: another picture has another address. */
const CACHE = 'private, max-age=86400'

/** Even opened by itself a picture runs nothing and loads nothing, whatever a browser takes it for. */
const POLICY = "default-src 'none'; frame-ancestors 'none'; sandbox"

/** A picture with the type that its bytes have; 304 for whoever has it. */
export function pictureAnswer(
  { request }: { request: Request },
  { bytes, digest }: StoredPicture,
  headers: Readonly<Record<string, string>>,
): Response {
  const etag = `"${digest}"`
  const all = { ...headers, 'Content-Security-Policy': POLICY, 'Cache-Control': CACHE, ETag: etag }
  if (namesTag(request.headers.get('if-none-match'), etag))
    return new Response(null, { status: 304, headers: all })
  const type = pictureType(bytes) ?? 'application/octet-stream'
  return new Response(bytes, {
    headers: { ...all, 'Content-Type': type, 'Content-Length': String(bytes.length) },
  })
}

/** Whether `If-None-Match` names a version (RFC 9110 §13.1.2). */
function namesTag(header: string | null, etag: string): boolean {
  return (header ?? '').split(',').some((one) => ['*', etag, `W/${etag}`].includes(one.trim()))
}
