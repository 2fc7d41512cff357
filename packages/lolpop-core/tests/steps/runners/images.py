"""Resize images to several sizes; paths are made in the runner."""

from pathlib import Path

import lolpop

CONFIG = """\
runner: Flow
modules: [MODULE]
pipelines: {image: Image}
config: {folder: data/images, sizes: [32, 64]}
"""


class Image(lolpop.Pipeline):
    def read(self, path):
        return path.as_posix()

    def resize(self, image, size):
        return f"{image}@{size}"

    def save(self, image, path):
        return image, path.name


class Flow(lolpop.Runner):
    def run(self):
        folder = Path(self.config.folder)
        return [self.convert(folder / f"{name}.png") for name in ("cat", "dog")]

    def convert(self, path):
        image = self.image.read(path)
        for size in self.config.sizes:
            target = path.with_name(f"{path.stem}_{size}{path.suffix}")
            self.image.save(self.image.resize(image, size), target)
        return image
