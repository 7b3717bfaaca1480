import type { Command } from 'commander'
import type { ArgoEnvironment } from '../../core/environment/settings.ts'
import { type Asked, registerVerb } from '../arguments/options.ts'

export const register = (program: Command, words: readonly string[]): Promise<void> =>
  registerVerb(
    program,
    words,
    { verb: 'compile', about: 'write a plan as Argo Workflows, to be read, kept and submitted by others' },
    write,
  )

async function write(asked: Asked): Promise<void> {
  const log = (line: string) => void process.stderr.write(`${line}\n`)
  const { TriremeError } = await import('../../core/errors.ts')
  const { output, as = 'workflow', on, stream } = asked.options
  if (on === undefined || output === undefined)
    throw new TriremeError(
      'USAGE',
      `compile takes --on with the name of an environment and -o with a folder: trireme compile ${asked.pipeline.spec.name} --on ENVIRONMENT -o DIR.`,
    )
  if (as !== 'workflow' && as !== 'template') throw new TriremeError('USAGE', `--as takes workflow or template, got ${JSON.stringify(as)}.`)
  const { prepare } = await import('../run/prepare.ts')
  const { imagesIn, versionsIn } = await import('../machine/images.ts')
  const { compile } = await import('../../core/targets/argo/compile/compile.ts')
  const { manifestsOf } = await import('../../core/targets/argo/compile/manifests.ts')
  const { plan, store, environment } = await prepare(asked, log, { looking: true })
  if (environment?.target !== 'argo')
    throw new TriremeError(
      'USAGE',
      `Environment "${on}" is no cluster: its target is ${environment?.target}. Give one whose target is argo; trireme list --environments names them.`,
    )
  const [image, versions] = [await imagesIn(environment), await versionsIn(plan, environment, store)]
  const compiled = compile(plan, { environment, versions, image, stream })
  const manifests = manifestsOf(compiled, as)
  await put(output, manifests, compiled.objects)
  process.stdout.write([...manifests.keys()].map(name => `${output}/${name}\n`).join(''))
  for (const line of howTo(environment, output, [...manifests.keys()])) log(line)
}
/** Writes all files; objects of an earlier compilation into the same folder go, so that it holds what the manifests name. */
async function put(
  folder: string,
  manifests: ReadonlyMap<string, string>,
  objects: ReadonlyMap<string, string | Uint8Array>,
): Promise<void> {
  const { mkdir, readdir, rm, writeFile } = await import('node:fs/promises')
  const path = await import('node:path')
  await mkdir(path.join(folder, 'objects'), { recursive: true })
  for (const name of await readdir(path.join(folder, 'objects')))
    if (/^[0-9a-f]{64}$/.test(name) && !objects.has(`objects/${name}`)) await rm(path.join(folder, 'objects', name))
  for (const [name, content] of [...manifests, ...objects]) await writeFile(path.join(folder, name), content)
}
/** How to submit it by hand. */
function howTo({ bucket, context, namespace }: ArgoEnvironment, folder: string, names: readonly string[]): readonly string[] {
  const to = `s3://${bucket.name}/${bucket.prefix === '' ? '' : `${bucket.prefix.replace(/\/+$/, '')}/`}`
  const at = `--endpoint-url ${bucket.insecure ? 'http' : 'https'}://${bucket.endpoint}`
  const kubectl = `kubectl --context ${context} -n ${namespace}`
  const templates = names.filter(name => name.endsWith('.template.yaml'))
  const workflows = names.filter(name => name.endsWith('.yaml') && !name.endsWith('.template.yaml'))
  return [
    'To submit it by hand:',
    `  aws s3 sync ${folder}/objects ${to}objects ${at}`,
    `  while IFS=$'\\t' read -r digest file; do aws s3 cp "$file" ${to}sources/"$digest" ${at}; done <${folder}/sources.tsv`,
    ...templates.map(name => `  ${kubectl} apply -f ${folder}/${name}`),
    ...workflows.map((name, n) => `  ${kubectl} create -f ${folder}/${name}${n > 0 ? '   # when the one before has succeeded' : ''}`),
  ]
}
