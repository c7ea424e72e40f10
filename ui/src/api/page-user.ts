/**
 * The user that this page was drawn for. The cookies of a browser know no tabs: another person may sign in in another one.
 * Every request names the page's user, so that the server refuses it (409 `OTHER_USER`) instead of taking it for that of
 * the other person.
 */
let current: string | undefined

export function pageUser(): string | undefined {
  return current
}

export function setPageUser(user_id: string | undefined): void {
  current = user_id
}
