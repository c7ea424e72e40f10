/** API keys of Mission Control, wherever they stand in a text: prefix with the public id, then the secret. */
const KEY = /\b(mc_ak_[a-z]+_[A-Za-z0-9]{1,12})_[A-Za-z0-9_-]+/g

/** A key as people may see it: its prefix, `mc_ak_live_<id12>_…`. Any other secret shows nothing of itself. */
export function maskKey(key: string): string {
  const masked = maskKeys(key)
  return masked !== key && masked.endsWith('_…') && !/\s/.test(masked) ? masked : '…'
}

/** A text with its keys masked to their prefixes, for logs and errors that quote what others sent. */
export const maskKeys = (text: string): string => text.replace(KEY, '$1_…')
