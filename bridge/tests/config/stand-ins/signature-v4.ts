import { createHash, createHmac, timingSafeEqual } from 'node:crypto'

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest()

export interface SignedRequest {
  method: string
  url: string
  headers: Headers
  body: string
}

/**
 * The signature of a request by Signature Version 4, over the headers that it says it signed.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export function signatureOf(
  request: SignedRequest,
  secret: string,
  scope: string,
  signed_headers: string,
): string {
  const { pathname, searchParams } = new URL(request.url)
  const query = [...searchParams]
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`)
    .toSorted()
    .join('&')
  const headers = signed_headers
    .split(';')
    .map((name) => `${name}:${(request.headers.get(name) ?? '').trim().replace(/ +/g, ' ')}\n`)
    .join('')
  const canonical = [request.method, pathname, query, headers, signed_headers, sha256(request.body)].join(
    '\n',
  )
  const to_sign = ['AWS4-HMAC-SHA256', request.headers.get('x-amz-date'), scope, sha256(canonical)].join('\n')
  const [date = '', region = '', service = ''] = scope.split('/')
  const key = hmac(hmac(hmac(hmac(`AWS4${secret}`, date), region), service), 'aws4_request')
  return createHmac('sha256', key).update(to_sign).digest('hex')
}

const AUTHORIZATION =
  /^AWS4-HMAC-SHA256 Credential=([^/]+)\/([^,]+), ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/

/** The access key that signed a request, and the signature's region; undefined when the signature does not hold. */
export function signerOf(
  request: SignedRequest,
  secretOf: (access_key: string) => string | undefined,
): { access_key: string; region: string; service: string } | undefined {
  const match = AUTHORIZATION.exec(request.headers.get('authorization') ?? '')
  const [, access_key = '', scope = '', signed = '', signature = ''] = match ?? []
  const secret = secretOf(access_key)
  if (secret === undefined) return undefined
  const names = signed.split(';')
  const must = ['host', ...[...request.headers.keys()].filter((name) => name.startsWith('x-amz-'))]
  if (!must.every((name) => names.includes(name))) return undefined
  const expected = signatureOf(request, secret, scope, signed)
  if (!timingSafeEqual(Buffer.from(expected), Buffer.from(signature))) return undefined
  const [, region = '', service = ''] = scope.split('/')
  return { access_key, region, service }
}
