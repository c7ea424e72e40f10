import type {
  AuthenticationResponseJSON,
  PublicKeyCredentialCreationOptionsJSON,
  PublicKeyCredentialRequestOptionsJSON,
  RegistrationResponseJSON,
} from '@simplewebauthn/browser'
import { t } from '../../i18n/index.ts'

/** Lets the browser make a passkey; the answer as the API takes it. */
export async function makePasskey(options: PublicKeyCredentialCreationOptionsJSON) {
  const { startRegistration } = await import('@simplewebauthn/browser')
  const made: RegistrationResponseJSON = await startRegistration({ optionsJSON: options })
  const { clientDataJSON, attestationObject, transports = [] } = made.response
  return { id: made.id, client_data: clientDataJSON, attestation: attestationObject, transports }
}

/** Lets the person choose a passkey of the browser; the answer as the API takes it. */
export async function usePasskey(options: PublicKeyCredentialRequestOptionsJSON) {
  const { startAuthentication } = await import('@simplewebauthn/browser')
  const answer: AuthenticationResponseJSON = await startAuthentication({ optionsJSON: options })
  const { clientDataJSON, authenticatorData, signature } = answer.response
  return { id: answer.id, client_data: clientDataJSON, authenticator_data: authenticatorData, signature }
}

/** What a refusal of the browser means, in words for the person; undefined for one that was not the browser's. */
export function passkeyProblem(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined
  switch (error.name) {
    case 'NotAllowedError':
    case 'AbortError':
      return t('account.passkeys.cancelled')
    case 'InvalidStateError':
      return t('account.passkeys.known')
    case 'NotSupportedError':
    case 'ConstraintError':
      return t('account.passkeys.unable')
    case 'SecurityError':
      return t('account.passkeys.other_address')
    default:
      return undefined
  }
}
