import { after, each, many, optional, pipeline, plan, run, step } from 'trireme-bio'
import { z } from 'zod'
import { bash, by, type Case, image, lines, needs, say, tally, text, upper } from '../case.ts'

const inner = pipeline({
  name: 'inner',
  inputs: { text },
  params: { mark: z.string() },
  build: ({ text, mark }) => ({ told: tally({ texts: [upper({ text }).shouted, say({ what: mark }).said] }).told }),
})
const outer = pipeline({
  name: 'outer',
  inputs: { text },
  build: ({ text }) => ({
    told: upper({ text: inner({ text, mark: 'inner-mark' }).told }).shouted,
    again: inner({ text, mark: 'second' }).told,
  }),
})
const parts = step({
  name: 'parts',
  image,
  inputs: {},
  params: { made: z.boolean() },
  outputs: { one: text, few: optional(text), rest: text },
  needs,
  tag: ({ made }) => (made ? 'made' : 'left-out'),
  command: ({ made, one, few, rest }) => run(...bash('echo 1 >"$1"; echo 3 >"$3"; ! $4 || echo 2 >"$2"'), one, few, rest, String(made)),
})
export const graphs: readonly Case[] = [
  {
    name: 'chain',
    proves: 'Steps one after another: each starts when the one before has ended, and reads what it made',
    plans: () => [plan('chain', { out: upper({ text: upper({ text: say({ what: 'hello' }).said }).shouted }).shouted })],
    holds: { out: 'HELLO\n' },
  },
  {
    name: 'diamond',
    proves: 'Two branches from one file into one step, in the order of its list; two equal calls are one piece of work',
    plans: () => {
      const { said } = say({ what: 'top' })
      const [left, right] = [
        by('left', 'sed s/^/l/ "$1" >"$2"')({ from: said }).to,
        by('right', 'sed s/^/r/ "$1" >"$2"')({ from: said }).to,
      ]
      return [plan('diamond', { out: tally({ texts: [right, left, upper({ text: said }).shouted, upper({ text: said }).shouted] }).told })]
    },
    holds: { out: '4 files\nrtop\nltop\nTOP\nTOP\n' },
  },
  {
    name: 'map',
    proves: 'An array known when the plan is made: 12 branches, gathered in order, and as a list of results',
    plans: () => {
      const all = Array.from({ length: 12 }, (_, n) => upper({ text: say({ what: `item-${n}` }).said }).shouted)
      return [plan('map', { all, out: tally({ texts: all }).told })]
    },
    holds: { out: `12 files\n${Array.from({ length: 12 }, (_, n) => `ITEM-${n}\n`).join('')}` },
  },
  {
    name: 'wide',
    proves: '200 steps side by side, gathered by one',
    plans: () => [plan('wide', { out: tally({ texts: Array.from({ length: 200 }, (_, n) => say({ what: `n${n}` }).said) }).told })],
    holds: { out: `200 files\n${Array.from({ length: 200 }, (_, n) => `n${n}\n`).join('')}` },
  },
  {
    name: 'nested',
    proves: 'A pipeline within a pipeline is nothing but its steps; files by name keep their names',
    plans: () => {
      const { told, again } = outer({ text: say({ what: 'nest' }).said })
      return [plan('nested', { out: told, by: { 'first name': told, again } })]
    },
    holds: { out: '2 FILES\nNEST\nINNER-MARK\n' },
  },
  {
    name: 'after',
    proves: 'A condition is waited for, though nothing of it is read; where it fails, what waits is skipped',
    plans: () => {
      const check = by('check', 'grep good "$1" >"$2"')
      const [good, bad] = [say({ what: 'good' }).said, say({ what: 'bad' }).said]
      const sound = upper({ text: after(good, check({ from: good }).to) }).shouted
      const unsound = upper({ text: after(bad, check({ from: bad }).to) }).shouted
      return [plan('after', { sound, unsound })]
    },
    holds: { sound: 'GOOD\n' },
  },
  {
    name: 'outputs',
    proves: 'Several outputs of a step; an optional one made: used; left out: what needs it is skipped, a list takes what is there',
    plans: () => {
      const results = (made: boolean) => {
        const { one, few, rest } = parts({ made })
        return { list: tally({ texts: [one, few, rest] }).told, next: upper({ text: upper({ text: few }).shouted }).shouted }
      }
      const [made, left] = [results(true), results(false)]
      return [plan('outputs', { made: made.list, used: made.next, left: left.list, unused: left.next })]
    },
    holds: { made: '3 files\n1\n2\n3\n', used: '2\n', left: '2 files\n1\n3\n' },
  },
]

const beside = step({
  name: 'beside',
  image,
  inputs: { text, texts: many(text) },
  outputs: { told: text },
  needs,
  command: ({ text, texts, told }) => run(...bash('tr "\\n" " " <"$1"; shift; echo "beside $#"'), text, texts).into(told),
})
const fanned = (what: string) => {
  const { files } = lines({ text: say({ what }).said })
  const { big } = each(files, text => ({ big: upper({ text: upper({ text }).shouted }).shouted }))
  return plan('each', { big, out: tally({ texts: big }).told })
}
const eleven = Array.from({ length: 11 }, (_, n) => `line-${n + 1}`)
export const lists: readonly Case[] = [
  {
    name: 'each',
    proves: 'A list that a step writes: 11 files, two steps for each, gathered in natural order (2 before 10)',
    plans: () => [fanned(eleven.join('\n'))],
    holds: { out: `11 files\n${eleven.map(line => `${line.toUpperCase()}\n`).join('')}` },
  },
  {
    name: 'each-empty',
    proves: 'A list of no files: no branch runs, what follows does, with an empty list',
    plans: () => [fanned('')],
    holds: { out: '0 files\n' },
  },
  { name: 'each-one', proves: 'A list of one file', plans: () => [fanned('single')], holds: { out: '1 files\nSINGLE\n' } },
  {
    name: 'each-failing',
    proves: 'A failing item: the other items end well, what gathers them is skipped, an unrelated step is not disturbed',
    plans: () => {
      const { files } = lines({ text: say({ what: 'one\ntwo\nthree' }).said })
      const picky = by('picky', 'if grep -q two "$1"; then echo not two >&2; exit 3; fi; cp "$1" "$2"')
      const { kept } = each(files, from => ({ kept: upper({ text: picky({ from }).to }).shouted }))
      return [plan('each-failing', { out: tally({ texts: kept }).told, fine: tally({ texts: files }).told })]
    },
    holds: { fine: '3 files\none\ntwo\nthree\n' },
    says: ['not two'],
  },
  {
    name: 'each-shared',
    proves: 'A body reads a file from outside, and leaves some results out; the list itself is used elsewhere, too',
    plans: () => {
      const { files } = lines({ text: say({ what: 'a\nb\nc' }).said })
      const suffix = upper({ text: say({ what: 'suffix' }).said }).shouted
      const some = step({
        name: 'some',
        image,
        inputs: { from: text, suffix: text },
        outputs: { to: optional(text) },
        needs,
        command: ({ from, suffix, to }) => run(...bash('grep -q b "$1" || cat "$1" "$2" >"$3"'), from, suffix, to),
      })
      const { kept } = each(files, from => ({ kept: some({ from, suffix }).to }))
      return [plan('each-shared', { out: tally({ texts: kept }).told, files })]
    },
    holds: { out: '2 files\na\nSUFFIX\nc\nSUFFIX\n' },
  },
  {
    name: 'each-each',
    proves: 'A list within each file of a list',
    plans: () => {
      const { files } = lines({ text: say({ what: 'a b\nc d e' }).said })
      const words = by('words', 'tr " " "\\n" <"$1" >"$2"')
      const { told } = each(files, from => {
        const inner = each(lines({ text: words({ from }).to }).files, text => ({ big: upper({ text }).shouted }))
        return { told: tally({ texts: inner.big }).told }
      })
      return [plan('each-each', { out: tally({ texts: told }).told })]
    },
    holds: { out: '2 files\n2 files\nA\nB\n3 files\nC\nD\nE\n' },
  },
  {
    name: 'each-deep',
    proves: 'Lists of lists of lists, of none, one and several files; the innermost step reads what another each gathers',
    plans: () => {
      const { files } = lines({ text: say({ what: '+\nb\nc-d e' }).said })
      const split = (name: string, from: string, to: string) => by(name, `tr "${from}" "${to}" <"$1" >"$2"`)
      const [words, letters] = [split('words', ' +', '\\n'), split('letters', 'a-z-', 'A-Z\\n')] // no two lists alike: one would be cached
      const { large } = each(files, text => ({ large: upper({ text }).shouted }))
      const { told } = each(files, from => {
        const { told } = each(lines({ text: words({ from }).to }).files, from => {
          const { all } = each(lines({ text: letters({ from }).to }).files, text => ({ all: beside({ text, texts: large }).told }))
          return { told: tally({ texts: all }).told }
        })
        return { told: tally({ texts: told }).told }
      })
      return [plan('each-deep', { out: tally({ texts: told }).told })]
    },
    holds: {
      out: '3 files\n0 files\n1 files\n1 files\nB beside 3\n2 files\n2 files\nC beside 3\nD beside 3\n1 files\nE beside 3\n',
    },
  },
  {
    name: 'each-each-failing',
    proves: 'A failing item of an inner list: its siblings end well, what gathers it is skipped, the other inner lists are not disturbed',
    plans: () => {
      const { files } = lines({ text: say({ what: 'a bad\nc d' }).said })
      const words = by('words', 'tr " " "\\n" <"$1" >"$2"')
      const picky = by('picky', 'if grep -q bad "$1"; then echo no good >&2; exit 3; fi; cp "$1" "$2"')
      const { told } = each(files, from => {
        const inner = each(lines({ text: words({ from }).to }).files, from => ({ kept: upper({ text: picky({ from }).to }).shouted }))
        return { told: tally({ texts: inner.kept }).told }
      })
      return [plan('each-each-failing', { out: tally({ texts: told }).told, fine: tally({ texts: files }).told })]
    },
    holds: { fine: '2 files\na bad\nc d\n' },
    says: ['no good'],
  },
]
