import { describe, expect, test } from 'vitest'
import { tracingSettings } from '../../../src/tracing/environment.ts'

const ON = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318' }

describe('tracing is off', () => {
  test.each([
    ['without variables', {}],
    ['with an empty endpoint', { OTEL_EXPORTER_OTLP_ENDPOINT: ' ' }],
    ['with the SDK disabled', { ...ON, OTEL_SDK_DISABLED: 'TRUE' }],
    ['without an exporter', { ...ON, OTEL_TRACES_EXPORTER: 'none' }],
  ])('tracing settings disable tracing %s', (_name, env) => {
    expect(tracingSettings(env)).toBeUndefined()
  })

  test.each([
    [{ ...ON, OTEL_TRACES_EXPORTER: 'zipkin' }, 'OTEL_TRACES_EXPORTER=zipkin'],
    [{ ...ON, OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' }, 'protocol grpc is not supported'],
  ])('tracing stays off with a complaint for %j', (env, words) => {
    expect(tracingSettings(env)).toEqual({ complaints: [expect.stringContaining(words)] })
  })
})

describe('tracing is on', () => {
  test.each([
    ['with an endpoint', ON],
    ['with an endpoint for traces', { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://c/v1/traces' }],
    ['by OTEL_TRACES_EXPORTER=otlp', { OTEL_TRACES_EXPORTER: 'otlp' }],
  ])('tracing settings enable tracing %s', (_name, env) => {
    expect(tracingSettings(env)).toEqual({
      protocol: 'http/protobuf',
      sampler: 'parentbased_always_on',
      ratio: 1,
      batch: {},
      attributeValueLengthLimit: 1024,
      complaints: [],
    })
  })

  test('tracing settings follow the environment variables', () => {
    const env = {
      ...ON,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
      OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: 'http/json',
      OTEL_TRACES_SAMPLER: 'parentbased_traceidratio',
      OTEL_TRACES_SAMPLER_ARG: '0.25',
      OTEL_BSP_SCHEDULE_DELAY: '100',
      OTEL_BSP_EXPORT_TIMEOUT: '200',
      OTEL_BSP_MAX_QUEUE_SIZE: '300',
      OTEL_BSP_MAX_EXPORT_BATCH_SIZE: '30',
      OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT: '64',
    }
    expect(tracingSettings(env)).toEqual({
      protocol: 'http/json',
      sampler: 'parentbased_traceidratio',
      ratio: 0.25,
      batch: {
        scheduledDelayMillis: 100,
        exportTimeoutMillis: 200,
        maxQueueSize: 300,
        maxExportBatchSize: 30,
      },
      attributeValueLengthLimit: 64,
      complaints: [],
    })
  })

  test('invalid variables give defaults and complaints', () => {
    const env = {
      ...ON,
      OTEL_TRACES_SAMPLER: 'sometimes',
      OTEL_TRACES_SAMPLER_ARG: '2',
      OTEL_BSP_MAX_QUEUE_SIZE: 'many',
    }
    expect(tracingSettings(env)).toMatchObject({
      sampler: 'parentbased_always_on',
      ratio: 1,
      batch: {},
      complaints: [
        expect.stringContaining('OTEL_TRACES_SAMPLER=sometimes'),
        expect.stringContaining('OTEL_TRACES_SAMPLER_ARG=2'),
        expect.stringContaining('OTEL_BSP_MAX_QUEUE_SIZE=many'),
      ],
    })
  })
})
