/** Types of the key `tls` of a loaded configuration. */

/** TLS files as PEM. */
export interface TlsConfig {
  readonly ca: string | undefined
  readonly cert: string | undefined
  readonly key: string | undefined
  readonly serverName: string | undefined
  /** Default true. */
  readonly verify: boolean
}
