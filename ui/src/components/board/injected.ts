import { type InjectionKey, inject } from 'vue'

/** What a view above provides; a part without that view is a mistake. */
export function injected<T>(key: InjectionKey<T>): T {
  const value = inject(key)
  if (value === undefined) throw new Error(`nothing provides ${key.description}`)
  return value
}
