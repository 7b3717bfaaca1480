// "npm run torture": kills, starves and misleads the runner in every way we know, and counts what broke. About half an hour.
// "npm run torture -- kills disks" does only those. See docs/reference/recovery.md.
import { createJiti } from 'jiti'

const { main } = await createJiti(import.meta.url, { fsCache: false }).import('../test/torture/main.ts')
process.exitCode = (await main(process.argv.slice(2))) ? 0 : 1
