#!/usr/bin/env python3
"""Runs a notebook with parameters: execute.py NOTEBOOK --parameters JSON --executed OUT.ipynb --page OUT.html

As papermill does (https://papermill.readthedocs.io), a cell with the tag `parameters` holds defaults, and the values given stand in a cell
after it with the tag `injected-parameters`; the notebook itself is unchanged. What is written holds no time and no path of this machine.
Cells run in the Python that runs this script, whatever kernels are installed beside it.
"""
import argparse
import difflib
import json
import re
import symtable
import sys

import nbformat
from IPython.core.inputtransformer2 import TransformerManager
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, DeadKernelError
from nbconvert import HTMLExporter


class Fault(Exception):
    pass


def tagged(notebook, tag):
    return next((n for n, cell in enumerate(notebook.cells) if tag in cell.metadata.get('tags', [])), None)


def inject(notebook, values):
    """Adds the cell with the given values; refuses names that the notebook has no default for."""
    if not values:
        return  # nothing to give: it runs as it is
    place = tagged(notebook, 'parameters')
    if place is None:
        raise Fault(f'The notebook has no cell with the tag "parameters", and {", ".join(values)} {"is" if len(values) == 1 else "are"} given. Give the cell that sets the defaults that tag, or no parameters.')
    try:
        names = assigned(notebook.cells[place].source)
    except SyntaxError as error:
        raise Fault(f'The cell "parameters" is no Python: {error}.')
    for name in values:
        if name not in names:
            near = difflib.get_close_matches(name, sorted(names), 1)
            raise Fault(f'The notebook has no parameter "{name}".' + (f' Did you mean "{near[0]}"?' if near else '') + f' It has: {", ".join(sorted(names))}.')
    lines = ''.join(f'{name} = {value!r}\n' for name, value in values.items()).rstrip('\n')
    cell = nbformat.v4.new_code_cell(lines, metadata={'tags': ['injected-parameters']})
    if 'id' in cell:
        cell['id'] = 'injected-parameters'
    notebook.cells.insert(place + 1, cell)


def assigned(source):
    """Names that a cell sets, in whatever way; magics and shell lines become Python as in a kernel."""
    table = symtable.symtable(TransformerManager().transform_cell(source), 'parameters', 'exec')
    return {symbol.get_name() for symbol in table.get_symbols() if symbol.is_assigned() and not symbol.is_imported()}


class Here(KernelSpecManager):
    """Whatever kernel is asked for: this Python."""

    def get_kernel_spec(self, kernel_name):
        return KernelSpec(argv=[sys.executable, '-m', 'ipykernel_launcher', '-f', '{connection_file}'], display_name='Python 3', language='python')


class Manager(AsyncKernelManager):
    def __init__(self, **given):
        super().__init__(kernel_spec_manager=Here(), **given)


def refuse_others(notebook):
    spec = notebook.metadata.get('kernelspec', {})
    language = notebook.metadata.get('language_info', {}).get('name') or spec.get('language') or 'python'
    if language.lower() not in ('python', 'python3', 'ipython'):
        raise Fault(f'The notebook is written in {language} (kernel "{spec.get("name", "")}"); cells are run by Python here. Give a Python notebook, or run this one by a step of your own.')


def main(arguments):
    parser = argparse.ArgumentParser(prog='execute.py', description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('notebook')
    parser.add_argument('--parameters', default='{}', help='JSON object')
    parser.add_argument('--file', action='append', default=[], nargs=2, metavar=('NAME', 'PATH'), help='a parameter that is a path')
    parser.add_argument('--executed', required=True)
    parser.add_argument('--page', required=True)
    given = parser.parse_args(arguments)
    try:
        with open(given.notebook, encoding='utf-8-sig') as file:  # some editors write a byte-order mark
            notebook = nbformat.reads(file.read(), as_version=4)
    except Exception as error:
        raise Fault(f'{given.notebook} is no notebook: {str(error).splitlines()[0]}.')
    refuse_others(notebook)
    for cell in notebook.cells:
        if cell.cell_type == 'code':
            cell.outputs, cell.execution_count = [], None
    inject(notebook, {**json.loads(given.parameters), **dict(given.file)})
    code = [n for n, cell in enumerate(notebook.cells) if cell.cell_type == 'code']

    def told(cell, cell_index, execute_reply=None):
        done = sum(1 for n in code if n <= cell_index)
        print('::progress ' + json.dumps({'text': f'cell {done} of {len(code)}', 'share': round(done / len(code), 3)}), file=sys.stderr, flush=True)

    client = NotebookClient(notebook, timeout=None, kernel_name='python3', kernel_manager_class=Manager, record_timing=False, resources={'metadata': {'path': '.'}}, on_cell_executed=told)
    fault = None
    try:
        client.execute()
    except CellExecutionError as error:
        traceback = re.sub(r'\x1b\[[0-9;]*m', '', str(error)).rstrip()
        fault = Fault(f'{traceback}\nA cell of the notebook failed: {error.ename}: {error.evalue}')
    except DeadKernelError:
        fault = Fault('The kernel of the notebook died, most often for want of memory. Give a smaller batch.')
    nbformat.write(notebook, given.executed)
    page, _ = HTMLExporter().from_notebook_node(notebook, resources={'metadata': {'name': 'Notebook'}})
    with open(given.page, 'w', encoding='utf-8') as file:
        file.write(page)
    if fault:
        raise fault


if __name__ == '__main__':
    try:
        main(sys.argv[1:])
    except Fault as fault:
        print(fault, file=sys.stderr)
        sys.exit(1)
