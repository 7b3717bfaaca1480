import { expect, test } from 'vitest'
import { each, source } from '../define/pipeline.ts'
import { step } from '../define/step.ts'
import { keys } from '../graph/key.ts'
import { after } from '../graph/node.ts'
import { plan } from '../graph/plan.ts'
import { cpu, memory, pipe, run, word } from '../vocabulary/command.ts'
import { kind, many } from '../vocabulary/kind.ts'
import { gib } from '../vocabulary/quantity.ts'
import { text } from './text.ts'

const bam = kind('bam', { extension: '.bam' })
const pair = kind('pair', { extension: '.fq' }, { parts: { first: '_1.fq', second: '_2.fq' } })
const shape = { image: 'any', needs: { cpu: 1, memory: gib(1) } }
const align = step({
  name: 'align',
  ...shape,
  inputs: { reads: pair },
  outputs: { aligned: bam },
  command: ({ reads, aligned }) =>
    pipe(['cat', '-n', cpu, word`it's $HOME`, reads.first, reads.second], ['sort', '-S', word`${memory.mib(0.8)}M`]).into(aligned),
})
const split = step({
  name: 'split',
  ...shape,
  inputs: { bam },
  outputs: { parts: many(bam) },
  command: ({ bam, parts }) => run('split', bam, parts),
})
const gather = step({
  name: 'gather',
  ...shape,
  inputs: { bams: many(bam) },
  outputs: { whole: bam },
  command: ({ bams, whole }) => run('cat', bams).into(whole),
})
const join = step({
  name: 'join',
  ...shape,
  inputs: { bams: many(bam) },
  outputs: { joined: bam },
  command: ({ bams, joined }) => run('cat', bams).into(joined),
})
const file = (name: string) => ({ url: `/home/somebody/${name}`, sha256: name.padEnd(64, '0') })
const build = () => {
  const { aligned } = align({ reads: source('s1', pair, { first: file('s1_1.fq'), second: file('s1_2.fq') }) })
  const { parts } = split({ bam: aligned })
  const again = each(parts, part => ({ joined: join({ bams: [part] }).joined }))
  return plan('example', { whole: gather({ bams: again.joined }).whole, two: [aligned, after(aligned, parts)] })
}
test('every step with its command, its inputs and whether it would run; nothing of this machine', () => {
  const made = build()
  const key = keys(() => 'unknown').of(made.nodes.find(node => node.kind === 'step')!)
  expect(text(made, { there: new Set([key]) })).toBe(`plan example: 4 steps, 1 cached, 2 will run, 1 for each file of a list

align:s1  [cached]
  $ cat -n <cpu> 'it'\\''s $HOME' <reads.first> <reads.second> | sort -S <memory × 0.8 in MiB>M > <aligned>
  reads ← s1_1.fq, s1_2.fq

split  [will run]
  $ split <bam> <parts>
  bam ← align:s1.aligned

join  [for each of split.parts]
  $ cat <bams...> > <joined>
  bams[1] ← each of split.parts

gather  [will run]
  $ cat <bams...> > <whole>
  bams ← all of join.joined

results
  whole ← gather.whole
  two[1] ← align:s1.aligned
  two[2] ← align:s1.aligned
`)
})

test('which steps are joined by pipes, and which of them are kept as files, too', () => {
  const link = (name: string) =>
    step({
      name,
      ...shape,
      inputs: { from: bam },
      outputs: { to: bam },
      streams: ['from', 'to'],
      command: ({ from, to }) => run('cp', from, to),
    })
  const first = step({ name: 'first', ...shape, inputs: {}, outputs: { to: bam }, streams: ['to'], command: ({ to }) => run('touch', to) })
  const { to } = link('second')({ from: first({}).to })
  const made = plan('chain', { to, last: link('third')({ from: to }).to })
  expect(text(made)).toContain('joined by pipes\n  first | second (kept, too) | third\n')
  expect(text(made, { stream: false })).not.toContain('joined by pipes')
  expect(text(made, { memory: gib(2) })).toContain('joined by pipes\n  first | second\n')
  expect(text(made, { joins: (_, { step }) => step.name !== 'second' })).toContain('joined by pipes\n  second (kept, too) | third\n')
})
