/** The certificate the gateway listens with, read again when its files change. */
import { resolve } from 'node:path'
import { certificate, keyPair } from './connection.ts'
import type { ReadText } from './jwt-keys.ts'
import { readText } from './read-text.ts'
import type { ListenTls } from './types.ts'
import { watchFiles } from './watch-files.ts'

/** What connections are secured with, as PEM, in Node's words. */
export interface Secured {
  readonly cert: string
  readonly key: string
  /** Authorities of callers' certificates, where callers have to show one. */
  readonly ca?: string
}

/** What becomes of a certificate that was renewed. */
export interface CertificateEvents {
  onRenewed(secured: Secured): void
  /** The files could not be used; what they held last stays in force. */
  onFailure(reason: string): void
}

/**
 * Reads the files.
 *
 * @param directory where relative names are looked for
 * @param readFile default: without the file's name in its error
 * @throws Error with a message for users
 */
export function readListenTls(
  files: { cert_file: string; key_file: string; client_ca_file?: string | undefined },
  directory: string,
  readFile: ReadText = readText,
): ListenTls {
  const { client_ca_file: clientCaFile } = files
  const named = {
    certFile: resolve(directory, files.cert_file),
    keyFile: resolve(directory, files.key_file),
    ...(clientCaFile !== undefined && { clientCaFile: resolve(directory, clientCaFile) }),
  }
  const { cert, key, ca } = read(named, readFile)
  return { ...named, cert, key, ...(ca !== undefined && { clientCa: ca }) }
}

/** Watches the files. @returns ends the watching */
export function watchListenTls(
  named: ListenTls,
  events: CertificateEvents,
  lookMs?: number,
): () => void {
  const onChange = () => {
    try {
      events.onRenewed(read(named))
    } catch (error) {
      events.onFailure((error as Error).message)
    }
  }
  const { certFile, keyFile, clientCaFile } = named
  const files = clientCaFile === undefined ? [certFile, keyFile] : [certFile, keyFile, clientCaFile]
  return watchFiles(files, onChange, lookMs)
}

function read(
  { certFile, keyFile, clientCaFile }: Pick<ListenTls, 'certFile' | 'keyFile' | 'clientCaFile'>,
  readFile: ReadText = readText,
): Secured {
  const pair = keyPair({ cert_file: certFile, key_file: keyFile }, readFile)
  if (clientCaFile === undefined) return pair
  const ca = readFile(clientCaFile)
  certificate(ca, 'client_ca_file')
  return { ...pair, ca }
}
