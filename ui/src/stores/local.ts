/**
 * Small values that this browser keeps between visits. A private window or a full disk may refuse: then the value
 * lives as long as the page, and nobody is bothered.
 */
export function readLocal(key: string): string | undefined {
  try {
    return localStorage.getItem(key) ?? undefined
  } catch {
    // Storage is forbidden here.
    return undefined
  }
}

export function writeLocal(key: string, value: string | undefined): void {
  try {
    if (value === undefined) localStorage.removeItem(key)
    else localStorage.setItem(key, value)
  } catch {
    // Forbidden or full: only the next visit will notice.
  }
}

export function localKeys(prefix: string): string[] {
  try {
    return Object.keys(localStorage).filter((key) => key.startsWith(prefix))
  } catch {
    // Storage is forbidden here.
    return []
  }
}
