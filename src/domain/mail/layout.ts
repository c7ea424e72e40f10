import type { Language } from '../../contracts/vocabulary.ts'
import { html, oneLine, shortened } from './mail-text.ts'

/** A subject is shown up to about this length. */
const SUBJECT_MAX = 150

export function subjectOf(what: string, where: string): string {
  return shortened(oneLine(`${what} · ${where}`), SUBJECT_MAX)
}

export const paragraph = (text: string) => `<p dir="auto">${html(text)}</p>`

export const link = (url: string, words: string) => `<a href="${html(url)}">${html(words)}</a>`

/** No image, no script, nothing that is loaded from elsewhere. */
export function document(language: Language, title: string, parts: readonly string[]): string {
  return lines([
    '<!DOCTYPE html>',
    `<html lang="${language}">`,
    `<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark"><title>${html(oneLine(title))}</title></head>`,
    '<body style="font-family:Roboto,Arial,sans-serif;font-size:14px;line-height:1.5;max-width:560px;margin:0 auto;padding:16px">',
    ...parts,
    '</body>',
    '</html>',
  ])
}

export const lines = (all: readonly string[]) => `${all.join('\n')}\n`

/** E.g. `2026-11-28 14:05 UTC`. */
export const utc = (time: string) => `${time.slice(0, 10)} ${time.slice(11, 16)} UTC`
