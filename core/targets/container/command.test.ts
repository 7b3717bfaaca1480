import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { gib, kind, plan, run, step } from '../../index.ts'
import { Store } from '../../store/store.ts'
import { scratch } from '../../testing.ts'
import { type Container, engineEnvironment, lookCommand, programCommand, pullCommand, removeCommand, runCommand } from './command.ts'
import { findEngine, readyImage } from './engine.ts'
import { runInContainers } from './index.ts'

// The exact words of every engine: not every machine that runs the tests has all three.
const container: Container = {
  image: 'registry.example.org/trireme/reads@sha256:0123',
  name: 'trireme-r1-0a1b2c3d',
  labels: { 'trireme.run': 'r1', 'trireme.step': 'align_s1' },
  caller: { uid: 1000, gid: 100 },
  mounts: [
    { from: '/store/work/r1/.mounts-.1/1', to: '/w/1', writable: true },
    { from: '/store/work/r1/.mounts-.1/2', to: '/w/from/1/reads_1.fastq.gz', writable: false },
  ],
  network: 'none',
  cpu: 4,
  memory: gib(2),
  gpu: false,
  environment: { TRIREME_LEASH: '1' },
  argv: ['bash', '/w/run/chain.sh', '/w/run/job', '1', '/w', '/w/run/report'],
}
const line = (words: readonly string[] | undefined) => words?.join(' ')

test('podman', () => {
  expect(line(runCommand('podman', container))).toBe(
    [
      'podman run --rm --interactive --name trireme-r1-0a1b2c3d --label trireme.run=r1 --label trireme.step=align_s1 --pull=never',
      '--log-driver none --user 1000:100 --network none --read-only --read-only-tmpfs=false',
      '--tmpfs /tmp:rw,nosuid,nodev,mode=1777 --cap-drop ALL --security-opt no-new-privileges --security-opt label=disable',
      '--cpus 4 --memory 2147483648b --memory-swap 2147483648b --pids-limit 8192',
      '--mount type=bind,src=/store/work/r1/.mounts-.1/1,dst=/w/1',
      '--mount type=bind,src=/store/work/r1/.mounts-.1/2,dst=/w/from/1/reads_1.fastq.gz,readonly',
      '--env TRIREME_LEASH=1 --workdir / --entrypoint bash registry.example.org/trireme/reads@sha256:0123',
      '/w/run/chain.sh /w/run/job 1 /w /w/run/report',
    ].join(' '),
  )
  const root = runCommand('podman', { ...container, caller: { uid: 1000, gid: 100, rootless: true }, gpu: true, network: 'bridge' })
  expect(line(root)).toContain('--user 0:0 --network bridge --read-only')
  expect(line(root)).toContain('--device nvidia.com/gpu=all')
})
test('docker', () => {
  expect(line(runCommand('docker', { ...container, gpu: true }))).toBe(
    [
      'docker run --rm --interactive --name trireme-r1-0a1b2c3d --label trireme.run=r1 --label trireme.step=align_s1 --pull=never',
      '--log-driver none --user 1000:100 --network none --read-only',
      '--tmpfs /tmp:rw,nosuid,nodev,mode=1777 --cap-drop ALL --security-opt no-new-privileges --security-opt label=disable',
      '--cpus 4 --memory 2147483648b --memory-swap 2147483648b --pids-limit 8192 --gpus all',
      '--mount type=bind,src=/store/work/r1/.mounts-.1/1,dst=/w/1',
      '--mount type=bind,src=/store/work/r1/.mounts-.1/2,dst=/w/from/1/reads_1.fastq.gz,readonly',
      '--env TRIREME_LEASH=1 --workdir / --entrypoint bash registry.example.org/trireme/reads@sha256:0123',
      '/w/run/chain.sh /w/run/job 1 /w /w/run/report',
    ].join(' '),
  )
  expect(line(runCommand('docker', { ...container, caller: { uid: 1000, gid: 100, rootless: true } }))).toContain('--user 0:0')
})
test('apptainer', () => {
  expect(line(runCommand('apptainer', { ...container, gpu: true }))).toBe(
    [
      'apptainer --silent --nocolor exec --no-privs --drop-caps all --containall --no-home --no-umask --net --network none',
      '--cpus 4 --memory 2147483648 --memory-swap 2147483648 --nv',
      '--bind /store/work/r1/.mounts-.1/1:/w/1:rw --bind /store/work/r1/.mounts-.1/2:/w/from/1/reads_1.fastq.gz:ro',
      '--env TRIREME_LEASH=1 --pwd / docker://registry.example.org/trireme/reads@sha256:0123',
      'bash /w/run/chain.sh /w/run/job 1 /w /w/run/report',
    ].join(' '),
  )
  expect(line(runCommand('apptainer', { ...container, image: '/images/reads.sif', network: 'host' }))).toContain(
    '--no-home --no-umask --cpus 4 --memory 2147483648 --memory-swap 2147483648 --bind',
  )
  expect(line(runCommand('apptainer', { ...container, limited: false }))).toContain('--network none --bind')
  expect(line(runCommand('apptainer', { ...container, image: '127.0.0.1:5000/r/i:1' }))).toContain(
    '--no-https docker://127.0.0.1:5000/r/i:1 bash',
  )
  expect(runCommand('apptainer', { ...container, image: '/images/reads.sif' })).toContain('/images/reads.sif')
})
test('images are looked for and fetched; a container is removed', () => {
  const words = (['podman', 'docker', 'apptainer'] as const).map(engine => [
    line(lookCommand(engine, 'r/i:1')),
    line(pullCommand(engine, 'r/i:1')),
    line(removeCommand(engine, 'x')),
  ])
  expect(words).toEqual([
    ['podman image exists r/i:1', 'podman pull --quiet r/i:1', 'podman rm --force --time 0 x'],
    ['docker image inspect --format {{.Id}} r/i:1', 'docker pull --quiet r/i:1', 'docker rm --force x'],
    [undefined, 'apptainer --silent --nocolor exec --no-privs --drop-caps all docker://r/i:1 true', undefined],
  ])
  expect(line(lookCommand('apptainer', '/images/reads.sif'))).toBe('test -e /images/reads.sif')
})
test('a program of an image is asked for its version without files and without a network', () => {
  const words = (['podman', 'apptainer'] as const).map(engine => line(programCommand(engine, '/r.sif', ['bwa', 'x'])))
  expect(words).toEqual([
    'podman run --rm --network none --read-only --env LC_ALL=C --entrypoint bwa /r.sif x',
    'apptainer --silent --nocolor exec --no-privs --drop-caps all --containall --no-home --net --network none --env LC_ALL=C /r.sif bwa x',
  ])
})
test('apptainer sees none of our settings of containers, only where it keeps things and whom registries know', () => {
  const kept = { APPTAINER_CACHEDIR: '/c', SINGULARITY_TMPDIR: '/t', APPTAINER_DOCKER_USERNAME: 'ali', PATH: '/bin' }
  const all = { ...kept, APPTAINER_BIND: '/home', APPTAINERENV_X: '1', SINGULARITY_NV: '1' }
  expect(engineEnvironment('apptainer', all)).toEqual(kept)
  expect(engineEnvironment('podman', all)).toEqual(all)
})
test('the first engine that is there is taken, or the one that is asked for', () => {
  const folder = (...names: readonly string[]) => {
    const made = scratch()
    for (const name of names) {
      writeFileSync(path.join(made, name), '#!/bin/sh\n')
      chmodSync(path.join(made, name), 0o755)
    }
    return made
  }
  const [none, all] = [folder(), folder('apptainer', 'docker', 'podman')]
  mkdirSync(path.join(none, 'podman.d'))
  expect(findEngine(undefined, `${none}:${all}`)).toBe('podman')
  expect(findEngine(undefined, folder('apptainer', 'docker'))).toBe('docker')
  expect(findEngine('apptainer', all)).toBe('apptainer')
  expect(() => findEngine(undefined, none)).toThrow(
    'Steps cannot be run in containers: none of podman, docker and apptainer is on PATH. Install one of them (apt-get install podman), or run without --on.',
  )
  expect(() => findEngine('docker', folder('podman'))).toThrow(
    'The environment says engine: docker, and there is no docker on PATH. Install it, or leave the engine out: the first of podman, docker and apptainer that is there is taken.',
  )
})
test('a Docker that does not answer is told apart from an image that is not there', async () => {
  const folder = scratch()
  writeFileSync(
    path.join(folder, 'docker'),
    '#!/bin/sh\necho "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?" >&2; exit 1\n',
  )
  chmodSync(path.join(folder, 'docker'), 0o755)
  const before = process.env.PATH
  process.env.PATH = `${folder}:${before}`
  try {
    await expect(readyImage('docker', 'r/i:1')).rejects.toThrow(
      'docker does not answer: Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running. Start it, or say another engine in the environment: podman or apptainer.',
    )
  } finally {
    process.env.PATH = before
  }
})
test('where apptainer may set no limits, a container runs without them', async () => {
  const folder = scratch()
  writeFileSync(
    path.join(folder, 'apptainer'),
    `#!/bin/sh
case "$* " in *" true "*) exit 0 ;; esac
echo "$*" >>${folder}/asked
case "$*" in *--memory*) echo 'FATAL:   container creation failed: while applying cgroups config: cannot use cgroups' >&2; exit 255 ;; esac
echo 'FATAL:   another fault' >&2; exit 255
`,
  )
  chmodSync(path.join(folder, 'apptainer'), 0o755)
  const before = process.env.PATH
  process.env.PATH = `${folder}:${before}`
  try {
    const say = step({
      name: 'say',
      image: 'plain',
      inputs: {},
      outputs: { to: kind('text', { extension: '.txt' }) },
      needs: { cpu: 1, memory: gib(1) },
      command: ({ to }) => run('echo').into(to),
    })
    const options = { store: await Store.open(scratch()), run: 'r', versions: new Map(), image: () => 'r/i:1' }
    const environment = { engine: 'apptainer', network: 'bridge', limits: {} } as const
    await expect(runInContainers(plan('test', { to: say({}).to }), { ...options, environment })).rejects.toThrow(
      'apptainer could not run a container of r/i:1 (status 255): FATAL:   another fault. Try the same by hand: apptainer --silent --nocolor exec',
    )
    expect(
      readFileSync(path.join(folder, 'asked'), 'utf8')
        .split('\n')
        .map(words => words.includes('--memory')),
    ).toEqual([true, false, false])
  } finally {
    process.env.PATH = before
  }
})
