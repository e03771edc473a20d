/**
 * Reads the OpenTelemetry environment variables that its packages do not read themselves.
 *
 * @see https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/
 */

export type Environment = Readonly<Record<string, string | undefined>>

export type SamplerName = (typeof SAMPLERS)[number]

const SAMPLERS = [
  'always_on',
  'always_off',
  'traceidratio',
  'parentbased_always_on',
  'parentbased_always_off',
  'parentbased_traceidratio',
] as const

/** The settings of the variables. */
export interface TracingSettings {
  readonly protocol: 'http/protobuf' | 'http/json'
  readonly sampler: SamplerName
  /** Part of the traces that is kept, 0 to 1, by the samplers with a ratio. */
  readonly ratio: number
  readonly batch: {
    readonly scheduledDelayMillis?: number
    readonly exportTimeoutMillis?: number
    readonly maxQueueSize?: number
    readonly maxExportBatchSize?: number
  }
  readonly attributeValueLengthLimit: number
  /** Settings that are ignored, one sentence each. */
  readonly complaints: readonly string[]
}

/** Longest value of an attribute, in characters, unless a variable says otherwise. */
const LONGEST_VALUE = 1024

/** @returns undefined without tracing; the complaints name invalid settings */
export function tracingSettings(
  env: Environment,
): TracingSettings | { readonly complaints: readonly string[] } | undefined {
  const variable = (name: string): string => (env[name] ?? '').trim()
  if (variable('OTEL_SDK_DISABLED').toLowerCase() === 'true') return undefined
  const exporter = variable('OTEL_TRACES_EXPORTER')
  const hasEndpoint =
    variable('OTEL_EXPORTER_OTLP_ENDPOINT') !== '' ||
    variable('OTEL_EXPORTER_OTLP_TRACES_ENDPOINT') !== ''
  if (exporter === 'none' || (exporter === '' && !hasEndpoint)) return undefined
  if (exporter !== '' && exporter !== 'otlp') {
    return { complaints: [`OTEL_TRACES_EXPORTER=${exporter} is not supported, only otlp`] }
  }
  const protocol =
    variable('OTEL_EXPORTER_OTLP_TRACES_PROTOCOL') ||
    variable('OTEL_EXPORTER_OTLP_PROTOCOL') ||
    'http/protobuf'
  if (protocol !== 'http/protobuf' && protocol !== 'http/json') {
    const complaint = `the OTLP protocol ${protocol} is not supported, only http/protobuf and http/json (port 4318)`
    return { complaints: [complaint] }
  }
  const complaints: string[] = []
  const number = numbersIn(variable, complaints)
  return {
    protocol,
    ...samplerIn(variable, complaints),
    batch: {
      ...number('OTEL_BSP_SCHEDULE_DELAY', 'scheduledDelayMillis'),
      ...number('OTEL_BSP_EXPORT_TIMEOUT', 'exportTimeoutMillis'),
      ...number('OTEL_BSP_MAX_QUEUE_SIZE', 'maxQueueSize'),
      ...number('OTEL_BSP_MAX_EXPORT_BATCH_SIZE', 'maxExportBatchSize'),
    },
    attributeValueLengthLimit:
      number('OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT', 'limit').limit ?? LONGEST_VALUE,
    complaints,
  }
}

function samplerIn(variable: (name: string) => string, complaints: string[]) {
  const name = variable('OTEL_TRACES_SAMPLER') || 'parentbased_always_on'
  const sampler = SAMPLERS.find((known) => known === name)
  if (sampler === undefined) {
    complaints.push(`OTEL_TRACES_SAMPLER=${name} is unknown: parentbased_always_on is used`)
  }
  const argument = variable('OTEL_TRACES_SAMPLER_ARG')
  const ratio = argument === '' ? 1 : Number(argument)
  const isRatio = ratio >= 0 && ratio <= 1
  if (!isRatio) complaints.push(`OTEL_TRACES_SAMPLER_ARG=${argument} is not a number from 0 to 1`)
  return { sampler: sampler ?? 'parentbased_always_on', ratio: isRatio ? ratio : 1 }
}

function numbersIn(variable: (name: string) => string, complaints: string[]) {
  return <Key extends string>(name: string, key: Key): { readonly [K in Key]?: number } => {
    const text = variable(name)
    if (text === '') return {}
    const value = Number(text)
    if (Number.isInteger(value) && value > 0) return { [key]: value } as { [K in Key]: number }
    complaints.push(`${name}=${text} is not a whole number above 0`)
    return {}
  }
}

/** The address of the collector, for the choice of its proxy; undefined when it is no URL. */
export function collectorUrl(env: Environment): URL | undefined {
  const endpoint = env['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'] || env['OTEL_EXPORTER_OTLP_ENDPOINT']
  return URL.parse(endpoint || 'http://localhost:4318') ?? undefined
}
