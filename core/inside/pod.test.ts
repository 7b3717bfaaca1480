import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { entry, type Files, memberOf, oneStep, pod, sha256, type TrialOptions, type Tried } from '../../test/inside/trial.ts'
import { readSealed } from '../store/sealed.ts'
import { scratch } from '../testing.ts'
import { type JobMember, jobFile, type PodJob } from './job.ts'
import { readReport, sayings } from './report.ts'
import { chainScript, podScript, startScript } from './scripts.ts'

const bash = (script: string, ...words: readonly string[]) => ['bash', '-c', script, 'bash', ...words]
const text = (port: string) => [{ port, files: [`${port}.txt`] }] as const
const reportOf = (told: Tried) => readReport(told.read('report/report'))
const outputsOf = (told: Tried, place = 1) => JSON.parse(told.read(`out/${place}/record.json`)).outputs
const ran = async (job: PodJob, status: number, options: TrialOptions = {}) => {
  const told = await pod(job, options)
  expect([told.status, told.stderr]).toEqual([status, status === 0 ? '' : told.stderr])
  expect(reportOf(told).status).toBe(status)
  return told
}
const faultOf = (told: Tried) => reportOf(told).faults.map(({ message }) => message)

test('one step: two inputs, one output, its record, its log', async () => {
  const job = oneStep({
    argv: bash('cat in/a.txt in/b.txt >out/sum.txt; echo careful >&2'),
    inputs: [
      { from: 'producer', to: 'in/a.txt', mount: 'a', file: 'x.txt' },
      { from: 'source', to: 'in/b.txt', mount: 's', sha256: sha256('two\n') },
    ],
    outputs: text('sum'),
  })
  const files = { ...entry('a', { x: { 'x.txt': 'one\n' } }), [`from/s/${sha256('two\n')}`]: 'two\n' }
  const told = await ran(job, 0, { files, env: { TRIREME_KEY_1: 'f'.repeat(64), TRIREME_ATTEMPT: '2' } })
  expect(told.read('out/1/sum.txt')).toBe('one\ntwo\n')
  expect(JSON.parse(told.read('out/1/record.json'))).toMatchObject({
    format: 2,
    key: 'f'.repeat(64),
    step: 's1',
    attempt: 3,
    outputs: { sum: [{ name: 'sum.txt', size: 8, sha256: sha256('one\ntwo\n') }] },
    host: { platform: 'linux-x64' },
  })
  expect(readSealed(path.join(told.root, 'out/1/record.json'))?.value).toMatchObject({ key: 'f'.repeat(64) })
  expect(readdirSync(path.join(told.root, 'out/1')).sort()).toEqual(['record.json', 'sum.txt'])
  expect(told.read('report/1.log')).toBe('careful\n')
  const report = reportOf(told)
  expect(report.attempt).toBe(2)
  expect(report.steps.get(1)).toEqual({ state: 'made' })
  expect(report.members.get(1)).toMatchObject({ status: 0, signal: null, stopped: undefined, oom: false })
})
test('a damaged record ends the pod, also where the file that it names may be left out', async () => {
  const files = entry('a', { x: { 'x.txt': 'one\n' } })
  const record = String(files['from/a/record.json'])
  const job = oneStep({
    argv: bash('cat in/a.txt >out/sum.txt'),
    inputs: [{ from: 'producer', to: 'in/a.txt', mount: 'a', file: 'x.txt', optional: true }],
    outputs: text('sum'),
  })
  for (const damaged of [record.replace('"x.txt"', '"y.txt"'), record.slice(0, -40), record.replace('"format":2', '"format":3'), '']) {
    const told = await ran(job, 75, { files: { ...files, 'from/a/record.json': damaged } })
    expect(faultOf(told)).toEqual(['The record from/a/record.json is damaged.'])
    expect(reportOf(told).damaged).toEqual(['from/a/record.json'])
  }
  const older = record.replace('"format":2', '"format":1').replace(/,"digest":.*/, '}')
  const told = await ran(job, 0, { files: { ...files, 'from/a/record.json': older } })
  expect(told.read('out/1/sum.txt')).toBe('one\n')
})
test('progress: told on standard output as it comes, its end in the report, too; numbered, and nothing of it twice', async () => {
  const script = `echo '::progress {"text": "one", "share": 0.5}' >&2; echo 'plain ::progress {"text": "no"}' >&2; sleep 2.5
    for n in {1..2000}; do echo 'a line among many others' >&2; done; echo '::progress {"text": "two \\u001b[2J é"}' >&2
    printf '::progress {"text": "cut' >&2; echo x >out/sum.txt`
  const told = await ran(oneStep({ argv: bash(script), outputs: text('sum') }), 0)
  const { progress } = reportOf(told)
  expect(progress).toEqual([
    { place: 1, number: 1, told: { text: 'one', share: 0.5 } },
    { place: 1, number: 2, told: { text: 'two  [2J é' } },
  ])
  expect(sayings(told.stdout)).toEqual(progress)
  const many = await ran(oneStep({ argv: bash(`for n in {1..50}; do printf '::progress {"text": "%s"}\\n' $n >&2; done; exit 3`) }), 1)
  expect(reportOf(many).progress.map(({ number, told }) => `${number} ${told.text}`)).toEqual(
    Array.from({ length: 20 }, (_, n) => `${n + 31} ${n + 31}`),
  )
})
test('a pod that has little to do costs little', async () => {
  const job = oneStep({ argv: bash('echo x >out/sum.txt'), outputs: text('sum') })
  const timed = await pod(job, { bash: ['bash', '-c', 'TIMEFORMAT="%U %S"; time bash "$0"'] })
  const [user, system] = timed.stderr.trim().split(' ').map(Number)
  expect(user! + system!).toBeGreaterThan(0)
  expect(user! + system!).toBeLessThan(0.2) // seconds of CPU; 0.03 to 0.04 measured
})
test('pipes within a step: what each stage ended with is told, standard output goes where it should', async () => {
  const member: Partial<JobMember> = {
    rungs: [{ argv: [[['echo', 'first of two']], [['printf', 'b\\na\\n'], ['sort'], ['cat', '-n']]] }],
    stdout: 'out/sum.txt',
    outputs: text('sum'),
  }
  const told = await ran({ title: 't', chains: [{ members: [memberOf(1, [], member)], links: [] }] }, 0)
  expect(told.read('out/1/sum.txt')).toBe('     1\ta\n     2\tb\n')
  expect(told.read('report/1.log')).toBe('first of two\n')
  expect(reportOf(told).members.get(1)?.statuses).toBe('0\n0 0 0')
})

const chainOf = (members: readonly JobMember[], more: object = {}, tee?: string): PodJob => ({
  title: 'chain',
  chains: [
    {
      members,
      links: members.slice(1).map((_, n) => ({ pipe: 'link/to.txt', to: 'in/from.txt', ...(tee && n === 0 ? { tee } : {}), ...more })),
    },
  ],
})
const seq = memberOf(1, ['seq', '200000'], { stdout: 'link/to.txt' })
const double = memberOf(2, ['awk', '{print 2 * $1}', 'in/from.txt'], { stdout: 'link/to.txt' })
const total = memberOf(3, ['awk', '{s += $1} END {printf "%.0f", s}', 'in/from.txt'], { stdout: 'out/sum.txt', outputs: text('sum') })

test('a chain streams; a link that others want is written, too', async () => {
  const told = await ran(chainOf([{ ...seq, outputs: text('all') }, double, total], {}, 'out/all.txt'), 0)
  expect(told.read('out/3/sum.txt')).toBe('40000200000')
  expect(told.read('out/1/all.txt').split('\n').length).toBe(200_001)
  expect(told.there('out/2')).toBe(false)
  expect([...reportOf(told).steps.values()].map(({ state }) => state)).toEqual(['made', 'made', 'made'])
})
test('all or nothing: a writer that fails half way fails the reader that was content', async () => {
  const half = memberOf(1, bash('seq 1000 >link/to.txt; kill -9 $$'))
  const told = await ran(chainOf([half, { ...total, place: 2 }]), 137)
  const report = reportOf(told)
  expect(report.members.get(1)).toMatchObject({ status: null, signal: 9 })
  expect([...report.steps.values()]).toEqual([{ state: 'failed', cause: 'killed' }, { state: 'dropped' }])
  expect(readdirSync(path.join(told.root, 'out'))).toEqual([])
})
test('one that never opens its link holds nobody up', async () => {
  const job = chainOf([memberOf(1, bash('exit 3')), { ...total, place: 2 }])
  const told = await ran(job, 1)
  expect(told.seconds).toBeLessThan(5)
  expect(reportOf(told).steps.get(1)).toEqual({ state: 'failed', cause: 'other' })
})
test('a reader that stops early fails its writer, unless it may', async () => {
  const peek = memberOf(2, bash('head -n 1 in/from.txt >out/sum.txt'), { outputs: text('sum') })
  const told = await ran(chainOf([seq, peek]), 1)
  expect(reportOf(told).members.get(1)).toMatchObject({ signal: 13 })
  expect((await ran(chainOf([seq, peek], { stopsEarly: true }), 0)).read('out/2/sum.txt')).toBe('1\n')
})
test('a link through which nothing went is refused as an empty file is', async () => {
  const reader = { ...total, place: 2 }
  for (const writer of [bash(': >link/to.txt'), ['true']]) {
    const told = await ran(chainOf([memberOf(1, writer), reader]), 1)
    expect(faultOf(told)).toEqual(['Step s1 ended well, but its output "to" is empty: to.txt. An empty file is no result.'])
  }
  expect((await ran(chainOf([memberOf(1, bash('printf 7 >link/to.txt')), reader]), 0)).read('out/2/sum.txt')).toBe('7')
})
test('a reader that stops early leaves the copy of a link whole', async () => {
  const peek = memberOf(2, bash('head -n 1 in/from.txt >out/sum.txt'), { outputs: text('sum') })
  const told = await ran(chainOf([{ ...seq, outputs: text('all') }, peek], { stopsEarly: true }, 'out/all.txt'), 0)
  expect(told.read('out/1/all.txt').length).toBe(1_288_895)
})
test('when one fails, those that would go on for ever are ended', async () => {
  const endless = memberOf(1, bash('sleep 100 & sleep 100'), { stdout: 'link/to.txt' })
  const told = await ran(chainOf([endless, memberOf(2, bash('exit 4'))]), 1)
  expect(told.seconds).toBeLessThan(8)
  expect(reportOf(told).members.get(1)).toMatchObject({ stopped: 'group' })
  expect(reportOf(told).steps.get(2)).toEqual({ state: 'failed', cause: 'other' })
})

const two = (first: Partial<JobMember>, second: Partial<JobMember> = {}): PodJob => ({
  title: 'two',
  chains: [
    { members: [memberOf(1, bash('echo one >out/x.txt'), { outputs: text('x'), ...first })], links: [] },
    {
      members: [
        memberOf(2, bash('cat in/from.txt >out/sum.txt'), {
          inputs: [{ from: 'place', to: 'in/from.txt', place: 1, file: 'x.txt' }],
          outputs: text('sum'),
          ...second,
        }),
      ],
      links: [],
    },
  ],
})
test('several chains in a pod: the next reads what the one before made', async () => {
  const told = await ran(two({}), 0, { env: { TRIREME_KEY_1: 'a'.repeat(64), TRIREME_KEY_2: 'b'.repeat(64) } })
  expect(told.read('out/2/sum.txt')).toBe('one\n')
  expect(JSON.parse(told.read('out/2/record.json')).key).toBe('b'.repeat(64))
})
test('what is finished is published also when a later chain fails', async () => {
  const told = await ran(two({}, { rungs: [{ argv: [[bash('exit 1')]] }] }), 1)
  expect(told.there('out/1/record.json')).toBe(true)
  expect(told.there('out/2')).toBe(false)
})
test('a pod that runs again after its entries were published has nothing to do', async () => {
  const env = { TRIREME_KEY_1: 'a'.repeat(64), TRIREME_KEY_2: 'b'.repeat(64) }
  const made = await ran(two({}), 0, { env })
  const names = ['1/x.txt', '1/record.json', '2/sum.txt', '2/record.json']
  const own: Record<string, string> = Object.fromEntries(names.map(name => [`own/${name}`, made.read(`out/${name}`)]))
  const again = (files: Files, status: number) => ran(two({ rungs: [{ argv: [[bash('exit 9')]] }] }), status, { files, env })
  const told = await again(own, 0)
  expect([...reportOf(told).steps.values()]).toEqual([{ state: 'there' }, { state: 'there' }])
  // A pipe's writer has no entry: that of its reader says whether it is done.
  const piped = await ran(two({}), 0, { files: own, env: { ...env, TRIREME_KEY_1: '' } })
  expect([...reportOf(piped).steps.values()]).toEqual([{ state: 'there' }, { state: 'there' }])
  // Anything less than whole counts as not there: the pod does its work.
  for (const name of names) {
    const { [`own/${name}`]: content = '', ...gone } = own
    const flipped = content.replace(/[a-z]/, letter => (letter === 'x' ? 'y' : 'x'))
    for (const files of [gone, { ...own, [`own/${name}`]: content.slice(0, -2) }, { ...own, [`own/${name}`]: flipped }])
      expect((await again(files, 1)).there('own')).toBe(false)
  }
  await again({ ...own, 'own/2/record.json': own['own/1/record.json']!, 'own/2/x.txt': own['own/1/x.txt']! }, 1)
})
test('what a pod should run is compared with its digest first', async () => {
  const job = oneStep({ argv: bash('echo x >out/sum.txt'), outputs: text('sum') })
  const lines = [`${sha256(podScript())}  run/pod.sh`, `${sha256(chainScript())}  run/chain.sh`, `${sha256(jobFile(job))}  run/job`]
  const start = (files: Files) => pod(job, { files, bash: ['bash', '-c', `set -- "\${@:1:3}"\n${startScript}`, 'start', ...lines] })
  expect((await start({})).read('out/1/sum.txt')).toBe('x\n')
  for (const [name, content] of [
    ['run/pod.sh', podScript()],
    ['run/chain.sh', chainScript()],
    ['run/job', jobFile(job)],
  ] as const)
    for (const damaged of [content.slice(1), '', `${content}#`]) {
      const told = await start({ [name]: damaged })
      const { damaged: found, faults } = reportOf(told)
      expect([told.status, found]).toEqual([75, [name]])
      expect(faults).toEqual([{ place: 0, message: `${name} is not what was sent: it changed in the bucket or on its way.` }])
    }
})
test('what needs an output that was left out is skipped, and so is what follows', async () => {
  const optional = { from: 'place', to: 'in/from.txt', place: 1, file: 'x.txt', optional: true } as const
  const leaving = { rungs: [{ argv: [[bash('true')]] }], outputs: [{ port: 'x', files: ['x.txt'], optional: true }] } as const
  const told = await ran(two(leaving, { inputs: [optional] }), 0)
  expect(outputsOf(told)).toEqual({ x: [] })
  expect(reportOf(told).steps.get(2)).toEqual({
    state: 'skipped',
    reason: 'its input "from" was left out by the step that may make it',
  })
  const producer = { from: 'producer', to: 'in/from.txt', mount: 'a', file: 'x.txt', optional: true } as const
  for (const files of [entry('a', { x: {} }), {}])
    expect(reportOf(await ran(two({ inputs: [producer] }, { inputs: [optional] }), 0, { files })).steps.get(2)?.state).toBe('skipped')
  const needed = { from: 'producer', to: 'in/from.txt', mount: 'a', file: 'x.txt' } as const
  expect(faultOf(await ran(two({ inputs: [needed] }), 75))[0]).toMatch(
    /^Step s1 needs from\/a\/x.txt, and no record tells of it: its entry is not whole\./,
  )
})
test('outputs are looked at: missing, empty, a link, a folder', async () => {
  const fault = async (script: string) => faultOf(await ran(oneStep({ argv: bash(script), outputs: text('sum') }), 1))[0]
  expect(await fault('true')).toMatch(/^Step s1 ended well, but its output "sum" is missing: there is no sum\.txt\. A step writes every/)
  expect(await fault(': >out/sum.txt')).toBe('Step s1 ended well, but its output "sum" is empty: sum.txt. An empty file is no result.')
  expect(await fault('ln -s /etc/passwd out/sum.txt')).toMatch(/is no regular file: sum\.txt is a link\. A step writes its outputs itself/)
  expect(await fault('mkdir out/sum.txt')).toMatch(/is no regular file/)
  const part = oneStep({ argv: bash('echo 1 >out/r_1.fq'), outputs: [{ port: 'r', files: ['r_1.fq', 'r_2.fq'], optional: true }] })
  expect(faultOf(await ran(part, 1))[0]).toMatch(/is missing: there is no r_2\.fq/)
})
test('a folder that a step put another in place of is not looked into, a file of two names is no output', async () => {
  const others = scratch()
  for (const name of ['sum.txt', 'a.txt']) writeFileSync(path.join(others, name), 'of somebody else\n')
  const fault = async (script: string, outputs: JobMember['outputs']) => {
    const told = await ran(oneStep({ argv: bash(script, others), outputs }), 1)
    expect([told.there('out/1'), readdirSync(others)]).toEqual([false, ['a.txt', 'sum.txt']])
    return faultOf(told)[0]
  }
  const list = [{ port: 'sum', list: ['.txt'] }] as const
  expect(await fault('rmdir out; ln -s "$1" out', text('sum'))).toBe(
    'Step s1 left no folder "out", where its outputs belong. A step leaves the folders that it was given where they are.',
  )
  expect(await fault('rmdir out/sum; ln -s "$1" out/sum', list)).toMatch(/^Step s1 left no folder "out\/sum", where its outputs belong\./)
  expect(await fault('ln "$1/sum.txt" out/sum.txt', text('sum'))).toBe(
    'Step s1 ended well, but its output "sum" has another name besides sum.txt: it is a hard link, and the other file would become read-only with it. A step writes its outputs itself, or copies them, for example with cp --reflink=auto; what lies in tmp/ may be moved.',
  )
})
test('companions travel with their file; what was not promised stays behind', async () => {
  const argv = bash('echo 1 >out/b.bam; echo 2 >out/b.bam.bai; echo 3 >out/other')
  const told = await ran(oneStep({ argv, outputs: [{ port: 'b', files: ['b.bam', 'b.bam.bai'] }] }), 0)
  expect(readdirSync(path.join(told.root, 'out/1')).sort()).toEqual(['b.bam', 'b.bam.bai', 'record.json'])
  expect(outputsOf(told).b.map(({ name }: { name: string }) => name)).toEqual(['b.bam', 'b.bam.bai'])
})
test('an input that changed, was cut, or did not arrive is told before anything runs', async () => {
  const job = oneStep({
    argv: bash('echo ran >out/sum.txt'),
    inputs: [{ from: 'producer', to: 'in/a.txt', mount: 'a', file: 'x.txt' }],
    outputs: text('sum'),
  })
  const files = entry('a', { x: { 'x.txt': 'one\n' } })
  const told = await ran(job, 75, { files: { ...files, 'from/a/x.txt': 'One\n' } })
  expect(faultOf(told)[0]).toMatch(/^Input from\/a\/x\.txt is not what its record says: its SHA-256 is [0-9a-f]{64}, and should be/)
  expect(told.there('1/out/sum.txt')).toBe(false)
  expect(reportOf(told).damaged).toEqual(['from/a/x.txt'])
  await ran(job, 1, { files: { ...files, 'from/a/x.txt': 'One\n' }, env: { TRIREME_ATTEMPT: '1' } }) // twice: it lies so in the bucket
  const { 'from/a/x.txt': _, ...gone } = files
  expect(faultOf(await ran(job, 75, { files: gone }))[0]).toMatch(
    /^Step s1 needs from\/a\/x\.txt, which did not arrive: it is gone from the bucket/,
  )
  const source = oneStep({ argv: bash('true'), inputs: [{ from: 'source', to: 'in/a', mount: 's', sha256: sha256('x') }] })
  expect(faultOf(await ran(source, 75, { files: { [`from/s/${sha256('x')}`]: 'y' } }))[0]).toMatch(/is not what its record says/)
})
test('declared transient exits may be tried again, while tries are left; all others not', async () => {
  const job = (status: number) => oneStep({ argv: bash(`exit ${status}`), transient: [69], tries: 2 })
  await ran(job(69), 75)
  await ran(job(69), 75, { env: { TRIREME_CLIMBED: 'time=0 tried=1' } })
  await ran(job(69), 1, { env: { TRIREME_CLIMBED: 'time=0 tried=2' } })
  await ran(job(69), 75, { env: { TRIREME_ATTEMPT: '2' } }) // attempts that something else has cost
  await ran(job(75), 1)
  await ran(job(127), 1)
})
test('a time limit ends the whole group; a longer one may follow; each rung of memory has its own words', async () => {
  const job = oneStep({
    argv: [],
    rungs: [{ argv: [[bash('trap "" TERM; sleep 100 & sleep 100')]] }, { argv: [[bash('echo second >out/sum.txt')]] }],
    limits: [0.3, 20],
    outputs: text('sum'),
  })
  const slow = await ran(job, 76)
  expect(slow.seconds).toBeLessThan(8)
  expect(reportOf(slow).members.get(1)).toMatchObject({ stopped: 'time limit' })
  for (const climbed of ['1', '5']) {
    const told = await ran(job, 0, { env: { TRIREME_MEMORY_RUNG: climbed } })
    expect(told.read('out/1/sum.txt')).toBe('second\n')
    expect(JSON.parse(told.read('out/1/record.json'))).toMatchObject({ attempt: 1, climbed: Number(climbed) })
  }
  const { rungs, limits } = job.chains[0]!.members[0]!
  const again = oneStep({ argv: [], rungs: [rungs[0]], limits: [limits![0]!, 0.4], outputs: text('sum') })
  await ran(again, 76, { env: { TRIREME_ATTEMPT: '1' } }) // the first was lost: it had no more time for that
  await ran(again, 1, { env: { TRIREME_CLIMBED: 'time=1 tried=0' } })
})
test('the last words of a pod tell where it stands, and where the next one should', async () => {
  const words = path.join(scratch(), 'termination-log')
  const last = async (job: PodJob, status: number, env: Readonly<Record<string, string>> = {}) => {
    writeFileSync(words, '')
    const told = await ran(job, status, { env: { TRIREME_LAST_WORDS: words, ...env } })
    expect(reportOf(told).climbed.memory).toBe(Number(env.TRIREME_MEMORY_RUNG ?? 0))
    return readFileSync(words, 'utf8')
  }
  const climbed = { TRIREME_MEMORY_RUNG: '2', TRIREME_CLIMBED: 'time=1 tried=3' }
  expect(await last(oneStep({ argv: bash('exit 1') }), 1)).toBe('now memory=0 time=0 tried=0 ')
  expect(await last(oneStep({ argv: bash('kill -9 $$') }), 137, climbed)).toBe('now memory=2 time=1 tried=3 ')
  expect(await last(oneStep({ argv: bash('sleep 9'), limits: [9, 0.1, 0.2] }), 76, climbed)).toBe('next memory=2 time=2 tried=3 ')
  expect(await last(oneStep({ argv: bash('exit 69'), transient: [69], tries: 4 }), 75, climbed)).toBe('next memory=2 time=1 tried=4 ')
  await ran(oneStep({ argv: bash('exit 1') }), 1, { env: { TRIREME_LAST_WORDS: '/no/such/folder' } })
})
test('told to stop, it ends its programs, publishes nothing half, and leaves report and log', async () => {
  const job = oneStep({
    argv: bash('echo half >out/sum.txt; echo here >&2; trap "echo ended >&2; exit 0" TERM; sleep 100 & wait'),
    outputs: text('sum'),
  })
  const meanwhile = (pid: number, root: string) => {
    const look = setInterval(() => {
      if (!existsSync(path.join(root, '1/out/sum.txt'))) return
      clearInterval(look)
      setTimeout(() => process.kill(pid, 'SIGTERM'), 100)
    }, 20)
  }
  const told = await ran(job, 143, { meanwhile })
  expect(told.seconds).toBeLessThan(6)
  expect(readdirSync(path.join(told.root, 'out'))).toEqual([])
  expect(told.read('report/1.log')).toBe('here\nended\n')
  expect(reportOf(told).members.get(1)).toMatchObject({ stopped: 'cancelled' })
})
test('what a step leaves running in the background ends with it', async () => {
  const told = await ran(oneStep({ argv: bash('(sleep 1; echo late >../late) & echo x >out/sum.txt'), outputs: text('sum') }), 0)
  await new Promise(done => setTimeout(done, 1500))
  expect(told.there('late')).toBe(false)
})
test('what a step leaves running in a session of its own ends before its outputs are looked at', async () => {
  const script = `exec 9>out/sum.txt; echo first >&9; setsid bash -c 'for n in {1..200}; do echo late >&9; sleep 0.01; done' &`
  const told = await ran(oneStep({ argv: bash(script), outputs: text('sum') }), 0)
  const [{ size }] = outputsOf(told).sum
  await new Promise(done => setTimeout(done, 500))
  expect(told.read('out/1/sum.txt')).toHaveLength(size)
})
test('a step that kills its own group is told of all the same', async () => {
  const told = await ran(oneStep({ argv: bash('kill -9 0') }), 137)
  expect(reportOf(told).steps.get(1)).toMatchObject({ state: 'failed' })
})
test('the surroundings of a program: nothing of the cluster, a folder of its own for temporary files', async () => {
  const env = { KUBERNETES_SERVICE_HOST: 'x', ARGO_POD_NAME: 'x', TRIREME_KEY_1: 'a', LD_LIBRARY_PATH: '/opt/lib' }
  const told = await ran(oneStep({ argv: ['env'], stdout: 'out/sum.txt', outputs: text('sum') }), 0, { env })
  const names = told
    .read('out/1/sum.txt')
    .split('\n')
    .map(line => line.split('=')[0])
  expect(names.filter(name => /KUBERNETES|ARGO|TRIREME_(?!WORK)/.test(name!))).toEqual([])
  expect(told.read('out/1/sum.txt')).toContain(`TMPDIR=${told.root}/1/tmp\n`)
  expect(names).toEqual(expect.arrayContaining(['HOME', 'LD_LIBRARY_PATH', 'LC_ALL', 'PYTHONHASHSEED', 'TZ', 'TRIREME_WORK']))
})
test('one of several files in a slot lies in a folder of the slot', async () => {
  const job = oneStep({
    argv: bash('cat in/parts/*.txt >out/sum.txt'),
    inputs: [
      { from: 'producer', to: 'in/parts/0001.txt', mount: 'a', file: 'x.txt' },
      { from: 'source', to: 'in/parts/0002.txt', mount: 's', sha256: sha256('two\n') },
    ],
    outputs: text('sum'),
  })
  const files = { ...entry('a', { x: { 'x.txt': 'one\n' } }), [`from/s/${sha256('two\n')}`]: 'two\n' }
  expect((await ran(job, 0, { files })).read('out/1/sum.txt')).toBe('one\ntwo\n')
})
