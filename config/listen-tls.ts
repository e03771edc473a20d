/** The certificate the gateway listens with, read anew when its files change. */
import { resolve } from 'node:path'
import { keyPair } from './connection.ts'
import { readText } from './read-text.ts'
import type { ListenTls } from './types.ts'
import { watchFiles } from './watch-files.ts'

/** A certificate with its key, as PEM. */
export interface KeyPair {
  readonly cert: string
  readonly key: string
}

/** What becomes of a certificate that was renewed. */
export interface CertificateEvents {
  onRenewed(pair: KeyPair): void
  /** The files could not be used; the last certificate stays in force. */
  onFailure(reason: string): void
}

/**
 * Reads both files.
 *
 * @param directory where relative names are looked for
 * @throws Error with a message for users
 */
export function readListenTls(
  files: { cert_file: string; key_file: string },
  directory: string,
): ListenTls {
  const pair = keyPair(files, (file) => readText(resolve(directory, file)))
  return {
    ...pair,
    certFile: resolve(directory, files.cert_file),
    keyFile: resolve(directory, files.key_file),
  }
}

/** Watches both files. @returns ends the watching */
export function watchListenTls(
  { certFile, keyFile }: ListenTls,
  events: CertificateEvents,
  lookMs?: number,
): () => void {
  const read = () => {
    try {
      events.onRenewed(keyPair({ cert_file: certFile, key_file: keyFile }, readText))
    } catch (error) {
      events.onFailure((error as Error).message)
    }
  }
  return watchFiles([certFile, keyFile], read, lookMs)
}
