"""Which modules of a package, and which other scripts, a script needs, so that Snakemake can watch them."""

import ast
from functools import cache
from pathlib import Path


def library_of(script, folder, package):
    """Files of `folder/package` that `script` imports, and other scripts of `folder`, directly or not, sorted.

    Only the text is read (`ast`), so a module with a missing dependency is found as well.
    """
    root = Path(folder)
    found, queue = set(), [Path(script)]
    while queue:
        for name in _imported(queue.pop().read_text(), package):
            path = root.joinpath(*name.split(".")).with_suffix(".py")
            if path.exists() and path not in found:
                found.add(path)
                queue.append(path)
    return sorted(str(path) for path in found | {root / package / "__init__.py"})


@cache
def _imported(text, package):
    """Modules of `package`, and modules beside it, that a text may import; each is shared by many steps, and read once."""
    return sorted({name for node in ast.walk(ast.parse(text)) for name in _names(node, package)})


def _names(node, package):
    """Dotted names of modules that an import statement may mean."""
    if isinstance(node, ast.ImportFrom):
        module = node.module or ""
        if module == package:
            return [f"{package}.{alias.name}" for alias in node.names]
        return [".".join(module.split(".")[:2])] if module.startswith(package + ".") else [module.split(".")[0]]
    if isinstance(node, ast.Import):
        return [
            ".".join(alias.name.split(".")[: 2 if alias.name.startswith(package + ".") else 1]) for alias in node.names
        ]
    return []
