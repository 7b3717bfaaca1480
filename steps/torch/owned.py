"""A function of one's own that makes a network, in a Python file that may import others which were given with it."""
import ast
import contextlib
import importlib.abc
import importlib.util
import os
import sys

from torch import nn

from words import Fault, first_line, unknown


def build(function, files, classes):
    if not files:
        raise Fault(f'The model own:{function} is a function of your own, but no file was given. Give it with --own FILE.py.')
    trees = {file: parsed(function, file) for file in files}
    places = [file for file, tree in trees.items() if function in defined(tree)]
    if len(places) != 1:
        known = [name for tree in trees.values() for name in defined(tree) if not name.startswith('_')]
        raise Fault(f'{len(places)} of the files define {function}: {", ".join(places)}. Give one that does.' if places else unknown('function', function, known) + f' Looked in {", ".join(files)}.')
    with alone(trees):
        try:
            net = getattr(loaded('own_model', places[0]), function)(classes)
        except ModuleNotFoundError as error:
            raise Fault(
                f'{places[0]} imports "{error.name}", which is neither among the files that were given nor installed for {sys.executable}. '
                f'Give its file too, as another --own file; or install it.'
            )
        except ImportError as error:
            raise Fault(f'{places[0]} cannot be imported: {first_line(error)}. Its neighbours are imported by their names alone: "import blocks", not "from . import blocks".')
    if not isinstance(net, nn.Module):
        raise Fault(f'The function {function} of {places[0]} gave a {type(net).__name__}. It takes the number of classes and gives an nn.Module.')
    return net


def parsed(function, file):
    if not file.endswith('.py') or not os.path.isfile(file):
        raise Fault(f'The model "{function}" is a function of your own, but there is no Python file "{file}". Give --model own:{function} --own FILE.py.')
    with open(file, encoding='utf-8') as opened:
        try:
            return ast.parse(opened.read(), file)
        except SyntaxError as error:
            raise Fault(f'{file}, line {error.lineno}, is no Python {sys.version_info.major}.{sys.version_info.minor}: {error.msg}.')


def loaded(name, file):
    spec = importlib.util.spec_from_file_location(name, file)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


@contextlib.contextmanager
def alone(trees):
    """Imports as those files expect them: their folders are looked in, then the files themselves; modules of these scripts are out of sight."""
    here = os.path.dirname(os.path.abspath(__file__))
    ours = {name: module for name, module in sys.modules.items() if name != '__main__' and os.path.dirname(getattr(module, '__file__', None) or '') == here}
    before, finder = list(sys.path), Given(trees)
    for name in ours:
        del sys.modules[name]
    sys.path[:] = [folder for folder in before if os.path.realpath(folder or '.') != os.path.realpath(here)]
    sys.path += sorted({os.path.dirname(os.path.abspath(file)) for file in trees})
    sys.meta_path.append(finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)
        sys.path[:] = before
        sys.modules.update(ours)


class Given(importlib.abc.MetaPathFinder):
    """Files whose names were lost on the way to a step: a module is the one file that defines all that is imported from it."""

    def __init__(self, trees):
        self.trees = trees

    def find_spec(self, name, path=None, target=None):
        wanted = {each for tree in self.trees.values() for each in used(tree, name)}
        fits = [file for file, tree in self.trees.items() if wanted and wanted <= defined(tree) and not used(tree, name)]
        return importlib.util.spec_from_file_location(name, fits[0]) if len(fits) == 1 else None


def defined(tree):
    """Names that a module makes at its top."""
    names = set()
    for node in tree.body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            names.add(node.name)
        else:
            names.update(each.id for each in ast.walk(node) if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store))
    return names


def used(tree, module):
    """Names that a file takes from a module: `from blocks import Block`, or `blocks.Block`."""
    names, known_as = set(), set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == module and node.level == 0:
            names.update(each.name for each in node.names)
        elif isinstance(node, ast.Import):
            known_as.update(each.asname or each.name for each in node.names if each.name == module)
    names.update(node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in known_as)
    return names
