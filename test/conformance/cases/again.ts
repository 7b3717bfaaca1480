import { plan } from 'trireme-bio'
import { by, type Case, say, tally, upper } from '../case.ts'

const results = (what: string) => {
  const changed = upper({ text: say({ what }).said }).shouted
  const other = upper({ text: say({ what: 'other' }).said }).shouted
  return { out: tally({ texts: [changed, other] }).told }
}
export const again: readonly Case[] = [
  {
    name: 'cached',
    proves: 'The same plan once more: nothing runs',
    plans: () => [plan('cached', results('same')), plan('cached', results('same'))],
    holds: { out: '2 files\nSAME\nOTHER\n' },
  },
  {
    name: 'changed',
    proves: 'A changed parameter runs what follows from it again, and nothing else',
    plans: () => [plan('changed', results('before')), plan('changed', results('now'))],
    holds: { out: '2 files\nNOW\nOTHER\n' },
  },
  {
    name: 'goes-on',
    proves: 'After a failure the same steps are not run again: those that succeeded are there',
    plans: () => {
      const { said } = say({ what: 'fragile' })
      const bad = by('bad', 'exit 1')({ from: said }).to
      return [
        plan('goes-on', { out: tally({ texts: [upper({ text: said }).shouted, bad] }).told }),
        plan('goes-on', { out: upper({ text: said }).shouted }),
      ]
    },
    holds: { out: 'FRAGILE\n' },
  },
  {
    name: 'cut-off',
    proves: 'A changed step that makes equal bytes: what follows is not run again',
    asks: 'cut-off',
    plans: () =>
      ['before', 'now'].map(what =>
        plan('cut-off', { out: upper({ text: by('same', 'echo same >"$2"')({ from: say({ what }).said }).to }).shouted }),
      ),
    holds: { out: 'SAME\n' },
  },
]
