import type {
  AuthenticationResponseJSON,
  PublicKeyCredentialCreationOptionsJSON,
  PublicKeyCredentialRequestOptionsJSON,
  RegistrationResponseJSON,
} from '@simplewebauthn/browser'

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
      return 'It was cancelled, or it took too long.'
    case 'InvalidStateError':
      return 'This device has a passkey for your account already.'
    case 'NotSupportedError':
    case 'ConstraintError':
      return 'This device cannot keep passkeys.'
    case 'SecurityError':
      return 'The address of this page is not the one that passkeys of this server are for.'
    default:
      return undefined
  }
}
