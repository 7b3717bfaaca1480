// "npm run images": builds the images of containers/, checks the versions of their tools, and writes a bill of materials for each.
// "npm run images -- reads variants --push REGISTRY" does only those, and pushes them. See docs/reference/images.md.
import { createJiti } from 'jiti'

const { main } = await createJiti(import.meta.url).import('./images/main.ts')
process.exitCode = await main(process.argv.slice(2))
