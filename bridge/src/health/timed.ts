/**
 * The same object with some of its methods timed: `observe` gets the milliseconds until a call settled, whether it succeeded or
 * not. Methods keep their own object as `this`.
 */
export function timed<T extends object, C extends keyof T & string>(
  target: T,
  calls: readonly C[],
  observe: (call: C, ms: number) => void,
  now: () => number = () => performance.now(),
): T {
  return new Proxy(target, {
    get(_, name) {
      const value: unknown = Reflect.get(target, name, target)
      if (typeof value !== 'function') return value
      const call = calls.find((one) => one === name)
      if (call === undefined) return value.bind(target)
      return (...args: unknown[]) => {
        const began = now()
        const settled = () => observe(call, now() - began)
        const result: unknown = Reflect.apply(value, target, args)
        if (!(result instanceof Promise)) {
          settled()
          return result
        }
        return result.finally(settled)
      }
    },
  })
}
