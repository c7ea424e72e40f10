/** What a board shows: the group of its texts in `tasks.board`. */
export type Noun = 'task' | 'project'
