import { Notify } from 'quasar'
import { asFailure } from '../api/failure.ts'
import { t } from '../i18n/index.ts'

/** Confirms an action; closes after five seconds. */
export function toast(message: string): void {
  Notify.create({
    message,
    classes: 'toast',
    timeout: 5_000,
    position: 'bottom-right',
    attrs: { role: 'status' },
  })
}

/** Confirms an action that can be taken back for as long as the message shows. */
export function toastUndo(message: string, undo: () => void): void {
  Notify.create({
    message,
    classes: 'toast',
    timeout: 8_000,
    position: 'bottom-right',
    attrs: { role: 'status' },
    actions: [{ label: t('common.undo'), flat: true, noCaps: true, ripple: false, handler: undo }],
  })
}

/** Tells of something elsewhere, with the way there; closes after five seconds. */
export function toastOpen(
  message: string,
  caption: string | undefined,
  label: string,
  open: () => void,
): void {
  Notify.create({
    message,
    ...(caption === undefined ? {} : { caption }),
    classes: 'toast toast-notice',
    multiLine: false,
    timeout: 5_000,
    position: 'bottom-right',
    group: false,
    attrs: { role: 'status' },
    actions: [{ label, flat: true, noCaps: true, ripple: false, handler: open }],
  })
}

/** Reports a failure; stays until the user closes it. */
export function toastFailure(what: string, error: unknown): void {
  Notify.create({
    message: t('common.failed_because', { what, why: asFailure(error).message }),
    classes: 'toast toast-bad',
    timeout: 0,
    position: 'bottom-right',
    attrs: { role: 'alert' },
    actions: [{ label: t('common.close'), flat: true, noCaps: true, ripple: false }],
  })
}
