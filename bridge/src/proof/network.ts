/** The system's code of a failed connection, e.g. `ECONNREFUSED`; the name of the error when it has none. */
export function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'an unknown error'
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name
}

const OWN_AUTHORITY =
  'Add the authority of your organization to those of this machine, or name its file in NODE_EXTRA_CA_CERTS. To accept any certificate: verify_tls: false.'

/** What is wrong with a certificate, by the code of OpenSSL. */
export const TLS_CODES: Readonly<Record<string, { is: string; todo: string }>> = {
  CERT_HAS_EXPIRED: { is: 'has expired', todo: 'Renew it at the server.' },
  CERT_NOT_YET_VALID: { is: 'is not valid yet', todo: 'Check the clock of this machine.' },
  ERR_TLS_CERT_ALTNAME_INVALID: {
    is: 'is for another host',
    todo: 'Use the name that the certificate is for.',
  },
  DEPTH_ZERO_SELF_SIGNED_CERT: { is: 'is one that nobody vouches for', todo: OWN_AUTHORITY },
  SELF_SIGNED_CERT_IN_CHAIN: {
    is: 'comes from an authority that this machine does not know',
    todo: OWN_AUTHORITY,
  },
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: {
    is: 'comes from an authority that this machine does not know',
    todo: OWN_AUTHORITY,
  },
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: {
    is: 'comes without the certificate of its authority',
    todo: `The server has to send the whole chain. ${OWN_AUTHORITY}`,
  },
}
