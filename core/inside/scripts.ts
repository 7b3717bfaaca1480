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
