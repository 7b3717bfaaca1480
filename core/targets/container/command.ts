/** Programs that run containers, in the order in which they are looked for. */
export const engines = ['podman', 'docker', 'apptainer'] as const
export type Engine = (typeof engines)[number]

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

/** podman and docker agree on nearly all words. */
function daemonLike(engine: 'podman' | 'docker', at: Container): readonly string[] {
  const { uid, gid, rootless } = at.caller
  const [program, ...words] = at.argv
  return [
    engine,
    'run',
    '--rm',
    '--interactive', // the end of standard input is how a container learns that its runner is gone
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
 * apptainer always runs as the caller, on a read-only root, without a daemon. Its limits need cgroups that the caller may use; where there
 * are none, it refuses, and says so.
 */
function apptainer(at: Container): readonly string[] {
  return [
    'apptainer',
    '--silent',
    'exec',
    '--containall', // own /tmp, own processes, nothing of the caller's environment or home
    '--no-home',
    '--no-umask',
    '--no-privs',
    ...['--drop-caps', 'all'],
    ...(at.network === 'none' ? ['--net', '--network', 'none'] : []),
    ...['--cpus', String(at.cpu)],
    ...['--memory', String(at.memory), '--memory-swap', String(at.memory)],
    ...(at.gpu ? ['--nv'] : []),
    ...at.mounts.flatMap(({ from, to, writable }) => ['--bind', `${from}:${to}:${writable ? 'rw' : 'ro'}`]),
    ...Object.entries(at.environment).flatMap(([name, value]) => ['--env', `${name}=${value}`]),
    ...['--pwd', '/'],
    apptainerImage(at.image),
    ...at.argv,
  ]
}
/** A path of an image file stays; a name is one of a registry. */
const apptainerImage = (image: string) => (/^(\/|\.|[a-z-]+:\/\/)/.test(image) ? image : `docker://${image}`)

/** Asks whether the image is there; status 0 says so. None for apptainer, which looks when it runs. */
export const lookCommand = (engine: Engine, image: string): readonly string[] | undefined =>
  engine === 'podman'
    ? ['podman', 'image', 'exists', image]
    : engine === 'docker'
      ? ['docker', 'image', 'inspect', '--format', '{{.Id}}', image]
      : undefined
/** Fetches the image; apptainer keeps it in its cache. A registry on this machine speaks without TLS: docker knows that, podman has to be told. */
export const pullCommand = (engine: Engine, image: string): readonly string[] => {
  if (engine === 'apptainer') return ['apptainer', '--silent', 'exec', apptainerImage(image), 'true']
  const here = /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?\//.test(image)
  return [engine, 'pull', '--quiet', ...(engine === 'podman' && here ? ['--tls-verify=false'] : []), image]
}
/** Removes the container at once, running or not. apptainer has nothing to remove: its processes are ours. */
export const removeCommand = (engine: Engine, name: string): readonly string[] | undefined =>
  engine === 'apptainer'
    ? undefined
    : engine === 'podman'
      ? ['podman', 'rm', '--force', '--time', '0', name]
      : ['docker', 'rm', '--force', name]
