import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { expect, test } from 'vitest'
import { readIfThere } from '../core/files.ts'
import { scratch } from '../core/testing.ts'
import { cli, projectWith, trireme } from '../test/project.ts'
import { packageRoot, version } from './project/package.ts'
import { provenanceSchema } from './results/provenance.ts'

// The compiled command line, in a project of its own that imports the package: what a user sees.

const words = `
import { from, kind, many, mib, optional, pipeline, type Ref, rows, run, step } from 'trireme-bio'
import { z } from 'zod'

const text = kind('text', { extension: '.txt' })
const needs = { cpu: 1, memory: mib(64) }
const upper = step({
  name: 'upper', image: 'any', needs,
  inputs: { text }, params: { letters: z.string() }, outputs: { shouted: text },
  command: ({ text, shouted, letters }) => run('sh', '-c', 'tr "$2" A-Z <"$1"', 'sh', text, letters).into(shouted),
})
const join = step({
  name: 'join', image: 'any', needs,
  inputs: { texts: many(text) }, params: { fail: z.boolean(), nap: z.number() }, outputs: { joined: text },
  command: ({ texts, joined, fail, nap }) =>
    fail ? run('sh', '-c', 'echo no such luck >&2; exit 3') : run('sh', '-c', 'sleep $1; shift; cat "$@"', 'sh', nap, texts).into(joined),
})
export const words = pipeline({
  name: 'words',
  about: 'Shout and join',
  inputs: { sheet: rows({ sample: z.string(), text: from(text, 'file') }), extra: optional(text) },
  params: {
    letters: z.string().default('a-z').describe('Letters to shout'),
    fail: z.boolean().default(false).describe('Fail at the end'),
    nap: z.number().min(0).max(60).default(0).describe('Seconds to sleep'),
  },
  layout: { shouted: name => \`texts/\${name}\` },
  build: ({ sheet, extra, letters, fail, nap }) => {
    const shouted = Object.fromEntries(sheet.map(row => [row.sample, upper({ text: row.text, letters }).shouted]))
    const all: readonly Ref<typeof text>[] = Object.values(shouted)
    return { shouted, joined: join({ texts: extra ? [...all, extra] : all, fail, nap }).joined }
  },
})
`
/** A project with the pipeline "words" and its files. */
const project = () =>
  projectWith({
    'pipelines/words.ts': words,
    'a.txt': 'hello',
    'b c.txt': 'world',
    'sheet.csv': '\ufeffsample,file\r\nA,a.txt\r\n"B; $(touch pwned)","b c.txt"\r\n',
  })
const go = ['run', 'words', '--sheet', 'sheet.csv']
const read = (folder: string, file: string) => readFileSync(path.join(folder, file), 'utf8')

test('a run from a sheet to results; the second run executes nothing', () => {
  const folder = project()
  const first = trireme(folder, ...go)
  expect(first).toMatchObject({ status: 0, stderr: '' })
  expect(first.stdout).toMatch(
    /Done in .* s: 3 steps ran, 0 cached\. Run \d{8}-\d{6}-[0-9a-f]{4}\.\nResults: results\/ \(3 files, 20 B\)\n {2}texts\/A\.txt\n/,
  )
  expect(read(folder, 'results/joined.txt')).toBe('HELLOWORLD')
  expect(readdirSync(path.join(folder, 'results/texts'))).toEqual(['A.txt', 'B; $(touch pwned).txt'])
  expect(existsSync(path.join(folder, 'pwned'))).toBe(false)
  expect(readdirSync(path.join(folder, 'results/pipeline_info'))).toEqual([
    ...['params.yml', 'provenance.json', 'published.jsonl', 'run.json', 'software_versions.yml', 'trace.tsv'],
  ])
  // The pipeline is the project's, whose version nobody has told: it is not Trireme's.
  expect(read(folder, 'results/pipeline_info/software_versions.yml')).toMatch(/^Workflow:\n {2}trireme: \S+\n {2}node: \S+\n$/m)
  expect(read(folder, 'results/pipeline_info/trace.tsv')).toMatch(/^upper:A\tran\t[0-9a-f]{64}\t/m)
  expect(trireme(folder, ...go, '--letters', 'a-z').stdout).toContain('nothing had to run, 3 cached')
  // What a run wrote of its parameters is a params file.
  expect(trireme(folder, 'run', 'words', '--params-file', 'results/pipeline_info/params.yml').stdout).toContain(
    'nothing had to run, 3 cached',
  )
})
test('provenance: argv, digests, versions and places of every step, in the same order each time', () => {
  const folder = project()
  const told = (...more: string[]) => {
    expect(trireme(folder, ...go, ...more).status).toBe(0)
    return provenanceSchema.parse(JSON.parse(read(folder, 'results/pipeline_info/provenance.json')))
  }
  const first = told()
  expect(first.steps.map(({ label, state }) => [label, state])).toEqual([
    ['upper:A', 'ran'],
    ['upper:B; $(touch pwned)', 'ran'],
    ['join', 'ran'],
  ])
  const [upper, , join] = first.steps
  const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
  expect(upper!.argv).toEqual([[['sh', '-c', 'tr "$2" A-Z <"$1"', 'sh', 'in/text.txt', 'a-z']]])
  expect(upper!.inputs).toEqual({ text: [{ file: path.join(realpathSync(folder), 'a.txt'), sha256: sha256('hello') }] })
  expect(upper!.outputs).toEqual({ shouted: [{ file: 'shouted.txt', bytes: 5, sha256: sha256('HELLO') }] })
  expect(join!.inputs.texts![0]).toEqual({ step: 'upper:A', output: 'shouted', file: 'shouted.txt', sha256: sha256('HELLO') })
  expect(first.results.map(({ file, step, output }) => [file, step, output])).toContainEqual(['joined.txt', 'join', 'joined'])
  expect(first.machine).toMatchObject({ kernel: os.release(), memory: os.totalmem() })
  expect(first.environment).toMatchObject({ name: 'this-machine', target: 'local' })
  expect(first.run.command).toEqual(['trireme', ...go])
  expect(first.code).toMatchObject({ trireme: { version: version() }, node: process.versions.node })
  expect(first.code.project).toBeUndefined()
  // A run that finds everything tells the same of how it was made, once more in the same words.
  const [second, third] = [told(), told()]
  expect(second.steps).toEqual(
    first.steps.map(step => ({ ...step, state: step.label === 'join' || step.step === 'upper' ? 'cached' : '' })),
  )
  expect(JSON.stringify({ ...third, run: {} })).toBe(JSON.stringify({ ...second, run: {} }))
})
test('provenance: the commit of the project, and whether its code was changed', { timeout: 120_000 }, () => {
  const folder = project()
  const git = (...words: string[]) =>
    spawnSync('git', ['-C', folder, '-c', 'user.name=n', '-c', 'user.email=e@example.org', ...words], { encoding: 'utf8' }).stdout.trim()
  const code = () => {
    trireme(folder, ...go)
    return JSON.parse(read(folder, 'results/pipeline_info/provenance.json')).code.project
  }
  git('init', '-q')
  writeFileSync(path.join(folder, '.gitignore'), 'node_modules\n')
  git('add', '.')
  git('commit', '-qm', 'one')
  const commit = git('rev-parse', 'HEAD')
  expect(code()).toEqual({ commit, changed: false })
  expect(code()).toEqual({ commit, changed: false }) // results and the store are no code
  mkdirSync(path.join(folder, 'steps/a'), { recursive: true })
  writeFileSync(path.join(folder, 'steps/a/new.ts'), 'export {}\n')
  expect(code()).toEqual({ commit, changed: true })
  rmSync(path.join(folder, 'steps/a/new.ts'))
  writeFileSync(path.join(folder, 'pipelines/words.ts'), `${words}\n`)
  expect(code()).toEqual({ commit, changed: true })
})
test('plan shows commands, and what is cached; it runs nothing', () => {
  const folder = project()
  expect(trireme(folder, ...go, '--dry-run').stdout).toContain('plan words: 3 steps, 3 will run\n')
  expect(existsSync(path.join(folder, 'results'))).toBe(false)
  trireme(folder, 'plan', ...go.slice(1))
  trireme(folder, 'runs')
  trireme(folder, 'logs', 'last')
  trireme(folder, 'why', 'words', 'join', ...go.slice(2))
  expect(existsSync(path.join(folder, '.trireme'))).toBe(false) // looking makes no store
  trireme(folder, ...go)
  const { stdout } = trireme(folder, 'plan', ...go.slice(1), '--nap', '1')
  expect(stdout).toContain('plan words: 3 steps, 2 cached, 1 will run\n')
  expect(stdout).toContain(`join  [will run]\n  $ sh -c 'sleep $1; shift; cat "$@"' sh 1 <texts...> > <joined>\n`)
})
test('a log of more than one string may hold is shown; a link in its place is none', () => {
  const folder = project()
  const failed = trireme(folder, ...go, '--fail')
  const log = path.join(/^ {2}folder: {2}(.*)$/m.exec(failed.stderr)![1]!, 'stderr.log')
  truncateSync(log, 600 * 2 ** 20) // more than one string may hold
  appendFileSync(log, 'no more luck\n')
  const words = [process.execPath, '--max-old-space-size=64', cli, 'logs', 'last', 'join']
  const end = spawnSync('bash', ['-c', '"$@" | tail -c 14 | tr -d "\\0"', 'end', ...words], { cwd: folder, encoding: 'utf8' })
  expect(end.stdout).toBe('no more luck\n')
  rmSync(log)
  symlinkSync('command.sh', log)
  expect(trireme(folder, 'logs', 'last', 'join').stdout).toContain('\nIts log is not kept.\n')
})
test('a failure: nothing published, the message, the log, the way on', () => {
  const folder = project()
  const failed = trireme(folder, ...go, '--fail')
  expect(failed.status).toBe(1)
  expect(failed.stderr).toMatch(
    /^Step join ended with status 3\.\n {2}command: sh -c .*\n {2}folder: {2}.*\n {2}again: {3}bash .*command\.sh\n {2}last lines of its log:\n {4}no such luck\n/,
  )
  expect(failed.stderr).toMatch(
    /1 of 3 steps failed, 0 could not run, 2 are done and kept\. Nothing was published\.\nSee all that the step wrote: trireme logs \S+ join\n/,
  )
  expect(existsSync(path.join(folder, 'results'))).toBe(false)
  expect(trireme(folder, 'logs', 'last', 'join').stdout).toMatch(/^join: failed, Step join ended with status 3\.\n[\s\S]*no such luck\n$/)
  expect(trireme(folder, 'runs').stdout).toMatch(/ words {5}failed .* 2 +0 /)
  expect(trireme(folder, ...go).stdout).toContain('1 step ran, 2 cached')
  expect(trireme(folder, ...go, '--fail', '--publish-partial').status).toBe(1)
  expect(trireme(folder, 'clean').stdout).toMatch(/^Removed 2 work folders: /)
  expect(trireme(folder, ...go, '--fail', '--store', 'my store').stderr).toMatch(/trireme logs \S+ join --store 'my store'\n/)
})
test('why: the cause, through the steps between', () => {
  const folder = project()
  const why = (...argv: string[]) =>
    trireme(folder, 'why', 'words', ...argv, '--sheet', 'sheet.csv').stdout.replace(/made .* by run \S+/g, 'made THEN')
  expect(why('join')).toBe('join would run:\n  nothing like it was made in this store: there is no record of a step join\n')
  trireme(folder, ...go)
  expect(why('join')).toBe('join is cached: made THEN It would not run.\n')
  expect(why('join', '--nap', '2')).toBe(
    'join would run:\n  compared with join, made THEN\n    parameter nap: was 0, is 2\n    command of sh: was 0, is 2\n',
  )
  expect(why('join', '--letters', 'a-l').split('\n').slice(2, 5)).toEqual([
    '    input texts[1]: from upper:A, which changed:',
    '      parameter letters: was a-z, is a-l',
    '      command of sh: was a-z, is a-l',
  ])
  writeFileSync(path.join(folder, 'a.txt'), 'other')
  expect(why('join').split('\n').slice(2)).toEqual([
    '    input texts[1]: from upper:A, which changed:',
    '      input text: the content of a.txt changed',
    '',
  ])
})
test('--json: events on stdout and nothing else', () => {
  const { stdout } = trireme(project(), ...go, '--json')
  const events = stdout
    .trim()
    .split('\n')
    .map(line => JSON.parse(line).event)
  expect([events[0], events.at(-1), events.filter(event => event === 'succeeded').length]).toEqual(['run-started', 'run-ended', 3])
})
test.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
  ['SIGQUIT', 131],
] as const)('%s: children end, exit %i, the next run goes on', async (signal, status) => {
  const folder = project()
  const child = spawn(process.execPath, [cli, ...go, '--nap', '50'], { cwd: folder })
  let told = ''
  child.stderr.on('data', data => {
    told += data
  })
  child.stdout.on('data', data => String(data).includes('started  join') && child.kill(signal))
  expect(await new Promise(done => child.on('exit', done))).toBe(status)
  expect(told).toContain('Stopped. 2 steps are done and kept: the same command goes on from there. Nothing was published.')
  const { pid } = JSON.parse(read(folder, `.trireme/runs/${readdirSync(path.join(folder, '.trireme/runs'))[0]}/run.json`)).process
  expect(pid).toBe(child.pid)
  expect(trireme(folder, 'runs').stdout).toContain('cancelled')
  expect(trireme(folder, ...go).stdout).toContain('1 step ran, 2 cached')
})
test('a terminal that is gone, and Ctrl-\\: the run ends in order, with all that a step has put into a session of its own', {
  timeout: 180_000,
}, async () => {
  const folder = project()
  const nap = `sleep 78.${process.pid}` // found among all processes of the machine
  writeFileSync(path.join(folder, 'pipelines/words.ts'), words.replace("'sleep $1;", `'setsid ${nap} & ${nap};`))
  const tmux = (...words: string[]) => spawnSync('tmux', ['-S', path.join(folder, 's'), ...words], { encoding: 'utf8' }).stdout
  const sleeping = () => readdirSync('/proc').filter(id => readIfThere(`/proc/${id}/cmdline`) === `${nap.replace(' ', '\0')}\0`)
  const until = async (done: () => boolean) => {
    while (!done()) await new Promise(next => setTimeout(next, 50))
  }
  /** A server that is still ending takes no new session. */
  const gone = async () => {
    const server = tmux('display-message', '-p', '#{pid}').trim()
    expect(server).toMatch(/^[0-9]+$/)
    tmux('kill-server')
    await until(() => !existsSync(`/proc/${server}`))
  }
  const line = `'${process.execPath}' '${cli}' ${go.join(' ')} --nap 50 2>told`
  writeFileSync(path.join(folder, 'in-shell'), `trap '' QUIT\n${line}; echo $? >status; sleep 60`)
  writeFileSync(path.join(folder, 'alone'), `exec ${line}`)
  const stopped = async (script: string, ...keys: string[]) => {
    tmux('-f', '/dev/null', 'new-session', '-d', '-c', folder, `sh ${script}`)
    await until(() => sleeping().length > 0)
    tmux(...keys)
    await until(() => read(folder, 'told').includes('Nothing was published.'))
    expect(sleeping()).toEqual([])
    expect(trireme(folder, 'runs').stdout.match(/cancelled/g)).toHaveLength(script === 'alone' ? 2 : 1)
  }
  try {
    await stopped('in-shell', 'send-keys', 'C-\\')
    await until(() => existsSync(path.join(folder, 'status')))
    expect(tmux('display-message', '-p', '#{cursor_flag}')).toBe('1\n')
    await gone()
    await stopped('alone', 'kill-server')
  } finally {
    tmux('kill-server')
  }
})
test('clean keeps what the latest runs need', () => {
  const folder = project()
  trireme(folder, ...go)
  trireme(folder, ...go, '--nap', '0.1')
  expect(trireme(folder, 'clean').stdout).toBe('Nothing to remove.\n')
  expect(trireme(folder, 'clean', '--keep-last', '1', '--dry-run').stdout).toMatch(/^Would remove 1 run, 1 finished step: /)
  expect(trireme(folder, 'clean', '--keep-last', '1').stdout).toMatch(/^Removed 1 run, 1 finished step: /)
  expect(trireme(folder, ...go, '--nap', '0.1').stdout).toContain('nothing had to run, 3 cached')
  expect(trireme(folder, 'clean', '--older-than', '0m').stdout).toMatch(/^Removed 2 runs, 3 finished steps: /)
  expect(read(folder, 'results/joined.txt')).toBe('HELLOWORLD')
})
test('list and show know the project', () => {
  const folder = project()
  expect(trireme(folder, 'list').stdout).toMatch(/^Pipelines of this project:\n {2}words +Shout and join\n\nPipelines of the package:\n/)
  const { stdout } = trireme(folder, 'show', 'words')
  expect(stdout).toContain('words, a pipeline of pipelines/words.ts\nShout and join\n')
  expect(stdout).toMatch(/ {2}--nap <n> +Seconds to sleep \(0 to 60; default 0\)\n/)
  expect(trireme(folder, 'run', 'words', '--help').stdout).toMatch(
    /Inputs:\n {2}--sheet <sheet> +CSV or TSV file with the columns sample and file \(required\)\n/,
  )
})
test('compile without a registry: a manifest to read, marked where its images are by tag', () => {
  const folder = project()
  writeFileSync(path.join(folder, 'pipelines/words.ts'), words.replaceAll("image: 'any'", "image: 'reads'"))
  const env = 'environments: { ours: { target: argo, context: c, namespace: n, bucket: { endpoint: s3.example.org, name: bucket } } }'
  writeFileSync(path.join(folder, 'trireme.config.yaml'), env)
  const made = trireme(folder, 'compile', ...go.slice(1), '--on', 'ours', '-o', 'made')
  expect(made).toMatchObject({ status: 0, stdout: 'made/words.yaml\nmade/words.sources.tsv\n' })
  expect(made.stderr).toMatch(/^Warning: images by tag: registry\.invalid\/trireme\/reads:\S+\. .* pin before you submit\./)
  const text = read(folder, 'made/words.yaml')
  expect(text).toMatch(/^# IMAGES BY TAG: .*\n# Images\n# {3}1 {2}registry\.invalid\/trireme\/reads:\S+ {3}<- by tag\n# Tasks\n/)
  expect(text).toContain('  annotations:\n    trireme/images: "by tag: pin before you submit"\n')
  const lock = `{ "reads": "example.org/trireme/reads@sha256:${'a'.repeat(64)}" }`
  writeFileSync(path.join(folder, 'images.lock'), lock)
  const pinned = trireme(folder, 'compile', ...go.slice(1), '--on', 'ours', '-o', 'made')
  expect(pinned.stderr).not.toContain('Warning')
  expect(read(folder, 'made/words.yaml')).not.toMatch(/by tag/i)
})
test('show and add take both names of a step; show says how to import it', () => {
  const folder = project()
  const { stdout } = trireme(folder, 'show', 'samtools/sort')
  expect(trireme(folder, 'show', 'samtools-sort').stdout).toBe(stdout)
  expect(stdout).toContain(
    "Import it: import { sort } from 'trireme-bio/steps/samtools/sort'\nCopy it to change it: trireme add samtools/sort\n",
  )
  expect(stdout).toMatch(/^ {2}sorted +bam \(\.bam\) +sorted: coordinate, /m)
  expect(trireme(folder, 'show', 'samtools/import').stdout.match(/^samtools-import-\w+, a step$/gm)).toHaveLength(2)
  expect(trireme(folder, 'run', 'samtools/sort').stderr).toMatch(
    /^"samtools\/sort" is a step; only pipelines run\. "trireme show samtools\/sort" says/,
  )
  expect(trireme(folder, 'add', 'samtools-sort').stdout).toContain('  steps/samtools/sort.ts\n')
  expect(trireme(folder, 'show', 'samtools-sort').stdout).toContain("Import it: import { sort } from '../steps/samtools/sort.ts'\n")
})
test("a project's own profiles", () => {
  const folder = project()
  writeFileSync(
    path.join(folder, 'profiles.ts'),
    `export const profiles = { words: { small: { about: 'Two texts', arguments: () => ({ sheet: 'sheet.csv', nap: 0.1 }) } } }`,
  )
  expect(trireme(folder, 'show', 'words').stdout).toContain('Profiles:\n  small  Two texts\n')
  expect(trireme(folder, 'run', 'words', '--profile', 'small').stdout).toContain('3 steps ran')
  expect(trireme(folder, 'run', 'words', '--profile', 'smal').stderr).toContain('Did you mean "small"? Its profiles: small.')
  writeFileSync(path.join(folder, 'profiles.ts'), 'export const mine = {}')
  expect(trireme(folder, 'show', 'words')).toMatchObject({
    status: 3,
    stderr: expect.stringMatching(/^profiles\.ts exports no "profiles"\./),
  })
})
test('rows that a pipeline refuses are told by their lines', () => {
  const folder = project()
  writeFileSync(
    path.join(folder, 'pipelines/strict.ts'),
    words
      .replace("'trireme-bio'", "'trireme-bio'\nimport { TriremeError } from 'trireme-bio'")
      .replace("name: 'words'", "name: 'strict'")
      .replace(
        'const shouted =',
        "if (sheet.length > 1) throw new TriremeError('SAMPLESHEET', 'two are too many.', { rows: [0, 1] })\n    const shouted =",
      ),
  )
  const { status, stderr } = trireme(folder, 'plan', 'strict', '--sheet', 'sheet.csv')
  expect([status, stderr]).toEqual([3, 'sheet.csv, lines 2 and 3: two are too many.\n'])
})
test.each([
  [2, ['rnu'], /unknown command 'rnu'\n\(Did you mean run\?\)/],
  [2, ['run', 'wrods'], /^There is no pipeline "wrods"\. Did you mean "words"\? There are: words, /],
  [2, [...go, '--fial'], /unknown option '--fial'\n\(Did you mean --fail\?\)/],
  [2, [...go, '--cpu', '0'], /^--cpu takes a whole number from 1, got "0"\.$/m],
  [2, ['logs'], /missing required argument 'run'\n\n?"trireme help" lists the commands, "trireme help COMMAND" says what one takes\./],
  [2, ['doctor', '--trial'], /^--trial is for a cluster: name it with --on ENVIRONMENT\.$/m],
  [2, ['why', 'words', 'uper:A', '--sheet', 'sheet.csv'], /^The plan has no step "uper:A"\. Did you mean "upper:A"\?$/m],
  [2, ['why', 'words', 'joyn', '--sheet', 'sheet.csv'], /^The plan has no step "joyn"\. Did you mean "join"\?$/m],
  [2, ['why', 'words', 'other', '--sheet', 'sheet.csv'], /^The plan has no step "other"\. It has: upper:A, /m],
  [2, ['logs', 'nowhere'], /^The store .* has no runs\./],
  [3, ['run', 'words'], /^The pipeline "words" also needs --sheet <sheet>\./],
  [3, [...go, '--nap', '61'], /^Parameter "nap" of pipeline "words": .* Got 61\.$/m],
  [
    3,
    ['run', 'words', '--sheet', 'a.txt'],
    /^a\.txt has 2 faults:\n {2}a\.txt, line 1: the column "sample" is missing\. Columns are sample, file\.\n {2}a\.txt, line 1: the column "file" is missing\./,
  ],
  [4, ['run', 'words', '--sheet', 'none.csv'], /^There is no readable file none\.csv \(ENOENT\)\./],
  [4, [...go, '--extra', 'none.txt'], /^--extra: There is no readable file .*none\.txt \(ENOENT\)\./],
  [6, [...go, '--memory', '1MiB'], /^Step upper:A needs 64 MiB of memory, and this run may use 1 MiB\./],
  [
    7,
    [...go, '--out', 'a.txt/deep'],
    /^The results cannot be written to a\.txt\/deep: .*a\.txt is a file\. Give a folder as --out, new or not\.$/m,
  ],
  [7, [...go, '--store', 'a.txt/store'], /^The store .* would lie in a file, not in a folder: /],
])('exit %i: %j', (status, argv, message) => {
  const done = trireme(project(), ...argv)
  expect(done.stderr).toMatch(message)
  expect([done.status, done.stdout]).toEqual([status, ''])
})
test('a Node that is too old is told, before anything of it is missed', () => {
  const older = "data:text/javascript,Object.defineProperty(process.versions,'node',{value:'20.11.1'})"
  const { status, stderr } = spawnSync(process.execPath, ['--import', older, cli, 'list'], { encoding: 'utf8' })
  expect([status, stderr]).toEqual([
    5,
    'Node 20.11.1 is too old for Trireme; 20.12 or newer is needed. Install it from https://nodejs.org, or as your system does.\n',
  ])
})
test('a library that is missing, and a clone that was not set up: what to do', () => {
  const lame = realpathSync(scratch())
  for (const name of ['bin', 'dist/cli.js', 'dist/cli', 'dist/core', 'package.json'])
    cpSync(path.join(packageRoot, name), path.join(lame, name), { recursive: true })
  const said = () => {
    const { status, stderr } = spawnSync(process.execPath, [path.join(lame, 'bin/trireme.mjs'), 'list'], { encoding: 'utf8' })
    return [status, stderr]
  }
  const missing = "The library commander is missing: not all of Trireme's packages are there. Run"
  expect(said()).toEqual([5, `${missing} "npm install" in your project.\n`])
  mkdirSync(path.join(lame, 'scripts'))
  expect(said()).toEqual([5, `${missing} "npm ci" in ${lame}.\n`])
  rmSync(path.join(lame, 'dist'), { recursive: true })
  expect(said()).toEqual([
    5,
    `Trireme is not set up in ${lame}: its packages and dist/ are missing. Run "npm ci" there, or "npm start", which does that first.\n`,
  ])
})
test('a pipeline that cannot be loaded is named with the reason', () => {
  const folder = project()
  writeFileSync(path.join(folder, 'pipelines/broken.ts'), 'export const x = ;')
  const done = trireme(folder, ...go)
  expect([done.status, done.stderr.split(':')[0]]).toEqual([3, 'pipelines/broken.ts cannot be loaded'])
})
test('help and looking things up load no library that they do not need', () => {
  const folder = scratch()
  const modules = (...argv: string[]) => {
    const covered = scratch() // V8 lists there every module that was loaded
    spawnSync(process.execPath, [cli, ...argv], { cwd: folder, env: { ...process.env, NODE_V8_COVERAGE: covered } })
    return readdirSync(covered).flatMap(name => {
      const { result }: { result: { url: string }[] } = JSON.parse(readFileSync(path.join(covered, name), 'utf8'))
      return result.map(({ url }) => url)
    })
  }
  const packagesOf = (urls: readonly string[]) => [
    ...new Set(urls.flatMap(url => /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1] ?? [])),
  ]
  // leven is one function of 30 lines, by which every definition says "Did you mean".
  const packages = (...argv: string[]) =>
    packagesOf(modules(...argv))
      .filter(name => name !== 'leven')
      .sort()
  expect(packages('--help')).toEqual(['commander'])
  expect(packages('runs')).toEqual(['commander', 'zod']) // what is read back is checked
  expect(packages('list')).toEqual(['commander', 'zod'])
  // Every target is asked for its settings, and for nothing by which it acts.
  const listed = modules('list', '--environments')
  expect(
    packagesOf(listed)
      .filter(name => name !== 'leven')
      .sort(),
  ).toEqual(['commander', 'yaml', 'zod'])
  const targets = listed.flatMap(url => /dist\/core\/targets\/([^/]+\/.+)\.js$/.exec(url)?.[1] ?? []).sort()
  expect(targets).toEqual(['local', 'container', 'argo'].flatMap(target => [`${target}/settings`, `${target}/target`]).sort())
})
