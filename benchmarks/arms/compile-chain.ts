// A chain of long steps to Argo's YAML: node compile-chain.js COUNT; seconds go to figures.json, manifests to the working folder
import { writeFileSync } from 'node:fs'
import { hours, kind, mib, plan, type Ref, run, source, step, word } from 'trireme-bio'
import { z } from 'zod'
import { compile } from '../../core/targets/argo/compile/compile.ts'
import { manifestsOf } from '../../core/targets/argo/compile/manifests.ts'
import { taskLine } from '../../core/targets/argo/compile/yaml.ts'
import { settings } from '../../core/targets/argo/settings.ts'

const text = kind('text', { extension: '.txt' })
/** It declares a time limit, so that no two share a pod: a task is a step. */
const link = step({
  name: 'link',
  image: 'tools',
  inputs: { from: text },
  params: { n: z.int() },
  outputs: { to: text },
  needs: { cpu: 1, memory: mib(64), time: hours(1) },
  command: ({ from, n, to }) => run('sort', '-k', word`${n}`, '-o', to, from),
})
const cluster = settings.parse({ target: 'argo', context: 'c', namespace: 'n', bucket: { endpoint: 's3.example.org', name: 'bucket' } })

const [, , count = '1000'] = process.argv
const begun = performance.now()
const cpu = () => (process.cpuUsage().user + process.cpuUsage().system) / 1e6
const cpuBegun = cpu()
let at: Ref<typeof text> = source('file', text, { url: 'file.txt', sha256: '0123456789abcdef'.repeat(4) })
for (let n = 0; n < Number(count); n++) at = link({ from: at, n }).to
const whole = plan('chain', { at })
const [planned, cpuPlanned] = [performance.now(), cpu()]
const made = compile(whole, {
  environment: { name: 'cluster', ...cluster },
  versions: new Map(),
  image: name => `registry.example.org/${name}`,
})
const [compiled, cpuCompiled] = [performance.now(), cpu()]
const manifests = manifestsOf(made, 'workflow')
const [serialized, cpuSerialized] = [performance.now(), cpu()]
for (const [name, content] of manifests) writeFileSync(name, content)
const [written, cpuWritten] = [performance.now(), cpu()]

const lines = made.workflows.flatMap(({ spec }) => spec.templates.flatMap(template => ('dag' in template ? template.dag.tasks : [])))
const figures = {
  seconds: (written - begun) / 1000,
  cpu: cpuWritten - cpuBegun,
  textSeconds: (serialized - planned) / 1000,
  textCpu: cpuSerialized - cpuPlanned,
  compileCpu: cpuCompiled - cpuPlanned,
  compile: (compiled - planned) / 1000,
  tasks: made.tasks.length,
  workflows: made.workflows.length,
  bytesOfTask: Math.max(...lines.map(line => taskLine(line).length + '          - \n'.length)),
  bytes: Math.max(...made.workflows.map(each => JSON.stringify(each).length)),
  widest: Math.max(
    ...made.workflows.flatMap(({ spec }) => spec.templates.map(template => ('dag' in template ? template.dag.tasks.length : 0))),
  ),
}
writeFileSync('figures.json', JSON.stringify(figures))
