/** A resource that carries a version, after a change of some of its fields. */
export function changed<T extends { version: number; updated_at: string }>(
  before: T,
  fields: Partial<T>,
  now: string,
): T {
  return { ...before, ...fields, version: before.version + 1, updated_at: now }
}
