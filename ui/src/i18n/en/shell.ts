/** What is around every view: bars, sidebar, banners, shortcuts, the command palette. */
export const shell = {
  skip: 'Skip to the page',
} as const
