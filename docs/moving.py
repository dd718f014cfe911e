"""The frames of explorables, taken out of the outputs of executed notebooks: one script for each figure."""

import json

from executed import executed

from course_utils.explorables.frames import MIME


def bundles(path):
    """The outputs of a notebook that hold frames."""
    outputs = [output for cell in executed(path).cells if cell.cell_type == "code" for output in cell.outputs]
    return [output.data for output in outputs if MIME in output.get("data", {})]


def html(path):
    """What shows the first figure with frames of a notebook on any page."""
    return bundles(path)[0]["text/html"]


def write(folder, notebooks):
    """Write the frames of all figures into `folder`, under their names."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in notebooks:
        for bundle in bundles(path):
            text = json.dumps(bundle[MIME], ensure_ascii=False, separators=(",", ":"))
            (folder / f"{bundle[MIME]['name']}.js").write_text(f"courseFrames({text})\n", encoding="utf-8")
