/** Reads the certificate of the listener, and again when its files change. */
import { resolve } from 'node:path'
import { certificate, keyPair } from './connection.ts'
import type { ReadText } from './jwt-keys.ts'
import { readText } from './read-text.ts'
import type { ListenTls } from './types.ts'
import { watchFiles } from './watch-files.ts'

/** Options of Node's TLS server, as PEM. */
export interface Secured {
  readonly cert: string
  readonly key: string
  /** Authorities of client certificates, if clients must present one. */
  readonly ca?: string
}

/** Reports about a renewed certificate. */
export interface CertificateEvents {
  onRenewed(secured: Secured): void
  /** The files are invalid; the previous certificate stays in force. */
  onFailure(reason: string): void
}

/**
 * Reads the files.
 *
 * @param directory base of relative names
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

/** Watches the files. @returns stops watching */
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
