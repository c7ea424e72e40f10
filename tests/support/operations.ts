import type { ApiDocument, Operation } from './contract.ts'

/** One operation of the API document, by method and path. */
export interface Described {
  /** `POST /api/v1/orgs/{org_slug}/tasks`. */
  name: string
  method: string
  path: string
  operation: Operation
}

/** All operations of the API document, in its order. */
export function operationsOf(document: ApiDocument): Described[] {
  return Object.entries(document.paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([verb, operation]) => {
      const method = verb.toUpperCase()
      return { name: `${method} ${path}`, method, path, operation }
    }),
  )
}

/** The error codes that an operation lists for a status. */
export function codesOf(operation: Operation, status: number | string): string[] {
  const text = operation.responses[String(status)]?.description ?? ''
  return [...text.matchAll(/`(\w+)`/g)].flatMap(([, code]) => (code === undefined ? [] : [code]))
}
