/** The tree of a message. There are no nodes for raw HTML and images, so neither can reach the page. */
export type Block =
  | { type: 'paragraph'; children: Inline[] }
  | { type: 'heading'; level: number; children: Inline[] }
  | { type: 'list'; ordered: boolean; start: number; items: Block[][] }
  | { type: 'quote'; children: Block[] }
  | { type: 'code_block'; info: string; text: string }
  | { type: 'rule' }
  | { type: 'table'; head: Inline[][]; rows: Inline[][][] }

export type Inline =
  | { type: 'text'; text: string }
  | { type: 'break' }
  | { type: 'code'; text: string }
  | { type: 'strong' | 'em' | 'strike'; children: Inline[] }
  /** `href` is always http or https. */
  | { type: 'link'; href: string; children: Inline[] }

/** Whether the message has no markup: plain lines only. */
export function isPlain(blocks: readonly Block[]): boolean {
  return blocks.every(
    (block) =>
      block.type === 'paragraph' &&
      block.children.every((child) => child.type === 'text' || child.type === 'break'),
  )
}
