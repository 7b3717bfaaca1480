import { TriremeError } from '../../core/errors.ts'
import type { Finding } from '../../core/targets/target.ts'
import { columns, say } from '../display/print.ts'
import { environmentThatCan } from '../project/environments.ts'

/** Looks at the cluster of an environment: prints what is there, what is not, and what to do. @throws TriremeError `ENVIRONMENT` where something must be mended */
export async function doctorOfCluster({
  on,
  trial = false,
  image = 'reads',
  json = false,
}: {
  readonly on: string
  readonly trial?: boolean
  readonly image?: string
  readonly json?: boolean
}): Promise<void> {
  const { environment, target } = await environmentThatCan(on, 'examine')
  const examined = async () => {
    const all: Finding[] = []
    for await (const finding of target.examine.findings(environment)) all.push(finding)
    return all
  }
  let findings = await examined()
  if (trial && findings.every(({ state }) => state !== 'bad')) {
    const { imagesIn } = await import('./images.ts')
    const tried = await target.examine.trial({ environment, image: await imagesIn(environment) }, image)
    findings = [...(await examined()), tried] // once more: what a trial has brought to light is not to be found unknown beside it
  }
  const bad = findings.filter(({ state }) => state === 'bad')
  if (json) say(JSON.stringify({ ok: bad.length === 0, findings }, null, 2))
  else {
    const firstLine = (text: string) => text.split('\n')[0] ?? ''
    const rows = findings.map(({ state, name, needed, found }) => [state, name, needed, state === 'bad' ? 'see below' : firstLine(found)])
    const words = findings.flatMap(({ name, state, found, mend }) => [
      ...(state === 'bad' ? [`${name}: ${found}`] : []),
      ...(mend !== undefined && mend !== 'see there' ? [`${name}: ${mend}`] : []), // without a full stop: many end in a command,
    ])
    const verdict =
      bad.length === 0
        ? `Runs on "${on}" should work.${trial ? '' : ' "--trial" runs two small steps there.'}`
        : `To be mended: ${bad.map(({ name }) => name).join(', ')}.`
    say([columns([['state', 'name', 'needed', 'found'], ...rows]), '', verdict, ...words].join('\n'))
  }
  if (bad.length > 0) throw new TriremeError('ENVIRONMENT', '') // the table is the message; the code gives the exit status
}
