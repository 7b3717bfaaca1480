import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { packageRoot } from '../../cli/project/package.ts'
import { scratch } from '../../core/testing.ts'

// The Kubernetes library takes a second and 35 MiB: whoever speaks to no cluster does not load it. Asked of the compiled command line.

const cli = path.join(packageRoot, 'dist/cli.js')
const folder = scratch()
const loaded = path.join(folder, 'loaded')
/** Writes down every module that is loaded. */
const hook = `import { appendFileSync } from 'node:fs'
export async function load(url, context, next) { appendFileSync(${JSON.stringify(loaded)}, url + '\\n'); return next(url, context) }`
const asModule = (text: string) => `data:text/javascript,${encodeURIComponent(text)}`
const register = asModule(`import { register } from 'node:module'; register(${JSON.stringify(asModule(hook))})`)

beforeAll(() => {
  if (!existsSync(cli)) throw new Error('There is no dist/cli.js. Build it with "npm run build".')
  mkdirSync(path.join(folder, 'pipelines'))
  mkdirSync(path.join(folder, 'node_modules'))
  symlinkSync(packageRoot, path.join(folder, 'node_modules', 'trireme-bio'))
  writeFileSync(path.join(folder, 'package.json'), '{ "name": "mine", "type": "module" }')
  const pipeline = `import { kind, mib, pipeline, run, step } from 'trireme-bio'
const text = kind('text', { extension: '.txt' })
const hello = step({
  name: 'hello', image: 'any', needs: { cpu: 1, memory: mib(64) }, inputs: {}, outputs: { words: text },
  command: ({ words }) => run('echo', 'hello').into(words),
})
export const greet = pipeline({ name: 'greet', inputs: {}, build: () => ({ words: hello({}).words }) })
`
  writeFileSync(path.join(folder, 'pipelines/greet.ts'), pipeline)
  const environment = `environments:
  lab: { target: argo, context: lab, kubeconfig: none, namespace: science, bucket: { endpoint: s3.example.org, name: results }, images: { registry: registry.example.org } }
`
  writeFileSync(path.join(folder, 'trireme.config.yaml'), environment)
})
test.each<[words: string, status: number, library: boolean]>([
  ['--help', 0, false],
  ['list', 0, false],
  ['list --environments', 0, false],
  ['run --help', 0, false],
  ['show greet', 0, false],
  ['plan greet', 0, false],
  ['run greet', 0, false],
  ['cluster-setup --on lab', 0, false],
  ['doctor --on lab', 8, true], // there is no kubeconfig, as the library would have read it
])('trireme %s', (words, status, library) => {
  writeFileSync(loaded, '')
  const done = spawnSync(process.execPath, ['--import', register, cli, ...words.split(' ')], { cwd: folder, encoding: 'utf8' })
  expect([done.status, done.stderr]).toEqual([status, ''])
  const modules = readFileSync(loaded, 'utf8')
  expect(modules).toContain('/dist/cli.js\n')
  expect(modules.includes('/@kubernetes/client-node/')).toBe(library)
})
