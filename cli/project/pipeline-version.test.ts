import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { expect, test } from 'vitest'
import { version } from './package.ts'
import { pipelineVersion, versionAbove } from './pipeline-version.ts'

test('a pipeline of the package has its version, one of a project what the nearest package.json says', async () => {
  expect(await pipelineVersion('variant-calling')).toBe(version())
  const folder = mkdtempSync(path.join(os.tmpdir(), 'trireme-version-'))
  const inner = path.join(folder, 'a', 'pipelines')
  mkdirSync(inner, { recursive: true })
  writeFileSync(path.join(folder, 'package.json'), '{"version":"0.3.1"}')
  expect(versionAbove(inner)).toBe('0.3.1')
  writeFileSync(path.join(folder, 'a', 'package.json'), '{"private":true}')
  expect(versionAbove(inner)).toBeUndefined()
})
