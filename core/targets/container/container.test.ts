import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import net from 'node:net'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { containersHere } from '../../../test/engine.ts'
import type { Event } from '../../events.ts'
import type { Placed } from '../../graph/place.ts'
import { asset, each, gib, kind, many, mib, plan, type Results, run, seconds, step } from '../../index.ts'
import { jobFile } from '../../inside/job.ts'
import { chainScript } from '../../inside/scripts.ts'
import { Store } from '../../store/store.ts'
import { given, ran as ranHere, scratch } from '../../testing.ts'
import { type Container, runCommand } from './command.ts'
import { type ContainerOptions, runInContainers } from './index.ts'

// Real containers of the plain Debian image, by the engine that is there or that TRIREME_TEST_ENGINE names. Where there is none, or not this
// image, nothing of this file runs, and it says so.
const here = await containersHere()
const { engine, image } = typeof here === 'string' ? { engine: 'podman' as const, image: '' } : here
const title = `in containers ${typeof here === 'string' ? `(skipped: ${here})` : `of ${image} by ${engine}`}`
const cli = (...words: readonly string[]) => execFileSync(engine, words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()
const hasDocker = (process.env.PATH ?? '').split(':').some(folder => existsSync(path.join(folder, 'docker')))
const text = kind('text', { extension: '.txt' })
const needs = { cpu: 1, memory: mib(64) }
const bash = (name: string, script: string, more: object = {}) =>
  step({
    name,
    image: 'plain',
    inputs: { from: text },
    outputs: { to: text },
    needs,
    command: ({ from, to }) => run('bash', '-c', script, 'bash', from, to),
    ...more,
  })
const first = (script: string, more: object = {}) =>
  step({
    name: 'first',
    image: 'plain',
    inputs: {},
    outputs: { to: text },
    needs,
    command: ({ to }) => run('bash', '-c', script, 'bash', to),
    ...more,
  })
async function ran<O extends Results>(results: O, options: Partial<ContainerOptions> = {}) {
  const store = options.store ?? (await Store.open(scratch()))
  const events: Event[] = []
  const done = await runInContainers(plan('test', results), {
    store,
    run: 'test',
    versions: new Map(),
    environment: { engine, network: 'bridge', limits: {} },
    image: () => image,
    on: event => events.push(event),
    ...options,
  })
  return { ...done, events, store }
}
const read = (placed: Placed | readonly Placed[] | undefined) => readFileSync((placed as Placed).path, 'utf8')
/** Names of the containers of a run. apptainer has no names: processes that are in a container of this image. */
const containers = (run = 'test') =>
  engine === 'apptainer' ? within() : cli('ps', '--all', '--filter', `label=trireme.run=${run}`, '--format', '{{.Names}}')
function sameUnderAnotherName(): string {
  if (engine !== 'apptainer') return cli('image', 'inspect', '--format', '{{.Id}}', image)
  const link = path.join(scratch(), 'same')
  symlinkSync(image, link)
  return link
}
function within(): string {
  const found = readdirSync('/proc').filter(name => /^\d+$/.test(name))
  const inside = found.filter(id => {
    try {
      return (
        readFileSync(`/proc/${id}/environ`, 'utf8').split('\0').includes(`APPTAINER_CONTAINER=${image}`) &&
        readFileSync(`/proc/${id}/cmdline`, 'utf8') !== ''
      )
    } catch {
      return false // it ended
    }
  })
  return inside.join(' ')
}

describe.skipIf(typeof here === 'string')(title, () => {
  test('a step reads its input, and its output lands in the store as after a local run', async () => {
    const folder = path.join(scratch(), "odd, dir:with 'all'\n$(id)")
    mkdirSync(folder)
    const file = path.join(folder, '-n {{x}} "q",:=\t.txt')
    writeFileSync(file, 'one\n')
    const results = { to: bash('copy', 'cat "$1" >"$2"; echo careful >&2')({ from: given('odd', text, file) }).to }
    const told = await ran(results)
    expect(told.failures).toEqual([])
    expect(read(told.results.to)).toBe('one\n')
    const { folder: entry, record } = told.entries.get('copy:odd')!
    expect(readdirSync(entry).sort()).toEqual(['record.json', 'stderr.log', 'to.txt'])
    expect(readFileSync(path.join(entry, 'stderr.log'), 'utf8')).toBe('careful\n')
    if (engine !== 'apptainer') expect(record.usage?.peakMemory).toBeGreaterThan(0) // for a step as short as this it is the container's, which is not told there
    const again = await ranHere(results, { store: told.store, versions: new Map() })
    expect(again.events.filter(({ event }) => event === 'started')).toEqual([])
    expect(containers()).toBe('')
    expect(readdirSync(path.join(told.store.root, 'work'))).toEqual([])
  })
  test('what failed runs again by the script in its folder: in a container like the first, alone or joined by pipes', async () => {
    const folder = path.join(scratch(), "odd, dir:with 'all'\n$(id) @1@")
    mkdirSync(folder)
    const file = path.join(folder, 'file.txt')
    writeFileSync(file, 'one\n')
    const source = given('file', text, file)
    const rerun = ({ events }: Awaited<ReturnType<typeof ran>>) => {
      const place = events.flatMap(event => (event.event === 'failed' ? [event.folder!] : []))[0]!
      return { place, ...spawnSync('bash', ['command.sh'], { cwd: place, encoding: 'utf8', timeout: 60_000 }) }
    }
    const told = await ran({ to: bash('bad', 'cat "$1" >&2; pwd >&2; exit 3')({ from: source }).to })
    const alone = rerun(told)
    expect([alone.status, alone.stderr]).toEqual([3, 'one\n/w/1\n'])
    expect(alone.stderr).toBe(readFileSync(path.join(alone.place, 'stderr.log'), 'utf8'))
    const start = bash('start', 'cat "$1" >"$2"', { streams: ['to'] })({ from: source }).to
    const joined = rerun(await ran({ to: bash('end', 'cat "$1" >&2; exit 5', { streams: ['from'] })({ from: start }).to }))
    expect([joined.status, joined.stderr]).toEqual([5, 'one\n'])
    expect(containers()).toBe('')
  })
  test('it sees its own folder and its inputs, may write to the folder only, has no rights and no network, and is the caller', async () => {
    const script = `exec >"$2"
      for place in / /w /w/from /w/from/1/from.txt /w/run/job /usr /etc /var/tmp /run in/from.txt; do [ -w $place ] && touch $place/x 2>/dev/null && echo writes $place; done
      echo >in/from.txt; echo more >>/w/from/1/from.txt
      touch /tmp/x tmp/x out/x && echo may write
      cat /sys/class/net/*/operstate | wc -l
      grep -E '^(CapEff|CapBnd|NoNewPrivs)' /proc/self/status | sort | tr -s '\\t ' ' '
      id -u; ls -d /home/* /root/* ${process.cwd()} 2>/dev/null; ls /w; env | cut -d= -f1 | sort | xargs`
    const told = await ran({ to: bash('look', `${script} 2>/dev/null || true`)({ from: first('echo x >"$1"')({}).to }).to })
    expect(told.failures).toEqual([])
    expect(read(told.results.to).split('\n').slice(0, -1)).toEqual([
      ...(engine === 'apptainer' ? ['writes /var/tmp'] : []), // in memory, too
      'may write',
      '1',
      'CapBnd: 0000000000000000',
      'CapEff: 0000000000000000',
      'NoNewPrivs: 1',
      String(process.getuid?.()),
      ...['1', 'from', 'run'],
      {
        podman: 'HOME HOSTNAME LC_ALL OLDPWD PATH PWD PYTHONHASHSEED SHLVL TMPDIR TRIREME_WORK TZ _ container',
        docker: 'HOME HOSTNAME LC_ALL OLDPWD PATH PWD PYTHONHASHSEED SHLVL TMPDIR TRIREME_WORK TZ _',
        apptainer: 'HOME LC_ALL LD_LIBRARY_PATH OLDPWD PATH PWD PYTHONHASHSEED SHLVL TMPDIR TRIREME_WORK TZ _',
      }[engine],
    ])
    expect(read(told.entries.get('first') && { path: `${told.entries.get('first')!.folder}/to.txt`, companions: {}, parts: {} })).toBe(
      'x\n',
    )
  })
  test('a chain of three with a copy on its way is one container; keys and bytes are those of a local run', async () => {
    const streams = { streams: ['from', 'to'] }
    const build = () => {
      const { to } = first('seq 200000 >"$1"; hostname >&2', { streams: ['to'] })({})
      const doubled = bash('double', 'awk "{print 2 * \\$1}" "$1" >"$2"; hostname >&2', streams)({ from: to }).to
      return {
        to,
        sum: bash('total', 'awk "{s += \\$1} END {printf \\"%.0f\\", s}" "$1" >"$2"; hostname >&2', streams)({ from: doubled }).to,
      }
    }
    const told = await ran(build())
    expect(told.failures).toEqual([])
    expect([read(told.results.sum), read(told.results.to).length]).toEqual(['40000200000', 1_288_895])
    const { folder, record } = told.entries.get('total')!
    expect(record.group).toEqual(['first', 'double', 'total'])
    const host = (file: string) => readFileSync(path.join(folder, file), 'utf8')
    expect(host('stderr.1.log')).toBe(host('stderr.log'))
    expect(readFileSync(path.join(told.entries.get('first')!.folder, 'stderr.log'), 'utf8')).toBe(host('stderr.log'))
    const here = await ranHere(build(), { versions: new Map() })
    expect(here.entries.get('total')!.record.key).toBe(record.key)
    expect(here.entries.get('total')!.record.outputs).toEqual(record.outputs)
    const order = (events: readonly Event[]) => events.map(event => ('step' in event ? `${event.event} ${event.step}` : event.event))
    expect(order(told.events)).toEqual(order(here.events))
  })
  test('steps of different images are not joined', async () => {
    const streams = { streams: ['from', 'to'] }
    const { to } = first('seq 10 >"$1"', { streams: ['to'], image: 'other' })({})
    const next = bash('next', 'cat "$1" >"$2"', streams)({ from: to }).to
    const results = { to: bash('last', 'wc -l <"$1" >"$2"', streams)({ from: next }).to }
    const told = await ran(results, {
      image: name => (name === 'other' ? sameUnderAnotherName() : image),
    })
    expect(told.failures).toEqual([])
    expect(told.events.flatMap(event => (event.event === 'started' ? [`${event.step} ${event.group ?? 'alone'}`] : []))).toEqual([
      'first alone',
      'next last',
      'last last',
    ])
  })
  test('lists, branches, gathering', async () => {
    const list = step({
      name: 'list',
      image: 'plain',
      inputs: {},
      outputs: { all: many(text) },
      needs,
      command: ({ all }) => run('bash', '-c', 'for n in 10 2 1; do echo $n >"$1/$n.txt"; done', 'bash', all),
    })
    const join = step({
      name: 'join',
      image: 'plain',
      inputs: { texts: many(text) },
      outputs: { to: text },
      needs,
      command: ({ texts, to }) => run('cat', texts).into(to),
    })
    const { to } = each(list({}).all, one => ({ to: bash('twice', 'cat "$1" "$1" >"$2"')({ from: one }).to }))
    expect(read((await ran({ to: join({ texts: to }).to })).results.to)).toBe('1\n1\n2\n2\n10\n10\n')
  })
  test('scripts that belong to a step are there, side by side under the names of their slots; a folder for checkpoints outlives an attempt that failed', async () => {
    const weigh = step({
      name: 'weigh',
      image: 'plain',
      inputs: {},
      outputs: { to: text },
      needs,
      assets: { script: asset(import.meta.url, '../../inside/chain.sh'), frame: asset(import.meta.url, '../../inside/pod/1-frame.sh') },
      command: ({ script, to }) =>
        run('bash', '-c', 'cat "$1" && [ -s "$(dirname "$(realpath "$1")")/frame.sh" ]', 'bash', script).into(to),
    })
    const scripts = await ran({ to: weigh({}).to })
    expect([scripts.failures, read(scripts.results.to)]).toEqual([[], chainScript()])
    const again = step({
      name: 'again',
      image: 'plain',
      inputs: {},
      outputs: { to: text },
      needs,
      retry: { times: 1, exits: [69] },
      command: ({ to, resume }) =>
        run('bash', '-c', '[ -f "$2/done" ] && cp "$2/done" "$1" && exit; echo half >"$2/done"; exit 69', 'bash', to, resume),
    })
    const told = await ran({ to: again({}).to })
    expect([told.failures, told.events.filter(({ event }) => event === 'retried').length]).toEqual([[], 1])
    expect(read(told.results.to)).toBe('half\n')
  })
  test('a failure is told as a local one: program, status, folder, last lines', async () => {
    const results = () => ({ to: first('echo the disk is on fire >&2; exit 3')({}).to })
    const [told, here] = [await ran(results()), await ranHere(results(), { versions: new Map() })]
    expect(told.failures[0]!.replaceAll(told.store.root, 'STORE')).toBe(here.failures[0]!.replaceAll(here.store.root, 'STORE'))
    expect(told.failures[0]).toMatch(/^Step first ended with status 3\.\n {2}command: bash -c/)
    const killed = await ran({ to: first('kill -9 $$')({}).to })
    expect(killed.failures[0]).toMatch(/^Step first was ended by signal 9\./)
  })
  test('out of memory: the limit is the step’s own, and the next rung is tried', async () => {
    const hungry = first('head -c 150000000 /dev/zero | tail >out/all && wc -c <out/all >"$1"', {
      needs: { cpu: 1, memory: [mib(64), gib(1)] },
    })
    const told = await ran({ to: hungry({}).to })
    expect(told.failures).toEqual([])
    expect(told.events.flatMap(event => (event.event === 'retried' ? [event.reason] : []))).toEqual([
      'Step first ran out of memory (64 MiB granted).',
    ])
    expect(read(told.results.to)).toBe('150000000\n')
  })
  test.skipIf(engine === 'apptainer')('a step that starts itself again and again finds an end (apptainer has no such limit)', async () => {
    const told = await ran({ to: first('cat /sys/fs/cgroup/pids.max /sys/fs/cgroup/pids/pids.max >"$1" 2>/dev/null; [ -s "$1" ]')({}).to })
    expect(told.failures).toEqual([])
    expect(read(told.results.to)).toBe('8192\n')
  })
  test('a time limit ends all that is in the container', async () => {
    const told = await ran({ to: first('trap "" TERM; sleep 100 & sleep 100', { needs: { ...needs, time: seconds(0.5) } })({}).to })
    expect(told.failures[0]).toMatch(/^Step first ran longer than its limit of 0\.5 s\./)
    expect(containers()).toBe('')
  })
  test('cancelled, a container ends at once and is gone', async () => {
    const stop = new AbortController()
    const slow = first('echo "::progress {\\"text\\": \\"on\\"}"; sleep 100')
    const on = (event: Event) => event.event === 'progress' && stop.abort()
    const started = performance.now()
    const told = await ran({ to: slow({}).to }, { signal: stop.signal, on })
    expect(told.state).toBe('cancelled')
    expect(performance.now() - started).toBeLessThan(8000)
    expect(containers()).toBe('')
  })
  test('a run can be stopped while its image is fetched', async () => {
    const silent = net.createServer(() => {}).listen(0, '127.0.0.1') // a registry that never answers
    await once(silent, 'listening')
    const { port } = silent.address() as net.AddressInfo
    const stop = new AbortController()
    setTimeout(() => stop.abort(), 1500)
    const told = await ran({ to: first('echo x >"$1"')({}).to }, { image: () => `127.0.0.1:${port}/no/such:1`, signal: stop.signal })
    silent.close()
    expect(told.state).toBe('cancelled')
    expect(told.failures[0]).toMatch(/^Step first was cancelled\./)
  })
  test('a container does not outlive a runner that was killed', async () => {
    const container: Container = {
      image,
      name: 'trireme-test-orphan',
      labels: { 'trireme.run': 'orphan' },
      caller: { uid: process.getuid!(), gid: process.getgid!() },
      mounts: [],
      network: 'none',
      cpu: 1,
      memory: mib(64),
      gpu: false,
      environment: { TRIREME_LEASH: '1' },
      argv: ['bash', '/w/run/chain.sh', '/w/run/job', '1', '/w', '/w/1/report'],
    }
    const desk = scratch()
    mkdirSync(path.join(desk, '1/out'), { recursive: true })
    mkdirSync(path.join(desk, '1/tmp'))
    mkdirSync(path.join(desk, 'run'))
    writeFileSync(path.join(desk, 'run/chain.sh'), chainScript())
    const member = {
      step: 's',
      place: 1,
      inputs: [],
      outputs: [],
      rungs: [{ argv: [[['sleep', '100']]] }],
      transient: [],
      tries: 0,
    } as const
    writeFileSync(path.join(desk, 'run/job'), jobFile({ title: 'x', chains: [{ members: [member], links: [] }] }))
    const mounts = [
      { from: path.join(desk, 'run'), to: '/w/run', writable: false },
      { from: path.join(desk, '1'), to: '/w/1', writable: true },
    ]
    const words = runCommand(engine, { ...container, mounts })
    const script = `const [program, ...words] = ${JSON.stringify(words)}; require('child_process').spawn(program, words, { stdio: ['pipe', 'ignore', 'ignore'], detached: true })`
    const runner = spawn(process.execPath, ['-e', script], { stdio: 'ignore' })
    const running = () => containers('orphan')
    await expect.poll(running, { timeout: 10_000, interval: 200 }).toMatch(engine === 'apptainer' ? /^\d/ : /^trireme-test-orphan$/)
    await expect.poll(() => existsSync(path.join(desk, '1/report')), { timeout: 10_000 }).toBe(true)
    runner.kill('SIGKILL')
    await expect.poll(running, { timeout: 10_000, interval: 200 }).toBe('')
  })
  test('needs.network opens the network, and changes no key', async () => {
    const count = (more: object) => first('ls /sys/class/net | wc -l >"$1"', more)({}).to
    const open = await ran({ to: count({ needs: { ...needs, network: true } }) }, { environment: { engine, network: 'host', limits: {} } })
    expect(open.failures).toEqual([])
    expect(Number(read(open.results.to))).toBeGreaterThan(1)
    const closed = await ran({ to: count({}) })
    expect(read(closed.results.to)).toBe('1\n')
    expect(closed.entries.get('first')!.record.key).toBe(open.entries.get('first')!.record.key)
  })
  test('hostile words arrive as they are', async () => {
    const words = [
      '',
      ' ',
      "it's",
      '"',
      '$(touch pwned)',
      '`id`',
      '$$',
      '{{x}}',
      '\n',
      '\t',
      '\r\n',
      '\u0001\u007f',
      '-n',
      '--',
      'ü😀\u2028',
      ',:=',
      '*',
    ]
    const show = step({
      name: 'show',
      image: 'plain',
      inputs: {},
      outputs: { to: text },
      needs,
      command: ({ to }) => run('bash', '-c', 'to=$1; shift; printf "%s\\0" "$@" >"$to"', 'bash', to, ...words),
    })
    expect(read((await ran({ to: show({}).to })).results.to)).toBe(words.map(word => `${word}\0`).join(''))
  })
  test('an image that cannot be had, and one without bash, are told, with what to do', async () => {
    const fault = (reference: string) =>
      ran({ to: first('echo x >"$1"')({}).to }, { image: () => reference }).then(
        () => undefined,
        (cause: Error) => cause.message,
      )
    expect(await fault('127.0.0.1:1/no/such:1')).toMatch(
      /^The image 127\.0\.0\.1:1\/no\/such:1 is not on this machine, and (podman|docker|apptainer) cannot fetch it: .*connection refused.*\. Check its name and the login to its registry \((podman|docker|apptainer registry) login\), build it with "trireme images", or swap it in the environment/s,
    )
    if (engine === 'apptainer') return
    const bare = 'localhost/trireme-test-bare:1'
    execFileSync('bash', ['-c', `tar -cf - -C / usr/bin/true | ${engine} import - ${bare}`], { stdio: 'ignore' })
    try {
      expect(await fault(bare)).toBe(
        `The image ${bare} has no bash, which runs the steps inside. Take an image with bash and coreutils (docs/reference/containers.md).`,
      )
    } finally {
      cli('rmi', '--force', bare)
    }
  })
  const both = engine === 'podman' && hasDocker
  const unless = both ? '' : ' (skipped: not podman, or no docker beside it)'
  test.skipIf(!both)(`docker’s own client says the same to an engine that speaks its language${unless}`, async () => {
    const socket = path.join(scratch(), 'engine.sock')
    const service = spawn('podman', ['system', 'service', '--time', '30', `unix://${socket}`], { stdio: 'ignore' })
    process.env.DOCKER_HOST = `unix://${socket}`
    try {
      await expect.poll(() => existsSync(socket), { timeout: 20_000 }).toBe(true)
      const environment = { engine: 'docker', network: 'bridge', limits: {} } as const
      const to = bash(
        'copy',
        'cat "$1" >"$2"; echo >>"$1"; touch /x; grep CapEff /proc/self/status >>"$2"',
      )({ from: first('echo x >"$1"')({}).to }).to
      const told = await ran({ to }, { environment })
      expect(told.failures).toEqual([])
      expect(read(told.results.to)).toBe('x\nCapEff:\t0000000000000000\n')
      const stop = new AbortController()
      const on = (event: Event) => event.event === 'progress' && stop.abort()
      const slow = first('echo "::progress {\\"text\\": \\"on\\"}"; sleep 100')({}).to
      expect((await ran({ to: slow }, { environment, signal: stop.signal, on })).state).toBe('cancelled')
      expect(containers()).toBe('')
    } finally {
      delete process.env.DOCKER_HOST
      service.kill()
    }
  })
})
