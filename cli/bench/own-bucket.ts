import { existsSync } from 'node:fs'
import path from 'node:path'
import { z } from 'zod'
import { S3Bucket } from '../../core/bucket/client.ts'
import { bucket as bucketSettings } from '../../core/bucket/settings.ts'
import { writeWhole } from '../../core/store/whole-file.ts'
import { noteLine } from '../display/print.ts'
import { withOwnBucket } from '../project/environments.ts'
import { readYaml } from '../project/yaml-file.ts'

/** What `takeOwnPlace` writes, as far as it is read again. */
const ownPlaceFile = z.object({ environments: z.record(z.string(), z.object({ bucket: bucketSettings })) })
const fileIn = (folder: string) => path.join(folder, 'environment.yaml')
/**
 * Gives a run a place in the bucket where nothing is yet, which its folder remembers.
 * @returns the settings file that says so; undefined where the environment has no bucket
 */
export async function takeOwnPlace(environment: string, folder: string): Promise<string | undefined> {
  const [bench, run] = [path.basename(path.dirname(path.dirname(folder))), path.basename(folder)]
  const settings = await withOwnBucket(environment, `bench/${bench}/${run}-${Date.now().toString(36)}`)
  if (settings === undefined) return undefined
  writeWhole(fileIn(folder), settings)
  return fileIn(folder)
}
/** Removes what a run has left in the bucket. Where the bucket refuses, that is told, and the run's figures count all the same. */
export async function clearOwnPlace(folder: string, environment: string): Promise<void> {
  if (!existsSync(fileIn(folder))) return
  const { environments } = ownPlaceFile.parse(await readYaml(fileIn(folder), 'settings file'))
  const settings = environments[environment]!.bucket // a run takes place in one environment
  let bucket: S3Bucket | undefined
  try {
    bucket = await S3Bucket.open(settings, process.env, { patience: { outage: 10_000, first: 5_000 } })
    await bucket.check()
    await bucket.abortUploads('')
    for (const { key } of await bucket.list('')) await bucket.remove(key)
  } catch (cause) {
    noteLine(
      `  What the run has left in the bucket could not be removed: ${cause instanceof Error ? cause.message : String(cause)} It lies below ${settings.name}/${settings.prefix}/, and nothing needs it.`,
    )
  } finally {
    bucket?.close()
  }
}
