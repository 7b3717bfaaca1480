import { closeSync, openSync, readSync, realpathSync, statSync } from 'node:fs'
import path from 'node:path'
import { programsIn } from './programs.ts'
import { searchPath } from './step-environment.ts'
import type { VersionAsker } from './version-ask.ts'

/** Prints a digest of all that says which packages this Python imports; nothing where it cannot tell. Words: names of the packages asked for. */
const fingerprint = `
import sys, os, hashlib, json
words, seen, copies = set(sys.argv[1:]), [], []
def mark(path):
    try:
        s = os.stat(path)
        return (path, s.st_ino, s.st_size, s.st_mtime_ns, s.st_ctime_ns)
    except OSError:
        return (path,)
def look(folder, deeper):
    try:
        names = sorted(os.listdir(folder))
    except OSError:
        names = []
    for name in names:
        if name == '__pycache__':
            continue
        path = os.path.join(folder, name)
        seen.append(mark(path))
        if name.endswith('.dist-info') and os.path.exists(os.path.join(path, 'direct_url.json')):
            with open(os.path.join(path, 'direct_url.json')) as file:
                copies.append(json.load(file).get('dir_info', {}).get('editable'))
        if deeper and name.split('.')[0] in words and os.path.isdir(path):
            look(path, False)
for file in (os.path.realpath(sys.executable), os.path.join(sys.prefix, 'pyvenv.cfg')):
    seen.append(mark(file))
for folder in sys.path:
    if folder:
        seen.append(mark(folder))
        look(folder, True)
known = ('_frozen_importlib', '_frozen_importlib_external', '_distutils_hack', '_virtualenv')
if not any(copies) and all(getattr(finder, '__module__', type(finder).__module__) in known for finder in sys.meta_path):
    seen += [sys.version, sys.executable, sys.path, os.environ.get('LD_LIBRARY_PATH'), os.environ.get('CONDA_PREFIX')]
    print('mark ' + hashlib.sha256(repr(seen).encode()).hexdigest())
`
const magic = ['7f454c46', 'feedface', 'feedfacf', 'cefaedfe', 'cffaedfe', 'cafebabe']
const pythonic = /^(python|pypy)[\d.]*$/
/** A Python script that starts other programs answers for them, and nobody knows by which files. */
const startsOthers = /subprocess|os\.(exec|system|spawn|popen|fork)|runpy/

/**
 * A mark that changes whenever the answer of a program can: while it stays, the version that was told once is still true. Undefined where there
 * is no such mark, and then the program is asked each time: a wrapper script (who knows what it starts), a manager's stand-in that picks a
 * version by folder, a command with more words than one option (`node --print …`, `Rscript -e …`: the answer is not the program's alone), a Python
 * with a working copy installed to be edited.
 *
 * Native code: its file. Python, and scripts that Python runs: the interpreter's file, and every entry of the folders it imports from, since
 * `pip install` leaves the interpreter as it was.
 */
export async function versionMark(place: string, argv: readonly string[], asking: VersionAsker): Promise<string | undefined> {
  const real = realpathSync(place)
  const { ino, size, mtimeMs, ctimeMs } = statSync(real)
  const file = JSON.stringify([real, ino, size, mtimeMs, ctimeMs])
  const head = firstBytes(real)
  if (magic.includes(head.subarray(0, 4).toString('hex'))) {
    if (pythonic.test(path.basename(real))) return withPackages(file, place, argv, asking)
    return argv.length <= 2 && path.basename(real) === argv[0] ? `${file} ${process.env.LD_LIBRARY_PATH ?? ''}` : undefined
  }
  const text = head.toString('utf8')
  const interpreter = interpreterOf(text)
  if (interpreter === undefined || !pythonic.test(path.basename(interpreter)) || size > limit || startsOthers.test(text)) return undefined
  return withPackages(file, interpreter, argv, asking)
}
/** By the first line of a script. */
function interpreterOf(text: string): string | undefined {
  const [, named = '', sought = ''] = /^#!\s*(\S+)(?:[ \t]+(\S+))?/.exec(text) ?? []
  return path.basename(named) === 'env' ? programsIn(sought, searchPath())[0] : named
}
/** Whether a program is Python, or a script that Python runs: its version can change while its file stays as it is. */
export const isPython = (place: string): boolean =>
  pythonic.test(path.basename(realpathSync(place))) || pythonic.test(path.basename(interpreterOf(firstBytes(place).toString('utf8')) ?? ''))
async function withPackages(file: string, interpreter: string, argv: readonly string[], asking: VersionAsker): Promise<string | undefined> {
  const words = [...new Set(argv.join(' ').match(/[A-Za-z_]\w*/g) ?? [])]
  const [, digest] = /^mark (\w+)$/m.exec(await asking.output(interpreter, ['-c', fingerprint, ...words])) ?? []
  return digest && `${file} ${digest}`
}
/** A script longer than this is no starter of a package. */
const limit = 8192
function firstBytes(file: string): Buffer {
  const descriptor = openSync(file, 'r')
  try {
    const buffer = Buffer.alloc(limit)
    return buffer.subarray(0, readSync(descriptor, buffer, 0, limit, 0))
  } finally {
    closeSync(descriptor)
  }
}
