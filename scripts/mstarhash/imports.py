"""Which modules of a package a script needs, so that Snakemake can watch them."""

import ast
from functools import cache
from pathlib import Path


def library_of(script, folder, package):
    """Files of `folder/package` that `script` imports, directly or not, sorted.

    Only the text is read (`ast`), so a module with a missing dependency is found as well.
    """
    root = Path(folder) / package
    found, queue = set(), [Path(script)]
    while queue:
        for name in _imported(queue.pop().read_text(), package):
            path = root / f"{name}.py"
            if path.exists() and path not in found:
                found.add(path)
                queue.append(path)
    return sorted(str(path) for path in found | {root / "__init__.py"})


@cache
def _imported(text, package):
    """Module names below `package` that a text may import; modules are shared by many steps, so each is read once."""
    return sorted({name for node in ast.walk(ast.parse(text)) for name in _names(node, package)})


def _names(node, package):
    """Module names below `package` that an import statement may mean."""
    if isinstance(node, ast.ImportFrom):
        module = node.module or ""
        if module == package:
            return [alias.name for alias in node.names]
        if module.startswith(package + "."):
            return [module.split(".")[1]]
    if isinstance(node, ast.Import):
        return [alias.name.split(".")[1] for alias in node.names if alias.name.startswith(package + ".")]
    return []
