import type { Engine } from '../../environment/engines.ts'

/** Whom a container's programs run as, so that what they write belongs to the caller. */
export interface Caller {
  readonly uid: number
  readonly gid: number
  /**
   * The engine runs without root, as podman does for an ordinary user: root inside is then the caller outside. `--userns keep-id` would keep
   * the number, but needs ranges in /etc/subuid, and a copy of every image.
   */
  readonly rootless?: boolean
}
/** A container as we want it, whatever the engine. */
export interface Container {
  readonly image: string
  readonly name: string
  /** Letters, digits and `._-` only. */
  readonly labels: Readonly<Record<string, string>>
  readonly caller: Caller
  /** Host path → path inside. Host paths are neutral: engines split these words at commas and colons. */
  readonly mounts: readonly Mount[]
  /** None: no network at all. */
  readonly network: 'none' | 'bridge' | 'host'
  readonly cpu: number
  /** Bytes. */
  readonly memory: number
  /** False: the engine may set no limits here, and says so when it is asked to. @default true */
  readonly limited?: boolean
  readonly gpu: boolean
  readonly environment: Readonly<Record<string, string>>
  /** Words after the image's name; the first is the program. */
  readonly argv: readonly [string, ...string[]]
}
export interface Mount {
  readonly from: string
  readonly to: string
  readonly writable: boolean
}
/** The words by which an engine runs the container, in the foreground, reading our standard input, and removes it at its end. */
export const runCommand = (engine: Engine, container: Container): readonly string[] =>
  engine === 'apptainer' ? apptainer(container) : daemonLike(engine, container)

/**
 * Processes and threads of one container, so that a step which starts itself again and again takes no others with it: docker sets no limit of its own,
 * podman 2048. It is a quarter of what the smallest machine can number (`kernel.pid_max` 32768), and 32 threads for each core of a machine of 256,
 * where numerical libraries start one for each core that they see, in each program of a chain. apptainer has no such option: there the user's `ulimit -u` holds.
 */
const pidsLimit = 8192
/** podman and docker agree on nearly all words. */
function daemonLike(engine: 'podman' | 'docker', at: Container): readonly string[] {
  const { uid, gid, rootless } = at.caller
  const [program, ...words] = at.argv
  return [
    engine,
    'run',
    '--rm',
    '--interactive', // by the end of its standard input a container notices that its runner is gone
    ...['--name', at.name],
    ...Object.entries(at.labels).flatMap(([name, value]) => ['--label', `${name}=${value}`]),
    '--pull=never', // images are fetched before, once, with a message of their own
    ...['--log-driver', 'none'],
    ...['--user', rootless ? '0:0' : `${uid}:${gid}`],
    ...['--network', at.network],
    '--read-only',
    ...(engine === 'podman' ? ['--read-only-tmpfs=false'] : []),
    ...['--tmpfs', '/tmp:rw,nosuid,nodev,mode=1777'],
    ...['--cap-drop', 'ALL'],
    ...['--security-opt', 'no-new-privileges'],
    ...['--security-opt', 'label=disable'], // else SELinux refuses the mounts, or every input would have to be relabelled
    ...['--cpus', String(at.cpu)],
    ...['--memory', `${at.memory}b`, '--memory-swap', `${at.memory}b`], // no swap beyond it, as in a cluster
    ...['--pids-limit', String(pidsLimit)],
    ...(at.gpu ? (engine === 'podman' ? ['--device', 'nvidia.com/gpu=all'] : ['--gpus', 'all']) : []),
    ...at.mounts.flatMap(({ from, to, writable }) => ['--mount', `type=bind,src=${from},dst=${to}${writable ? '' : ',readonly'}`]),
    ...Object.entries(at.environment).flatMap(([name, value]) => ['--env', `${name}=${value}`]),
    ...['--workdir', '/'],
    ...['--entrypoint', program],
    at.image,
    ...words,
  ]
}
/**
 * apptainer always runs as the caller, on a read-only root, without a daemon. Its limits need cgroups that the caller may use: systemd's, or
 * root and `systemd cgroups = no`. Where there are none it refuses, and the container runs without limits.
 */
function apptainer(at: Container): readonly string[] {
  return [
    ...apptainerExec,
    '--containall', // own /tmp, own processes, nothing of the caller's environment or home
    '--no-home',
    '--no-umask',
    ...(at.network === 'none' ? ['--net', '--network', 'none'] : []),
    ...(at.limited === false ? [] : ['--cpus', String(at.cpu), '--memory', String(at.memory), '--memory-swap', String(at.memory)]),
    ...(at.gpu ? ['--nv'] : []),
    ...at.mounts.flatMap(({ from, to, writable }) => ['--bind', `${from}:${to}:${writable ? 'rw' : 'ro'}`]),
    ...Object.entries(at.environment).flatMap(([name, value]) => ['--env', `${name}=${value}`]),
    ...['--pwd', '/'],
    ...apptainerImage(at.image),
    ...at.argv,
  ]
}
/** Without capabilities from the beginning: where this machine is a container itself, its root lacks some of those that apptainer would ask for. */
const apptainerExec = ['apptainer', '--silent', '--nocolor', 'exec', '--no-privs', '--drop-caps', 'all'] as const
/** An image file, or an unpacked image; apptainer alone runs these. */
export const isFile = (image: string): boolean => image.startsWith('/')
/** A path is taken as it is; a name is that of an image in a registry. */
const apptainerImage = (image: string): readonly string[] =>
  isFile(image) ? [image] : [...(isLoopback(image) ? ['--no-https'] : []), `docker://${image}`]
/** A registry on this machine speaks without TLS. docker knows that, the others need an option. */
const isLoopback = (image: string) => /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?\//.test(image)
/**
 * The environment of the engine. The caller's variables could set each option of apptainer and any variable of the container, such as
 * APPTAINER_BIND or APPTAINERENV_X. Only those for its folders and for logins of registries are left.
 */
export const engineEnvironment = (engine: Engine, all: NodeJS.ProcessEnv): NodeJS.ProcessEnv => {
  if (engine !== 'apptainer') return all
  const stays = (name: string) => !/^(APPTAINER|SINGULARITY)/.test(name) || /_(CACHEDIR|TMPDIR|CONFIGDIR|DOCKER_\w+)$/.test(name)
  return Object.fromEntries(Object.entries(all).filter(([name]) => stays(name)))
}

/** Whether apptainer says that it may set no limits; the container was not started then. */
export const refusesLimits = (engine: Engine, stderr: string): boolean => engine === 'apptainer' && /cgroups/.test(stderr)

/** Asks whether the image is there; status 0 says so. None for apptainer and a registry's image: it looks when it runs. */
export const lookCommand = (engine: Engine, image: string): readonly string[] | undefined =>
  engine === 'podman'
    ? ['podman', 'image', 'exists', image]
    : engine === 'docker'
      ? ['docker', 'image', 'inspect', '--format', '{{.Id}}', image]
      : isFile(image)
        ? ['test', '-e', image]
        : undefined
/** Runs one program of an image, as for its version: no files, no network. */
export const programCommand = (engine: Engine, image: string, [program, ...words]: readonly [string, ...string[]]): readonly string[] =>
  engine === 'apptainer'
    ? [
        ...apptainerExec,
        '--containall',
        '--no-home',
        '--net',
        '--network',
        'none',
        '--env',
        'LC_ALL=C',
        ...apptainerImage(image),
        program,
        ...words,
      ]
    : [engine, 'run', '--rm', '--network', 'none', '--read-only', '--env', 'LC_ALL=C', '--entrypoint', program, image, ...words]
/** Fetches the image; apptainer keeps it in its cache. */
export const pullCommand = (engine: Engine, image: string): readonly string[] =>
  engine === 'apptainer'
    ? [...apptainerExec, ...apptainerImage(image), 'true']
    : [engine, 'pull', '--quiet', ...(engine === 'podman' && isLoopback(image) ? ['--tls-verify=false'] : []), image]
/** Removes the container at once, running or not. apptainer has nothing to remove: its processes are ours. */
export const removeCommand = (engine: Engine, name: string): readonly string[] | undefined =>
  engine === 'apptainer'
    ? undefined
    : engine === 'podman'
      ? ['podman', 'rm', '--force', '--time', '0', name]
      : ['docker', 'rm', '--force', name]
