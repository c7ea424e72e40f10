/** The beginning of a text, for the name of what went wrong. */
export const clipped = (text: string): string => text.slice(0, 120)
