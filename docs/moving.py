"""The frames of explorables, taken out of the outputs of executed notebooks: one script for each figure."""

import json

from executed import executed

from course_utils.explorables.frames import MIME


def bundles(cell):
    """The outputs of a cell that hold frames."""
    return [output.data for output in cell.get("outputs", []) if MIME in output.get("data", {})]


def html(path):
    """What shows the first figure with frames of a notebook on any page."""
    return next(data["text/html"] for cell in executed(path).cells for data in bundles(cell))


def write(folder, notebooks):
    """Write the frames of all figures into `folder`, under their names."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in notebooks:
        for frames in (data[MIME] for cell in executed(path).cells for data in bundles(cell)):
            text = json.dumps(frames, ensure_ascii=False, separators=(",", ":"))
            (folder / f"{frames['name']}.js").write_text(f"courseFrames({text})\n", encoding="utf-8")
