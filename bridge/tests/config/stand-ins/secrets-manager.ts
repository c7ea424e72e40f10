import { signerOf } from './signature-v4.ts'

export interface StandIn {
  url: string
  stop(): Promise<void>
}

export interface SecretsManager extends StandIn {
  /** Access keys with their secrets, and session tokens where one is needed. */
  keys: Map<string, { secret: string; token?: string; denied?: boolean }>
  secrets: Map<string, { text?: string; binary?: string; deleted?: boolean }>
  requests: number
  /** Answers this status to everything, as during an outage. */
  outage: number | null
}

const CLOCK_SKEW_MS = 5 * 60_000

/**
 * AWS Secrets Manager as far as GetSecretValue: protocol `awsJson1_1`, errors with their status 400 and `__type`.
 * https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html
 * https://docs.aws.amazon.com/secretsmanager/latest/apireference/CommonErrors.html
 */
export function startSecretsManager(region: string): SecretsManager {
  const failure = (type: string, message: string) =>
    Response.json({ __type: type, Message: message }, { status: 400, headers: TYPE })
  const server = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    async fetch(request) {
      stand_in.requests++
      if (stand_in.outage !== null) return new Response('unavailable', { status: stand_in.outage })
      const body = await request.text()
      const { method, url, headers } = request
      const signer = signerOf({ method, url, headers, body }, (key) => stand_in.keys.get(key)?.secret)
      const who = signer && stand_in.keys.get(signer.access_key)
      if (!signer || !who) return failure('UnrecognizedClientException', 'The security token is invalid.')
      if (signer.region !== region || signer.service !== 'secretsmanager')
        return failure('InvalidSignatureException', 'Credential should be scoped to a valid region.')
      if (Math.abs(Date.now() - timeOf(headers.get('x-amz-date') ?? '')) > CLOCK_SKEW_MS)
        return failure('InvalidSignatureException', 'Signature expired.')
      if (who.token !== undefined && headers.get('x-amz-security-token') !== who.token)
        return failure('ExpiredTokenException', 'The security token included in the request is expired.')
      if (method !== 'POST' || headers.get('content-type') !== 'application/x-amz-json-1.1')
        return failure('UnknownOperationException', '')
      if (headers.get('x-amz-target') !== 'secretsmanager.GetSecretValue')
        return failure('UnknownOperationException', '')
      if (who.denied)
        return failure('AccessDeniedException', 'User is not authorized to perform: GetSecretValue')
      return answer(JSON.parse(body).SecretId)
    },
  })
  const answer = (id: string) => {
    const secret = stand_in.secrets.get(id)
    if (!secret)
      return failure('ResourceNotFoundException', "Secrets Manager can't find the specified secret.")
    if (secret.deleted)
      return failure(
        'InvalidRequestException',
        "You can't perform this operation on the secret because it was marked for deletion.",
      )
    return Response.json(
      {
        ARN: `arn:aws:secretsmanager:${region}:123456789012:secret:${id}-a1b2c3`,
        CreatedDate: 1.523477145713e9,
        Name: id,
        ...(secret.text === undefined
          ? { SecretBinary: btoa(secret.binary ?? '') }
          : { SecretString: secret.text }),
        VersionId: 'a1b2c3d4-5678-90ab-cdef-EXAMPLE11111',
        VersionStages: ['AWSCURRENT'],
      },
      { headers: TYPE },
    )
  }
  const stand_in: SecretsManager = {
    url: server.url.origin,
    keys: new Map(),
    secrets: new Map(),
    requests: 0,
    outage: null,
    stop: () => server.stop(true),
  }
  return stand_in
}

const TYPE = { 'content-type': 'application/x-amz-json-1.1' }
const timeOf = (text: string) =>
  Date.parse(text.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'))
