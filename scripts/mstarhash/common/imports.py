"""Which modules beside a script it needs, so that Snakemake can watch them."""

import ast
from functools import cache
from pathlib import Path


def library_of(script, folder):
    """Files under `folder` that `script` imports, directly or not, and the `__init__.py` of their packages, sorted.

    Only the text is read (`ast`), so a module with a missing dependency is found as well.
    """
    root = Path(folder)
    found, queue = set(), [Path(script)]
    while queue:
        new = _imported(queue.pop().read_text(), root) - found
        found |= new
        queue += new
    packages = {parent for path in found for parent in path.parents if root in parent.parents}
    return sorted(map(str, found | {package / "__init__.py" for package in packages}))


@cache
def _imported(text, root):
    """Files under `root` that a text may import; each module is shared by many steps, and read once."""
    names = {name for node in ast.walk(ast.parse(text)) for name in _names(node)}
    return {path for name in names if (path := root.joinpath(*name.split(".")).with_suffix(".py")).exists()}


def _names(node):
    """Dotted names of modules that an import statement may mean: what stands behind `from`, and anything in it."""
    if isinstance(node, ast.ImportFrom):
        return [node.module or "", *(f"{node.module}.{alias.name}" for alias in node.names)]
    return [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
