/** Lists the pages of the navigation, and computes which one the address shows. */
import { computed } from '@preact/signals'
import { path } from '../state/location.ts'
import { strings } from '../strings.ts'

/** Path and name of each page, in the order of the navigation. */
export const PAGES = [
  ['/', strings.pages.overview],
  ['/catalogue', strings.pages.catalogue],
  ['/play', strings.pages.play],
  ['/inbox', strings.pages.inbox],
  ['/live', strings.pages.live],
  ['/traffic', strings.pages.traffic],
  ['/budgets', strings.pages.budgets],
  ['/data', strings.pages.data],
  ['/config', strings.pages.config],
  ['/access', strings.pages.access],
] as const

/** Entry of {@link PAGES} that is shown; undefined for an unknown address. */
export const currentPage = computed(() =>
  PAGES.find(([to]) => to === `/${path.value.split('/')[1] ?? ''}`),
)
