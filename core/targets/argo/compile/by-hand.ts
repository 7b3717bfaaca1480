import { isByTag } from '../../../environment/images.ts'
import { TriremeError } from '../../../errors.ts'
import type { ArgoEnvironment } from '../settings.ts'
import type { Compiled } from './compiled.ts'

/** How to submit by hand what was compiled into a folder. @param names of the manifests in it */
export function byHand({ bucket, context, namespace }: ArgoEnvironment, folder: string, names: readonly string[]): readonly string[] {
  const to = `s3://${bucket.name}/${bucket.prefix === '' ? '' : `${bucket.prefix.replace(/\/+$/, '')}/`}`
  const at = `--endpoint-url ${bucket.insecure ? 'http' : 'https'}://${bucket.endpoint}`
  const kubectl = `kubectl --context ${context} -n ${namespace}`
  const templates = names.filter(name => name.endsWith('.template.yaml'))
  const workflows = names.filter(name => name.endsWith('.yaml') && !name.endsWith('.template.yaml'))
  const sources = names.find(name => name.endsWith('.sources.tsv'))
  return [
    'To submit it by hand:',
    `  aws s3 sync ${folder}/objects ${to}objects ${at}`,
    `  while IFS=$'\\t' read -r digest file; do aws s3 cp "$file" ${to}sources/"$digest" ${at}; done <${folder}/${sources}`,
    ...templates.map(name => `  ${kubectl} apply -f ${folder}/${name}`),
    ...workflows.map((name, n) => `  ${kubectl} create -f ${folder}/${name}${n > 0 ? '   # when the one before has succeeded' : ''}`),
  ]
}

/** @throws TriremeError `ENVIRONMENT` for a plan of which only a part can be written down before it runs */
export function refuseParts({ later }: Compiled, plan: string, environment: string): void {
  if (later.length === 0) return
  const steps = later.length > 5 ? [...later.slice(0, 5), `${later.length - 5} more`] : later
  throw new TriremeError(
    'ENVIRONMENT',
    `Plan ${plan} has lists within lists, or branches over what others gather, and manifests can hold one level of them: ${steps.join(', ')} can only be told once a run has made the lists before. "trireme run ${plan} --on ${environment}" sends them in turn.`,
  )
}
/** @param environment its name */
export function warningsOf({ workflows }: Compiled, environment: string): readonly string[] {
  const images = new Set(
    workflows.flatMap(({ spec }) => spec.templates.flatMap(each => ('container' in each ? [each.container.image] : []))),
  )
  const byTag = [...images].filter(isByTag)
  if (byTag.length === 0) return []
  return [
    `images by tag: ${byTag.join(', ')}. A tag may mean another image tomorrow, and the keys of results promise the versions in it: pin before you submit. Build and push them with "trireme images --on ${environment}", which notes their digests, and compile again.`,
  ]
}
