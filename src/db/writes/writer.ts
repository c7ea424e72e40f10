import type { BatchContext } from '../batch.ts'

/** The transaction of one org for writes of a command: org of the rows, and their timestamp. */
export type Writer = Pick<BatchContext, 'org_id' | 'sql' | 'now' | 'write'>
