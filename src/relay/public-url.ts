/**
 * Determines the base URL at which a caller reaches the gateway, for addresses in cards, metadata and relayed answers.
 */

/** The parts of a request that show its caller's address of the gateway. */
export interface AddressedRequest {
  /** `http` or `https`, as reported by a trusted proxy if there is one. */
  readonly protocol: string
  /** Host and port, as reported by a trusted proxy if there is one. */
  readonly host: string
  readonly gateway: { readonly config: { readonly publicUrl: string | undefined } }
}

/**
 * The key `public_url`, else the URL of the request itself.
 *
 * @returns scheme, host and perhaps a base path, without a trailing slash
 */
export function publicUrl({ protocol, host, gateway: { config } }: AddressedRequest): string {
  return config.publicUrl ?? `${protocol}://${host}`
}
