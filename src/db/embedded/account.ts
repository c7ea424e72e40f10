import { chownSync, readFileSync } from 'node:fs'

/** The user that PostgreSQL runs as; empty: the user of this process. */
export interface Account {
  uid?: number
  gid?: number
}

/**
 * PostgreSQL refuses to run as root: root runs it as `postgres` or `nobody`. The user must have an entry in the password
 * file, which initdb reads. Throws one sentence when there is neither.
 */
export function postgresAccount(): Account {
  if (process.getuid?.() !== 0) return {}
  const users = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
  const found = ['postgres', 'nobody'].map((name) => users.find((user) => user[0] === name)).find(Boolean)
  if (!found)
    throw new Error(
      'PostgreSQL does not run as root and there is neither a user "postgres" nor "nobody". Start as another user.',
    )
  return { uid: Number(found[2]), gid: Number(found[3]) }
}

/** Gives a file or folder to the account. */
export function giveTo({ uid, gid }: Account, path: string): void {
  if (uid !== undefined && gid !== undefined) chownSync(path, uid, gid)
}
