/** Shows images, audio, video and files of a run. Content is shown from memory; remote addresses are links. */
import { useEffect, useState } from 'preact/hooks'
import type { Json } from '../api/types.ts'
import { textIn } from '../api/types.ts'
import { bytes } from '../state/format.ts'
import type { MediaBlock } from '../state/run-model.ts'
import { strings } from '../strings.ts'

export function Media({ kind, items }: Pick<MediaBlock, 'kind' | 'items'>) {
  return (
    <div class="media">
      {items.map((item, index) => (
        <Item key={textIn(item['id']) || index} kind={kind} item={item} index={index} />
      ))}
    </div>
  )
}

const TYPES = { images: 'image/png', videos: 'video/mp4', audio: 'audio/wav', files: '' } as const
/** MIME types that the page shows. SVG is excluded, because it can carry script when it is opened by itself. */
const SHOWN = /^(?:image\/(?:png|jpeg|gif|webp|avif|bmp)|video\/|audio\/)/

/** Whether a file of this MIME type is shown as a picture. */
export const isShownImage = (type: string) => type.startsWith('image/') && SHOWN.test(type)

interface ItemProps {
  readonly kind: MediaBlock['kind']
  readonly item: Json
  readonly index: number
}

function Item({ kind, item, index }: ItemProps) {
  const type = typeOf(kind, item)
  const blob = useBlob(textIn(item['content']) || textIn(item['base64_audio']), type)
  const address = textIn(item['url'])
  const name = textIn(item['filename']) || textIn(item['name']) || `${kind}-${index + 1}`
  const label = textIn(item['alt_text']) || textIn(item['original_prompt']) || name
  if (blob === undefined) {
    return /^https?:/i.test(address) ? (
      <a class="file" href={address} rel="noreferrer noopener" target="_blank">
        {label} ↗
      </a>
    ) : (
      <span class="file dim">{strings.noContent(label)}</span>
    )
  }
  return (
    <figure>
      {!SHOWN.test(type) ? null : kind === 'images' ? (
        <img src={blob.url} alt={label} />
      ) : kind === 'videos' ? (
        // biome-ignore lint/a11y/useMediaCaption: a model's video has no captions
        <video src={blob.url} controls />
      ) : (
        // biome-ignore lint/a11y/useMediaCaption: a model's audio has no captions
        <audio src={blob.url} controls />
      )}
      <figcaption>
        <a href={blob.url} download={name}>
          {name}
        </a>{' '}
        <span class="dim">
          {type} · {bytes(blob.size)}
        </span>
      </figcaption>
    </figure>
  )
}

function typeOf(kind: MediaBlock['kind'], item: Json): string {
  const said = textIn(item['mime_type'])
  if (/^[\w.+-]+\/[\w.+-]+$/.test(said)) return said
  const format = textIn(item['format'])
  if (/^[\w+-]+$/.test(format) && kind !== 'files') return `${TYPES[kind].split('/')[0]}/${format}`
  return TYPES[kind] || 'application/octet-stream'
}

/** Object URL for base64 content; revoked when the element is removed. */
function useBlob(content: string, type: string) {
  const [blob, setBlob] = useState<{ url: string; size: number } | undefined>(undefined)
  useEffect(() => {
    const data = decoded(content)
    if (data === undefined) return
    const url = URL.createObjectURL(new Blob([data], { type }))
    setBlob({ url, size: data.length })
    return () => URL.revokeObjectURL(url)
  }, [content, type])
  return blob
}

function decoded(content: string): Uint8Array<ArrayBuffer> | undefined {
  if (content === '') return undefined
  try {
    const text = atob(content.replace(/^data:[^,]*,/, ''))
    return Uint8Array.from(text, (char) => char.charCodeAt(0))
  } catch {
    return new TextEncoder().encode(content)
  }
}
