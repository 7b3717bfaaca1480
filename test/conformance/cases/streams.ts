import { each, plan, run, step } from 'trireme-bio'
import { by, type Case, image, lines, needs, say, tally, text } from '../case.ts'

const both = { streams: ['from', 'to'] } as const
const reads = { streams: ['from'] } as const
const count = step({
  name: 'count',
  image,
  inputs: {},
  outputs: { to: text },
  streams: ['to'],
  needs,
  command: ({ to }) => run('seq', 200_000).into(to),
})
const double = by('double', `awk '{ print 2 * $1 }' "$1" >"$2"`, both)
const total = by('total', `awk '{ s += $1 } END { printf "%.0f\\n", s }' "$1" >"$2"`, reads)
const rows = by('rows', 'wc -l <"$1" >"$2"') // reads a file, no stream

export const streams: readonly Case[] = [
  {
    name: 'stream',
    proves: 'Steps whose both ends stream give the same bytes, by pipes or by files',
    plans: () => [plan('stream', { out: total({ from: double({ from: count({}).to }).to }).to })],
    holds: { out: '40000200000\n' },
  },
  {
    name: 'each-stream',
    proves: 'A chain for each file of a list: steps that leave no file are told like all others',
    plans: () => {
      const { files } = lines({ text: by('three', 'printf "1\\n20\\n300\\n" >"$2"')({ from: say({ what: 'three' }).said }).to })
      const again = by('again', 'cat "$1" "$1" >"$2"', both)
      const { sum } = each(files, from => ({ sum: total({ from: double({ from: again({ from }).to }).to }).to }))
      return [plan('each-stream', { out: tally({ texts: sum }).told })]
    },
    holds: { out: '3 files\n4\n80\n1200\n' },
  },
  {
    name: 'tee',
    proves: 'A link that others want as a file, too: all get the same bytes',
    plans: () => {
      const from = count({}).to
      return [plan('tee', { from, out: total({ from }).to, rows: rows({ from: double({ from }).to }).to })]
    },
    holds: { out: '20000100000\n', rows: '200000\n' },
  },
  {
    name: 'tee-early',
    proves: 'A reader that may stop early leaves the file that others want whole',
    plans: () => {
      const peek = by('peek', 'head -n 1 "$1" >"$2"', { ...reads, stopsEarly: ['from'] })
      const from = count({}).to
      return [plan('tee-early', { out: peek({ from }).to, rows: rows({ from }).to })]
    },
    holds: { out: '1\n', rows: '200000\n' },
  },
  {
    name: 'stream-early',
    proves: 'A reader may stop early where it says so',
    plans: () => {
      const peek = by('peek', 'head -n 1 "$1" >"$2"', { ...reads, stopsEarly: ['from'] })
      return [plan('stream-early', { out: peek({ from: count({}).to }).to })]
    },
    holds: { out: '1\n' },
  },
  {
    name: 'stream-cut',
    proves: 'A reader that stops early without a word fails its writer',
    asks: 'streams',
    plans: () => [
      plan('stream-cut', {
        out: by(
          'peek',
          'head -n 1 "$1" >"$2"',
          reads,
        )({ from: by('much', 'yes | head -c 10000000 >"$2"', both)({ from: say({ what: 'x' }).said }).to }).to,
      }),
    ],
    says: ['peek:x stopped reading before the end of its input "from". If it may, say stopsEarly in its step.'],
  },
  {
    name: 'stream-failing',
    proves: 'A member of a chain that fails is named, nothing of the chain is kept, though the others were content',
    asks: 'streams',
    plans: () => {
      const broken = by('broken', 'head -n 100 "$1" >"$2"; cat "$1" >/dev/null; echo "half of it" >&2; exit 3', both)
      return [plan('stream-failing', { out: total({ from: broken({ from: double({ from: count({}).to }).to }).to }).to })]
    },
    says: ['half of it'],
  },
  {
    name: 'stream-empty',
    proves: 'A writer that writes nothing into a link is refused as one that leaves an empty file is',
    asks: 'streams',
    plans: () => {
      const mute = by('mute', 'cat "$1" >/dev/null; : >"$2"', both)
      return [plan('stream-empty', { out: total({ from: mute({ from: say({ what: 'x' }).said }).to }).to })]
    },
  },
]
