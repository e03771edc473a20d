/** Shows the blocks of a run in their order of arrival. */
import { JsonTree, LongText } from '../../components/json.tsx'
import { Markdown } from '../../components/markdown.tsx'
import { Media } from '../../components/media.tsx'
import { memo } from '../../components/memo.ts'
import type { Block } from '../../state/run-model.ts'
import { MemberRun } from './member-run.tsx'
import { Reasoning } from './reasoning.tsx'
import { Sources } from './sources.tsx'
import { Step } from './step.tsx'
import { ToolCall } from './tool-call.tsx'

export function Blocks({
  blocks,
  rev,
}: {
  readonly blocks: readonly Block[]
  readonly rev: number
}) {
  return (
    <>
      {blocks.map((block, index) => (
        <OneBlock key={index} block={block} rev={revOf(block, rev)} />
      ))}
    </>
  )
}

/** Members and steps contain further blocks, so they are rendered with every change of the run. */
function revOf(block: Block, rev: number): number {
  return block.type === 'run' || block.type === 'step' ? rev : block.rev
}

/** Blocks are changed in place, so `rev` shows whether a block has changed since it was rendered. */
const OneBlock = memo(
  ({ block, rev }: { block: Block; rev: number }) => {
    switch (block.type) {
      case 'text':
        return <Markdown text={block.text} isOpen={block.isOpen} />
      case 'reasoning':
        return <Reasoning block={block} />
      case 'tool':
        return <ToolCall block={block} rev={rev} />
      case 'note':
        return (
          <p class={block.tone === 'error' ? 'notice bad' : 'note'}>
            <LongText text={block.text} />
          </p>
        )
      case 'media':
        return <Media kind={block.kind} items={block.items} />
      case 'sources':
        return <Sources block={block} />
      case 'structured':
        return <JsonTree value={block.value} open={3} />
      case 'step':
        return (
          <Step block={block}>
            <Blocks blocks={block.blocks} rev={rev} />
          </Step>
        )
      case 'run':
        return (
          <MemberRun block={block}>
            <Blocks blocks={block.run.blocks} rev={rev} />
          </MemberRun>
        )
    }
  },
  (before, after) => before.block === after.block && before.rev === after.rev,
)
