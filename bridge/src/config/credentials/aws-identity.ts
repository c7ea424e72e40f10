import { readFileSync } from 'node:fs'
import { Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { CredentialsUnavailable } from '../config.ts'
import { isLoopback } from '../urls.ts'
import { ask } from './http.ts'
import type { Means } from './source.ts'

/** Who asks AWS. */
export interface AwsIdentity {
  accessKeyId: string
  secretAccessKey: string
  sessionToken?: string
  /** Milliseconds since 1970; null for keys without an end. */
  expires_at: number | null
}

/** What the endpoints of containers and instances answer. */
const Temporary = Type.Object({
  AccessKeyId: Type.String(),
  SecretAccessKey: Type.String(),
  Token: Type.String(),
  Expiration: Type.String(),
})

/** Temporary keys are replaced this long before their end. */
const REPLACE_MS = 5 * 60_000
const CONTAINER_HOST = 'http://169.254.170.2'
/** Hosts to which the container's token may go in clear text: those of ECS and EKS. */
const CONTAINER_HOSTS: readonly string[] = ['169.254.170.2', '169.254.170.23', '[fd00:ec2::23]']
const INSTANCE = 'http://169.254.169.254'
/** The service is on the machine; elsewhere its address may swallow packets. */
const INSTANCE_TIMEOUT_MS = 2_000

/**
 * The identity of this process at AWS: keys in the environment, else of the container (ECS, EKS Pod Identity), else of the
 * instance (IMDSv2). Profiles, single sign-on and web identity are not read.
 * https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html
 */
export function awsIdentity(means: Means): () => Promise<AwsIdentity> {
  let cached: AwsIdentity | undefined
  return async () => {
    if (!cached || (cached.expires_at !== null && means.now() > cached.expires_at - REPLACE_MS))
      cached = ofEnvironment(means) ?? (await ofContainer(means)) ?? (await ofInstance(means))
    return cached
  }
}

function ofEnvironment({ env }: Means): AwsIdentity | undefined {
  const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN } = env
  if (!AWS_ACCESS_KEY_ID || !AWS_SECRET_ACCESS_KEY) return undefined
  return {
    accessKeyId: AWS_ACCESS_KEY_ID,
    secretAccessKey: AWS_SECRET_ACCESS_KEY,
    ...(AWS_SESSION_TOKEN ? { sessionToken: AWS_SESSION_TOKEN } : {}),
    expires_at: null,
  }
}

async function ofContainer(means: Means): Promise<AwsIdentity | undefined> {
  const { env } = means
  const relative = env.AWS_CONTAINER_CREDENTIALS_RELATIVE_URI
  const url = relative ? `${CONTAINER_HOST}${relative}` : env.AWS_CONTAINER_CREDENTIALS_FULL_URI
  if (!url) return undefined
  if (!isTrusted(url))
    throw refused('AWS_CONTAINER_CREDENTIALS_FULL_URI is no address of a container service.')
  const token = containerToken(env)
  const headers: Record<string, string> = token ? { authorization: token } : {}
  const { status, body } = await ask(means, 'The credentials endpoint of the container', url, { headers })
  return temporary(status, body, 'of the container')
}

/** The file is read each time: the container service replaces it. */
function containerToken(env: Means['env']): string | undefined {
  const file = env.AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE
  if (!file) return env.AWS_CONTAINER_AUTHORIZATION_TOKEN
  try {
    return readFileSync(file, 'utf8').trim()
  } catch {
    throw refused(`AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE names ${file}, which cannot be read.`)
  }
}

function isTrusted(text: string): boolean {
  if (!URL.canParse(text)) return false
  const { protocol, hostname } = new URL(text)
  return protocol === 'https:' || isLoopback(hostname) || CONTAINER_HOSTS.includes(hostname)
}

async function ofInstance(means: Means): Promise<AwsIdentity> {
  if (means.env.AWS_EC2_METADATA_DISABLED?.toLowerCase() === 'true') throw refused(NOBODY)
  const base = means.env.AWS_EC2_METADATA_SERVICE_ENDPOINT?.replace(/\/+$/, '') || INSTANCE
  const who = 'The metadata service of the instance'
  const init = { method: 'PUT', headers: { 'X-aws-ec2-metadata-token-ttl-seconds': '300' } }
  const session = await ask(means, who, `${base}/latest/api/token`, init, INSTANCE_TIMEOUT_MS).catch(() => {
    // Not on an instance: nobody answers at this address.
    throw new CredentialsUnavailable(NOBODY, true)
  })
  if (session.status !== 200) throw refused(`${who} answers ${session.status} to a request for a session.`)
  const headers = { 'X-aws-ec2-metadata-token': session.text }
  const roles = `${base}/latest/meta-data/iam/security-credentials/`
  const role = await ask(means, who, roles, { headers })
  const name = role.text.trim().split('\n')[0]
  if (role.status !== 200 || !name)
    throw refused('This instance has no role. Attach one that may read the secret.')
  const { status, body } = await ask(means, who, `${roles}${encodeURIComponent(name)}`, { headers })
  return temporary(status, body, 'of the instance')
}

function temporary(status: number, body: unknown, whose: string): AwsIdentity {
  if (status !== 200 || !Value.Check(Temporary, body))
    throw refused(`The credentials ${whose} cannot be read: its endpoint answers ${status}.`)
  const { AccessKeyId, SecretAccessKey, Token, Expiration } = body
  return {
    accessKeyId: AccessKeyId,
    secretAccessKey: SecretAccessKey,
    sessionToken: Token,
    expires_at: Date.parse(Expiration),
  }
}

const refused = (message: string) => new CredentialsUnavailable(message, false)
const NOBODY =
  'There are no AWS credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or run on an instance or in a container that has a role.'
