import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const scriptText = (name: string) => readFileSync(fileURLToPath(new URL(name, import.meta.url)), 'utf8')
/** The script that runs one chain, in pods and in containers. */
export const chainScript = (): string => scriptText('./chain.sh')
/** The script that a pod runs: its parts one after another, so that a pod fetches one file instead of seven. */
export const podScript = (): string => {
  const parts = readdirSync(fileURLToPath(new URL('./pod', import.meta.url)))
    .filter(name => name.endsWith('.sh'))
    .sort()
  return parts.map(name => scriptText(`./pod/${name}`)).join('\n')
}
/**
 * What a pod begins with, in bash: it compares what it is about to run, and runs nothing that is not as it was sent. Its words are lines of
 * `sha256sum --check`, of files below its folder. It stands in manifests, so that it holds none of the signs by which Argo and Kubernetes expand.
 */
export const startScript = `mkdir -p report
for it; do sha256sum --check --status <<<"$it" || printf 'damaged 0 %s\\nfault 0 "%s is not what was sent: it changed in the bucket or on its way."\\n' "\${it:66}" "\${it:66}"; done >report/report
[ -s report/report ] || exec bash run/pod.sh
cat report/report >&2
exit 75
`
