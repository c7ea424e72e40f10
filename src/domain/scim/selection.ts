/** `attributes` and `excludedAttributes` of RFC 7644, section 3.9. */
import { parsePath } from './filter.ts'
import { isJson, type Json } from './json.ts'

/** Attributes that every answer has. */
const ALWAYS = new Set(['schemas', 'id', 'meta'])

interface Selection {
  attributes?: string | undefined
  excluded?: string | undefined
}

/** The part of a resource that was asked for. */
export function selected(resource: Json, { attributes, excluded }: Selection): Json {
  if (attributes) return chosen(resource, namesOf(attributes))
  return excluded ? without(resource, namesOf(excluded)) : resource
}

type Names = { attribute: string; sub: string | undefined }[]

function namesOf(list: string): Names {
  return list
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '')
    .map((name) => {
      const { attribute, sub } = parsePath(name)
      return { attribute: attribute.toLowerCase(), sub: sub?.toLowerCase() }
    })
}

function chosen(resource: Json, names: Names): Json {
  const entries = Object.entries(resource).flatMap(([key, value]): [string, unknown][] => {
    const of_key = names.filter(({ attribute }) => attribute === key.toLowerCase())
    if (ALWAYS.has(key) || of_key.some(({ sub }) => sub === undefined)) return [[key, value]]
    if (of_key.length === 0) return []
    return [[key, eachValue(value, (name) => of_key.some(({ sub }) => sub === name.toLowerCase()))]]
  })
  return Object.fromEntries(entries)
}

function without(resource: Json, names: Names): Json {
  const entries = Object.entries(resource).flatMap(([key, value]): [string, unknown][] => {
    const of_key = names.filter(({ attribute }) => attribute === key.toLowerCase())
    if (key === 'schemas' || key === 'id' || of_key.length === 0) return [[key, value]]
    if (of_key.some(({ sub }) => sub === undefined)) return []
    return [[key, eachValue(value, (name) => !of_key.some(({ sub }) => sub === name.toLowerCase()))]]
  })
  return Object.fromEntries(entries)
}

function eachValue(value: unknown, keeps: (name: string) => boolean): unknown {
  if (Array.isArray(value)) return value.map((one) => eachValue(one, keeps))
  return isJson(value) ? Object.fromEntries(Object.entries(value).filter(([name]) => keeps(name))) : value
}
