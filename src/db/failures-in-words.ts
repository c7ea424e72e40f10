/** Error codes of PostgreSQL and of the network for the most frequent mistakes of an operator, in words. */
export const IN_WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there',
  ENOTFOUND: 'there is no such host',
  ENOENT: 'there is no such socket',
  CONNECT_TIMEOUT: 'it does not answer',
  '28P01': 'it does not take this user and password',
  '28000': 'it does not let this user in',
  '3D000': 'it has no such database',
}
