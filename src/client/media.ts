/** Converts images, audio, videos and files to the forms that AgentOS takes. */

/** Media for the input of a run. Set one of `url`, `content` and `filepath`. */
export interface Media {
  readonly id?: string | undefined
  readonly url?: string | undefined
  /** Path on the AgentOS's machine, not on this one. */
  readonly filepath?: string | undefined
  /** The bytes. A string is sent unchanged (base64, as in AgentOS's responses). */
  readonly content?: Uint8Array | Blob | string | undefined
  /** MIME type, such as `image/png`. */
  readonly mimeType?: string | undefined
  /** File name extension, such as `png`. */
  readonly format?: string | undefined
  readonly metadata?: Readonly<Record<string, unknown>> | undefined
  /** Any other member that Agno knows, in camelCase or snake_case: `detail`, `altText`, `media_reference` … */
  readonly [key: string]: unknown
}

/** A document, or any file with a type that AgentOS distinguishes. */
export interface FileMedia extends Media {
  /** File name. Default `upload`. */
  readonly filename?: string | undefined
}

/** A file that is sent as a part of the form instead of as JSON. */
export interface Upload {
  readonly filename: string
  readonly contentType: string
  readonly bytes: Uint8Array
}

/** The file has bytes to upload, instead of a reference or encoded text. */
export function isUploadable(file: FileMedia): boolean {
  return isBinary(file.content)
}

/** @param file a file that {@link isUploadable} */
export async function uploadOf(file: FileMedia): Promise<Upload> {
  const { filename, mimeType } = withBlobFacts(file)
  return {
    filename: filename ?? 'upload',
    contentType: mimeType ?? 'application/octet-stream',
    bytes: await bytesOf(file.content as Uint8Array | Blob),
  }
}

/** As Agno's `to_dict()`: snake_case keys, bytes in base64, only members that are set. */
export async function mediaDict(media: Media): Promise<Record<string, unknown>> {
  const dict: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(withBlobFacts(media))) {
    if (value !== undefined && value !== null) dict[snakeCase(key)] = value
  }
  if (isBinary(media.content)) {
    dict['content'] = Buffer.from(await bytesOf(media.content)).toString('base64')
  }
  return dict
}

/** As Agno's `File.to_dict()`: the content of a `text/*` file is the text itself. */
export async function fileDict(file: FileMedia): Promise<Record<string, unknown>> {
  const dict = await mediaDict(file)
  const mimeType = dict['mime_type']
  if (isBinary(file.content) && typeof mimeType === 'string' && mimeType.startsWith('text/')) {
    dict['content'] = Buffer.from(await bytesOf(file.content)).toString('utf8')
  }
  return dict
}

/** Converts `camelCase` to `snake_case`; snake_case stays unchanged. */
export function snakeCase(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}

/** A Blob can have a type, and a File also a name. */
function withBlobFacts(file: FileMedia): FileMedia {
  const { content } = file
  if (!(content instanceof Blob)) return file
  const type = content.type === '' ? undefined : content.type
  const name = content instanceof File ? content.name : undefined
  return { ...file, mimeType: file.mimeType ?? type, filename: file.filename ?? name }
}

function isBinary(content: unknown): content is Uint8Array | Blob {
  return content instanceof Uint8Array || content instanceof Blob
}

async function bytesOf(content: Uint8Array | Blob): Promise<Uint8Array> {
  return content instanceof Blob ? new Uint8Array(await content.arrayBuffer()) : content
}
