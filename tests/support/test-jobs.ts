/** Commands for tests of the lane, with behaviour and result. */
export type TestJob =
  | { do: 'store'; value: string }
  /** Needs a transaction. */
  | { do: 'store_in_sql'; value: string }
  /** Refused by a rule. */
  | { do: 'refuse'; value: string }
  /** Throws an unexpected error. */
  | { do: 'fail'; value: string }
  /** Refused by the database only, when its row is stored. */
  | { do: 'refused_by_sql'; value: string }
  /** Changes permissions: ends its batch. */
  | { do: 'permission'; value: string }
  | { do: 'permission_in_sql'; value: string }

export interface TestDone {
  value: string
  sequence: number
  ends_batch: boolean
}

export const put = (value: string): TestJob => ({ do: 'store', value })

export function needsSql(job: TestJob): boolean {
  return job.do.endsWith('_in_sql')
}

export function endsBatch(job: TestJob): boolean {
  return job.do.startsWith('permission')
}
