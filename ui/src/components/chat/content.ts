import type { Message } from '@contracts/resources.ts'
import { ofServer } from '../../i18n/server.ts'

/** The text of a message. What the server itself says in a channel is told in the language of the page. */
export const contentOf = ({ kind, content }: Pick<Message, 'kind' | 'content'>): string =>
  kind === 'system' ? ofServer(content, 'title') : content
