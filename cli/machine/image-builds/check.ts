import { contents } from '../../../containers/images.ts'
import { TriremeError } from '../../../core/errors.ts'
import type { Tool } from '../../../core/vocabulary/tool.ts'
import * as tools from '../../../steps/tools.ts'
import type { ImageBuilder } from './engine.ts'

const byName: ReadonlyMap<string, Tool> = new Map(Object.values(tools).map(tool => [tool.name, tool]))

/**
 * Asks every tool that the image must hold for its version, by the same words as a run does.
 * @throws TriremeError `ENVIRONMENT` naming each that is another than `containers/images.ts` says
 */
export async function checkContents(engine: ImageBuilder, name: string, image: string): Promise<void> {
  const wanted = contents[name as keyof typeof contents] // build.ts takes no other names
  const faults: string[] = []
  for (const [tool, version] of Object.entries(wanted)) {
    const { argv, match } = byName.get(tool)!.version // test/images checks that there is one
    const found = match.exec(await engine.ask(image, argv))?.[1]
    if (found !== version)
      faults.push(
        `${tool} is ${found === undefined ? 'not there, or does not tell its version' : `version ${found}`}; containers/images.ts says ${version}.`,
      )
  }
  // All that the scripts which run steps in a container need of an image.
  const [, major = '0', minor = '0'] = /version (\d+)\.(\d+)/.exec(await engine.ask(image, ['bash', '--version'])) ?? []
  if (Number(major) * 100 + Number(minor) < 404) faults.push('bash 4.4 or newer is not there.')
  if (!/\(GNU coreutils\)/.test(await engine.ask(image, ['sha256sum', '--version']))) faults.push('GNU coreutils are not there.')
  if (/^(|0|root)(:|$)/.test(await engine.inspect(image, '{{.Config.User}}'))) faults.push('it runs as root: add USER to its Dockerfile.')
  if (faults.length > 0)
    throw new TriremeError(
      'ENVIRONMENT',
      `The image ${name} is not what it should be:\n${faults.map(fault => `  ${fault}`).join('\n')}\nCorrect its Dockerfile, or containers/images.ts.`,
    )
}
