// A Debian with nothing but what it must have, git, and Node copied from here. It is made below a folder, in mounts of this process alone.
import { spawn, spawnSync } from 'node:child_process'
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { say } from './say.mjs'

const checkout = path.join(path.dirname(fileURLToPath(import.meta.url)), '../..')

/** @throws Error where it cannot be made */
export function freshMachine(folder, suite) {
  const root = path.join(folder, 'root')
  const at = (...names) => path.join(root, ...names)
  mkdirSync(root) // The folder itself is root's alone; this one is for all of the users in it.
  must('tar', '-C', root, '-xpf', minimal(folder, suite))
  must('mount', '--bind', root, root) // so that it is a mount, as the root of a machine is
  const carried = settings(at, suite)
  node(at)
  must('mount', '-t', 'proc', 'proc', at('proc'))
  for (const name of ['dev', 'sys']) must('mount', '--rbind', `/${name}`, at(name))

  const environment = ({ home, name }) => ({
    ...carried,
    HOME: home,
    USER: name,
    PATH: '/opt/node/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    DEBIAN_FRONTEND: 'noninteractive',
    NO_COLOR: '1',
    NPM_CONFIG_UPDATE_NOTIFIER: 'false',
    ...(process.env.CI && { CI: process.env.CI }),
  })
  const machine = {
    at,
    must: (...words) => must('chroot', root, ...words),
    packages: () => must('chroot', root, 'dpkg-query', '--show').trim().split('\n'),
    size: () => `${(Number.parseInt(must('du', '-sxm', root), 10) / 1024).toFixed(1)} GiB`,
    /** Clones HEAD, beside it what tests read of `../shared/data` where that is here. */
    clone: (to, owner = 'root') => {
      must('git', '-c', `safe.directory=*`, 'clone', '--quiet', '--no-hardlinks', checkout, at(to))
      must('chroot', root, 'chown', '-R', `${owner}:`, to)
      const [data, there] = [path.join(checkout, '../shared/data'), at(to, '../shared/data')]
      if (!existsSync(data)) return
      mkdirSync(there, { recursive: true })
      must('mount', '--bind', data, there)
      must('mount', '-o', 'remount,bind,ro', there)
    },
    /** Carries out a line of a shell, shows what it says, and gives it with the status and the seconds. */
    command: (line, who) => {
      say(`\n$ ${line}${who.name === 'root' ? '' : ` (${who.name})`}`)
      const begun = performance.now()
      const words = [`--userspec=${who.name}:`, root, 'bash', '-c', `cd ${who.cwd} && ${line}`]
      const child = spawn('chroot', words, { env: environment(who), stdio: ['ignore', 'pipe', 'pipe'] })
      let output = ''
      for (const [stream, to] of [
        [child.stdout, process.stdout],
        [child.stderr, process.stderr],
      ])
        stream.setEncoding('utf8').on('data', text => {
          output += text
          to.write(text)
        })
      return new Promise((done, fail) => {
        child.on('error', fail)
        child.on('close', status => done({ status, output, seconds: (performance.now() - begun) / 1000 }))
      })
    },
    release: readFileSync(at('etc/debian_version'), 'utf8').trim(),
  }
  try {
    machine.must('/opt/node/bin/node', '--version')
  } catch (error) {
    throw new Error(`Node of this machine does not run in a Debian ${machine.release} (${error.message})`)
  }
  return machine
}

function must(program, ...words) {
  const { status, error, stdout, stderr } = spawnSync(program, words, { encoding: 'utf8', maxBuffer: 2 ** 28 })
  if (status === 0) return stdout
  throw new Error(
    `"${[program, ...words].join(' ')}" ${error ? `could not be started: ${error.message}` : `ended with status ${status}: ${stderr.trim().split('\n').at(-1)}`}`,
  )
}

/** A tar file of a minimal Debian. It is kept for a week, where there is room for it. */
function minimal(folder, suite) {
  const cache = path.join(process.env.XDG_CACHE_HOME || path.join(os.homedir(), '.cache'), 'trireme', 'fresh')
  const kept = path.join(cache, `${suite}-${process.arch}.tar`)
  if (existsSync(kept) && Date.now() - statSync(kept).mtimeMs < 7 * 86_400_000) return kept
  say(`Making a minimal Debian (debootstrap ${suite}) …`)
  const [root, tar] = [path.join(folder, 'minimal'), path.join(folder, 'minimal.tar')]
  must('debootstrap', '--variant=minbase', '--include=ca-certificates,git', suite, root, ...mirror())
  must('tar', '-C', root, '--one-file-system', '-cpf', tar, '.')
  must('rm', '-rf', '--one-file-system', root)
  const part = `${kept}.${path.basename(folder)}`
  try {
    mkdirSync(cache, { recursive: true })
    copyFileSync(tar, part)
    renameSync(part, kept)
  } catch (error) {
    spawnSync('rm', ['-f', part])
    say(`The minimal Debian is not kept for the next time: ${error.message}`)
  }
  return tar
}
/** Where this machine gets Debian's packages from; elsewhere debootstrap has an address of its own. */
function mirror() {
  if (!/^ID=debian$/m.test(osRelease())) return []
  for (const file of sources('/etc/apt')) {
    const address = /^(?:deb\s(?:.*\s)?|URIs:\s*)([a-z+]+:\/\/\S+)/m.exec(readFileSync(file, 'utf8'))?.[1]
    if (address !== undefined) return [address]
  }
  return []
}
const osRelease = () => readFileSync('/etc/os-release', 'utf8')
const below = folder => (existsSync(folder) ? readdirSync(folder).map(name => path.join(folder, name)) : [])
const sources = apt =>
  [path.join(apt, 'sources.list'), ...below(path.join(apt, 'sources.list.d')).filter(file => /\.(list|sources)$/.test(file))].filter(file =>
    existsSync(file),
  )

const fromEnvironment =
  /^(https?_proxy|no_proxy|all_proxy|(ssl|nix_ssl)_cert_\w+|node_extra_ca_certs|\w+_ca_(bundle|info)|git_ssl_cainfo|pip_\w+|npm_config_(\w*registry|proxy|https_proxy|noproxy|cafile|strict_ssl|fetch_\w+)|openblas_\w+)$/i

/** Copies the settings that say where packages come from, how to get there and whom to trust. Gives those of the environment. */
function settings(at, suite) {
  const copy = (from, to = from) => {
    if (!existsSync(from) || !statSync(from).isFile()) return
    mkdirSync(path.dirname(at(to)), { recursive: true })
    copyFileSync(realpathSync(from), at(to))
    chmodSync(at(to), 0o644)
  }
  for (const file of ['/etc/resolv.conf', '/etc/hosts']) copy(file)
  if (/^ID=debian$/m.test(osRelease())) {
    const codename = /^VERSION_CODENAME=(\w+)$/m.exec(osRelease())?.[1] ?? suite
    for (const folder of ['keyrings', 'trusted.gpg.d', 'auth.conf.d', 'preferences.d'])
      for (const file of below(`/etc/apt/${folder}`)) copy(file)
    for (const file of ['trusted.gpg', 'auth.conf', 'preferences']) copy(`/etc/apt/${file}`)
    for (const file of below('/usr/share/keyrings')) if (!existsSync(at(file))) copy(file)
    for (const file of sources(at('etc/apt'))) writeFileSync(file, '')
    for (const file of sources('/etc/apt')) {
      copy(file)
      writeFileSync(at(file), readFileSync(file, 'utf8').replaceAll(codename, suite))
    }
  }
  // Other settings of apt belong to programs that are not there.
  for (const file of ['/etc/apt/apt.conf', ...below('/etc/apt/apt.conf.d')].filter(file => existsSync(file))) {
    const text = readFileSync(file, 'utf8')
    if (/\bAcquire\b/i.test(text)) copy(file)
    for (const [, named] of text.matchAll(/"(\/[^"]+)"/g)) if (/\bAcquire\b/i.test(text)) copy(named)
  }
  if (existsSync('/etc/ssl/certs')) must('cp', '-a', '/etc/ssl/certs/.', at('etc/ssl/certs'))
  for (const file of below('/usr/local/share/ca-certificates')) copy(file)
  const home = os.homedir()
  for (const file of ['/etc/pip.conf', '/etc/xdg/pip/pip.conf']) copy(file)
  for (const file of ['.pip/pip.conf', '.config/pip/pip.conf']) copy(path.join(home, file), path.join('/root', file))
  copy(npmSetting('userconfig'), '/root/.npmrc')
  copy(npmSetting('globalconfig'), '/opt/node/etc/npmrc')
  const carried = Object.entries(process.env).filter(([name]) => fromEnvironment.test(name))
  for (const [, value] of carried) if (value.startsWith('/')) copy(value)
  return Object.fromEntries(carried)
}
function npmSetting(name) {
  const { stdout } = spawnSync('npm', ['config', 'get', name], { encoding: 'utf8', cwd: '/' })
  return stdout?.trim() ?? ''
}
/** Node is one file, and npm a folder of scripts. */
function node(at) {
  const npm = (process.env.PATH ?? '')
    .split(path.delimiter)
    .map(folder => path.join(folder, 'npm'))
    .find(file => existsSync(file))
  if (npm === undefined) throw new Error('npm is not on PATH')
  const npmFolder = path.join(path.dirname(realpathSync(npm)), '..')
  mkdirSync(at('opt/node/bin'), { recursive: true })
  mkdirSync(at('opt/node/lib/node_modules'), { recursive: true })
  copyFileSync(realpathSync(process.execPath), at('opt/node/bin/node'))
  chmodSync(at('opt/node/bin/node'), 0o755)
  cpSync(npmFolder, at('opt/node/lib/node_modules/npm'), { recursive: true, verbatimSymlinks: true })
  for (const name of ['npm', 'npx']) symlinkSync(`../lib/node_modules/npm/bin/${name}-cli.js`, at('opt/node/bin', name))
}
