import { type TSchema, Type } from '@sinclair/typebox'
import { TypeCompiler } from '@sinclair/typebox/compiler'
import { Value } from '@sinclair/typebox/value'
import { problemsOf } from '../contracts/problems.ts'
import { Closed } from '../contracts/schema.ts'
import type { TransferColumn, TransferTable } from '../db/transfer/tables.ts'
import { BadExport } from '../domain/bad-export.ts'

/** Numbers of versions, messages and events go on from those of a file: half of their range is left for what follows. */
const INT_MAX = 2 ** 30
const BIGINT_MAX = 2 ** 52
const Id = Type.String({ pattern: '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' })
const Moment = Type.String({ pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{6}Z$' })

/** The values of a column, by the type that PostgreSQL gives it. */
const OF_TYPE: Readonly<Record<string, TSchema>> = {
  uuid: Id,
  'uuid[]': Type.Array(Id),
  text: Type.String(),
  'text[]': Type.Array(Type.String()),
  boolean: Type.Boolean(),
  smallint: Type.Integer({ minimum: 0, maximum: INT_MAX }),
  integer: Type.Integer({ minimum: 0, maximum: INT_MAX }),
  bigint: Type.Integer({ minimum: 0, maximum: BIGINT_MAX }),
  'timestamp with time zone': Moment,
  jsonb: Type.Union([Type.Array(Type.Unknown()), Type.Record(Type.String(), Type.Unknown())]),
}

export type FileRow = Readonly<Record<string, unknown>>

/** Judges the lines of one file: whole rows, in the order of their key, none twice. Throws `BadExport`. */
export class RowCheck {
  readonly #file: string
  readonly #key: readonly string[]
  readonly #check: ReturnType<typeof TypeCompiler.Compile>
  readonly #schema: TSchema
  #line = 0
  #last: readonly unknown[] | undefined

  constructor({ file, key, columns }: TransferTable) {
    this.#file = `${file}.jsonl`
    this.#key = key
    this.#schema = Closed(Object.fromEntries(columns.map((column) => [column.name, schemaOf(column)])))
    this.#check = TypeCompiler.Compile(this.#schema)
  }

  row(line: string): FileRow {
    this.#line++
    const row = this.#parse(line)
    if (!this.#check.Check(row)) throw this.#bad(this.#problem(row))
    const found = row as FileRow
    const place = this.#key.map((name) => found[name])
    const order = this.#last ? compare(this.#last, place) : -1
    if (order === 0) throw this.#bad(`the same ${this.#key.join(' and ')} again`)
    if (order > 0) throw this.#bad('not in the order of the key')
    this.#last = place
    return found
  }

  #parse(line: string): unknown {
    try {
      return JSON.parse(line)
    } catch {
      // The parser's own message may quote the line.
      throw this.#bad('not JSON')
    }
  }

  #problem(row: unknown): string {
    const [first] = problemsOf(Value.Errors(this.#schema, row))
    return first ? `${first.path || '/'} ${first.message}` : 'not a row of this table'
  }

  #bad(problem: string): BadExport {
    return new BadExport(`${this.#file}, line ${this.#line}: ${problem}`)
  }
}

function schemaOf({ type, nullable, words, schema, name }: TransferColumn): TSchema {
  const values = OF_TYPE[type]
  if (!values) throw new Error(`unreachable: the column ${name} has the type ${type}`)
  const word = words && Type.Union(words.map((one) => Type.Literal(one)))
  const value = schema ?? (word && type === 'text[]' ? Type.Array(word) : (word ?? values))
  return nullable ? Type.Union([value, Type.Null()]) : Type.Optional(value, false)
}

/** The order of PostgreSQL for the types of keys: ids and words by their characters, numbers by their value. */
function compare(a: readonly unknown[], b: readonly unknown[]): number {
  for (const [i, left] of a.entries()) {
    const right = b[i]
    if (left === right) continue
    return (left as string | number) < (right as string | number) ? -1 : 1
  }
  return 0
}
