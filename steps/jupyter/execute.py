#!/usr/bin/env python3
"""Runs a notebook with parameters: execute.py NOTEBOOK --parameters JSON --executed OUT.ipynb --page OUT.html

As papermill does (https://papermill.readthedocs.io), a cell with the tag `parameters` holds defaults, and the values given stand in a cell
after it with the tag `injected-parameters`, at the top where no cell has the tag; the notebook itself is unchanged. But a value that nothing would
read is refused. What is written holds no time and no path of this machine.

Cells in Python run in the Python that runs this script, whatever kernels are installed beside it; those in another language in the kernel that the
notebook names.
"""
import argparse
import copy
import difflib
import json
import os
import re
import shlex
import symtable
import sys

import nbformat
from IPython.core.inputtransformer2 import TransformerManager
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager, NoSuchKernel
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, DeadKernelError
from nbconvert import HTMLExporter


class Fault(Exception):
    pass


def read(path):
    """The notebook, of any version of the format, without earlier outputs; cells that have no name of their own get one by their place."""
    try:
        with open(path, encoding='utf-8-sig') as file:  # some editors write a byte-order mark
            text = file.read()
        notebook = nbformat.reads(text, as_version=4)
        named = {cell.get('id') for cell in json.loads(text).get('cells', [])}
    except Exception as error:
        raise Fault(f'{path} is no notebook: {str(error).splitlines()[0]}.')
    for n, cell in enumerate(notebook.cells):
        if 'id' in cell and cell.id not in named:
            cell['id'] = f'cell-{n}'
        if cell.cell_type == 'code':
            cell.outputs, cell.execution_count = [], None
    return notebook


# Kernels


class Here(KernelSpecManager):
    """Whatever kernel is asked for: this Python."""

    def get_kernel_spec(self, kernel_name):
        return KernelSpec(argv=[sys.executable, '-m', 'ipykernel_launcher', '-f', '{connection_file}'], display_name='Python 3', language='python')


class Manager(AsyncKernelManager):
    def __init__(self, **given):
        super().__init__(kernel_spec_manager=Here(), **given)


class Kernel:
    """What runs the cells of a notebook: `python3` here, or an installed kernel by the name that the notebook has."""

    def __init__(self, notebook):
        spec = notebook.metadata.get('kernelspec', {})
        self.name = spec.get('name') or 'python3'
        language = notebook.metadata.get('language_info', {}).get('name') or spec.get('language')
        manager = KernelSpecManager()
        try:
            found = manager.get_kernel_spec(self.name)
        except NoSuchKernel:
            found = None
        self.language = language or (found.language if found else 'python')
        python = self.language.lower() in ('python', 'python3', 'ipython')
        self.here = python and (found is None or any('ipykernel' in word for word in found.argv))
        self.program = None if self.here else found and found.argv[0]
        if not self.here and found is None:
            there = ', '.join(sorted(manager.find_kernel_specs())) or 'none'
            raise Fault(
                f'The notebook asks for the kernel "{self.name}" ({self.language}), which is not installed. There are: {there}. '
                f'Install it for all, as a step sees nobody\'s own folder: in one of {", ".join(place for place in manager.kernel_dirs if not place.startswith(os.path.expanduser("~")))}.'
            )

    def settings(self):
        return {'kernel_name': 'python3', 'kernel_manager_class': Manager} if self.here else {'kernel_name': self.name}

    def check(self, notebook, wanted):
        """Compares the running kernel with the one that the call states, and notes it in the notebook."""
        told = notebook.metadata.get('language_info', {})
        is_, version = told.get('name', self.language), told.get('version', '')
        words = f'{is_} {version}'.strip()
        language, _, numbers = wanted.partition(' ')
        if wanted and (language.lower() != is_.lower() or not f'{version}.'.startswith(f'{numbers}.' if numbers else '')):
            raise Fault(f'The notebook runs by {words}, and {wanted} is asked for. Install that kernel, or state another.')
        if self.here:
            return
        notebook.metadata['kernel'] = {'name': self.name, 'language': words, 'program': os.path.basename(self.program)}
        key = '' if wanted else f' Its version is in no key; give the step kernel: \'{words}\' to have it there.'
        print(f'Kernel "{self.name}": {words}, started by {self.program}.{key}', file=sys.stderr)


# Parameters


def doubled(text, more=''):
    """Between double quotes, with escapes that R, Julia and Scala share."""
    escapes = {'\\': '\\\\', '"': '\\"', '\n': '\\n', '\r': '\\r', '\t': '\\t', **{each: f'\\{each}' for each in more}}
    return '"' + ''.join(escapes.get(each) or (each if each.isprintable() or ord(each) > 127 else f'\\u{ord(each):04x}') for each in text) + '"'


def matlab(text):
    lines = ['"' + line.replace('"', '""') + '"' for line in text.split('\n')]
    return ' + newline + '.join(lines)


#: By language: an assignment, the two truth values, text.
LANGUAGES = {
    'python': ('{} = {}', ('False', 'True'), repr),
    'r': ('{} = {}', ('FALSE', 'TRUE'), doubled),
    'julia': ('{} = {}', ('false', 'true'), lambda text: doubled(text, '$')),
    'scala': ('val {} = {}', ('false', 'true'), doubled),
    'bash': ('{}={}', ('false', 'true'), shlex.quote),
    'matlab': ('{} = {};', ('false', 'true'), matlab),
    'octave': ('{} = {};', ('false', 'true'), matlab),
}


def assignments(language, values):
    if language not in LANGUAGES:
        raise Fault(f'Values cannot be given to a notebook in {language}; they can in {", ".join(sorted(LANGUAGES))}. Write them into the notebook, and give none.')
    form, truth, text = LANGUAGES[language]
    words = lambda value: truth[value] if isinstance(value, bool) else text(value) if isinstance(value, str) else repr(value)
    return '\n'.join(form.format(name.lstrip('_') if language == 'r' else name, words(value)) for name, value in values.items())


def symbols(source):
    table = symtable.symtable(TransformerManager().transform_cell(source), 'cell', 'exec')  # magics and shell lines become Python, as in a kernel
    return table.get_symbols()


def assigned(source):
    """Names that a cell in Python sets, in whatever way."""
    return {symbol.get_name() for symbol in symbols(source) if symbol.is_assigned() and not symbol.is_imported()}


def set_in(source, name):
    try:
        return any(symbol.get_name() == name and (symbol.is_assigned() or symbol.is_imported()) for symbol in symbols(source))
    except SyntaxError:
        return False


def tagged(notebook, tag):
    return next((n for n, cell in enumerate(notebook.cells) if cell.cell_type == 'code' and tag in cell.metadata.get('tags', [])), None)


def check_names(notebook, names, place, python):
    """Refuses a value that the notebook would not read, or that a later cell sets over."""
    known = set()
    if place is not None and python:
        try:
            known = assigned(notebook.cells[place].source)
        except SyntaxError as error:
            raise Fault(f'The cell "parameters" is no Python: {error}.')
    others = [(n, cell.source) for n, cell in enumerate(notebook.cells) if cell.cell_type == 'code' and (n != place or not python)]
    for name in names:
        if name in known:
            continue
        if not any(re.search(rf'(?<!\w){re.escape(name)}(?!\w)', source) for _, source in others):
            words = known or {word for _, source in others for word in re.findall(r'[^\W\d]\w*', source)}
            near = difflib.get_close_matches(name, sorted(words), 1)
            has = f' It has: {", ".join(sorted(known))}.' if known else ''
            raise Fault(f'The notebook has no parameter "{name}".' + (f' Did you mean "{near[0]}"?' if near else '') + has)
        over = next((n for n, source in others if python and (place is None or n > place) and set_in(source, name)), None)
        if over is not None:
            raise Fault(f'The notebook sets "{name}" itself, in its cell {over + 1}, over the value given. Give that cell the tag "parameters".')


def inject(notebook, values, language):
    """Adds the cell with the given values: after the defaults, else at the top."""
    if not values:
        return  # nothing to give: it runs as it is
    place, earlier = tagged(notebook, 'parameters'), tagged(notebook, 'injected-parameters')
    language = 'python' if language in ('python3', 'ipython') else language
    cell = nbformat.v4.new_code_cell(assignments(language, values), metadata={'tags': ['injected-parameters']})
    if earlier is not None:
        del notebook.cells[earlier]  # of a run before
        place = place if place is None or place < earlier else place - 1
    check_names(notebook, values, place, language == 'python')
    if place is None:
        print('No cell has the tag "parameters": the values given stand at the top.', file=sys.stderr)
    if (notebook.nbformat, notebook.nbformat_minor) >= (4, 5):
        cell['id'] = 'injected-parameters'
    else:
        cell.pop('id', None)
    notebook.cells.insert(earlier if earlier is not None else 0 if place is None else place + 1, cell)


# The run

LONGEST = 1_000_000


def failure(error):
    """What to say of a cell that failed; nothing where it ended the notebook well."""
    if error.ename == 'SystemExit':
        if error.evalue in ('', '0', 'None'):
            return None
        return Fault(f'A cell ended the notebook: sys.exit({error.evalue}).')
    traceback = re.sub(r'\x1b\[[0-9;]*m', '', str(error)).rstrip()
    hint = ' Nobody is there to answer: make what it asks for a parameter.' if error.ename == 'StdinNotImplementedError' else ''
    return Fault(f'{traceback}\nA cell of the notebook failed: {error.ename}: {error.evalue}{hint}')


def run(notebook, kernel, wanted):
    """Executes the cells in place. What is wrong at the end is given back, since what was made until then is worth keeping."""
    code = [n for n, cell in enumerate(notebook.cells) if cell.cell_type == 'code']

    def told(cell, cell_index, execute_reply=None):
        done = sum(1 for n in code if n <= cell_index)
        print('::progress ' + json.dumps({'text': f'cell {done} of {len(code)}', 'share': round(done / len(code), 3)}), file=sys.stderr, flush=True)

    def first(cell, cell_index):  # by then the kernel has said what it is
        if cell_index == 0:
            kernel.check(notebook, wanted)

    hooks = {'on_cell_start': first, 'on_cell_executed': told}
    client = NotebookClient(notebook, timeout=None, record_timing=False, resources={'metadata': {'path': '.'}}, **hooks, **kernel.settings())
    try:
        client.execute()
    except CellExecutionError as error:
        return failure(error)
    except DeadKernelError:
        return Fault('The kernel of the notebook died, most often for want of memory. Give a smaller batch.')
    except (OSError, RuntimeError) as error:  # its program is not there, or ends at once
        return Fault(f'The kernel "{kernel.name}" does not start: {str(error).splitlines()[0]}')
    return None


def page_of(notebook):
    """What a browser can show: text of more than a million letters is cut there, and whole in the notebook."""
    shown = copy.deepcopy(notebook)
    for output in (output for cell in shown.cells for output in cell.get('outputs', [])):
        for holder, name in ((output, 'text'), (output.get('data', {}), 'text/plain')):
            if len(holder.get(name, '')) > LONGEST:
                left = len(holder[name]) - LONGEST
                holder[name] = holder[name][:LONGEST] + f'\n… and {left:,} letters more, in the notebook itself'
    page, _ = HTMLExporter().from_notebook_node(shown, resources={'metadata': {'name': 'Notebook'}})
    return page


def main(arguments):
    parser = argparse.ArgumentParser(prog='execute.py', description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('notebook')
    parser.add_argument('--parameters', default='{}', help='JSON object')
    parser.add_argument('--file', action='append', default=[], nargs=2, metavar=('NAME', 'PATH'), help='a parameter that is a path')
    parser.add_argument('--kernel', default='', metavar='LANGUAGE VERSION', help='what must run the cells, such as "R 4.2"')
    parser.add_argument('--executed', required=True)
    parser.add_argument('--page', required=True)
    given = parser.parse_args(arguments)
    os.environ['PYDEVD_DISABLE_FILE_VALIDATION'] = '1'  # nobody debugs, and the debugger's warning would open every log
    notebook = read(given.notebook)
    kernel = Kernel(notebook)
    inject(notebook, {**json.loads(given.parameters), **dict(given.file)}, kernel.language.lower())
    fault = run(notebook, kernel, given.kernel)
    nbformat.write(notebook, given.executed)
    with open(given.page, 'w', encoding='utf-8') as file:
        file.write(page_of(notebook))
    if fault:
        raise fault


if __name__ == '__main__':
    try:
        main(sys.argv[1:])
    except Fault as fault:
        print(fault, file=sys.stderr)
        sys.exit(1)
