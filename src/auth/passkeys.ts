import { isIP } from 'node:net'
import { readText, signText } from './signed-texts.ts'

/** A challenge that this server gave out, for one account's new passkey or for a sign-in. */
interface Challenge {
  challenge: string
  /** Null for a sign-in: the passkey tells the account. */
  account_id: string | null
  issued_at: number
}

/** A new passkey as the browser answers it. Binary values are base64url. */
export interface NewCredential {
  id: string
  client_data: string
  attestation: string
  transports: readonly string[]
}

/** A signature of a passkey as the browser answers it. */
export interface SignedChallenge {
  id: string
  client_data: string
  authenticator_data: string
  signature: string
}

/** What is stored of a passkey that was verified. */
export interface VerifiedPasskey {
  credential_id: string
  public_key: string
  counter: number
  synced: boolean
}

export interface RelyingParty {
  /** Domain of the app: passkeys are bound to it. */
  id: string
  /** Origins whose pages may use them. */
  origins: readonly string[]
}

/** Somebody looks for a security key. */
export const CHALLENGE_MS = 5 * 60 * 1000
const NEW = 'challenge of a new passkey'
const SIGN_IN = 'challenge of a sign-in by passkey'

/**
 * The domain to which passkeys of this server are bound; undefined where browsers allow none: at a bare address, and over
 * plain http beyond this machine.
 */
export function relyingParty(public_url: string, own_origins: readonly string[]): RelyingParty | undefined {
  const { hostname, protocol } = new URL(public_url)
  if (isIP(hostname.replace(/^\[|\]$/g, '')) !== 0) return undefined
  return protocol === 'https:' || hostname === 'localhost'
    ? { id: hostname, origins: own_origins }
    : undefined
}

/**
 * Passkeys by WebAuthn. Challenges are signed and kept nowhere until they are used. The person is verified by the
 * authenticator (fingerprint, PIN), so a passkey is two factors in one. The library is loaded with the first use.
 */
export class Passkeys {
  readonly #party: RelyingParty
  readonly #secrets: readonly Uint8Array[]
  readonly #now: () => number

  /** `secrets`: the first signs, all verify. */
  constructor(party: RelyingParty, secrets: readonly Uint8Array[], now: () => number) {
    this.#party = party
    this.#secrets = secrets
    this.#now = now
  }

  /** Options for `navigator.credentials.create`, and the token that the answer comes with. */
  async beginNew(
    person: { id: string; email: string; display_name: string },
    known_ids: readonly string[],
  ): Promise<{ token: string; options: object }> {
    const { generateRegistrationOptions } = await webauthn()
    const options = await generateRegistrationOptions({
      rpName: 'Mission Control',
      rpID: this.#party.id,
      userID: new Uint8Array(Buffer.from(person.id.replaceAll('-', ''), 'hex')),
      userName: person.email,
      userDisplayName: person.display_name,
      timeout: CHALLENGE_MS,
      attestationType: 'none',
      excludeCredentials: known_ids.map((id) => ({ id })),
      authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
    })
    return { token: this.#sign(NEW, options.challenge, person.id), options }
  }

  /** The passkey of an answer to {@link beginNew}; undefined when it is not good. */
  async verifyNew(
    account_id: string,
    token: string,
    credential: NewCredential,
  ): Promise<VerifiedPasskey | undefined> {
    const challenge = this.#read(NEW, token)
    if (challenge?.account_id !== account_id) return undefined
    const { verifyRegistrationResponse } = await webauthn()
    const { id, client_data, attestation } = credential
    try {
      const { verified, registrationInfo } = await verifyRegistrationResponse({
        response: {
          id,
          rawId: id,
          type: 'public-key',
          response: { clientDataJSON: client_data, attestationObject: attestation },
          clientExtensionResults: {},
        },
        expectedChallenge: challenge.challenge,
        ...this.#expected(),
      })
      if (!verified) return undefined
      const { credential: made, credentialBackedUp: synced } = registrationInfo
      const public_key = Buffer.from(made.publicKey).toString('base64url')
      return { credential_id: made.id, public_key, counter: made.counter, synced }
    } catch {
      // The library throws for each rule that an answer breaks: none of them makes a passkey.
      return undefined
    }
  }

  /** Options for `navigator.credentials.get`. They name no account: the browser offers what it has for this domain. */
  async beginSignIn(): Promise<{ token: string; options: object }> {
    const { generateAuthenticationOptions } = await webauthn()
    const options = await generateAuthenticationOptions({
      rpID: this.#party.id,
      userVerification: 'required',
      timeout: CHALLENGE_MS,
    })
    return { token: this.#sign(SIGN_IN, options.challenge, null), options }
  }

  /** The counter of a passkey after a good signature; undefined when it is not good. */
  async verifySignIn(
    token: string,
    answer: SignedChallenge,
    stored: Pick<VerifiedPasskey, 'credential_id' | 'public_key' | 'counter'>,
  ): Promise<{ counter: number; synced: boolean } | undefined> {
    const challenge = this.#read(SIGN_IN, token)
    if (!challenge) return undefined
    const { verifyAuthenticationResponse } = await webauthn()
    const { id, client_data, authenticator_data, signature } = answer
    const { credential_id, public_key, counter } = stored
    try {
      const { verified, authenticationInfo } = await verifyAuthenticationResponse({
        response: {
          id,
          rawId: id,
          type: 'public-key',
          response: { clientDataJSON: client_data, authenticatorData: authenticator_data, signature },
          clientExtensionResults: {},
        },
        expectedChallenge: challenge.challenge,
        credential: {
          id: credential_id,
          publicKey: new Uint8Array(Buffer.from(public_key, 'base64url')),
          counter,
        },
        ...this.#expected(),
      })
      if (!verified) return undefined
      return { counter: authenticationInfo.newCounter, synced: authenticationInfo.credentialBackedUp }
    } catch {
      // The library throws for each rule that an answer breaks, e.g. a counter that steps back.
      return undefined
    }
  }

  #expected() {
    const { id, origins } = this.#party
    return { expectedOrigin: [...origins], expectedRPID: id, requireUserVerification: true }
  }

  #sign(purpose: string, challenge: string, account_id: string | null): string {
    const [secret] = this.#secrets
    if (!secret) throw new Error('unreachable: there is a first secret')
    return signText(secret, purpose, { challenge, account_id, issued_at: this.#now() })
  }

  #read(purpose: string, token: string): Challenge | undefined {
    return readText<Challenge>(this.#secrets, purpose, token, { now: this.#now(), lasts_ms: CHALLENGE_MS })
  }
}

const webauthn = () => import('@simplewebauthn/server')
