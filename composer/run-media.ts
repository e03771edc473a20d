/** Holds the media of a run in a form that survives JSON, and converts it to the options of a member's run. */
import type { FileMedia, Media } from '../src/client/media.ts'

/** An uploaded file. */
export interface StoredUpload {
  readonly filename: string
  readonly mimeType: string
  readonly base64: string
}

/** Media of one run. Lists hold AgentOS's dicts as the caller sent them. */
export interface RunMedia {
  readonly uploads: readonly StoredUpload[]
  readonly images: readonly Media[]
  readonly audio: readonly Media[]
  readonly videos: readonly Media[]
  readonly files: readonly FileMedia[]
}

/** A run without media. */
export const NO_MEDIA: RunMedia = { uploads: [], images: [], audio: [], videos: [], files: [] }

/** Reads an uploaded file. */
export async function uploadIn(file: File): Promise<StoredUpload> {
  return {
    filename: file.name,
    mimeType: file.type || 'application/octet-stream',
    base64: Buffer.from(await file.arrayBuffer()).toString('base64'),
  }
}

/** The options of a member's run. */
export function mediaOptions({ uploads, images, audio, videos, files }: RunMedia) {
  const uploaded = uploads.map(({ filename, mimeType, base64 }) => {
    return { filename, mimeType, content: new Uint8Array(Buffer.from(base64, 'base64')) }
  })
  return { images, audio, videos, files: [...files, ...uploaded] }
}
