"""Run a notebook from its first to its last cell, as CI does: `python notebooks/execute.py FILE [--save]`.

Any exception in a cell ends the run with its traceback.  `--save` writes the outputs into the file.
"""

import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient


def main(arguments: list[str]) -> None:
    """Execute the notebook named first."""
    path = Path(arguments[0])
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(
        notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": str(path.parent)}}
    ).execute()
    if "--save" in arguments:
        nbformat.write(notebook, path)
    print(f"{path}: {len(notebook.cells)} cells ran")


if __name__ == "__main__":
    main(sys.argv[1:])
