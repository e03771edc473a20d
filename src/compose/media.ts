/** Passes the media of outputs on: to later steps, and to the output of the composed run. */
import type { FileMedia, Media } from '../client/media.ts'
import { isUploadable } from '../client/media.ts'
import type { CommonRunOptions } from '../client/run-types.ts'
import { dictsIn } from './answers.ts'

type Dict = Readonly<Record<string, unknown>>

/** Media of one run, as AgentOS's dicts. */
export interface MediaLists {
  readonly images: readonly Media[]
  readonly audio: readonly Media[]
  readonly videos: readonly Media[]
  readonly files: readonly FileMedia[]
}

/** The media of outputs and of the blocks inside them, in order. Each id is listed once. */
export function mediaOf(outputs: Iterable<object>): MediaLists {
  const leaves = [...outputs].flatMap(leavesOf)
  return {
    images: listOf(leaves, 'images'),
    audio: listOf(leaves, 'audio'),
    videos: listOf(leaves, 'videos'),
    files: listOf(leaves, 'files'),
  }
}

/** AgentOS refuses a run with a form field of more than 1 MB. Media are sent as JSON in one field for each kind. */
const MAX_FIELD_LENGTH = 1_000_000

/**
 * The media of a run and those of earlier outputs. As in Agno, a step receives both. Media of outputs that do not fit into
 * a form field are left out.
 */
export function mediaAfter(
  options: Pick<CommonRunOptions, keyof MediaLists>,
  outputs: Iterable<object>,
): MediaLists {
  const { images, audio, videos, files } = mediaOf(outputs)
  return {
    images: withFitting(options.images, images),
    audio: withFitting(options.audio, audio),
    videos: withFitting(options.videos, videos),
    files: withFitting(options.files, files),
  }
}

function withFitting(given: readonly Media[] = [], earlier: readonly Media[]): readonly Media[] {
  if (earlier.length === 0) return given
  const all = [...given]
  // A file with bytes is a part of the form.
  let length = lengthOf(given.filter((media) => !isUploadable(media)))
  for (const media of earlier) {
    const { content } = media
    if (typeof content === 'string' && content.length > MAX_FIELD_LENGTH) continue
    const added = lengthOf(media)
    if (length + added > MAX_FIELD_LENGTH) continue
    length += added
    all.push(media)
  }
  return all
}

/** Length in a form. */
function lengthOf(value: unknown): number {
  return encodeURIComponent(JSON.stringify(value).toWellFormed()).length
}

/** Only the lists that contain media, for events and outputs without empty lists. */
export function presentMedia(lists: MediaLists): Partial<MediaLists> {
  return Object.fromEntries(Object.entries(lists).filter(([, list]) => list.length > 0))
}

/**
 * Outputs without blocks. A container has its media in the outputs of its blocks, and so has the event that ends a
 * workflow.
 */
function leavesOf(output: object): Dict[] {
  const { steps, step_results } = output as Dict
  const inner = steps ?? step_results
  return Array.isArray(inner) ? inner.flatMap((one) => leavesOf(Object(one))) : [output as Dict]
}

function listOf(leaves: readonly Dict[], key: keyof MediaLists): Media[] {
  const seen = new Set<unknown>()
  const isNew = ({ id }: Media) => id === undefined || id === null || !seen.has(id)
  return leaves
    .flatMap((leaf) => dictsIn(leaf[key]))
    .filter((media) => {
      if (!isNew(media)) return false
      seen.add(media['id'])
      return true
    })
}
