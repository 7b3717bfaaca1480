import { shown, TriremeError } from '../errors.ts'
import type { Plan } from '../graph/plan.ts'
import { accepted, type Tool } from '../vocabulary/tool.ts'
import type { ImageSettings } from './settings.ts'

/** Repository and digest of every image by the name that steps use: what `images.lock` holds. */
export type ImageLock = Readonly<Record<string, string>>
/** Tools and versions of every image of our own, by its name. */
export type Contents = Readonly<Record<string, Readonly<Record<string, string>>>>

/** @throws TriremeError `ENVIRONMENT` when it is not a lock of images */
export function readImageLock(value: unknown, file: string): ImageLock {
  const entries = typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.entries(value) : undefined
  const wrong = entries?.find(([, reference]) => !/^[^@\s]+@sha256:[0-9a-f]{64}$/.test(String(reference)))
  if (entries && !wrong) return Object.fromEntries(entries.map(([name, reference]) => [name, String(reference)]))
  throw new TriremeError(
    'ENVIRONMENT',
    `${file} is no lock of images: ${wrong ? `"${wrong[0]}" has ${shown(wrong[1])}, and REPOSITORY@sha256:… would be right` : 'it holds no names with references'}. Write it anew with "trireme images --push REGISTRY".`,
  )
}
/** Trireme's own image for a name that steps use: that name, or the one it is swapped for; undefined for an image of others. */
export function ownName(name: string, { swap }: ImageSettings, contents: Contents): string | undefined {
  const reference = swap[name]?.reference ?? name
  return Object.hasOwn(contents, reference) ? reference : undefined
}
/** Whether a reference may mean another image tomorrow: it has no digest. */
export const isByTag = (reference: string): boolean => !/@sha256:[0-9a-f]{64}$/.test(reference)
/** Where an image would be of which nothing is known: no such host can exist, so that nobody's image is pulled in its place. */
const noRegistry = 'registry.invalid'
/**
 * The image that a step's name stands for in an environment, as an engine or a cluster takes it: by digest, unless the settings give a tag or
 * swap it for an image without a digest.
 * @throws TriremeError `ENVIRONMENT` when nothing says which it is
 */
export function imageFor(
  name: string,
  {
    images,
    environment,
    lock,
    contents,
    instead,
  }: {
    readonly images: ImageSettings
    readonly environment: string
    readonly lock: ImageLock
    readonly contents: Contents
    /** Tag for an image of our own that was not pushed yet. @default it is refused */
    readonly instead?: string | undefined
  },
): string {
  const own = ownName(name, images, contents)
  if (own === undefined) {
    const other = images.swap[name]?.reference
    if (other !== undefined) return other
    throw new TriremeError(
      'ENVIRONMENT',
      `Nothing says what the image "${name}" is in environment "${environment}". Images of our own are ${Object.keys(contents).join(', ')}; say what another is: images: { swap: { ${name}: REFERENCE } }.`,
    )
  }
  const repository = [images.registry, images.prefix, own].filter(part => part).join('/')
  if (images.tag !== undefined) return `${repository}:${images.tag}`
  const locked = lock[own]
  if (locked === undefined && instead !== undefined)
    return `${images.registry === undefined ? `${noRegistry}/` : ''}${repository}:${instead}`
  if (locked === undefined)
    throw new TriremeError(
      'ENVIRONMENT',
      `The image "${own}" is not in images.lock, so that environment "${environment}" has no digest of it. ${images.registry === undefined ? `Say in its settings where images are, images: { registry: REGISTRY }, then build and push them there:` : 'Build and push it first:'} trireme images ${own} --on ${environment}`,
    )
  return images.registry === undefined ? locked : `${repository}@${locked.split('@')[1]}`
}
/** Asks a tool for its version, in an image. */
export type AskVersion = (reference: string, tool: Tool) => Promise<string>
/**
 * Versions of a plan's tools as the images have them, which the keys are made with: declared and checked when our own were built, stated in the
 * settings, or asked for once.
 * @throws TriremeError `TOOL` when two images of the plan have different versions of a tool, or a step does not accept the one it gets
 */
export async function imageVersions(
  plan: Plan,
  {
    images,
    contents,
    image,
    ask,
  }: { readonly images: ImageSettings; readonly contents: Contents; readonly image: (name: string) => string; readonly ask: AskVersion },
): Promise<ReadonlyMap<string, string>> {
  const wanted = new Map<string, { readonly name: string; readonly tool: Tool }>()
  for (const node of plan.nodes)
    if (node.kind === 'step')
      for (const tool of node.step.tools) wanted.set(JSON.stringify([node.step.image, tool.name]), { name: node.step.image, tool })
  const found = await Promise.all(
    [...wanted.values()].map(async ({ name, tool }) => {
      const own = ownName(name, images, contents)
      const known = own === undefined ? images.swap[name]?.versions : contents[own]
      return { tool, image: image(name), version: known?.[tool.name] ?? (await ask(image(name), tool)) }
    }),
  )
  const versions = new Map<string, string>()
  const faults: string[] = []
  for (const { tool, image, version } of found) {
    if (!accepted(tool, version)) faults.push(`${tool.name} in ${image} is version ${version}; ${tool.accepts} is needed.`)
    const other = found.find(each => each.tool.name === tool.name && each.version !== version)
    if (other && versions.has(tool.name)) continue
    if (other)
      faults.push(
        `${tool.name} is version ${version} in ${image}, and ${other.version} in ${other.image}: keys need one version of a tool in a plan. Swap images so that they agree.`,
      )
    versions.set(tool.name, version)
  }
  if (faults.length > 0) throw new TriremeError('TOOL', faults.join('\n'))
  return versions
}
