import { spawn } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, symlinkSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import sharp from 'sharp'
import { scratch } from 'trireme-bio/testing'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { roster } from '../../datasets/idr0042/roster.ts'
import { type Server, serve } from '../../test/idr/server.ts'
import { program } from '../program.ts'

const images = roster().filter(({ patient }) => patient === '33381' || patient === '33553')
let server: Server
beforeAll(async () => {
  const png = await sharp(Buffer.alloc(192, 7), { raw: { width: 8, height: 8, channels: 3 } })
    .png()
    .toBuffer()
  server = await serve(images, () => png)
})
afterAll(() => server.close())
async function trireme(...words: string[]): Promise<{ readonly stdout: string; readonly stderr: string }> {
  const written = { stdout: '', stderr: '' }
  for (const stream of ['stdout', 'stderr'] as const)
    vi.spyOn(process[stream], 'write').mockImplementation(text => {
      written[stream] += text
      return true
    })
  try {
    await (await program(words)).parseAsync(words, { from: 'user' })
  } finally {
    vi.restoreAllMocks()
  }
  return written
}

it('fetches what is asked for and says where it is', async () => {
  const out = path.join(scratch(), 'hearts')
  const urls = ['--files-url', `${server.url}/files`, '--api-url', server.url]
  const { stdout, stderr } = await trireme('fetch', 'idr0042', '--out', out, '--patients', '33381,33553', '--connections', '2', ...urls)
  expect(stdout).toContain('22 images, with annotations, of idr0042 (Nirschl et al. 2018, CC BY 4.0):')
  expect(stdout).toContain(`  ${out}/images.tar\n  ${out}/annotation.csv\n  ${out}/paths.tsv\n`)
  expect(stderr).toContain('44 of 44 files, 0 of them here already')
  expect(existsSync(path.join(out, 'images/fold_1/33381_0_fal_10_0.png'))).toBe(true)
  expect(readFileSync(path.join(out, 'idr0042.sha256'), 'utf8').split('\n')).toHaveLength(45)
})
it('goes on after it was killed, fetching no whole file twice', async () => {
  const out = path.join(scratch(), 'hearts')
  server.mood = () => 'throttle'
  const cli = fileURLToPath(new URL('../../dist/cli.js', import.meta.url))
  const words = ['fetch', 'idr0042', '--out', out, '--patients', '33381', '--files-url', `${server.url}/files`, '--api-url', server.url]
  const here = () =>
    existsSync(out) ? readdirSync(out, { recursive: true, encoding: 'utf8' }).filter(name => /\d\.(png|json)$/.test(name)) : []
  const child = spawn(process.execPath, [cli, ...words], { stdio: 'ignore' })
  const ended = new Promise(done => child.on('exit', done))
  const watch = setInterval(() => here().length >= 5 && child.kill('SIGKILL'), 2)
  await ended
  clearInterval(watch)
  const kept = here()
  expect(kept.length).toBeGreaterThanOrEqual(5)
  server.requests.length = 0
  await trireme(...words)
  expect(here()).toHaveLength(22)
  expect(
    server.requests.filter(({ path }) => kept.some(name => path.startsWith('/files/') && path.endsWith(name.replace('images', '')))),
  ).toEqual([])
  expect(readFileSync(path.join(out, 'images.tar')).length).toBeGreaterThan(11 * 1024)
})
it('says what can be fetched, and what an address is', async () => {
  await expect(trireme('fetch', 'idr0024')).rejects.toThrow(
    'There is no dataset "idr0024" to fetch. Did you mean "idr0042"? The datasets that can be fetched: idr0042.',
  )
  await expect(trireme('fetch', 'idr0042', '--api-url', 'idr')).rejects.toThrow(
    '--api-url takes an address that begins with https:// or http://, got "idr".',
  )
  await expect(trireme('fetch', 'idr0042', '--connections', '0')).rejects.toThrow('--connections takes a whole number from 1, got "0".')
})
it('writes through no link that leads out of its folder', async () => {
  const [out, elsewhere] = [scratch(), scratch()]
  symlinkSync(elsewhere, path.join(out, 'images'))
  server.requests.length = 0
  await expect(trireme('fetch', 'idr0042', '--out', out, '--files-url', server.url, '--api-url', server.url)).rejects.toThrow(
    `${out}/images is a link to ${elsewhere}, outside of ${out}, and what is fetched lies in that folder alone: nothing was fetched. Remove the link, or give another folder with --out.`,
  )
  expect([readdirSync(out), readdirSync(elsewhere), server.requests.length]).toEqual([['images'], [], 0])
})
