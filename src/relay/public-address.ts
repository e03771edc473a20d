/** Rewrites addresses of an upstream to addresses below the gateway, without the upstream's host and base path. */
import type { ComponentKind } from '../../config/types.ts'
import { percentEncoded } from '../parameters/path.ts'
import type { Upstream } from '../upstream/upstream.ts'
import type { AddressedRequest } from './public-url.ts'
import { publicUrl } from './public-url.ts'

/** Splits an address into scheme and authority, if it has them, and the rest. */
const ADDRESS = /^(?:(?:https?:)?\/\/([^/?#]*))?(.*)$/is
const COMPONENT = /\/(agents|teams|workflows)\/([^/?#]+)/
const DEFAULT_PORT = /:(?:80|443)$/

/** Addresses of an upstream and of the gateway in front of it. */
export interface Reach {
  /** Base URLs of its replicas. */
  readonly urls: readonly string[]
  /** Base URL of the gateway as the caller knows it, such as `https://gateway.example.com`. */
  readonly origin: string
  /**
   * Prefix of the upstream's own paths at the gateway, such as `/upstreams/research`; empty when the paths are the same.
   */
  readonly prefix: string
  /** Gives a component its id on the caller's side; undefined where ids are the same. */
  readonly idToClient?: ((kind: ComponentKind, id: string) => string) | undefined
}

/** The ids of an upstream on the caller's side. */
interface Translator {
  readonly isIdentity: boolean
  idToClient(kind: ComponentKind, id: string): string
}

/** A request whose response is rewritten for its caller. */
interface TranslatedRequest extends AddressedRequest {
  readonly gateway: AddressedRequest['gateway'] & {
    readonly translators: { of(upstream: Upstream): Translator }
  }
}

/**
 * Builds the address rewriter for one upstream and caller.
 *
 * @param prefix prefix of the upstream's paths at the gateway; empty if they are equal
 */
export function addressesFor(
  request: TranslatedRequest,
  upstream: Upstream,
  prefix: string,
): PublicAddresses {
  const translator = request.gateway.translators.of(upstream)
  const hasOtherIds = prefix === '' && !translator.isIdentity
  return new PublicAddresses({
    urls: upstream.config.urls,
    origin: publicUrl(request),
    prefix,
    ...(hasOtherIds && { idToClient: (kind, id) => translator.idToClient(kind, id) }),
  })
}

/** Rewrites addresses. Created only for a response that contains one. */
export class PublicAddresses {
  readonly #reach: Reach
  readonly #hosts: ReadonlySet<string>
  readonly #basePaths: readonly string[]

  constructor(reach: Reach) {
    const urls = reach.urls.map((url) => new URL(url))
    // An HTTP/1.0 request may have no host.
    const own = URL.parse(reach.origin)
    const hosts = [...urls, ...(own ? [own] : [])]
    this.#reach = reach
    this.#hosts = new Set(hosts.map(({ host }) => hostKey(host)))
    this.#basePaths = urls.map(({ pathname }) => pathname.replace(/\/+$/, ''))
  }

  /**
   * Path, query and fragment of an address at the gateway. Only the host is compared: an upstream behind TLS or a proxy
   * may state another scheme.
   *
   * @returns undefined for an address of another host, and for an address relative to the request
   */
  path(address: string): string | undefined {
    const [, host, rest = ''] = ADDRESS.exec(address) ?? []
    if (host === undefined ? rest[0] !== '/' : !this.#hosts.has(hostKey(host))) return undefined
    const { prefix } = this.#reach
    const path = this.#withoutBase(rest[0] === '/' ? rest : `/${rest}`)
    // An upstream that evaluates `x-forwarded-prefix` already returns addresses of the gateway.
    if (prefix !== '' && host !== undefined && path.startsWith(`${prefix}/`)) return path
    return prefix + this.#named(path)
  }

  /** The whole address at the gateway; undefined as for {@link path}. */
  url(address: string): string | undefined {
    const path = this.path(address)
    return path === undefined ? undefined : this.#reach.origin + path
  }

  /** The whole address at the gateway, for an address of any host; undefined for other text. */
  urlOnAnyHost(address: string): string | undefined {
    const { pathname, search, hash } = URL.parse(address) ?? {}
    return pathname && this.url(`${pathname}${search}${hash}`)
  }

  /** Rewrites the addresses in a header value; returns the same value without one. @param name in lower case */
  headerValue(name: string, value: string): string {
    switch (name) {
      case 'link':
        return value.replace(/<([^>]*)>/g, (whole, url: string) => this.#within(whole, url))
      case 'refresh':
        return value.replace(/(?<=url\s*=\s*['"]?)[^'"\s][^'"]*/i, (url) => this.path(url) ?? url)
      case 'set-cookie':
        return this.#cookie(value)
      case 'www-authenticate':
        return value.replace(
          /(?<=\b(?:resource_metadata|authorization_uri)=")[^"]*/g,
          (url) => this.url(url) ?? url,
        )
      default:
        return this.path(value) ?? value
    }
  }

  #within(whole: string, url: string): string {
    const path = this.path(url)
    return path === undefined ? whole : `<${path}>`
  }

  /** Rewrites path and domain of a cookie to the gateway's. */
  #cookie(value: string): string {
    const kept = value.split(';').flatMap((part, index) => {
      const [name = '', attribute = ''] = part.split('=', 2).map((text) => text.trim())
      if (index === 0) return [part]
      if (/^domain$/i.test(name)) return this.#isOwnDomain(attribute) ? [] : [part]
      if (!/^path$/i.test(name)) return [part]
      const path = this.path(attribute)
      return path === undefined || path === attribute ? [part] : [` Path=${path}`]
    })
    return kept.join(';')
  }

  #isOwnDomain(domain: string): boolean {
    const bare = domain.toLowerCase().replace(/^\./, '')
    const hosts = this.#reach.urls.map((url) => new URL(url).hostname)
    return hosts.some((host) => host === bare || host.endsWith(`.${bare}`))
  }

  #withoutBase(path: string): string {
    for (const base of this.#basePaths) {
      if (base === '' || !path.startsWith(base)) continue
      const rest = path.slice(base.length)
      if (rest === '' || /^[/?#]/.test(rest)) return rest[0] === '/' ? rest : `/${rest}`
    }
    return path
  }

  #named(path: string): string {
    const { idToClient } = this.#reach
    if (idToClient === undefined) return path
    return path.replace(COMPONENT, (whole, kind: ComponentKind, encoded: string) => {
      try {
        const id = decodeURIComponent(encoded)
        const named = idToClient(kind, id)
        return named === id ? whole : `/${kind}/${percentEncoded(named)}`
      } catch {
        return whole
      }
    })
  }
}

/** Key of a host without the scheme: a TLS proxy changes the scheme but not the host. */
function hostKey(host: string): string {
  return host.toLowerCase().replace(DEFAULT_PORT, '')
}
