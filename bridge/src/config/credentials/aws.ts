import { Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { AwsV4Signer } from 'aws4fetch'
import { type CredentialsConfig, CredentialsUnavailable } from '../config.ts'
import { type AwsIdentity, awsIdentity } from './aws-identity.ts'
import { entriesOf } from './entries.ts'
import { type Answer, ask } from './http.ts'
import type { Means, Source } from './source.ts'

type AwsConfig = Extract<CredentialsConfig, { provider: 'aws_secrets_manager' }>

const Secret = Type.Object({ SecretString: Type.String() })
const Failure = Type.Object({ __type: Type.String() })

/**
 * A secret of AWS Secrets Manager: a JSON object of names and texts, as its console writes it. Requests are signed with
 * Signature Version 4.
 * https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html
 */
export function awsSecretsManager(config: AwsConfig, means: Means): Source {
  const identity = awsIdentity(means)
  const url = `${config.endpoint ?? endpointOf(config.region)}/`
  return {
    place: `the secret ${config.secret_id} of AWS Secrets Manager in ${config.region}`,
    async read() {
      const init = await signed(url, config, await identity(), means.now())
      return secretOf(await ask(means, 'AWS Secrets Manager', url, init), config)
    },
  }
}

const endpointOf = (region: string) =>
  `https://secretsmanager.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`

async function signed(url: string, config: AwsConfig, who: AwsIdentity, now: number): Promise<RequestInit> {
  const { accessKeyId, secretAccessKey, sessionToken } = who
  const body = JSON.stringify({ SecretId: config.secret_id })
  const signer = new AwsV4Signer({
    method: 'POST',
    url,
    headers: {
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': 'secretsmanager.GetSecretValue',
    },
    body,
    accessKeyId,
    secretAccessKey,
    ...(sessionToken === undefined ? {} : { sessionToken }),
    service: 'secretsmanager',
    region: config.region,
    datetime: new Date(now).toISOString().replace(/[:-]|\.\d{3}/g, ''),
    allHeaders: true,
  })
  const { method, headers } = await signer.sign()
  return { method, headers, body }
}

function secretOf(answer: Answer, { secret_id, region }: AwsConfig): Map<string, string> {
  const { status, body } = answer
  if (status !== 200) throw failure(answer, secret_id, region)
  if (!Value.Check(Secret, body))
    throw refused(`The secret ${secret_id} holds binary data; it must hold text.`)
  const entries = entriesOf(jsonOf(body.SecretString))
  if (entries) return entries
  throw refused(`The secret ${secret_id} must be a JSON object of names with texts as their values.`)
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // A text of another form: refused by the caller, which must not quote it.
    return undefined
  }
}

/** Errors by their type, in words. Types may have a namespace before `#`. */
function failure({ status, body }: Answer, secret_id: string, region: string): CredentialsUnavailable {
  const type = Value.Check(Failure, body) ? (body.__type.split('#').at(-1) ?? '') : ''
  switch (type) {
    case 'ResourceNotFoundException':
      return refused(`There is no secret ${secret_id} in ${region}.`)
    case 'AccessDeniedException':
      return refused(
        `AWS does not allow this identity to read ${secret_id}: it needs secretsmanager:GetSecretValue, and kms:Decrypt for a key of your own.`,
      )
    case 'UnrecognizedClientException':
    case 'InvalidClientTokenId':
    case 'InvalidSignatureException':
      return refused(
        'AWS does not accept the access key: look at AWS_ACCESS_KEY_ID, its secret and the clock of this machine.',
      )
    case 'ExpiredTokenException':
      return refused('The temporary credentials for AWS have expired.')
    case 'InvalidRequestException':
      return refused(`The secret ${secret_id} cannot be read: it may be marked for deletion.`)
    case 'ThrottlingException':
      return new CredentialsUnavailable('AWS Secrets Manager is asked too often.', true)
    default:
      return refused(`AWS Secrets Manager answers ${status} ${type}`.trim())
  }
}

const refused = (message: string) => new CredentialsUnavailable(message, false)
