import type { ArgoEnvironment } from '../settings.ts'

/** How to submit by hand what was compiled into a folder. @param names of the manifests in it */
export function byHand({ bucket, context, namespace }: ArgoEnvironment, folder: string, names: readonly string[]): readonly string[] {
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
