import type { BatchContext } from '../lane-store.ts'

/** The transaction of one org as a command writes to it: who owns the rows, and the time they carry. */
export type Writer = Pick<BatchContext, 'org_id' | 'sql' | 'now' | 'write'>
