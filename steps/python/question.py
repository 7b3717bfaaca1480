"""Asked of a Python: what it has of a list of requirements. Its word is JSON; it prints one line, "found VERSIONS" or "unfit REASONS".

Specifiers, markers and extras are the affair of `packaging`, the library by which pip itself compares. Beside the versions of what the list names
stand those of what that needs in turn, since they have a say in results, too. A version alone does not tell what was installed from a repository,
a folder or a working copy: there the commit, or a digest of the files, is added.
"""
import hashlib
import importlib.metadata as installed
import importlib.util
import json
import os
import platform
import shlex
import shutil
import sys
import sysconfig
from urllib.parse import urlparse
from urllib.request import url2pathname

try:
    from packaging.requirements import InvalidRequirement, Requirement
    from packaging.specifiers import InvalidSpecifier, SpecifierSet
    from packaging.utils import canonicalize_name
except ImportError:
    try:
        from pip._vendor.packaging.requirements import InvalidRequirement, Requirement
        from pip._vendor.packaging.specifiers import InvalidSpecifier, SpecifierSet
        from pip._vendor.packaging.utils import canonicalize_name
    except ImportError:
        Requirement = None


def sources(folder):
    """Files of a working copy that Python imports, or is built from."""
    for place, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if name[0] != '.' and name not in ('__pycache__', 'node_modules') and not os.path.exists(os.path.join(place, name, 'pyvenv.cfg')))
        yield from (os.path.join(place, name) for name in sorted(files) if name.endswith(('.py', '.so', '.toml', '.cfg')))


def digest(parts):
    whole = hashlib.sha256()
    for part in parts:
        whole.update(part + b'\0')
    return whole.hexdigest()[:12]


def version_of(found):
    text, origin = found.version or 'unknown', json.loads(found.read_text('direct_url.json') or '{}')
    if 'commit_id' in origin.get('vcs_info', {}):
        return f'{text} at {origin["vcs_info"]["commit_id"][:12]}'
    if origin.get('dir_info', {}).get('editable'):
        folder = url2pathname(urlparse(origin['url']).path)
        return f'{text} with {digest(part for file in sources(folder) for part in (os.path.relpath(file, folder).encode(), open(file, "rb").read()))}'
    if origin:
        files = (found.read_text('RECORD') or '').splitlines()
        return f'{text} with {digest(sorted(line.encode() for line in files if ".py," in line or ".so," in line))}'
    return text


def distribution(name):
    try:
        return installed.distribution(name)
    except installed.PackageNotFoundError:
        return None


def parsed(texts, faults):
    """Requirements that hold for this Python, by their markers."""
    for text in texts:
        try:
            each = Requirement(text)
        except InvalidRequirement as error:
            faults.append(f'"{text}" is no requirement: {str(error).splitlines()[0]}')
            continue
        if each.marker is None or each.marker.evaluate({'extra': ''}):
            yield each


def bare(requirement):
    return str(requirement).split(';')[0].strip()


def gather(requirement, versions, behind, seen):
    """Notes the version of a distribution, and of all that it needs."""
    found, name = distribution(requirement.name), canonicalize_name(requirement.name)
    if found is None:
        return  # one behind may be left out by whoever packed it
    versions.setdefault(name, version_of(found))
    for extra in ('', *sorted(requirement.extras)):
        if (name, extra) in seen:
            continue
        seen.add((name, extra))
        for text in found.requires or []:
            try:
                inner = Requirement(text)
            except InvalidRequirement:
                continue  # metadata older than the rules
            if inner.marker is None or inner.marker.evaluate({'extra': extra}):
                gather(inner, behind, behind, seen)


def remedy(lacking, wanted):
    """The line that installs. Where the system's own Python may not be added to, it makes the project's environment first."""
    python, own = shlex.quote(sys.executable), sys.prefix != sys.base_prefix
    if not own and os.path.exists(os.path.join(sysconfig.get_path('stdlib'), 'EXTERNALLY-MANAGED')):
        return f'{python} -m venv .venv && .venv/bin/python3 -m pip install {shlex.join(wanted)}'
    if importlib.util.find_spec('pip') is None and shutil.which('uv'):
        return f'uv pip install --python {python} {shlex.join(lacking)}'
    pip = f'{python} -m pip install {shlex.join(lacking)}'
    return pip if importlib.util.find_spec('pip') else f'{python} -m ensurepip && {pip}'


def examine(asked):
    here = f'This is Python {platform.python_version()}'
    if Requirement is None:
        return f'unfit {here}, without "packaging", by which versions are compared. Install it with: {remedy(["packaging"], ["packaging", *asked["requirements"]])}'
    faults, lacking = [], []
    try:
        if not SpecifierSet(asked['python']).contains(platform.python_version(), prereleases=True):
            return f'unfit {here}, and {asked["python"]} is wanted. Put such a Python first on PATH, or make the project\'s environment with it: pythonX.Y -m venv .venv'
    except InvalidSpecifier as error:
        faults.append(str(error))
    listed = list(parsed(asked['requirements'], faults))
    for each in listed:
        found = distribution(each.name)
        if found is None or not each.specifier.contains(found.version, prereleases=True):
            faults.append(f'{bare(each)} is wanted, and {"is not there" if found is None else found.version + " is there"}')
            lacking.append(bare(each))
    versions, behind, seen = {}, {}, set()
    for each in listed:
        gather(each, versions, behind, seen)
    behind = {name: version for name, version in behind.items() if name not in versions}
    for each in parsed(asked['constraints'], faults):
        found = distribution(each.name) if canonicalize_name(each.name) in {**versions, **behind} else None
        if found is not None and not each.specifier.contains(found.version, prereleases=True):
            faults.append(f'{bare(each)} is wanted, and {found.version} is there')
            lacking.append(bare(each))
    if faults:
        how = f' Install with: {remedy(lacking, [bare(each) for each in listed])}' if lacking else ''
        return f'unfit {here}: {"; ".join(faults)}.{how}'
    told = ', '.join(f'{name} {version}' for name, version in sorted(versions.items()))
    rest = ', '.join(f'{name} {version}' for name, version in sorted(behind.items()))
    return 'found python ' + platform.python_version() + (f', {told}' if told else '') + (f', and behind them {rest}' if rest else '')


print(examine(json.loads(sys.argv[1])))
