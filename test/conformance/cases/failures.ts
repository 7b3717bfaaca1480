import { mib, optional, pipe, plan, run, seconds, step } from 'trireme-bio'
import { bash, by, type Case, image, ladder, lines, needs, say, tally, text, upper } from '../case.ts'

const hello = () => say({ what: 'hello' }).said
const attempts = 'echo "attempt with $3 MiB" >&2; '
/** Takes 268 MB of memory at its first attempt, in a process of its own. */
const grows = `awk 'BEGIN { s = "x"; while (length(s) < 2e8) s = s s; print length(s) }'`

export const failures: readonly Case[] = [
  {
    name: 'failing',
    proves: 'A failing branch: what follows is skipped with the reason, a healthy branch ends well, the log is in the message',
    plans: () => {
      const bad = by('bad', 'echo "no such luck" >&2; exit 7')({ from: hello() }).to
      return [plan('failing', { lost: upper({ text: upper({ text: bad }).shouted }).shouted, fine: upper({ text: hello() }).shouted })]
    },
    holds: { fine: 'HELLO\n' },
    says: ['no such luck', 'command: bash -euc'],
  },
  {
    name: 'failing-stages',
    proves: 'The stage of a pipe that failed first is named; a program that is not there; one that a signal ends',
    plans: () => {
      const staged = step({
        name: 'staged',
        image,
        inputs: { from: text },
        outputs: { to: text },
        needs,
        command: ({ from, to }) => pipe(['cat', from], ['grep', 'nothing of that kind'], ['cat']).into(to),
      })
      const [from, killed] = [hello(), by('killed', 'kill -TERM $$; sleep 5')]
      return [
        plan('failing-stages', { a: staged({ from }).to, b: by('absent', 'exec no-such-program')({ from }).to, c: killed({ from }).to }),
      ]
    },
    says: ["→ | grep 'nothing of that kind'", 'no-such-program'],
  },
  {
    name: 'broken-promises',
    proves: 'An output that is missing, empty, a link, a folder, a stray file in a list: each refused, and what follows is skipped',
    plans: () => {
      const from = hello()
      const stray = step({
        name: 'stray',
        image,
        inputs: {},
        outputs: { files: lines.spec.outputs.files },
        needs,
        command: ({ files }) => run(...bash('echo x >"$1/x.csv"'), files),
      })
      const hollow = step({
        name: 'hollow',
        image,
        inputs: {},
        outputs: { perhaps: optional(text) },
        needs,
        command: ({ perhaps }) => run(...bash(': >"$1"'), perhaps),
      })
      return [
        plan('broken-promises', {
          missing: upper({ text: by('missing', 'true')({ from }).to }).shouted,
          empty: upper({ text: by('empty', ': >"$2"')({ from }).to }).shouted,
          link: by('link', 'ln -s /etc/passwd "$2"')({ from }).to,
          folder: by('folder', 'mkdir "$2"')({ from }).to,
          list: tally({ texts: stray({}).files }).told,
          hollow: upper({ text: hollow({}).perhaps }).shouted,
        }),
      ]
    },
  },
  {
    name: 'transient',
    proves: 'A declared transient exit is tried again, with no more memory than before; tries run out; any other status is final',
    plans: () => {
      const at = { needs: ladder, retry: { times: 1, exits: [69] } }
      const from = (what: string) => ({ from: say({ what }).said })
      const never = by('never', `${attempts}exit 69`, at)(from('b')).to
      const final = by('final', `${attempts}exit 70`, at)(from('c')).to
      return [plan('transient', { never, final })]
    },
    says: ['attempt with 64 MiB'],
  },
  {
    name: 'time',
    proves:
      'A step that runs longer than its limit is ended, with what it started; where there is a longer limit, that is tried, with no more memory',
    plans: () => {
      const hang = by('hang', 'sleep 600 & sleep 600; cp "$1" "$2"', { needs: { ...needs, time: seconds(1) } })
      const longer = by('longer', 'sleep 3; echo "$3" >"$2"', {
        needs: { ...ladder, time: [seconds(1), seconds(60)] },
      })
      return [plan('time', { hang: upper({ text: hang({ from: hello() }).to }).shouted, out: longer({ from: hello() }).to })]
    },
    holds: { out: '64\n' },
  },
  {
    name: 'memory',
    proves: 'A step that is killed for lack of memory climbs its ladder; where there is no higher rung, it fails and says so',
    asks: 'memory limits',
    plans: ({ confine }) => {
      const hungry = (name: string, memory: typeof needs.memory) =>
        step({
          name,
          image,
          inputs: {},
          outputs: { to: text },
          needs: { cpu: 0.5, memory },
          command: ({ to, memory }) =>
            run(...bash(`if [ -n "$1" ] && [ "$2" -le 64 ]; then echo $$ >"$1"; fi; ${grows}`), confine, memory.mib(1), name).into(to),
        })
      return [plan('memory', { out: hungry('hungry', [mib(64), mib(1024)])({}).to, never: hungry('starved', mib(64))({}).to })]
    },
    holds: { out: '268435456\n' },
  },
  {
    name: 'gpu',
    proves: 'A step that needs a GPU where there is none: refused before anything runs',
    plans: () => [
      plan('gpu', { fine: hello(), out: by('train', 'cp "$1" "$2"', { needs: { ...needs, gpu: { count: 1 } } })({ from: hello() }).to }),
    ],
  },
]
