import {
  Column,
  fillPlaceholders,
  is,
  type Placeholder,
  SQL,
  type SQLWrapper,
  sql as text,
} from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/postgres-js'
import type postgres from 'postgres'
import type { OrgRef, Row, Sql } from './client.ts'

/**
 * Builds statements from the schema, with typed rows. It has no connection: a {@link statement} runs on those of the
 * client, with its deadlines, its org scope and its prepared statements (docs/decisions/0012-frameworks.md).
 */
export const build = drizzle.mock()

/** Parameters of a statement, by name; each is used like a value of its type. */
export type Params<Values> = { [K in keyof Values]: Placeholder<K & string, Values[K]> }

/** Result of {@link build}; its `Awaited` type is the rows. */
interface Built extends PromiseLike<unknown> {
  toSQL(): { sql: string; params: unknown[] }
}

type RowOf<B extends Built> = Extract<Awaited<B>, readonly object[]>[number] & Row

/**
 * A statement that is built once, at its first use: building costs some 50 µs, a call 2 µs. A call returns a query of
 * the driver, to be awaited or to be a part of another query (`readOne`, `readPage`); a value may be a part of a query
 * too, such as the org column of `readOne`.
 *
 * Rows are the driver's objects, not mapped, so a selected field must be named like its column or its alias.
 */
export function statement<Values extends object, B extends Built>(
  make: (params: Params<Values>) => B,
): (sql: Sql, values: Values) => postgres.PendingQuery<RowOf<B>[]> {
  let built: { parts: TemplateStringsArray; params: unknown[] } | undefined
  return (sql, values) => {
    built ??= take(make(paramsOf<Values>()))
    const filled = fillPlaceholders(built.params, values as Record<string, unknown>)
    // Drizzle types parameters as unknown; their types were checked where the statement was built.
    return sql<RowOf<B>[]>(built.parts, ...(filled as postgres.ParameterOrFragment<never>[]))
  }
}

/** Condition that a row belongs to the org: its id, or the scope column of `readOne`. */
export function inOrg(column: Column, org: Placeholder<string, OrgRef>): SQL {
  return text`${column} = ${org}`
}

/** Condition that a column has one of these values, as one array parameter: the text does not depend on their number. */
export function anyOf(column: Column, values: Placeholder<string, readonly string[]>): SQL {
  return text`${column} = any(${values})`
}

/** A parameter where only an expression may stand, e.g. in `set`. */
export function given(param: SQLWrapper): SQL {
  return text`${param}`
}

function paramsOf<Values>(): Params<Values> {
  return new Proxy({} as Params<Values>, { get: (_, name) => text.placeholder(String(name)) })
}

/** Text between the parameters, as a template of the driver. */
function take(made: Built): { parts: TemplateStringsArray; params: unknown[] } {
  checkNames(made)
  const { sql, params } = made.toSQL()
  const parts = sql.split(/\$\d+/)
  return { parts: Object.assign(parts, { raw: parts }), params }
}

/** Throws for a selected field whose name in the row differs from its name in the type. */
function checkNames(made: Built & { _?: { selectedFields?: object } }): void {
  for (const [key, field] of Object.entries(made._?.selectedFields ?? {})) {
    const name = is(field, Column) ? field.name : is(field, SQL.Aliased) ? field.fieldAlias : undefined
    if (name !== key) throw new Error(`The selected field ${key} is called ${name} in its row`)
  }
}
