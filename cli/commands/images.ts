import type { Command } from 'commander'
import type { ImagesOptions } from '../actions/images.ts'

export function register(program: Command): void {
  program
    .command('images [names...]')
    .description("build the container images of the package's steps, check their tools, and push them to a registry")
    .option('--on <environment>', 'push to the registry of that environment, as its settings name images')
    .option('--push <registry>', 'push there, such as ghcr.io/owner, and write name and digest of each into images.lock')
    .option('--engine <name>', 'podman or docker (default: the first that works)')
    .option('--base <image>', 'in place of the base that the Dockerfiles name by digest')
    .option('--prefix <path>', 'before the names of images (default trireme)')
    .option('--tag <tag>', "(default the package's version)")
    .option('--lock <file>', 'write that file in place of images.lock')
    .option('--sbom <dir>', 'folder for bills of materials (default sbom)')
    .option('--source <url>', 'where the sources of the images are, for their labels')
    .option('--isolation <kind>', "podman's: chroot where it may not make namespaces of its own")
    .option('--check', 'build nothing: look at those that are here')
    .addHelpText(
      'after',
      `
Images: reads, variants, reports (all that variant-calling needs), imaging, training, notebooks, training-cuda.
Without names, all but training-cuda, whose base is some gigabytes. podman or docker must be here, but no cluster; to push, log in to
the registry first ("podman login"). An environment without images.tag takes images by the digests of images.lock.`,
    )
    .action(async (names: readonly string[], options: ImagesOptions) => (await import('../actions/images.ts')).buildAndPush(names, options))
}
