/** Says at which base URL a caller reaches the gateway, for the addresses in cards, metadata and relayed answers. */

/** A request, as far as it says how its caller knows the gateway. */
export interface AddressedRequest {
  /** `http` or `https`; that of a trusted proxy where there is one. */
  readonly protocol: string
  /** Host and port; those of a trusted proxy where there is one. */
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
