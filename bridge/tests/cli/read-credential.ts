/** Prints the credential `A` of a configuration of credentials; compiled by a test. */
import { openCredentials } from '../../src/config/credentials/open.ts'

console.log(await openCredentials(JSON.parse(process.argv[2] ?? '')).get('A'))
