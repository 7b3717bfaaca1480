import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { scratch } from '../../core/testing.ts'
import { countingProject } from '../../test/counting-project.ts'
import { trireme } from '../../test/project.ts'
import { packageRoot } from '../project/package.ts'
import { platformOf } from './node-binary.ts'

/** As much of a Node as a bundle looks at. */
function likeNode({ machine = process.arch === 'x64' ? 62 : 183, text = 'node_module_register\0GLIBC_2.9\0GLIBC_2.28\0' } = {}): Buffer {
  const header = Buffer.from('\x7fELF\x02\x01'.padEnd(64, '\0'), 'latin1')
  header.writeUInt16LE(machine, 18)
  return Buffer.concat([header, Buffer.from(text)])
}
const node = path.join(scratch(), 'node')
writeFileSync(node, likeNode())

const names = (tar: string): readonly string[] => {
  execFileSync('tar', ['xf', tar], { cwd: path.dirname(tar) })
  return execFileSync('tar', ['tzf', path.join(path.dirname(tar), 'trireme-bundle/package.tar.gz')], { encoding: 'utf8' })
    .trim()
    .split('\n')
}
const own = (all: readonly string[]) => all.filter(name => !/node_modules/.test(name)).map(name => name.replace('project/', ''))
const libraries = (all: readonly string[]) => [
  ...new Set(all.flatMap(name => /^project\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(name)?.[1] ?? [])),
]

test('of a project goes along what its comparison imports and reads, with only the libraries that are loaded there', () => {
  const folder = countingProject()
  const done = trireme(folder, 'bundle', 'counting', '-o', 'c.tar', '--node', node)
  expect(done).toMatchObject({
    status: 0,
    stdout: expect.stringMatching(
      /^c\.tar: [\d.]+ MiB, for linux-\w+ with glibc 2\.28 or newer\. There:\n {2}tar xf c\.tar && \.\/trireme-bundle\/run\n/,
    ),
  })
  expect(done.stderr).toBe('Warning: records made with it name no commit, for this is no Git checkout, or Git cannot read it.\n')
  const all = names(path.join(folder, 'c.tar'))
  expect(own(all)).toEqual([
    'files.sha256',
    'benchmarks/counting.ts',
    'code.json',
    'data/text.txt',
    'pipelines/counting.ts',
    'steps/own/count.sh',
    'steps/own/count.ts',
  ])
  expect(libraries(all)).toEqual(expect.arrayContaining(['commander', 'jiti', 'semver', 'trireme-bio', 'yaml', 'zod']))
  expect(libraries(all).filter(name => /aws|kubernetes|sharp|img|typescript/.test(name))).toEqual([])
  const licence = /(^|\/)(licen[cs]e|notice|copying)[^/]*$/i // a library may have its own as a page
  expect(all.filter(name => /\.d\.[cm]?ts$|\.md$|\.map$/.test(name) && !licence.test(name))).toEqual([])
})
test('what may not be passed on is in no bundle: an arm that reads it is refused', () => {
  const kept = `import { kind } from 'trireme-bio'
export const text = kind('weights', { extension: '.txt', stays: true })`
  const counted = countingProject()
  const own = (file: string) => readFileSync(path.join(counted, file), 'utf8').replace("import { text } from 'trireme-bio/kinds'", '')
  const folder = countingProject({
    'steps/own/kept.ts': kept,
    'steps/own/count.ts': `import { text } from './kept.ts'\n${own('steps/own/count.ts')}`,
    'pipelines/counting.ts': `import { text } from '../steps/own/kept.ts'\n${own('pipelines/counting.ts')}`,
  })
  expect(trireme(folder, 'bundle', 'counting', '-o', 'c.tar', '--node', node)).toMatchObject({
    status: 4,
    stderr: expect.stringMatching(
      /The arm once reads .*data\/text\.txt, and files of the kind weights may not be passed on: no bundle takes them along\. Leave the arm out/,
    ),
  })
})
test('files that no plan names go along where they are named; the settings of an environment do where it is one of the project’s', () => {
  const settings = 'environments: { here: { target: local } }\n'
  const folder = countingProject({ 'trireme.config.yaml': settings, 'profiles.ts': 'export const profiles = {}' })
  expect(trireme(folder, 'bundle', 'counting', '-o', 'c.tar', '--node', node, '--on', 'here', '--add', 'data/more.txt')).toMatchObject({
    status: 0,
  })
  expect(own(names(path.join(folder, 'c.tar')))).toEqual(expect.arrayContaining(['data/more.txt', 'profiles.ts', 'trireme.config.yaml']))
})
test('one of the package goes with what its steps run, and the clients of clusters only where one is asked for', () => {
  const librariesOf = (cluster: boolean) => {
    const wanted = JSON.stringify({ own: [], modules: ['benchmarks/idr-speedup'], libraries: ['sharp'], cluster })
    const program = `const { contents } = await import(process.argv[1]); for (const { place } of contents(${wanted})) console.log(place)`
    const built = path.join(packageRoot, 'dist/cli/bundle/contents.js') // imports by the package's name lead to what is built
    const words = ['--input-type=module', '--eval', program, built]
    const places = execFileSync(process.execPath, words, { encoding: 'utf8', env: { ...process.env, NODE_OPTIONS: '' } })
      .trim()
      .split('\n')
    expect(places).toContain('node_modules/trireme-bio/dist/steps/torch/train.py')
    return libraries(places.map(place => `project/${place}`))
  }
  expect(librariesOf(false)).toEqual(expect.arrayContaining(['sharp', `@img/sharp-linux-${process.arch}`]))
  expect(librariesOf(false).filter(name => /aws|kubernetes|jiti/.test(name))).toEqual([])
  expect(librariesOf(true)).toEqual(expect.arrayContaining(['@aws-sdk/client-s3', '@kubernetes/client-node']))
})
test('the same commit gives the same bytes, and says which it is', () => {
  const folder = countingProject({ '.gitignore': 'node_modules\n*.tar\n.trireme\ntrireme-bundle\n' })
  const git = (...words: string[]) =>
    execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@example.org', ...words], { cwd: folder, encoding: 'utf8' }).trim()
  git('init', '-q', '-b', 'main')
  git('add', '-A')
  git('commit', '-q', '-m', 'one')
  const bytes = ['a.tar', 'b.tar'].map(name => {
    expect(trireme(folder, 'bundle', 'counting', '-o', name, '--node', node)).toMatchObject({ status: 0, stderr: '' })
    return readFileSync(path.join(folder, name))
  })
  expect(bytes[0]!.equals(bytes[1]!)).toBe(true)
  names(path.join(folder, 'a.tar'))
  const code = execFileSync('tar', ['xzOf', path.join(folder, 'trireme-bundle/package.tar.gz'), 'project/code.json'], { encoding: 'utf8' })
  expect(JSON.parse(code)).toEqual({ state: 'a commit', commit: git('rev-parse', '--short=12', 'HEAD') })
})

test.each([
  ['a text', Buffer.from('#!/bin/sh\n'), 'is no program for Linux'],
  ['another program', likeNode({ text: 'GLIBC_2.28' }), 'is no Node'],
  ['one for another machine', likeNode({ machine: 243 }), 'is for a machine of the ELF number 243, not for x64 or arm64'],
  ['one with musl', likeNode({ text: 'node_module_register\0/lib/ld-musl-x86_64.so.1\0' }), 'is not linked with glibc'],
])('a Node that is %s is refused', (_, content, fault) => {
  expect(() => platformOf('it', content)).toThrow(
    `it ${fault}. A bundle is for Linux with glibc. Give the file bin/node of a Node for Linux, from https://nodejs.org/dist, with --node.`,
  )
})
test('what a Node asks of glibc is the newest that any of it asks for', () => {
  expect(platformOf('it', likeNode())).toEqual({ architecture: process.arch, glibc: '2.28' })
  expect(platformOf('it', likeNode({ machine: 183 })).architecture).toBe('arm64')
})
test('what cannot be bundled is told, and no file is written', { timeout: 180_000 }, () => {
  const folder = countingProject({
    'benchmarks/outside.ts': `import { comparison } from 'trireme-bio/benchmarks'
import { counting } from '../pipelines/counting.ts'
export const outside = comparison({ name: 'outside', about: 'x', pipeline: counting, arms: { a: { text: ${JSON.stringify(path.join(packageRoot, '../w-none', 'x'))} } } })`,
  })
  const elsewhere = path.join(scratch(), 'text.txt')
  writeFileSync(elsewhere, 'x\n')
  writeFileSync(path.join(folder, 'large.bin'), randomBytes(50 * 2 ** 20))
  const bundle = (name: string, ...words: string[]) => {
    const { status, stderr } = trireme(folder, 'bundle', name, '-o', 'c.tar', '--node', node, ...words)
    return [status, stderr, existsSync(path.join(folder, 'c.tar'))]
  }
  expect(bundle('countin')).toEqual([2, expect.stringContaining('There is no comparison "countin". Did you mean "counting"?'), false])
  expect(bundle('counting', '--on', 'none')).toEqual([8, expect.stringContaining('There is no environment "none".'), false])
  expect(bundle('counting', '--add', elsewhere)).toEqual([
    4,
    `${elsewhere} lies outside the project ${folder}, and a bundle holds what is in it. Copy it into the project, and name that copy.\n`,
    false,
  ])
  expect(bundle('counting', '--add', 'data/none.txt')).toEqual([
    4,
    expect.stringMatching(/data\/none\.txt is to go into the bundle, and cannot be read: ENOENT/),
    false,
  ])
  expect(bundle('counting', '--add', 'large.bin')).toEqual([
    4,
    expect.stringMatching(
      /^The bundle would have 5\d\.\d MiB \(run 0\.0, files\.sha256 0\.0, package\.tar\.gz 5\d\.\d, node\.gz 0\.0\), and 48 MiB are the most\. Where package\.tar\.gz is large/,
    ),
    false,
  ])
  expect(bundle('counting', '--node', 'none')).toEqual([
    2,
    expect.stringMatching(/^The Node none cannot be read: ENOENT.* Give another with --node\.\n$/),
    false,
  ])
})
