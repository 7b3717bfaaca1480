import path from 'node:path'
import { bundledCode, codeOf } from '../../benchmarks/harness/commit.ts'
import { TriremeError } from '../../core/errors.ts'
import { writeWhole } from '../../core/store/whole-file.ts'
import { targetOf } from '../../core/targets/registry.ts'
import { can } from '../../core/targets/target.ts'
import { defaultStore } from '../arguments/options.ts'
import { type ArchivedFile, tarOf } from '../bundle/archive.ts'
import { contents, packagePlace } from '../bundle/contents.ts'
import { nodeBinary } from '../bundle/node-binary.ts'
import { neededBy, projectSettings } from '../bundle/own-files.ts'
import { bundleFolder, packed } from '../bundle/pack.ts'
import { painter } from '../display/colour.ts'
import { noteLine, say } from '../display/print.ts'
import { findComparison } from '../project/catalogue.ts'
import { findEnvironment } from '../project/environments.ts'
import { packageRoot } from '../project/package.ts'

export interface BundleOptions {
  readonly output: string
  readonly node?: string
  readonly on?: string
  readonly add?: readonly string[]
  readonly store?: string
}
/** The most that a bundle may weigh, so that it goes through any door. */
const most = 48 * 2 ** 20

export async function bundle(name: string, { output, node, on, add = [], store = defaultStore() }: BundleOptions): Promise<void> {
  const { it, home, file, place } = await findComparison(name)
  const environments = await Promise.all((on?.split(',') ?? it.environments ?? ['workstation']).map(findEnvironment))
  const targets = await Promise.all(environments.map(targetOf))
  const binary = nodeBinary(node ?? process.execPath)
  const isOwn = home === 'project'
  const { own, tools } = await neededBy(it, store)
  const files = contents({
    own: [...(isOwn ? [file] : []), ...own, ...(await projectSettings(environments)), ...add.map(each => path.resolve(each))],
    modules: isOwn ? [] : [`benchmarks/${place}`],
    libraries: [...(tools.includes('sharp') ? ['sharp'] : []), ...(isOwn ? ['jiti'] : [])],
    cluster: targets.some(target => can(target, 'attach')), // its runs go on without their client
  })
  const native = files.find(({ place }) => place.endsWith('.node'))
  if (native && binary.platform.architecture !== process.arch)
    throw new TriremeError(
      'USAGE',
      `${native.place} is for ${process.arch}, and the Node given for ${binary.platform.architecture}. Bundle on a machine of that architecture.`,
    )
  const code = codeOf(isOwn ? process.cwd() : packageRoot)
  const whole = await packed(name, binary, [...files, ...codeFiles(code, codeOf(packageRoot))])
  checkSize(whole)
  writeWhole(output, await tarOf(whole))
  const { architecture, glibc } = binary.platform
  say(`${output}: ${inMebibytes(whole)} MiB, for linux-${architecture} with glibc ${glibc} or newer. There:
  tar xf ${path.basename(output)} && ./${bundleFolder}/run
Then here, with the record that it names: trireme bench import record.json`)
  if (code.state === 'no commit')
    noteLine(painter(process.stderr)('yellow', `Warning: records made with it name no commit, for ${code.why}.`))
}
/** There is no Git there: which code it is goes along. */
const codeFiles = (project: unknown, ours: unknown): readonly ArchivedFile[] =>
  Object.entries({ [bundledCode]: project, [`${packagePlace}/${bundledCode}`]: ours }).map(([place, code]) => ({
    place,
    content: Buffer.from(`${JSON.stringify(code, null, 1)}\n`),
  }))
const inMebibytes = (files: readonly ArchivedFile[]) => (files.reduce((sum, { content }) => sum + content.length, 0) / 2 ** 20).toFixed(1)

function checkSize(files: readonly ArchivedFile[]): void {
  if (files.reduce((sum, { content }) => sum + content.length, 0) <= most) return
  const parts = files.map(file => `${path.basename(file.place)} ${inMebibytes([file])}`)
  throw new TriremeError(
    'INPUT',
    `The bundle would have ${inMebibytes(files)} MiB (${parts.join(', ')}), and ${most / 2 ** 20} MiB are the most. Where package.tar.gz is large, take a smaller selection of the data, or a dataset with a recipe; where node.gz is, another Node with --node.`,
  )
}
