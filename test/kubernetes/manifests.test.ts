import { describe, expect, test } from 'vitest'
import type { Manifest, Named, Tree } from './chart.ts'
import { at, lint, manifestsOf, only, render, renderFor, VALUES, validate } from './chart.ts'

test.each(VALUES)('Helm lints the chart with %s values without findings', (values) => {
  const { code, output } = lint(values)
  expect(code, output).toBe(0)
})

test.each(VALUES)('every manifest of %s values is valid and its pods are restricted', (values) => {
  const rendered = render(values)
  expect(rendered.code, rendered.output).toBe(0)
  const { code, output } = validate(rendered.output)
  expect(output).toMatch(/^[1-9][0-9]* documents, 0 mistakes\n$/)
  expect(code).toBe(0)
})

describe('the validator', () => {
  test.each([
    ['a misspelt field', 'readinessProbe:', 'readynessProbe:', 'unknown field'],
    [
      'text in place of a number',
      'revisionHistoryLimit: 3',
      'revisionHistoryLimit: "three"',
      'cannot unmarshal',
    ],
    ['an unknown kind', 'kind: Deployment', 'kind: Deploymint', 'no kind "Deploymint"'],
    [
      'a duplicate key',
      'revisionHistoryLimit: 3',
      'revisionHistoryLimit: 3\n  revisionHistoryLimit: 4',
      'already set',
    ],
    ['a pod that may be root', 'runAsNonRoot: true', 'runAsNonRoot: false', 'runAsNonRoot'],
    ['a pod with all system calls', 'type: RuntimeDefault', 'type: Unconfined', 'seccompProfile'],
    ['a container with capabilities', '- ALL', '- CHOWN', 'unrestricted capabilities'],
  ])('the manifest validator finds %s', (_, right, wrong, complaint) => {
    const { output } = render('full')
    expect(output).toContain(right)
    const verdict = validate(output.replace(right, wrong))
    expect(verdict.output).toContain(complaint)
    expect(verdict.code).toBe(1)
  })
})

test('the chart renders for Kubernetes 1.27 and refuses 1.26', () => {
  expect(renderFor('1.26.0', 'full').output).toContain('incompatible')
  expect(renderFor('1.27.0', 'full')).toEqual(render('full'))
})

describe.each(VALUES)('the manifests of %s values', (values) => {
  const manifests = manifestsOf(values)
  const deployment = only(manifests, 'Deployment')
  const template = at<Manifest>(deployment, 'spec', 'template')
  const [container] = at<[Tree]>(template, 'spec', 'containers')

  test("selectors match the gateway's pods and no others", () => {
    const { labels } = template.metadata
    const test = only(manifests, 'Pod')
    const selectors = manifests.flatMap(selectorsOf)
    expect(selectors.length).toBeGreaterThanOrEqual(2)
    for (const selector of selectors) {
      expect(labels).toMatchObject(selector)
      expect(test.metadata.labels).not.toMatchObject(selector)
    }
  })

  test('manifests refer to existing ports, volumes and accounts', () => {
    const names = (list: readonly Named[]) => list.map(({ name }) => name)
    const ports = names(at(container, 'ports'))
    for (const probe of ['startupProbe', 'readinessProbe', 'livenessProbe']) {
      expect(ports).toContain(at(container, probe, 'httpGet', 'port'))
    }
    const [port] = at<[{ targetPort: string }]>(only(manifests, 'Service'), 'spec', 'ports')
    expect(ports).toContain(port.targetPort)
    const mounts = names(at(container, 'volumeMounts'))
    expect(names(at(template, 'spec', 'volumes'))).toEqual(mounts)
    const accounts = manifests.filter(({ kind }) => kind === 'ServiceAccount')
    const account = at<string>(template, 'spec', 'serviceAccountName')
    expect(names(accounts.map(({ metadata }) => metadata))).toEqual(
      account === 'default' ? [] : [account],
    )
  })

  test('pods get no service-account token and mount the config as a directory', () => {
    for (const pod of [template, only(manifests, 'Pod')]) {
      expect(at(pod, 'spec', 'automountServiceAccountToken')).toBe(false)
    }
    expect(JSON.stringify(manifests)).not.toContain('subPath')
    expect(template.metadata.annotations ?? {}).not.toHaveProperty('checksum/config')
  })
})

test('the autoscaler replaces the replica count of the Deployment', () => {
  const manifests = manifestsOf('full')
  const scaler = only(manifests, 'HorizontalPodAutoscaler')
  const deployment = only(manifests, 'Deployment')
  expect(at(scaler, 'spec', 'scaleTargetRef')).toMatchObject({
    name: deployment.metadata.name,
    kind: 'Deployment',
  })
  expect(deployment.spec).not.toHaveProperty('replicas')
  const metrics = at<{ type: string }[]>(scaler, 'spec', 'metrics')
  expect(metrics.map(({ type }) => type)).toEqual(['Pods', 'Resource'])
})

test('the network policy blocks the metadata addresses of clouds', () => {
  const rules = at<Tree[]>(only(manifestsOf('minimal'), 'NetworkPolicy'), 'spec', 'egress')
  const blocks = rules.flatMap((rule) =>
    ((rule['to'] ?? []) as unknown as Tree[]).map((peer) => at(peer, 'ipBlock')),
  )
  expect(blocks).toEqual([
    { cidr: '0.0.0.0/0', except: ['169.254.0.0/16'] },
    { cidr: '::/0', except: expect.arrayContaining(['fd00:ec2::254/128']) },
  ])
  const open = rules.filter((rule) => rule['to'] === undefined)
  expect(open.map((rule) => rule['ports'])).toEqual([
    [
      { port: 53, protocol: 'UDP' },
      { port: 53, protocol: 'TCP' },
    ],
  ])
})

/** Returns the label selectors of a manifest. */
function selectorsOf(manifest: Manifest): Record<string, string>[] {
  const paths: Record<string, readonly string[]> = {
    Deployment: ['selector', 'matchLabels'],
    PodDisruptionBudget: ['selector', 'matchLabels'],
    NetworkPolicy: ['podSelector', 'matchLabels'],
    Service: ['selector'],
  }
  const path = paths[manifest.kind]
  return path === undefined ? [] : [at(manifest, 'spec', ...path)]
}
