"""What the course costs to download and to keep, from its wheels: `python benchmarks/sizes.py FOLDER`.

First: `python -m pip download --requirement requirements.txt --dest FOLDER`, with the index of PyTorch's CPU builds
where the small build is meant. Prints the largest packages, and all together; sizes are those of the wheels and of what
is in them. On Binder, an operating system of about 1 GB comes on top.
"""

import sys
from pathlib import Path
from zipfile import ZipFile


def contents(wheel):
    """The bytes of a wheel once it is unpacked."""
    with ZipFile(wheel) as archive:
        return sum(entry.file_size for entry in archive.infolist())


def main(folder, shown=10):
    sizes = {wheel.name.split("-")[0]: (wheel.stat().st_size, contents(wheel)) for wheel in folder.glob("*.whl")}
    print(f"{'package':<24} {'download':>10} {'on disk':>10}")
    line = "{:<24} {:7.1f} MB {:7.1f} MB"
    for name, (packed, unpacked) in sorted(sizes.items(), key=lambda item: -item[1][1])[:shown]:
        print(line.format(name, packed / 1e6, unpacked / 1e6))
    packed, unpacked = (sum(column) for column in zip(*sizes.values(), strict=True))
    print(line.format(f"all {len(sizes)} packages", packed / 1e6, unpacked / 1e6))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
