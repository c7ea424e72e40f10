import { PROXIES } from '../../tests/support/proxies.ts'
import type { Job } from './groups.ts'

/** What `--behind` takes. */
export const BEHIND_NAMES: readonly string[] = PROXIES.map(({ name }) => name.toLowerCase())

/** Read by tests/e2e/support/behind.ts. */
export const BEHIND_VARIABLE = 'MC_TEST_BEHIND'

/** Browser tests that are about another stage than a server at an address, and why. All others run behind a proxy, whole. */
export const LEFT_OUT: Readonly<Record<string, string>> = {
  'tests/e2e/base-path.test.ts': 'its subject is a proxy of its own, below a path of a host',
  'tests/e2e/demo.test.ts': 'its subject is `npm run demo`, one server with a PostgreSQL of its own',
  'tests/e2e/silent-stream.test.ts':
    'its subject is a proxy of its own, over plain http, that keeps streams open and silent',
  'tests/e2e/tabs.test.ts':
    'its subject is HTTP/1.1 without TLS, six connections to a host; the proxy speaks HTTP/2 with TLS',
  'tests/e2e/two-nodes.test.ts': 'it starts two nodes behind each proxy itself',
  'tests/e2e/two-servers.test.ts':
    'its subject is plain http, where the ports of a host share cookies; over TLS a host is one server’s',
}

/** Divides the browser tests into those that run behind a proxy and those that are left out. */
export function behind(jobs: readonly Job[]): { run: Job[]; left_out: { name: string; why: string }[] } {
  return {
    run: jobs.filter(({ name }) => !Object.hasOwn(LEFT_OUT, name)),
    left_out: jobs.flatMap(({ name }) => {
      const why = LEFT_OUT[name]
      return why === undefined ? [] : [{ name, why }]
    }),
  }
}
