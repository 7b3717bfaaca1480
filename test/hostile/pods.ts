import { execFile, spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import type { JobMember, PodJob } from '../../core/inside/job.ts'
import { readReport } from '../../core/inside/report.ts'
import { containersHere } from '../engine.ts'
import { memberOf, pod, sha256 } from '../inside/trial.ts'
import { type Attack, preface } from './attacks.ts'
import { held, nobody, patience, type Target } from './targets.ts'

// What a pod does, in a container as a cluster has it: the pod's script and the step are one user, and all files of the pod are theirs. The places
// that an attack aims at are there as well, so that a script that follows links would be seen to.

const here = await containersHere({ ...process.env, TRIREME_TEST_ENGINE: 'podman' })

/** A job in which a step runs the attack, the way that a pipeline of pipelines.ts calls it; several pods make no other job than one. */
function jobOf(attack: string, from: string, way: Attack['way']): PodJob {
  const inputs = [
    { from: 'source', to: 'in/attack.txt', mount: 'a', sha256: sha256(attack) },
    { from: 'source', to: 'in/from.txt', mount: 'f', sha256: sha256(from) },
  ] as const
  const made = [{ port: 'made', files: ['made.txt'] }] as const
  const argv = (out: string) => ['bash', 'in/attack.txt', 'in/from.txt', out, 'resume']
  const attacker = (place: number, more: Partial<JobMember>, out = 'out/made.txt') =>
    memberOf(place, argv(out), { step: 'attacker', inputs, outputs: made, resumes: true, ...more })
  const one = (member: JobMember): PodJob => ({ title: 'one', chains: [{ members: [member], links: [] }] })
  const copier = (place: number, more: Partial<JobMember>) => memberOf(place, ['cat', 'in/from.txt'], { step: 'reader', ...more })
  if (way === 'list') return one(attacker(1, { step: 'lister', outputs: [{ port: 'made', list: ['.txt'] }] }, 'out/made'))
  if (way === 'printed') return one(attacker(1, { stdout: 'out/made.txt' }))
  if (way === 'reading')
    return {
      title: 'two',
      chains: [
        {
          members: [
            copier(2, { step: 'plain', inputs: [inputs[1]], stdout: 'link/copy.txt' }),
            attacker(1, { step: 'second', inputs: [inputs[0]] }),
          ],
          links: [{ pipe: 'link/copy.txt', to: 'in/from.txt' }],
        },
      ],
    }
  if (way === 'chain' || way === 'teed') {
    const tee = way === 'teed' ? { tee: 'out/made.txt' } : {}
    return {
      title: 'two',
      chains: [
        {
          members: [
            attacker(2, { outputs: way === 'teed' ? made : [] }, 'link/made.txt'),
            copier(1, { stdout: 'out/made.txt', outputs: made }),
          ],
          links: [{ pipe: 'link/made.txt', to: 'in/from.txt', ...tee }],
        },
      ],
    }
  }
  return one(attacker(1, {}))
}
let pods = 0
export const inPods: Target = {
  name: 'pods',
  unavailable: typeof here === 'string' ? here : undefined,
  user: nobody,
  enclosed: false,
  run: async (world, attacked) => {
    const { script, way, ends } = attacked
    const n = ++pods
    const root = path.join(world.folder, `pod-${n}`)
    mkdirSync(root)
    const attack = preface(world) + script
    const from = readFileSync(world.input, 'utf8')
    const name = `trireme-hostile-${process.pid}-${n}`
    const seen = [world.precious, world.elsewhere, world.store, path.dirname(world.input)].flatMap(place => [
      '--volume',
      `${place}:${place}`,
    ])
    const words = [
      ...['run', '--rm', '--name', name, '--user', `${nobody}:${nobody}`, '--cap-drop', 'ALL', '--security-opt', 'no-new-privileges'],
      ...['--network', 'none', '--read-only', '--pids-limit', '1000', '--volume', `${root}:/w`, ...seen],
      ...[typeof here === 'string' ? '' : here.image, 'bash', '/w/run/pod.sh'],
    ]
    const timers: NodeJS.Timeout[] = []
    let hung = false
    const told = await pod(jobOf(attack, from, way), {
      root,
      files: { [`from/a/${sha256(attack)}`]: attack, [`from/f/${sha256(from)}`]: from },
      bash: ['bash', '-c', 'chown -R "$1" "$PWD"; shift; exec "$@"', 'bash', String(nobody), 'podman', ...words],
      meanwhile: () => {
        const end = (signal: string) => execFile('podman', ['kill', '--signal', signal, name])
        if (ends === 'held') timers.push(setTimeout(() => end('TERM'), held))
        timers.push(
          setTimeout(() => {
            hung = true
            end('KILL')
          }, patience(attacked) * 1000),
        )
      },
    })
    for (const timer of timers) clearTimeout(timer)
    const [made] = ['out/1/made.txt', 'out/1/made/0001.txt'].filter(told.there)
    const report = told.there('report/report') ? readReport(told.read('report/report')) : undefined
    const members = [...(report?.members ?? [])].filter(([, { status }]) => status !== 0)
    const failed = members.map(
      ([place, { status }]) => `Step ${place === 1 && way === 'chain' ? 'reader' : 'attacker'} ended with status ${status}`,
    )
    return {
      status: told.status,
      hung,
      said: [
        told.stderr,
        ...failed,
        ...(report?.status === undefined ? [`Step attacker: the pod ended with status ${told.status}`] : []),
      ].join('\n'),
      made: made === undefined ? undefined : told.read(made),
      kept: told.status === 0 ? [path.join(root, 'out')] : [],
      sealed: false,
    }
  },
  left: () =>
    spawnSync('podman', ['ps', '--all', '--format', '{{.Names}}'], { encoding: 'utf8' })
      .stdout.split('\n')
      .filter(name => name.startsWith(`trireme-hostile-${process.pid}-`))
      .map(name => `container ${name} is left`),
}
