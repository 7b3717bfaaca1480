#!/usr/bin/env python3
"""Runs a notebook with parameters: execute.py NOTEBOOK --parameters JSON --executed OUT.ipynb --page OUT.html

As papermill does (https://papermill.readthedocs.io), a cell with the tag `parameters` holds defaults, and the values given stand in a cell
after it with the tag `injected-parameters`; the notebook itself is unchanged. What is written holds no time and no path of this machine.
"""
import argparse
import ast
import difflib
import json
import re
import sys

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, DeadKernelError
from nbconvert import HTMLExporter


class Fault(Exception):
    pass


def tagged(notebook, tag):
    return next((n for n, cell in enumerate(notebook.cells) if tag in cell.metadata.get('tags', [])), None)


def inject(notebook, values):
    """Adds the cell with the given values; refuses names that the notebook has no default for."""
    place = tagged(notebook, 'parameters')
    if place is None:
        raise Fault('The notebook has no cell with the tag "parameters". Give the cell that sets the defaults that tag.')
    try:
        names = {target.id for line in ast.parse(notebook.cells[place].source).body for target in targets(line)}
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


def targets(line):
    if isinstance(line, ast.Assign):
        return [target for target in line.targets if isinstance(target, ast.Name)]
    return [line.target] if isinstance(line, ast.AnnAssign) and isinstance(line.target, ast.Name) else []


def main(arguments):
    parser = argparse.ArgumentParser(prog='execute.py', description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('notebook')
    parser.add_argument('--parameters', default='{}', help='JSON object')
    parser.add_argument('--file', action='append', default=[], nargs=2, metavar=('NAME', 'PATH'), help='a parameter that is a path')
    parser.add_argument('--executed', required=True)
    parser.add_argument('--page', required=True)
    given = parser.parse_args(arguments)
    try:
        notebook = nbformat.read(given.notebook, as_version=4)
    except Exception as error:
        raise Fault(f'{given.notebook} is no notebook: {str(error).splitlines()[0]}.')
    for cell in notebook.cells:
        if cell.cell_type == 'code':
            cell.outputs, cell.execution_count = [], None
    inject(notebook, {**json.loads(given.parameters), **dict(given.file)})
    code = [n for n, cell in enumerate(notebook.cells) if cell.cell_type == 'code']

    def told(cell, cell_index, execute_reply=None):
        done = sum(1 for n in code if n <= cell_index)
        print('::progress ' + json.dumps({'text': f'cell {done} of {len(code)}', 'share': round(done / len(code), 3)}), file=sys.stderr, flush=True)

    client = NotebookClient(notebook, timeout=None, kernel_name='python3', record_timing=False, resources={'metadata': {'path': '.'}}, on_cell_executed=told)
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
