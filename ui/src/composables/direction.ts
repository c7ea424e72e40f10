import { isRightToLeft, LOCALE } from '../i18n/locale.ts'

/** 1 where the line goes to the right, -1 in a page from right to left: the same as `--forward` of the style sheets. */
export const FORWARD: 1 | -1 = isRightToLeft(LOCALE) ? -1 : 1
/** The opposite. */
export const BACKWARD: 1 | -1 = FORWARD === 1 ? -1 : 1

/** The edge of a box at which a line begins, in pixels from the left. */
export const startOf = ({ left, right }: { left: number; right: number }): number =>
  FORWARD === 1 ? left : right
